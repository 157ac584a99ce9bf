import { ConnectivityWatch } from '../mobility/connectivity-watch';
import type { MobilityPolicy } from '../mobility/mobility-model';
import type { LogLevel } from '../ports/trace';
import { VpnError } from '../ports/vpn-error';
import type { Profile } from '../profiles/profile';
import { reportSettings } from './apply-settings';
import { closeAttempt, isReachable, newAttempt, type Attempt } from './attempt';
import type { ConnectionContext } from './connection-context';
import { forgetHistory, forgetSession, newFacts, type ConnectionFacts } from './connection-facts';
import { connectionStep, type ConnectionInput, type ConnectionPhase } from './connection-state';
import { explained, failures } from './failures';
import type { ConnectionPorts } from './ports';
import { measureRoundTrip } from './round-trip';
import { outageMs } from './session-config';
import { SessionKeeper } from './session-keeper';
import { signIn } from './sign-in';
import type { PathStatus, StatusObject } from './status';
import { stateName, statusObject } from './status-object';

export interface ConnectionOptions {
  readonly profile: Profile;
  readonly ports: ConnectionPorts;
  /** Name of the tunnel adapter, at most 15 octets. */
  readonly tunnelName: string;
  /** Inner addresses of an earlier session of this profile, asked for again (C-48). */
  readonly previousAddresses?: readonly string[];
  readonly mobilityPolicy?: Partial<MobilityPolicy>;
  /** Called after every change that the status object shows, at most once a turn. */
  readonly onStatus: (status: StatusObject) => void;
}

/** An attempt and the one who keeps its IKE SA. */
interface Running {
  readonly attempt: Attempt;
  readonly keeper: SessionKeeper;
}

