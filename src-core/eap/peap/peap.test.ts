import { describe, expect, it } from 'vitest';
import { concat, hexDecode, hexEncode } from '../../bytes';
import { compoundKeys, compoundMac, compoundMsk } from './compound-keys';
import { compress, decompress } from './inner-packets';
import { cryptobindingTlv, decodeExtensions, encodeExtensions } from './tlv';

const hex = (text: string): Uint8Array => hexDecode(text.replace(/\s/g, '')) ?? new Uint8Array(0);
const range = (from: number, length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => from + i);

describe('PEAP compound keys (T-3)', () => {
  const innerMsk = concat(hex('D5F0E9521E3EA9589645E86051C82226 8B7CDC149B993A1BA118CB153F56DCCB'), new Uint8Array(32));
  const keys = compoundKeys(range(0, 60), innerMsk);

  it('A-40: IPMK and CMK', () => {
    expect(hexEncode(keys.ipmk)).toBe(
      '75a597e28b30a2e6e9be0a7d47bdccfed6f42e4ddc0db180e9fb8150f5009c67057bf3ef05e5c006',
    );
    expect(hexEncode(keys.cmk)).toBe('d566fe91988d9403819539a69d51577588bf1f6a');
  });

  it('A-41: compound MAC of request and response', () => {
    expect(hexEncode(compoundMac(keys.cmk, cryptobindingTlv('request', range(0x80, 32))))).toBe(
      'f390503daeb7c75fc3bb9bc412c785b4dfaeab16',
    );
    expect(hexEncode(compoundMac(keys.cmk, cryptobindingTlv('response', range(0x80, 32))))).toBe(
      '18a103e3c4cb9fda165a7a97b719e120ab043830',
    );
  });

  it('A-42: the MSK with cryptobinding', () => {
    expect(hexEncode(compoundMsk(keys.ipmk))).toBe(
      '18129c971d211cafda37cfb18b2bdfb86c37088f5496d67aa728c5fa5c22efcd2956113de09537448deacace2eab82f63640c81ad5b5f24c06fcd2ccf159a2b2',
    );
  });
});

describe('PEAP TLV extensions (A-36, A-38, H-52)', () => {
  it('reads a result with a cryptobinding in any order', () => {
    const binding = cryptobindingTlv('request', range(1, 32));
    for (const data of [encodeExtensions('success', binding), concat(binding, encodeExtensions('success', null))]) {
      const result = decodeExtensions(data);
      expect(result.ok && result.value.result).toBe('success');
      expect(result.ok && result.value.cryptobinding?.tlv).toEqual(binding);
    }
  });

  it('names a mandatory TLV that it does not know', () => {
    const result = decodeExtensions(concat(encodeExtensions('success', null), hex('8063 0001 00')));
    expect(result.ok && result.value.unknownMandatory).toEqual([0x63]);
  });

  it.each([
    ['two results', '80030002000180030002 0002'],
    ['a status that is not known', '800300020003'],
    ['a length past the end', '80030004 0001'],
    ['a cryptobinding of 55 octets', `000c0037${'00'.repeat(55)}`],
    ['a cryptobinding of another version', `000c0038 00010000${'00'.repeat(52)}`],
  ])('refuses %s', (_name, text) => {
    expect(decodeExtensions(hex(text)).ok).toBe(false);
  });
});

describe('PEAP inner packets (A-32, A-33)', () => {
  it('restores the header from the outer packet', () => {
    expect(decompress(hex('1a 01 02'), 7)).toEqual(hex('01 07 0007 1a 01 02'));
  });

  it.each([
    ['TLV extensions', '0109 000b 21 800300020001'],
    ['an expanded type', '0109 0008 fe 000137'],
    ['an uncompressed identity request', '0109 0005 01'],
    ['an EAP-Success', '0309 0004'],
  ])('leaves %s whole', (_name, text) => {
    expect(decompress(hex(text), 7)).toEqual(hex(text));
  });

  it('strips the header of an answer, not that of TLV extensions', () => {
    expect(compress(hex('0207 0007 1a 01 02'))).toEqual(hex('1a 01 02'));
    expect(compress(hex('0207 000b 21 800300020001'))).toEqual(hex('0207 000b 21 800300020001'));
  });
});
