import type { IkePath, IkeSession, IkeSessionEvent } from '../ikev2/session';
import { findPathCandidates, unusableText, type PathCandidate } from '../mobility/path-candidates';
import type { Timer } from '../ports/clock';
import type { DatagramSocket } from '../ports/datagrams';
import { openTunnel } from './apply-settings';
import type { Attempt } from './attempt';
import type { ConnectionContext } from './connection-context';
import { failures } from './failures';
import type { SessionCredentials } from './ports';
import { sessionConfig } from './session-config';

export type Established = Extract<IkeSessionEvent, { type: 'established' }>;

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

/** Everything that could be used, sockets open, best first. */
async function findPaths(context: ConnectionContext, attempt: Attempt): Promise<readonly OpenPath[]> {
  const { adapters } = context.ports;
  const found = findPathCandidates({
    adapters: adapters.snapshot(),
    lookupRoute: (question) => adapters.lookupRoute(question),
    gatewayAddresses: context.facts.gatewayAddresses,
    adapterOrder: context.profile.mobility.adapterOrder,
    current: null,
  });
  const reasons = found.map(
    (entry) => `${entry.label}: ${entry.reason === null ? 'ready' : unusableText(entry.reason)}`,
  );
  const usable = currentFirst(
    attempt,
    found.filter((entry) => entry.usable),
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
 * Beside an IKE SA that works the new one is made where that one is: a gateway knows its client by the address too, and
 * nothing moves.
 */
function currentFirst(attempt: Attempt, usable: readonly PathCandidate[]): readonly PathCandidate[] {
  const state = attempt.manager?.state;
  if (state?.type !== 'Connected') return usable;
  const isCurrent = (entry: PathCandidate): boolean => samePlace(entry, state.path);
  return [...usable.filter(isCurrent), ...usable.filter((entry) => !isCurrent(entry))];
}

const samePlace = (a: PathCandidate, b: PathCandidate): boolean =>
  a.adapter === b.adapter && a.source === b.source && a.destination === b.destination;

/**
 * One IKE SA from IKE_SA_INIT on; `limitMs` null: as long as the session itself tries. It replaces an older one once it
 * is authenticated.
 */
export async function negotiate(
  context: ConnectionContext,
  attempt: Attempt,
  credentials: SessionCredentials,
  limitMs: number | null,
  listener: NegotiationListener,
): Promise<Established> {
  const { ports, profile, facts } = context;
  const paths = await findPaths(context, attempt);
  if (attempt.ended) throw failures.cancelled();
  const first = paths[0]!;
  if (attempt.session === null) facts.path = first.candidate;
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

  let limit: Timer | null = null;
  let made: IkeSession | null = null;
  try {
    return await new Promise<Established>((resolve, reject) => {
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
            } else if (event.type === 'ended') reject(event.error ?? failures.serverDisconnected());
            else if (event.type === 'progress')
              context.give({ type: event.phase === 'init' ? 'negotiate' : 'authenticate' });
          } else if (attempt.session === session) listener.event(event);
        },
      });
      made = session;
      attempt.next = session;
      if (limitMs !== null) limit = ports.clock.setTimer(limitMs, 'one try', () => reject(failures.noAnswer()));
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
