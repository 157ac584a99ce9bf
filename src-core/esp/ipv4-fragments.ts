import type { InnerPacket } from './inner-packet';
import { internetChecksum } from './packet-too-big';

/**
 * Cuts an IPv4 packet that may be fragmented (DF clear) into packets of at most `mtu` octets (RFC 791 section 3.2).
 * Options stay with every fragment: copying more than the standard asks for is harmless, losing one is not.
 */
export function fragmentIpv4(packet: InnerPacket, mtu: number): readonly Uint8Array[] {
  const { bytes, payloadOffset: headerLength } = packet;
  const room = (mtu - headerLength) & ~7;
  if (room <= 0) return [];
  const moreFollow = (bytes[6]! & 0x20) !== 0;
  const fragments: Uint8Array[] = [];
  for (let offset = headerLength; offset < bytes.length; offset += room) {
    const end = Math.min(offset + room, bytes.length);
    const fragment = new Uint8Array(headerLength + end - offset);
    fragment.set(bytes.subarray(0, headerLength));
    fragment.set(bytes.subarray(offset, end), headerLength);
    const view = new DataView(fragment.buffer);
    view.setUint16(2, fragment.length);
    view.setUint16(
      6,
      (packet.fragmentOffset + offset - headerLength) / 8 + (end < bytes.length || moreFollow ? 0x2000 : 0),
    );
    view.setUint16(10, 0);
    view.setUint16(10, internetChecksum(fragment.subarray(0, headerLength)));
    fragments.push(fragment);
  }
  return fragments;
}
