import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from './lab';
import { run } from './run';

const module = '/usr/lib/softhsm/libsofthsm2.so';

/** A SoftHSM token of the client machine; the PIN is made up. */
export interface LabToken {
  readonly certificate: { readonly pkcs11: { readonly module: string; readonly token: string; readonly id: string } };
  readonly pinFile: string;
  /** What the token says of its private key. */
  readonly keyAccess: string;
}

/**
 * An RSA key made on the token, not extractable, with a certificate of the lab's RSA authority for `name`. Sets
 * SOFTHSM2_CONF for programs started from now on.
 */
export async function makeToken(lab: Lab, name: string): Promise<LabToken> {
  const folder = join(lab.directory, 'token');
  mkdirSync(join(folder, 'objects'), { recursive: true, mode: 0o700 });
  const configuration = join(folder, 'softhsm2.conf');
  writeFileSync(
    configuration,
    `directories.tokendir = ${join(folder, 'objects')}\nobjectstore.backend = file\nlog.level = ERROR\n`,
  );
  process.env['SOFTHSM2_CONF'] = configuration;
  const pin = '593817';
  const pinFile = join(folder, 'pin');
  writeFileSync(pinFile, `${pin}\n`, { mode: 0o600 });
  const inside = { cwd: folder };
  const pkcs11 = (...words: readonly string[]): ReturnType<typeof run> =>
    run('pkcs11-tool', ['--module', module, '--token-label', 'badge', '--pin', pin, ...words], inside);

  await run(
    'softhsm2-util',
    ['--init-token', '--free', '--label', 'badge', '--pin', pin, '--so-pin', '12345678'],
    inside,
  );
  await pkcs11('--keypairgen', '--key-type', 'rsa:2048', '--id', '01', '--usage-sign');
  await pkcs11('--read-object', '--type', 'pubkey', '--id', '01', '--output-file', 'key.der');
  await run('openssl', ['pkey', '-pubin', '-inform', 'der', '-in', 'key.der', '-out', 'key.pub'], inside);
  writeFileSync(
    join(folder, 'client.ext'),
    `basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\nsubjectAltName=DNS:${name}\n`,
  );
  await run(
    'openssl',
    [
      'x509',
      '-new',
      '-force_pubkey',
      'key.pub',
      '-subj',
      `/O=Lab/CN=${name}`,
      '-days',
      '30',
      '-set_serial',
      '77',
      '-sha256',
      '-CA',
      lab.pki.path('ca-rsa.pem'),
      '-CAkey',
      lab.pki.path('ca-rsa.key'),
      '-extfile',
      'client.ext',
      '-out',
      'client.pem',
    ],
    inside,
  );
  await run('openssl', ['x509', '-in', 'client.pem', '-outform', 'der', '-out', 'client.der'], inside);
  await pkcs11('--write-object', 'client.der', '--type', 'cert', '--id', '01');
  return {
    certificate: { pkcs11: { module, token: 'badge', id: '01' } },
    pinFile,
    keyAccess: (await pkcs11('--list-objects', '--type', 'privkey')).stdout,
  };
}
