import { base64Decode, base64Encode } from '../../bytes';
import { parsePem } from '../../pki/pem';
import { isPin } from '../../pki/trust-anchors';
import type { CertificateSource } from '../profile';

export const toBase64 = base64Encode;

/** An authority of a profile as DER: it is PEM, base64, or a pin or thumbprint, which is not a certificate: null. */
export function authorityDer(text: string): Uint8Array | null {
  if (isPin(text)) return null;
  return parsePem(text)[0]?.der ?? base64Decode(text.replaceAll(/\s+/g, ''));
}

/** Base64 of a PFX: it begins with version 3 (RFC 7292 section 4). */
export function isPkcs12(source: CertificateSource | null): source is string {
  if (typeof source !== 'string' || source.includes('-----BEGIN')) return false;
  const der = base64Decode(source.replaceAll(/\s+/g, ''));
  if (der === null || der[0] !== 0x30) return false;
  const body = der[1]! < 0x80 ? 2 : 2 + (der[1]! & 0x7f);
  return der[body] === 2 && der[body + 1] === 1 && der[body + 2] === 3;
}
