import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { uint32Octets } from '../bytes';
import type { EspIntegrity, EspSuite } from '../ports/data-path';
import { type Aead, aead, type AeadName, aeadTagLength } from './aead';
import { equalConstantTime } from './constant-time';
import { computeIcv, integrityAlgorithms } from './integrity';

/** SPI and sequence number in front of every ESP packet (RFC 4303 section 2). */
const headerLength = 8;
const saltLength = 4;

/** An ESP suite or key that cannot work. `field` names the offending field of the EspSa. */
export class EspSuiteError extends Error {
  readonly field: string;

  constructor(field: string, message: string) {
    super(`${field}: ${message}`);
    this.name = 'EspSuiteError';
    this.field = field;
  }
}

/**
 * The cryptography of one direction of a CHILD SA. A packet lies whole in one buffer:
 * SPI 4 | sequence number 4 | IV | plaintext or ciphertext | ICV.
 */
export interface EspTransform {
  /** Octets of IV on the wire: 8 for the AEAD ciphers, 16 for CBC, 0 for NULL. */
  readonly ivLength: number;
  readonly icvLength: number;
  /** Payload and trailer together are a multiple of this (RFC 4303 section 2.4). */
  readonly alignment: number;
  /** The IV must not be predictable (RFC 3602 section 3); for the AEAD ciphers it only must never repeat. */
  readonly randomIv: boolean;
  /**
   * Encrypts in place and writes the ICV. `sequenceHigh` is the unsent half of an extended sequence number, null
   * without ESN.
   */
  seal(packet: Uint8Array, sequenceHigh: number | null): void;
  /**
   * Verifies, then decrypts: payload, padding, pad length, next header. null: the ICV is wrong. The packet is left as
   * it is.
   */
  open(packet: Uint8Array, sequenceHigh: number | null): Uint8Array | null;
  /** Overwrites the keys; the transform is unusable afterwards. */
  wipe(): void;
}

/** Fresh random octets for IVs where no Random port was given. */
export function freshIv(length: number): Uint8Array {
  return randomBytes(length);
}

/**
 * Octets of keying material that a suite takes, salt included (RFC 4106 section 8.1, RFC 7634 section 2, RFC 3602, RFC
 * 4868).
 */
export function espKeyLengths(suite: EspSuite): { readonly encryption: number; readonly integrity: number } {
  const combined = suite.cipher === 'aes-gcm-16' || suite.cipher === 'chacha20-poly1305';
  const allowed = { 'aes-gcm-16': [128, 192, 256], 'chacha20-poly1305': [256], 'aes-cbc': [128, 192, 256], null: [0] }[
    suite.cipher
  ];
  if (allowed === undefined) throw new EspSuiteError('suite.cipher', `unknown cipher ${suite.cipher}`);
  if (!allowed.includes(suite.keyBits))
    throw new EspSuiteError('suite.keyBits', `${suite.cipher} takes ${allowed.join(', ')} bits, not ${suite.keyBits}`);
  if (combined && suite.integrity !== null)
    throw new EspSuiteError('suite.integrity', `${suite.cipher} has its own integrity protection`);
  if (!combined && suite.integrity === null)
    throw new EspSuiteError('suite.integrity', `${suite.cipher} needs an integrity algorithm`);
  const integrity = suite.integrity === null ? undefined : integrityAlgorithms[suite.integrity];
  if (suite.integrity !== null && integrity === undefined)
    throw new EspSuiteError('suite.integrity', `unknown algorithm ${suite.integrity}`);
  return { encryption: suite.keyBits / 8 + (combined ? saltLength : 0), integrity: integrity?.keyLength ?? 0 };
}

/** Copies the keys; the caller wipes its own. Throws EspSuiteError when suite and keys do not fit. */
export function createEspTransform(suite: EspSuite, encryptionKey: Uint8Array, integrityKey: Uint8Array): EspTransform {
  const lengths = espKeyLengths(suite);
  if (encryptionKey.length !== lengths.encryption) {
    throw new EspSuiteError(
      'encryptionKey',
      `${suite.cipher} with ${suite.keyBits} bits takes ${lengths.encryption} octets, not ${encryptionKey.length}`,
    );
  }
  if (integrityKey.length !== lengths.integrity) {
    throw new EspSuiteError(
      'integrityKey',
      `${suite.integrity ?? suite.cipher} takes ${lengths.integrity} octets, not ${integrityKey.length}`,
    );
  }
  const key = Uint8Array.from(encryptionKey);
  switch (suite.cipher) {
    case 'aes-gcm-16':
      return aeadTransform(aead(`aes-${suite.keyBits}-gcm` as AeadName), key);
    case 'chacha20-poly1305':
      return aeadTransform(aead('chacha20-poly1305'), key);
    case 'aes-cbc':
      return encryptThenMac(suite.keyBits, key, suite.integrity!, Uint8Array.from(integrityKey));
    case 'null':
      return encryptThenMac(0, key, suite.integrity!, Uint8Array.from(integrityKey));
  }
}

