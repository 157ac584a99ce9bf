import { useState, type ReactNode } from 'react';
import type { StatusObject } from '../../src-core/connection/status';
import { safeText, t } from '../../src-text';
import { isUp } from '../views';

const bare = (cidr: string): string => cidr.split('/')[0] ?? cidr;

/** `aes256gcm16` reads as Windows writes it: `IPsec: AES 256`. */
export function encryptionText(proposal: string): string {
  const aes = /^aes(\d+)(gcm|ctr)?/.exec(proposal);
  if (aes !== null) return `IPsec: AES${aes[2] === undefined ? '' : `-${aes[2].toUpperCase()}`} ${aes[1] ?? ''}`;
  if (proposal.startsWith('chacha20poly1305')) return 'IPsec: ChaCha20-Poly1305';
  if (proposal.startsWith('null')) return 'IPsec: NULL';
  return `IPsec: ${safeText(proposal, 64)}`;
}

/**
 * The rows of an IKEv2 connection in Windows' order (windows7-ux 2.2). Server addresses inside the tunnel are not known
 * with IKEv2.
 */
export function detailRows(
  status: StatusObject,
): readonly { readonly key: string; readonly name: string; readonly value: string; readonly moves: boolean }[] {
  const ipv4 = status.tunnelAddresses.filter((address) => !address.includes(':')).map(bare);
  const ipv6 = status.tunnelAddresses.filter((address) => address.includes(':')).map(bare);
  const proposal = status.children[0]?.proposal;
  const fixed = (key: string, name: string, value: string) => ({ key, name, value, moves: false });
  const moving = (key: string, name: string, value: string | null) => ({ key, name, value: value ?? '', moves: true });
  return [
    fixed('device-name', t('details.device-name'), 'WAN Miniport (IKEv2)'),
    fixed('device-type', t('details.device-type'), 'vpn'),
    fixed('authentication', t('details.authentication'), status.authentication ?? ''),
    fixed('encryption', t('details.encryption'), proposal === undefined ? '' : encryptionText(proposal)),
    fixed('mobike', t('details.mobike'), t(status.mobikeSupported ? 'details.yes' : 'details.no')),
    ...(ipv4.length > 0
      ? [
          fixed('client-ipv4', t('details.client-ipv4'), ipv4.join(', ')),
          fixed('server-ipv4', t('details.server-ipv4'), '0.0.0.0'),
        ]
      : []),
    ...(ipv6.length > 0
      ? [
          fixed('client-ipv6', t('details.client-ipv6'), ipv6.join(', ')),
          fixed('server-ipv6', t('details.server-ipv6'), '::'),
        ]
      : []),
    moving('adapter', t('details.adapter'), status.adapterLabel ?? status.adapter),
    moving('origin', t('details.origin'), status.originAddress),
    moving('destination', t('details.destination'), status.destinationAddress),
  ];
}

/** Shows the value; one that moves is marked for a moment when it becomes another. */
function Value({
  name,
  value,
  moves,
}: {
  readonly name: string;
  readonly value: string;
  readonly moves: boolean;
}): ReactNode {
  const [shown, setShown] = useState(value);
  const [changes, setChanges] = useState(0);
  if (value !== shown) {
    setShown(value);
    setChanges(changes + 1);
  }
  return (
    // Another key makes another cell: its short highlight plays at each change.
    <td key={changes} className={moves && changes > 0 ? 'changed' : undefined} data-detail={name}>
      <bdi>{safeText(value)}</bdi>
    </td>
  );
}

export function DetailsTab({ status }: { readonly status: StatusObject }): ReactNode {
  const rows = isUp(status.state) ? detailRows(status) : [];
  return (
    <div className="status-page">
      <div className="list-view details-list selectable">
        <table>
          <thead>
            <tr>
              <th scope="col">{t('details.property')}</th>
              <th scope="col">{t('details.value')}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.key}>
                <td>{row.name}</td>
                <Value name={row.key} value={row.value} moves={row.moves} />
              </tr>
            ))}
          </tbody>
        </table>
        {rows.length === 0 && <p className="panel-empty">{t('details.nothing')}</p>}
      </div>
    </div>
  );
}
