import type { Reader, Writer } from '../../../bytes';

/** RFC 7296 section 3.9: 16..256 octets. */
export interface NoncePayload {
  readonly type: 'Nonce';
  readonly data: Uint8Array;
}

export function decodeNonce(reader: Reader): NoncePayload {
  const data = reader.rest();
  if (data.length < 16 || data.length > 256)
    reader.fail('nonce data', `has ${String(data.length)} octets, not 16 to 256`);
  return { type: 'Nonce', data };
}

export function encodeNonce(writer: Writer, payload: NoncePayload): void {
  writer.bytes(payload.data);
}
