import { type Certificate, certificateRequestHash, parseCertificate, spkiPin, thumbprint } from './certificate';
import { formatName } from './distinguished-name';
import { decodeBase64, isPem, parsePem } from './pem';
import { PkiError } from './pki-error';

/** What a profile trusts, from its `serverCertificate.authorities`. */
export interface ConfiguredTrust {
  readonly certificates: readonly Certificate[];
  /** SHA-256 of SubjectPublicKeyInfo in base64. */
  readonly pins: readonly string[];
  /** SHA-1 of certificates, as Windows names its trusted roots: hexadecimal in lower case. */
  readonly thumbprints: readonly string[];
}

const pinPrefix = 'sha256/';
const thumbprintPrefix = 'sha1/';

/** An entry that stands for a certificate without being one. */
export const isPin = (entry: string): boolean =>
  [pinPrefix, thumbprintPrefix].some((prefix) => entry.trim().startsWith(prefix));

/**
 * Each entry is PEM (one certificate or a bundle), base64 of a DER certificate, "sha256/" and the base64 SHA-256 of a
 * SubjectPublicKeyInfo, or "sha1/" and the hexadecimal SHA-1 of an authority's certificate.
 * Throws PkiError that names the entry by its place, counted from 1.
 */
export function parseAuthorities(entries: readonly string[]): ConfiguredTrust {
  const certificates: Certificate[] = [];
  const pins: string[] = [];
  const thumbprints: string[] = [];
  for (const [index, entry] of entries.entries()) {
    const place = `authority ${index + 1}`;
    try {
      if (entry.trim().startsWith(pinPrefix)) {
        const digest = decodeBase64(entry.trim().slice(pinPrefix.length), place);
        if (digest.length !== 32) throw new PkiError('malformed', 'a pin that is not the base64 of 32 octets');
        pins.push(Buffer.from(digest).toString('base64'));
      } else if (entry.trim().startsWith(thumbprintPrefix)) {
        const digits = entry.trim().slice(thumbprintPrefix.length).toLowerCase();
        if (!/^[0-9a-f]{40}$/.test(digits))
          throw new PkiError('malformed', 'a thumbprint that is not 40 hexadecimal digits');
        thumbprints.push(digits);
      } else {
        const found = parseCertificates(entry);
        if (found.length === 0) throw new PkiError('malformed', 'no certificate in it');
        certificates.push(...found);
      }
    } catch (error) {
      if (error instanceof PkiError) throw new PkiError(error.reason, `${place}: ${error.message}`, error);
      throw error;
    }
  }
  return { certificates, pins, thumbprints };
}

/** All certificates of a PEM text, or the one of a base64 text. Throws PkiError. */
export function parseCertificates(text: string): Certificate[] {
  if (!isPem(text)) return [parseCertificate(decodeBase64(text, 'certificate'))];
  return parsePem(text).flatMap(({ label, der }) =>
    label === 'CERTIFICATE' || label === 'X509 CERTIFICATE' || label === 'TRUSTED CERTIFICATE'
      ? [parseCertificate(der)]
      : [],
  );
}

/** As many certificates of a system's bundle as can be read; one odd root must not cost all the others. */
export function parseTrustStore(text: string): Certificate[] {
  return parsePem(text).flatMap(({ label, der }) => {
    if (label !== 'CERTIFICATE') return [];
    try {
      return [parseCertificate(der)];
    } catch {
      return [];
    }
  });
}

/** Certificates of a peer's bag whose key is pinned: trusted although nothing above them is known here. */
export function pinnedCertificates(bag: readonly Certificate[], pins: readonly string[]): Certificate[] {
  return pins.length === 0 ? [] : bag.filter((certificate) => pins.includes(spkiPin(certificate)));
}

/**
 * Authorities whose SHA-1 thumbprint the profile names, among those of this computer and what the server sent. To be
 * taken for one of them a server would need a second preimage of SHA-1; a collision, which can be computed, needs the
 * named certificate itself to be of the attacker's making.
 */
export function thumbprintedAuthorities(
  among: readonly Certificate[],
  thumbprints: readonly string[],
): readonly Certificate[] {
  return thumbprints.length === 0
    ? []
    : among.filter(
        (certificate) => certificate.basicConstraints?.ca === true && thumbprints.includes(thumbprint(certificate)),
      );
}

/** Authorities behind most public gateways, the likelier first (P-23). */
const publicAuthorities = [
  /ISRG Root/i,
  /DigiCert/i,
  /Sectigo|USERTrust|COMODO/i,
  /GlobalSign/i,
  /Microsoft/i,
  /GTS Root/i,
  /Entrust/i,
  /Amazon Root/i,
  /GoDaddy|Go Daddy|Starfield/i,
  /QuoVadis/i,
  /SwissSign/i,
  /T-TeleSec/i,
];

/**
 * CERTREQ hashes, 20 octets each (C-31): of all configured authorities, or of the likeliest `most` of a large store.
 */
export function certificateRequestHashes(anchors: readonly Certificate[], most = 20): Uint8Array[] {
  const likelihood = (certificate: Certificate): number => {
    const index = publicAuthorities.findIndex((pattern) => pattern.test(formatName(certificate.subject)));
    return index < 0 ? publicAuthorities.length : index;
  };
  const chosen =
    anchors.length <= most ? [...anchors] : [...anchors].sort((a, b) => likelihood(a) - likelihood(b)).slice(0, most);
  const hashes = new Map(
    chosen.map((certificate) => [
      Buffer.from(certificateRequestHash(certificate)).toString('hex'),
      certificateRequestHash(certificate),
    ]),
  );
  return [...hashes.values()];
}
