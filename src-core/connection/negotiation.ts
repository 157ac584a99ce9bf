import type { IkePath, IkeSession, IkeSessionEvent } from '../ikev2/session';
import { findPathCandidates, unusableText, type PathCandidate } from '../mobility/path-candidates';
import type { Timer } from '../ports/clock';
import type { DatagramSocket } from '../ports/datagrams';
import type { VpnError } from '../ports/vpn-error';
import { openTunnel } from './apply-settings';
import type { Attempt } from './attempt';
import type { ConnectionContext } from './connection-context';
import { failures } from './failures';
import type { SessionCredentials } from './ports';
import { sessionConfig } from './session-config';

export type Established = Extract<IkeSessionEvent, { type: 'established' }>;

export type Negotiated =
  | Established
  /**
   * No IKE SA. `byServer`: the server itself said so after it had proved itself. Otherwise silence or an attacker on the
   * way to it may be the reason. `answered`: an answer to IKE_SA_INIT came that could be used.
   */
  | { readonly type: 'refused'; readonly error: VpnError; readonly byServer: boolean; readonly answered: boolean };

export interface NegotiationLimits {
  /** Milliseconds for the first path; each further one adds the time after which it is tried. null: no limit. */
  readonly limitMs: number | null;
  /** Milliseconds for all of them. */
  readonly mostMs: number;
  /** Which path comes first: 0 for the most wanted one. */
  readonly turn: number;
  /** Where the server has just answered: the first path of all. */
  readonly startAt: PathCandidate | null;
}

/** A further path is tried when the ones before have not answered for this long (C-43), milliseconds. */
const alternativeMs = 1_000;

export interface NegotiationListener {
  /**
   * The IKE SA is authenticated. In the same turn as the event, so that a path lost a moment later finds somebody to
   * act. May throw.
   */
  readonly established: (session: IkeSession, event: Established, candidates: readonly PathCandidate[]) => void;
  /** What the session says once it is the connection's. */
  readonly event: (event: IkeSessionEvent) => void;
}

interface OpenPath {
  readonly candidate: PathCandidate;
  readonly socket: DatagramSocket;
}

/** Everything that could be used, sockets open, the first one to be tried first. */
async function findPaths(
  context: ConnectionContext,
  attempt: Attempt,
  { turn, startAt }: NegotiationLimits,
): Promise<readonly OpenPath[]> {
  const { adapters } = context.ports;
  const { facts, profile } = context;
  const proven = facts.connectedSince === null ? null : facts.path;
  // DNS may lie; the address where the server proved itself last is known.
  const known = proven === null ? [] : [proven.destination];
  const found = findPathCandidates({
    adapters: adapters.snapshot(),
    lookupRoute: (question) => adapters.lookupRoute(question),
    gatewayAddresses: [...new Set([...facts.gatewayAddresses, ...known])],
    adapterOrder: context.profile.mobility.adapterOrder,
    current: null,
  });
  const reasons = found.map(
    (entry) => `${entry.label}: ${entry.reason === null ? 'ready' : unusableText(entry.reason)}`,
  );
  const stays = (entry: PathCandidate): boolean =>
    proven === null || profile.mobility.enabled || (entry.adapter === proven.adapter && entry.source === proven.source);
  const usable = beginningWith(
    startAt ?? pathInUse(attempt),
    inTurn(
      found.filter((entry) => entry.usable && stays(entry)),
      turn,
    ),
  ).slice(0, 16);
  const opened = await Promise.allSettled(usable.map((candidate) => attempt.sockets.open(candidate)));
  const paths = usable.flatMap((candidate, index) => {
    const result = opened[index]!;
    if (result.status === 'fulfilled') return [{ candidate, socket: result.value }];
    reasons.push(
      `${candidate.label} ${candidate.source}: ${result.reason instanceof Error ? result.reason.message : 'no socket'}`,
    );
    return [];
  });
  if (paths.length === 0) throw failures.noPath(reasons);
  return paths;
}

/**
 * The first answer ends the search for another path, and it may be forged or lead nowhere. No path may therefore always
 * be the first: each turn begins with the next address, and after all addresses with the next adapter.
 */
