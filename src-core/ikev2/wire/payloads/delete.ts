import type { Reader, Writer } from '../../../bytes';
import { protocolId } from '../constants';

/** RFC 7296 section 3.11. */
export interface DeletePayload {
  readonly type: 'D';
  readonly protocol: number;
  /** SPIs of the sender's inbound CHILD SAs; empty for the IKE SA. */
  readonly spis: readonly number[];
}

/** H-26: the IKE SA has no SPIs, ESP and AH have SPIs of 4 octets, other protocols cannot be deleted. */
export function decodeDelete(reader: Reader): DeletePayload {
  const protocol = reader.uint8('protocol ID');
  const spiSize = reader.uint8('SPI size');
  const count = reader.uint16('number of SPIs');
  if (count * spiSize !== reader.remaining) reader.fail('number of SPIs', 'contradicts the length');
  if (protocol === protocolId.IKE) {
    if (spiSize !== 0 || count !== 0) reader.fail('SPI size', 'is 0 for the IKE SA');
    return { type: 'D', protocol, spis: [] };
  }
  if (protocol !== protocolId.ESP && protocol !== protocolId.AH)
    reader.fail('protocol ID', `${String(protocol)} has no SAs to delete`);
  if (spiSize !== 4) reader.fail('SPI size', 'is 4 for ESP and AH');
  const spis: number[] = [];
  for (let i = 0; i < count; i++) spis.push(reader.uint32('SPI'));
  return { type: 'D', protocol, spis };
}

export function encodeDelete(writer: Writer, payload: DeletePayload): void {
  writer
    .uint8(payload.protocol)
    .uint8(payload.protocol === protocolId.IKE ? 0 : 4)
    .uint16(payload.spis.length);
  for (const spi of payload.spis) writer.uint32(spi);
}

export const deleteIkeSa: DeletePayload = { type: 'D', protocol: protocolId.IKE, spis: [] };

export function deleteChildSas(spis: readonly number[]): DeletePayload {
  return { type: 'D', protocol: protocolId.ESP, spis };
}
