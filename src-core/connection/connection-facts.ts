import type { ChildSaInfo, ConfigurationReply, IkeSaInfo } from '../ikev2/session';
import type { PathCandidate } from '../mobility/path-candidates';
import type { SettingsReport } from '../ports/network-settings';
import type { StatusObject } from './status';

/** What is known of one connection beside its phase: what the status object shows and what a new IKE SA starts from. */
export interface ConnectionFacts {
  /** Addresses the gateway can be reached at, as its name was resolved last. */
  gatewayAddresses: readonly string[];
  /** What the gateway itself announced beside them (RFC 4555 section 3.6). */
  announcedAddresses: readonly string[];
  path: PathCandidate | null;
  natDetected: boolean;
  mobikeSupported: boolean;
  configuration: ConfigurationReply | null;
  /**
   * The CHILD SA that came with the IKE SA in use. What it carries is what is routed into the tunnel as long as that IKE
   * SA lasts: where a later one carries less, the rest is dropped and does not leave around the tunnel.
   */
  child: ChildSaInfo | null;
  authentication: string | null;
  ike: IkeSaInfo | null;
  dnsServers: readonly string[];
  /** What is in force on the system, as it was read back last. */
  settings: SettingsReport['concerns'];
  /** The connection ended without anybody's wish, and its kill switch stays in force. */
  trafficBlocked: boolean;
  /** Wall-clock milliseconds. */
  connectedSince: number | null;
  roams: number;
  lastRoam: StatusObject['lastRoam'];
  /** The token with the person's key, while the connection is up. */
  token: { readonly label: string; readonly present: boolean } | null;
  /** Inner addresses the server gave last (C-48). */
  previousAddresses: readonly string[];
}

export function newFacts(previousAddresses: readonly string[]): ConnectionFacts {
  return {
    gatewayAddresses: [],
    announcedAddresses: [],
    path: null,
    natDetected: false,
    mobikeSupported: false,
    configuration: null,
    child: null,
    authentication: null,
    ike: null,
    dnsServers: [],
    settings: [],
    trafficBlocked: false,
    connectedSince: null,
    roams: 0,
    lastRoam: null,
    token: null,
    previousAddresses,
  };
}

/** Before an attempt: what the last one counted. */
export function forgetHistory(facts: ConnectionFacts): void {
  facts.path = null;
  facts.natDetected = false;
  facts.mobikeSupported = false;
  facts.authentication = null;
  facts.roams = 0;
  facts.lastRoam = null;
}

/** After an attempt: what no longer exists. */
export function forgetSession(facts: ConnectionFacts): void {
  facts.configuration = null;
  facts.child = null;
  facts.ike = null;
  facts.dnsServers = [];
  facts.settings = [];
  facts.announcedAddresses = [];
  facts.path = null;
  facts.connectedSince = null;
  facts.token = null;
}
