import { canonicalIp } from '../bytes/ip-address';
import type { ChildSaInfo, ConfigurationReply, IkePath, IkeSaInfo, IkeSession, IkeSessionEvent } from '../ikev2/session';
import { MobilityManager, type Roam } from '../mobility/mobility-manager';
import { defaultMobilityPolicy, type MobilityPolicy } from '../mobility/mobility-state';
import { findPathCandidates, unusableText, type PathCandidate } from '../mobility/path-candidates';
import { PathSockets } from '../mobility/path-sockets';
import type { Timer } from '../ports/clock';
import type { TunnelDevice } from '../ports/data-path';
import type { DatagramSocket, SocketAddress } from '../ports/datagrams';
import type { LogLevel } from '../ports/trace';
import { VpnError } from '../ports/vpn-error';
import type { Profile } from '../profiles/profile';
import { connectionStep, type ConnectionInput, type ConnectionPhase } from './connection-state';
import { SharedDataPath } from './data-path-events';
import { failures } from './failures';
import { chooseInnerMtu, defaultInnerMtu } from './inner-mtu';
import type { ConnectionPorts, SessionCredentials } from './ports';
import { afterFailure, beginRevival, revivalTryMs, type Revival, type RevivalCause } from './revival';
import { outageMs, sessionConfig } from './session-config';
import type { StatusObject } from './status';
import { StallWatch } from './stall-watch';
import { isoTime, stateName, statusObject } from './status-object';
import { tunnelSettings } from './tunnel-settings';

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

/** A wrong password is asked for again so often before the attempt ends (windows7-ux.md 5, the paused state). */
const mostQuestions = 3;
/** C-71. */
const deleteWaitMs = 1000;

/** Rounds of probing without any answer before a new IKE SA is tried beside the old one. */
const roundsBeforeRevival = 2;
/** How often the counters are looked at while connected. */
const stallLookMs = 500;
/** How long the gateway has to deny a hint that it forgot us. */
const doubtMs = 1_000;
/** An IKE SA that ended sooner than this, so many times in a row, is not made again. */
const quickEndMs = 30_000;
const mostQuickEnds = 3;

/** Failures that other credentials may cure. */
const askAgain: ReadonlySet<string> = new Set(['AUTHENTICATION_FAILURE', 'VPN_BAD_PSK', 'PASSWD_EXPIRED', 'CHANGING_PASSWORD']);

/** What one attempt opened and must put back. */
interface Attempt {
  readonly sockets: PathSockets;
  readonly dataPath: SharedDataPath;
  /** Rejects when the attempt cannot go on. */
  readonly aborted: Promise<never>;
  readonly abort: (error: VpnError) => void;
  opening: Promise<TunnelDevice> | null;
  device: TunnelDevice | null;
  credentials: SessionCredentials | null;
  /** The established one. */
  session: IkeSession | null;
  /** One that is being established: the first, or the successor of `session`. */
  next: IkeSession | null;
  manager: MobilityManager | null;
  revival: Revival | null;
  /** Counts revivals: a loop of an earlier one stops when it wakes. */
  revivals: number;
  /** Ends the pause between two tries of a revival. */
  wake: () => void;
  readonly stalls: StallWatch;
  stallTimer: Timer | null;
  /** Clock.now() when `session` was established. */
  establishedAt: number;
  /** The session said that it is over: there is nobody to say goodbye to. */
  sessionOver: boolean;
  ended: boolean;
}

type Established = Extract<IkeSessionEvent, { type: 'established' }>;

/** One VPN connection. `connect` and `disconnect` may be called at any time; everything else is seen in the status object. */
export class Connection {
  readonly #options: ConnectionOptions;
  #phase: ConnectionPhase = { type: 'down', error: null };
  #since: number;
  #shownState: StatusObject['state'] = 'Disconnected';
  #attempt: Attempt | null = null;
  #closing: Promise<void> | null = null;
  #notifying = false;

