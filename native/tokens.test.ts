import { execFileSync } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClientKey } from '../src-core/connection/client-key';
import { openTokenKey } from '../src-core/connection/token-key';
import type { SecretAnswer, SecretKind, SecretReason } from '../src-core/ports/secrets';
import type { TlsEngine, TlsServerOptions, TlsVersion } from '../src-core/ports/tls';
import { TokenError } from '../src-core/ports/tokens';
import type { Tokens } from '../src-core/ports/tokens';
import { VpnError } from '../src-core/ports/vpn-error';
import { createTlsEngine } from './tls';
import { createTokens } from './tokens';

const folder = mkdtempSync(join(tmpdir(), 'agile-vpn-token-'));
const module = '/usr/lib/softhsm/libsofthsm2.so';
const pin = '483920';
const ids = { rsa: '01', ecdsa: '02' } as const;
type Kind = keyof typeof ids;

const run = (command: string, ...words: string[]): void =>
  void execFileSync(command, words, { cwd: folder, stdio: 'pipe' });
const pkcs11 = (...words: string[]): void =>
  run('pkcs11-tool', '--module', module, '--token-label', 'badge', '--pin', pin, ...words);

let tokens: Tokens;
let engine: TlsEngine;
let server: { readonly certificate: Uint8Array; readonly key: Uint8Array };

/** Keys are made on the token and are not extractable; only certificates come from outside. */
beforeAll(() => {
  mkdirSync(join(folder, 'tokens'));
  writeFileSync(
    join(folder, 'softhsm2.conf'),
    `directories.tokendir = ${join(folder, 'tokens')}\nobjectstore.backend = file\nlog.level = ERROR\n`,
  );
  process.env['SOFTHSM2_CONF'] = join(folder, 'softhsm2.conf');
  run('softhsm2-util', '--init-token', '--free', '--label', 'badge', '--pin', pin, '--so-pin', '12345678');
  run(
    'openssl',
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '30',
    '-subj',
    '/CN=server',
  );
  for (const [kind, type] of [
    ['rsa', 'rsa:2048'],
    ['ecdsa', 'EC:prime256v1'],
  ] as const) {
    pkcs11('--keypairgen', '--key-type', type, '--id', ids[kind], '--label', kind, '--usage-sign');
    pkcs11('--read-object', '--type', 'pubkey', '--id', ids[kind], '--output-file', `${kind}.der`);
    run('openssl', 'pkey', '-pubin', '-inform', 'der', '-in', `${kind}.der`, '-out', `${kind}.pub`);
    run(
      'openssl',
      'x509',
      '-new',
      '-force_pubkey',
      `${kind}.pub`,
      '-subj',
      `/CN=${kind}`,
      '-days',
      '30',
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-out',
      `${kind}.pem`,
    );
    run('openssl', 'x509', '-in', `${kind}.pem`, '-outform', 'der', '-out', `${kind}.crt`);
    pkcs11('--write-object', `${kind}.crt`, '--type', 'cert', '--id', ids[kind], '--label', kind);
  }
  run('openssl', 'x509', '-in', 'ca.pem', '-outform', 'der', '-out', 'ca.crt');
  run('openssl', 'pkcs8', '-topk8', '-nocrypt', '-in', 'ca.key', '-outform', 'der', '-out', 'ca.p8');
  server = { certificate: readFileSync(join(folder, 'ca.crt')), key: readFileSync(join(folder, 'ca.p8')) };
  const built = createTokens();
  const tls = createTlsEngine();
  if (built === null || tls === null) throw new Error('the addon is not built: npm run build:native');
  tokens = built;
  engine = tls;
}, 60_000);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Answers with these PINs one after the other, then cancels; `asked` collects the reasons. */
const person =
  (pins: readonly string[], asked: (SecretReason | null)[] = []) =>
  (kind: SecretKind, account: string | null, reason: SecretReason | null): Promise<SecretAnswer | null> => {
    expect([kind, account]).toEqual(['pin', 'badge']);
    const secret = pins[asked.length];
    asked.push(reason);
    return Promise.resolve(secret === undefined ? null : { secret, save: false });
  };

