import { describe, expect, it } from 'vitest';
import { CryptoError } from './crypto-error';
import { desDecryptBlock, desEncryptBlock, expandDesKey } from './des';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

describe('DES', () => {
  it.each([
    ['FIPS 81 appendix B: "Now is t"', '0123456789abcdef', '4e6f772069732074', '3fa40e8a984d4815'],
    ['NBS 500-20 initial permutation', '0101010101010101', '8000000000000000', '95f8a5e5dd31d900'],
    ['NBS 500-20 key permutation', '8001010101010101', '0000000000000000', '95a8d72813daa94d'],
  ])('%s', (_, key, plaintext, ciphertext) => {
    expect(hex(desEncryptBlock(bytes(key), bytes(plaintext)))).toBe(ciphertext);
    expect(hex(desDecryptBlock(bytes(key), bytes(ciphertext)))).toBe(plaintext);
  });

  it('RFC 2759 section 9.2: the NT-Response of "clientPass" is three DES blocks', () => {
    const ntHash = '44ebba8d5312b8d611474411f56989ae';
    const padded = bytes(`${ntHash}0000000000`);
    const challenge = bytes('d02e4386bce91226');
    const response = [0, 7, 14]
      .map((offset) => hex(desEncryptBlock(padded.subarray(offset, offset + 7), challenge)))
      .join('');
    expect(response).toBe('82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df');
  });

  it('RFC 2759 section 9.3: parity of the key FC156AF7EDCD6C', () => {
    expect(hex(expandDesKey(bytes('fc156af7edcd6c')))).toBe('fd0b5b5e7f6e34d9');
  });

  it('keys and blocks of wrong length are refused', () => {
    for (const length of [0, 6, 9, 16])
      expect(() => desEncryptBlock(new Uint8Array(length), new Uint8Array(8))).toThrow(CryptoError);
    for (const length of [0, 7, 16])
      expect(() => desEncryptBlock(new Uint8Array(8), new Uint8Array(length))).toThrow(CryptoError);
  });
});
