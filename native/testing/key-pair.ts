import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface KeyPair {
  /** DER. */
  readonly certificate: Uint8Array;
  /** PKCS#8 DER. */
  readonly key: Uint8Array;
}

/** A self-signed certificate with its key; `algorithm` as `openssl req -newkey` wants it. */
export function keyPair(folder: string, name: string, algorithm: readonly string[]): KeyPair {
  const openssl = (...words: string[]): void => void execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' });
  openssl(
    'req',
    '-x509',
    '-newkey',
    ...algorithm,
    '-nodes',
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.pem`,
    '-days',
    '30',
    '-subj',
    `/CN=${name}`,
  );
  openssl('x509', '-in', `${name}.pem`, '-outform', 'der', '-out', `${name}.crt`);
  openssl('pkcs8', '-topk8', '-nocrypt', '-in', `${name}.key`, '-outform', 'der', '-out', `${name}.p8`);
  return { certificate: readFileSync(join(folder, `${name}.crt`)), key: readFileSync(join(folder, `${name}.p8`)) };
}
