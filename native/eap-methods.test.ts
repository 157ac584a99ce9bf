import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { concat, utf8Encode } from '../src-core/bytes';
import { EapPeer, EapServer, eapType, encodeEapPacket, mschapCredentials, MschapPeer, MschapServer, ntPasswordHash } from '../src-core/eap';
import type { EapPeerMethod, EapServerMethod, EapServerStep } from '../src-core/eap';
import { PeapPeer } from '../src-core/eap/peap/peer';
import { PeapServer } from '../src-core/eap/peap/server';
import { cryptobindingTlv, encodeExtensions } from '../src-core/eap/peap/tlv';
import { seededRandom } from '../src-core/eap/testing';
import { EapTlsPeer } from '../src-core/eap/tls/peer';
import { EapTlsServer } from '../src-core/eap/tls/server';
import { TlsServerTunnel } from '../src-core/eap/tls/server-tunnel';
import { encodeAvps } from '../src-core/eap/ttls/avp';
import { TtlsPeer } from '../src-core/eap/ttls/peer';
import { TtlsServer } from '../src-core/eap/ttls/server';
import type { TlsEngine, TlsVersion } from '../src-core/ports/tls';
import { VpnError } from '../src-core/ports/vpn-error';
import { keyPair } from './testing/key-pair';
import type { KeyPair } from './testing/key-pair';
import { createTlsEngine } from './tls';

const folder = mkdtempSync(join(tmpdir(), 'agile-vpn-eap-'));
const password = 'Correct-Horse-7';
let engine: TlsEngine;
let server: KeyPair;
let client: KeyPair;

