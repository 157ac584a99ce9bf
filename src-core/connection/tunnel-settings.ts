import {
  formatCidr,
  intersectRanges,
  ipFamily,
  ipToNumber,
  numberToIp,
  parseCidr,
  prefixToRange,
  rangeToPrefixes,
  specialUse,
  type IpRange,
} from '../bytes/ip-address';
import type { DhcpOptions } from '../dhcp/options';
import type { ChildSaInfo, ConfigurationReply } from '../ikev2/session';
import type { DnsSettings, TunnelSettings } from '../ports/network-settings';
import type { TrafficSelector } from '../ports/data-path';
import type { Profile } from '../profiles/profile';
import { connectionId } from './connection-id';
import { smallestTunnelMtu } from './inner-mtu';

export interface TunnelFacts {
  readonly tunnelName: string;
  readonly mtu: number;
  readonly configuration: ConfigurationReply;
  /** What DHCPINFORM brought; null: nothing, or it was not asked. */
  readonly dhcp: DhcpOptions | null;
  readonly children: readonly Pick<ChildSaInfo, 'remoteSelectors'>[];
  /** Outer addresses and port the gateway is talked to at: a kill switch lets our own packets to them through. */
  readonly gatewayAddresses: readonly string[];
  readonly gatewayPort: number;
}

/** Never routed into a tunnel (C-56). */
const neverRouted = [
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '255.255.255.255/32',
  '::1/128',
  'fe80::/10',
  'ff00::/8',
].map((text) => prefixToRange(parseCidr(text)!));

function selectorRange(selector: TrafficSelector): IpRange {
  return { family: selector.family, start: selector.startAddress, end: selector.endAddress };
}

function isEverything(range: IpRange): boolean {
  const bits = range.family === 4 ? 32 : 128;
  return ipToNumber(range.start) === 0n && ipToNumber(range.end) === (1n << BigInt(bits)) - 1n;
}

/** `range` without `hole`; 0, 1 or 2 ranges. */
export function subtractRange(range: IpRange, hole: IpRange): readonly IpRange[] {
  const common = intersectRanges(range, hole);
  if (common === null) return [range];
  const rest: IpRange[] = [];
  const { family } = range;
  if (ipToNumber(range.start) < ipToNumber(common.start))
    rest.push({ family, start: range.start, end: numberToIp(ipToNumber(common.start) - 1n, family) });
  if (ipToNumber(common.end) < ipToNumber(range.end))
    rest.push({ family, start: numberToIp(ipToNumber(common.end) + 1n, family), end: range.end });
  return rest;
}

function toCidrs(ranges: readonly IpRange[]): readonly string[] {
  const texts = ranges.flatMap((range) => {
    // The default route stays one route; its loopback and multicast parts never reach it anyway.
    if (isEverything(range)) return [range.family === 4 ? '0.0.0.0/0' : '::/0'];
    const kept = neverRouted.reduce<readonly IpRange[]>(
      (rest, hole) => rest.flatMap((part) => subtractRange(part, hole)),
      [range],
    );
    return kept.flatMap((part) => rangeToPrefixes(part).map(formatCidr));
  });
  return [...new Set(texts)];
}

/** The route Windows sets when it must not take the default route: the historic class of the tunnel address. */
function classfulRange(address: string): IpRange | null {
  if (ipFamily(address) !== 4) return null;
  const first = Number(address.split('.')[0]);
  const prefix = parseCidr(`${address}/${first < 128 ? 8 : first < 192 ? 16 : 24}`);
  return prefix === null ? null : prefixToRange(prefix);
}

function cidrRanges(texts: readonly string[]): readonly IpRange[] {
  return texts.flatMap((text) => {
    const prefix = parseCidr(text);
    return prefix === null ? [] : [prefixToRange(prefix)];
  });
}

/**
 * Destinations sent into the tunnel (C-51, C-56): what the CHILD SAs carry, cut down to the profile's wish. Without
 * "use default gateway on
 * remote network": the profile's routes, else the narrowed selectors, else the subnets the server announced, else the
 * class of the tunnel address.
 */
