import type { IkeSession, IkeSessionEvent } from '../ikev2/session';
import { isBehindTunnel } from '../mobility/behind-tunnel';
import { MobilityManager, type Roam } from '../mobility/mobility-manager';
import { defaultMobilityPolicy, type MobilityPolicy, type MobilityState } from '../mobility/mobility-model';
import type { PathCandidate } from '../mobility/path-candidates';
import { SleepWatch } from '../mobility/sleep-watch';
import { allowGateway, applySettings } from './apply-settings';
import type { Attempt } from './attempt';
import type { ConnectionContext } from './connection-context';
import { Doubts } from './doubts';
import { duration, failures } from './failures';
import { IdleWatch } from './idle-watch';
import { Informer } from './informer';
import { chooseInnerMtu } from './inner-mtu';
import { negotiate, type Established, type Negotiated, type NegotiationLimits } from './negotiation';
import type { SessionCredentials } from './ports';
import { Reviver } from './reviver';
import { renewGatewayAddresses } from './resolve-gateway';
import { revivalTryMs, type Revival } from './revival';
import { outageMs } from './session-config';
import { isoTime } from './status-object';
import { TokenWatch } from './token-watch';

/** Rounds of probing without any answer before a new IKE SA is tried beside the old one. */
const roundsBeforeRevival = 2;

/**
 * The IKE SA of one attempt and its successors: which one carries the connection, which path it is on, and what its
 * events mean.
 */
export class SessionKeeper {
  readonly #context: ConnectionContext;
  readonly #attempt: Attempt;
  readonly #reviver: Reviver;
  readonly #doubts: Doubts;
  readonly #sleep: SleepWatch;
  readonly #tokenWatch: TokenWatch;
  readonly #inform: Informer;
  readonly #idle: IdleWatch;
  /** Clock.now() when the session in use was established. */
  #establishedAt = -Infinity;

