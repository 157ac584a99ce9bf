import { decoded, Reader, Writer } from '../../bytes';
import type { Decoded } from '../../bytes';

/** EAP TLV Extensions (type 33) of MS-PEAP 2.2.8. */
const tlvType = { RESULT: 3, CRYPTOBINDING: 12 } as const;
const mandatory = 0x8000;

/** Octets of a cryptobinding TLV with its header. */
export const cryptobindingLength = 60;

export interface Cryptobinding {
  readonly subtype: 'request' | 'response';
  /** 32 octets. */
  readonly nonce: Uint8Array;
  /** 20 octets. */
  readonly mac: Uint8Array;
  /** The whole TLV, 60 octets, as the MAC covers it. */
  readonly tlv: Uint8Array;
}

export interface Extensions {
  readonly result: 'success' | 'failure' | null;
  readonly cryptobinding: Cryptobinding | null;
  /** Types with the mandatory bit that we do not know: the answer must be a failure. */
  readonly unknownMandatory: readonly number[];
}

/** Data after the type octet 33. Contradicting or repeated results are malformed (H-52). */
export function decodeExtensions(data: Uint8Array): Decoded<Extensions> {
  return decoded(() => {
    const reader = new Reader(data, 'EAP-TLV');
    let result: Extensions['result'] = null;
    let cryptobinding: Cryptobinding | null = null;
    const unknownMandatory: number[] = [];
    while (!reader.atEnd) {
      const type = reader.uint16('type');
      const length = reader.uint16('length');
      const value = reader.bytes(length, 'value');
      switch (type & 0x3fff) {
        case tlvType.RESULT: {
          if (result !== null) reader.fail('result', 'is there twice');
          if (length !== 2) reader.fail('result', `has ${String(length)} octets`);
          const status = new Reader(value, 'Result TLV').uint16('status');
          if (status !== 1 && status !== 2) reader.fail('result', `status ${String(status)} is not known`);
          result = status === 1 ? 'success' : 'failure';
          break;
        }
        case tlvType.CRYPTOBINDING:
          if (cryptobinding !== null) reader.fail('cryptobinding', 'is there twice');
          cryptobinding = decodeCryptobinding(type, value);
          break;
        default:
          if ((type & mandatory) !== 0) unknownMandatory.push(type & 0x3fff);
      }
    }
    return { result, cryptobinding, unknownMandatory };
  });
}

function decodeCryptobinding(type: number, value: Uint8Array): Cryptobinding {
  const reader = new Reader(value, 'Cryptobinding TLV');
  if (value.length !== 56) reader.fail('length', `is ${String(value.length)}, not 56`);
  reader.skip(1, 'reserved');
  if (reader.uint8('version') !== 0) reader.fail('version', 'is not 0');
  reader.skip(1, 'received version');
  const subtype = reader.uint8('subtype');
  if (subtype > 1) reader.fail('subtype', `${String(subtype)} is not known`);
  return {
    subtype: subtype === 0 ? 'request' : 'response',
    nonce: reader.bytes(32, 'nonce').slice(),
    mac: reader.bytes(20, 'mac').slice(),
    tlv: new Writer(cryptobindingLength).uint16(type).uint16(56).bytes(value).finish(),
  };
}

/** Data after the type octet 33. */
export function encodeExtensions(result: 'success' | 'failure', cryptobinding: Uint8Array | null): Uint8Array {
  const writer = new Writer(72)
    .uint16(mandatory | tlvType.RESULT)
    .uint16(2)
    .uint16(result === 'success' ? 1 : 2);
  return (cryptobinding === null ? writer : writer.bytes(cryptobinding)).finish();
}

/** A cryptobinding TLV with a MAC still zero, 60 octets; M = 0. */
export function cryptobindingTlv(subtype: Cryptobinding['subtype'], nonce: Uint8Array): Uint8Array {
  return new Writer(cryptobindingLength)
    .uint16(tlvType.CRYPTOBINDING)
    .uint16(56)
    .zeros(3)
    .uint8(subtype === 'request' ? 0 : 1)
    .bytes(nonce)
    .zeros(20)
    .finish();
}
