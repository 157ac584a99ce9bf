import type { PathStatus, RoamReason } from '../connection/status';
import type { IkePath, IkeSession, IkeSessionEvent } from '../ikev2/session';
import type { Adapters } from '../ports/adapters';
import type { Clock, Timer } from '../ports/clock';
import type { DataPath } from '../ports/data-path';
import type { Trace } from '../ports/trace';
import {
  initialModel,
  type MobilityEffect,
  type MobilityFailure,
  type MobilityInput,
  type MobilityModel,
  type MobilityPolicy,
  type MobilityState,
  type MobilityTimer,
  type Move,
} from './mobility-model';
import { mobilityStep } from './mobility-state';
import { findPathCandidates, unusableText, type PathCandidate } from './path-candidates';
import type { PathSockets } from './path-sockets';

export interface Roam {
  readonly from: PathCandidate | null;
  readonly to: PathCandidate;
  readonly reason: RoamReason;
  /** From the loss, or the decision, to the gateway's answer on the new path. */
  readonly milliseconds: number;
}

/** A move that takes a new IKE SA. Times are Clock.now() milliseconds. */
export interface Renewal extends Move {
  readonly to: PathCandidate;
  /** When the outage ends the connection. */
  readonly endsAt: number;
}

export interface MobilityManagerOptions {
  readonly clock: Clock;
  readonly adapters: Adapters;
  readonly sockets: PathSockets;
  readonly session: Pick<IkeSession, 'setPath' | 'probe' | 'holdPath'>;
  readonly dataPath: Pick<DataPath, 'setPath' | 'setInnerMtu'>;
  readonly trace: Trace;
  readonly policy: MobilityPolicy;
  readonly adapterOrder: readonly string[];
  /** Addresses of the gateway, most wanted first; replaced by what it announces (M-4). */
  readonly gatewayAddresses: readonly string[];
  /** UDP port of the gateway after IKE_SA_INIT: 4500, or the profile's. */
  readonly port: number;
  readonly innerMtu: (path: PathCandidate) => number;
  /** Whether an address that the gateway announces is one of the network behind it, seen from the address in use. */
  readonly isBehindTunnel: (address: string, inUse: string) => boolean;
  readonly onChange: (state: MobilityState) => void;
  readonly onRoam: (roam: Roam) => void;
  /** The gateway answers on another pair, and without MOBIKE only a new IKE SA can use that (M-23). */
  readonly onRenew: (renewal: Renewal) => void;
  readonly onFailed: (failure: MobilityFailure) => void;
  /** Called before time that passed decides something: `resume` comes first where the machine slept meanwhile. */
  readonly beforeOutageEnds: () => void;
}

/** M-11: strongSwan waits 100 ms; a path that is lost never waits. */
const coalesceMs = 250;
/** While nothing works every event is worth a look, at this rate. */
const eagerCoalesceMs = 10;
/** M-4: the address in use and sixteen more. */
const mostGatewayAddresses = 17;

/** Runs the mobility state machine: events and timers in, effects on the session and the data path out. */
export class MobilityManager {
  readonly #options: MobilityManagerOptions;
  #model: MobilityModel;
  #gatewayAddresses: readonly string[];
  readonly #timers = new Map<MobilityTimer, Timer>();
  #pendingLook: { readonly timer: Timer; readonly eager: boolean } | null = null;
  #unwatch: (() => void) | null = null;
  #stopped = false;
  readonly #queue: MobilityInput[] = [];
  #running = false;
  readonly #roundTrips = new Map<string, number>();
  #probed: ReadonlySet<string> = new Set();

  /** `path` is the pair on which the session was established; its socket is open in `sockets`. */
  constructor(options: MobilityManagerOptions, path: PathCandidate) {
    this.#options = options;
    this.#gatewayAddresses = options.gatewayAddresses;
    this.#model = initialModel(path, [path]);
  }