  constructor(context: ConnectionContext, attempt: Attempt) {
    this.#context = context;
    this.#attempt = attempt;
    this.#reviver = new Reviver(
      context,
      attempt,
      (credentials, limits) => this.negotiate(credentials, limits),
      () => this.#sleep.look(),
      (roam) => {
        if (roam !== null) this.#roamed(roam);
        this.#inform.start();
      },
    );
    this.#doubts = new Doubts(context, attempt, this.#reviver);
    this.#sleep = new SleepWatch(context.ports.clock, (milliseconds) => {
      context.log('info', `The computer was asleep for ${duration(milliseconds)}: looking at the path again.`);
      this.resume();
    });
    this.#tokenWatch = new TokenWatch(context, attempt);
    this.#inform = new Informer(context, attempt);
    this.#idle = new IdleWatch(context, attempt);
  }

  /** A revival while nothing carries packets, for want of an IKE SA or of a CHILD SA: the connection waits. */
  get withoutTunnel(): Revival | null {
    const { manager, session } = this.#attempt;
    const isEmpty = manager?.state.type === 'Connected' && session?.children.length === 0;
    return manager === null || isEmpty ? this.#reviver.revival : null;
  }

  negotiate(credentials: SessionCredentials, limits: NegotiationLimits): Promise<Negotiated> {
    return negotiate(this.#context, this.#attempt, credentials, limits, {
      established: (session, event, candidates) => this.#established(session, event, candidates),
      event: (event) => this.#sessionEvent(event),
    });
  }

  /** Addresses, routes and DNS of the first IKE SA: with them the connection is up. */
  async register(): Promise<void> {
    const attempt = this.#attempt;
    const { facts, ports } = this.#context;
    const device = await attempt.opening!;
    if (attempt.ended) return;
    attempt.device = device;
    attempt.dataPath.attachTunnel(device);
    await applySettings(this.#context, attempt, device);
    if (attempt.ended) return;
    facts.connectedSince = ports.clock.wallTime();
    facts.trafficBlocked = false;
    this.#context.give({ type: 'registered' });
    this.#doubts.start();
    this.#sleep.start();
    this.#tokenWatch.start();
    this.#inform.start();
    this.#idle.start();
    this.#context.log(
      'info',
      `Connected: ${facts.previousAddresses.join(', ')} by ${facts.path?.label ?? 'no adapter'} (${facts.path?.source ?? ''}).`,
    );
  }

  /**
   * After sleep, or when somebody asked for a fresh look: one probe, then MOBIKE, then a new sign-in with what is in
   * memory.
   */
  resume(): void {
    this.#attempt.manager?.resume();
    this.#reviver.resume();
  }

  /** Nothing starts by itself any more. */
  stop(): void {
    this.#sleep.stop();
    this.#doubts.stop();
    this.#tokenWatch.stop();
    this.#inform.stop();
    this.#idle.stop();
    this.#reviver.stop();
  }

  // ---- a session takes over ----

  #established(session: IkeSession, event: Established, candidates: readonly PathCandidate[]): void {
    const attempt = this.#attempt;
    const { facts, profile } = this.#context;
    const { path } = session;
    const candidate = candidates.find((entry) => {
      const readiness = attempt.sockets.readiness(entry);
      return (
        readiness.state === 'ready' && readiness.socket === path?.socket && entry.destination === path.remote.address
      );
    });
    if (candidate === undefined || path === null)
      throw new Error('the session was established on a path nobody gave it');
    this.#replace(session);
    facts.path = candidate;
    facts.natDetected = event.natDetected;
    facts.mobikeSupported = event.mobikeSupported;
    facts.configuration = event.configuration;
    facts.child = event.child;
    facts.announcedAddresses = [];
    attempt.dhcp = null;
    facts.authentication = event.authentication;
    facts.ike = event.ike;
    const addresses = [
      ...event.configuration.ipv4Addresses,
      ...event.configuration.ipv6Addresses.map((entry) => entry.address),
    ];
    if (facts.connectedSince !== null && addresses.join() !== facts.previousAddresses.join())
      this.#context.log(
        'warning',
        `The server gave other addresses with the new IKE SA: ${addresses.join(', ')} instead of ${facts.previousAddresses.join(', ')}. What was open through the tunnel may have to be opened again.`,
      );
    facts.previousAddresses = addresses;
    const innerMtu = (entry: PathCandidate): number =>
      chooseInnerMtu(
        profile.network.mtu,
        entry.mtu,
        entry.family,
        session.children[0]?.proposal ?? event.child.proposal,
      );
    attempt.dataPath.setInnerMtu(innerMtu(candidate));
    attempt.dataPath.setPath(path);
    attempt.manager = this.#newManager(
      session,
      candidate,
      path.remote.port,
      innerMtu,
      profile.mobility.enabled ? (event.mobikeSupported ? 'by-update' : 'by-new-ike-sa') : 'never',
    );
    attempt.manager.start();
    if (!profile.mobility.enabled)
      this.#context.log('info', 'Mobility is turned off for this connection: it stays on this adapter.');
    else if (!event.mobikeSupported)
      this.#context.log(
        'warning',
        'The server does not support mobility (MOBIKE): by another adapter the connection has to sign in again, which it does by itself.',
      );
    this.#context.give({ type: 'register' });
  }

  #newManager(
    session: IkeSession,
    path: PathCandidate,
    port: number,
    innerMtu: (path: PathCandidate) => number,
    moves: MobilityPolicy['moves'],
  ): MobilityManager {
    const { facts, ports, profile, mobilityPolicy } = this.#context;
    const { mobility: wanted } = profile;
    let before: MobilityState['type'] = 'Connected';
    return new MobilityManager(
      {
        clock: ports.clock,
        adapters: ports.adapters,
        sockets: this.#attempt.sockets,
        session,
        dataPath: this.#attempt.dataPath,
        trace: ports.trace,
        policy: {
          ...defaultMobilityPolicy,
          outageMs: outageMs(profile),
          returnToPreferred: wanted.returnToPreferred,
          ...mobilityPolicy,
          moves,
        },
        adapterOrder: wanted.adapterOrder,
        // Where the server has just proved itself, whatever its name leads to by now.
        gatewayAddresses: [...new Set([path.destination, ...facts.gatewayAddresses])],
        port,
        innerMtu,
        isBehindTunnel: (address, inUse) => isBehindTunnel(facts.child?.remoteSelectors ?? [], address, inUse),
        onChange: (state) => {
          // After an outage the name may lead elsewhere: asked at once, beside the first try on what is known.
          if (state.type === 'WaitingToReconnect' && before === 'Dormant')
            void renewGatewayAddresses(this.#context, this.#attempt, revivalTryMs);
          before = state.type;
          // The old IKE SA may be unknown there by now; asking for a new one does not wait for the outage time (M-35).
          if (state.type === 'WaitingToReconnect' && state.rounds >= roundsBeforeRevival)
            this.#reviver.revive('forgotten');
          this.#context.changed();
        },
        onRoam: (roam) => this.#roamed(roam),
        onRenew: (renewal) => this.#reviver.revive('moved', renewal),
        beforeOutageEnds: () => this.#sleep.look(),
        onFailed: (failure) =>
          this.#context.lost(
            failure === 'outage-over' || failure === 'peer-silent'
              ? failures.linkLost(profile.name, outageMs(profile), this.#reviver.revival?.lastRefusal ?? null)
              : failures.sessionLost(),
          ),
      },
      path,
    );
  }

  /** `session` takes over; an older one is told or forgotten, its SAs leave the data path. */
  #replace(session: IkeSession): void {
    const attempt = this.#attempt;
    const old = attempt.session;
    attempt.manager?.stop();
    attempt.manager = null;
    attempt.session = session;
    attempt.next = null;
    this.#establishedAt = this.#context.ports.clock.now();
    if (old === null) return;
    // Make before break: while the old one works, what is under way on it still arrives.
    if (this.#reviver.revival?.cause === 'reauthenticate' && !attempt.sessionOver)
      attempt.retired.add(old, () => attempt.session?.path ?? null);
    else old.abandon();
    attempt.sessionOver = false;
  }

  // ---- while it is up ----

  #sessionEvent(event: IkeSessionEvent): void {
    const { facts } = this.#context;
    switch (event.type) {
      case 'ike-rekeyed':
        facts.ike = event.ike;
        break;
      case 'path-confirmed':
        facts.natDetected = event.natDetected;
        break;
      case 'peer-forgot-hint':
        this.#doubts.doubt('Somebody says that the server does not know this connection.');
        break;
      case 'reauthenticate':
        if (this.#attempt.session?.children.length === 0) this.#reviver.tunnelEnded(event.reason, this.#lastedMs);
        else {
          this.#context.log('info', `A new sign-in is due: ${event.reason}.`);
          this.#reviver.revive('reauthenticate');
        }
        break;
      case 'peer-addresses': {
        facts.announcedAddresses = event.addresses;
        // A kill switch lets packets to them through before the first probe leaves.
        const { manager } = this.#attempt;
        const allowed = allowGateway(this.#context, this.#attempt);
        if (allowed === null) break;
        allowed
          .catch((error: unknown) =>
            this.#context.log(
              'error',
              `The addresses that the server announced are not let through: ${error instanceof Error ? error.message : 'unknown reason'}.`,
            ),
          )
          .finally(() => manager?.handle(event));
        return;
      }
      case 'ended':
        return this.#reviver.sessionEnded(event.by, event.error, this.#lastedMs);
      default:
        break;
    }
    // The old IKE SA lives after all.
    if (event.type === 'path-confirmed' && this.#reviver.revival?.cause === 'forgotten') this.#reviver.stop();
    this.#attempt.manager?.handle(event);
    this.#context.changed();
  }

  #roamed(roam: Roam): void {
    const { facts, ports, phase } = this.#context;
    const attempt = this.#attempt;
    facts.roams++;
    facts.lastRoam = {
      at: isoTime(ports.clock.wallTime()),
      from: roam.from?.adapter ?? null,
      to: roam.to.adapter,
      reason: roam.reason,
      milliseconds: Math.round(roam.milliseconds * 10) / 10,
    };
    facts.path = roam.to;
    // Another MTU, another address of the gateway; where nothing differs nothing is asked of the system.
    if (attempt.device !== null && phase.type === 'up') {
      applySettings(this.#context, attempt, attempt.device).catch((error: unknown) =>
        this.#context.log(
          'error',
          `The network settings could not be renewed: ${error instanceof Error ? error.message : 'unknown reason'}.`,
        ),
      );
    }
    this.#context.changed();
  }

  /** Milliseconds since the session in use was established. */
  get #lastedMs(): number {
    return this.#context.ports.clock.now() - this.#establishedAt;
  }
}
