import { describe, expect, it } from 'vitest';
import { CryptoError } from './crypto-error';
import { computeIcv, type IntegrityAlgorithm, integrityAlgorithms } from './integrity';
import { prf, type PrfAlgorithm, prfLength, prfPlus, takeKeys } from './prf';
import hmacVectors from './vectors/hmac.json';
import kdfVectors from './vectors/ikev2-kdf.json';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

describe('HMAC', () => {
  for (const [index, { algorithm, key, data, output }] of hmacVectors.cases.entries()) {
    it(`${algorithm} case ${index}: ${hmacVectors.source}`, () => {
      const [front, back] = [bytes(data).subarray(0, 3), bytes(data).subarray(3)];
      const computed =
        algorithm in integrityAlgorithms
          ? computeIcv(algorithm as IntegrityAlgorithm, bytes(key), front, back)
          : prf(algorithm as PrfAlgorithm, bytes(key), front, back);
      expect(hex(computed)).toBe(output);
    });
  }
});

describe('IKEv2 key derivation', () => {
  for (const [index, vector] of kdfVectors.skeyseed.entries()) {
    it(`SKEYSEED ${vector.prf} ${index}: ${kdfVectors.source}`, () => {
      // In IKEv2 the nonces are the key and g^ir the data (RFC 7296 section 2.14).
      expect(hex(prf(vector.prf as PrfAlgorithm, bytes(vector.seed), bytes(vector.key)))).toBe(vector.output);
    });
  }
  for (const [index, vector] of kdfVectors.keys.entries()) {
    it(`prf+ ${vector.prf} ${index}: ${kdfVectors.source}`, () => {
      const length = vector.output.length / 2;
      expect(hex(prfPlus(vector.prf as PrfAlgorithm, bytes(vector.key), bytes(vector.seed), length))).toBe(
        vector.output,
      );
      expect(hex(prfPlus(vector.prf as PrfAlgorithm, bytes(vector.key), bytes(vector.seed), 7))).toBe(
        vector.output.slice(0, 14),
      );
    });
  }

  it.each<PrfAlgorithm>(['hmac-sha1', 'hmac-sha2-256', 'hmac-sha2-384', 'hmac-sha2-512'])(
    'prf+ with %s ends at 255 blocks (C-22)',
    (algorithm) => {
      const most = 255 * prfLength[algorithm];
      const key = Uint8Array.of(1);
      const output = prfPlus(algorithm, key, key, most);
      expect(output).toHaveLength(most);
      // Each block is the PRF of the block before it, so the last one proves the whole chain's form.
      const blocks = prfLength[algorithm];
      expect(hex(output.subarray(-blocks))).toBe(
        hex(prf(algorithm, key, output.subarray(-2 * blocks, -blocks), key, Uint8Array.of(255))),
      );
      expect(() => prfPlus(algorithm, key, key, most + 1)).toThrow(CryptoError);
      expect(() => prfPlus(algorithm, key, key, -1)).toThrow(CryptoError);
    },
  );

  it('takeKeys cuts in order and wipes what it was given', () => {
    const material = Uint8Array.of(1, 2, 3, 4, 5, 6);
    expect(takeKeys(material, [1, 0, 3]).map(hex)).toEqual(['01', '', '020304']);
    expect(hex(material)).toBe('000000000000');
    expect(() => takeKeys(Uint8Array.of(1), [2])).toThrow(CryptoError);
  });
});
