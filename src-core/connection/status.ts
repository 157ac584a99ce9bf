import type { UnusableReason } from '../mobility/path-candidates';
import type { Connectivity } from '../ports/connectivity';
import type { VpnErrorInfo } from '../ports/vpn-error';

export type ConnectionState =
  'Disconnected' | 'Connecting' | 'Connected' | 'Dormant' | 'WaitingToReconnect' | 'Disconnecting';

export type RoamReason =
  | 'adapter-lost'
  | 'carrier-lost'
  | 'address-lost'
  | 'preferred-adapter'
  | 'better-path'
  | 'path-silent'
  | 'gateway-address'
  | 'nat-mapping'
  | 'resume'
  | 'requested';

/**
 * `no-adapter`, `no-route`: nothing could carry it. `no-answer`: the server is silent. `captive-portal`, `no-internet`:
 * so is everything else on these networks. `mobility-off`: another adapter is ready, but the profile does not let the
 * connection move.
 */
export type WaitingReason = 'no-adapter' | 'no-route' | 'no-answer' | 'captive-portal' | 'no-internet' | 'mobility-off';

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

/**
 * Why a path is or is not used. `proving`: preferred, and not yet trusted; `unconfirmed`: in use, the server has not
 * said yes yet.
 */
export type PathReason =
  UnusableReason | 'in-use' | 'unconfirmed' | 'being-tested' | 'refused' | 'silent' | 'proving' | 'not-preferred';

/** One candidate path and why it is or is not used; for the Mobility tab. */
export interface PathStatus {
  readonly adapter: string;
  readonly originAddress: string;
  readonly destinationAddress: string;
  readonly state: 'in-use' | 'standby' | 'probing' | 'silent' | 'unusable';
  /** Why, as a word that programs know. */
  readonly why?: PathReason;
  /** Plain words: "no carrier", "not preferred", "answered in 3 ms". */
  readonly reason: string;
  readonly roundTripMs: number | null;
  /** What is behind the adapter; null or absent: nobody had to ask. */
  readonly connectivity?: Connectivity | null;
}

/**
 * The status object of docs/contract.md: fields are added within a major version, never renamed. Times are ISO 8601 in
 * UTC.
 */
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
  /**
   * What of the network settings is really in force, read back from the system, and how or why not. Empty while there
   * is no tunnel.
   */
  readonly settings?: readonly { readonly concern: string; readonly inForce: boolean; readonly detail: string }[];
  /**
   * There is no tunnel, and a kill switch of this connection holds all traffic back until it is Connected again or a
   * person disconnects it.
   */
  readonly trafficBlocked?: boolean;
  readonly authentication: string | null;
  readonly ike: {
    readonly spiInitiator: string;
    readonly spiResponder: string;
    readonly proposal: string;
    readonly establishedAt: string;
  } | null;
  readonly children: readonly ChildStatus[];
  readonly roams: number;
  readonly lastRoam: {
    readonly at: string;
    readonly from: string | null;
    readonly to: string;
    readonly reason: RoamReason;
    readonly milliseconds: number;
  } | null;
  /** When Dormant or WaitingToReconnect will end in failure. */
  readonly outageEndsAt: string | null;
  /** Why it waits; null when it does not. Readers keep to text they know: a later version may add reasons. */
  readonly waitingFor: WaitingReason | null;
  readonly phase: 'resolving' | 'connecting' | 'authenticating' | 'registering' | null;
  readonly paths: readonly PathStatus[];
  /** The token (smart card) with the key of this sign-in; absent or null: none is used, or the connection is not up. */
  readonly token?: { readonly label: string; readonly present: boolean } | null;
  /** It is dialled again by itself at `at`, for the `attempt`th of `attempts` times; absent or null: it is not. */
  readonly redial?: { readonly attempt: number; readonly attempts: number; readonly at: string } | null;
  readonly error: VpnErrorInfo | null;
}
