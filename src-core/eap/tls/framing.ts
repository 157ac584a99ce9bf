import { concat, decoded, Reader, Writer } from '../../bytes';
import type { Decoded } from '../../bytes';

/** The framing that EAP-TLS, PEAP and EAP-TTLS share: RFC 5216 section 3.1, MS-PEAP 2.2.2, RFC 5281 section 9.1. */
const flag = { LENGTH: 0x80, MORE: 0x40, START: 0x20, VERSION: 0x07 } as const;

/** Octets of TLS data in one packet; strongSwan and FreeRADIUS use the same. */
export const fragmentSize = 1024;

/**
 * The same inside of PEAP: a fragment must fit, with the record of the outer tunnel around it, into one outer packet.
 * FreeRADIUS takes an inner
 * response that came in two for the answer to another request.
 */
export const innerFragmentSize = 900;

/** what one TLS message may add up to. */
export const messageLimit = 64 * 1024;

export interface TlsFrame {
  readonly start: boolean;
  readonly more: boolean;
  readonly version: number;
  /** Length of the whole message where the sender said it. */
  readonly total: number | null;
  readonly data: Uint8Array;
}

/** Data of an EAP packet after its type octet. */
export function decodeFrame(data: Uint8Array): Decoded<TlsFrame> {
  return decoded(() => {
    const reader = new Reader(data, 'EAP-TLS');
    const flags = reader.uint8('flags');
    const total = (flags & flag.LENGTH) !== 0 ? reader.uint32('length') : null;
    if (total !== null && total > messageLimit)
      reader.fail('length', `${String(total)} is more than ${String(messageLimit)}`);
    return {
      start: (flags & flag.START) !== 0,
      more: (flags & flag.MORE) !== 0,
      version: flags & flag.VERSION,
      total,
      data: reader.rest(),
    };
  });
}

function encodeFrame(version: number, data: Uint8Array, more: boolean, total: number | null): Uint8Array {
  const writer = new Writer(5 + data.length).uint8(
    version | (more ? flag.MORE : 0) | (total === null ? 0 : flag.LENGTH),
  );
  if (total !== null) writer.uint32(total);
  return writer.bytes(data).finish();
}

/** A server's first packet. */
export function startFrame(version: number): Uint8Array {
  return Uint8Array.of(flag.START | version);
}

export type Received =
  /** A fragment; answer with an empty frame. */
  | { readonly type: 'fragment' }
  /** The peer acknowledged a fragment of ours: `next` follows. */
  | { readonly type: 'acknowledged'; readonly next: Uint8Array }
  | { readonly type: 'start' }
  /** A whole message, empty when there was nothing to say. */
  | { readonly type: 'message'; readonly message: Uint8Array }
  | { readonly type: 'violation'; readonly detail: string };

/** Puts fragments together and takes messages apart, for one conversation. */
export class TlsFraming {
  readonly #version: number;
  readonly #fragmentSize: number;
  #received: Uint8Array[] = [];
  #receivedLength = 0;
  #expected: number | null = null;
  #toSend: Uint8Array = new Uint8Array(0);

  /** `version`: the low bits of our flags, whatever the other end says. */
  constructor(version: number, fragment = fragmentSize) {
    this.#version = version;
    this.#fragmentSize = fragment;
  }

  receive(data: Uint8Array): Received {
    const result = decodeFrame(data);
    if (!result.ok) return { type: 'violation', detail: result.error.message };
    const frame = result.value;
    if (this.#toSend.length > 0) {
      // Only an acknowledgement may come while we have fragments left.
      if (frame.data.length > 0 || frame.more || frame.start)
        return { type: 'violation', detail: 'data while fragments are outstanding' };
      return { type: 'acknowledged', next: this.#next() };
    }
    if (frame.start) {
      if (frame.more || frame.data.length > 0) return { type: 'violation', detail: 'a start with data' };
      return { type: 'start' };
    }
    this.#expected ??= frame.total;
    this.#receivedLength += frame.data.length;
    if (this.#receivedLength > (this.#expected ?? messageLimit))
      return { type: 'violation', detail: 'more data than announced' };
    if (frame.more && frame.data.length === 0)
      return { type: 'violation', detail: 'an empty fragment with more to come' };
    this.#received.push(frame.data.slice());
    if (frame.more) return { type: 'fragment' };
    if (this.#expected !== null && this.#receivedLength !== this.#expected)
      return { type: 'violation', detail: 'less data than announced' };
    const message = concat(...this.#received);
    this.#received = [];
    this.#receivedLength = 0;
    this.#expected = null;
    return { type: 'message', message };
  }

  /** First packet of a message; the others follow on acknowledgements. Empty: an acknowledgement. */
  send(message: Uint8Array): Uint8Array {
    if (message.length <= this.#fragmentSize) return encodeFrame(this.#version, message, false, null);
    this.#toSend = message.slice(this.#fragmentSize);
    return encodeFrame(this.#version, message.subarray(0, this.#fragmentSize), true, message.length);
  }

  acknowledge(): Uint8Array {
    return encodeFrame(this.#version, new Uint8Array(0), false, null);
  }

  #next(): Uint8Array {
    const fragment = this.#toSend.subarray(0, this.#fragmentSize);
    this.#toSend = this.#toSend.slice(this.#fragmentSize);
    return encodeFrame(this.#version, fragment, this.#toSend.length > 0, null);
  }
}
