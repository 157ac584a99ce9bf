import { TokenError, type TokenErrorReason } from '../../ports/tokens';
import { alerting, conversation } from './impostors';
import { account, type Arrangement } from './scene';
import { expired, keyPem, notYetValid } from './test-pki';
import { ntPasswordHash } from '../../eap';
import type { Sighting } from './sent-secrets';
import { type Common, rowsOf, type WrongPeer } from './wrong-peer';

const wrongPassword: Arrangement = { client: { password: 'Wrong-Horse-8' } };
const mallory: Arrangement = { profile: { authentication: { username: 'mallory' } } };
const problem = (code: 646 | 647 | 648 | 649): Arrangement => ({
  server: { account: () => ({ ntHash: ntPasswordHash(account.password), problem: code }) },
});
const answered: readonly Sighting[] = ['MSCHAPv2 response', 'user name'];
const innerAnswered: readonly Sighting[] = ['MSCHAPv2 response in TLS', 'user name in TLS'];
const pap = { authentication: { ttlsInner: 'pap' } } as const;

/** The server is right; who signs in is not. */
export const wrongAccounts: readonly WrongPeer[] = rowsOf(
  { method: 'eap-mschapv2', stage: 'EAP', code: 691, sent: answered },
  [
    ['a wrong password', 'credentials', () => wrongPassword],
    // The name that was typed is what the capture is searched for. In the open it shows in the clear; where it is
    // hidden, within TLS alone.
    ['an unknown user', 'credentials', () => mallory],
    ['an account outside of its logon hours', 'account', () => problem(646), { code: 646 }],
    ['a locked account', 'account', () => problem(647), { code: 647 }],
    ['an expired password that cannot be changed', 'account', () => problem(648), { code: 648 }],
    ['an account without dial-in permission', 'account', () => problem(649), { code: 649 }],
    [
      'a wrong password in PEAP',
      'credentials',
      () => wrongPassword,
      { method: 'peap-mschapv2', stage: 'inside TLS', sent: innerAnswered },
    ],
    [
      'an unknown user in PEAP',
      'credentials',
      () => mallory,
      { method: 'peap-mschapv2', stage: 'inside TLS', sent: innerAnswered },
    ],
    [
      'an unknown user in EAP-TTLS',
      'credentials',
      () => mallory,
      { method: 'eap-ttls', stage: 'inside TLS', sent: innerAnswered },
    ],
    [
      'a wrong password in EAP-TTLS',
      'credentials',
      () => wrongPassword,
      { method: 'eap-ttls', stage: 'inside TLS', sent: innerAnswered },
    ],
    [
      'a wrong password in EAP-TTLS with PAP',
      'credentials',
      () => ({ ...wrongPassword, profile: pap }),
      { method: 'eap-ttls', stage: 'inside TLS', sent: ['PAP password in TLS', 'password in TLS', 'user name in TLS'] },
    ],
  ],
);

const beforeAnything: Common = { method: 'machine-certificate', stage: 'nothing sent', code: 13806, sent: [] };
const token = (reason: TokenErrorReason): Arrangement => ({
  profile: { authentication: { certificate: { pkcs11: { module: '/usr/lib/token.so', token: 'Contoso', id: '01' } } } },
  client: {
    tokens: {
      list: () => [],
      open: () => {
        if (reason === 'absent') throw new TokenError(reason, 'no token of label Contoso');
        return {
          pinState: 'fine',
          needsPin: true,
          login: () => {
            throw new TokenError(reason, `C_Login: ${reason}`);
          },
          certificates: () => [],
          supports: () => false,
          sign: () => new Uint8Array(0),
          isPresent: true,
          close: () => undefined,
        };
      },
    },
  },
});

