import type { Reader, Writer } from '../../../bytes';

/** RFC 7296 section 3.4. The length against the group is the matter of the key exchange (C-20). */
export interface KeyExchangePayload {
  readonly type: 'KE';
  /** Key exchange method (transform type 4 id). */
  readonly group: number;
  readonly data: Uint8Array;
}

export function decodeKeyExchange(reader: Reader): KeyExchangePayload {
  const group = reader.uint16('group');
  reader.skip(2, 'reserved');
  if (reader.atEnd) reader.fail('key exchange data', 'is empty');
  return { type: 'KE', group, data: reader.rest() };
}

export function encodeKeyExchange(writer: Writer, payload: KeyExchangePayload): void {
  writer.uint16(payload.group).uint16(0).bytes(payload.data);
}
