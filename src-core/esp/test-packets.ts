import { concat, ipToOctets, uint16Octets } from '../bytes';
import { internetChecksum } from './packet-too-big';

/** Inner packets for tests. Addresses in text form. */
export interface Ipv4Options {
  readonly source: string;
  readonly destination: string;
  readonly protocol?: number;
  readonly payload?: Uint8Array;
  readonly options?: Uint8Array;
  readonly dontFragment?: boolean;
  readonly moreFragments?: boolean;
  /** Octets, a multiple of 8. */
  readonly fragmentOffset?: number;
}

export function ipv4Packet({
  source,
  destination,
  protocol = 17,
  payload = udp(),
  options = new Uint8Array(0),
  ...flags
}: Ipv4Options): Uint8Array {
  const header = new Uint8Array(20 + options.length);
  const view = new DataView(header.buffer);
  header[0] = 0x40 | (header.length / 4);
  view.setUint16(2, header.length + payload.length);
  view.setUint16(4, 0x1234);
  view.setUint16(
    6,
    (flags.dontFragment === true ? 0x4000 : 0) |
      (flags.moreFragments === true ? 0x2000 : 0) |
      ((flags.fragmentOffset ?? 0) / 8),
  );
  header[8] = 64;
  header[9] = protocol;
  header.set(ipToOctets(source)!, 12);
  header.set(ipToOctets(destination)!, 16);
  header.set(options, 20);
  view.setUint16(10, internetChecksum(header));
  return concat(header, payload);
}

export interface Ipv6Options {
  readonly source: string;
  readonly destination: string;
  /** The first next header. */
  readonly next?: number;
  /** Extension headers and upper layer. */
  readonly payload?: Uint8Array;
}

export function ipv6Packet({ source, destination, next = 17, payload = udp() }: Ipv6Options): Uint8Array {
  const header = new Uint8Array(40);
  header[0] = 0x60;
  header.set(uint16Octets(payload.length), 4);
  header[6] = next;
  header[7] = 64;
  header.set(ipToOctets(source)!, 8);
  header.set(ipToOctets(destination)!, 24);
  return concat(header, payload);
}

/** A UDP header without checksum, and `length` octets of data. */
export function udp(sourcePort = 1000, destinationPort = 2000, length = 8): Uint8Array {
  const data = Uint8Array.from({ length }, (_, index) => index & 0xff);
  return concat(
    uint16Octets(sourcePort),
    uint16Octets(destinationPort),
    uint16Octets(8 + length),
    uint16Octets(0),
    data,
  );
}
