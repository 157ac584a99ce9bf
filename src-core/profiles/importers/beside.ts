import { say } from '../../ports/import-message';
import { formatName } from '../../pki/distinguished-name';
import type { Certificate } from '../../pki/certificate';
import { spkiPin } from '../../pki/certificate';
import { encodePem } from '../../pki/pem';
import { parseTrustStore } from '../../pki/trust-anchors';
import { isRelativeFileName, textOfFile } from '../file-references';
import type { FileResolver } from '../import-report';
import type { DraftBuilder } from './draft-builder';

/**
 * Files that a foreign profile names. Wherever they lie on the computer that wrote it ("/etc/swanctl/x509ca/ca.pem",
 * "C:\certs\ca.cer"): here only a file of that base name counts that lies beside the profile, or in one of the folders
 * that the format has for it. One that is not there is missing, not a reason to refuse the connection.
 */

export function baseName(path: string): string {
  return path.trim().split(/[/\\]/).at(-1) ?? '';
}

interface FoundFile {
  readonly name: string;
  readonly content: Uint8Array;
}

export async function findBeside(
  path: string,
  resolve: FileResolver,
  folders: readonly string[] = [],
): Promise<FoundFile | null> {
  const base = baseName(path);
  for (const name of [...folders.map((folder) => `${folder}/${base}`), base]) {
    const content = base !== '' && isRelativeFileName(name) ? await resolve(name) : null;
    if (content !== null) return { name: base, content };
  }
  return null;
}

/** PEM or base64 of the file; null when a line says that it is missing or unreadable. */
export async function fileText(
  draft: DraftBuilder,
  key: string,
  path: string,
  resolve: FileResolver,
  folders: readonly string[] = [],
): Promise<string | null> {
  const file = baseName(path);
  const found = await findBeside(path, resolve, folders);
  const text = found === null ? null : textOfFile(found.content);
  if (text === null)
    draft.missing(key, found === null ? say('file-missing', { file }) : say('file-unreadable', { file }), file);
  return text;
}

/** A certificate with or without its key, or the key: PEM, DER or PKCS#12. True when it was there. */
export async function takeFile(
  draft: DraftBuilder,
  key: string,
  profilePath: string,
  path: string,
  resolve: FileResolver,
  folders: readonly string[] = [],
): Promise<boolean> {
  const text = await fileText(draft, key, path, resolve, folders);
  if (text !== null) draft.take(key, profilePath, text, say('taken-from', { files: baseName(path) }));
  return text !== null;
}

/**
 * Certificates that may vouch for the server. A server's own certificate vouches for nobody else: it becomes a pin of
 * its key.
 */
export async function takeAuthorities(
  draft: DraftBuilder,
  key: string,
  paths: readonly string[],
  resolve: FileResolver,
  folders: readonly string[] = [],
): Promise<readonly Certificate[]> {
  const taken: Certificate[] = [];
  const from: string[] = [];
  for (const path of paths) {
    const text = await fileText(draft, key, path, resolve, folders);
    if (text === null) continue;
    const certificates = certificatesIn(text);
    if (certificates.length === 0)
      draft.missing(key, say('file-no-certificate', { file: baseName(path) }), baseName(path));
    else {
      taken.push(...certificates);
      from.push(baseName(path));
    }
  }
  if (taken.length === 0) return [];
  const leaf = taken.find((certificate) => !isAuthority(certificate));
  draft.take(
    key,
    'serverCertificate.authorities',
    taken.map(authorityEntry),
    leaf === undefined
      ? say('taken-from', { files: from.join(', ') })
      : say('authority-leaf', { files: from.join(', '), subject: formatName(leaf.subject) }),
  );
  return taken;
}

function certificatesIn(text: string): readonly Certificate[] {
  const pem = text.includes('-----BEGIN ')
    ? text.replaceAll(/(X509|TRUSTED) CERTIFICATE-----/g, 'CERTIFICATE-----')
    : encodePem('CERTIFICATE', new Uint8Array(Buffer.from(text, 'base64')));
  return parseTrustStore(pem);
}

/** A root of version 1 has no basic constraints and issued itself. */
export function isAuthority(certificate: Certificate): boolean {
  return certificate.basicConstraints?.ca ?? Buffer.compare(certificate.issuer.der, certificate.subject.der) === 0;
}

export function authorityEntry(certificate: Certificate): string {
  return isAuthority(certificate) ? encodePem('CERTIFICATE', certificate.der) : `sha256/${spkiPin(certificate)}`;
}
