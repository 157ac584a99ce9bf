import { decoded, Reader, Writer } from '../../bytes';
import type { Decoded } from '../../bytes';

/** Attribute-value pairs of RFC 5281 section 10. */
const flag = { VENDOR: 0x80, MANDATORY: 0x40 } as const;

/** RADIUS and Microsoft (vendor 311, RFC 2548) attributes that TTLS carries. */
export const avpCode = {
  USER_NAME: 1,
  USER_PASSWORD: 2,
  EAP_MESSAGE: 79,
  MS_CHAP_CHALLENGE: 11,
  MS_CHAP2_RESPONSE: 25,
  MS_CHAP2_SUCCESS: 26,
  MS_CHAP_ERROR: 2,
} as const;
export const microsoft = 311;

export interface Avp {
  readonly code: number;
  /** 0: none. */
  readonly vendor: number;
  readonly mandatory: boolean;
  readonly value: Uint8Array;
}

/** the length is checked before anything is subtracted from it (CVE-2026-25075, H-54). */
export function decodeAvps(data: Uint8Array): Decoded<readonly Avp[]> {
  return decoded(() => {
    const reader = new Reader(data, 'TTLS AVP');
    const avps: Avp[] = [];
    while (!reader.atEnd) {
      const code = reader.uint32('code');
      const word = reader.uint32('flags and length');
      const flags = word >>> 24;
      const length = word & 0xffffff;
      const header = (flags & flag.VENDOR) === 0 ? 8 : 12;
      if (length < header) reader.fail('length', `${String(length)} is less than its header`);
      const vendor = header === 12 ? reader.uint32('vendor') : 0;
      const value = reader.bytes(length - header, 'value').slice();
      reader.skip(Math.min(reader.remaining, (4 - (length % 4)) % 4), 'padding');
      avps.push({ code, vendor, mandatory: (flags & flag.MANDATORY) !== 0, value });
    }
    return avps;
  });
}

export function encodeAvps(avps: readonly Avp[]): Uint8Array {
  const writer = new Writer(128);
  for (const { code, vendor, mandatory, value } of avps) {
    const length = (vendor === 0 ? 8 : 12) + value.length;
    const flags = (vendor === 0 ? 0 : flag.VENDOR) | (mandatory ? flag.MANDATORY : 0);
    writer
      .uint32(code)
      .uint8(flags)
      .uint8(length >>> 16)
      .uint16(length & 0xffff);
    if (vendor !== 0) writer.uint32(vendor);
    writer.bytes(value).zeros((4 - (length % 4)) % 4);
  }
  return writer.finish();
}
