import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EapPeer, mschapCredentials, MschapPeer } from '../src-core/eap';
import { EapServer } from '../src-core/eap/eap-server';
import type { EapServerMethod, EapServerStep } from '../src-core/eap/method';
import { ntPasswordHash } from '../src-core/eap/mschapv2/computations';
import { MschapServer } from '../src-core/eap/mschapv2/server';
import { eapType, encodeEapPacket } from '../src-core/eap/packet';
import { PeapPeer } from '../src-core/eap/peap/peer';
import { PeapServer } from '../src-core/eap/peap/server';
import { cryptobindingTlv, encodeExtensions } from '../src-core/eap/peap/tlv';
import { LastSession, ResumptionRefused } from '../src-core/eap/tls/resumption';
import { TlsServerTunnel } from '../src-core/eap/tls/server-tunnel';
import { seededRandom } from '../src-core/eap/testing';
import type { TlsEngine, TlsVersion } from '../src-core/ports/tls';
import { VpnError } from '../src-core/ports/vpn-error';
import { keyPair } from './testing/key-pair';
import { createTlsEngine } from './tls';

const folder = mkdtempSync(join(tmpdir(), 'agile-vpn-resume-'));
const password = 'Correct-Horse-9';
const ticketKey = new Uint8Array(randomBytes(80));
let engine: TlsEngine;
let server: { readonly certificate: Uint8Array; readonly key: Uint8Array };
let kept: LastSession;
let wallTime = 0;
/** What the judge was shown. */
let judged: number;
let verdict: VpnError | null;

