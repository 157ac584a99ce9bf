import { describe, expect, it } from 'vitest';
import { createTlsEngine } from '../../native/tls';
import { EapPeer, type EapPeerMethod, mschapCredentials, MschapPeer, ntPasswordHash } from '../eap';
import { seededRandom } from '../eap/testing';
import { TtlsPeer } from '../eap/ttls/peer';
import { keyDer, TestPki } from '../simulation/wrong-peers/test-pki';
import { checkGatewayEap, type GatewayEap, gatewayConversation } from './gateway-eap';

const engine = createTlsEngine();
if (engine === null) throw new Error('the addon is not built: npm run build:native');
const pki = new TestPki();
const server = pki.server();
const tunnel = {
  engine,
  minVersion: '1.2',
  maxVersion: '1.3',
  certificates: [server.certificate.der],
  privateKey: keyDer(server),
} as const;
const account: GatewayEap['account'] = (name) =>
  name === 'alice'
    ? { ntHash: ntPasswordHash('secret') }
    : name === 'locked'
      ? { ntHash: ntPasswordHash('secret'), problem: 647 }
      : null;
const credentials = (name: string) => mschapCredentials(name, null, 'secret');
const ttls = (name: string): EapPeerMethod =>
  new TtlsPeer({
    tunnel: {
      engine,
      judge: () => Promise.resolve(),
      credentials: null,
      minVersion: '1.2',
      maxVersion: '1.3',
      serverName: null,
    },
    random: seededRandom('ttls'),
    inner: { method: 'mschapv2', credentials: credentials(name) },
  });

/** The method both ends agreed on, or the symbol of the error. */
async function agreed(eap: GatewayEap, method: EapPeerMethod): Promise<string> {
  const peer = new EapPeer({ identity: 'anonymous', methods: [method] });
  const there = gatewayConversation(eap, seededRandom('gateway'));
  let packet = await there.start();
  for (let round = 0; round < 30; round++) {
    const answer = await peer.receive(packet);
    if (answer.type === 'success') return peer.methodName ?? 'none';
    if (answer.type === 'failure') return answer.error.symbol;
    if (answer.type === 'ignore') return 'ignored';
    ({ packet } = await there.receive(answer.packet));
  }
  return 'no end';
}

describe('how the embedded gateway lets people sign in', () => {
  const both: GatewayEap = { methods: ['peap-mschapv2', 'eap-ttls', 'eap-mschapv2'], account, tunnel };

  it('offers its first method, and takes another of its own when the client names it', async () => {
    expect(await agreed(both, ttls('alice'))).toBe('EAP-TTLS-MSCHAPv2');
    expect(
      await agreed(both, new MschapPeer({ random: seededRandom('peer'), credentials: credentials('alice') })),
    ).toBe('EAP-MSCHAPv2');
    expect(await agreed({ ...both, methods: ['eap-mschapv2'] }, ttls('alice'))).toBe('SERVER_POLICY');
  });

  it('an account with a problem does not come in by EAP-TTLS, which has no word for it', async () => {
    expect(await agreed({ ...both, methods: ['eap-ttls'] }, ttls('locked'))).toBe('AUTHENTICATION_FAILURE');
  });

  it('names what is wrong with a configuration', () => {
    expect(() => checkGatewayEap({ methods: [], account })).toThrow(/^eap\.methods: at least one/);
    expect(() => checkGatewayEap({ methods: ['peap-mschapv2', 'peap-tls'], account, tunnel })).toThrow(
      /^eap\.methods: peap/,
    );
    expect(() => checkGatewayEap({ methods: ['eap-tls'], account })).toThrow(/^eap\.tunnel: /);
    expect(() => checkGatewayEap({ methods: ['eap-mschapv2'], account })).not.toThrow();
  });
});
