import { formatCidr, ipToOctets, parseCidr } from '../bytes/ip-address';
import type { IkeSessionConfig, Identity } from '../ikev2/session';
import type { Adapter } from '../ports/adapters';
import { effectiveProposals } from '../profiles/effective-proposals';
import type { Profile } from '../profiles/profile';
import type { SessionCredentials } from './ports';

/** Without MOBIKE a peer is given up after three minutes (C-10). */
export const outageWithoutMobility = 180_000;

export function outageMs(profile: Pick<Profile, 'mobility'>): number {
  return profile.mobility.enabled ? profile.mobility.outageSeconds * 1000 : outageWithoutMobility;
}

export function addressIdentity(address: string): Identity {
  const value = ipToOctets(address);
  if (value === null) throw new RangeError(`not an IP address: ${address}`);
  return { type: value.length === 4 ? 'ipv4' : 'ipv6', value };
}

/** Networks this computer is on, CIDR: an inner address inside one of them would shadow it (H-28). */
export function localPrefixes(adapters: readonly Adapter[]): readonly string[] {
  const prefixes = adapters
    .flatMap((adapter) => adapter.addresses)
    .flatMap(({ address, prefixLength, scope }) => {
      const prefix = scope === 'global' ? parseCidr(`${address}/${prefixLength}`) : null;
      return prefix === null ? [] : [formatCidr(prefix)];
    });
  return [...new Set(prefixes)];
}

/** The configuration of one IKE session. */
export function sessionConfig(
  profile: Profile,
  credentials: SessionCredentials,
  local: {
    readonly originAddress: string;
    readonly adapters: readonly Adapter[];
    readonly previousAddresses: readonly string[];
  },
): IkeSessionConfig {
  const { ike, esp } = effectiveProposals(profile);
  return {
    ikeProposals: ike,
    espProposals: esp,
    localIdentity: credentials.localIdentity ?? addressIdentity(local.originAddress),
    remoteIdentity: credentials.remoteIdentity,
    local: credentials.local,
    secondRound: credentials.secondRound ?? null,
    peer: credentials.peer,
    requestIpv4: true,
    requestIpv6: true,
    requestDhcp: profile.network.dhcpInform,
    previousAddresses: local.previousAddresses,
    localPrefixes: localPrefixes(local.adapters),
    mobike: profile.mobility.enabled,
    fragmentation: profile.advanced.fragmentation,
    initialContact: false,
    livenessSeconds: profile.advanced.dpdSeconds,
    ikeLifetimeSeconds: profile.advanced.ikeLifetimeSeconds,
    childLifetimeSeconds: profile.advanced.childLifetimeSeconds,
    reauthenticationSeconds: profile.advanced.reauthenticationSeconds,
    natKeepaliveSeconds: profile.advanced.natKeepaliveSeconds,
    retransmitBudgetMs: outageMs(profile),
  };
}
