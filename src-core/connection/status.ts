import type { VpnErrorInfo } from '../ports/vpn-error';

export type ConnectionState = 'Disconnected' | 'Connecting' | 'Connected' | 'Dormant' | 'WaitingToReconnect' | 'Disconnecting';

export type RoamReason = 'adapter-lost' | 'carrier-lost' | 'address-lost' | 'preferred-adapter' | 'better-path' | 'path-silent' | 'gateway-address' | 'nat-mapping' | 'resume' | 'requested';

export interface ChildStatus {
  readonly spiIn: string;
  readonly spiOut: string;
  readonly proposal: string;
  /** CIDR or "start-end". */
  readonly local: readonly string[];
  readonly remote: readonly string[];
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly packetsIn: number;
  readonly packetsOut: number;
  readonly droppedReplay: number;
  readonly droppedAuth: number;
}

/** One candidate path and why it is or is not used; for the Mobility tab. */
export interface PathStatus {
  readonly adapter: string;
  readonly originAddress: string;
  readonly destinationAddress: string;
  readonly state: 'in-use' | 'standby' | 'probing' | 'silent' | 'unusable';
  /** Plain words: "no carrier", "not preferred", "answered in 3 ms". */
  readonly reason: string;
  readonly roundTripMs: number | null;
}

/** The status object of docs contract.md: fields are added within a major version, never renamed. Times are ISO 8601 in UTC. */
export interface StatusObject {
  readonly connection: string;
  readonly state: ConnectionState;
  /** When `state` was entered. */
  readonly since: string;
  /** When the tunnel came up; Duration counts from here through Dormant and roams. */
  readonly connectedSince: string | null;
  readonly server: string;
  readonly adapter: string | null;
  readonly adapterLabel: string | null;
  readonly originAddress: string | null;
  readonly destinationAddress: string | null;
  readonly natDetected: boolean;
  readonly mobikeSupported: boolean;
  readonly tunnelAdapter: string | null;
  readonly tunnelAddresses: readonly string[];
  readonly dnsServers: readonly string[];
  readonly authentication: string | null;
  readonly ike: { readonly spiInitiator: string; readonly spiResponder: string; readonly proposal: string; readonly establishedAt: string } | null;
  readonly children: readonly ChildStatus[];
  readonly roams: number;
  readonly lastRoam: { readonly at: string; readonly from: string | null; readonly to: string; readonly reason: RoamReason; readonly milliseconds: number } | null;
  /** When Dormant or WaitingToReconnect will end in failure. */
  readonly outageEndsAt: string | null;
  /** Why it waits: "no-adapter", "no-route", "no-answer", "captive-portal"; null when it does not. */
  readonly waitingFor: string | null;
  readonly phase: 'resolving' | 'connecting' | 'authenticating' | 'registering' | null;
  readonly paths: readonly PathStatus[];
  readonly error: VpnErrorInfo | null;
}