beforeAll(() => {
  const built = createTlsEngine();
  if (built === null) throw new Error('the addon is not built: npm run build:native');
  engine = built;
  server = keyPair(folder, 'server', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  wallTime = 0;
  kept = new LastSession(() => wallTime);
  judged = 0;
  verdict = null;
});

const judge = (certificates: readonly Uint8Array[]): Promise<void> => {
  expect(certificates[0]).toEqual(new Uint8Array(server.certificate));
  judged++;
  return verdict === null ? Promise.resolve() : Promise.reject(verdict);
};
const peer = (version: TlsVersion, requireCryptobinding = true) =>
  new PeapPeer({
    tunnel: {
      engine,
      judge,
      minVersion: version,
      maxVersion: version,
      serverName: null,
      credentials: null,
      resumption: kept,
    },
    identity: 'alice',
    inner: new MschapPeer({ random: seededRandom('peer'), credentials: mschapCredentials('alice', null, password) }),
    requireCryptobinding,
  });
const tunnel = (version: TlsVersion, key: Uint8Array | null = ticketKey) => ({
  engine,
  minVersion: version,
  maxVersion: version,
  certificates: [server.certificate],
  privateKey: server.key,
  ticketKey: key,
});
const innerServer = () =>
  new MschapServer({
    random: seededRandom('server'),
    name: 'aaa',
    account: (name) => (name === 'alice' ? { ntHash: ntPasswordHash(password) } : null),
  });
const peapServer = (version: TlsVersion, resumedIdentity?: string, key?: Uint8Array | null) =>
  new PeapServer({
    tunnel: tunnel(version, key),
    random: seededRandom('nonce'),
    inner: innerServer(),
    ...(resumedIdentity === undefined ? {} : { resumedIdentity }),
  });

interface Result {
  readonly msk: Uint8Array | null | undefined;
  readonly serverMsk: Uint8Array | null | undefined;
  readonly error: VpnError | null;
  readonly rounds: number;
}

async function converse(method: PeapPeer, there: EapServerMethod): Promise<Result> {
  const here = new EapPeer({ identity: 'anonymous', methods: [method] });
  const outer = new EapServer({ random: seededRandom('outer'), methods: [there] });
  let packet = await outer.start();
  let serverMsk: Uint8Array | null | undefined;
  try {
    for (let rounds = 1; rounds < 60; rounds++) {
      const answer = await here.receive(packet);
      if (answer.type === 'failure') return { msk: undefined, serverMsk, error: answer.error, rounds };
      if (answer.type === 'success') return { msk: answer.msk, serverMsk, error: null, rounds };
      if (answer.type === 'ignore') throw new Error('ignored');
      const next = await outer.receive(answer.packet);
      if (next.type === 'success') serverMsk = next.msk;
      packet = next.packet;
    }
    throw new Error('no end');
  } finally {
    here.close();
    outer.close();
  }
}

/** A server that resumes TLS and then says inside what a test wants. */
function impostor(
  version: TlsVersion,
  inside: (round: number, next: number) => Uint8Array | 'success',
): EapServerMethod {
  const channel = new TlsServerTunnel({ ...tunnel(version), requestClientCertificate: false });
  let round = 0;
  return {
    type: eapType.PEAP,
    name: 'impostor',
    start: () => channel.start(),
    receive: (data, next): Promise<EapServerStep> => {
      const step = channel.receive(data);
      if (step.type !== 'inside') return Promise.resolve(step);
      const says = inside(round++, next);
      return Promise.resolve(
        says === 'success'
          ? { type: 'success', msk: new Uint8Array(64), identity: 'alice' }
          : { type: 'request', data: channel.request(step.pending, says) },
      );
    },
    close: () => channel.close(),
  };
}
const result = (what: 'success' | 'failure', binding: Uint8Array | null, next: number) =>
  encodeEapPacket({
    kind: 'request',
    identifier: next,
    type: eapType.TLV_EXTENSIONS,
    data: encodeExtensions(what, binding),
  });

describe.each(['1.2', '1.3'] as const)('PEAP fast reconnect (A-37, A-43), TLS %s', (version) => {
  it('the second sign-in takes up the first: fewer rounds, another key, the certificate judged again', async () => {
    const first = await converse(peer(version), peapServer(version));
    expect(first.error).toBeNull();
    const second = await converse(peer(version), peapServer(version, 'alice'));
    expect(second.error).toBeNull();
    expect(second.rounds).toBeLessThan(first.rounds);
    expect(second.msk).toHaveLength(64);
    expect(Buffer.from(second.msk ?? [])).toEqual(Buffer.from(second.serverMsk ?? []));
    expect(Buffer.from(second.msk ?? [])).not.toEqual(Buffer.from(first.msk ?? []));
    expect(judged).toBe(2);
    // And the third takes up the second.
    expect((await converse(peer(version), peapServer(version, 'alice'))).rounds).toBe(second.rounds);
  });

  it('a server that wants the inner method again gets it', async () => {
    await converse(peer(version), peapServer(version));
    const again = await converse(peer(version), peapServer(version));
    expect(again.error).toBeNull();
    expect(Buffer.from(again.msk ?? [])).toEqual(Buffer.from(again.serverMsk ?? []));
  });

  it('a server that does not know the session: everything from the start', async () => {
    const first = await converse(peer(version), peapServer(version));
    const other = await converse(peer(version), peapServer(version, 'alice', new Uint8Array(randomBytes(80))));
    expect(other.error).toBeNull();
    expect(other.rounds).toBe(first.rounds);
    expect(judged).toBe(2);
  });

  it('a certificate that does not hold any more ends it before our Finished, and the session is forgotten', async () => {
    await converse(peer(version), peapServer(version));
    verdict = new VpnError('SERVER_CERT_REVOKED', 'revoked', { rule: 'revoked' });
    const seen: number[] = [];
    const inner = peapServer(version, 'alice');
    const { error } = await converse(peer(version), {
      type: inner.type,
      name: inner.name,
      start: () => inner.start(),
      close: () => inner.close(),
      receive: (data, next) => (seen.push(data.length), inner.receive(data, next)),
    });
    expect(error?.code).toBe(859);
    expect(seen.filter((length) => length > 1)).toHaveLength(1);
    expect(kept.read()).toBeNull();
  });

  it('Result success without cryptobinding: where it is not demanded; 824 where it is', async () => {
    await converse(peer(version), peapServer(version));
    const taken = await converse(
      peer(version, false),
      impostor(version, (round, next) => (round === 0 ? result('success', null, next) : 'success')),
    );
    expect(taken.error).toBeNull();
    expect(taken.msk).toHaveLength(64);
    const demanded = await converse(
      peer(version, true),
      impostor(version, (_round, next) => result('success', null, next)),
    );
    expect(demanded.error?.code).toBe(824);
    expect(kept.read()).toBeNull();
  });

  it('cryptobinding with a wrong MAC is 823 here too', async () => {
    await converse(peer(version), peapServer(version));
    expect(
      (
        await converse(
          peer(version),
          impostor(version, (_round, next) => result('success', cryptobindingTlv('request', new Uint8Array(32)), next)),
        )
      ).error?.code,
    ).toBe(823);
  });

  it('Result success after the inner method had begun is an attack as ever (CVE-2023-52160)', async () => {
    await converse(peer(version), peapServer(version));
    const { error } = await converse(
      peer(version, false),
      impostor(version, (round, next) =>
        round === 0 ? Uint8Array.of(eapType.IDENTITY) : result('success', null, next),
      ),
    );
    expect(error).toMatchObject({ code: 845, rule: 'peap-result' });
  });

  it('without an earlier sign-in nothing is resumed, and Result success is an attack', async () => {
    expect(
      (
        await converse(
          peer(version, false),
          impostor(version, (_round, next) => result('success', null, next)),
        )
      ).error,
    ).toMatchObject({ code: 845 });
    expect(kept.read()).toBeNull();
  });

  it('a server that takes the session up and then refuses says nothing about the password: once more from the start', async () => {
    const first = await converse(peer(version), peapServer(version));
    const { error } = await converse(
      peer(version),
      impostor(version, (_round, next) => result('failure', null, next)),
    );
    expect(error).toBeInstanceOf(ResumptionRefused);
    expect(kept.read()).toBeNull();
    expect((await converse(peer(version), peapServer(version, 'alice'))).rounds).toBe(first.rounds);
  });

  it('a session is not offered after eight hours', async () => {
    const first = await converse(peer(version), peapServer(version));
    wallTime += 8 * 3_600_000 + 1;
    expect((await converse(peer(version), peapServer(version, 'alice'))).rounds).toBe(first.rounds);
  });

  it('a sign-in that failed leaves no session', async () => {
    await converse(
      peer(version),
      impostor(version, () => Uint8Array.of(eapType.IDENTITY)),
    );
    expect(kept.read()).toBeNull();
  });
});

it('A-46: in TLS 1.3 one octet 0x00 in a resumed session is the result; in a new one it is none', async () => {
  const octet = impostor('1.3', (round) => (round === 0 ? Uint8Array.of(0) : 'success'));
  expect((await converse(peer('1.3', false), octet)).error).not.toBeNull();
  await converse(peer('1.3'), peapServer('1.3'));
  const resumed = await converse(
    peer('1.3', false),
    impostor('1.3', (round) => (round === 0 ? Uint8Array.of(0) : 'success')),
  );
  expect(resumed.error).toBeNull();
  expect(resumed.msk).toHaveLength(64);
});
