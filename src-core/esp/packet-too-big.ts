import { protocol, type InnerPacket } from './inner-packet';

/** Every IPv6 link carries this much (RFC 8200 section 5); a smaller value in an answer would be ignored. */
export const minimumIpv6Mtu = 1280;
/** RFC 1812 section 4.3.2.3: as much of the packet as fits in 576 octets. */
const maximumIcmpv4Length = 576;
const hopLimit = 64;

/**
 * The ICMP message that tells this computer's own stack that a packet does not fit: fragmentation needed
 * (RFC 1191 section 4) or packet too big (RFC 4443 section 3.2). It comes from the packet's destination, which
 * is routed through the tunnel, so that no reverse path filter drops it. null where no answer may be given (RFC 1122
 * section 3.2.2).
 */
export function packetTooBig(packet: InnerPacket, mtu: number): Uint8Array | null {
  if (packet.fragmentOffset !== 0 || isIcmpError(packet)) return null;
  if (packet.family === 4 ? isUnicast4(packet) : packet.source[0] !== 0xff) {
    return packet.family === 4
      ? fragmentationNeeded(packet, mtu)
      : ipv6PacketTooBig(packet, Math.max(mtu, minimumIpv6Mtu));
  }
  return null;
}

function fragmentationNeeded(packet: InnerPacket, mtu: number): Uint8Array {
  const quoted = packet.bytes.subarray(0, maximumIcmpv4Length - 28);
  const answer = new Uint8Array(28 + quoted.length);
  const view = new DataView(answer.buffer);
  answer[0] = 0x45;
  view.setUint16(2, answer.length);
  answer[8] = hopLimit;
  answer[9] = protocol.icmp;
  answer.set(packet.destination, 12);
  answer.set(packet.source, 16);
  view.setUint16(10, internetChecksum(answer.subarray(0, 20)));
  answer[20] = 3;
  answer[21] = 4;
  view.setUint16(26, mtu);
  answer.set(quoted, 28);
  view.setUint16(22, internetChecksum(answer.subarray(20)));
  return answer;
}

function ipv6PacketTooBig(packet: InnerPacket, mtu: number): Uint8Array {
  const quoted = packet.bytes.subarray(0, minimumIpv6Mtu - 48);
  const answer = new Uint8Array(48 + quoted.length);
  const view = new DataView(answer.buffer);
  answer[0] = 0x60;
  view.setUint16(4, 8 + quoted.length);
  answer[6] = protocol.icmpv6;
  answer[7] = hopLimit;
  // An answer may come from a multicast group's packet (RFC 4443 section 2.4 e), but not with its address.
  answer.set(packet.destination[0] === 0xff ? packet.source : packet.destination, 8);
  answer.set(packet.source, 24);
  answer[40] = 2;
  view.setUint32(44, mtu);
  answer.set(quoted, 48);
  // Pseudo header: source, destination, length, next header (RFC 8200 section 8.1).
  const pseudo = 8 + quoted.length + protocol.icmpv6;
  view.setUint16(42, internetChecksum(answer.subarray(8), pseudo));
  return answer;
}

function isIcmpError(packet: InnerPacket): boolean {
  if (packet.sourcePort === null) return false;
  const type = packet.sourcePort >> 8;
  if (packet.protocol === protocol.icmp && packet.family === 4)
    return type === 3 || type === 4 || type === 5 || type === 11 || type === 12;
  return packet.protocol === protocol.icmpv6 && packet.family === 6 && type < 128;
}

function isUnicast4(packet: InnerPacket): boolean {
  const first = packet.destination[0]!;
  return first < 224 && packet.source[0]! < 224 && packet.source[0] !== 0;
}

/** RFC 1071. */
export function internetChecksum(bytes: Uint8Array, initial = 0): number {
  let sum = initial;
  for (let index = 0; index + 1 < bytes.length; index += 2) sum += (bytes[index]! << 8) | bytes[index + 1]!;
  if (bytes.length % 2 === 1) sum += bytes[bytes.length - 1]! << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
