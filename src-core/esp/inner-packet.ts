/** Upper layer protocols that matter to selectors (IANA protocol numbers). */
export const protocol = {
  icmp: 1,
  tcp: 6,
  udp: 17,
  ipv6Fragment: 44,
  icmpv6: 58,
  dccp: 33,
  sctp: 132,
  mobility: 135,
  udpLite: 136,
} as const;

/** What the SPD and the ICMP answers need to know of an IP packet inside the tunnel. */
export interface InnerPacket {
  readonly family: 4 | 6;
  /** The packet cut to the length its own header states: TFC padding is gone (RFC 4303 section 2.7). */
  readonly bytes: Uint8Array;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** Upper layer protocol, behind IPv6 extension headers. */
  readonly protocol: number;
  /** Offset of the upper layer header. */
  readonly payloadOffset: number;
  /** Ports; for ICMP type * 256 + code in both (RFC 7296 section 3.13.1). null where the packet does not show them. */
  readonly sourcePort: number | null;
  readonly destinationPort: number | null;
  /** Octets of payload before this fragment; 0 for whole packets and first fragments. */
  readonly fragmentOffset: number;
  /** IPv4 DF; always true for IPv6, which routers never fragment. */
  readonly dontFragment: boolean;
}

const maximumExtensionHeaders = 16;
const extension = { hopByHop: 0, routing: 43, authentication: 51, destination: 60 } as const;

/** null: not an IPv4 or IPv6 packet, or one whose headers contradict each other or its length (H-60). */
export function parseInnerPacket(bytes: Uint8Array): InnerPacket | null {
  if (bytes.length < 20) return null;
  const version = bytes[0]! >> 4;
  if (version === 4) return parseIpv4(bytes);
  if (version === 6) return parseIpv6(bytes);
  return null;
}

function parseIpv4(bytes: Uint8Array): InnerPacket | null {
  const headerLength = (bytes[0]! & 0x0f) * 4;
  const totalLength = uint16(bytes, 2);
  if (headerLength < 20 || totalLength < headerLength || totalLength > bytes.length) return null;
  const flags = uint16(bytes, 6);
  const fragmentOffset = (flags & 0x1fff) * 8;
  // No reassembled packet may pass 65535 octets (the "ping of death").
  if (fragmentOffset + totalLength > 0xffff) return null;
  const packet = bytes.subarray(0, totalLength);
  const upper = bytes[9]!;
  return {
    family: 4,
    bytes: packet,
    source: packet.subarray(12, 16),
    destination: packet.subarray(16, 20),
    protocol: upper,
    payloadOffset: headerLength,
    ...portsOf(packet, headerLength, upper, fragmentOffset),
    fragmentOffset,
    dontFragment: (flags & 0x4000) !== 0,
  };
}

function parseIpv6(bytes: Uint8Array): InnerPacket | null {
  if (bytes.length < 40) return null;
  const totalLength = 40 + uint16(bytes, 4);
  if (totalLength > bytes.length) return null;
  const packet = bytes.subarray(0, totalLength);
  let upper = packet[6]!;
  let offset = 40;
  let fragmentOffset = 0;
  for (let count = 0; isExtension(upper); count += 1) {
    if (count === maximumExtensionHeaders) return null;
    // Hop-by-hop options come first or not at all (RFC 8200 section 4.1).
    if (upper === extension.hopByHop && offset !== 40) return null;
    if (offset + 8 > totalLength) return null;
    const following = packet[offset]!;
    let length: number;
    if (upper === protocol.ipv6Fragment) {
      length = 8;
      const field = uint16(packet, offset + 2);
      fragmentOffset = field & 0xfff8;
      // All but the last fragment carry a multiple of 8 octets (RFC 8200 section 4.5).
      if ((field & 1) !== 0 && (totalLength - offset - 8) % 8 !== 0) return null;
      if (fragmentOffset + totalLength - offset - 8 > 0xffff) return null;
    } else {
      length = upper === extension.authentication ? (packet[offset + 1]! + 2) * 4 : (packet[offset + 1]! + 1) * 8;
    }
    if (offset + length > totalLength) return null;
    offset += length;
    const wasFragment = upper === protocol.ipv6Fragment;
    upper = following;
    // What follows in a later fragment is payload, not headers.
    if (wasFragment && fragmentOffset !== 0) break;
  }
  return {
    family: 6,
    bytes: packet,
    source: packet.subarray(8, 24),
    destination: packet.subarray(24, 40),
    protocol: upper,
    payloadOffset: offset,
    ...portsOf(packet, offset, upper, fragmentOffset),
    fragmentOffset,
    dontFragment: true,
  };
}

function isExtension(next: number): boolean {
  return (
    next === extension.hopByHop ||
    next === extension.routing ||
    next === extension.destination ||
    next === extension.authentication ||
    next === protocol.ipv6Fragment
  );
}

function portsOf(
  packet: Uint8Array,
  offset: number,
  upper: number,
  fragmentOffset: number,
): { sourcePort: number | null; destinationPort: number | null } {
  if (fragmentOffset === 0) {
    switch (upper) {
      case protocol.tcp:
      case protocol.udp:
      case protocol.dccp:
      case protocol.sctp:
      case protocol.udpLite:
        if (offset + 4 <= packet.length)
          return { sourcePort: uint16(packet, offset), destinationPort: uint16(packet, offset + 2) };
        break;
      case protocol.icmp:
      case protocol.icmpv6:
        if (offset + 2 <= packet.length)
          return { sourcePort: uint16(packet, offset), destinationPort: uint16(packet, offset) };
        break;
      case protocol.mobility:
        // The Mobility Header type in the upper octet (RFC 7296 section 3.13.1).
        if (offset + 3 <= packet.length)
          return { sourcePort: packet[offset + 2]! << 8, destinationPort: packet[offset + 2]! << 8 };
        break;
    }
  }
  return { sourcePort: null, destinationPort: null };
}

function uint16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 8) | bytes[offset + 1]!;
}
