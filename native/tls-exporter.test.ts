import { createHash, createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { createSecureContext, TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TlsEngine, TlsVersion } from '../src-core/ports/tls';
import { keyPair } from './testing/key-pair';
import type { KeyPair } from './testing/key-pair';
import { createTlsEngine } from './tls';

/*
 * The exporter against the formulas of RFC 5705 section 4 and RFC 8446 section 7.5, computed here from the secrets of
 * the session,
 * which Node's server on the other end logs.
 */

const folder = mkdtempSync(join(tmpdir(), 'agile-vpn-exporter-'));
let engine: TlsEngine;
let server: KeyPair;

beforeAll(() => {
  const built = createTlsEngine();
  if (built === null) throw new Error('the addon is not built: npm run build:native');
  engine = built;
  server = keyPair(folder, 'server', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']);
});
afterAll(() => rmSync(folder, { recursive: true }));

const pem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64')}\n-----END ${label}-----\n`;
const hmac = (hash: string, key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer =>
  createHmac(hash, key).update(Buffer.concat(parts)).digest();

/** RFC 5246 section 5: P_hash(secret, label + seed). */
function prf(hash: string, secret: Uint8Array, label: string, seed: Uint8Array, length: number): Buffer {
  const whole = Buffer.concat([Buffer.from(label, 'latin1'), seed]);
  const blocks: Buffer[] = [];
  for (let a = hmac(hash, secret, whole); blocks.length * a.length < length; a = hmac(hash, secret, a))
    blocks.push(hmac(hash, secret, a, whole));
  return Buffer.concat(blocks).subarray(0, length);
}

/** RFC 8446 section 7.1: HKDF-Expand-Label. */
function expandLabel(hash: string, secret: Uint8Array, label: string, context: Uint8Array, length: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`, 'latin1');
  const info = Buffer.concat([
    Uint8Array.of(length >> 8, length & 0xff, name.length),
    name,
    Uint8Array.of(context.length),
    context,
  ]);
  const blocks: Buffer[] = [];
  for (let block: Buffer = Buffer.alloc(0), i = 1; blocks.length * createHash(hash).digest().length < length; i++) {
    block = hmac(hash, secret, block, info, Uint8Array.of(i));
    blocks.push(block);
  }
  return Buffer.concat(blocks).subarray(0, length);
}

interface Handshake {
  readonly export: (label: string, context: Uint8Array | null, length: number) => Uint8Array;
  readonly secrets: ReadonlyMap<string, Buffer>;
  readonly clientRandom: Buffer;
  readonly serverRandom: Buffer;
}

/** Our client with Node's server; what the server logs of its secrets. */
async function handshake(version: TlsVersion, cipher: string): Promise<Handshake> {
  const secrets = new Map<string, Buffer>();
  let clientRandom = Buffer.alloc(0);
  let serverRandom = Buffer.alloc(0);
  const sent: Buffer[] = [];
  const wire = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      sent.push(chunk);
      done();
    },
  });
  const context = createSecureContext({
    key: pem('PRIVATE KEY', server.key),
    cert: pem('CERTIFICATE', server.certificate),
    minVersion: `TLSv${version}`,
    maxVersion: `TLSv${version}`,
    ciphers: cipher,
  });
  const socket = new TLSSocket(wire, { isServer: true, secureContext: context });
  socket.on('error', () => undefined);
  socket.on('keylog', (line: Buffer) => {
    const [name = '', random = '', secret = ''] = line.toString().trim().split(' ');
    clientRandom = Buffer.from(random, 'hex');
    secrets.set(name, Buffer.from(secret, 'hex'));
  });
  const here = engine.open({
    role: 'client',
    minVersion: version,
    maxVersion: version,
    certificates: [],
    privateKey: null,
    serverName: null,
    session: null,
  });
  let step = here.receive(new Uint8Array(0));
  for (let round = 0; round < 100 && step.state !== 'open'; round++) {
    if (step.output.length > 0) wire.push(Buffer.from(step.output));
    await new Promise((resolve) => setImmediate(resolve));
    const records = Buffer.concat(sent.splice(0));
    // The first record is ServerHello: 5 octets of record, 4 of handshake header, 2 of version, then its random.
    if (serverRandom.length === 0 && records.length > 43) serverRandom = Buffer.from(records.subarray(11, 43));
    step = here.receive(records);
    if (step.state === 'verify') step = here.verified(true);
  }
  expect(step.state).toBe('open');
  // The server learns the master secret of TLS 1.2 with our last flight.
  wire.push(Buffer.from(step.output));
  for (let round = 0; round < 100 && !secrets.has('CLIENT_RANDOM') && !secrets.has('EXPORTER_SECRET'); round++)
    await new Promise((resolve) => setImmediate(resolve));
  return {
    export: (label, contextValue, length) => here.exportKey(label, contextValue, length),
    secrets,
    clientRandom,
    serverRandom,
  };
}

const contexts: readonly (Uint8Array | null)[] = [
  null,
  new Uint8Array(0),
  Uint8Array.of(13),
  Uint8Array.from({ length: 40 }, (_, i) => i),
];

describe('TLS exporter, known answers', () => {
  it.each([
    ['ECDHE-ECDSA-AES128-GCM-SHA256', 'sha256'],
    ['ECDHE-ECDSA-AES256-GCM-SHA384', 'sha384'],
  ])('RFC 5705: TLS 1.2 with %s', async (cipher, hash) => {
    const session = await handshake('1.2', cipher);
    const master = session.secrets.get('CLIENT_RANDOM') ?? Buffer.alloc(0);
    expect(master).toHaveLength(48);
    for (const label of ['client EAP encryption', 'EXPORTER_EAP_TLS_Key_Material', 'ttls challenge']) {
      for (const context of contexts) {
        const suffix = context === null ? [] : [Uint8Array.of(context.length >> 8, context.length & 0xff), context];
        const wanted = prf(
          hash,
          master,
          label,
          Buffer.concat([session.clientRandom, session.serverRandom, ...suffix]),
          128,
        );
        expect(Buffer.from(session.export(label, context, 128)).toString('hex')).toBe(wanted.toString('hex'));
      }
    }
  });

  it.each([
    ['TLS_AES_128_GCM_SHA256', 'sha256'],
    ['TLS_AES_256_GCM_SHA384', 'sha384'],
  ])('RFC 8446 section 7.5: TLS 1.3 with %s', async (cipher, hash) => {
    const session = await handshake('1.3', cipher);
    const exporterSecret = session.secrets.get('EXPORTER_SECRET') ?? Buffer.alloc(0);
    const digest = (data: Uint8Array): Buffer => createHash(hash).update(data).digest();
    expect(exporterSecret).toHaveLength(digest(new Uint8Array(0)).length);
    for (const label of ['EXPORTER_EAP_TLS_Key_Material', 'EXPORTER_EAP_TLS_Method-Id', 'ttls challenge']) {
      for (const context of contexts) {
        const derived = expandLabel(hash, exporterSecret, label, digest(new Uint8Array(0)), exporterSecret.length);
        const wanted = expandLabel(hash, derived, 'exporter', digest(context ?? new Uint8Array(0)), 128);
        expect(Buffer.from(session.export(label, context, 128)).toString('hex')).toBe(wanted.toString('hex'));
      }
    }
  });
});
