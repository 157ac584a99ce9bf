import { ipToOctets } from '../bytes/ip-address';
import type { IkeSessionConfig, Identity } from '../ikev2/session';
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

/** The configuration of one IKE session. Lifetimes follow Windows (480 minutes) for IKE and a bit more than an hour for CHILD SAs. */
export function sessionConfig(profile: Profile, credentials: SessionCredentials, originAddress: string, previousAddresses: readonly string[]): IkeSessionConfig {
  return {
    ikeProposals: profile.proposals.ike,
    espProposals: profile.proposals.esp,
    localIdentity: credentials.localIdentity ?? addressIdentity(originAddress),
    remoteIdentity: credentials.remoteIdentity,
    local: credentials.local,
    peer: credentials.peer,
    requestIpv4: true,
    requestIpv6: true,
    previousAddresses,
    mobike: profile.mobility.enabled,
    fragmentation: profile.advanced.fragmentation,
    initialContact: false,
    livenessSeconds: profile.advanced.dpdSeconds,
    ikeLifetimeSeconds: 28_800,
    childLifetimeSeconds: 3_600,
    natKeepaliveSeconds: profile.advanced.natKeepaliveSeconds,
    retransmitBudgetMs: outageMs(profile),
  };
}
