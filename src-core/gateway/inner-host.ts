import { octetsToIp } from '../bytes/ip-address';
import { parseInnerPacket, protocol } from '../esp/inner-packet';
import type { TunnelDevice } from '../ports/data-path';
import { decodeIcmpEcho, decodeUdp, encodeIcmpEcho, encodeIpv4, encodeUdp, icmpType } from './ip-packets';

/** RFC 862. */
const echoPort = 7;

/** What a host with this IPv4 address says to a packet: an echo reply, a UDP echo, or nothing. */
export function hostAnswer(packet: Uint8Array, hostAddress: string): Uint8Array | null {
  const parsed = parseInnerPacket(packet);
  if (
    parsed === null ||
    parsed.family !== 4 ||
    parsed.fragmentOffset !== 0 ||
    octetsToIp(parsed.destination) !== hostAddress
  )
    return null;
  const reply = { source: hostAddress, destination: octetsToIp(parsed.source) };
  const upper = parsed.bytes.subarray(parsed.payloadOffset);
  if (parsed.protocol === protocol.icmp) {
    const echo = decodeIcmpEcho(upper);
    if (echo === null || echo.type !== icmpType.echoRequest) return null;
    return encodeIpv4({
      ...reply,
      protocol: protocol.icmp,
      payload: encodeIcmpEcho({ ...echo, type: icmpType.echoReply }),
    });
  }
  if (parsed.protocol === protocol.udp) {
    const datagram = decodeUdp(upper);
    if (datagram === null || datagram.destinationPort !== echoPort) return null;
    return encodeIpv4({
      ...reply,
      protocol: protocol.udp,
      payload: encodeUdp({ sourcePort: echoPort, destinationPort: datagram.sourcePort, payload: datagram.payload }),
    });
  }
  return null;
}

/** The network behind the gateway as one client's data path sees it: one host that answers. */
export function createInnerHost(hostAddress: string): TunnelDevice {
  let listener: ((packet: Uint8Array) => void) | null = null;
  return {
    name: 'inner host',
    fd: null,
    onPacket: (next) => {
      listener = next;
    },
    write: (packet) => {
      const answer = hostAnswer(packet, hostAddress);
      if (answer !== null) listener?.(answer);
    },
    close: () => {
      listener = null;
    },
  };
}
