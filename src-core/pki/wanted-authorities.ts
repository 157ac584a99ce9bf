import { type Certificate, certificateRequestHash, sameCertificate } from './certificate';
import { parseDistinguishedName, sameName } from './distinguished-name';
import { deepestPath, checkCertificateSignature } from './path-validation';
import { PkiError } from './pki-error';

/**
 * Whose certificates a server takes, as far as it says so. It is a hint: IKE_SA_INIT is not authenticated, and an empty
 * list says nothing.
 * `key`: SHA-1 of SubjectPublicKeyInfo, 20 octets each (CERTREQ, RFC 7296 section 3.7). `name`: DER (TLS, RFC 8446
 * section 4.2.4).
 */
export type WantedAuthorities =
  | { readonly by: 'key'; readonly hashes: readonly Uint8Array[] }
  | { readonly by: 'name'; readonly names: readonly Uint8Array[] };

/** The server named authorities. */
export function saysWhom(wanted: WantedAuthorities): boolean {
  return (wanted.by === 'key' ? wanted.hashes : wanted.names).length > 0;
}

/**
 * Whether one of the named authorities issued the certificate, itself or through others. `known`: certificates that may
 * lead up to it, of whatever
 * source: roots are seldom in a person's file. What leads nowhere known counts as issued by somebody else.
 */
export function issuedByWanted(leaf: Certificate, known: readonly Certificate[], wanted: WantedAuthorities): boolean {
  const path = [leaf, ...authoritiesAbove(leaf, known)];
  if (wanted.by === 'key') {
    const hashes = new Set(wanted.hashes.map(hex));
    return path.slice(1).some((authority) => hashes.has(hex(certificateRequestHash(authority))));
  }
  const names = wanted.names.flatMap((der) => {
    try {
      return [parseDistinguishedName(der, 'certificate request')];
    } catch (error) {
      if (error instanceof PkiError) return [];
      throw error;
    }
  });
  return path.some(({ issuer }) => names.some((name) => sameName(name, issuer)));
}

/** Everybody who signed it, or signed such a one; each once. */
function authoritiesAbove(leaf: Certificate, known: readonly Certificate[]): readonly Certificate[] {
  const found: Certificate[] = [];
  let level: readonly Certificate[] = [leaf];
  for (let depth = 0; depth < deepestPath && level.length > 0; depth++) {
    const above: Certificate[] = [];
    for (const below of level) {
      for (const authority of known) {
        if (
          !sameName(authority.subject, below.issuer) ||
          found.some((one) => sameCertificate(one, authority)) ||
          checkCertificateSignature(below, authority) !== null
        )
          continue;
        found.push(authority);
        above.push(authority);
      }
    }
    level = above;
  }
  return found;
}

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex');