  get state(): MobilityState {
    return this.#model.state;
  }

  start(): void {
    this.#unwatch = this.#options.adapters.watch(() => this.#adaptersChanged());
    this.look();
  }

  stop(): void {
    this.#stopped = true;
    this.#unwatch?.();
    this.#unwatch = null;
    this.#pendingLook?.timer.cancel();
    this.#pendingLook = null;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  /** What of the session's events concerns paths. */
  handle(event: IkeSessionEvent): void {
    switch (event.type) {
      case 'path-confirmed': {
        const id = this.#idOf(event.path);
        if (id !== null) this.#step({ type: 'path-confirmed', id });
        return;
      }
      case 'path-refused': {
        const id = this.#idOf(event.path);
        this.#options.trace.log({
          level: 'warning',
          area: 'mobility',
          text: `The server refused the addresses of this path: ${event.notify}.`,
        });
        if (id !== null) this.#step({ type: 'path-refused', id });
        return;
      }
      case 'path-silent': {
        const id = this.#idOf(event.path);
        if (id !== null) this.#step({ type: 'path-silent', id });
        return;
      }
      case 'peer-silent':
        this.#step({ type: 'peer-silent' });
        return;
      case 'peer-addresses':
        this.#setGatewayAddresses(event.addresses);
        return;
      default:
        return;
    }
  }

  /** After sleep, or when somebody asked for a fresh look. */
  resume(): void {
    this.look();
    this.#step({ type: 'resume' });
  }

  /**
   * The gateway's name leads here now: tried as well, behind what is known (M-5). Only the gateway that has our SA can
   * answer there.
   */
  alsoReachableAt(resolved: readonly string[]): void {
    const added = resolved.filter((address) => !this.#gatewayAddresses.includes(address));
    if (this.#stopped || added.length === 0) return;
    this.#gatewayAddresses = [...this.#gatewayAddresses, ...added].slice(0, mostGatewayAddresses);
    this.#log('info', `The server's name leads to ${added.join(', ')} now.`);
    this.look();
  }

  /** A socket became ready, or the kernel refused to send: the candidates are read again now. */
  look(): void {
    if (this.#stopped) return;
    this.#pendingLook?.timer.cancel();
    this.#pendingLook = null;
    const current = this.#currentPath();
    const found = findPathCandidates({
      adapters: this.#options.adapters.snapshot(),
      lookupRoute: (question) => this.#options.adapters.lookupRoute(question),
      gatewayAddresses: this.#gatewayAddresses,
      adapterOrder: this.#options.adapterOrder,
      current,
    });
    // Without MOBIKE the gateway sends to the port that it knows: that of the socket the IKE SA was made with.
    const home = this.#options.policy.moves === 'by-update' ? [] : [this.#model.home];
    this.#options.sockets.update(found, current === null ? home : [current, ...home]);
    const ready = found.map((path) => this.#withReadiness(path));
    this.#step({ type: 'candidates', candidates: ready });
  }

  /** Every pair and why it is or is not used. */
  paths(): readonly PathStatus[] {
    const { state, candidates } = this.#model;
    const at = this.#options.clock.now();
    const inUse = state.type === 'Connected' || state.type === 'WaitingToReconnect' ? state.path : null;
    return candidates.map((path): PathStatus => {
      const memory = this.#model.paths.get(path.id);
      const roundTripMs = this.#roundTrips.get(path.id) ?? null;
      const common = {
        adapter: path.adapter,
        originAddress: path.source,
        destinationAddress: path.destination,
        roundTripMs,
      };
      if (!path.usable)
        return {
          ...common,
          state: 'unusable',
          why: path.reason ?? 'no-route',
          reason: path.reason === null ? 'not usable' : unusableText(path.reason),
        };
      if (path.id === inUse?.id) {
        const settled = state.type === 'Connected' && state.move === null;
        return {
          ...common,
          state: 'in-use',
          why: settled ? 'in-use' : 'unconfirmed',
          reason: settled ? 'in use' : 'waiting for the server to confirm',
        };
      }
      if (this.#model.probing !== null && this.#probed.has(path.id))
        return { ...common, state: 'probing', why: 'being-tested', reason: 'being tested' };
      if (memory !== undefined && memory.distrustedUntil > at) {
        const refused = memory.distrust === 'refused';
        return {
          ...common,
          state: 'silent',
          why: refused ? 'refused' : 'silent',
          reason: refused ? 'refused by the server' : 'did not answer',
        };
      }
      const answered = roundTripMs === null ? '' : `, answered in ${Math.round(roundTripMs)} ms`;
      const proving = state.type === 'Connected' && path.id === state.challenger?.id;
      return {
        ...common,
        state: 'standby',
        why: proving ? 'proving' : 'not-preferred',
        reason: (proving ? 'preferred, proving itself' : 'ready, not preferred') + answered,
      };
    });
  }

  // ---- events ----

  #adaptersChanged(): void {
    if (this.#stopped) return;
    const { state } = this.#model;
    if (state.type === 'Failed') return;
    if (state.type === 'Connected' && !this.#stillThere(state.path)) return this.look();
    const eager = state.type !== 'Connected';
    if (this.#pendingLook !== null && (this.#pendingLook.eager || !eager)) return;
    this.#pendingLook?.timer.cancel();
    const timer = this.#options.clock.setTimer(eager ? eagerCoalesceMs : coalesceMs, 'look at the adapters', () => {
      this.#pendingLook = null;
      this.look();
    });
    this.#pendingLook = { timer, eager };
  }

  /** The cheap question asked at every event: is the pair in use still there. */
  #stillThere(path: PathCandidate): boolean {
    const adapter = this.#options.adapters.snapshot().find((entry) => entry.name === path.adapter);
    if (adapter === undefined || adapter.index !== path.adapterIndex || !adapter.up || !adapter.carrier) return false;
    if (!adapter.addresses.some((address) => address.address === path.source && address.usable)) return false;
    const answer = this.#options.adapters.lookupRoute({
      destination: path.destination,
      adapter: path.adapter,
      source: path.source,
    });
    return answer !== null && answer.adapter === path.adapter;
  }

  #setGatewayAddresses(announced: readonly string[]): void {
    // M-4: a new list replaces the old one; the address in use stays in until the gateway moves us (M-8).
    const current = this.#currentPath()?.destination;
    const outside = announced.filter(
      (address) => current === undefined || !this.#options.isBehindTunnel(address, current),
    );
    this.#gatewayAddresses = [...new Set([...(current === undefined ? [] : [current]), ...outside])].slice(
      0,
      mostGatewayAddresses,
    );
    this.look();
  }

  // ---- the machine ----

  #step(input: MobilityInput): void {
    this.#queue.push(input);
    if (this.#running) return;
    this.#running = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined && !this.#stopped; next = this.#queue.shift()) {
        const before = this.#model;
        const { model, effects } = mobilityStep(before, next, this.#options.clock.now(), this.#options.policy);
        this.#model = model;
        for (const effect of effects) this.#run(effect);
        if (model.state !== before.state || model.candidates !== before.candidates || model.probing !== before.probing)
          this.#options.onChange(model.state);
      }
    } finally {
      this.#running = false;
      if (this.#stopped) this.#queue.length = 0;
    }
  }

  #run(effect: MobilityEffect): void {
    if (this.#stopped) return;
    const { clock, dataPath, session } = this.#options;
    switch (effect.type) {
      case 'use-path': {
        const path = this.#ikePath(effect.path);
        if (path === null) return;
        dataPath.setInnerMtu(this.#options.innerMtu(effect.path));
        dataPath.setPath(path);
        session.setPath(path);
        return;
      }
      case 'hold':
        dataPath.setPath(null);
        session.holdPath();
        this.#log('info', this.#whyHeld(effect.for));
        return;
      case 'renew':
        this.#options.onRenew({ to: effect.path, ...effect.move, endsAt: effect.endsAt });
        return;
      case 'probe':
        this.#probe(effect.generation, effect.paths, effect.timeoutMs);
        return;
      case 'set-timer':
        this.#timers.get(effect.timer)?.cancel();
        this.#timers.set(
          effect.timer,
          clock.setTimer(effect.afterMs, `mobility ${effect.timer}`, () => {
            this.#timers.delete(effect.timer);
            if (effect.timer === 'outage') this.#options.beforeOutageEnds();
            this.#step({ type: 'timer', timer: effect.timer });
          }),
        );
        return;
      case 'cancel-timer':
        this.#timers.get(effect.timer)?.cancel();
        this.#timers.delete(effect.timer);
        return;
      case 'roamed':
        this.#log(
          'info',
          `Moved from ${effect.from?.label ?? 'no adapter'} to ${effect.to.label} (${effect.to.source}) in ${effect.milliseconds.toFixed(1)} ms: ${effect.reason}.`,
        );
        this.#options.onRoam(effect);
        return;
      case 'failed':
        this.#options.onFailed(effect.failure);
        return;
    }
  }

  #probe(generation: number, candidates: readonly PathCandidate[], timeoutMs: number): void {
    const paths: IkePath[] = [];
    for (const candidate of candidates) {
      const path = this.#ikePath(candidate);
      if (path !== null) paths.push(path);
    }
    this.#probed = new Set(candidates.map((candidate) => candidate.id));
    const startedAt = this.#options.clock.now();
    const settle = (path: IkePath | null): void => {
      const id = path === null ? null : this.#idOf(path);
      if (id !== null) this.#roundTrips.set(id, this.#options.clock.now() - startedAt);
      if (!this.#stopped) this.#step({ type: 'probe-result', generation, id });
    };
    this.#options.session.probe(paths, timeoutMs).then(settle, () => settle(null));
  }

  #whyHeld(other: PathCandidate | null): string {
    if (other !== null)
      return `The server has no MOBIKE, so by ${other.label} the connection takes a new sign-in. The tunnel is kept and nothing leaves outside it.`;
    const kept = 'The tunnel is kept and nothing leaves outside it.';
    const ready = this.#model.candidates.find(({ reason }) => reason === 'mobility-off');
    return ready === undefined
      ? `No adapter reaches the server. ${kept}`
      : `Mobility is turned off for this connection, so it waits for ${this.#model.home.label} although ${ready.label} is ready. ${kept}`;
  }

  #currentPath(): PathCandidate | null {
    const { state } = this.#model;
    return state.type === 'Connected' || state.type === 'WaitingToReconnect'
      ? state.path
      : state.type === 'Dormant'
        ? state.last
        : null;
  }

  #withReadiness(path: PathCandidate): PathCandidate {
    if (!path.usable) return path;
    const { state } = this.#options.sockets.readiness(path);
    return state === 'ready'
      ? path
      : { ...path, usable: false, reason: state === 'opening' ? 'socket-opening' : 'socket-failed' };
  }

  #ikePath(candidate: PathCandidate): IkePath | null {
    const readiness = this.#options.sockets.readiness(candidate);
    return readiness.state === 'ready'
      ? { socket: readiness.socket, remote: { address: candidate.destination, port: this.#options.port } }
      : null;
  }

  #idOf(path: IkePath): string | null {
    const match = this.#model.candidates.find((candidate) => {
      if (candidate.destination !== path.remote.address) return false;
      const readiness = this.#options.sockets.readiness(candidate);
      return readiness.state === 'ready' && readiness.socket === path.socket;
    });
    return match?.id ?? null;
  }

  #log(level: 'info' | 'warning', text: string): void {
    this.#options.trace.log({ level, area: 'mobility', text });
  }
}
