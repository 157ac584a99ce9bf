import { ipToOctets } from '../bytes';
import type { SocketAddress } from '../ports/datagrams';

/** RFC 1071 over octets. */
function sum(bytes: Uint8Array, initial: number): number {
  let total = initial;
  for (let index = 0; index < bytes.length; index += 2) total += (bytes[index]! << 8) | (bytes[index + 1] ?? 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

const udp = 17;
const hopLimit = 64;

/**
 * The IP packet around a UDP payload that a socket sent or received. A socket does not show its IP header: length,
 * addresses, ports and checksums are right,
 * everything else is what is usual. null: the addresses are of two families, or none; or it would be longer than IP
 * allows.
 */
export function udpDatagram(from: SocketAddress, to: SocketAddress, payload: Uint8Array): Uint8Array | null {
  const source = ipToOctets(from.address);
  const destination = ipToOctets(to.address);
  if (source === null || destination === null || source.length !== destination.length) return null;
  const header = source.length === 4 ? 20 : 40;
  const length = 8 + payload.length;
  if (header + length > 0xffff) return null;
  const packet = new Uint8Array(header + length);
  const view = new DataView(packet.buffer);
  if (source.length === 4) {
    view.setUint8(0, 0x45);
    view.setUint16(2, packet.length);
    view.setUint8(8, hopLimit);
    view.setUint8(9, udp);
    packet.set(source, 12);
    packet.set(destination, 16);
    view.setUint16(10, ~sum(packet.subarray(0, 20), 0) & 0xffff);
  } else {
    view.setUint8(0, 0x60);
    view.setUint16(4, length);
    view.setUint8(6, udp);
    view.setUint8(7, hopLimit);
    packet.set(source, 8);
    packet.set(destination, 24);
  }
  view.setUint16(header, from.port);
  view.setUint16(header + 2, to.port);
  view.setUint16(header + 4, length);
  packet.set(payload, header + 8);
  const pseudo = sum(source, sum(destination, udp + length));
  view.setUint16(header + 6, ~sum(packet.subarray(header), pseudo) & 0xffff || 0xffff);
  return packet;
}
