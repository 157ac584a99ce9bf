import { formatRange } from '../bytes/ip-address';
import type { ChildSaInfo, ConfigurationReply, IkeSaInfo } from '../ikev2/session';
import type { MobilityState } from '../mobility/mobility-model';
import type { PathCandidate } from '../mobility/path-candidates';
import type { DataPath, TrafficSelector } from '../ports/data-path';
import type { ConnectionPhase } from './connection-state';
import type { Revival } from './revival';
import type { ChildStatus, ConnectionState, PathReason, PathStatus, StatusObject, WaitingReason } from './status';

/** Everything the status object is made of. Times are wall-clock milliseconds. */
export interface StatusFacts {
  readonly name: string;
  readonly server: string;
  readonly phase: ConnectionPhase;
  readonly mobility: MobilityState | null;
  /** A new IKE SA is being made and nothing carries packets meanwhile. */
  readonly revival: Pick<Revival, 'endsAt'> | null;
  readonly since: number;
  readonly connectedSince: number | null;
  /** Difference between wall-clock and monotonic time. */
  readonly wallOffset: number;
  readonly path: PathCandidate | null;
  readonly natDetected: boolean;
  readonly mobikeSupported: boolean;
  readonly tunnelAdapter: string | null;
  readonly configuration: ConfigurationReply | null;
  readonly dnsServers: readonly string[];
  readonly settings: NonNullable<StatusObject['settings']>;
  readonly trafficBlocked: boolean;
  readonly authentication: string | null;
  readonly ike: IkeSaInfo | null;
  readonly children: readonly ChildSaInfo[];
  readonly dataPath: Pick<DataPath, 'inboundCounters' | 'outboundCounters'> | null;
  readonly roams: number;
  readonly lastRoam: StatusObject['lastRoam'];
  readonly paths: readonly PathStatus[];
  /** What the network says about the silence, while the connection waits for its server. */
  readonly network: 'captive-portal' | 'no-internet' | null;
  readonly token: { readonly label: string; readonly present: boolean } | null;
}

export const isoTime = (milliseconds: number): string => new Date(milliseconds).toISOString();

export function stateName(phase: ConnectionPhase, mobility: MobilityState | null, revival: unknown): ConnectionState {
  switch (phase.type) {
    case 'down':
      return 'Disconnected';
    case 'connecting':
      return 'Connecting';
    case 'disconnecting':
      return 'Disconnecting';
    case 'up':
      if (revival !== null) return 'WaitingToReconnect';
      return mobility === null || mobility.type === 'Failed' ? 'Connected' : mobility.type;
  }
}

function selectorText(selector: TrafficSelector): string {
  const range = formatRange({ family: selector.family, start: selector.startAddress, end: selector.endAddress });
  const ports =
    selector.startPort === 0 && selector.endPort === 65535
      ? ''
      : ` port ${selector.startPort === selector.endPort ? selector.startPort : `${selector.startPort}-${selector.endPort}`}`;
  return `${range}${selector.protocol === 0 ? '' : ` protocol ${selector.protocol}`}${ports}`;
}

const spiText = (spi: number): string => (spi >>> 0).toString(16).padStart(8, '0');

function childStatus(child: ChildSaInfo, dataPath: StatusFacts['dataPath']): ChildStatus {
  const inbound = dataPath?.inboundCounters(child.spiIn) ?? null;
  const outbound = dataPath?.outboundCounters(child.spiOut) ?? null;
  return {
    spiIn: spiText(child.spiIn),
    spiOut: spiText(child.spiOut),
    proposal: child.proposal,
    local: child.localSelectors.map(selectorText),
    remote: child.remoteSelectors.map(selectorText),
    bytesIn: inbound?.bytes ?? 0,
    bytesOut: outbound?.bytes ?? 0,
    packetsIn: inbound?.packets ?? 0,
    packetsOut: outbound?.packets ?? 0,
    droppedReplay: inbound?.droppedReplay ?? 0,
    droppedAuth: inbound?.droppedAuth ?? 0,
  };
}

function waitingFor(facts: StatusFacts): WaitingReason | null {
  if (facts.phase.type === 'connecting') return facts.network;
  if (facts.phase.type !== 'up') return null;
  if (facts.revival !== null) return facts.network ?? 'no-answer';
  if (facts.mobility === null) return null;
  if (facts.mobility.type === 'WaitingToReconnect') return facts.network ?? 'no-answer';
  if (facts.mobility.type !== 'Dormant') return null;
  const isAny = (why: PathReason): boolean => facts.paths.some((path) => path.why === why);
  if (isAny('mobility-off')) return 'mobility-off';
  return isAny('no-route') ? 'no-route' : 'no-adapter';
}

/** A connection that was never used since the host started. */
export function idleStatus(name: string, server: string, since: number): StatusObject {
  return statusObject({
    name,
    server,
    phase: { type: 'down', error: null },
    mobility: null,
    revival: null,
    since,
    connectedSince: null,
    wallOffset: 0,
    path: null,
    natDetected: false,
    mobikeSupported: false,
    tunnelAdapter: null,
    configuration: null,
    dnsServers: [],
    settings: [],
    trafficBlocked: false,
    authentication: null,
    ike: null,
    children: [],
    dataPath: null,
    roams: 0,
    lastRoam: null,
    paths: [],
    network: null,
    token: null,
  });
}

export function statusObject(facts: StatusFacts): StatusObject {
  const { phase, mobility, path, configuration } = facts;
  const live = phase.type === 'up' || phase.type === 'connecting';
  const waiting =
    mobility !== null && (mobility.type === 'Dormant' || mobility.type === 'WaitingToReconnect')
      ? mobility
      : facts.revival;
  const outage = phase.type === 'up' && waiting !== null ? waiting.endsAt + facts.wallOffset : null;
  const shown = phase.type === 'up' && mobility?.type === 'Dormant' ? null : path;
  return {
    connection: facts.name,
    state: stateName(phase, mobility, facts.revival),
    since: isoTime(facts.since),
    connectedSince: facts.connectedSince === null ? null : isoTime(facts.connectedSince),
    server: facts.server,
    adapter: live ? (shown?.adapter ?? null) : null,
    adapterLabel: live ? (shown?.label ?? null) : null,
    originAddress: live ? (shown?.source ?? null) : null,
    destinationAddress: live ? (shown?.destination ?? null) : null,
    natDetected: facts.natDetected,
    mobikeSupported: facts.mobikeSupported,
    tunnelAdapter: facts.tunnelAdapter,
    tunnelAddresses:
      configuration === null
        ? []
        : [
            ...configuration.ipv4Addresses.map((address) => `${address}/32`),
            ...configuration.ipv6Addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`),
          ],
    dnsServers: facts.dnsServers,
    settings: facts.settings,
    trafficBlocked: facts.trafficBlocked,
    authentication: facts.authentication,
    ike:
      facts.ike === null
        ? null
        : {
            spiInitiator: facts.ike.spiInitiator,
            spiResponder: facts.ike.spiResponder,
            proposal: facts.ike.proposal,
            establishedAt: isoTime(facts.ike.establishedAt),
          },
    children: facts.children.map((child) => childStatus(child, facts.dataPath)),
    roams: facts.roams,
    lastRoam: facts.lastRoam,
    outageEndsAt: outage === null || !Number.isFinite(outage) ? null : isoTime(outage),
    waitingFor: waitingFor(facts),
    token: facts.token,
    phase: phase.type === 'connecting' ? phase.step : null,
    paths: facts.paths,
    error: phase.type === 'down' || phase.type === 'disconnecting' ? phase.error : null,
  };
}
