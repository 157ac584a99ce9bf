import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Random } from '../ports/random';
import { aead, aeadTagLength, type AeadName } from './aead';
import { equalConstantTime } from './constant-time';
import { CryptoError } from './crypto-error';
import { computeIcv, type IntegrityAlgorithm, integrityAlgorithms } from './integrity';

/** Encryption transforms of the Encrypted payload. 3DES is offered only when a legacy profile ticks it (W-3). */
export type MessageEncryption = 'aes-gcm-16' | 'chacha20-poly1305' | 'aes-cbc' | '3des-cbc';

export interface MessageCipherSuite {
  readonly encryption: MessageEncryption;
  /** 128, 192 or 256 for AES; 256 for ChaCha20; 192 for 3DES. */
  readonly keyBits: number;
  /** null exactly for the AEAD ciphers. */
  readonly integrity: IntegrityAlgorithm | null;
}

/**
 * All in octets. SK_e has keyLength + saltLength, SK_a has integrityKeyLength (RFC 7296 section 2.14, RFC 5282 section
 * 7.1).
 */
export interface MessageCipherSizes {
  readonly keyLength: number;
  readonly saltLength: number;
  readonly ivLength: number;
  readonly icvLength: number;
  /** The plaintext (payloads | padding | pad length) must be a multiple of it; 1 for AEAD. */
  readonly blockSize: number;
  readonly integrityKeyLength: number;
}

/**
 * Protects the content of the Encrypted payload (RFC 7296 section 3.14, RFC 5282). For every suite `associatedData` is
 * the
 * message from the IKE header through the generic header of the SK or SKF payload (with its fragment fields),
 * lengths already as sent. Padding is the caller's: the plaintext ends with padding and its pad length octet.
 */
export interface MessageCipher extends MessageCipherSizes {
  readonly suite: MessageCipherSuite;
  /**
   * IV | ciphertext | ICV. `iv` has ivLength octets: for AEAD a value never used before with this key (a counter),
   * for CBC unpredictable (createIvSource gives the right one). Throws CryptoError `bad-length`.
   */
  seal(associatedData: Uint8Array, plaintext: Uint8Array, iv: Uint8Array): Uint8Array;
  /** Takes IV | ciphertext | ICV; null unless the ICV is right (H-31). Padding is not looked at. */
  open(associatedData: Uint8Array, sealed: Uint8Array): Uint8Array | null;
  /** Forgets the keys; seal and open throw CryptoError `wiped` afterwards. */
  wipe(): void;
}

/** Sizes of a suite; throws CryptoError `unsupported-algorithm` when its parts do not fit together. */
export function messageCipherSizes(suite: MessageCipherSuite): MessageCipherSizes {
  const { encryption, keyBits, integrity } = suite;
  const keyBitsAllowed =
    encryption === '3des-cbc' ? [192] : encryption === 'chacha20-poly1305' ? [256] : [128, 192, 256];
  if (!keyBitsAllowed.includes(keyBits))
    throw new CryptoError('unsupported-algorithm', `${encryption} has no key of ${keyBits} bits`);
  const keyLength = keyBits / 8;
  if (encryption === 'aes-gcm-16' || encryption === 'chacha20-poly1305') {
    if (integrity !== null)
      throw new CryptoError('unsupported-algorithm', `${encryption} takes no integrity transform (RFC 5282 section 8)`);
    return { keyLength, saltLength: 4, ivLength: 8, icvLength: aeadTagLength, blockSize: 1, integrityKeyLength: 0 };
  }
  if (integrity === null) throw new CryptoError('unsupported-algorithm', `${encryption} needs an integrity transform`);
  const blockSize = encryption === '3des-cbc' ? 8 : 16;
  const { keyLength: integrityKeyLength, icvLength } = integrityAlgorithms[integrity];
  return { keyLength, saltLength: 0, ivLength: blockSize, icvLength, blockSize, integrityKeyLength };
}

/**
 * `encryptionKey` is SK_e (key, then salt for AEAD), `integrityKey` SK_a (empty for AEAD). Both are copied; the caller
 * wipes its own.
 * Throws CryptoError `bad-length` or `unsupported-algorithm`.
 */
export function createMessageCipher(
  suite: MessageCipherSuite,
  encryptionKey: Uint8Array,
  integrityKey: Uint8Array,
): MessageCipher {
  const sizes = messageCipherSizes(suite);
  requireLength('encryption key', encryptionKey, sizes.keyLength + sizes.saltLength);
  requireLength('integrity key', integrityKey, sizes.integrityKeyLength);
  return suite.integrity === null
    ? createAeadMessageCipher(suite, sizes, encryptionKey)
    : createCbcMessageCipher(suite, sizes, encryptionKey, suite.integrity, integrityKey);
}