/**
 * One VPN connection. `connect` and `disconnect` may be called at any time; everything else is seen in the status
 * object.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #facts: ConnectionFacts;
  #phase: ConnectionPhase = { type: 'down', error: null };
  #since: number;
  #shownState: StatusObject['state'] = 'Disconnected';
  #running: Running | null = null;
  #closing: Promise<void> | null = null;
  #notifying = false;
  readonly #connectivity: ConnectivityWatch | null;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#since = options.ports.clock.wallTime();
    this.#facts = newFacts(options.previousAddresses ?? []);
    this.#connectivity = connectivityWatch(options, () => this.#changed());
    options.ports.networkSettings.onReport((report) => {
      if (this.#running === null) return;
      reportSettings(options.ports.trace, this.#facts, report);
      this.#changed();
    });
    options.ports.networkSettings.onLost((error) => {
      const attempt = this.#running?.attempt;
      if (attempt === undefined || attempt.ended) return;
      // The IKE SA is well: the server is told.
      this.#lost(attempt, error, { sayGoodbye: true });
    });
  }

  get profile(): Profile {
    return this.#options.profile;
  }

  get isDown(): boolean {
    return this.#phase.type === 'down';
  }

  /** Addresses the server gave last, for the next connection of this profile. */
  get lastAddresses(): readonly string[] {
    return this.#facts.previousAddresses;
  }

  /**
   * Resolves when Connected. Rejects with the VpnError that the status object then carries; everything is put back by
   * then.
   */
  async connect(): Promise<void> {
    if (this.#closing !== null) await this.#closing;
    if (this.#phase.type !== 'down') return;
    const { profile } = this.#options;
    forgetHistory(this.#facts);
    const attempt = newAttempt(this.#options.ports);
    const context = this.#contextOf(attempt);
    const keeper = new SessionKeeper(context, attempt);
    this.#running = { attempt, keeper };
    this.#give({ type: 'connect' });
    this.#log(
      'info',
      `Connecting to ${profile.server}. Mobility enabled for IKEv2 = ${profile.mobility.enabled ? 'Yes' : 'No'}, network outage time ${outageMs(profile) / 1000} s.`,
    );
    try {
      const signedIn = signIn(
        context,
        attempt,
        (credentials) => keeper.negotiate(credentials, { limitMs: null, mostMs: Infinity, turn: 0, startAt: null }),
        () => keeper.register(),
      );
      await Promise.race([signedIn, attempt.aborted]);
    } catch (error) {
      const reason =
        error instanceof VpnError ? explained(error, this.#connectivity?.reason ?? null) : failures.unexpected(error);
      // Established and unusable here: the server shall not keep an SA for nobody.
      await this.#end(attempt, reason, attempt.manager !== null);
      throw reason;
    }
  }

  /** DELETE is sent, everything is put back. Resolves when it is. */
  async disconnect(): Promise<void> {
    const attempt = this.#running?.attempt;
    if (this.#phase.type === 'down' || attempt === undefined) return;
    this.#give({ type: 'disconnect' });
    const ended = this.#end(attempt, null);
    attempt.abort(failures.cancelled());
    await ended;
  }

  /** A person lifted the kill switch that this connection left. */
  unblocked(): void {
    this.#facts.trafficBlocked = false;
    this.#changed();
  }

  /** After sleep. */
  resume(): void {
    this.#running?.keeper.resume();
  }

  /** Milliseconds of one round trip to the gateway; null: no answer within `timeoutMs`, or no path at present. */
  measureRoundTrip(timeoutMs: number): Promise<number | null> {
    const attempt = this.#running?.attempt;
    return attempt === undefined || attempt.ended
      ? Promise.resolve(null)
      : measureRoundTrip(this.#options.ports.clock, attempt, timeoutMs);
  }

  status(): StatusObject {
    const { clock } = this.#options.ports;
    const { profile } = this.#options;
    const facts = this.#facts;
    const attempt = this.#running?.attempt ?? null;
    const live = attempt !== null && !attempt.ended;
    const mobility = attempt?.manager?.state ?? null;
    return statusObject({
      name: profile.name,
      server: profile.server,
      phase: this.#phase,
      mobility,
      revival: this.#running?.keeper.withoutTunnel ?? null,
      since: this.#since,
      connectedSince: facts.connectedSince,
      wallOffset: clock.wallTime() - clock.now(),
      path:
        mobility !== null && (mobility.type === 'Connected' || mobility.type === 'WaitingToReconnect')
          ? mobility.path
          : facts.path,
      natDetected: facts.natDetected,
      mobikeSupported: facts.mobikeSupported,
      tunnelAdapter: live ? (attempt.device?.name ?? null) : null,
      configuration: facts.configuration,
      dnsServers: facts.dnsServers,
      settings: facts.settings,
      trafficBlocked: facts.trafficBlocked,
      authentication: facts.authentication,
      ike: facts.ike,
      children: live ? (attempt.session?.children ?? []) : [],
      dataPath: live ? attempt.dataPath : null,
      roams: facts.roams,
      lastRoam: facts.lastRoam,
      paths: live ? this.#paths(attempt) : [],
      network: this.#connectivity?.reason ?? null,
      token: facts.token,
    });
  }

  #paths(attempt: Attempt): readonly PathStatus[] {
    const paths = attempt.manager?.paths() ?? [];
    return paths.map((path) => ({
      ...path,
      connectivity: path.state === 'unusable' ? null : (this.#connectivity?.of(path.adapter) ?? null),
    }));
  }

  // ---- ending ----

  /** Nobody asked for it. */
  #lost(attempt: Attempt, error: VpnError, { sayGoodbye } = { sayGoodbye: false }): void {
    if (this.#phase.type === 'connecting') return attempt.abort(error);
    this.#log('error', error.message);
    void this.#end(attempt, error, sayGoodbye);
  }

  #end(attempt: Attempt, error: VpnError | null, sayGoodbye = error === null): Promise<void> {
    if (attempt.ended) return this.#closing ?? Promise.resolve();
    const running = this.#running;
    const reachable = isReachable(attempt);
    attempt.ended = true;
    this.#give(error === null ? { type: 'disconnect' } : { type: 'fail', error: error.info() });
    if (running?.attempt === attempt) running.keeper.stop();
    // A kill switch promises that nothing leaves until a person says so; a tunnel that was never there promised
    // nothing.
    const keepKillSwitch =
      error !== null && this.#facts.connectedSince !== null && this.#options.profile.network.killSwitch;
    this.#closing = closeAttempt(this.#contextOf(attempt), attempt, {
      sayGoodbye: sayGoodbye && reachable,
      keepKillSwitch,
    }).finally(() => {
      this.#closing = null;
      this.#running = null;
      forgetSession(this.#facts);
      if (keepKillSwitch) this.#facts.trafficBlocked = true;
      this.#give({ type: 'closed' });
    });
    return this.#closing;
  }

  // ---- telling ----

  #contextOf(attempt: Attempt): ConnectionContext {
    const phase = (): ConnectionPhase => this.#phase;
    const { profile, ports, tunnelName, mobilityPolicy } = this.#options;
    return {
      profile,
      ports,
      tunnelName,
      mobilityPolicy: mobilityPolicy ?? {},
      facts: this.#facts,
      get phase() {
        return phase();
      },
      give: (input) => this.#give(input),
      changed: () => this.#changed(),
      log: (level, text) => this.#log(level, text),
      lost: (error, options) => this.#lost(attempt, error, options),
    };
  }

  #give(input: ConnectionInput): void {
    const next = connectionStep(this.#phase, input);
    if (next === this.#phase) return;
    this.#phase = next;
    this.#changed();
  }

  #changed(): void {
    const state = stateName(
      this.#phase,
      this.#running?.attempt.manager?.state ?? null,
      this.#running?.keeper.withoutTunnel ?? null,
    );
    if (state !== this.#shownState) {
      this.#shownState = state;
      this.#since = this.#options.ports.clock.wallTime();
    }
    const { type } = this.#phase;
    this.#connectivity?.follow(
      state === 'WaitingToReconnect' ||
        (type === 'connecting' && (this.#phase.step === 'resolving' || this.#phase.step === 'connecting')),
    );
    if (this.#notifying) return;
    this.#notifying = true;
    queueMicrotask(() => {
      this.#notifying = false;
      this.#options.onStatus(this.status());
    });
  }

  #log(level: LogLevel, text: string): void {
    this.#options.ports.trace.log({ level, area: 'connection', text });
  }
}

/** A kill switch lets no such question out (docs/security.md), so none is asked. */
function connectivityWatch({ profile, ports }: ConnectionOptions, onChange: () => void): ConnectivityWatch | null {
  const url = profile.mobility.connectivityCheck;
  if (url === null || ports.connectivity === undefined || profile.network.killSwitch) return null;
  return new ConnectivityWatch({
    clock: ports.clock,
    adapters: ports.adapters,
    probe: ports.connectivity,
    url,
    onChange,
    log: (text) => ports.trace.log({ level: 'info', area: 'mobility', text }),
  });
}
