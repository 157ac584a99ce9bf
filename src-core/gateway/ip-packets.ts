import { ipToOctets } from '../bytes/ip-address';

/** IPv4 packets of the user-space hosts at both ends of the demo tunnel. */

/** RFC 1071. `initial` is a partial sum, for pseudo headers. */
export function internetChecksum(bytes: Uint8Array, initial = 0): number {
  let sum = initial;
  for (let index = 0; index < bytes.length; index += 2) sum += (bytes[index]! << 8) | (bytes[index + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

export interface Ipv4Fields {
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly payload: Uint8Array;
  readonly identification?: number;
}

/** RFC 791, no options, DF set, TTL 64. Throws a RangeError when an address is not IPv4. */
export function encodeIpv4({ source, destination, protocol, payload, identification = 0 }: Ipv4Fields): Uint8Array {
  const from = ipToOctets(source);
  const to = ipToOctets(destination);
  if (from?.length !== 4 || to?.length !== 4) throw new RangeError('IPv4 addresses wanted');
  const packet = new Uint8Array(20 + payload.length);
  const view = new DataView(packet.buffer);
  view.setUint8(0, 0x45);
  view.setUint16(2, packet.length);
  view.setUint16(4, identification & 0xffff);
  view.setUint16(6, 0x4000);
  view.setUint8(8, 64);
  view.setUint8(9, protocol);
  packet.set(from, 12);
  packet.set(to, 16);
  view.setUint16(10, internetChecksum(packet.subarray(0, 20)));
  packet.set(payload, 20);
  return packet;
}

export const icmpType = { echoReply: 0, echoRequest: 8 } as const;

export interface IcmpEcho {
  readonly type: number;
  readonly identifier: number;
  readonly sequence: number;
  readonly data: Uint8Array;
}

/** RFC 792. */
export function encodeIcmpEcho({ type, identifier, sequence, data }: IcmpEcho): Uint8Array {
  const message = new Uint8Array(8 + data.length);
  const view = new DataView(message.buffer);
  view.setUint8(0, type);
  view.setUint16(4, identifier);
  view.setUint16(6, sequence);
  message.set(data, 8);
  view.setUint16(2, internetChecksum(message));
  return message;
}

/** null: no echo message, or a damaged one. */
export function decodeIcmpEcho(message: Uint8Array): IcmpEcho | null {
  if (message.length < 8 || internetChecksum(message) !== 0) return null;
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  const type = view.getUint8(0);
  if ((type !== icmpType.echoRequest && type !== icmpType.echoReply) || view.getUint8(1) !== 0) return null;
  return { type, identifier: view.getUint16(4), sequence: view.getUint16(6), data: message.subarray(8) };
}

export interface UdpFields {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
}

/** RFC 768, without the checksum that IPv4 leaves to choice: the tunnel has a better one. */
export function encodeUdp({ sourcePort, destinationPort, payload }: UdpFields): Uint8Array {
  const message = new Uint8Array(8 + payload.length);
  const view = new DataView(message.buffer);
  view.setUint16(0, sourcePort);
  view.setUint16(2, destinationPort);
  view.setUint16(4, message.length);
  message.set(payload, 8);
  return message;
}

export function decodeUdp(message: Uint8Array): UdpFields | null {
  if (message.length < 8) return null;
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  const length = view.getUint16(4);
  if (length < 8 || length > message.length) return null;
  return { sourcePort: view.getUint16(0), destinationPort: view.getUint16(2), payload: message.subarray(8, length) };
}