beforeAll(() => {
  const built = createTlsEngine();
  if (built === null) throw new Error('the addon is not built: npm run build:native');
  engine = built;
  server = keyPair(folder, 'server', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']);
  client = keyPair(folder, 'client', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

interface Setting {
  readonly version: TlsVersion;
  readonly password: string;
  readonly requireCryptobinding: boolean;
  readonly judge: () => Promise<void>;
}
const usual: Setting = { version: '1.2', password, requireCryptobinding: false, judge: () => Promise.resolve() };

const clientTunnel = ({ version, judge }: Setting) => ({ engine, judge, minVersion: version, maxVersion: version, serverName: null, credentials: null });
const serverTunnel = ({ version }: Setting) => ({ engine, minVersion: version, maxVersion: version, certificates: [server.certificate], privateKey: server.key });
const own = () => ({ certificates: [client.certificate], privateKey: client.key });
const mschapPeer = (setting: Setting) => new MschapPeer({ random: seededRandom('peer'), credentials: mschapCredentials('alice', null, setting.password) });
const mschapServer = () => new MschapServer({ random: seededRandom('server'), name: 'aaa', account: (name) => (name === 'alice' ? { ntHash: ntPasswordHash(password) } : null) });
const knowsClient = (certificates: readonly Uint8Array[]) => Promise.resolve(certificates.some((der) => Buffer.compare(der, client.certificate) === 0) ? 'alice' : null);
const peap = (setting: Setting, inner: EapPeerMethod) => new PeapPeer({ tunnel: clientTunnel(setting), identity: 'alice', inner, requireCryptobinding: setting.requireCryptobinding });
const ttls = (setting: Setting, inner: 'pap' | 'mschapv2') =>
  new TtlsPeer({ tunnel: clientTunnel(setting), random: seededRandom('peer'), inner: inner === 'pap' ? { method: 'pap', username: 'alice', password: utf8Encode(setting.password) } : { method: 'mschapv2', credentials: mschapCredentials('alice', null, setting.password) } });

interface Method {
  readonly peer: (setting: Setting) => EapPeerMethod;
  readonly server: (setting: Setting) => EapServerMethod;
}
const ttlsServer = (setting: Setting) => new TtlsServer({ tunnel: serverTunnel(setting), account: (name) => (name === 'alice' ? ntPasswordHash(password) : null) });
const methods: Readonly<Record<string, Method>> = {
  'EAP-TLS': { peer: (s) => new EapTlsPeer({ ...clientTunnel(s), credentials: own() }), server: (s) => new EapTlsServer({ tunnel: serverTunnel(s), judge: knowsClient }) },
  'PEAP-EAP-MSCHAPv2': { peer: (s) => peap(s, mschapPeer(s)), server: (s) => new PeapServer({ tunnel: serverTunnel(s), random: seededRandom('nonce'), inner: mschapServer() }) },
  'PEAP-EAP-TLS': {
    peer: (s) => peap(s, new EapTlsPeer({ ...clientTunnel(s), credentials: own() })),
    server: (s) => new PeapServer({ tunnel: serverTunnel(s), random: seededRandom('nonce'), inner: new EapTlsServer({ tunnel: serverTunnel(s), judge: knowsClient }) }),
  },
  'EAP-TTLS-PAP': { peer: (s) => ttls(s, 'pap'), server: ttlsServer },
  'EAP-TTLS-MSCHAPv2': { peer: (s) => ttls(s, 'mschapv2'), server: ttlsServer },
};

interface Result {
  /** undefined: no success. */
  readonly msk: Uint8Array | null | undefined;
  readonly serverMsk: Uint8Array | null | undefined;
  readonly identity: string | null;
  readonly error: VpnError | null;
  readonly name: string | null;
}

/** A whole conversation between the two ends, outer identity "anonymous". */
async function converse(peerMethod: EapPeerMethod, serverMethod: EapServerMethod): Promise<Result> {
  const peer = new EapPeer({ identity: 'anonymous', methods: [peerMethod] });
  const there = new EapServer({ random: seededRandom('outer'), methods: [serverMethod] });
  let packet = await there.start();
  let serverMsk: Uint8Array | null | undefined;
  let identity: string | null = null;
  try {
    for (let round = 0; round < 60; round++) {
      const answer = await peer.receive(packet);
      const name = peer.methodName;
      if (answer.type === 'failure') return { msk: undefined, serverMsk, identity, error: answer.error, name };
      if (answer.type === 'success') return { msk: answer.msk, serverMsk, identity, error: null, name };
      if (answer.type === 'ignore') throw new Error('ignored');
      const next = await there.receive(answer.packet);
      if (next.type === 'success') ({ msk: serverMsk, identity } = next);
      packet = next.packet;
    }
    throw new Error('no end');
  } finally {
    peer.close();
    there.close();
  }
}

describe.each(['1.2', '1.3'] as const)('both ends, TLS %s', (version) => {
  it.each(Object.entries(methods))('%s: success with the same MSK at both ends', async (name, method) => {
    const setting = { ...usual, version, requireCryptobinding: true };
    const result = await converse(method.peer(setting), method.server(setting));
    expect(result.error).toBeNull();
    expect(result).toMatchObject({ name, identity: 'alice' });
    expect(result.msk).toHaveLength(64);
    expect(Buffer.from(result.msk ?? [])).toEqual(Buffer.from(result.serverMsk ?? []));
  });

  it.each(Object.entries(methods).filter(([name]) => !name.endsWith('TLS')))('%s: a wrong password is 691', async (_name, method) => {
    const setting = { ...usual, version, password: 'wrong' };
    const { error, serverMsk } = await converse(method.peer(setting), method.server(setting));
    expect(error?.code).toBe(691);
    expect(serverMsk).toBeUndefined();
  });

  it.each(Object.entries(methods))('%s: a server that the judge refuses sees no certificate, identity or password (A-56, H-55)', async (_name, method) => {
    const refusal = new VpnError('VALIDATING_SERVER_CERT', 'no');
    const setting = { ...usual, version, judge: () => Promise.reject(refusal) };
    const seen: number[] = [];
    const inner = method.server(setting);
    const watched: EapServerMethod = { type: inner.type, name: inner.name, start: (...words) => inner.start(...words), close: () => inner.close(), receive: (data, next) => (seen.push(data.length), inner.receive(data, next)) };
    const { error } = await converse(method.peer(setting), watched);
    expect(error).toBe(refusal);
    // The ClientHello, and empty acknowledgements of fragments.
    expect(seen.filter((length) => length > 1)).toHaveLength(1);
  });
});

/** A PEAP server that keeps to TLS and then says inside what a test wants. `application` is what the peer said last. */
function peapImpostor(setting: Setting, inside: (round: number, application: Uint8Array, next: number) => Uint8Array | 'success' | Promise<Uint8Array | 'success'>): EapServerMethod {
  const tunnel = new TlsServerTunnel({ ...serverTunnel(setting), requestClientCertificate: false });
  let round = 0;
  return {
    type: eapType.PEAP,
    name: 'impostor',
    start: () => tunnel.start(),
    receive: async (data, next): Promise<EapServerStep> => {
      const step = tunnel.receive(data);
      if (step.type !== 'inside') return step;
      const says = await inside(round++, step.application, next);
      return says === 'success' ? { type: 'success', msk: new Uint8Array(64), identity: 'alice' } : { type: 'request', data: tunnel.request(step.pending, says) };
    },
    close: () => tunnel.close(),
  };
}

const tlv = (result: 'success' | 'failure', binding: Uint8Array | null, next: number) => encodeEapPacket({ kind: 'request', identifier: next, type: eapType.TLV_EXTENSIONS, data: encodeExtensions(result, binding) });
const identityRequest = Uint8Array.of(eapType.IDENTITY);

/** Runs MSCHAPv2 inside as it should be, then says `last`. */
function afterMschap(setting: Setting, last: (next: number) => Uint8Array | 'success'): EapServerMethod {
  const inner = mschapServer();
  return peapImpostor(setting, async (round, application, next) => {
    if (round === 0) return identityRequest;
    if (round === 1) return concat(Uint8Array.of(inner.type), inner.start(next));
    if (application[0] !== inner.type) return 'success';
    const step = await inner.receive(application.subarray(1));
    return step.type === 'request' ? concat(Uint8Array.of(inner.type), step.data) : last(next);
  });
}

/** A TTLS server that answers the first AVPs with others. */
function ttlsImpostor(setting: Setting, answer: Uint8Array | 'success'): EapServerMethod {
  const tunnel = new TlsServerTunnel({ ...serverTunnel(setting), requestClientCertificate: false });
  return {
    type: eapType.TTLS,
    name: 'impostor',
    start: () => tunnel.start(),
    receive: (data): Promise<EapServerStep> => {
      const step = tunnel.receive(data);
      if (step.type !== 'inside') return Promise.resolve(step);
      if (step.application.length === 0) return Promise.resolve({ type: 'request', data: tunnel.request(step.pending, step.application) });
      return Promise.resolve(answer === 'success' ? { type: 'success', msk: new Uint8Array(64), identity: 'alice' } : { type: 'request', data: tunnel.request(step.pending, answer) });
    },
    close: () => tunnel.close(),
  };
}

/** A method that is over after a fixed answer. */
const bare = (type: number, first: Uint8Array): EapServerMethod => ({ type, name: 'bare', start: () => first, receive: () => Promise.resolve({ type: 'success', msk: null, identity: 'alice' }), close: () => undefined });

type Row = readonly [what: string, code: number, detail: RegExp, peer: (setting: Setting) => EapPeerMethod, server: (setting: Setting) => EapServerMethod, change?: Partial<Setting>];
const peapMschap = (setting: Setting) => peap(setting, mschapPeer(setting));
const avp = (code: number, vendor: number, value: Uint8Array, mandatory = true) => encodeAvps([{ code, vendor, mandatory, value }]);

const rows: readonly Row[] = [
  ['Result success before anything inside (CVE-2023-52160)', 845, /before the inner method/, peapMschap, (s) => peapImpostor(s, (_round, _said, next) => tlv('success', null, next))],
  ['Result success after the inner identity', 845, /before the inner method/, peapMschap, (s) => peapImpostor(s, (round, _said, next) => (round === 0 ? identityRequest : tlv('success', null, next)))],
  ['Result success with a cryptobinding of its own before the inner method', 845, /before the inner method/, peapMschap, (s) => peapImpostor(s, (_round, _said, next) => tlv('success', cryptobindingTlv('request', new Uint8Array(32)), next))],
  ['Result failure', 691, /reported failure/, peapMschap, (s) => afterMschap(s, (next) => tlv('failure', null, next))],
  ['Result failure and a cryptobinding', 691, /reported failure/, peapMschap, (s) => afterMschap(s, (next) => tlv('failure', cryptobindingTlv('request', new Uint8Array(32)), next))],
  ['cryptobinding absent where the profile demands it (A-44)', 824, /^null$/, peapMschap, (s) => afterMschap(s, (next) => tlv('success', null, next)), { requireCryptobinding: true }],
  ['cryptobinding with a wrong MAC', 823, /compound MAC/, peapMschap, (s) => afterMschap(s, (next) => tlv('success', cryptobindingTlv('request', new Uint8Array(32)), next))],
  ['cryptobinding that is a response', 823, /compound MAC/, peapMschap, (s) => afterMschap(s, (next) => tlv('success', cryptobindingTlv('response', new Uint8Array(32)), next))],
  ['two Results that contradict each other', 845, /twice/, peapMschap, (s) => afterMschap(s, (next) => encodeEapPacket({ kind: 'request', identifier: next, type: eapType.TLV_EXTENSIONS, data: concat(encodeExtensions('success', null), encodeExtensions('failure', null)) }))],
  ['a mandatory TLV that nobody knows', 845, /mandatory TLV 99/, peapMschap, (s) => afterMschap(s, (next) => encodeEapPacket({ kind: 'request', identifier: next, type: eapType.TLV_EXTENSIONS, data: concat(encodeExtensions('success', null), Uint8Array.of(0x80, 99, 0, 0)) }))],
  ['EAP-Success inside, then outside, before the inner method (A-35)', 13801, /before the method had succeeded/, peapMschap, (s) => peapImpostor(s, (round) => (round === 0 ? Uint8Array.of(3, 1, 0, 4) : 'success'))],
  ['EAP-Success right after the handshake', 13801, /before the method had succeeded/, peapMschap, (s) => peapImpostor(s, () => 'success')],
  ['EAP-Success after the inner method, without a Result', 13801, /before the method had succeeded/, peapMschap, (s) => afterMschap(s, () => 'success')],
  ['an inner method that the profile does not allow, without end', 812, /insists on EAP type 6/, peapMschap, (s) => peapImpostor(s, (round) => (round === 0 ? identityRequest : concat(Uint8Array.of(eapType.GTC), utf8Encode('Password: '))))],
  ['an inner identity request without end', 13801, /more than 50 rounds/, peapMschap, (s) => peapImpostor(s, (round) => concat(identityRequest, Uint8Array.of(round)))],
  ['inner MSCHAPv2 Success before the Challenge (CVE-2015-8023)', 13801, /success out of turn/, peapMschap, (s) => peapImpostor(s, (round) => (round === 0 ? identityRequest : concat(Uint8Array.of(eapType.MSCHAPV2, 3, 1, 0, 46), utf8Encode(`S=${'0'.repeat(40)}`))))],
  ['no certificate of the client inside PEAP is asked for, Success follows', 13801, /before the method had succeeded/, (s) => peap(s, new EapTlsPeer({ ...clientTunnel(s), credentials: own() })), (s) => peapImpostor(s, (round) => (round === 0 ? identityRequest : 'success'))],
  ['TTLS: a proof of the password that is wrong', 13801, /authenticator response is wrong/, (s) => ttls(s, 'mschapv2'), (s) => ttlsImpostor(s, avp(26, 311, concat(Uint8Array.of(0), utf8Encode(`S=${'0'.repeat(40)}`))))],
  ['TTLS: a proof of one octet', 13801, /authenticator response is wrong/, (s) => ttls(s, 'mschapv2'), (s) => ttlsImpostor(s, avp(26, 311, Uint8Array.of(0)))],
  ['TTLS: EAP-Success without a proof of the password', 13801, /before the method had succeeded/, (s) => ttls(s, 'mschapv2'), (s) => ttlsImpostor(s, 'success')],
  ['TTLS: MS-CHAP-Error', 691, /MS-CHAP-Error/, (s) => ttls(s, 'mschapv2'), (s) => ttlsImpostor(s, avp(2, 311, utf8Encode('\0E=691 R=0')))],
  ['TTLS: a mandatory AVP that nobody knows', 801, /mandatory AVP 4711/, (s) => ttls(s, 'mschapv2'), (s) => ttlsImpostor(s, avp(4711, 0, Uint8Array.of(1)))],
  ['TTLS: an AVP shorter than its header (CVE-2026-25075)', 801, /less than its header/, (s) => ttls(s, 'mschapv2'), (s) => ttlsImpostor(s, Uint8Array.of(0, 0, 0, 26, 0xc0, 0, 0, 7, 0, 0, 1, 55))],
  ['EAP-TLS: EAP-Success after the start', 13801, /before the method had succeeded/, (s) => new EapTlsPeer({ ...clientTunnel(s), credentials: own() }), () => bare(eapType.TLS, Uint8Array.of(0x20))],
  ['EAP-TLS: data before the start', 801, /before the start/, (s) => new EapTlsPeer({ ...clientTunnel(s), credentials: own() }), () => bare(eapType.TLS, Uint8Array.of(0, 22, 3, 3))],
  ['EAP-TLS: a message longer than is read', 801, /more than 65536/, (s) => new EapTlsPeer({ ...clientTunnel(s), credentials: own() }), () => bare(eapType.TLS, Uint8Array.of(0xc0, 0x7f, 0xff, 0xff, 0xff, 1))],
  ['downgrade from PEAP to MSCHAPv2 in the open (H-51)', 812, /after our Nak|insists on/, peapMschap, () => mschapServer()],
  ['downgrade from EAP-TLS to PEAP', 812, /after our Nak|insists on/, (s) => new EapTlsPeer({ ...clientTunnel(s), credentials: own() }), (s) => new PeapServer({ tunnel: serverTunnel(s), random: seededRandom('nonce'), inner: mschapServer() })],
];

describe('wrong servers: each is refused at the right moment, with its code and the rule', () => {
  it.each(rows.map((row) => [row[0], row[1], row] as const))('%s: %i', async (_what, code, [, , detail, peer, there, change]) => {
    const setting = { ...usual, ...change };
    const { error, msk } = await converse(peer(setting), there(setting));
    expect(msk).toBeUndefined();
    expect([error?.code, String(error?.detail ?? null)]).toEqual([code, expect.stringMatching(detail)]);
  });

  it('a server without cryptobinding is taken where the profile does not demand it, with the key of the tunnel (A-42, A-45)', async () => {
    const result = await converse(peapMschap(usual), afterMschap(usual, (next) => tlv('success', null, next)));
    expect(result.error).toBeNull();
    expect(result.msk).toHaveLength(64);
  });
});

describe('wrong clients', () => {
  it.each(['EAP-TLS', 'PEAP-EAP-TLS'])('%s: a certificate that the server does not know', async (name) => {
    const method = methods[name]!;
    const stranger = keyPair(folder, 'stranger', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']);
    const tls = new EapTlsPeer({ ...clientTunnel(usual), credentials: { certificates: [stranger.certificate], privateKey: stranger.key } });
    const { error, serverMsk } = await converse(name === 'EAP-TLS' ? tls : peap(usual, tls), method.server(usual));
    expect(error?.code).toBe(691);
    expect(serverMsk).toBeUndefined();
  });
});
