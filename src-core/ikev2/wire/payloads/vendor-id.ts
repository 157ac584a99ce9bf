import type { Reader, Writer } from '../../../bytes';

/** RFC 7296 section 3.12. Opaque, never required (C-21). */
export interface VendorIdPayload {
  readonly type: 'V';
  readonly data: Uint8Array;
}

export function decodeVendorId(reader: Reader): VendorIdPayload {
  return { type: 'V', data: reader.rest() };
}

export function encodeVendorId(writer: Writer, payload: VendorIdPayload): void {
  writer.bytes(payload.data);
}
