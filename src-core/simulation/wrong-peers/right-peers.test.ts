import { describe, expect, it } from 'vitest';
import { createTlsEngine } from '../../../native/tls';
import type { AuthenticationMethod } from '../../profiles/profile';
import { afterMschap, boundBy, conversation, resultTlv } from './impostors';
import { type Arrangement, attempt } from './scene';
import type { Sighting } from './sent-secrets';
import { TestPki } from './test-pki';

const pki = new TestPki();
const built = createTlsEngine();
if (built === null) throw new Error('the addon is not built: npm run build:native');
const engine = built;

/** What a right server gets to see. The same detector has to find nothing of it where a server is wrong. */
const rightPeers: readonly (readonly [AuthenticationMethod, Arrangement, readonly Sighting[]])[] = [
  ['eap-mschapv2', {}, ['MSCHAPv2 response', 'user name']],
  ['eap-mschapv2', { gateway: { config: { fragmentation: true } } }, ['MSCHAPv2 response', 'user name']],
  ['eap-tls', {}, ['client certificate']],
  ['eap-tls', { server: { version: '1.3' } }, ['client certificate in TLS']],
  ['peap-mschapv2', {}, ['MSCHAPv2 response in TLS', 'user name in TLS']],
  [
    'peap-mschapv2',
    { server: { version: '1.3' }, profile: { authentication: { requireCryptobinding: true } } },
    ['MSCHAPv2 response in TLS', 'user name in TLS'],
  ],
  ['peap-tls', {}, ['client certificate in TLS', 'user name in TLS']],
  ['peap-tls', { server: { version: '1.3' } }, ['client certificate in TLS', 'user name in TLS']],
  ['eap-ttls', {}, ['MSCHAPv2 response in TLS', 'user name in TLS']],
  [
    'eap-ttls',
    { profile: { authentication: { ttlsInner: 'pap' } } },
    ['PAP password in TLS', 'password in TLS', 'user name in TLS'],
  ],
  [
    'eap-ttls',
    { server: { version: '1.3' }, profile: { authentication: { ttlsInner: 'pap' } } },
    ['PAP password in TLS', 'password in TLS', 'user name in TLS'],
  ],
  // a server without cryptobinding is taken where the profile does not demand it.
  [
    'peap-mschapv2',
    {
      server: {
        conversation: (m) =>
          conversation(
            m.random,
            afterMschap(m, (next) => resultTlv('success', null, next)),
          ),
      },
    },
    ['MSCHAPv2 response in TLS', 'user name in TLS'],
  ],
  // What the rows about cryptobinding are made with is right where nothing is wrong with it.
  [
    'peap-mschapv2',
    {
      profile: { authentication: { requireCryptobinding: true } },
      server: {
        conversation: (m) =>
          conversation(
            m.random,
            afterMschap(m, (next, right) => ({ says: resultTlv('success', boundBy(right), next), bound: right })),
          ),
      },
    },
    ['MSCHAPv2 response in TLS', 'user name in TLS'],
  ],
  ['machine-certificate', {}, ['client certificate']],
  ['psk', { profile: { remoteIdentity: 'vpn.contoso.test' } }, []],
];

describe('right peers: what the detector of the table of wrong ones must see', { timeout: 30_000 }, () => {
  it.each(rightPeers)('%s %j: Connected, and the server saw %j', async (method, arrangement, sent) => {
    const outcome = await attempt(method, { pki, engine }, arrangement);
    expect(outcome.error).toBeNull();
    expect(outcome.status.state).toBe('Connected');
    expect(outcome.sent).toEqual(sent);
    expect(outcome.pendingTimers).toEqual([]);
  });
});
