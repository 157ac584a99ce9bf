import { concat, equalConstantTime, wipe } from '../../bytes';
import { desEncryptBlock, md4, rc4 } from '../../crypto';

/** RFC 2759 sections 8.9 to 8.13. */

const blockLength = 512;
export const encryptedPasswordLength = blockLength + 4;

/**
 * The new password under the old password's hash, 516 octets: random octets, the password at the end, its length in
 * octets
 * little-endian; all under RC4. `newPassword` is UTF-16LE, at most 512 octets; `padding` is 512 random octets.
 */
export function encryptNewPassword(
  newPassword: Uint8Array,
  oldPasswordHash: Uint8Array,
  padding: Uint8Array,
): Uint8Array {
  if (padding.length !== blockLength) throw new RangeError('512 octets of padding');
  const block = concat(padding, new Uint8Array(4));
  block.set(newPassword, blockLength - newPassword.length);
  new DataView(block.buffer).setUint32(blockLength, newPassword.length, true);
  const encrypted = rc4(oldPasswordHash, block);
  wipe(block);
  return encrypted;
}

/** The NT hash of the new password in the block; null when the block is not one. */
export function decryptNewPasswordHash(encrypted: Uint8Array, oldPasswordHash: Uint8Array): Uint8Array | null {
  if (encrypted.length !== encryptedPasswordLength) return null;
  const block = rc4(oldPasswordHash, encrypted);
  const length = new DataView(block.buffer, block.byteOffset).getUint32(blockLength, true);
  const hash =
    length === 0 || length > blockLength || length % 2 !== 0
      ? null
      : md4(block.subarray(blockLength - length, blockLength));
  wipe(block);
  return hash;
}

/** The old hash under the new one, 16 octets (RFC 2759 sections 8.12, 8.13). */
export function encryptOldHash(oldPasswordHash: Uint8Array, newPasswordHash: Uint8Array): Uint8Array {
  return concat(
    desEncryptBlock(newPasswordHash.subarray(0, 7), oldPasswordHash.subarray(0, 8)),
    desEncryptBlock(newPasswordHash.subarray(7, 14), oldPasswordHash.subarray(8, 16)),
  );
}

export function isOldHashUnderNew(
  encrypted: Uint8Array,
  oldPasswordHash: Uint8Array,
  newPasswordHash: Uint8Array,
): boolean {
  return equalConstantTime(encrypted, encryptOldHash(oldPasswordHash, newPasswordHash));
}
