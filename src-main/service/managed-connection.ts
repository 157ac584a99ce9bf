import { Connection } from '../../src-core/connection/connection';
import type { ConnectionPorts } from '../../src-core/connection/ports';
import type { Remembered } from '../../src-core/connection/questions';
import type { StatusObject } from '../../src-core/connection/status';
import { idleStatus } from '../../src-core/connection/status-object';
import type { Clock } from '../../src-core/ports/clock';
import type { LogRecord } from '../../src-core/ports/trace';
import type { VpnError } from '../../src-core/ports/vpn-error';
import type { Profile } from '../../src-core/profiles/profile';
import type { RoundTripSample } from '../api/contract';
import { ApiError } from '../api/service';
import { CaptureFiles, type Capture } from './capture-files';
import { CapturePoint } from './captures';
import type { ConnectionEnvironment } from './environment';
import type { LeftKillSwitch } from './left-kill-switch';
import { ConnectionPerson, type Person } from './person';
import type { Prompts } from './prompts';
import { Redials } from './redials';
import { RoundTrips, type RoundTripTarget } from './round-trips';
import type { SecretStore } from './secret-store';

/** What the connections of a host share. */
export interface ConnectionHost {
  readonly clock: Clock;
  readonly version: string;
  readonly prompts: Prompts;
  /** Who answers where no user interface does. */
  readonly person: Person | undefined;
  log(record: LogRecord, connection: string): void;
  /** Its status is another. */
  changed(status: StatusObject): void;
  sampled(connection: string, sample: RoundTripSample): void;
  /** The person decided about a certificate. */
  remember(connection: ManagedConnection, what: Remembered): void;
  /** A redial is due. */
  redial(connection: ManagedConnection): void;
  /** A name that neither the system nor another connection uses. */
  freeTunnelName(environment: ConnectionEnvironment): string;
}

export interface ManagedConnectionOptions {
  readonly profile: Profile;
  /** `transient`: used by this host only, never written. */
  readonly kind: 'saved' | 'demo' | 'transient';
  readonly environment: ConnectionEnvironment;
  readonly secrets: SecretStore;
  /** The kill switch that a connection in this environment left; null: there are none here. */
  readonly left: LeftKillSwitch | null;
  /** Round trips are measured by somebody else, or for nobody. */
  readonly measured: boolean;
  /** A failure that may heal is dialled again by itself; the command line ends instead. */
  readonly redials: boolean;
  /** A connection was made, to be used for every attempt until the profile is another. */
  readonly onMade?: (connection: Connection) => void;
}

/** One profile and, once used, its connection. */
export class ManagedConnection {
  readonly kind: ManagedConnectionOptions['kind'];
  readonly roundTrips: RoundTrips;
  readonly #host: ConnectionHost;
  readonly #options: ManagedConnectionOptions;
  #profile: Profile;
  #connection: Connection | null = null;
  #status: StatusObject;
  readonly #redials: Redials;
  #person: ConnectionPerson | null = null;
  /** Where a capture is attached; made with the connection. */
  #capturePoint: CapturePoint | null = null;
  /** A capture that shall begin with the next attempt. */
  #captureNext: CaptureFiles | null = null;
  /** Kept from the first connection on. */
  #tunnelName: string | null = null;

  constructor(host: ConnectionHost, options: ManagedConnectionOptions) {
    this.#host = host;
    this.#options = options;
    this.#profile = options.profile;
    this.kind = options.kind;
    this.#status = this.#idle();
    this.#redials = new Redials(host.clock, () => host.redial(this));
    this.roundTrips = new RoundTrips(host.clock, (sample) => host.sampled(this.name, sample));
  }

  get profile(): Profile {
    return this.#profile;
  }

  get name(): string {
    return this.#profile.name;
  }

  get environment(): ConnectionEnvironment {
    return this.#options.environment;
  }

  get secrets(): SecretStore {
    return this.#options.secrets;
  }

  get tunnelName(): string | null {
    return this.#tunnelName;
  }