async function keyOf(kind: Kind): Promise<ClientKey> {
  const key = await openTokenKey({ pkcs11: { module, token: 'badge', id: ids[kind] } }, tokens, person([pin]));
  if (key === null) throw new Error('cancelled');
  return key;
}

async function refusal(action: Promise<unknown>): Promise<VpnError> {
  const error: unknown = await action.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof VpnError)) throw new Error('it was not refused', { cause: error });
  return error;
}

describe('keys on a PKCS#11 token (P-25)', () => {
  it('the keys of this test were made on the token and cannot leave it', () => {
    const listed = execFileSync(
      'pkcs11-tool',
      ['--module', module, '--token-label', 'badge', '--pin', pin, '--list-objects', '--type', 'privkey'],
      { cwd: folder, stdio: 'pipe' },
    ).toString();
    expect(listed.match(/Access: +sensitive, always sensitive, never extracta?ble, local/g)).toHaveLength(2);
  });

  it.each([
    ['rsa', 'rsa-pkcs1', 'sha256'],
    ['rsa', 'rsa-pkcs1', 'sha512'],
    ['rsa', 'rsa-pss', 'sha256'],
    ['rsa', 'rsa-pss', 'sha384'],
    ['ecdsa', 'ecdsa', 'sha256'],
    ['ecdsa', 'ecdsa', 'sha512'],
  ] as const)('%s signs AUTH with %s and %s', async (kind, algorithm, hash) => {
    const key = await keyOf(kind);
    const data = Buffer.from('what is signed');
    const signature = await key.signer.sign(data, { algorithm, hash });
    const publicKey = createPublicKey(readFileSync(join(folder, `${kind}.pem`)));
    const padding = algorithm === 'rsa-pss' ? { padding: 6, saltLength: hash === 'sha256' ? 32 : 48 } : {};
    expect(verify(hash, data, { key: publicKey, ...padding }, signature)).toBe(true);
    key.wipe();
  });

  it.each([
    ['rsa', '1.2'],
    ['rsa', '1.3'],
    ['ecdsa', '1.2'],
    ['ecdsa', '1.3'],
  ] as const)('P-40: %s signs in TLS %s', async (kind, version) => {
    const key = await keyOf(kind);
    expect(handshake(key, version, key.tlsKey)).toEqual({
      version: `TLSv${version}`,
      client: 'open',
      server: 'open',
      shown: true,
    });
    key.wipe();
  });

  it('P-41: RSA without the bare operation keeps to TLS 1.2 and PKCS #1', async () => {
    const key = await keyOf('rsa');
    const { tlsKey } = key;
    if (tlsKey instanceof Uint8Array) throw new Error('not on the token');
    const limited = {
      bareRsa: false,
      sign: (operation: Parameters<typeof tlsKey.sign>[0], input: Uint8Array) =>
        operation === 'rsa-raw'
          ? (Promise.reject(new Error('never asked for')) as never)
          : tlsKey.sign(operation, input),
    };
    expect(handshake(key, '1.3', limited, '1.2')).toMatchObject({ version: 'TLSv1.2', server: 'open', shown: true });
    key.wipe();
  });

  it('a token that does not sign ends the handshake with its words', async () => {
    const key = await keyOf('ecdsa');
    const broken = {
      bareRsa: true,
      sign: (): Uint8Array => {
        throw new TokenError('removed', 'C_Sign: 0x32');
      },
    };
    expect(handshake(key, '1.3', broken)).toMatchObject({ client: 'failed', error: 'C_Sign: 0x32', shown: false });
    key.wipe();
  });

  it('a wrong PIN is stated and counted, and tried only when a person types one again', async () => {
    const asked: (SecretReason | null)[] = [];
    const key = await openTokenKey(
      { pkcs11: { module, token: 'badge', id: '%01' } },
      tokens,
      person(['000000', pin], asked),
    );
    expect(key).not.toBeNull();
    expect(asked[0]).toBeNull();
    expect(asked[1]).toMatchObject({ type: 'pin-incorrect', wrong: 1, most: 3 });
    key?.wipe();
    const cancelled = await refusal(
      openTokenKey({ pkcs11: { module, token: 'badge', id: '01' } }, tokens, person(['000000'])),
    );
    expect([cancelled.code, cancelled.detail]).toEqual([13806, 'token badge: C_Login: 1 wrong PIN']);
    expect(await openTokenKey({ pkcs11: { module, token: 'badge', id: '01' } }, tokens, person([]))).toBeNull();
  });

  it.each([
    ['another token', { module, token: 'other', id: '01' }, 'not plugged in'],
    ['another id', { module, token: 'badge', id: '7f' }, 'does not hold'],
    ['an id that is none', { module, token: 'badge', id: 'alice' }, 'does not hold'],
    ['a module that is not there', { module: '/usr/lib/none.so', token: 'badge', id: '01' }, 'driver'],
    ['a module by a relative path', { module: 'libsofthsm2.so', token: 'badge', id: '01' }, 'driver'],
    ['a library that is no module', { module: '/lib/x86_64-linux-gnu/libc.so.6', token: 'badge', id: '01' }, 'driver'],
  ])('%s is refused with what to do', async (_what, reference, words) => {
    const error = await refusal(openTokenKey({ pkcs11: reference }, tokens, person([pin])));
    expect(error.code).toBe(13806);
    expect(error.message).toContain(words);
  });

  it('the tokens that are plugged in are listed, uninitialised slots are not', () => {
    expect(tokens.list(module)).toEqual([
      {
        label: 'badge',
        manufacturer: expect.stringContaining('SoftHSM') as string,
        model: expect.stringContaining('SoftHSM') as string,
      },
    ]);
    expect(() => tokens.list('/usr/lib/none.so')).toThrow(TokenError);
  });

  it('a reader that is plugged in after the module was loaded is seen, and so is its going (PKCS #11 v2.40, C_GetSlotList)', () => {
    const [late, plugged] = [join(folder, 'late.so'), join(folder, 'plugged')];
    run(
      'cc',
      '-shared',
      '-fPIC',
      '-Wall',
      '-Werror',
      `-DFLAG_FILE="${plugged}"`,
      '-o',
      late,
      fileURLToPath(new URL('testing/hot-plug-module.c', import.meta.url)),
    );
    expect(tokens.list(late)).toEqual([]);
    writeFileSync(plugged, '');
    expect(tokens.list(late).map(({ label }) => label)).toEqual(['late']);
    rmSync(plugged);
    expect(tokens.list(late)).toEqual([]);
  });

  it('a module that others may write to is not loaded', async () => {
    const planted = join(folder, 'planted.so');
    writeFileSync(planted, readFileSync(module), { mode: 0o666 });
    execFileSync('chmod', ['666', planted]);
    const error = await refusal(
      openTokenKey({ pkcs11: { module: planted, token: 'badge', id: '01' } }, tokens, person([pin])),
    );
    expect(error.detail).toContain('others may write');
  });
});

function handshake(
  key: ClientKey,
  version: TlsVersion,
  privateKey: ClientKey['tlsKey'],
  minVersion = version,
): { version: string; client: string; server: string; shown: boolean; error?: string | null } {
  const here = engine.open({
    role: 'client',
    minVersion,
    maxVersion: version,
    certificates: key.certificates,
    privateKey,
    serverName: null,
    session: null,
  });
  const options: TlsServerOptions = {
    role: 'server',
    minVersion,
    maxVersion: version,
    certificates: [server.certificate],
    privateKey: server.key,
    requestClientCertificate: true,
  };
  const there = engine.open(options);
  let records = here.receive(new Uint8Array(0)).output;
  for (let round = 0; round < 6; round++) {
    const answer = there.receive(records);
    let step = here.receive(answer.output);
    if (step.state === 'verify') step = here.verified(true);
    records = step.output;
    const shown = there.peerCertificates().length > 0;
    if (step.state === 'failed')
      return { version: here.version, client: step.state, server: answer.state, shown, error: step.error };
    if (step.state === 'open' && answer.state === 'open' && records.length === 0)
      return { version: here.version, client: step.state, server: answer.state, shown };
  }
  throw new Error('no end');
}