export function tunnelRoutes(
  profile: Pick<Profile, 'network'>,
  facts: Pick<TunnelFacts, 'children' | 'configuration' | 'dhcp'>,
): readonly string[] {
  const carried = facts.children.flatMap((child) => child.remoteSelectors).map(selectorRange);
  const families = new Set([
    ...facts.configuration.ipv4Addresses.map(() => 4),
    ...facts.configuration.ipv6Addresses.map(() => 6),
  ]);
  const usable = carried.filter((range) => families.has(range.family));
  if (profile.network.useDefaultGateway) return toCidrs(usable);
  const cut = (wanted: readonly IpRange[]): readonly IpRange[] =>
    wanted.flatMap((range) =>
      usable.flatMap((have) => {
        const common = intersectRanges(range, have);
        return common === null ? [] : [common];
      }),
    );
  // W-26: half of all addresses and more are a default gateway, which is the profile's to grant.
  const fromDhcp = cut(
    cidrRanges((facts.dhcp?.routes ?? []).filter((route) => (parseCidr(route)?.prefixLength ?? 0) > 1)),
  );
  if (profile.network.routes.length > 0) return toCidrs([...cut(cidrRanges(profile.network.routes)), ...fromDhcp]);
  return toCidrs([
    ...fromDhcp,
    ...usable.flatMap((range) => {
      if (!isEverything(range)) return [range];
      const announced = cidrRanges(facts.configuration.subnets).filter((subnet) => subnet.family === range.family);
      if (announced.length > 0) return announced;
      return facts.configuration.ipv4Addresses.flatMap((address) => {
        const own = classfulRange(address);
        return own !== null && own.family === range.family ? [own] : [];
      });
    }),
  ]);
}

/** More than any connection has; the helper takes no more. */
const mostDomains = 64;

function dnsSettings(
  profile: Pick<Profile, 'network'>,
  { configuration, dhcp }: Pick<TunnelFacts, 'configuration' | 'dhcp'>,
): DnsSettings | null {
  const { dnsServers, splitDns, searchDomains } = profile.network;
  // The authenticated gateway's own word comes first; DHCP fills what it left open.
  const told = configuration.dnsServers.length > 0 ? configuration.dnsServers : (dhcp?.dnsServers ?? []);
  const servers = (dnsServers === 'server' ? told : dnsServers).filter(
    (server) => specialUse(server) === null || specialUse(server) === 'private',
  );
  if (servers.length === 0) return null;
  // C-52: domains of the server count only together with its DNS servers.
  const announced = dnsServers === 'server' ? [...configuration.dnsDomains, ...(dhcp?.domains ?? [])] : [];
  const searched = [...new Set([...searchDomains.map((name) => name.replace(/^\./, '')), ...announced])].slice(
    0,
    mostDomains,
  );
  return {
    servers,
    searchDomains: searched,
    splitDomains: splitDns.length > 0 ? splitDns : profile.network.useDefaultGateway ? [] : searched,
  };
}

/** More than any gateway has; the helper takes no more. */
const mostEndpoints = 64;

/** C-43: the ports a new IKE SA begins with, and the one in use. */
export function gatewayEndpoints(
  profile: { readonly port: number | null },
  facts: Pick<TunnelFacts, 'gatewayAddresses' | 'gatewayPort'>,
): readonly { readonly address: string; readonly port: number }[] {
  const ports = [...new Set([...(profile.port === null ? [500, 4500] : [profile.port]), facts.gatewayPort])];
  return facts.gatewayAddresses.flatMap((address) => ports.map((port) => ({ address, port }))).slice(0, mostEndpoints);
}

/** What the system shall look like while this tunnel is up. */
export function tunnelSettings(
  profile: Pick<Profile, 'name' | 'port' | 'network'>,
  facts: TunnelFacts,
): TunnelSettings {
  const routes = tunnelRoutes(profile, facts);
  const { configuration } = facts;
  const takesIpv4 = routes.includes('0.0.0.0/0');
  const carriesIpv6 = routes.includes('::/0');
  return {
    tunnelName: facts.tunnelName,
    owner: connectionId(profile.name),
    // Below 1280 the data path says "too big" itself; without IPv6 the adapter says it, and fragments what may be
    // fragmented.
    mtu: Math.max(smallestTunnelMtu[configuration.ipv6Addresses.length > 0 ? 6 : 4], facts.mtu),
    addresses: [
      ...configuration.ipv4Addresses.map((address) => `${address}/32`),
      ...configuration.ipv6Addresses.map(({ address }) => `${address}/128`),
    ],
    routes,
    excluded: toCidrs(cidrRanges(profile.network.excludedRoutes)),
    // IPv6 is stopped only where the tunnel takes the default route and cannot carry it.
    ipv6: profile.network.ipv6 === 'tunnel-or-block' && takesIpv4 && !carriesIpv6 ? 'block' : 'leave',
    dns: dnsSettings(profile, facts),
    killSwitch: profile.network.killSwitch
      ? { endpoints: gatewayEndpoints(profile, facts), allowLan: profile.network.allowLan }
      : null,
  };
}
