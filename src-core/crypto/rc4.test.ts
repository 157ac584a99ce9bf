import { describe, expect, it } from 'vitest';
import { CryptoError } from './crypto-error';
import { rc4 } from './rc4';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

describe('RC4, RFC 6229 section 2', () => {
  it.each([
    ['40 bits', '0102030405', 'b2396305f03dc027ccc3524a0a1118a8'],
    ['56 bits', '01020304050607', '293f02d47f37c9b633f2af5285feb46b'],
    ['64 bits', '0102030405060708', '97ab8a1bf0afb96132f2f67258da15a8'],
    ['80 bits', '0102030405060708090a', 'ede3b04643e586cc907dc21851709902'],
    ['128 bits', '0102030405060708090a0b0c0d0e0f10', '9ac7cc9a609d1ef7b2932899cde41b97'],
  ])('key of %s', (_, key, keystream) => {
    expect(hex(rc4(bytes(key), new Uint8Array(16)))).toBe(keystream);
    expect(hex(rc4(bytes(key), bytes(keystream)))).toBe('00'.repeat(16));
  });

  it('keys of no octets and of more than 256 are refused', () => {
    expect(() => rc4(new Uint8Array(0), new Uint8Array(1))).toThrow(CryptoError);
    expect(() => rc4(new Uint8Array(257), new Uint8Array(1))).toThrow(CryptoError);
  });
});
