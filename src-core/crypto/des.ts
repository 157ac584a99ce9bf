import { createCipheriv, createDecipheriv } from 'node:crypto';
import { CryptoError } from './crypto-error';

/**
 * Single DES on one block, for MS-CHAPv2 only (RFC 2759 sections 8.6, 8.13). Hosts no longer offer single DES, but all
 * offer
 * triple DES in CBC mode; with three equal keys and a zero IV its first block is the single DES of that block.
 */
const cipherName = 'des-ede3-cbc';
const zeroIv = new Uint8Array(8);

/**
 * Encrypts 8 octets with a DES key of 8 octets (parity bits ignored) or 7 octets (parity bits inserted, RFC 2759
 * section 8.6).
 */
export function desEncryptBlock(key: Uint8Array, block: Uint8Array): Uint8Array {
  requireBlock(block);
  const tripled = tripleKey(key);
  const output = new Uint8Array(createCipheriv(cipherName, tripled, zeroIv).setAutoPadding(false).update(block));
  tripled.fill(0);
  return output;
}

/** The inverse of desEncryptBlock. */
export function desDecryptBlock(key: Uint8Array, block: Uint8Array): Uint8Array {
  requireBlock(block);
  const tripled = tripleKey(key);
  const output = new Uint8Array(createDecipheriv(cipherName, tripled, zeroIv).setAutoPadding(false).update(block));
  tripled.fill(0);
  return output;
}

/**
 * Spreads 56 key bits over 8 octets; the lowest bit of each octet makes its parity odd (FIPS 46-3, RFC 2759 section
 * 9.3).
 */
export function expandDesKey(key: Uint8Array): Uint8Array {
  if (key.length !== 7)
    throw new CryptoError('bad-length', `DES key without parity has ${key.length} octets, must have 7`);
  const expanded = new Uint8Array(8);
  for (let i = 0; i < 8; i += 1) {
    const high = i === 0 ? 0 : key[i - 1]! << (8 - i);
    const low = i === 7 ? 0 : key[i]! >> i;
    const bits = (high | low) & 0xfe;
    expanded[i] = bits | (oddParityNeedsBit(bits) ? 1 : 0);
  }
  return expanded;
}

function oddParityNeedsBit(bits: number): boolean {
  let parity = bits ^ (bits >> 4);
  parity ^= parity >> 2;
  parity ^= parity >> 1;
  return (parity & 1) === 0;
}

function tripleKey(key: Uint8Array): Uint8Array {
  const single = key.length === 7 ? expandDesKey(key) : key;
  if (single.length !== 8) throw new CryptoError('bad-length', `DES key has ${key.length} octets, must have 7 or 8`);
  const tripled = new Uint8Array(24);
  for (const offset of [0, 8, 16]) tripled.set(single, offset);
  if (single !== key) single.fill(0);
  return tripled;
}

function requireBlock(block: Uint8Array): void {
  if (block.length !== 8) throw new CryptoError('bad-length', `DES block has ${block.length} octets, must have 8`);
}
