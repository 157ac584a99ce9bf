import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VpnError } from '../src-core/ports/vpn-error';
import type { TlsEngine, TlsServerOptions, TlsSession, TlsVersion } from '../src-core/ports/tls';
import { EapTlsPeer } from '../src-core/eap/tls/peer';
import { startFrame, TlsFraming } from '../src-core/eap/tls/framing';
import { keyPair } from './testing/key-pair';
import type { KeyPair } from './testing/key-pair';
import { createTlsEngine, tlsLibraryVersion } from './tls';

const folder = mkdtempSync(join(tmpdir(), 'agile-vpn-tls-'));
let engine: TlsEngine;
let server: KeyPair;
let client: KeyPair;

beforeAll(() => {
  const built = createTlsEngine();
  if (built === null) throw new Error('the addon is not built: npm run build:native');
  engine = built;
  server = keyPair(folder, 'server', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']);
  client = keyPair(folder, 'client', ['rsa:2048']);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const versions: readonly TlsVersion[] = ['1.2', '1.3'];
const clientOptions = (version: TlsVersion) =>
  ({
    role: 'client',
    minVersion: version,
    maxVersion: version,
    certificates: [client.certificate],
    privateKey: client.key,
    serverName: null,
    session: null,
  }) as const;
const serverOptions = (version: TlsVersion): TlsServerOptions => ({
  role: 'server',
  minVersion: version,
  maxVersion: version,
  certificates: [server.certificate],
  privateKey: server.key,
  requestClientCertificate: true,
});

describe('TLS over memory', () => {
  it('runs its own OpenSSL, not the one of the host', () => {
    expect(tlsLibraryVersion()).toMatch(/^OpenSSL 3\./);
  });

  it.each(versions)(
    'A-56: in TLS %s nothing leaves before the server is judged, and nothing but an alert after a refusal',
    (version) => {
      const here = engine.open(clientOptions(version));
      const there = engine.open(serverOptions(version));
      const flight = there.receive(here.receive(new Uint8Array(0)).output);
      const step = here.receive(flight.output);
      expect(step.state).toBe('verify');
      expect(step.output).toHaveLength(0);
      expect(here.peerCertificates().map((der) => Buffer.from(der))).toEqual([Buffer.from(server.certificate)]);
      const refused = here.verified(false);
      expect(refused.state).toBe('failed');
      // One alert record: type 21, 5 octets of header and 2 of alert.
      expect(refused.output).toHaveLength(7);
      expect(refused.output[0]).toBe(21);
      here.close();
      there.close();
    },
  );

  it.each(versions)('TLS %s: data, client certificate and equal exported keys at both ends', (version) => {
    const [here, there] = handshake(version);
    expect(there.peerCertificates().map((der) => Buffer.from(der))).toEqual([Buffer.from(client.certificate)]);
    for (const context of [null, new Uint8Array(0), Uint8Array.of(13)])
      expect(here.exportKey('label', context, 64)).toEqual(there.exportKey('label', context, 64));
    // RFC 5705 section 4: no context and an empty one differ in TLS 1.2, RFC 8446 section 7.5: not in TLS 1.3.
    const same = Buffer.from(here.exportKey('label', null, 64)).equals(here.exportKey('label', new Uint8Array(0), 64));
    expect(same).toBe(version === '1.3');
    expect(Buffer.from(there.receive(here.write(Buffer.from('inside')).output).application).toString()).toBe('inside');
    here.close();
    here.close();
    there.close();
  });

  it('a key that does not fit its certificate is refused by name', () => {
    expect(() => engine.open({ ...clientOptions('1.3'), privateKey: server.key })).toThrow(/^privateKey: /);
    expect(() => engine.open({ ...clientOptions('1.3'), certificates: [Uint8Array.of(1, 2, 3)] })).toThrow(
      /^certificates: /,
    );
  });

  it('random records end in an error, never in a crash', () => {
    for (let seed = 0; seed < 200; seed++) {
      const session = engine.open(seed % 2 === 0 ? clientOptions('1.3') : serverOptions('1.3'));
      if (seed % 2 === 0) session.receive(new Uint8Array(0));
      const noise = Uint8Array.from({ length: 40 + seed }, (_, i) =>
        i < 3 ? [22, 3, 3][i]! : (seed * 31 + i * 17) & 0xff,
      );
      expect(['failed', 'handshake', 'closed']).toContain(session.receive(noise).state);
      session.close();
    }
  });
});

/** Both ends open; what is left of the server's last flight was taken in. */
function handshake(version: TlsVersion): [TlsSession, TlsSession] {
  const here = engine.open(clientOptions(version));
  const there = engine.open(serverOptions(version));
  let records = here.receive(new Uint8Array(0)).output;
  for (let round = 0; round < 6; round++) {
    const answer = there.receive(records);
    const step = here.receive(answer.output);
    const next = step.state === 'verify' ? here.verified(true) : step;
    records = next.output;
    if (next.state === 'open' && answer.state === 'open' && records.length === 0) return [here, there];
  }
  throw new Error('no handshake');
}

describe('EAP-TLS peer against TLS over memory', () => {
  /** A server of RFC 5216 and RFC 9190 with the framing of the peer. */
  async function run(version: TlsVersion, judge: () => Promise<void>, commitment: Uint8Array | null) {
    const peer = new EapTlsPeer({
      engine,
      judge,
      credentials: { certificates: [client.certificate], privateKey: client.key },
      minVersion: version,
      maxVersion: version,
      serverName: null,
    });
    const session = engine.open(serverOptions(version));
    const framing = new TlsFraming(0);
    let request = startFrame(0);
    let committed = false;
    let seenCertificate = false;
    for (let round = 0; round < 20; round++) {
      const step = await peer.receive({ identifier: round, data: request });
      if (step.type === 'failure') return { peer, session, error: step.error, seenCertificate };
      const received = framing.receive(step.data);
      if (received.type === 'fragment') request = framing.acknowledge();
      else if (received.type === 'acknowledged') request = received.next;
      else if (received.type === 'message') {
        const answer = session.receive(received.message);
        seenCertificate ||= session.peerCertificates().length > 0;
        let output = answer.output;
        if (answer.state === 'open' && output.length === 0) {
          if (version === '1.2' || committed) return { peer, session, error: null, seenCertificate };
          committed = true;
          if (commitment !== null) output = session.write(commitment).output;
        }
        request = framing.send(output);
      } else throw new Error(received.type);
    }
    throw new Error('no end');
  }

  it.each([
    ['1.2', 'client EAP encryption', null],
    ['1.3', 'EXPORTER_EAP_TLS_Key_Material', Uint8Array.of(13)],
  ] as const)('A-24, A-25: TLS %s gives the MSK of the exporter', async (version, label, context) => {
    const { peer, session, error } = await run(version, () => Promise.resolve(), Uint8Array.of(0));
    expect(error).toBeNull();
    expect(Buffer.from(peer.result()?.msk ?? [])).toEqual(
      Buffer.from(session.exportKey(label, context, 128).slice(0, 64)),
    );
    peer.close();
    expect(peer.result()).toBeUndefined();
  });

  it.each(versions)(
    'A-56, H-55: TLS %s with a refused server ends with its error and shows no certificate',
    async (version) => {
      const { peer, error, seenCertificate } = await run(
        version,
        () => Promise.reject(new VpnError('VALIDATING_SERVER_CERT', 'no')),
        null,
      );
      expect(error?.symbol).toBe('VALIDATING_SERVER_CERT');
      expect(seenCertificate).toBe(false);
      expect(peer.result()).toBeUndefined();
    },
  );

  it.each([
    ['another octet', Uint8Array.of(1)],
    ['two octets', Uint8Array.of(0, 0)],
  ])('H-56: TLS 1.3 with %s instead of the commitment fails', async (_name, commitment) => {
    const { peer, error } = await run('1.3', () => Promise.resolve(), commitment);
    expect(error?.symbol).toBe('VALIDATING_SERVER_CERT');
    expect(peer.result()).toBeUndefined();
  });

  it('A-26: TLS 1.3 without the commitment is no success', async () => {
    const { peer } = await run('1.3', () => Promise.resolve(), null);
    expect(peer.result()).toBeUndefined();
  });
});
