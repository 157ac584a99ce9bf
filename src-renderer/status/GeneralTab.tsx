import { useId, type ReactNode } from 'react';
import type { StatusObject } from '../../src-core/connection/status';
import { Blocked } from '../connect/Blocked';
import { VpnIcon } from '../icons/icons';
import { actions, useApp } from '../store';
import { formatNumber, t } from '../../src-text';
import { formatDuration } from '../../src-text/time';
import { isActive, isUp, stateText } from '../views';
import { useNow } from '../widgets/use-now';
import { NotInForce } from './NotInForce';

const isIpv6 = (address: string): boolean => address.includes(':');

function connectivity(status: StatusObject, family: 4 | 6, everything: boolean): string {
  if (!isUp(status.state)) return t('status.connectivity.not-connected');
  const has = status.tunnelAddresses.some((address) => isIpv6(address) === (family === 6));
  if (!has || status.state !== 'Connected') return t('status.connectivity.none');
  return t(everything ? 'status.connectivity.internet' : 'status.connectivity.private');
}

/** Counts on through Dormant and through every switch. */
function Duration({ since }: { readonly since: string | null }): ReactNode {
  const now = useNow(250, since !== null);
  return <dd data-testid="duration">{since === null ? '' : formatDuration(now - Date.parse(since))}</dd>;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export function GeneralTab({ status }: { readonly status: StatusObject }): ReactNode {
  const everything = useApp((state) => state.profiles.find((profile) => profile.name === status.connection)?.network.useDefaultGateway ?? false);
  const ids = useId();
  const { children } = status;
  const rows = [
    { key: 'bytes', label: t('status.bytes'), sent: sum(children.map((child) => child.bytesOut)), received: sum(children.map((child) => child.bytesIn)) },
    { key: 'packets', label: t('status.packets'), sent: sum(children.map((child) => child.packetsOut)), received: sum(children.map((child) => child.packetsIn)) },
    { key: 'errors', label: t('status.errors'), sent: 0, received: sum(children.map((child) => child.droppedAuth + child.droppedReplay)) },
  ];
  return (
    <div className="status-page">
      <Blocked name={status.connection} />
      <NotInForce status={status} />
      <section className="rule-group" aria-labelledby={`${ids}-c`}>
        <h3 id={`${ids}-c`}>{t('status.connection')}</h3>
        <dl className="pairs">
          <dt>{t('status.ipv4')}</dt>
          <dd>{connectivity(status, 4, everything)}</dd>
          <dt>{t('status.ipv6')}</dt>
          <dd>{connectivity(status, 6, everything)}</dd>
          <dt>{t('status.media-state')}</dt>
          <dd>{stateText(status.state)}</dd>
          <dt>{t('status.duration')}</dt>
          <Duration since={isUp(status.state) ? status.connectedSince : null} />
        </dl>
      </section>
      <section className="rule-group" aria-labelledby={`${ids}-a`}>
        <h3 id={`${ids}-a`}>{t('status.activity')}</h3>
        <div className="activity" role="table" aria-labelledby={`${ids}-a`}>
          <div role="row" style={{ display: 'contents' }}>
            <span role="cell" />
            <span role="columnheader" className="number">
              {t('status.sent')}
            </span>
            <span className="monitors" role="presentation">
              <VpnIcon size={32} />
            </span>
            <span role="columnheader" className="number">
              {t('status.received')}
            </span>
          </div>
          {rows.map((row) => (
            <div role="row" key={row.key} style={{ display: 'contents' }}>
              <span role="rowheader">{row.label}</span>
              <span role="cell" className="number">
                {formatNumber(row.sent)}
              </span>
              <span className="middle" role="presentation" />
              <span role="cell" className="number">
                {formatNumber(row.received)}
              </span>
            </div>
          ))}
        </div>
      </section>
      <div className="button-row">
        <button type="button" onClick={() => actions.open({ kind: 'properties', name: status.connection })}>
          {t('button.properties')}
        </button>
        <button type="button" disabled={!isActive(status.state)} onClick={() => actions.disconnect(status.connection)}>
          {t('button.disconnect')}
        </button>
        <button type="button" onClick={() => actions.open({ kind: 'diagnosis', name: status.connection })}>
          {t('button.diagnose')}
        </button>
      </div>
    </div>
  );
}
