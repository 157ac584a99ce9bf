import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, hexDecode } from '../../bytes';
import { readCustomAuthData } from './custom-auth-data';

const number = (value: number): Uint8Array =>
  Uint8Array.of(value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24);
const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(`${value}\0`, 'utf16le'));
const sha1 = (octet: number): Uint8Array => new Uint8Array(20).fill(octet);
const hash = (octet: number): Uint8Array => concat(number(20), sha1(octet));
const hex = (octet: number): string => Buffer.from(sha1(octet)).toString('hex');

const blob = (type: number, ...data: readonly Uint8Array[]): Uint8Array => {
  const content = concat(...data);
  return concat(new Uint8Array(Buffer.from('1DBC')), number(type), number(content.length), content);
};
const tls = (flags: number, names: string, roots: readonly number[], ...behind: readonly Uint8Array[]): Uint8Array =>
  concat(
    number(2),
    number(0x86),
    number(flags),
    roots[0] === undefined ? concat(number(0), new Uint8Array(20)) : hash(roots[0]),
    text(names),
    number(Math.max(roots.length, 1)),
    ...roots.slice(1).map(hash),
    ...behind,
  );
const channel = (flags: number, names: string, roots: readonly number[], padding = 0): Uint8Array => {
  const content = concat(number(flags), number(roots.length), ...roots.map(hash), text(names), new Uint8Array(padding));
  return concat(number(2), number(8 + content.length), content);
};
const peap = (flags: number, tlsChannel: Uint8Array, inner: number, data: Uint8Array): Uint8Array =>
  blob(
    25,
    number(1),
    number(0xff),
    number(1),
    number(flags),
    tlsChannel,
    number(1),
    number(12 + data.length),
    number(inner),
    data,
  );

describe('CustomAuthData', () => {
  test('MSCHAPv2, as Add-VpnConnection writes it', () => {
    expect(readCustomAuthData(hexDecode('314442431a00000008000000010000000000000000000000')!)).toMatchObject({
      type: 26,
      windowsLogon: false,
      serverNames: null,
      roots: [],
    });
    expect(readCustomAuthData(blob(26, number(1), number(1)))).toMatchObject({ windowsLogon: true });
  });

  test('EAP-TLS: names, every root, smart card', () => {
    expect(readCustomAuthData(blob(13, tls(0x31, 'nps1.contoso.test;nps2.contoso.test', [1, 2, 3])))).toMatchObject({
      type: 13,
      serverNames: 'nps1.contoso.test;nps2.contoso.test',
      roots: [hex(1), hex(2), hex(3)],
      validatesCertificate: true,
      validatesName: true,
      smartCard: false,
    });
    expect(readCustomAuthData(blob(13, tls(0x06, '', [])))).toMatchObject({
      serverNames: null,
      roots: [],
      validatesCertificate: false,
      validatesName: false,
      smartCard: true,
    });
  });

  test('what stands behind the roots of EAP-TLS is not one', () => {
    const extension = Uint8Array.of(0xfe, 0, 6, 0, 1, 0, 0xfd, 0, 0x2c, 0);
    expect(readCustomAuthData(blob(13, tls(0x31, 'a.test', [7], extension, sha1(9), sha1(9))))?.roots).toEqual([
      hex(7),
    ]);
  });

  test.each([0, 4])('PEAP with EAP-TLS inside, %d octets of padding behind the names', (padding) => {
    const data = peap(1, channel(0x31, 'nps.contoso.test', [1, 2], padding), 13, tls(0x31, 'nps.contoso.test', [1]));
    expect(readCustomAuthData(data)).toMatchObject({
      type: 25,
      innerType: 13,
      serverNames: 'nps.contoso.test',
      roots: [hex(1), hex(2)],
      fastReconnect: true,
      requireCryptobinding: false,
      validatesCertificate: true,
      smartCard: false,
    });
  });

  test('PEAP with MSCHAPv2 inside, an anonymous name and cryptobinding', () => {
    const data = peap(0x15, channel(0, '', []), 26, concat(number(1), number(1), text('anonymous')));
    expect(readCustomAuthData(data)).toMatchObject({
      innerType: 26,
      requireCryptobinding: true,
      windowsLogon: true,
      anonymousIdentity: 'anonymous',
      roots: [],
      serverNames: null,
    });
  });

  test('a number of roots that cannot be ends the reading', () => {
    expect(readCustomAuthData(blob(25, ...[1, 0, 1, 1, 1, 0, 0, 0xffffffff].map(number)))).toMatchObject({
      type: 25,
      innerType: null,
      roots: [],
    });
  });

  test('a blob that ends anywhere is read as far as it goes', () => {
    const whole = peap(1, channel(0, 'nps.contoso.test', [1]), 13, tls(1, 'nps.contoso.test', [1]));
    for (let length = 0; length <= whole.length; length++) {
      const settings = readCustomAuthData(whole.slice(0, length));
      if (length < 12) expect(settings).toBeNull();
      else expect(settings).toMatchObject({ type: 25 });
    }
  });

  test('any octets are read without an error, and roots are SHA-1', () => {
    fc.assert(
      fc.property(fc.constantFrom(13, 21, 25, 26), fc.uint8Array({ maxLength: 300 }), (type, octets) => {
        const settings = readCustomAuthData(blob(type, octets));
        expect(settings?.type).toBe(type);
        expect(settings?.roots.every((root) => /^[0-9a-f]{40}$/.test(root))).toBe(true);
      }),
    );
    expect(readCustomAuthData(hexDecode('414243441a000000080000000100000000000000')!)).toBeNull();
  });
});
