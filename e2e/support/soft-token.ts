import { execFileSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testCertificate, testKeys, type TestAuthority } from '../../src-core/pki/testing';

export const tokenModule = '/usr/lib/softhsm/libsofthsm2.so';
export const tokenLabel = 'badge';
export const tokenPin = '726451';

/**
 * A SoftHSM token with an RSA key made on it, not extractable, and a certificate of `issuer` for it. Programs started
 * from now on, and this one, find it
 * by SOFTHSM2_CONF. Once a process: the module reads where its tokens are, and which there are, in C_Initialize, and is
 * loaded until the process ends.
 */
export function makeSoftToken(directory: string, commonName: string, issuer: TestAuthority): TestAuthority {
  const folder = join(directory, 'token');
  mkdirSync(join(folder, 'objects'), { recursive: true });
  writeFileSync(
    join(folder, 'softhsm2.conf'),
    `directories.tokendir = ${join(folder, 'objects')}\nobjectstore.backend = file\nlog.level = ERROR\n`,
  );
  process.env['SOFTHSM2_CONF'] = join(folder, 'softhsm2.conf');
  const run = (command: string, ...words: string[]): void =>
    void execFileSync(command, words, { cwd: folder, stdio: 'pipe' });
  const pkcs11 = (...words: string[]): void =>
    run('pkcs11-tool', '--module', tokenModule, '--token-label', tokenLabel, '--pin', tokenPin, ...words);
  run('softhsm2-util', '--init-token', '--free', '--label', tokenLabel, '--pin', tokenPin, '--so-pin', '12345678');
  pkcs11('--keypairgen', '--key-type', 'rsa:2048', '--id', '01', '--usage-sign');
  pkcs11('--read-object', '--type', 'pubkey', '--id', '01', '--output-file', 'key.der');
  const publicKey = createPublicKey({ key: readFileSync(join(folder, 'key.der')), format: 'der', type: 'spki' });
  const now = Date.now();
  const day = 86_400_000;
  // The private half stays where it is; what stands in its place here signs nothing.
  const made = testCertificate(
    {
      subject: [
        ['O', 'Contoso'],
        ['CN', commonName],
      ],
      dnsNames: ['badge.contoso.test'],
      extendedKeyUsage: ['clientAuth'],
      notBefore: now - day,
      notAfter: now + 30 * day,
    },
    issuer,
    { keys: { publicKey, privateKey: testKeys().privateKey } },
  );
  writeFileSync(join(folder, 'client.der'), made.certificate.der);
  pkcs11('--write-object', 'client.der', '--type', 'cert', '--id', '01');
  return made;
}
