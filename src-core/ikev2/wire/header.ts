import { decoded, hexEncode, Reader } from '../../bytes';
import type { Decoded, Writer } from '../../bytes';

/** RFC 7296 section 3.1. SPIs are 8 octets. */
export interface IkeHeader {
  readonly spiInitiator: Uint8Array;
  readonly spiResponder: Uint8Array;
  readonly nextPayload: number;
  readonly majorVersion: number;
  readonly minorVersion: number;
  readonly exchangeType: number;
  /** Set by the original initiator of the IKE SA. */
  readonly initiator: boolean;
  /** "Can speak a higher major version"; ignored. */
  readonly higherVersion: boolean;
  readonly response: boolean;
  readonly messageId: number;
  /** Whole message in octets. */
  readonly length: number;
}

export const headerLength = 28;

const flagInitiator = 0x08;
const flagVersion = 0x10;
const flagResponse = 0x20;

/**
 * Reads the header of an IKE message without its marker. Only the form: what it may say is the matter of header-checks.
 */
export function decodeHeader(datagram: Uint8Array): Decoded<IkeHeader> {
  return decoded(() => {
    const reader = new Reader(datagram, 'header');
    if (datagram.length < headerLength) reader.fail('length', `a message has at least ${String(headerLength)} octets`);
    const spiInitiator = reader.bytes(8, 'initiator SPI');
    const spiResponder = reader.bytes(8, 'responder SPI');
    const nextPayload = reader.uint8('next payload');
    const version = reader.uint8('version');
    const exchangeType = reader.uint8('exchange type');
    const flags = reader.uint8('flags');
    const messageId = reader.uint32('message ID');
    const length = reader.uint32('length');
    return {
      spiInitiator,
      spiResponder,
      nextPayload,
      majorVersion: version >> 4,
      minorVersion: version & 15,
      exchangeType,
      initiator: (flags & flagInitiator) !== 0,
      higherVersion: (flags & flagVersion) !== 0,
      response: (flags & flagResponse) !== 0,
      messageId,
      length,
    };
  });
}

export function encodeHeader(writer: Writer, header: IkeHeader): void {
  if (header.spiInitiator.length !== 8 || header.spiResponder.length !== 8)
    throw new RangeError('an IKE SPI has 8 octets');
  writer
    .bytes(header.spiInitiator)
    .bytes(header.spiResponder)
    .uint8(header.nextPayload)
    .uint8((header.majorVersion << 4) | header.minorVersion)
    .uint8(header.exchangeType)
    .uint8(
      (header.initiator ? flagInitiator : 0) |
        (header.higherVersion ? flagVersion : 0) |
        (header.response ? flagResponse : 0),
    )
    .uint32(header.messageId)
    .uint32(header.length);
}

/** 16 hexadecimal digits. */
export function formatIkeSpi(spi: Uint8Array): string {
  return hexEncode(spi);
}
