import { decoded, Reader, Writer } from '../bytes';
import type { Decoded } from '../bytes';

/** RFC 3748 section 4. */
export const eapCode = { REQUEST: 1, RESPONSE: 2, SUCCESS: 3, FAILURE: 4 } as const;

/** RFC 3748 section 5 and the IANA registry. */
export const eapType = {
  IDENTITY: 1,
  NOTIFICATION: 2,
  NAK: 3,
  MD5_CHALLENGE: 4,
  OTP: 5,
  GTC: 6,
  TLS: 13,
  TTLS: 21,
  PEAP: 25,
  MSCHAPV2: 26,
  TLV_EXTENSIONS: 33,
  EXPANDED: 254,
} as const;

export interface EapMessage {
  readonly kind: 'request' | 'response';
  readonly identifier: number;
  readonly type: number;
  /** What follows the type octet. */
  readonly data: Uint8Array;
}

export interface EapResult {
  readonly kind: 'success' | 'failure';
  readonly identifier: number;
}

export type EapPacket = EapMessage | EapResult;

const headerLength = 4;

/**
 * the length field must be the length of the packet, Success and Failure are 4 octets, requests and responses have
 * a type.
 */
export function decodeEapPacket(packet: Uint8Array): Decoded<EapPacket> {
  return decoded(() => {
    const reader = new Reader(packet, 'EAP');
    const code = reader.uint8('code');
    const identifier = reader.uint8('identifier');
    const length = reader.uint16('length');
    if (length !== packet.length)
      reader.fail('length', `is ${String(length)}, the packet has ${String(packet.length)} octets`);
    switch (code) {
      case eapCode.REQUEST:
      case eapCode.RESPONSE:
        return {
          kind: code === eapCode.REQUEST ? 'request' : 'response',
          identifier,
          type: reader.uint8('type'),
          data: reader.rest(),
        };
      case eapCode.SUCCESS:
      case eapCode.FAILURE:
        reader.expectEnd('length');
        return { kind: code === eapCode.SUCCESS ? 'success' : 'failure', identifier };
      default:
        return reader.fail('code', `${String(code)} is not known`);
    }
  });
}

export function encodeEapPacket(packet: EapPacket): Uint8Array {
  if (!('type' in packet))
    return new Writer(headerLength)
      .uint8(eapCode[packet.kind === 'success' ? 'SUCCESS' : 'FAILURE'])
      .uint8(packet.identifier)
      .uint16(headerLength)
      .finish();
  return new Writer(headerLength + 1 + packet.data.length)
    .uint8(packet.kind === 'request' ? eapCode.REQUEST : eapCode.RESPONSE)
    .uint8(packet.identifier)
    .uint16(headerLength + 1 + packet.data.length)
    .uint8(packet.type)
    .bytes(packet.data)
    .finish();
}
