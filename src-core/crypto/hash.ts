import { createHash } from 'node:crypto';

export type HashAlgorithm = 'sha1' | 'sha256' | 'sha384' | 'sha512' | 'md5';

/** Digest length in octets. */
export const hashLength: Readonly<Record<HashAlgorithm, number>> = {
  md5: 16,
  sha1: 20,
  sha256: 32,
  sha384: 48,
  sha512: 64,
};

/**
 * Digest of the parts one after the other. MD5 and SHA-1 only where a protocol of others asks for them (NAT_DETECTION,
 * CERTREQ, MSCHAPv2).
 */
export function hash(algorithm: HashAlgorithm, ...parts: readonly Uint8Array[]): Uint8Array {
  const digest = createHash(algorithm);
  for (const part of parts) digest.update(part);
  return new Uint8Array(digest.digest());
}