/** What is known to be wrong is not shown to anybody. */
export const wrongClientCertificates: readonly WrongPeer[] = rowsOf(beforeAnything, [
  ['an expired certificate of the computer', 'expired', (pki) => ({ client: { certificate: pki.client(expired) } })],
  [
    'a certificate of the computer that is not valid yet',
    'not-yet-valid',
    (pki) => ({ client: { certificate: pki.client(notYetValid) } }),
  ],
  [
    'a certificate of the computer for servers',
    'extended-key-usage',
    (pki) => ({ client: { certificate: pki.client({ extendedKeyUsage: ['serverAuth'] }) } }),
  ],
  [
    'a certificate of the computer that may not sign',
    'key-usage',
    (pki) => ({ client: { certificate: pki.client({ keyUsage: ['keyEncipherment'] }) } }),
  ],
  ['a private key that does not fit', 'client-key', (pki) => ({ client: { privateKey: keyPem(pki.stranger) } })],
  ['no certificate chosen', 'certificate-missing', () => ({ profile: { authentication: { certificate: null } } })],
  [
    'an expired certificate of the person',
    'expired',
    (pki) => ({ client: { certificate: pki.client(expired) } }),
    { method: 'eap-tls', code: 854 },
  ],
  [
    'a certificate of the person for servers',
    'extended-key-usage',
    (pki) => ({ client: { certificate: pki.client({ extendedKeyUsage: ['serverAuth'] }) } }),
    { method: 'peap-tls', code: 853 },
  ],
  [
    'no certificate of the person chosen',
    'certificate-missing',
    () => ({ profile: { authentication: { certificate: null } } }),
    { method: 'eap-tls', code: 798 },
  ],
  ['a wrong PIN', 'client-key', () => token('pin-incorrect')],
  ['a token that locked itself', 'client-key', () => token('pin-locked')],
  ['a token that is not plugged in', 'client-key', () => token('absent')],
]);

const alerted = (alert: number): Arrangement => ({
  server: { conversation: (means) => conversation(means.random, alerting(means, alert)) },
});
/** A right server has seen it and says no. */
export const refusedClientCertificates: readonly WrongPeer[] = rowsOf(
  { method: 'eap-tls', stage: 'TLS handshake', code: 853, sent: ['client certificate'] },
  [
    [
      'a certificate of the person that the server does not know',
      'client-certificate',
      () => ({ server: { knowsClient: false } }),
      { code: 691 },
    ],
    [
      'the same in TLS 1.3',
      'client-certificate',
      () => ({ server: { knowsClient: false, version: '1.3' } }),
      { stage: 'inside TLS', code: 691, sent: ['client certificate in TLS'] },
    ],
    [
      'the same in PEAP',
      'client-certificate',
      () => ({ server: { knowsClient: false } }),
      { method: 'peap-tls', stage: 'inside TLS', code: 691, sent: ['client certificate in TLS', 'user name in TLS'] },
    ],
    ['a revoked certificate: alert 44', 'client-certificate', () => alerted(44), { code: 855 }],
    ['an expired one, by the server’s clock: alert 45', 'client-certificate', () => alerted(45), { code: 854 }],
    ['one of an authority that the server does not trust: alert 48', 'client-certificate', () => alerted(48)],
    ['one that the server does not like: alert 42', 'client-certificate', () => alerted(42)],
    ['one without access: alert 49', 'client-certificate', () => alerted(49)],
    [
      'a certificate of the computer that the gateway does not know',
      'client-certificate',
      () => ({ gateway: { knowsClient: false } }),
      { method: 'machine-certificate', stage: 'IKE_AUTH', code: 13801 },
    ],
  ],
);

/** Authenticated both ways, and no tunnel comes of it (C-33). */
export const refusedTunnels: readonly WrongPeer[] = rowsOf(
  { method: 'eap-mschapv2', stage: 'final AUTH', code: 842, sent: answered },
  [
    ['selectors that the gateway does not give', 'selectors', () => ({ gateway: { config: { localSelectors: [] } } })],
    [
      'no ESP proposal in common',
      'esp-proposal',
      () => ({ gateway: { config: { espProposals: ['aes256-sha512'] } } }),
      { code: 13868 },
    ],
    [
      'an address pool that is used up',
      'address',
      () => ({ gateway: { config: { assign: () => ({ type: 'refused', notify: 'INTERNAL_ADDRESS_FAILURE' }) } } }),
      { code: 840 },
    ],
    [
      'an address of another kind is demanded',
      'address',
      () => ({ gateway: { config: { assign: () => ({ type: 'refused', notify: 'FAILED_CP_REQUIRED' }) } } }),
      { code: 841 },
    ],
    [
      'no address at all',
      'address',
      () => ({ rewrite: (_id, payloads) => payloads.filter(({ type }) => type !== 'CP') }),
      { code: 841 },
    ],
    [
      'an inner address on this computer itself (H-28)',
      'address',
      () => ({
        gateway: {
          config: {
            assign: () => ({
              type: 'assigned',
              configuration: {
                ipv4Addresses: ['127.0.0.1'],
                ipv6Addresses: [],
                dnsServers: [],
                subnets: [],
                dnsDomains: [],
                dhcpServers: [],
              },
            }),
          },
        },
      }),
      { code: 840 },
    ],
  ],
);