const tagLength = aeadTagLength;

function aeadTransform(cipher: Aead, keyAndSalt: Uint8Array): EspTransform {
  const ivLength = 8;
  const key = keyAndSalt.subarray(0, keyAndSalt.length - saltLength);
  const nonce = new Uint8Array(saltLength + ivLength);
  nonce.set(keyAndSalt.subarray(key.length));

  /** SPI | sequence number, or SPI | high half | low half with ESN (RFC 4106 section 5). */
  const aadOf = (packet: Uint8Array, sequenceHigh: number | null): Uint8Array => {
    if (sequenceHigh === null) return packet.subarray(0, headerLength);
    const aad = new Uint8Array(12);
    aad.set(packet.subarray(0, 4));
    aad.set(uint32Octets(sequenceHigh), 4);
    aad.set(packet.subarray(4, 8), 8);
    return aad;
  };
  return {
    ivLength,
    icvLength: tagLength,
    alignment: 4,
    randomIv: false,
    seal(packet, sequenceHigh) {
      nonce.set(packet.subarray(headerLength, headerLength + ivLength), saltLength);
      const start = headerLength + ivLength;
      packet.set(
        cipher.seal(key, nonce, aadOf(packet, sequenceHigh), packet.subarray(start, packet.length - tagLength)),
        start,
      );
    },
    open(packet, sequenceHigh) {
      nonce.set(packet.subarray(headerLength, headerLength + ivLength), saltLength);
      return cipher.open(key, nonce, aadOf(packet, sequenceHigh), packet.subarray(headerLength + ivLength));
    },
    wipe() {
      keyAndSalt.fill(0);
      nonce.fill(0);
    },
  };
}

/** AES-CBC (RFC 3602) or NULL (RFC 2410; keyBits 0) under an HMAC. */
function encryptThenMac(
  keyBits: number,
  key: Uint8Array,
  integrity: EspIntegrity,
  integrityKey: Uint8Array,
): EspTransform {
  const { icvLength } = integrityAlgorithms[integrity];
  const ivLength = keyBits === 0 ? 0 : 16;
  const start = headerLength + ivLength;
  const algorithm = `aes-${keyBits}-cbc`;

  /** Over SPI to ciphertext; with ESN the high half follows as if it were sent (RFC 4303 section 2.2.1). */
  const icvOf = (authenticated: Uint8Array, sequenceHigh: number | null): Uint8Array =>
    computeIcv(
      integrity,
      integrityKey,
      ...(sequenceHigh === null ? [authenticated] : [authenticated, uint32Octets(sequenceHigh)]),
    );
  return {
    ivLength,
    icvLength,
    alignment: keyBits === 0 ? 4 : 16,
    randomIv: keyBits !== 0,
    seal(packet, sequenceHigh) {
      const end = packet.length - icvLength;
      if (keyBits !== 0) {
        const cipher = createCipheriv(algorithm, key, packet.subarray(headerLength, start)).setAutoPadding(false);
        packet.set(cipher.update(packet.subarray(start, end)), start);
        cipher.final();
      }
      packet.set(icvOf(packet.subarray(0, end), sequenceHigh), end);
    },
    open(packet, sequenceHigh) {
      const end = packet.length - icvLength;
      if (!equalConstantTime(icvOf(packet.subarray(0, end), sequenceHigh), packet.subarray(end))) return null;
      if (keyBits === 0) return packet.slice(start, end);
      const decipher = createDecipheriv(algorithm, key, packet.subarray(headerLength, start)).setAutoPadding(false);
      const plaintext = decipher.update(packet.subarray(start, end));
      decipher.final();
      return new Uint8Array(plaintext.buffer, plaintext.byteOffset, plaintext.length);
    },
    wipe() {
      key.fill(0);
      integrityKey.fill(0);
    },
  };
}
