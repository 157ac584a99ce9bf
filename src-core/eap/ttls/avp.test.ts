import { describe, expect, it } from 'vitest';
import { hexDecode } from '../../bytes';
import { decodeAvps, encodeAvps } from './avp';

const hex = (text: string): Uint8Array => hexDecode(text.replace(/\s/g, '')) ?? new Uint8Array(0);

describe('EAP-TTLS AVPs (A-50, H-54)', () => {
  it('pads to four octets and leaves the padding out of the length (RFC 5281 section 10.2)', () => {
    const avps = [
      { code: 1, vendor: 0, mandatory: true, value: hex('616263') },
      { code: 25, vendor: 311, mandatory: true, value: hex('01') },
    ];
    const octets = encodeAvps(avps);
    expect(octets).toEqual(hex('00000001 4000000b 616263 00 00000019 c000000d 00000137 01 000000'));
    const result = decodeAvps(octets);
    expect(result.ok && result.value).toEqual(avps);
  });

  it.each([
    ['length 0', '00000001 40000000'],
    ['length 7', '00000001 40000007'],
    ['a length past the end', '00000001 4000000c 6162'],
    ['a vendor bit with length 8', '00000001 c0000008 00000137'],
    ['a vendor bit with length 11', '00000001 c000000b 00000137'],
    ['a truncated header', '00000001 4000'],
  ])('refuses %s', (_name, text) => {
    expect(decodeAvps(hex(text)).ok).toBe(false);
  });
});
