import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run';

/** Files of one lab; names say what each is. */
export interface Pki {
  readonly directory: string;
  readonly path: (file: string) => string;
  /** Makes more certificates, `NAME.pem` with `NAME.key`. */
  readonly issue: (wanted: readonly Wanted[]) => Promise<void>;
}

export type KeyKind = 'rsa' | 'rsa4096' | 'rsa-pss' | 'ecdsa' | 'ecdsa384' | 'ed25519';

export interface Wanted {
  readonly name: string;
  readonly issuer: 'ca-rsa' | 'ca-ecdsa' | 'ca-untrusted';
  readonly key: KeyKind;
  readonly commonName: string;
  readonly names: readonly string[];
  readonly usage: 'serverAuth' | 'clientAuth';
  readonly expired?: boolean;
}

/** RSA only where RSA is what is tested: its keys take long to make. */
const certificates: readonly Wanted[] = [
  {
    name: 'server-rsa',
    issuer: 'ca-rsa',
    key: 'rsa',
    commonName: 'vpn.lab.test',
    names: [
      'vpn.lab.test',
      'eap.lab.test',
      'rsa.lab.test',
      'psk.lab.test',
      'refused.lab.test',
      'radius.lab.test',
      'eap-tls.lab.test',
      'eap-only.lab.test',
      'two-rounds.lab.test',
    ],
    usage: 'serverAuth',
  },
  {
    name: 'server-ecdsa',
    issuer: 'ca-ecdsa',
    key: 'ecdsa',
    commonName: 'ecdsa.lab.test',
    names: ['ecdsa.lab.test'],
    usage: 'serverAuth',
  },
  {
    name: 'server-expired',
    issuer: 'ca-rsa',
    key: 'ecdsa',
    commonName: 'expired.lab.test',
    names: ['expired.lab.test'],
    usage: 'serverAuth',
    expired: true,
  },
  {
    name: 'server-untrusted',
    issuer: 'ca-untrusted',
    key: 'ecdsa',
    commonName: 'untrusted.lab.test',
    names: ['untrusted.lab.test'],
    usage: 'serverAuth',
  },
  // The authentication server: another name than the gateway's, and two that must not be taken for it.
  {
    name: 'aaa',
    issuer: 'ca-rsa',
    key: 'ecdsa',
    commonName: 'aaa.lab.test',
    names: ['aaa.lab.test'],
    usage: 'serverAuth',
  },
  {
    name: 'aaa-other-name',
    issuer: 'ca-rsa',
    key: 'ecdsa',
    commonName: 'printer.lab.test',
    names: ['printer.lab.test'],
    usage: 'serverAuth',
  },
  {
    name: 'aaa-untrusted',
    issuer: 'ca-untrusted',
    key: 'ecdsa',
    commonName: 'aaa.lab.test',
    names: ['aaa.lab.test'],
    usage: 'serverAuth',
  },
  {
    name: 'client-rsa',
    issuer: 'ca-rsa',
    key: 'rsa',
    commonName: 'client-rsa.lab.test',
    names: ['client-rsa.lab.test'],
    usage: 'clientAuth',
  },
  {
    name: 'client-ecdsa',
    issuer: 'ca-ecdsa',
    key: 'ecdsa',
    commonName: 'client-ecdsa.lab.test',
    names: ['client-ecdsa.lab.test'],
    usage: 'clientAuth',
  },
];

