import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  base64Decode,
  base64Encode,
  compare,
  concat,
  equal,
  equalConstantTime,
  hexDecode,
  hexEncode,
  isZero,
  sanitizeText,
  uint16Octets,
  uint32Octets,
  utf8Decode,
  utf8DecodeLossy,
  utf8Encode,
  wipe,
} from '.';

const bytes = fc.uint8Array({ maxLength: 100 });

describe('text forms of octets', () => {
  test('hex', () => {
    expect(hexEncode(new Uint8Array([0, 0xab, 0xff]))).toBe('00abff');
    for (const bad of ['0', '0g', '0x00', ' 00', '-1']) expect(hexDecode(bad)).toBeNull();
    fc.assert(
      fc.property(bytes, (value) => {
        expect(hexDecode(hexEncode(value).toUpperCase())).toEqual(value);
      }),
    );
  });

  test('base64: vectors of RFC 4648 section 10', () => {
    for (const [text, encoded] of [
      ['', ''],
      ['f', 'Zg=='],
      ['fo', 'Zm8='],
      ['foo', 'Zm9v'],
      ['foob', 'Zm9vYg=='],
      ['fooba', 'Zm9vYmE='],
      ['foobar', 'Zm9vYmFy'],
    ] as const) {
      expect(base64Encode(utf8Encode(text))).toBe(encoded);
      expect(base64Decode(encoded)).toEqual(utf8Encode(text));
    }
  });

  test('base64 agrees with the platform and skips white space', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        const text = Buffer.from(value).toString('base64');
        expect(base64Encode(value)).toBe(text);
        expect(base64Decode(`${text.slice(0, 5)}\r\n ${text.slice(5)}`)).toEqual(value);
      }),
    );
  });

  test('base64 refuses what is not', () => {
    for (const bad of ['A', 'Zg=', 'Zg===', 'Z=g=', 'Zm9v_', 'Zh==', '-w==']) expect(base64Decode(bad)).toBeNull();
  });

  test('utf8', () => {
    expect(utf8Decode(utf8Encode('Müller 😀'))).toBe('Müller 😀');
    expect(utf8Decode(new Uint8Array([0xff]))).toBeNull();
    expect(utf8Decode(new Uint8Array([0xc0, 0x80]))).toBeNull();
    expect(utf8DecodeLossy(new Uint8Array([0x41, 0xff]))).toBe('A\ufffd');
  });

  test('sanitizeText leaves nothing that moves a cursor or turns the direction', () => {
    expect(sanitizeText('a\u0000b\r\n\tc\u202ed\u200be\u001b[31m')).toBe('a b c d e [31m');
    expect(sanitizeText('x'.repeat(10_000), 20)).toBe(`${'x'.repeat(19)}…`);
    expect(sanitizeText('\ud800 lone')).toBe('lone');
    expect(sanitizeText('Größe 😀 日本')).toBe('Größe 😀 日本');
  });
});

describe('octets', () => {
  test('compare: a nonce that ends first is lower (RFC 7296 section 2.8.1)', () => {
    const of = (...values: number[]) => new Uint8Array(values);
    expect(compare(of(1, 2), of(1, 2))).toBe(0);
    expect(compare(of(1), of(1, 0))).toBe(-1);
    expect(compare(of(2), of(1, 9))).toBe(1);
  });

  test('equality in both kinds', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const same = Buffer.compare(a, b) === 0;
        expect([equal(a, b), equalConstantTime(a, b)]).toEqual([same, same]);
        expect([equal(a, a.slice()), equalConstantTime(a, a.slice())]).toEqual([true, true]);
      }),
    );
  });

  test('small ones', () => {
    expect([...concat(uint16Octets(0x0102), uint32Octets(0xfffefdfc))]).toEqual([1, 2, 0xff, 0xfe, 0xfd, 0xfc]);
    const key = new Uint8Array([1, 2]);
    wipe(key, null, undefined);
    expect(isZero(key)).toBe(true);
    expect(isZero(new Uint8Array([0, 1]))).toBe(false);
  });
});
