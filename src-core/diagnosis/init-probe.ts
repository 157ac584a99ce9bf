import { headerLength } from '../ikev2/wire/header';
import { exchangeType, payloadType } from '../ikev2/wire/constants';

const genericHeaderLength = 4;
/** A number for key exchange methods that IANA has given to none: nobody can have agreed on it. */
const noSuchGroup = 1023;

interface ChainEntry {
  readonly type: number;
  /** Its first octet, which holds the type of the payload that follows (RFC 7296 section 3.2). */
  readonly at: number;
}

/** The payloads of an IKE_SA_INIT request without marker; null: it is no such request. */
function payloadsOf(request: Uint8Array): readonly ChainEntry[] | null {
  if (request.length < headerLength || request[18] !== exchangeType.IKE_SA_INIT) return null;
  const view = new DataView(request.buffer, request.byteOffset, request.length);
  const found: ChainEntry[] = [];
  let type = request[16]!;
  let at = headerLength;
  while (type !== payloadType.NONE) {
    if (at + genericHeaderLength > request.length) return null;
    const length = view.getUint16(at + 2);
    if (length < genericHeaderLength || at + length > request.length) return null;
    found.push({ type, at });
    type = request[at]!;
    at += length;
  }
  return at === request.length && found.length > 0 ? found : null;
}

/**
 * An IKE_SA_INIT request with a Vendor ID payload at its end that makes it `length` octets long, so that it travels in
 * IP fragments. Unknown vendor IDs are
 * ignored (RFC 7296 section 3.12). null: it is no such request, or as long already. `request` comes without marker.
 */
export function padInit(request: Uint8Array, length: number): Uint8Array | null {
  const room = length - request.length;
  const last = payloadsOf(request)?.at(-1);
  if (last === undefined || room <= genericHeaderLength) return null;
  const padded = new Uint8Array(length);
  padded.set(request);
  padded[last.at] = payloadType.V;
  const view = new DataView(padded.buffer);
  view.setUint16(request.length + 2, room);
  view.setUint32(24, length);
  return padded;
}

/**
 * The same request with a key exchange of no known group: the server answers INVALID_KE_PAYLOAD (RFC 7296 section 1.2)
 * or NO_PROPOSAL_CHOSEN, computes nothing
 * and remembers nothing. null: it is no such request.
 */
export function withoutCommitment(request: Uint8Array): Uint8Array | null {
  const exchange = payloadsOf(request)?.find(({ type }) => type === payloadType.KE);
  if (exchange === undefined || exchange.at + genericHeaderLength + 2 > request.length) return null;
  const changed = request.slice();
  new DataView(changed.buffer).setUint16(exchange.at + genericHeaderLength, noSuchGroup);
  return changed;
}