const keyOptions: Readonly<Record<KeyKind, readonly string[]>> = {
  rsa: ['RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  rsa4096: ['RSA', '-pkeyopt', 'rsa_keygen_bits:4096'],
  'rsa-pss': ['RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048'],
  ecdsa: ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  ecdsa384: ['EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  ed25519: ['ED25519'],
};

const generateKey = (kind: KeyKind): readonly string[] => ['genpkey', '-algorithm', ...keyOptions[kind]];

/** Large keys take their time on a busy machine, milliseconds. */
const patience = 120_000;

/** Certificates are valid for a year and kept for a week. */
const keptMs = 7 * 86_400_000;

/**
 * Authorities, servers and clients by the system's openssl. Making their keys takes seconds, so they are made once for
 * all labs of a week, and anew when this file changes.
 */
export async function makePki(directory: string): Promise<Pki> {
  cpSync(await keptPki(), directory, { recursive: true });
  return openPki(directory, 2000);
}

/** The folder that is copied; made when it is not there. */
export async function keptPki(): Promise<string> {
  const folder = fileURLToPath(new URL('../../.setup/lab/', import.meta.url));
  const content = createHash('sha256').update(readFileSync(fileURLToPath(import.meta.url)));
  const name = `pki-${content.digest('hex').slice(0, 16)}-${String(Math.floor(Date.now() / keptMs))}`;
  const kept = join(folder, name);
  if (existsSync(kept)) return kept;
  mkdirSync(folder, { recursive: true });
  for (const old of readdirSync(folder).filter((entry) => entry.startsWith('pki-') && !entry.startsWith(name)))
    rmSync(join(folder, old), { recursive: true, force: true });
  const made = mkdtempSync(`${kept}-`);
  try {
    const pki = openPki(made, 1000);
    await pki.authorities();
    await pki.issue(certificates);
    renameSync(made, kept);
  } catch (error) {
    // Another lab that started at the same moment may have been first.
    if (!existsSync(kept)) throw error;
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return kept;
}

/** `firstSerial`: the serial numbers of what is issued count on from there. */
function openPki(directory: string, firstSerial: number): Pki & { readonly authorities: () => Promise<void> } {
  const path = (file: string): string => join(directory, file);
  const openssl = (...args: readonly string[]): Promise<unknown> =>
    run('openssl', args, { cwd: directory, timeout: patience });

  const authority = async (name: string, kind: 'rsa' | 'ecdsa', subject: string): Promise<void> => {
    await openssl(...generateKey(kind), '-out', `${name}.key`);
    await openssl(
      'req',
      '-x509',
      '-new',
      '-sha256',
      '-key',
      `${name}.key`,
      '-days',
      '3650',
      '-subj',
      subject,
      '-out',
      `${name}.pem`,
      '-addext',
      'keyUsage=critical,keyCertSign,cRLSign',
    );
  };
  const authorities = async (): Promise<void> => {
    await Promise.all([
      authority('ca-rsa', 'rsa', '/O=Lab/CN=Lab RSA CA'),
      authority('ca-ecdsa', 'ecdsa', '/O=Lab/CN=Lab ECDSA CA'),
      authority('ca-untrusted', 'ecdsa', '/O=Elsewhere/CN=Untrusted CA'),
    ]);
  };
  // Different in every certificate.
  let serial = firstSerial;
  const issueOne = async (wanted: Wanted): Promise<void> => {
    const extensions = `basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=${wanted.usage}\nsubjectAltName=${wanted.names.map((n) => `DNS:${n}`).join(',')}\n`;
    writeFileSync(path(`${wanted.name}.ext`), extensions);
    await openssl(...generateKey(wanted.key), '-out', `${wanted.name}.key`);
    await openssl(
      'req',
      '-new',
      '-key',
      `${wanted.name}.key`,
      '-subj',
      `/O=Lab/CN=${wanted.commonName}`,
      '-out',
      `${wanted.name}.csr`,
    );
    await openssl(
      'x509',
      '-req',
      '-sha256',
      '-in',
      `${wanted.name}.csr`,
      '-CA',
      `${wanted.issuer}.pem`,
      '-CAkey',
      `${wanted.issuer}.key`,
      '-set_serial',
      String(serial++),
      ...(wanted.expired === true ? ['-days', '-1'] : ['-days', '365']),
      '-extfile',
      `${wanted.name}.ext`,
      '-out',
      `${wanted.name}.pem`,
    );
  };
  const issue = async (wanted: readonly Wanted[]): Promise<void> => {
    await Promise.all(wanted.map(issueOne));
  };
  return { directory, path, authorities, issue };
}