function createAeadMessageCipher(
  suite: MessageCipherSuite,
  sizes: MessageCipherSizes,
  encryptionKey: Uint8Array,
): MessageCipher {
  const name: AeadName =
    suite.encryption === 'chacha20-poly1305'
      ? 'chacha20-poly1305'
      : suite.keyBits === 128
        ? 'aes-128-gcm'
        : suite.keyBits === 192
          ? 'aes-192-gcm'
          : 'aes-256-gcm';
  const backEnd = aead(name);
  const key = encryptionKey.slice(0, sizes.keyLength);
  // Nonce = salt | explicit IV (RFC 5282 section 4, RFC 7634 section 2).
  const nonce = new Uint8Array(sizes.saltLength + sizes.ivLength);
  nonce.set(encryptionKey.subarray(sizes.keyLength));
  let wiped = false;
  return {
    suite,
    ...sizes,
    seal(associatedData, plaintext, iv) {
      refuseWiped(wiped);
      requireLength('IV', iv, sizes.ivLength);
      nonce.set(iv, sizes.saltLength);
      const sealed = backEnd.seal(key, nonce, associatedData, plaintext);
      const output = new Uint8Array(sizes.ivLength + sealed.length);
      output.set(iv);
      output.set(sealed, sizes.ivLength);
      return output;
    },
    open(associatedData, sealed) {
      refuseWiped(wiped);
      if (sealed.length < sizes.ivLength + sizes.icvLength) return null;
      nonce.set(sealed.subarray(0, sizes.ivLength), sizes.saltLength);
      return backEnd.open(key, nonce, associatedData, sealed.subarray(sizes.ivLength));
    },
    wipe() {
      wiped = true;
      key.fill(0);
      nonce.fill(0);
    },
  };
}

function createCbcMessageCipher(
  suite: MessageCipherSuite,
  sizes: MessageCipherSizes,
  encryptionKey: Uint8Array,
  integrity: IntegrityAlgorithm,
  integrityKey: Uint8Array,
): MessageCipher {
  const name = suite.encryption === '3des-cbc' ? 'des-ede3-cbc' : `aes-${suite.keyBits}-cbc`;
  const key = encryptionKey.slice();
  const macKey = integrityKey.slice();
  const { ivLength, icvLength, blockSize } = sizes;
  let wiped = false;
  return {
    suite,
    ...sizes,
    seal(associatedData, plaintext, iv) {
      refuseWiped(wiped);
      requireLength('IV', iv, ivLength);
      if (plaintext.length === 0 || plaintext.length % blockSize !== 0) {
        throw new CryptoError(
          'bad-length',
          `plaintext of ${plaintext.length} octets is not whole blocks of ${blockSize}`,
        );
      }
      const output = new Uint8Array(ivLength + plaintext.length + icvLength);
      output.set(iv);
      const cipher = createCipheriv(name, key, iv).setAutoPadding(false);
      output.set(cipher.update(plaintext), ivLength);
      cipher.final();
      const end = ivLength + plaintext.length;
      output.set(computeIcv(integrity, macKey, associatedData, output.subarray(0, end)), end);
      return output;
    },
    open(associatedData, sealed) {
      refuseWiped(wiped);
      const end = sealed.length - icvLength;
      if (end < ivLength + blockSize || (end - ivLength) % blockSize !== 0) return null;
      // Encrypt-then-MAC: nothing is decrypted before the ICV is right.
      const expected = computeIcv(integrity, macKey, associatedData, sealed.subarray(0, end));
      if (!equalConstantTime(expected, sealed.subarray(end))) return null;
      const decipher = createDecipheriv(name, key, sealed.subarray(0, ivLength)).setAutoPadding(false);
      const plaintext = new Uint8Array(decipher.update(sealed.subarray(ivLength, end)));
      decipher.final();
      return plaintext;
    },
    wipe() {
      wiped = true;
      key.fill(0);
      macKey.fill(0);
    },
  };
}

/** Gives the IV of each message of one key: a 64 bit counter for AEAD, random for CBC. */
export interface IvSource {
  next(): Uint8Array;
}

export function createIvSource(sizes: MessageCipherSizes, random: Random): IvSource {
  if (sizes.blockSize > 1) return { next: () => random.bytes(sizes.ivLength) };
  let counter = 0n;
  return {
    next() {
      const iv = new Uint8Array(sizes.ivLength);
      new DataView(iv.buffer).setBigUint64(0, counter);
      // 2^64 messages cannot be reached; wrapping would reuse a nonce, so it is refused all the same.
      if (counter > 0xffff_ffff_ffff_fffen) throw new CryptoError('limit', 'IV counter is used up');
      counter += 1n;
      return iv;
    },
  };
}

function requireLength(what: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length)
    throw new CryptoError('bad-length', `${what} has ${bytes.length} octets, must have ${length}`);
}

function refuseWiped(wiped: boolean): void {
  if (wiped) throw new CryptoError('wiped', 'the message cipher was wiped');
}
