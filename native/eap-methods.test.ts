import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { utf8Encode } from '../src-core/bytes';
import { EapPeer, EapServer, mschapCredentials, MschapPeer, MschapServer, ntPasswordHash } from '../src-core/eap';
import type { EapPeerMethod, EapServerMethod } from '../src-core/eap';
import { PeapPeer } from '../src-core/eap/peap/peer';
import { PeapServer } from '../src-core/eap/peap/server';
import { seededRandom } from '../src-core/eap/testing';
import { EapTlsPeer } from '../src-core/eap/tls/peer';
import { EapTlsServer } from '../src-core/eap/tls/server';
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

const clientTunnel = ({ version, judge }: Setting) => ({
  engine,
  judge,
  minVersion: version,
  maxVersion: version,
  serverName: null,
  credentials: null,
});
const serverTunnel = ({ version }: Setting) => ({
  engine,
  minVersion: version,
  maxVersion: version,
  certificates: [server.certificate],
  privateKey: server.key,
});
const own = () => ({ certificates: [client.certificate], privateKey: client.key });
const mschapPeer = (setting: Setting) =>
  new MschapPeer({ random: seededRandom('peer'), credentials: mschapCredentials('alice', null, setting.password) });
const mschapServer = () =>
  new MschapServer({
    random: seededRandom('server'),
    name: 'aaa',
    account: (name) => (name === 'alice' ? { ntHash: ntPasswordHash(password) } : null),
  });
const knowsClient = (certificates: readonly Uint8Array[]) =>
  Promise.resolve(certificates.some((der) => Buffer.compare(der, client.certificate) === 0) ? 'alice' : null);
const peap = (setting: Setting, inner: EapPeerMethod) =>
  new PeapPeer({
    tunnel: clientTunnel(setting),
    identity: 'alice',
    inner,
    requireCryptobinding: setting.requireCryptobinding,
  });
const ttls = (setting: Setting, inner: 'pap' | 'mschapv2') =>
  new TtlsPeer({
    tunnel: clientTunnel(setting),
    random: seededRandom('peer'),
    inner:
      inner === 'pap'
        ? { method: 'pap', username: 'alice', password: utf8Encode(setting.password) }
        : { method: 'mschapv2', credentials: mschapCredentials('alice', null, setting.password) },
  });

interface Method {
  readonly peer: (setting: Setting) => EapPeerMethod;
  readonly server: (setting: Setting) => EapServerMethod;
}
const ttlsServer = (setting: Setting) =>
  new TtlsServer({
    tunnel: serverTunnel(setting),
    account: (name) => (name === 'alice' ? ntPasswordHash(password) : null),
  });
const methods: Readonly<Record<string, Method>> = {
  'EAP-TLS': {
    peer: (s) => new EapTlsPeer({ ...clientTunnel(s), credentials: own() }),
    server: (s) => new EapTlsServer({ tunnel: serverTunnel(s), judge: knowsClient }),
  },
  'PEAP-EAP-MSCHAPv2': {
    peer: (s) => peap(s, mschapPeer(s)),
    server: (s) => new PeapServer({ tunnel: serverTunnel(s), random: seededRandom('nonce'), inner: mschapServer() }),
  },
  'PEAP-EAP-TLS': {
    peer: (s) => peap(s, new EapTlsPeer({ ...clientTunnel(s), credentials: own() })),
    server: (s) =>
      new PeapServer({
        tunnel: serverTunnel(s),
        random: seededRandom('nonce'),
        inner: new EapTlsServer({ tunnel: serverTunnel(s), judge: knowsClient }),
      }),
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

  it.each(Object.entries(methods).filter(([name]) => !name.endsWith('TLS')))(
    '%s: a wrong password is 691',
    async (_name, method) => {
      const setting = { ...usual, version, password: 'wrong' };
      const { error, serverMsk } = await converse(method.peer(setting), method.server(setting));
      expect(error?.code).toBe(691);
      expect(serverMsk).toBeUndefined();
    },
  );

  it.each(Object.entries(methods))(
    '%s: a server that the judge refuses sees no certificate, identity or password (A-56, H-55)',
    async (_name, method) => {
      const refusal = new VpnError('VALIDATING_SERVER_CERT', 'no');
      const setting = { ...usual, version, judge: () => Promise.reject(refusal) };
      const seen: number[] = [];
      const inner = method.server(setting);
      const watched: EapServerMethod = {
        type: inner.type,
        name: inner.name,
        start: (...words) => inner.start(...words),
        close: () => inner.close(),
        receive: (data, next) => (seen.push(data.length), inner.receive(data, next)),
      };
      const { error } = await converse(method.peer(setting), watched);
      expect(error).toBe(refusal);
      // The ClientHello, and empty acknowledgements of fragments.
      expect(seen.filter((length) => length > 1)).toHaveLength(1);
    },
  );
});
