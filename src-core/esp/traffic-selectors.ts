import { compare, ipToOctets } from '../bytes';
import { EspSuiteError } from '../crypto/esp-transform';
import type { TrafficSelector } from '../ports/data-path';
import type { InnerPacket } from './inner-packet';

/** A selector with its addresses as octets, ready to be compared with packets. */
export interface CompiledSelector {
  readonly family: 4 | 6;
  readonly protocol: number;
  readonly startPort: number;
  readonly endPort: number;
  readonly start: Uint8Array;
  readonly end: Uint8Array;
}

export interface SelectorPair {
  readonly local: readonly CompiledSelector[];
  readonly remote: readonly CompiledSelector[];
}

/** Throws EspSuiteError naming `field[index]` when an address is not of its family or a range runs backwards. */
export function compileSelectors(selectors: readonly TrafficSelector[], field: string): readonly CompiledSelector[] {
  return selectors.map((selector, index) => {
    const length = selector.family === 4 ? 4 : 16;
    const start = ipToOctets(selector.startAddress);
    const end = ipToOctets(selector.endAddress);
    if (start?.length !== length)
      throw new EspSuiteError(`${field}[${index}].startAddress`, `not an IPv${selector.family} address`);
    if (end?.length !== length)
      throw new EspSuiteError(`${field}[${index}].endAddress`, `not an IPv${selector.family} address`);
    if (compare(start, end) > 0) throw new EspSuiteError(`${field}[${index}].endAddress`, 'lies before startAddress');
    return {
      family: selector.family,
      protocol: selector.protocol,
      startPort: selector.startPort,
      endPort: selector.endPort,
      start,
      end,
    };
  });
}

/** A packet of this computer towards the tunnel: its source is ours, its destination the far side's. */
export function matchesOutbound(packet: InnerPacket, selectors: SelectorPair): boolean {
  return (
    selectors.local.some((selector) => matches(selector, packet, packet.source, packet.sourcePort)) &&
    selectors.remote.some((selector) => matches(selector, packet, packet.destination, packet.destinationPort))
  );
}

/** A decrypted packet: its source is the far side's, its destination ours (RFC 4301 section 5.2). */
export function matchesInbound(packet: InnerPacket, selectors: SelectorPair): boolean {
  return (
    selectors.remote.some((selector) => matches(selector, packet, packet.source, packet.sourcePort)) &&
    selectors.local.some((selector) => matches(selector, packet, packet.destination, packet.destinationPort))
  );
}

function matches(selector: CompiledSelector, packet: InnerPacket, address: Uint8Array, port: number | null): boolean {
  if (selector.family !== packet.family) return false;
  if (selector.protocol !== 0 && selector.protocol !== packet.protocol) return false;
  if (compare(address, selector.start) < 0 || compare(address, selector.end) > 0) return false;
  if (selector.startPort === 0 && selector.endPort === 65535) return true;
  // OPAQUE (start above end, RFC 7296 section 3.13.1): exactly the packets whose ports cannot be seen.
  if (selector.startPort > selector.endPort) return port === null;
  // Later fragments show no ports: only a selector for all ports takes them (E-14, RFC 4301 section 7).
  return port !== null && port >= selector.startPort && port <= selector.endPort;
}
