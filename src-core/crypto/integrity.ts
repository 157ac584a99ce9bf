import { createHmac } from 'node:crypto';

/** Integrity transforms of RFC 2404 and RFC 4868. HMAC-SHA1-96 is offered only in legacy profiles. */
export type IntegrityAlgorithm = 'hmac-sha1-96' | 'hmac-sha2-256-128' | 'hmac-sha2-384-192' | 'hmac-sha2-512-256';

/** Key and (truncated) ICV lengths in octets. */
export const integrityAlgorithms: Readonly<
  Record<IntegrityAlgorithm, { readonly hash: string; readonly keyLength: number; readonly icvLength: number }>
> = {
  'hmac-sha1-96': { hash: 'sha1', keyLength: 20, icvLength: 12 },
  'hmac-sha2-256-128': { hash: 'sha256', keyLength: 32, icvLength: 16 },
  'hmac-sha2-384-192': { hash: 'sha384', keyLength: 48, icvLength: 24 },
  'hmac-sha2-512-256': { hash: 'sha512', keyLength: 64, icvLength: 32 },
};

/** The truncated ICV over the parts one after the other. */
export function computeIcv(
  algorithm: IntegrityAlgorithm,
  key: Uint8Array,
  ...parts: readonly Uint8Array[]
): Uint8Array {
  const { hash, icvLength } = integrityAlgorithms[algorithm];
  const mac = createHmac(hash, key);
  for (const part of parts) mac.update(part);
  return new Uint8Array(mac.digest().subarray(0, icvLength));
}
