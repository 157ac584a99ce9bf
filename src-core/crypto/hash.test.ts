import { describe, expect, it } from 'vitest';
import { equalConstantTime, isAllZero } from './constant-time';
import { hash, hashLength, type HashAlgorithm } from './hash';
import { wipe } from './wipe';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

describe('hashes of "abc"', () => {
  it.each<[HashAlgorithm, string]>([
    ['md5', '900150983cd24fb0d6963f7d28e17f72'],
    ['sha1', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ['sha256', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['sha384', 'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7'],
    [
      'sha512',
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    ],
  ])('%s (RFC 1321, FIPS 180-4)', (algorithm, digest) => {
    expect(hex(hash(algorithm, text('a'), text('bc')))).toBe(digest);
    expect(hashLength[algorithm]).toBe(digest.length / 2);
  });
});

describe('comparing and wiping', () => {
  it('compares by value; different lengths are unequal', () => {
    expect(equalConstantTime(text('abc'), text('abc'))).toBe(true);
    expect(equalConstantTime(text('abc'), text('abd'))).toBe(false);
    expect(equalConstantTime(text('abc'), text('abcd'))).toBe(false);
    expect(equalConstantTime(text(''), text(''))).toBe(true);
  });

  it('sees any bit', () => {
    expect(isAllZero(new Uint8Array(5))).toBe(true);
    expect(isAllZero(Uint8Array.of(0, 0, 128))).toBe(false);
    expect(isAllZero(Uint8Array.of(1, 0, 0))).toBe(false);
  });

  it('wipes, and passes over what is not there', () => {
    const secret = text('secret');
    wipe(secret, null, undefined);
    expect(isAllZero(secret)).toBe(true);
  });
});
