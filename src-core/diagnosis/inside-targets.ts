import { ipToNumber, numberToIp, sameIp } from '../bytes';
import { coversAddress } from '../ikev2/exchanges/traffic-selectors';
import type { TrafficSelector } from '../ports/data-path';

/** Who may be asked inside: the name servers, else the first host of each narrow network of the tunnel. */
export function insideTargets(
  dnsServers: readonly string[],
  selectors: readonly TrafficSelector[],
  own: readonly string[],
): readonly { readonly address: string; readonly nameServer: boolean }[] {
  const servers = dnsServers
    .filter((address) => coversAddress(selectors, address))
    .map((address) => ({ address, nameServer: true }));
  const hosts = selectors.flatMap(({ family, startAddress, endAddress }) => {
    const start = ipToNumber(startAddress);
    const size = ipToNumber(endAddress) - start;
    // A whole private class B at most: what is wider is "everything", and its first address nobody's.
    if (size > 0xffffn) return [];
    const host = size === 0n ? startAddress : numberToIp(start + 1n, family);
    return own.some((address) => sameIp(address, host)) ? [] : [{ address: host, nameServer: false }];
  });
  return [...servers, ...hosts].slice(0, 6);
}
