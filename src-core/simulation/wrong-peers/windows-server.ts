import { utf8Encode } from '../../bytes';
import { legacyWindowsEspProposals, legacyWindowsIkeProposals } from '../../ikev2/proposals/defaults';
import type { Payload } from '../../ikev2/wire/payload';
import type { Arrangement } from './scene';
import { gatewayName, type TestPki } from './test-pki';

/** INTERNAL_IP4_SERVER, Microsoft's own attribute: the inner address of the server (C-53). */
const internalIp4Server = 23_456;

export interface WindowsServerOptions {
  /** IKE proposal: out of the box it insists on MODP-1024 (W-2), hardened on one suite (W-4). */
  readonly ike?: string;
  readonly esp?: string;
  readonly key?: 'rsa' | 'ecdsa';
  /** How it calls itself (P-9). */
  readonly identity?: 'distinguished-name' | 'fqdn' | 'inside-address';
}

/** A gateway that behaves like RRAS with NPS, and the profile for servers nobody hardened (W-1 to W-18). */
export function windowsServer(
  pki: TestPki,
  {
    ike = 'aes256-sha1-modp1024',
    esp = 'aes256-sha1',
    key = 'rsa',
    identity = 'distinguished-name',
  }: WindowsServerOptions = {},
): Arrangement {
  const certificate = pki.gateway({}, pki.root, key === 'rsa' ? { keys: pki.rsa } : {});
  const identities = {
    'distinguished-name': { type: 'der-dn', value: certificate.certificate.subject.der },
    fqdn: { type: 'fqdn', value: utf8Encode(gatewayName) },
    'inside-address': { type: 'ipv4', value: Uint8Array.of(192, 168, 7, 2) },
  } as const;
  return {
    profile: {
      advanced: { legacyWindows: true },
      proposals: { ike: legacyWindowsIkeProposals, esp: legacyWindowsEspProposals },
    },
    gateway: {
      certificate,
      identity: identities[identity],
      config: {
        ikeProposals: [ike],
        espProposals: [esp],
        // W-6, W-10, W-17.
        digitalSignatures: false,
        fragmentation: false,
        vendorIds: [
          Uint8Array.from(Buffer.from('1e2b516905991c7d7c96fcbfb587e46100000009', 'hex')),
          Uint8Array.from(Buffer.from('fb1de3cdf341b7ea16b7e5be0855f120', 'hex')),
        ],
        // W-11.
        cookieThreshold: 0,
      },
    },
    // W-14.
    rewrite: (_id, payloads) =>
      payloads.map((payload): Payload =>
        payload.type === 'CP'
          ? {
              ...payload,
              attributes: [
                ...payload.attributes,
                { attributeType: internalIp4Server, value: Uint8Array.of(10, 99, 0, 1) },
              ],
            }
          : payload,
      ),
  };
}
