import { describe, expect, it } from 'vitest';
import { type AeadName, aead, hostHasAead, libraryAead, nodeAead } from './aead';
import { CryptoError } from './crypto-error';
import type { IntegrityAlgorithm } from './integrity';
import { createIvSource, createMessageCipher, type MessageCipherSuite, messageCipherSizes } from './message-cipher';
import gcmVectors from './vectors/aes-gcm.json';
import cbcVectors from './vectors/cbc.json';
import chachaVectors from './vectors/chacha20-poly1305.json';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const fill = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);

const integrities: readonly IntegrityAlgorithm[] = [
  'hmac-sha1-96',
  'hmac-sha2-256-128',
  'hmac-sha2-384-192',
  'hmac-sha2-512-256',
];
const suites: readonly MessageCipherSuite[] = [
  ...[128, 192, 256].map((keyBits) => ({ encryption: 'aes-gcm-16', keyBits, integrity: null }) as const),
  { encryption: 'chacha20-poly1305', keyBits: 256, integrity: null },
  ...integrities.flatMap((integrity) => [
    ...[128, 192, 256].map((keyBits) => ({ encryption: 'aes-cbc', keyBits, integrity }) as const),
    { encryption: '3des-cbc', keyBits: 192, integrity } as const,
  ]),
];
const nameOf = ({ encryption, keyBits, integrity }: MessageCipherSuite): string =>
  `${encryption}-${keyBits}${integrity === null ? '' : ` + ${integrity}`}`;

function keyed(suite: MessageCipherSuite): ReturnType<typeof createMessageCipher> {
  const sizes = messageCipherSizes(suite);
  return createMessageCipher(
    suite,
    fill(sizes.keyLength + sizes.saltLength, 3).map((_, index) => index * 5),
    fill(sizes.integrityKeyLength, 9),
  );
}

describe('message cipher, AEAD', () => {
  for (const vector of gcmVectors.cases) {
    it(`AES-GCM ${vector.case}: ${gcmVectors.source}`, () => {
      const cipher = createMessageCipher(
        { encryption: 'aes-gcm-16', keyBits: vector.keyBits, integrity: null },
        bytes(vector.key),
        fill(0, 0),
      );
      const sealed = cipher.seal(bytes(vector.associatedData), bytes(vector.plaintext), bytes(vector.iv));
      expect(hex(sealed)).toBe(vector.iv + vector.sealed);
      expect(hex(cipher.open(bytes(vector.associatedData), sealed)!)).toBe(vector.plaintext);
    });
  }

  for (const vector of chachaVectors.cases) {
    it(`ChaCha20-Poly1305 ${vector.case}: ${chachaVectors.source}`, () => {
      const cipher = createMessageCipher(
        { encryption: 'chacha20-poly1305', keyBits: 256, integrity: null },
        bytes(vector.key),
        fill(0, 0),
      );
      const sealed = cipher.seal(bytes(vector.associatedData), bytes(vector.plaintext), bytes(vector.iv));
      expect(hex(sealed)).toBe(vector.iv + vector.sealed);
      expect(hex(cipher.open(bytes(vector.associatedData), sealed)!)).toBe(vector.plaintext);
    });
  }

  it('the whole IKEv2 message of RFC 7634 appendix B', () => {
    const cipher = createMessageCipher(
      { encryption: 'chacha20-poly1305', keyBits: 256, integrity: null },
      bytes('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3'),
      fill(0, 0),
    );
    const header = 'c0c1c2c3c4c5c6c7d0d1d2d3d4d5d6d72e202500000000090000004529000029';
    const message =
      header + hex(cipher.seal(bytes(header), bytes('0000000c000040010000000a00'), bytes('1011121314151617')));
    expect(message).toBe(`${header}10111213141516176103${'94701f8d017f7c129248896b71bfe25236efd7cdc67066906315b2'}`);
    expect(message.length / 2).toBe(0x45);
  });

  it.each<AeadName>(['aes-128-gcm', 'aes-192-gcm', 'aes-256-gcm', 'chacha20-poly1305'])(
    '%s: host and library give the same and open one another',
    (name) => {
      // Where the host lacks the cipher the two sides are the same library; Node has all four.
      const host = hostHasAead(name) ? nodeAead(name) : aead(name);
      const library = libraryAead(name);
      const key = fill(name === 'aes-128-gcm' ? 16 : name === 'aes-192-gcm' ? 24 : 32, 7);
      for (const length of [0, 1, 15, 16, 17, 63, 64, 65, 1400]) {
        const nonce = fill(12, length & 0xff);
        const plaintext = Uint8Array.from({ length }, (_, index) => index & 0xff);
        const associatedData = fill(length % 37, 4);
        const sealed = host.seal(key, nonce, associatedData, plaintext);
        expect(hex(library.seal(key, nonce, associatedData, plaintext))).toBe(hex(sealed));
        expect(hex(library.open(key, nonce, associatedData, sealed)!)).toBe(hex(plaintext));
        expect(hex(host.open(key, nonce, associatedData, sealed)!)).toBe(hex(plaintext));
        sealed[0]! ^= 0x80;
        expect(library.open(key, nonce, associatedData, sealed)).toBeNull();
        expect(host.open(key, nonce, associatedData, sealed)).toBeNull();
        expect(library.open(key, nonce, associatedData, fill(15, 0))).toBeNull();
        expect(host.open(key, nonce, associatedData, fill(15, 0))).toBeNull();
      }
    },
  );
});

