import { type Certificate, parseCertificate } from '../../src-core/pki/certificate';
import { summarizeCertificate } from '../../src-core/pki/certificate-summary';
import { PkiError } from '../../src-core/pki/pki-error';
import { isPem } from '../../src-core/pki/pem';
import { parseCertificates } from '../../src-core/pki/trust-anchors';
import type { CertificateSummary } from '../api/contract';
import { ApiError } from '../api/service';

/** A certificate as the user interface shows it. */
export function certificateView(certificate: Certificate): CertificateSummary {
  const {
    subject,
    issuer,
    serialNumber,
    notBefore,
    notAfter,
    names,
    fingerprint,
    commonName,
    organization,
    organizationalUnit,
    issuerName,
    extendedKeyUsage,
    publicKey,
    signature,
    selfSigned,
  } = summarizeCertificate(certificate);
  return {
    subject,
    issuer,
    serial: serialNumber,
    notBefore,
    notAfter,
    names,
    fingerprintSha256: fingerprint,
    commonName,
    organization,
    organizationalUnit,
    issuerName,
    extendedKeyUsage,
    publicKey,
    signature,
    selfSigned,
  };
}

const mostCertificates = 64;

/** The certificates of a file, PEM or DER. Throws ApiError when it holds none. */
export function inspectCertificates(contentBase64: string): { readonly certificates: readonly CertificateSummary[] } {
  const content = Buffer.from(contentBase64, 'base64');
  const text = content.toString('latin1');
  try {
    const found = isPem(text) ? parseCertificates(text) : [parseCertificate(new Uint8Array(content))];
    if (found.length > 0) return { certificates: found.slice(0, mostCertificates).map(certificateView) };
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
  }
  throw new ApiError('invalid-argument', 'failure.no-certificate', 'contentBase64');
}