function inTurn(usable: readonly PathCandidate[], turn: number): readonly PathCandidate[] {
  const destinations = [...new Set(usable.map(({ destination }) => destination))];
  const adapters = [...new Set(usable.map(({ adapter }) => adapter))];
  const distance = <T>(all: readonly T[], first: number, wanted: T): number =>
    (all.indexOf(wanted) - (first % all.length) + all.length) % all.length;
  const rank = ({ adapter, destination }: PathCandidate): number =>
    distance(adapters, Math.floor(turn / destinations.length), adapter) * destinations.length +
    distance(destinations, turn, destination);
  return turn === 0 ? usable : usable.toSorted((a, b) => rank(a) - rank(b));
}

/**
 * Beside an IKE SA that works the new one is made where that one is: a gateway knows its client by the address too, and
 * nothing moves.
 */
function pathInUse(attempt: Attempt): PathCandidate | null {
  const state = attempt.manager?.state;
  return state?.type === 'Connected' ? state.path : null;
}

function beginningWith(first: PathCandidate | null, usable: readonly PathCandidate[]): readonly PathCandidate[] {
  if (first === null) return usable;
  const isFirst = (entry: PathCandidate): boolean => samePlace(entry, first);
  return [...usable.filter(isFirst), ...usable.filter((entry) => !isFirst(entry))];
}

const samePlace = (a: PathCandidate, b: PathCandidate): boolean =>
  a.adapter === b.adapter && a.source === b.source && a.destination === b.destination;

/** One IKE SA from IKE_SA_INIT on. It replaces an older one once it is authenticated. */
export async function negotiate(
  context: ConnectionContext,
  attempt: Attempt,
  credentials: SessionCredentials,
  limits: NegotiationLimits,
  listener: NegotiationListener,
): Promise<Negotiated> {
  const { ports, profile, facts } = context;
  const paths = await findPaths(context, attempt, limits);
  if (attempt.ended) throw failures.cancelled();
  const first = paths[0]!;
  if (facts.connectedSince === null) facts.path = first.candidate;
  context.give({ type: 'negotiate' });
  // C-43, M-9: port 500 without marker first, then 4500 with marker, then every other pair. Another port always has the
  // marker.
  const gatewayPorts = profile.port === null ? [500, 4500] : [profile.port];
  const pairs = paths.flatMap(({ candidate, socket }) =>
    gatewayPorts.map((port): IkePath => ({ socket, remote: { address: candidate.destination, port } })),
  );
  const local = {
    originAddress: first.candidate.source,
    adapters: ports.adapters.snapshot(),
    previousAddresses: facts.previousAddresses,
  };

  const limitMs =
    limits.limitMs === null
      ? null
      : Math.min(limits.limitMs + (pairs.length - gatewayPorts.length) * alternativeMs, limits.mostMs);
  let limit: Timer | null = null;
  let answered = false;
  let made: IkeSession | null = null;
  try {
    return await new Promise<Negotiated>((resolve, reject) => {
      const session = ports.createSession(sessionConfig(profile, credentials, local), {
        clock: ports.clock,
        random: ports.random,
        dataPath: attempt.dataPath,
        trace: ports.trace,
        // Both sessions of a revival share the data path.
        isSpiFree: (spi) =>
          (attempt.session === null || attempt.session.children.every((child) => child.spiIn !== spi)) &&
          attempt.retired.isSpiFree(spi),
        onEvent: (event) => {
          if (attempt.ended) return;
          if (attempt.next === session) {
            if (event.type === 'established') {
              try {
                listener.established(
                  session,
                  event,
                  paths.map((path) => path.candidate),
                );
                resolve(event);
              } catch (error) {
                reject(error);
              }
            } else if (event.type === 'ended') {
              const error = event.error ?? failures.serverDisconnected();
              resolve({ type: 'refused', error, byServer: event.by === 'peer', answered });
            } else if (event.type === 'progress') {
              answered ||= event.phase === 'auth';
              context.give({ type: event.phase === 'init' ? 'negotiate' : 'authenticate' });
            }
          } else if (attempt.session === session) listener.event(event);
        },
      });
      made = session;
      attempt.next = session;
      const tooLate = (): void => resolve({ type: 'refused', error: failures.noAnswer(), byServer: false, answered });
      if (limitMs !== null) limit = ports.clock.setTimer(limitMs, 'one try', tooLate);
      session.connect(pairs[0]!, pairs.slice(1));
      if (attempt.opening === null) openTunnel(context, attempt);
    });
  } finally {
    (limit as Timer | null)?.cancel();
    // What did not become the connection's session is forgotten.
    if (attempt.session !== made) (made as IkeSession | null)?.abandon();
    if (attempt.next === made) attempt.next = null;
  }
}
