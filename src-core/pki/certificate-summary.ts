import { parseAlgorithmIdentifier } from '../crypto/algorithm-identifier';
import { sanitizeText } from '../bytes';
import { type Certificate, fingerprint, spkiPin } from './certificate';
import { attributeValues, formatName, sameName } from './distinguished-name';
import { formatGeneralName } from './general-name';
import { nameOfOid } from './object-identifiers';
import { keyTypeOf, rsaKeySize } from './public-key';

/** A certificate as a person reads it, in a dialog or the log. Plain text of a stranger: sanitized, never markup. */
export interface CertificateSummary {
  readonly subject: string;
  readonly issuer: string;
  /** CN, O and OU of the subject; several are joined by ", ". null: it has none. */
  readonly commonName: string | null;
  readonly organization: string | null;
  readonly organizationalUnit: string | null;
  /** CN of the issuer or, where it has none, its whole name. */
  readonly issuerName: string;
  readonly selfSigned: boolean;
  /** "dns:vpn.contoso.test", at most 32. */
  readonly names: readonly string[];
  /** ISO 8601, UTC. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** Hexadecimal. */
  readonly serialNumber: string;
  /** "RSA 2048", "ECDSA P-256", "Ed25519" or "unknown". */
  readonly publicKey: string;
  /** "rsa-pkcs1 with sha256" or "unknown". */
  readonly signature: string;
  /** By name where it has one; null: the extension is absent. */
  readonly extendedKeyUsage: readonly string[] | null;
  /** SHA-256 of the certificate, hexadecimal with colons. */
  readonly fingerprint: string;
  /** As an entry of `serverCertificate.authorities`: "sha256/…". */
  readonly pin: string;
}

const keyNames = {
  'ecdsa-p256': 'ECDSA P-256',
  'ecdsa-p384': 'ECDSA P-384',
  'ecdsa-p521': 'ECDSA P-521',
  ed25519: 'Ed25519',
  ed448: 'Ed448',
} as const;

export function summarizeCertificate(certificate: Certificate): CertificateSummary {
  return {
    subject: sanitizeText(formatName(certificate.subject)),
    issuer: sanitizeText(formatName(certificate.issuer)),
    commonName: attribute(certificate.subject, 'CN'),
    organization: attribute(certificate.subject, 'O'),
    organizationalUnit: attribute(certificate.subject, 'OU'),
    issuerName: attribute(certificate.issuer, 'CN') ?? sanitizeText(formatName(certificate.issuer)),
    selfSigned: sameName(certificate.subject, certificate.issuer),
    names: certificate.subjectAltNames.slice(0, 32).map((name) => sanitizeText(formatGeneralName(name))),
    notBefore: new Date(certificate.notBefore).toISOString(),
    notAfter: new Date(certificate.notAfter).toISOString(),
    serialNumber: Buffer.from(certificate.serialNumber).toString('hex'),
    publicKey: publicKeyName(certificate.spki),
    signature: signatureName(certificate.signatureAlgorithm),
    extendedKeyUsage: certificate.extendedKeyUsage?.slice(0, 32).map(nameOfOid) ?? null,
    fingerprint: fingerprint(certificate),
    pin: `sha256/${spkiPin(certificate)}`,
  };
}

function attribute(name: Certificate['subject'], type: 'CN' | 'O' | 'OU'): string | null {
  const values = attributeValues(name, type);
  return values.length === 0 ? null : sanitizeText(values.slice(0, 8).join(', '));
}

function publicKeyName(spki: Uint8Array): string {
  const type = keyTypeOf(spki);
  if (type === null) return 'unknown';
  if (type === 'rsa' || type === 'rsa-pss')
    return `${type === 'rsa' ? 'RSA' : 'RSA-PSS'} ${rsaKeySize(spki)?.modulusBits ?? ''}`;
  return keyNames[type];
}

function signatureName(algorithm: Uint8Array): string {
  try {
    const { algorithm: name, hash } = parseAlgorithmIdentifier(algorithm);
    return hash === 'identity' ? name : `${name} with ${hash}`;
  } catch {
    return 'unknown';
  }
}