  /** From the person's wish to connect to the end of it: Dormant and waiting are live. */
  get isLive(): boolean {
    return this.#connection !== null && !this.#connection.isDown;
  }

  /** It is down and will be dialled again by itself. */
  get isRedialDue(): boolean {
    return this.#redials.due !== null;
  }

  /** Its kill switch holds traffic back; `isLive` tells whether it has a tunnel for it. */
  get isBlocked(): boolean {
    return this.#options.left !== null && (this.#options.left.isOf(this.name) || this.#status.trafficBlocked === true);
  }

  /** Counters are read when somebody looks. */
  get status(): StatusObject {
    if (this.#connection !== null && !this.#connection.isDown) this.#status = this.#withHost(this.#connection.status());
    return this.#status;
  }

  /** What of its life it is in; null: never used. */
  get phase(): 'up' | 'down' | 'changing' | null {
    return this.#connection === null ? null : phaseOf(this.status.state);
  }

  /** Another profile in its place, while it is down: the next attempt is by that one. */
  replaceProfile(profile: Profile): void {
    this.#redials.cancel();
    this.#profile = profile;
    this.#connection = null;
    this.#status = this.#idle();
  }

  /** What the person decided, or what this run was told; the connection knows already. */
  amendProfile(profile: Profile): void {
    this.#profile = profile;
  }

  /**
   * The person wants it, or no longer wants it dialled again: nothing is due, and what is saved may have to be
   * confirmed.
   */
  personActs(): void {
    const { due } = this.#redials;
    this.#redials.cancel();
    this.#person?.newAttempt();
    if (due !== null) this.#publish({ ...this.#status, redial: null });
  }

  /** Resolves when Connected, rejects with the VpnError of the attempt. */
  async start(): Promise<void> {
    const { environment, left } = this.#options;
    this.#redials.begin();
    const missing = environment.unavailable();
    if (missing !== null) throw this.refuse(missing);
    // A kill switch that this connection left lets no question for a name out.
    environment.rememberAddresses(this.#profile.server, () => left?.addressesFor(this.name) ?? Promise.resolve([]));
    const connection = (this.#connection ??= this.#make());
    if (this.#captureNext !== null) {
      this.#capturePoint?.start(this.#captureNext);
      this.#captureNext = null;
    }
    try {
      await connection.connect();
    } finally {
      if (left !== null && (left.inForce || connection.isDown)) void left.refresh();
    }
  }

  /** An attempt that cannot begin: its error is in the status, as that of one that failed. */
  refuse(error: VpnError): VpnError {
    this.#redials.begin();
    this.#follow({ ...this.#idle(), error: error.info() }, null);
    return error;
  }

  async disconnect(): Promise<void> {
    await this.#connection?.disconnect();
  }

  /** The computer was asleep, or the person pressed refresh: looks at its paths again. */
  resume(): void {
    this.#connection?.resume();
  }

  /** Another host, or a person, changed the kill switch that was left. */
  leftChanged(): void {
    const { left } = this.#options;
    if (left === null || this.isLive) return;
    const trafficBlocked = left.isOf(this.name);
    if ((this.#status.trafficBlocked === true) !== trafficBlocked) this.#setBlocked(trafficBlocked);
  }

  /** Its kill switch was lifted. */
  lifted(): void {
    if (this.#status.trafficBlocked === true) this.#setBlocked(false);
  }

  /** Ports of this connection's own: its secrets, its questions, its lines in the log. */
  createPorts(): ConnectionPorts {
    return this.#portsFor(this.#newPerson());
  }

  #newPerson(): ConnectionPerson {
    const { prompts, person: other } = this.#host;
    return new ConnectionPerson({
      prompts,
      other,
      store: this.#options.secrets,
      profile: () => this.#profile,
      note: (text) => this.#host.log({ level: 'warning', area: 'connection', text }, this.name),
    });
  }

  #portsFor(person: ConnectionPerson): ConnectionPorts {
    const host = this.#host;
    const { environment } = this.#options;
    const { name } = this;
    return environment.createPorts(this.#profile, {
      secrets: person,
      questions: person,
      remember: (what) => host.remember(this, what),
      trace: { log: (record) => host.log(record, name) },
    });
  }

  /**
   * At once where it is live, with its next attempt otherwise. `onProblem`: it ended because it could not be written;
   * the connection goes on. Throws ApiError.
   */
  capture(directory: string, onProblem: (capture: Capture) => void): Capture {
    const { name } = this;
    if (this.#captureNext !== null || this.#capturePoint?.isRunning === true)
      throw new ApiError('busy', 'failure.captured-already', null, { name });
    const files = new CaptureFiles(directory, this.#host.version);
    files.onProblem = () => {
      this.stopCapture();
      const text = `The capture ended: ${files.problem?.message ?? ''}`;
      this.#host.log({ level: 'warning', area: 'connection', text }, name);
      onProblem(files);
    };
    if (this.isLive && this.#capturePoint !== null) this.#capturePoint.start(files);
    else this.#captureNext = files;
    return files;
  }

  stopCapture(): Capture | null {
    const waiting = this.#captureNext;
    if (waiting === null) return this.#capturePoint?.stop() ?? null;
    this.#captureNext = null;
    waiting.close(this.#host.clock.wallTime());
    return waiting;
  }

  close(): void {
    this.#redials.cancel();
    this.stopCapture();
    this.roundTrips.follow(null);
  }

  #make(): Connection {
    const tunnelName = (this.#tunnelName ??= this.#host.freeTunnelName(this.#options.environment));
    this.#person = this.#newPerson();
    const point = new CapturePoint(this.#portsFor(this.#person));
    const target: RoundTripTarget = {
      measure: (timeoutMs) => connection.measureRoundTrip(timeoutMs),
      adapter: () => this.#status.adapter,
    };
    const connection = new Connection({
      profile: this.#profile,
      tunnelName,
      ports: point.ports,
      onStatus: (status) => {
        if (this.#connection === connection) this.#follow(status, target);
      },
    });
    this.#capturePoint = point;
    this.#options.onMade?.(connection);
    return connection;
  }

  #follow(status: StatusObject, target: RoundTripTarget | null): void {
    const moved = status.roams !== this.#status.roams;
    // The name was not found, say, while a password was being asked for: nobody waits for the answer any more.
    if (status.state === 'Disconnected' && this.#status.state !== 'Disconnected')
      this.#host.prompts.cancelAll(this.name);
    if (this.#options.redials) this.#redials.follow(status, this.#profile.dialing);
    this.#publish(this.#withHost(status));
    if (!this.#options.measured) return;
    this.roundTrips.follow(phaseOf(status.state) === 'up' ? target : null);
    if (moved) this.roundTrips.measureNow();
  }

  #setBlocked(trafficBlocked: boolean): void {
    if (!trafficBlocked) this.#connection?.unblocked();
    this.#publish({ ...this.#status, trafficBlocked });
  }

  #publish(status: StatusObject): void {
    this.#status = status;
    this.#host.changed(status);
  }

  /**
   * What the connection knows of itself, what this host will do about it, and what another run left: until it is
   * Connected, which replaces that.
   */
  #withHost(status: StatusObject): StatusObject {
    const down = status.state === 'Disconnected' || status.state === 'Connecting';
    const trafficBlocked = down && this.#options.left?.isOf(this.name) === true;
    const { due } = this.#redials;
    return { ...status, ...(trafficBlocked ? { trafficBlocked } : {}), ...(due === null ? {} : { redial: due }) };
  }

  #idle(): StatusObject {
    return idleStatus(this.#profile.name, this.#profile.server, this.#host.clock.wallTime());
  }
}

function phaseOf(state: StatusObject['state']): 'up' | 'down' | 'changing' {
  if (state === 'Disconnected') return 'down';
  return state === 'Connecting' || state === 'Disconnecting' ? 'changing' : 'up';
}
