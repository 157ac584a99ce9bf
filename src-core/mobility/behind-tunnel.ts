import { rangeContainsAddress } from '../bytes/ip-address';
import type { TrafficSelector } from '../ports/data-path';

/**
 * A gateway lists all its addresses (M-4), those of the network behind it too. Such a one is no way to the gateway:
 * packets to it belong into the tunnel, and an
 * excluded route for it would take a person's packets out. A selector that holds the address in use as well says
 * nothing (a default route, a wide 10.0.0.0/8).
 */
export function isBehindTunnel(remoteSelectors: readonly TrafficSelector[], address: string, inUse: string): boolean {
  return remoteSelectors.some(({ family, startAddress, endAddress }) => {
    const range = { family, start: startAddress, end: endAddress };
    return rangeContainsAddress(range, address) && !rangeContainsAddress(range, inUse);
  });
}
