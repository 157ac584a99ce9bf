import { decoded, Writer } from '../../bytes';
import type { Decoded } from '../../bytes';
import { appendPayloads, decodePayloads } from './chain';
import { payloadType } from './constants';
import { decodeHeader, encodeHeader, headerLength } from './header';
import type { IkeHeader } from './header';
import { payloadNumber } from './payload';
import type { InnerPayload, Payload } from './payload';

/** What the sender chooses of a header; the rest follows from the message. */
export interface OutgoingHeader {
  readonly spiInitiator: Uint8Array;
  readonly spiResponder: Uint8Array;
  readonly exchangeType: number;
  /** This end is the original initiator of the IKE SA. */
  readonly initiator: boolean;
  readonly response: boolean;
  readonly messageId: number;
}

export interface IkeMessage {
  readonly header: IkeHeader;
  readonly payloads: readonly Payload[];
}

/**
 * Header and outer chain of a whole message without marker. Checks of the header's content are not here
 * (header-checks).
 */
export function decodeMessage(message: Uint8Array): Decoded<IkeMessage> {
  return decoded(() => {
    const header = unwrap(decodeHeader(message));
    return {
      header,
      payloads: unwrap(decodePayloads(header.nextPayload, message.subarray(headerLength), headerLength)),
    };
  });
}

function unwrap<T>(result: Decoded<T>): T {
  if (!result.ok) throw result.error;
  return result.value;
}

/** A message in the clear, without marker. */
export function encodeMessage(header: OutgoingHeader, payloads: readonly InnerPayload[]): Uint8Array {
  const writer = new Writer(1024);
  const [first] = payloads;
  encodeHeader(writer, complete(header, first === undefined ? payloadType.NONE : payloadNumber(first), 0));
  appendPayloads(writer, payloads, payloadType.NONE);
  return setLength(writer.finish());
}

export interface EncryptedMessageFrame {
  /** The whole message, all lengths set, the body still zero. */
  readonly message: Uint8Array;
  /** Where IV, ciphertext and ICV go; the octets before it are the associated data. */
  readonly bodyOffset: number;
}

/**
 * One allocation for a protected message: header and SK (or SKF) header are written, `bodyLength` octets for IV,
 * ciphertext and ICV are left for the caller. `firstInner` is the type of the first payload inside; with a fragment it
 * is written in number 1 only.
 */
export function frameEncryptedMessage(
  header: OutgoingHeader,
  firstInner: number,
  bodyLength: number,
  fragment: { readonly number: number; readonly total: number } | null = null,
): EncryptedMessageFrame {
  const writer = new Writer(headerLength + 8 + bodyLength);
  encodeHeader(writer, complete(header, fragment === null ? payloadType.SK : payloadType.SKF, 0));
  const next = fragment !== null && fragment.number > 1 ? payloadType.NONE : firstInner;
  writer
    .uint8(next)
    .uint8(0)
    .uint16((fragment === null ? 4 : 8) + bodyLength);
  if (fragment !== null) writer.uint16(fragment.number).uint16(fragment.total);
  const bodyOffset = writer.length;
  writer.zeros(bodyLength);
  return { message: setLength(writer.finish()), bodyOffset };
}

/**
 * What both ends authenticate of an IKE_INTERMEDIATE message (RFC 9242 section 3.3.2): header, generic header of the
 * Encrypted payload and the inner
 * payloads in clear, with lengths as if nothing else were there and the message had never been fragmented.
 */
export function intermediateOctets(header: OutgoingHeader, firstInner: number, inner: Uint8Array): Uint8Array {
  const writer = new Writer(headerLength + 4 + inner.length);
  encodeHeader(writer, complete(header, payloadType.SK, headerLength + 4 + inner.length));
  return writer
    .uint8(firstInner)
    .uint8(0)
    .uint16(4 + inner.length)
    .bytes(inner)
    .finish();
}

function complete(header: OutgoingHeader, nextPayload: number, length: number): IkeHeader {
  return { ...header, nextPayload, majorVersion: 2, minorVersion: 0, higherVersion: false, length };
}

function setLength(message: Uint8Array): Uint8Array {
  new DataView(message.buffer, message.byteOffset).setUint32(24, message.length);
  return message;
}