  #gatewayAddresses: readonly string[] = [];
  #path: PathCandidate | null = null;
  #natDetected = false;
  #mobikeSupported = false;
  #configuration: ConfigurationReply | null = null;
  #authentication: string | null = null;
  #ike: IkeSaInfo | null = null;
  #dnsServers: readonly string[] = [];
  #connectedSince: number | null = null;
  #roams = 0;
  #lastRoam: StatusObject['lastRoam'] = null;
  #previousAddresses: readonly string[];
  /** Sessions in a row that the server ended soon. */
  #quickEnds = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#since = options.ports.clock.wallTime();
    this.#previousAddresses = options.previousAddresses ?? [];
    options.ports.networkSettings.onReport((report) => this.#reportSettings(report));
  }

  get profile(): Profile {
    return this.#options.profile;
  }

  get isDown(): boolean {
    return this.#phase.type === 'down';
  }

  /** Addresses the server gave last, for the next connection of this profile. */
  get lastAddresses(): readonly string[] {
    return this.#previousAddresses;
  }

  /** Resolves when Connected. Rejects with the VpnError that the status object then carries; everything is put back by then. */
  async connect(): Promise<void> {
    if (this.#closing !== null) await this.#closing;
    if (this.#phase.type !== 'down') return;
    this.#forget();
    const attempt = this.#newAttempt();
    this.#attempt = attempt;
    this.#give({ type: 'connect' });
    try {
      await Promise.race([this.#establish(attempt), attempt.aborted]);
    } catch (error) {
      const reason = error instanceof VpnError ? error : failures.unexpected(error);
      // Established and unusable here: the server shall not keep an SA for nobody.
      await this.#end(attempt, reason, attempt.manager !== null);
      throw reason;
    }
  }

  /** DELETE is sent, everything is put back. Resolves when it is. */
  async disconnect(): Promise<void> {
    const attempt = this.#attempt;
    if (this.#phase.type === 'down' || attempt === null) return;
    this.#give({ type: 'disconnect' });
    const ended = this.#end(attempt, null);
    attempt.abort(failures.cancelled());
    await ended;
  }

  /** After sleep. */
  resume(): void {
    this.#attempt?.manager?.resume();
  }

  status(): StatusObject {
    const { clock } = this.#options.ports;
    const { profile } = this.#options;
    const attempt = this.#attempt;
    const live = attempt !== null && !attempt.ended;
    const mobility = attempt?.manager?.state ?? null;
    return statusObject({
      name: profile.name,
      server: profile.server,
      phase: this.#phase,
      mobility,
      revival: this.#withoutSession(attempt),
      since: this.#since,
      connectedSince: this.#connectedSince,
      wallOffset: clock.wallTime() - clock.now(),
      path: mobility !== null && (mobility.type === 'Connected' || mobility.type === 'WaitingToReconnect') ? mobility.path : this.#path,
      natDetected: this.#natDetected,
      mobikeSupported: this.#mobikeSupported,
      tunnelAdapter: live ? (attempt.device?.name ?? null) : null,
      configuration: this.#configuration,
      dnsServers: this.#dnsServers,
      authentication: this.#authentication,
      ike: this.#ike,
      children: live ? (attempt.session?.children ?? []) : [],
      dataPath: live ? attempt.dataPath : null,
      roams: this.#roams,
      lastRoam: this.#lastRoam,
      paths: live ? (attempt.manager?.paths() ?? []) : [],
      waitingFor: null,
    });
  }

  // ---- establishing ----

  #newAttempt(): Attempt {
    const { ports } = this.#options;
    let abort: (error: VpnError) => void = () => undefined;
    const aborted = new Promise<never>((_, reject) => {
      abort = reject;
    });
    aborted.catch(() => undefined);
    const dataPath = new SharedDataPath(ports.createDataPath());
    const attempt: Attempt = {
      dataPath,
      sockets: new PathSockets({
        clock: ports.clock,
        datagrams: ports.datagrams,
        onDatagram: (datagram, from, socket) => this.#receive(attempt, datagram, from, socket),
        // Hints (C-75): the kernel is asked how things are.
        onError: () => attempt.manager?.look(),
        onReadiness: () => attempt.manager?.look(),
      }),
      aborted,
      abort,
      opening: null,
      device: null,
      credentials: null,
      session: null,
      next: null,
      manager: null,
      revival: null,
      revivals: 0,
      wake: () => undefined,
      stalls: new StallWatch(),
      stallTimer: null,
      establishedAt: -Infinity,
      sessionOver: false,
      ended: false,
    };
    dataPath.onEvent((event) => {
      if (event.type === 'send-error' && event.code !== 'EMSGSIZE') attempt.manager?.look();
    });
    return attempt;
  }

  async #establish(attempt: Attempt): Promise<void> {
    const { ports, profile } = this.#options;
    const { mobility } = profile;
    this.#log('info', `Connecting to ${profile.server}. Mobility enabled for IKEv2 = ${mobility.enabled ? 'Yes' : 'No'}, network outage time ${mobility.outageSeconds} s.`);
    // The name and the secrets do not wait for each other; the tunnel adapter is made while the server thinks about the first message.
    const resolving = this.#resolve();
    resolving.catch((error: unknown) => attempt.abort(error instanceof VpnError ? error : failures.unexpected(error)));

    let refusal: VpnError | null = null;
    for (let question = 0; question < mostQuestions; question++) {
      const credentials = await ports.credentials({ profile, reason: refusal?.message ?? null, refused: refusal === null || attempt.credentials === null ? null : { error: refusal, credentials: attempt.credentials } });
      if (credentials === null) throw refusal ?? failures.cancelled();
      if (attempt.ended) return credentials.wipe();
      attempt.credentials?.wipe();
      attempt.credentials = credentials;
      this.#authentication ??= credentials.label;
      this.#gatewayAddresses = await resolving;
      try {
        const established = await this.#negotiate(attempt, credentials, null);
        return await this.#register(attempt, established);
      } catch (error) {
        if (attempt.ended || !(error instanceof VpnError) || !askAgain.has(error.symbol)) throw error;
        this.#log('warning', error.message);
        refusal = error;
      }
    }
    throw refusal ?? failures.cancelled();
  }

  async #resolve(): Promise<readonly string[]> {
    const { server } = this.#options.profile;
    try {
      const addresses = (await this.#options.ports.resolver.resolve(server)).map((address) => canonicalIp(address)).filter((address) => address !== null);
      if (addresses.length === 0) throw new Error('the name has no address');
      return [...new Set(addresses)];
    } catch (error) {
      throw failures.nameNotFound(server, error);
    }
  }

  #openTunnel(attempt: Attempt): void {
    const { ports, tunnelName, profile } = this.#options;
    const mtu = profile.network.mtu === 'auto' ? defaultInnerMtu : profile.network.mtu;
    attempt.opening = ports.networkSettings.openTunnel(tunnelName, mtu);
    attempt.opening.then(
      (device) => {
        if (!attempt.ended) attempt.device = device;
      },
      (error: unknown) => attempt.abort(error instanceof VpnError ? error : failures.adapter(error)),
    );
  }

  /** Everything that could be used, sockets open, best first. */
  async #findPaths(attempt: Attempt): Promise<readonly { readonly candidate: PathCandidate; readonly socket: DatagramSocket }[]> {
    const { adapters } = this.#options.ports;
    const found = findPathCandidates({
      adapters: adapters.snapshot(),
      lookupRoute: (question) => adapters.lookupRoute(question),
      gatewayAddresses: this.#gatewayAddresses,
      adapterOrder: this.#options.profile.mobility.adapterOrder,
      current: null,
    });
    const reasons = found.map((entry) => `${entry.label}: ${entry.reason === null ? 'ready' : unusableText(entry.reason)}`);
    const usable = found.filter((entry) => entry.usable).slice(0, 16);
    const opened = await Promise.allSettled(usable.map((candidate) => attempt.sockets.open(candidate)));
    const paths = usable.flatMap((candidate, index) => {
      const result = opened[index]!;
      if (result.status === 'fulfilled') return [{ candidate, socket: result.value }];
      reasons.push(`${candidate.label} ${candidate.source}: ${result.reason instanceof Error ? result.reason.message : 'no socket'}`);
      return [];
    });
    if (paths.length === 0) throw failures.noPath(reasons);
    return paths;
  }

  /** One IKE SA from IKE_SA_INIT on; `limitMs` null: as long as the session itself tries. It replaces an older one once it is authenticated. */
  async #negotiate(attempt: Attempt, credentials: SessionCredentials, limitMs: number | null): Promise<Established> {
    const { ports, profile } = this.#options;
    const paths = await this.#findPaths(attempt);
    if (attempt.ended) throw failures.cancelled();
    const first = paths[0]!;
    if (attempt.session === null) this.#path = first.candidate;
    this.#give({ type: 'negotiate' });
    // C-43, M-9: port 500 without marker first, then 4500 with marker, then every other pair. Another port always has the marker.
    const gatewayPorts = profile.port === null ? [500, 4500] : [profile.port];
    const pairs = paths.flatMap(({ candidate, socket }) => gatewayPorts.map((port): IkePath => ({ socket, remote: { address: candidate.destination, port } })));
    const local = { originAddress: first.candidate.source, adapters: ports.adapters.snapshot(), previousAddresses: this.#previousAddresses };

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
          isSpiFree: (spi) => attempt.session === null || attempt.session.children.every((child) => child.spiIn !== spi),
          onEvent: (event) => {
            if (attempt.ended) return;
            if (attempt.next === session) {
              if (event.type === 'established') {
                try {
                  this.#established(attempt, session, event, paths.map((path) => path.candidate));
                  resolve(event);
                } catch (error) {
                  reject(error as Error);
                }
              } else if (event.type === 'ended') reject(event.error ?? failures.serverDisconnected());
              else if (event.type === 'progress') this.#give({ type: event.phase === 'init' ? 'negotiate' : 'authenticate' });
            } else if (attempt.session === session) this.#sessionEvent(attempt, event);
          },
        });
        made = session;
        attempt.next = session;
        if (limitMs !== null) limit = ports.clock.setTimer(limitMs, 'one try', () => reject(failures.noAnswer()));
        session.connect(pairs[0]!, pairs.slice(1));
        if (attempt.opening === null) this.#openTunnel(attempt);
      });
    } finally {
      (limit as Timer | null)?.cancel();
      // What did not become the connection's session is forgotten.
      if (attempt.session !== made) (made as IkeSession | null)?.abandon();
      if (attempt.next === made) attempt.next = null;
    }
  }

  /** In the same turn as the event, so that a path lost a moment later finds somebody to act. */
  #established(attempt: Attempt, session: IkeSession, event: Established, candidates: readonly PathCandidate[]): void {
    const { ports, profile } = this.#options;
    const { path } = session;
    const candidate = candidates.find((entry) => {
      const readiness = attempt.sockets.readiness(entry);
      return readiness.state === 'ready' && readiness.socket === path?.socket && entry.destination === path.remote.address;
    });
    if (candidate === undefined || path === null) throw new Error('the session was established on a path nobody gave it');
    this.#replace(attempt, session);
    this.#path = candidate;
    this.#natDetected = event.natDetected;
    this.#mobikeSupported = event.mobikeSupported;
    this.#configuration = event.configuration;
    this.#authentication = event.authentication;
    this.#ike = event.ike;
    this.#previousAddresses = [...event.configuration.ipv4Addresses, ...event.configuration.ipv6Addresses.map((entry) => entry.address)];
    const innerMtu = (entry: PathCandidate): number => chooseInnerMtu(profile.network.mtu, entry.mtu, entry.family, session.children[0]?.proposal ?? event.child.proposal);
    attempt.dataPath.setInnerMtu(innerMtu(candidate));
    attempt.dataPath.setPath(path);
    attempt.manager = new MobilityManager(
      {
        clock: ports.clock,
        adapters: ports.adapters,
        sockets: attempt.sockets,
        session,
        dataPath: attempt.dataPath,
        trace: ports.trace,
        policy: {
          ...defaultMobilityPolicy,
          outageMs: outageMs(profile),
          returnToPreferred: profile.mobility.returnToPreferred,
          ...this.#options.mobilityPolicy,
          mobility: profile.mobility.enabled && event.mobikeSupported,
        },
        adapterOrder: profile.mobility.adapterOrder,
        gatewayAddresses: this.#gatewayAddresses,
        port: path.remote.port,
        innerMtu,
        onChange: (state) => {
          // The old IKE SA may be unknown there by now; asking for a new one does not wait for the outage time (M-35).
          if (state.type === 'WaitingToReconnect' && state.rounds >= roundsBeforeRevival) this.#revive(attempt, 'forgotten');
          this.#changed();
        },
        onRoam: (roam) => this.#roamed(attempt, roam),
        onFailed: (failure) => this.#lost(attempt, failure === 'outage-over' || failure === 'peer-silent' ? failures.linkLost(profile.name, outageMs(profile)) : failures.sessionLost()),
      },
      candidate,
    );
    attempt.manager.start();
    if (profile.mobility.enabled && !event.mobikeSupported) this.#log('warning', 'The server does not support mobility (MOBIKE): the connection stays on this adapter.');
    this.#give({ type: 'register' });
  }

  /** Addresses, routes and DNS. */
  async #register(attempt: Attempt, established: Established): Promise<void> {
    const device = await attempt.opening!;
    if (attempt.ended) return;
    attempt.device = device;
    attempt.dataPath.attachTunnel(device);
    await this.#applySettings(attempt, device, established.child);
    if (attempt.ended) return;
    this.#connectedSince = this.#options.ports.clock.wallTime();
    this.#give({ type: 'registered' });
    this.#watchForStalls(attempt);
    this.#log('info', `Connected: ${this.#previousAddresses.join(', ')} by ${this.#path?.label ?? 'no adapter'} (${this.#path?.source ?? ''}).`);
  }

  async #applySettings(attempt: Attempt, device: TunnelDevice, child: ChildSaInfo): Promise<void> {
    const { ports, profile } = this.#options;
    const { session } = attempt;
    if (session === null || this.#configuration === null || this.#path === null) return;
    const settings = tunnelSettings(profile, {
      tunnelName: device.name,
      mtu: chooseInnerMtu(profile.network.mtu, this.#path.mtu, this.#path.family, child.proposal),
      configuration: this.#configuration,
      children: session.children.length > 0 ? session.children : [child],
      gatewayAddresses: [...new Set([...this.#gatewayAddresses, this.#path.destination])],
      gatewayPort: session.path?.remote.port ?? 4500,
    });
    this.#dnsServers = settings.dns?.servers ?? [];
    this.#reportSettings(await ports.networkSettings.apply(settings));
  }

  // ---- while it is up ----

  #receive(attempt: Attempt, datagram: Uint8Array, from: SocketAddress, socket: DatagramSocket): void {
    // RFC 3948: 0xFF alone is a keepalive; four zero octets mark IKE; everything else on the NAT traversal port is ESP.
    if (from.port !== 500) {
      if (datagram.length < 4) return;
      if ((datagram[0]! | datagram[1]! | datagram[2]! | datagram[3]!) !== 0) return attempt.dataPath.receive(datagram, from);
    }
    const path: IkePath = { socket, remote: from };
    if (attempt.next?.receive(datagram, path) !== true) attempt.session?.receive(datagram, path);
  }

  #sessionEvent(attempt: Attempt, event: IkeSessionEvent): void {
    switch (event.type) {
      case 'ike-rekeyed':
        this.#ike = event.ike;
        break;
      case 'path-confirmed':
        this.#natDetected = event.natDetected;
        break;
      case 'peer-forgot-hint':
        this.#doubt(attempt, 'Somebody says that the server does not know this connection.');
        break;
      case 'reauthenticate':
        this.#log('info', `The server wants a new sign-in: ${event.reason}.`);
        this.#revive(attempt, 'reauthenticate');
        break;
      case 'ended':
        this.#sessionEnded(attempt, event.by, event.error);
        return;
      default:
        break;
    }
    // The old IKE SA lives after all.
    if (event.type === 'path-confirmed' && attempt.revival?.cause === 'forgotten') this.#stopRevival(attempt);
    attempt.manager?.handle(event);
    this.#changed();
  }

  // ---- a new IKE SA for the same connection ----

  /** `session` takes over; an older one is told or forgotten, its SAs leave the data path. */
  #replace(attempt: Attempt, session: IkeSession): void {
    const old = attempt.session;
    attempt.manager?.stop();
    attempt.manager = null;
    attempt.session = session;
    attempt.next = null;
    attempt.sessionOver = false;
    attempt.establishedAt = this.#options.ports.clock.now();
    if (old === null) return;
    if (attempt.revival?.cause === 'reauthenticate') void old.close(deleteWaitMs);
    else old.abandon();
  }

  /** An unauthenticated hint that the gateway forgot us: it is asked once, and when it stays silent a new IKE SA is made beside the old one (C-75, M-35). */
  #doubt(attempt: Attempt, why: string): void {
    const { session, manager } = attempt;
    if (session === null || attempt.revival !== null) return;
    if (manager?.state.type === 'WaitingToReconnect') return this.#revive(attempt, 'forgotten');
    this.#log('info', `${why} The server is being asked.`);
    session.checkLiveness(doubtMs).then(
      (alive) => {
        const { path } = session;
        if (alive || attempt.ended || attempt.session !== session || attempt.manager !== manager || manager?.state.type !== 'Connected' || path === null) return;
        // Another path may answer, or a new IKE SA on this one: both are tried at once.
        manager.handle({ type: 'path-silent', path, tries: 1, silentMs: doubtMs });
        this.#revive(attempt, 'forgotten');
      },
      () => undefined,
    );
  }

  #watchForStalls(attempt: Attempt): void {
    if (attempt.ended) return;
    attempt.stallTimer = this.#options.ports.clock.setTimer(stallLookMs, 'look for a stall', () => this.#watchForStalls(attempt));
    const { session, manager, dataPath, stalls } = attempt;
    if (session === null || manager?.state.type !== 'Connected' || manager.state.move !== null) return stalls.reset();
    let packetsIn = 0;
    let packetsOut = 0;
    for (const child of session.children) {
      packetsIn += dataPath.inboundCounters(child.spiIn)?.packets ?? 0;
      packetsOut += dataPath.outboundCounters(child.spiOut)?.packets ?? 0;
    }
    if (stalls.observe({ packetsIn, packetsOut }, this.#options.ports.clock.now())) this.#doubt(attempt, 'Packets leave and none comes back.');
  }

  #sessionEnded(attempt: Attempt, by: 'peer' | 'local' | 'failure', error: VpnError | null): void {
    attempt.sessionOver = true;
    const reason = error ?? (by === 'peer' ? failures.serverDisconnected() : failures.sessionLost());
    const lasted = this.#options.ports.clock.now() - attempt.establishedAt;
    this.#quickEnds = lasted < quickEndMs ? this.#quickEnds + 1 : 0;
    // A server that ends it again and again means it.
    if (this.#phase.type !== 'up' || !this.#options.profile.mobility.enabled || this.#quickEnds > mostQuickEnds) return this.#lost(attempt, reason);
    this.#log('warning', reason.message);
    this.#stopRevival(attempt);
    this.#revive(attempt, 'deleted');
  }

  #stopRevival(attempt: Attempt): void {
    if (attempt.revival === null) return;
    attempt.revival = null;
    attempt.revivals++;
    attempt.next?.abandon();
    attempt.next = null;
    attempt.wake();
  }

  #revive(attempt: Attempt, cause: RevivalCause): void {
    if (attempt.ended || attempt.revival !== null || this.#phase.type !== 'up' || !this.#options.profile.mobility.enabled) return;
    attempt.revival = beginRevival(cause, this.#options.ports.clock.now(), outageMs(this.#options.profile));
    if (cause === 'deleted') {
      attempt.manager?.stop();
      attempt.manager = null;
      // Packets wait at the tunnel; none goes around it.
      attempt.dataPath.setPath(null);
    }
    this.#changed();
    this.#reviveUntilDone(attempt, ++attempt.revivals).catch((error: unknown) => this.#lost(attempt, error instanceof VpnError ? error : failures.unexpected(error)));
  }

  async #reviveUntilDone(attempt: Attempt, run: number): Promise<void> {
    const { clock, credentials: source } = this.#options.ports;
    const { profile } = this.#options;
    const unwatch = this.#options.ports.adapters.watch(() => attempt.wake());
    try {
      while (!attempt.ended && attempt.revivals === run && attempt.revival !== null) {
        const revival: Revival = attempt.revival;
        if (clock.now() >= revival.endsAt) throw failures.linkLost(profile.name, outageMs(profile));
        try {
          await this.#renewAddresses(attempt);
          if (attempt.ended || attempt.revivals !== run) return;
          const established = await this.#negotiate(attempt, attempt.credentials!, Math.min(revivalTryMs, revival.endsAt - clock.now()));
          attempt.revival = null;
          this.#log('info', 'Connected again with a new IKE SA.');
          if (attempt.device !== null) await this.#applySettings(attempt, attempt.device, established.child);
          this.#changed();
          return;
        } catch (error) {
          if (attempt.ended || attempt.revivals !== run) return;
          const next = afterFailure(revival, error instanceof VpnError ? error : failures.unexpected(error));
          if (next.type === 'give-up') {
            if (!askAgain.has(next.error.symbol)) throw next.error;
            // What was in memory is refused for good: now the person.
            const fresh = await source({ profile, reason: next.error.message, refused: attempt.credentials === null ? null : { error: next.error, credentials: attempt.credentials } });
            if (fresh === null) throw next.error;
            if (attempt.ended) return fresh.wipe();
            attempt.credentials?.wipe();
            attempt.credentials = fresh;
            attempt.revival = { ...revival, tries: revival.tries + 1, refusals: 0 };
            continue;
          }
          attempt.revival = next.revival;
          await this.#pause(attempt, next.pauseMs);
        }
      }
    } finally {
      unwatch();
    }
  }

  /** The name may lead elsewhere by now; the addresses known so far are kept while it cannot be resolved. */
  async #renewAddresses(attempt: Attempt): Promise<void> {
    let timer: Timer | null = null;
    const late = new Promise<null>((resolve) => {
      timer = this.#options.ports.clock.setTimer(revivalTryMs, 'resolve again', () => resolve(null));
    });
    const addresses = await Promise.race([this.#resolve().catch(() => null), late]);
    (timer as Timer | null)?.cancel();
    if (addresses !== null && !attempt.ended) this.#gatewayAddresses = addresses;
  }

  /** Until the time is over, an adapter changed or somebody woke it. */
  #pause(attempt: Attempt, milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.ports.clock.setTimer(milliseconds, 'pause', () => attempt.wake());
      attempt.wake = () => {
        timer.cancel();
        attempt.wake = () => undefined;
        resolve();
      };
    });
  }

  #roamed(attempt: Attempt, roam: Roam): void {
    const { clock } = this.#options.ports;
    this.#roams++;
    this.#lastRoam = { at: isoTime(clock.wallTime()), from: roam.from?.adapter ?? null, to: roam.to.adapter, reason: roam.reason, milliseconds: Math.round(roam.milliseconds * 10) / 10 };
    const moved = roam.from?.destination !== roam.to.destination;
    this.#path = roam.to;
    const child = attempt.session?.children[0];
    if (moved && attempt.device !== null && child !== undefined && this.#phase.type === 'up') {
      this.#applySettings(attempt, attempt.device, child).catch((error: unknown) => this.#log('error', `The network settings could not be renewed: ${error instanceof Error ? error.message : 'unknown reason'}.`));
    }
    this.#changed();
  }

  /** The connection is over and nobody asked for it. */
  #lost(attempt: Attempt, error: VpnError): void {
    if (this.#phase.type === 'connecting') return attempt.abort(error);
    this.#log('error', error.message);
    void this.#end(attempt, error);
  }

  #reportSettings(report: { readonly concerns: readonly { readonly concern: string; readonly inForce: boolean; readonly detail: string }[] }): void {
    for (const { concern, inForce, detail } of report.concerns) {
      this.#options.ports.trace.log({ level: inForce ? 'debug' : 'warning', area: 'settings', text: inForce ? `${concern}: in force (${detail})` : `${concern}: NOT in force: ${detail}` });
    }
  }

  // ---- ending ----

  #end(attempt: Attempt, error: VpnError | null, sayGoodbye = error === null): Promise<void> {
    if (attempt.ended) return this.#closing ?? Promise.resolve();
    const state = attempt.manager?.state.type;
    const reachable = attempt.session !== null && !attempt.sessionOver && state !== 'Dormant' && state !== 'Failed';
    attempt.ended = true;
    this.#give(error === null ? { type: 'disconnect' } : { type: 'fail', error: error.info() });
    this.#closing = this.#close(attempt, sayGoodbye && reachable).finally(() => {
      this.#closing = null;
      this.#attempt = null;
      this.#configuration = null;
      this.#ike = null;
      this.#dnsServers = [];
      this.#path = null;
      this.#connectedSince = null;
      this.#give({ type: 'closed' });
    });
    return this.#closing;
  }

  async #close(attempt: Attempt, sayGoodbye: boolean): Promise<void> {
    const { ports } = this.#options;
    attempt.manager?.stop();
    attempt.stallTimer?.cancel();
    attempt.next?.abandon();
    attempt.next = null;
    attempt.revival = null;
    attempt.wake();
    attempt.dataPath.setPath(null);
    const farewell = sayGoodbye && attempt.session !== null ? attempt.session.close(deleteWaitMs) : Promise.resolve(attempt.session?.abandon());
    const putBack = (async (): Promise<void> => {
      const [opened] = await Promise.allSettled([attempt.opening]);
      // Without a tunnel or without the service nothing was changed, and there is nobody to change it back.
      if (attempt.opening === null) return;
      if (opened.status === 'rejected' && opened.reason instanceof VpnError && opened.reason.symbol === 'IPSEC_SERVICE_STOPPED') return;
      await ports.networkSettings.withdraw();
      if (opened.status === 'fulfilled') opened.value?.close();
    })();
    const results = await Promise.allSettled([farewell, putBack]);
    if (results[1].status === 'rejected') this.#log('error', `Not everything could be put back: ${results[1].reason instanceof Error ? results[1].reason.message : 'unknown reason'}.`);
    attempt.session?.abandon();
    attempt.session = null;
    attempt.dataPath.close();
    attempt.sockets.close();
    attempt.credentials?.wipe();
    attempt.credentials = null;
  }

  #forget(): void {
    this.#path = null;
    this.#natDetected = false;
    this.#mobikeSupported = false;
    this.#authentication = null;
    this.#roams = 0;
    this.#lastRoam = null;
    this.#quickEnds = 0;
  }

  // ---- telling ----

  #give(input: ConnectionInput): void {
    const next = connectionStep(this.#phase, input);
    if (next === this.#phase) return;
    this.#phase = next;
    this.#changed();
  }

  /** A revival that has no IKE SA to fall back on: the connection waits. */
  #withoutSession(attempt: Attempt | null): Revival | null {
    return attempt !== null && attempt.manager === null ? attempt.revival : null;
  }

  #changed(): void {
    const state = stateName(this.#phase, this.#attempt?.manager?.state ?? null, this.#withoutSession(this.#attempt));
    if (state !== this.#shownState) {
      this.#shownState = state;
      this.#since = this.#options.ports.clock.wallTime();
    }
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
