import { createHmac } from 'node:crypto';
import { CryptoError } from './crypto-error';

/** The PRFs of RFC 7296 section 3.3.2 and RFC 4868 that we speak. HMAC-SHA1 is offered only in legacy profiles. */
export type PrfAlgorithm = 'hmac-sha1' | 'hmac-sha2-256' | 'hmac-sha2-384' | 'hmac-sha2-512';

const hashes = {
  'hmac-sha1': 'sha1',
  'hmac-sha2-256': 'sha256',
  'hmac-sha2-384': 'sha384',
  'hmac-sha2-512': 'sha512',
} as const;

/** Output length in octets; it is the preferred key length as well (RFC 7296 section 2.13, RFC 4868 section 2.4). */
export const prfLength: Readonly<Record<PrfAlgorithm, number>> = {
  'hmac-sha1': 20,
  'hmac-sha2-256': 32,
  'hmac-sha2-384': 48,
  'hmac-sha2-512': 64,
};

/** prf(key, parts one after the other). The key has any length. */
export function prf(algorithm: PrfAlgorithm, key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const mac = createHmac(hashes[algorithm], key);
  for (const part of parts) mac.update(part);
  return new Uint8Array(mac.digest());
}

/**
 * prf+ of RFC 7296 section 2.13: `length` octets of T1 | T2 | …, T(n) = prf(key, T(n-1) | seed | n).
 * Throws CryptoError `limit` beyond 255 blocks (C-22).
 */
export function prfPlus(algorithm: PrfAlgorithm, key: Uint8Array, seed: Uint8Array, length: number): Uint8Array {
  const blockLength = prfLength[algorithm];
  if (!Number.isInteger(length) || length < 0 || length > 255 * blockLength) {
    throw new CryptoError(
      'limit',
      `prf+ gives at most 255 blocks of ${blockLength} octets, ${length} octets were asked for`,
    );
  }
  const output = new Uint8Array(length);
  let previous = new Uint8Array(0);
  for (let offset = 0, counter = 1; offset < length; counter += 1) {
    const block = createHmac(hashes[algorithm], key)
      .update(previous)
      .update(seed)
      .update(Uint8Array.of(counter))
      .digest();
    output.set(block.subarray(0, Math.min(blockLength, length - offset)), offset);
    offset += blockLength;
    previous.fill(0);
    previous = new Uint8Array(block.buffer, block.byteOffset, block.length);
  }
  previous.fill(0);
  return output;
}

/** Splits keying material into fresh arrays of the given lengths, in order, and wipes `material`. */
export function takeKeys(material: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total > material.length)
    throw new CryptoError('bad-length', `keying material has ${material.length} octets, ${total} are needed`);
  let offset = 0;
  const keys = lengths.map((length) => material.slice(offset, (offset += length)));
  material.fill(0);
  return keys;
}
