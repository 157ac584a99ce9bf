import type { Reader, Writer } from '../../../bytes';

/** RFC 7296 section 3.16: one EAP packet (RFC 3748). Only src-core/eap looks inside. */
export interface EapPayload {
  readonly type: 'EAP';
  readonly packet: Uint8Array;
}

export function decodeEap(reader: Reader): EapPayload {
  if (reader.remaining < 4) reader.fail('EAP message', 'has at least 4 octets');
  return { type: 'EAP', packet: reader.rest() };
}

export function encodeEap(writer: Writer, payload: EapPayload): void {
  writer.bytes(payload.packet);
}
