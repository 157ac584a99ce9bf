import { Writer } from '../../bytes';
import { eapCode, eapType } from '../packet';

/**
 * Packets inside PEAPv0 lose code, identifier and length, except TLV Extensions and expanded types (MS-PEAP 3.1.5.6,
 *
 */

function isWhole(data: Uint8Array): boolean {
  const type = data[4];
  const length = ((data[2] ?? 0) << 8) | (data[3] ?? 0);
  if (data.length === 4) return (data[0] === eapCode.SUCCESS || data[0] === eapCode.FAILURE) && length === 4;
  return (
    data.length >= 5 &&
    data[0] === eapCode.REQUEST &&
    length === data.length &&
    (type === eapType.TLV_EXTENSIONS || type === eapType.EXPANDED || (data.length === 5 && type === eapType.IDENTITY))
  );
}

/** A whole EAP packet from what the tunnel carried. `identifier` is that of the outer packet. null: empty. */
export function decompress(data: Uint8Array, identifier: number): Uint8Array | null {
  if (data.length === 0) return null;
  if (isWhole(data)) return data.slice();
  return new Writer(4 + data.length)
    .uint8(eapCode.REQUEST)
    .uint8(identifier)
    .uint16(4 + data.length)
    .bytes(data)
    .finish();
}

/** What goes into the tunnel for a whole EAP packet of ours. */
export function compress(packet: Uint8Array): Uint8Array {
  const type = packet[4];
  return type === eapType.TLV_EXTENSIONS || type === eapType.EXPANDED ? packet : packet.slice(4);
}
