import type { Reader, Writer } from '../../../bytes';
import { uint32Octets } from '../../../bytes';
import { notifyType, protocolId } from '../constants';

/** RFC 7296 section 3.10. What `data` means by type: notify-data. */
export interface NotifyPayload {
  readonly type: 'N';
  readonly protocol: number;
  readonly spi: Uint8Array;
  readonly notify: number;
  readonly data: Uint8Array;
}

export function decodeNotify(reader: Reader): NotifyPayload {
  const protocol = reader.uint8('protocol ID');
  const spiSize = reader.uint8('SPI size');
  const notify = reader.uint16('notify message type');
  const spi = reader.bytes(spiSize, 'SPI');
  return { type: 'N', protocol, spi, notify, data: reader.rest() };
}

export function encodeNotify(writer: Writer, payload: NotifyPayload): void {
  writer
    .uint8(payload.protocol)
    .uint8(payload.spi.length)
    .uint16(payload.notify)
    .bytes(payload.spi)
    .bytes(payload.data);
}

const none = new Uint8Array(0);

/** A notify about the IKE SA: no protocol, no SPI. */
export function notify(type: number, data: Uint8Array = none): NotifyPayload {
  return { type: 'N', protocol: protocolId.NONE, spi: none, notify: type, data };
}

/** A notify about a CHILD SA: CHILD_SA_NOT_FOUND, INVALID_SELECTORS. */
export function childNotify(type: number, spi: number, data: Uint8Array = none): NotifyPayload {
  return { type: 'N', protocol: protocolId.ESP, spi: uint32Octets(spi), notify: type, data };
}

/** RFC 7296 section 1.3.3: `spi` is the sender's inbound ESP SPI (C-59). */
export function rekeySaNotify(spi: number): NotifyPayload {
  return childNotify(notifyType.REKEY_SA, spi);
}