describe('message cipher, CBC', () => {
  for (const vector of cbcVectors.cases) {
    it(`${vector.encryption} ${vector.case}: ${cbcVectors.source}`, () => {
      const suite: MessageCipherSuite = {
        encryption: vector.encryption as 'aes-cbc' | '3des-cbc',
        keyBits: vector.key.length * 4,
        integrity: 'hmac-sha2-256-128',
      };
      const cipher = createMessageCipher(suite, bytes(vector.key), fill(32, 1));
      const sealed = cipher.seal(fill(32, 2), bytes(vector.plaintext), bytes(vector.iv));
      expect(hex(sealed.subarray(0, -16))).toBe(vector.iv + vector.ciphertext);
      expect(hex(cipher.open(fill(32, 2), sealed)!)).toBe(vector.plaintext);
    });
  }

  it('a plaintext that is not whole blocks is refused', () => {
    const cipher = keyed({ encryption: 'aes-cbc', keyBits: 256, integrity: 'hmac-sha2-256-128' });
    for (const length of [0, 1, 15, 17])
      expect(() => cipher.seal(fill(4, 0), fill(length, 0), fill(16, 0))).toThrow(CryptoError);
  });
});

describe.each(suites.map((suite) => [nameOf(suite), suite] as const))('message cipher %s', (_, suite) => {
  const sizes = messageCipherSizes(suite);
  const cipher = keyed(suite);
  const iv = fill(sizes.ivLength, 0x55);
  const plaintext = Uint8Array.from({ length: 48 }, (_, index) => index);
  const associatedData = fill(32, 0xee);
  const sealed = cipher.seal(associatedData, plaintext, iv);

  it('opens what it sealed, and its length is IV + plaintext + ICV', () => {
    expect(sealed).toHaveLength(sizes.ivLength + plaintext.length + sizes.icvLength);
    expect(hex(cipher.open(associatedData, sealed)!)).toBe(hex(plaintext));
  });

  it('any changed octet of IV, ciphertext, ICV or associated data gives null (H-31)', () => {
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = sealed.slice();
      changed[index]! ^= 1 << (index & 7);
      expect(cipher.open(associatedData, changed)).toBeNull();
    }
    for (let index = 0; index < associatedData.length; index += 1) {
      const changed = associatedData.slice();
      changed[index]! ^= 1;
      expect(cipher.open(changed, sealed)).toBeNull();
    }
  });

  it('any truncation gives null (H-31)', () => {
    for (let length = 0; length < sealed.length; length += 1)
      expect(cipher.open(associatedData, sealed.subarray(0, length))).toBeNull();
  });

  it('keys and IVs of wrong length are refused', () => {
    const { keyLength, saltLength, integrityKeyLength, ivLength } = sizes;
    expect(() => createMessageCipher(suite, fill(keyLength + saltLength - 1, 0), fill(integrityKeyLength, 0))).toThrow(
      CryptoError,
    );
    expect(() => createMessageCipher(suite, fill(keyLength + saltLength, 0), fill(integrityKeyLength + 1, 0))).toThrow(
      CryptoError,
    );
    expect(() => cipher.seal(associatedData, plaintext, fill(ivLength - 1, 0))).toThrow(CryptoError);
  });

  it('does nothing after wipe', () => {
    const other = keyed(suite);
    other.wipe();
    expect(() => other.seal(associatedData, plaintext, iv)).toThrow(CryptoError);
    expect(() => other.open(associatedData, sealed)).toThrow(CryptoError);
  });
});

describe('message cipher suites', () => {
  it('parts that do not fit are refused: AEAD with integrity, CBC without, unknown key lengths (C-16)', () => {
    const bad: readonly MessageCipherSuite[] = [
      { encryption: 'aes-gcm-16', keyBits: 128, integrity: 'hmac-sha2-256-128' },
      { encryption: 'aes-cbc', keyBits: 128, integrity: null },
      { encryption: 'aes-gcm-16', keyBits: 64, integrity: null },
      { encryption: 'chacha20-poly1305', keyBits: 128, integrity: null },
      { encryption: '3des-cbc', keyBits: 128, integrity: 'hmac-sha1-96' },
    ];
    for (const suite of bad) expect(() => messageCipherSizes(suite)).toThrow(CryptoError);
  });

  it('the IV source counts for AEAD and draws for CBC', () => {
    const random = { bytes: (length: number) => fill(length, 0xab) };
    const counter = createIvSource(
      messageCipherSizes({ encryption: 'aes-gcm-16', keyBits: 256, integrity: null }),
      random,
    );
    expect([counter.next(), counter.next(), counter.next()].map(hex)).toEqual([
      '0000000000000000',
      '0000000000000001',
      '0000000000000002',
    ]);
    const drawn = createIvSource(
      messageCipherSizes({ encryption: 'aes-cbc', keyBits: 256, integrity: 'hmac-sha2-256-128' }),
      random,
    );
    expect(hex(drawn.next())).toBe('ab'.repeat(16));
  });
});
