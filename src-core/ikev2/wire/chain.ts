import { decoded, Reader, Writer } from '../../bytes';
import type { Decoded } from '../../bytes';
import { payloadType } from './constants';
import { wireLimits } from './limits';
import { decodePayload, encodePayload, payloadNumber } from './payload';
import type { InnerPayload, Payload } from './payload';

const genericHeaderLength = 4;
const fragmentHeaderLength = 4;
const criticalBit = 0x80;

/**
 * Decodes a chain of payloads (RFC 7296 section 3.2) that fills `body` exactly. `baseOffset` is where `body` begins in
 * its message: 28 after the header; it only matters for the offsets of SK and SKF, which end a chain (H-16).
 * Views, no copies: keep the datagram as long as the payloads.
 */
export function decodePayloads(firstType: number, body: Uint8Array, baseOffset = 0): Decoded<readonly Payload[]> {
  return decoded(() => {
    const reader = new Reader(body, 'chain');
    const payloads: Payload[] = [];
    let certificates = 0;
    let type = firstType;
    while (type !== payloadType.NONE) {
      if (payloads.length === wireLimits.payloads) reader.fail('payloads', 'too many');
      if (type === payloadType.CERT && ++certificates > wireLimits.certificates)
        reader.fail('certificates', 'too many');
      const next = reader.uint8('next payload');
      const critical = (reader.uint8('critical bit') & criticalBit) !== 0;
      const length = reader.uint16('payload length');
      if (length < genericHeaderLength) reader.fail('payload length', `is ${String(length)}`);
      const bodyOffset = baseOffset + reader.position;
      const content = reader.bytes(length - genericHeaderLength, 'payload length');
      if (type === payloadType.SK || type === payloadType.SKF) {
        payloads.push(
          type === payloadType.SK
            ? { type: 'SK', firstInner: next, bodyOffset, body: content }
            : decodeFragment(next, bodyOffset, content),
        );
        break;
      }
      payloads.push(decodePayload(type, critical, content));
      type = next;
    }
    reader.expectEnd('payload length');
    return payloads;
  });
}

function decodeFragment(firstInner: number, headerEnd: number, content: Uint8Array): Payload {
  const reader = new Reader(content, 'SKF');
  const fragmentNumber = reader.uint16('fragment number');
  const totalFragments = reader.uint16('total fragments');
  if (fragmentNumber === 0 || fragmentNumber > totalFragments)
    reader.fail('fragment number', `${String(fragmentNumber)} of ${String(totalFragments)}`);
  if (fragmentNumber > 1 && firstInner !== payloadType.NONE)
    reader.fail('next payload', 'is 0 in all fragments but the first');
  return {
    type: 'SKF',
    firstInner,
    fragmentNumber,
    totalFragments,
    bodyOffset: headerEnd + fragmentHeaderLength,
    body: reader.rest(),
  };
}

/**
 * The chain's octets and the type to write in front of it. The critical bit is never set (C-77) but for unknown
 * payloads that ask for it.
 */
export function encodePayloads(payloads: readonly InnerPayload[]): {
  readonly firstType: number;
  readonly body: Uint8Array;
} {
  const writer = new Writer(512);
  appendPayloads(writer, payloads, payloadType.NONE);
  const [first] = payloads;
  return { firstType: first === undefined ? payloadType.NONE : payloadNumber(first), body: writer.finish() };
}

/** `after` is the type that follows the last of `payloads`. */
export function appendPayloads(writer: Writer, payloads: readonly InnerPayload[], after: number): void {
  payloads.forEach((payload, i) => {
    const next = payloads[i + 1];
    writer
      .uint8(next === undefined ? after : payloadNumber(next))
      .uint8(payload.type === 'unknown' && payload.critical ? criticalBit : 0);
    writer.lengthPrefixed16(genericHeaderLength, () => {
      encodePayload(writer, payload);
    });
  });
}
