import { concat } from '../../../bytes';
import type { Reader, Writer } from '../../../bytes';
import { certificateEncoding } from '../constants';
import { wireLimits } from '../limits';

/** RFC 7296 section 3.7. */
export interface CertificateRequestPayload {
  readonly type: 'CERTREQ';
  readonly encoding: number;
  /** For X.509: SHA-1 hashes of the SubjectPublicKeyInfo of acceptable authorities, 20 octets each. */
  readonly data: Uint8Array;
}

const hashLength = 20;

export function decodeCertificateRequest(reader: Reader): CertificateRequestPayload {
  return { type: 'CERTREQ', encoding: reader.uint8('encoding'), data: reader.rest() };
}

export function encodeCertificateRequest(writer: Writer, payload: CertificateRequestPayload): void {
  writer.uint8(payload.encoding).bytes(payload.data);
}

export function x509CertificateRequest(authorityKeyHashes: readonly Uint8Array[]): CertificateRequestPayload {
  if (authorityKeyHashes.some((hash) => hash.length !== hashLength)) throw new RangeError('a key hash has 20 octets');
  return { type: 'CERTREQ', encoding: certificateEncoding.X509_SIGNATURE, data: concat(...authorityKeyHashes) };
}

/** RFC 4806 section 3.1: OCSP responses are wanted; an empty list leaves the responder to the peer (P-15). */
export function ocspRequestPayload(): CertificateRequestPayload {
  return { type: 'CERTREQ', encoding: certificateEncoding.OCSP_CONTENT, data: new Uint8Array(0) };
}

/**
 * The hashes of an X.509 request; null when the payload is to be ignored: other encoding, no multiple of 20, over 4 KiB
 * (H-23, P-22).
 */
export function requestedAuthorities(payload: CertificateRequestPayload): readonly Uint8Array[] | null {
  if (payload.encoding !== certificateEncoding.X509_SIGNATURE) return null;
  if (payload.data.length % hashLength !== 0 || payload.data.length > wireLimits.certificateRequestOctets) return null;
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < payload.data.length; at += hashLength) hashes.push(payload.data.subarray(at, at + hashLength));
  return hashes;
}
