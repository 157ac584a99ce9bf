import { sanitizeText } from '../bytes';
import type { PeerCredentials } from '../ikev2/session';
import type { Profile } from '../profiles/profile';
import type { Certificate } from './certificate';
import { crlStatus, parseCrl, type RevocationStatus } from './crl';
import { formatName } from './distinguished-name';
import { encodeOcspRequest, ocspStatus, parseOcspResponse } from './ocsp';

export interface RevocationRules {
  /**
   * off: not looked at; relaxed: fail on "revoked" only; strict: fail unless every certificate is known to be good
   * (P-14).
   */
  readonly mode: Profile['serverCertificate']['revocation'];
  /** Wall-clock milliseconds. */
  readonly wallTime: number;
}

export interface RevocationFailure {
  /** false: strict mode, and nothing good was known. */
  readonly revoked: boolean;
  readonly certificate: Certificate;
  readonly detail: string;
}

/** DER objects, as the peer sent them along (P-15) or as they were fetched. */
export type RevocationEvidence = Pick<PeerCredentials, 'ocspResponses' | 'crls'>;

/** What is to be asked about one certificate, and where. */
export interface RevocationQuestion {
  readonly certificate: Certificate;
  readonly issuer: Certificate;
  /**
   * http only (P-16): https would need a certificate check inside a certificate check. Addresses are for the asker to
   * judge.
   */
  readonly ocspUrls: readonly string[];
  readonly crlUrls: readonly string[];
  /** OCSPRequest without a nonce, DER. */
  readonly ocspRequest: Uint8Array;
}

/** The certificates of a validated path that the evidence does not settle and that name somebody to ask. */
export function revocationQuestions(
  path: readonly Certificate[],
  evidence: RevocationEvidence,
  wallTime: number,
): RevocationQuestion[] {
  const statusesOf = judgeBy(evidence, wallTime);
  return path.slice(0, -1).flatMap((certificate, index) => {
    const issuer = path[index + 1]!;
    if (statusesOf(certificate, issuer).some(({ status }) => status !== 'unknown')) return [];
    const ocspUrls = certificate.ocspUrls.filter(isPlainHttp).slice(0, 4);
    const crlUrls = certificate.crlUrls.filter(isPlainHttp).slice(0, 4);
    return ocspUrls.length + crlUrls.length === 0
      ? []
      : [{ certificate, issuer, ocspUrls, crlUrls, ocspRequest: encodeOcspRequest(certificate, issuer, null) }];
  });
}

function isPlainHttp(url: string): boolean {
  return url.length <= 1024 && URL.canParse(url) && new URL(url).protocol === 'http:' && new URL(url).username === '';
}

/**
 * Judges every certificate of a validated path (leaf first) but the anchor by the OCSP responses and CRLs at hand. Only
 * a path that reached a
 * trusted anchor may come here (P-16, CVE-2022-40617). Evidence that cannot be read or believed counts as none. null:
 * nothing against the path.
 */
export function checkRevocation(
  path: readonly Certificate[],
  evidence: RevocationEvidence,
  { mode, wallTime }: RevocationRules,
): RevocationFailure | null {
  if (mode === 'off') return null;
  const statusesOf = judgeBy(evidence, wallTime);
  for (const [index, certificate] of path.slice(0, -1).entries()) {
    const issuer = path[index + 1]!;
    const statuses = statusesOf(certificate, issuer);
    const revoked = statuses.find((status) => status.status === 'revoked');
    if (revoked !== undefined)
      return {
        revoked: true,
        certificate,
        detail: `revocation: ${sanitizeText(formatName(certificate.subject))} was revoked on ${new Date(revoked.at).toISOString()}`,
      };
    if (mode === 'strict' && !statuses.some(({ status }) => status === 'good')) {
      const why =
        statuses.flatMap((status) => (status.status === 'unknown' ? [status.why] : [])).join('; ') ||
        'no OCSP response and no CRL at hand';
      return {
        revoked: false,
        certificate,
        detail: `revocation: the status of ${sanitizeText(formatName(certificate.subject))} is unknown (${why})`,
      };
    }
  }
  return null;
}

function judgeBy(
  evidence: RevocationEvidence,
  wallTime: number,
): (certificate: Certificate, issuer: Certificate) => RevocationStatus[] {
  const responses = readable(evidence.ocspResponses, parseOcspResponse);
  const crls = readable(evidence.crls, parseCrl);
  return (certificate, issuer) => [
    ...responses.map((response) => ocspStatus(response, certificate, issuer, wallTime)),
    ...crls.map((crl) => crlStatus(crl, certificate, issuer, wallTime)),
  ];
}

function readable<T>(ders: readonly Uint8Array[], parse: (der: Uint8Array) => T): T[] {
  return ders.slice(0, 16).flatMap((der) => {
    try {
      return [parse(der)];
    } catch {
      return [];
    }
  });
}
