import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import type { Certificate } from '../../../src-core/pki/certificate';
import { parseTrustStore } from '../../../src-core/pki/trust-anchors';

/** Where distributions keep the bundle of the authorities that the computer trusts. */
const bundles = [
  '/etc/ssl/certs/ca-certificates.crt', // Debian, Ubuntu, Arch, Alpine
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem', // Fedora, RHEL
  '/etc/ssl/ca-bundle.pem', // openSUSE
  '/etc/ssl/cert.pem', // others
] as const;

/** The system's trust anchors: the first bundle that can be read and holds any, else the list that comes with Node. */
export async function readSystemAuthorities(files: readonly string[] = bundles): Promise<readonly Certificate[]> {
  for (const file of files) {
    const text = await readFile(file, 'latin1').catch(() => null);
    const certificates = text === null ? [] : parseTrustStore(text);
    if (certificates.length > 0) return certificates;
  }
  return parseTrustStore(rootCertificates.join('\n'));
}
