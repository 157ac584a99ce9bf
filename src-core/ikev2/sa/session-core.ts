import { equal } from '../../bytes';
import type { Clock } from '../../ports/clock';
import type { DataPath, TrafficSelector } from '../../ports/data-path';
import type { Random } from '../../ports/random';
import type { LogArea, LogLevel, Trace } from '../../ports/trace';
import { VpnError } from '../../ports/vpn-error';
import { ChildRekeying } from '../exchanges/child-rekey';
import { CreateChildTask, handleCreateChild } from '../exchanges/child-create';
import { answerDelete, DeleteChildTask, DeleteIkeTask } from '../exchanges/delete';
import { protocolViolation } from '../exchanges/failures';
import { IkeRekeying } from '../exchanges/ike-rekey';
import { handleInformational } from '../exchanges/informational';
import { LivenessTask } from '../exchanges/liveness';
import { Mobility } from '../exchanges/mobike';
import { type Task, taskPriority } from '../exchanges/task';
import type { AlgorithmProposal } from '../proposals/proposal';
import type { ChildSaInfo, IkePath, IkeSaInfo, IkeSession, IkeSessionEvent } from '../session';
import { exchangeType, exchangeTypeName, notifyType, notifyTypeName } from '../wire/constants';
import { describeMessage } from '../wire/describe';
import { findPayload, findPayloads } from '../wire/find';
import { decodeMessage } from '../wire/message';
import type { Payload } from '../wire/payload';
import { deleteIkeSa } from '../wire/payloads/delete';
import { notify } from '../wire/payloads/notify';
import { type ChildSa, ChildSas } from './child-sas';
import { endpointText, ikeMessageOf, samePath, sendIke } from './ike-path';
import { IkeSa, type IkeSaHost, type IkeSaOptions, type ReceivedRequest } from './ike-sa';
import { IdleTimers } from './idle-timers';
import { PathProbe } from './path-probe';
import { TaskLanes } from './task-lanes';
import { Timers } from './timers';
import { TokenBucket } from './token-bucket';

/** Milliseconds between two reactions to unauthenticated hints (C-75). */
const hintInterval = 10_000;
/** Unanswered tries on one path before another one should be looked for (M-11). */
const silentTries = 2;
/** A replaced IKE SA whose peer never deletes it is forgotten after this, milliseconds. */
const replacedIkeSaLifetime = 60_000;
/** An IKE SA that its peer deleted still answers repetitions of that DELETE, milliseconds. */
const deletedIkeSaLifetime = 10_000;
/** Tries of the DELETE of an IKE SA that is already replaced. */
const deleteTries = 5;
/** Addresses from which IKE messages of the peer are accepted. */
const maxKnownRemotes = 32;

export interface SessionSettings {
  readonly role: 'initiator' | 'responder';
  readonly ikeProposals: readonly AlgorithmProposal[];
  readonly espProposals: readonly AlgorithmProposal[];
  readonly mobike: boolean;
  readonly livenessSeconds: number;
  readonly ikeLifetimeSeconds: number;
  readonly childLifetimeSeconds: number;
  /** null: no NAT keepalives (a gateway is not behind a NAT). */
  readonly natKeepaliveSeconds: number | null;
  readonly retransmitBudgetMs: number;
  readonly isSpiFree: ((spi: number) => boolean) | undefined;
}

/** The exchanges before the IKE SA is established; replaced by nothing once it is. */
export interface Handshake {
  /** A message whose SPIs belong to no IKE SA of this session. False: not for us. */
  receive(message: Uint8Array, path: IkePath): boolean;
  /** A protected request on an IKE SA that is still authenticating. */
  handleRequest(sa: IkeSa, request: ReceivedRequest): void;
  /** A request of the handshake stayed unanswered. */
  unanswered(sa: IkeSa, name: string, tries: number): void;
  violation(sa: IkeSa, error: VpnError): void;
  close(): void;
}

export type SessionState = 'idle' | 'connecting' | 'established' | 'closing' | 'ended';

/**
 * One connection with one peer through all its IKE SAs and CHILD SAs: the driver of the tasks. It owns the timers, the path and the
 * data path's SAs; what an exchange means is in src-core/ikev2/exchanges.
 */
export class SessionCore implements IkeSaHost, IkeSession {
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: SessionSettings;
  readonly timers: Timers;
  readonly mobility: Mobility;
  readonly ikeRekeying: IkeRekeying;
  readonly childRekeying: ChildRekeying;
  handshake: Handshake | null = null;
  /** The peer may create CHILD SAs unasked (H-36), within `permittedSelectors`. */
  acceptsNewChildren = false;
  permittedSelectors: { readonly local: readonly TrafficSelector[]; readonly remote: readonly TrafficSelector[] } = { local: [], remote: [] };

  readonly #trace: Trace;
  #emit: (event: IkeSessionEvent) => void;
  #dataPath: DataPath | null;
  #childSas: ChildSas | null = null;
  #state: SessionState = 'idle';
  readonly #lanes: TaskLanes;
  readonly #idle: IdleTimers;
  #current: IkeSa | null = null;
  /** The peer rekeyed the IKE SA and may not have our answer yet: it becomes current when the peer shows that it has (RFC 7296 section 2.8). */
  #successor: IkeSa | null = null;
  #path: IkePath | null = null;
  #held = false;
  #probe: PathProbe | null = null;
  #lastHeardAt: number | null = null;
  /** Since when silence counts: the path was changed or came back then. */
  #listeningSince = 0;
  #budgetReported = false;
  #lastHintAt = Number.NEGATIVE_INFINITY;
  #livenessWaiters: ((answered: boolean) => void)[] = [];
  /** Log records of the message that is being processed; null outside of that. */
  #delayedLog: (() => void)[] | null = null;
  readonly #knownRemotes = new Set<string>();
  readonly #childRekeyBudget: TokenBucket;
  readonly #ikeRekeyBudget: TokenBucket;

  constructor(
    dependencies: { readonly clock: Clock; readonly random: Random; readonly trace: Trace; readonly dataPath: DataPath | null; readonly onEvent: (event: IkeSessionEvent) => void },
    settings: SessionSettings,
  ) {
    this.clock = dependencies.clock;
    this.random = dependencies.random;
    this.#trace = dependencies.trace;
    this.#emit = dependencies.onEvent;
    this.#dataPath = null;
    this.settings = settings;
    this.timers = new Timers(this.clock);
    this.#lanes = new TaskLanes({ mayStart: (sa, task) => this.#mayStart(sa, task), answered: (path) => this.#answered(path) });
    this.#idle = new IdleTimers(this);
    this.mobility = new Mobility(this);
    this.ikeRekeying = new IkeRekeying(this);
    this.childRekeying = new ChildRekeying(this);
    const now = this.clock.now();
    // A gateway whose data path cannot move its SAs rekeys after every roam, so bursts are normal; a flood is not (H-35).
    this.#childRekeyBudget = new TokenBucket(200, 50, now);
    this.#ikeRekeyBudget = new TokenBucket(6, 30_000, now);
    if (dependencies.dataPath !== null) this.attach(dependencies.dataPath, dependencies.onEvent);
  }

  // ---- IkeSession

  get path(): IkePath | null {
    return this.#path;
  }

  get ike(): IkeSaInfo | null {
    return this.#state === 'established' || this.#state === 'closing' ? (this.#current?.info ?? null) : null;
  }

  get children(): readonly ChildSaInfo[] {
    return this.#childSas?.list ?? [];
  }

  get lastHeardAt(): number | null {
    return this.#lastHeardAt;
  }

  connect(_path: IkePath, _alternatives: readonly IkePath[]): void {
    throw new Error('only an initiator connects');
  }

  receive(datagram: Uint8Array, path: IkePath): boolean {
    // What a message makes us say goes out before anything is written about it: somebody may be waiting for a roam to end.
    const outermost = this.#delayedLog === null;
    this.#delayedLog ??= [];
    try {
      return this.#receive(datagram, path);
    } finally {
      if (outermost) this.#writeDelayedLog();
    }
  }

  #writeDelayedLog(): void {
    const records = this.#delayedLog ?? [];
    this.#delayedLog = null;
    for (const write of records) write();
  }

  #receive(datagram: Uint8Array, path: IkePath): boolean {
    if (this.#state === 'ended') return false;
    // H-62: a keepalive of the peer means nothing.
    if (datagram.length === 1 && datagram[0] === 0xff) return true;
    const message = ikeMessageOf(datagram, path);
    if (message === null) return false;
    const owner = this.#lanes.ikeSas.find((sa) => equal(message.subarray(0, 8), sa.spiI) && equal(message.subarray(8, 16), sa.spiR));
    if (owner === undefined) return this.handshake?.receive(message, path) ?? this.#foreignHint(message, path);
    // C-45: only from where the peer is known to be; a responder hears its client from wherever that roams.
    if (this.settings.role === 'initiator' && !this.#isKnownRemote(path)) return true;
    if (!owner.receive(message, path)) this.#unprotected(message, path);
    return true;
  }

  setPath(path: IkePath): void {
    if (this.#state !== 'established' && this.#state !== 'closing') return;
    this.adoptPath(path);
    this.#restartSilence();
    // M-12.4, M-14: what waits for an answer goes out again from here, octet by octet the same.
    for (const sa of this.#lanes.ikeSas) sa.resend();
    if (this.#state === 'established') {
      this.mobility.pathChanged();
      this.#idle.start();
      this.pump();
    }
  }

  holdPath(): void {
    this.#held = true;
    for (const sa of this.#lanes.ikeSas) sa.pause();
    this.#idle.stop();
    this.#dataPath?.setPath(null);
  }

  probe(paths: readonly IkePath[], timeoutMs: number): Promise<IkePath | null> {
    const sa = this.#current;
    if (this.#state !== 'established' || sa === null || paths.length === 0) return Promise.resolve(null);
    this.#probe?.end(null);
    for (const path of paths) this.knowRemote(path);
    return new Promise((resolve) => {
      const probe = new PathProbe(
        this.timers,
        paths,
        timeoutMs,
        () => this.ask(),
        (found) => {
          if (this.#probe === probe) this.#probe = null;
          if (this.#held) for (const known of this.#lanes.ikeSas) known.pause();
          resolve(found);
        },
      );
      this.#probe = probe;
      probe.start();
    });
  }

  checkLiveness(timeoutMs: number): Promise<boolean> {
    if (this.#state !== 'established' || this.#current === null) return Promise.resolve(false);
    return new Promise((resolve) => {
      const finish = (answered: boolean): void => {
        timer.cancel();
        this.#livenessWaiters = this.#livenessWaiters.filter((waiter) => waiter !== finish);
        resolve(answered);
      };
      const timer = this.clock.setTimer(timeoutMs, 'liveness timeout', () => finish(false));
      this.#livenessWaiters.push(finish);
      this.ask();
    });
  }

  rekeyIke(): void {
    if (this.#state === 'established') this.ikeRekeying.start();
  }

  rekeyChild(spiIn: number): void {
    const child = this.#childSas?.byInbound(spiIn);
    if (this.#state === 'established' && child !== undefined) this.childRekeying.start(child);
  }

  close(waitMs: number): Promise<boolean> {
    const sa = this.#current;
    if (this.#state !== 'established' || sa === null) {
      this.abandon();
      return Promise.resolve(false);
    }
    this.#state = 'closing';
    this.#probe?.end(null);
    return new Promise((resolve) => {
      const finish = (answered: boolean): void => {
        if (this.#state !== 'ended') this.#end('local', null);
        resolve(answered);
      };
      this.onClosed = finish;
      this.timers.set('close', waitMs, () => finish(false));
      this.#lanes.dropWaiting();
      this.#successor?.sendOnce(exchangeType.INFORMATIONAL, [deleteIkeSa]);
      this.enqueue(new DeleteIkeTask(this, sa, () => finish(true)));
    });
  }

  abandon(): void {
    if (this.#state === 'ended') return;
    const closed = this.onClosed;
    this.#forget();
    closed?.(false);
  }

  // ---- for the exchanges

  /** Resolves a `close` that waits. */
  onClosed: ((answered: boolean) => void) | null = null;

  get state(): SessionState {
    return this.#state;
  }

  get current(): IkeSa | null {
    return this.#current;
  }

  /** Waits for the peer to use it; see `expectSuccessor`. */
  get successor(): IkeSa | null {
    return this.#successor;
  }

  get dataPath(): DataPath | null {
    return this.#dataPath;
  }

  get childSas(): ChildSas {
    if (this.#childSas === null) throw new Error('no data path is attached yet');
    return this.#childSas;
  }

  get isHeld(): boolean {
    return this.#held;
  }

  /** Where CHILD SAs go; a responder learns it once its client proved itself. */
  attach(dataPath: DataPath, onEvent: (event: IkeSessionEvent) => void): void {
    this.#dataPath = dataPath;
    this.#emit = onEvent;
    this.#childSas = new ChildSas({ dataPath, clock: this.clock, random: this.random, timers: this.timers, isSpiFree: this.settings.isSpiFree, traceKeys: this.#trace.keys?.bind(this.#trace) });
    dataPath.onEvent((event) => {
      if (this.#state !== 'established') return;
      if (event.type === 'sequence-soft-limit' || event.type === 'sequence-hard-limit') {
        const child = this.#childSas?.byOutbound(event.spi);
        if (child !== undefined) this.childRekeying.start(child);
      } else if (event.type === 'unknown-spi') this.#hint();
    });
  }

  emit(event: IkeSessionEvent): void {
    if (this.#state === 'ended') return;
    this.#writeDelayedLog();
    this.#emit(event);
  }

  log(level: LogLevel, area: LogArea, text: string): void {
    const write = (): void => this.#trace.log({ level, area, text });
    if (this.#delayedLog === null) write();
    else this.#delayedLog.push(write);
  }

  beginConnecting(): void {
    this.#state = 'connecting';
  }

  /** Creates an IKE SA of this session; its messages are received from now on. */
  createIkeSa(options: IkeSaOptions): IkeSa {
    const sa = new IkeSa(this, options);
    this.#lanes.add(sa);
    const { cipher } = options.suite;
    this.#trace.keys?.({
      type: 'ike',
      spiInitiator: sa.info.spiInitiator,
      spiResponder: sa.info.spiResponder,
      encryption: `${cipher.encryption}-${String(cipher.keyBits)}`,
      integrity: cipher.integrity ?? 'none',
      skEi: sa.keys.skEi.slice(),
      skEr: sa.keys.skEr.slice(),
      skAi: sa.keys.skAi.slice(),
      skAr: sa.keys.skAr.slice(),
    });
    return sa;
  }

  /** The first IKE SA is authenticated and its CHILD SA is installed. */
  established(sa: IkeSa): void {
    this.#state = 'established';
    this.#current = sa;
    sa.state = 'established';
    if (this.#path !== null) this.adoptPath(this.#path);
    this.handshake = null;
    for (const other of this.#lanes.ikeSas) if (other !== sa) this.removeIkeSa(other);
    this.#restartSilence();
    this.#idle.start();
    this.ikeRekeying.schedule(sa);
  }

  /** Takes a path without telling the peer. */
  adoptPath(path: IkePath): void {
    this.#path = path;
    this.#held = false;
    this.knowRemote(path);
    // Before the peer is authenticated, traffic goes nowhere, and that of an older session stays where it is (M-18).
    if (this.#state === 'established' || this.#state === 'closing') this.#dataPath?.setPath({ socket: path.socket, remote: path.remote });
  }

  knowRemote(path: IkePath): void {
    const key = endpointText(path.remote);
    this.#knownRemotes.delete(key);
    this.#knownRemotes.add(key);
    for (const oldest of this.#knownRemotes) {
      if (this.#knownRemotes.size <= maxKnownRemotes) break;
      this.#knownRemotes.delete(oldest);
    }
  }

  /** The task in flight on an IKE SA. */
  activeTask(sa: IkeSa): Task | null {
    return this.#lanes.active(sa);
  }

  /** Queues a task on the current IKE SA, or on the one given. One of the same name that still waits is enough. */
  enqueue(task: Task, sa: IkeSa | null = this.#current): void {
    if (this.#lanes.enqueue(sa, task)) this.pump();
    else task.cancel?.();
  }

  /** Starts the tasks that can be started. */
  pump(): void {
    this.#lanes.pump();
  }

  /**
   * We answered the peer's rekey. Until the peer uses the new IKE SA, or deletes the old one, our requests go over the old one:
   * if the answer was lost, the peer does not know the new one.
   */
  expectSuccessor(next: IkeSa): void {
    this.#successor = next;
    next.state = 'established';
  }

  /** After a rekey: `next` is the IKE SA now; children and waiting tasks go with it (C-63). */
  switchIkeSa(next: IkeSa): void {
    const previous = this.#current;
    if (previous === null || previous === next) return;
    this.#current = next;
    this.#successor = null;
    next.state = 'established';
    next.roundTrip ??= previous.roundTrip;
    if (previous.state === 'established') previous.state = 'rekeyed';
    const dropped = this.#lanes.moveWaiting(previous, next, ({ kind }) => (kind === 'deleteIke' ? 'stay' : kind === 'rekeyIke' ? 'drop' : 'move'));
    for (const task of dropped) task.cancel?.();
    this.mobility.ikeSaReplaced(next);
    this.ikeRekeying.schedule(next);
    this.emit({ type: 'ike-rekeyed', ike: next.info });
    this.forgetIkeSaLater(previous);
    this.pump();
  }

  /** An IKE SA that its peer should delete. */
  forgetIkeSaLater(sa: IkeSa, lifetime = replacedIkeSaLifetime): void {
    this.timers.set(`replaced ${sa.info.spiInitiator}${sa.info.spiResponder}`, lifetime, () => this.removeIkeSa(sa));
  }

  /** Forgets an IKE SA that is not the current one. Its task in flight goes on elsewhere when it can. */
  removeIkeSa(sa: IkeSa): void {
    if (sa === this.#current || !this.#lanes.has(sa)) return;
    const tasks = this.#lanes.remove(sa);
    sa.destroy();
    for (const task of tasks) {
      if (task.restartable && this.#state === 'established') this.enqueue(task);
      else task.cancel?.();
    }
  }

  /** The peer deleted an IKE SA that has a successor: it is kept to answer repetitions only. */
  lingerIkeSa(sa: IkeSa): void {
    const task = this.#lanes.takeActive(sa);
    sa.dropRequest();
    sa.state = 'deleting';
    if (task !== null) {
      if (task.restartable) this.enqueue(task);
      else task.cancel?.();
    }
    this.forgetIkeSaLater(sa, deletedIkeSaLifetime);
  }

  /** The peer said that it is over, or something fatal happened. */
  end(by: 'peer' | 'failure', error: VpnError | null): void {
    if (this.#state === 'ended') return;
    const closed = this.onClosed;
    this.#end(by, error);
    closed?.(true);
  }

  /** Makes sure that a request is on its way: the waiting one again, or an empty INFORMATIONAL. */
  ask(): void {
    const sa = this.#current;
    if (sa === null) return;
    if (sa.pendingRequest !== null) sa.resend();
    else this.enqueue(new LivenessTask(this));
  }

  askWhenFree(): void {
    if (this.#current?.pendingRequest === null) this.enqueue(new LivenessTask(this));
  }

  /** Clock.now() of the last authentic packet of either kind, or of the last change of the path. */
  lastProofOfLife(): number {
    let last = Math.max(this.#lastHeardAt ?? 0, this.#listeningSince);
    for (const child of this.#childSas?.list ?? []) last = Math.max(last, this.#dataPath?.inboundCounters(child.spiIn)?.lastPacketAt ?? 0);
    return last;
  }

  /** ESP left after `instant` (Clock.now()). */
  sentSince(instant: number): boolean {
    return (this.#childSas?.list ?? []).some((child) => (this.#dataPath?.outboundCounters(child.spiOut)?.lastPacketAt ?? Number.NEGATIVE_INFINITY) > instant);
  }

  /** Authentic ESP arrived after `instant`. */
  receivedSince(instant: number): boolean {
    return (this.#childSas?.list ?? []).some((child) => (this.#dataPath?.inboundCounters(child.spiIn)?.lastPacketAt ?? Number.NEGATIVE_INFINITY) > instant);
  }

  /** May the peer have another rekey now? */
  takeRekeyBudget(kind: 'child' | 'ike'): boolean {
    return (kind === 'child' ? this.#childRekeyBudget : this.#ikeRekeyBudget).take(this.clock.now());
  }

  /** A soft lifetime: the configured one, minus up to a tenth by chance (C-62). Milliseconds. */
  softLifetime(seconds: number): number {
    return seconds * 1000 * (1 - 0.1 * ((this.random.bytes(1)[0] ?? 0) / 255));
  }

  /** When an SA that could not be rekeyed is too old to go on with (C-66). Milliseconds. */
  hardLifetime(seconds: number): number {
    return seconds * 1100;
  }

  /** The CHILD SA is in the data path: its lifetime begins. */
  childInstalled(child: ChildSa, replaces: ChildSa | null, announce: boolean): void {
    this.timers.set(`child lifetime ${child.spiIn.toString(16)}`, this.softLifetime(this.settings.childLifetimeSeconds), () => this.childRekeying.start(child));
    this.timers.set(`child hard lifetime ${child.spiIn.toString(16)}`, this.hardLifetime(this.settings.childLifetimeSeconds), () =>
      this.emit({ type: 'reauthenticate', reason: 'a CHILD SA could not be rekeyed within its lifetime' }),
    );
    if (announce) this.emit({ type: 'child-installed', child, replaces: replaces?.spiIn ?? null });
  }

  childRemoved(child: ChildSa): void {
    this.timers.cancel(`child lifetime ${child.spiIn.toString(16)}`);
    this.timers.cancel(`child hard lifetime ${child.spiIn.toString(16)}`);
    this.emit({ type: 'child-removed', spiIn: child.spiIn });
  }

  /** The peer forgot a CHILD SA that we still had: make a new one. */
  recreateChild(lost: ChildSa): void {
    this.enqueue(new CreateChildTask(this, lost.localSelectors, lost.remoteSelectors));
  }

  deleteChild(child: ChildSa): void {
    if (child.state === 'gone' || child.state === 'deleting') return;
    this.enqueue(new DeleteChildTask(this, child));
  }

  // ---- IkeSaHost

  requestPaths(): readonly IkePath[] {
    if (this.#probe !== null) return this.#probe.paths;
    return this.#held || this.#path === null ? [] : [this.#path];
  }

  send(path: IkePath, message: Uint8Array): void {
    this.#idle.noteSent();
    sendIke(path, message);
  }

  heard(sa: IkeSa, path: IkePath): void {
    this.#lastHeardAt = this.clock.now();
    this.#budgetReported = false;
    if (sa === this.#successor) this.switchIkeSa(sa);
    // RFC 7296 section 2.23: without MOBIKE a gateway follows its client's authentic messages.
    if (this.settings.role === 'responder' && sa === this.#current && !this.mobility.supported && !samePath(path, this.#path)) {
      this.adoptPath(path);
      this.emit({ type: 'path-confirmed', path, natDetected: this.mobility.natDetected });
    }
  }

  handleRequest(sa: IkeSa, request: ReceivedRequest): void {
    if (this.#state === 'ended') return;
    if (sa.state === 'authenticating') {
      this.handshake?.handleRequest(sa, request);
      return;
    }
    switch (request.exchange) {
      case exchangeType.INFORMATIONAL: {
        const deleted = findPayloads(request.payloads, 'D');
        // H-26: after the DELETE of the IKE SA nothing else in the message acts.
        if (deleted.length > 0) answerDelete(this, sa, request, deleted);
        else handleInformational(this, sa, request);
        return;
      }
      case exchangeType.CREATE_CHILD_SA:
        this.#handleCreateChildSa(sa, request);
        return;
      default:
        // H-10, H-43: an exchange that has no place on an established IKE SA.
        sa.respond(request, [notify(notifyType.INVALID_SYNTAX)]);
    }
  }

  peerViolation(sa: IkeSa, detail: string): void {
    const error = protocolViolation(detail);
    if (this.#state === 'connecting') this.handshake?.violation(sa, error);
    else this.end('failure', error);
  }

  unanswered(sa: IkeSa, request: { readonly name: string; readonly tries: number; readonly triesOnPath: number; readonly firstSentAt: number }): void {
    if (sa.state === 'authenticating') {
      this.handshake?.unanswered(sa, request.name, request.tries);
      return;
    }
    if (sa !== this.#current) {
      // The peer has forgotten an IKE SA that we replaced: so do we.
      if (request.tries >= deleteTries) this.removeIkeSa(sa);
      return;
    }
    if (this.#path === null || this.#probe !== null || this.#state !== 'established') return;
    const silentMs = this.clock.now() - Math.max(this.#listeningSince, this.#lastHeardAt ?? 0, request.firstSentAt);
    if (request.triesOnPath >= silentTries) this.emit({ type: 'path-silent', path: this.#path, tries: request.triesOnPath, silentMs });
    if (silentMs >= this.settings.retransmitBudgetMs && !this.#budgetReported) {
      this.#budgetReported = true;
      this.emit({ type: 'peer-silent' });
      if (this.settings.role === 'responder') this.end('failure', new VpnError('VPN_DISCONNECT', 'The client does not answer any more.'));
    }
  }

  logMessage(_sa: IkeSa, direction: 'sent' | 'received', exchange: number, messageId: number, response: boolean, path: IkePath, payloads: readonly Payload[]): void {
    this.traceMessage(direction, exchange, messageId, response, path, payloads);
  }

  traceMessage(direction: 'sent' | 'received', exchange: number, messageId: number, response: boolean, path: IkePath, payloads: readonly Payload[]): void {
    const write = (): void => {
      const local = endpointText(path.socket.local);
      const remote = endpointText(path.remote);
      const [from, to] = direction === 'sent' ? [local, remote] : [remote, local];
      this.#trace.log({
        level: 'debug',
        area: 'ike',
        text: `${direction === 'sent' ? 'Sent' : 'Received'} ${exchangeTypeName(exchange)} ${response ? 'response' : 'request'} ${String(messageId)}`,
        exchange: describeMessage({ direction, exchangeType: exchange, messageId, response, from, to, payloads }),
      });
    };
    if (this.#delayedLog === null) write();
    else this.#delayedLog.push(write);
  }

  // ---- inside

  #handleCreateChildSa(sa: IkeSa, request: ReceivedRequest): void {
    const offer = findPayload(request.payloads, 'SA');
    if (offer === undefined) return sa.respond(request, [notify(notifyType.INVALID_SYNTAX)]);
    if (this.ikeRekeying.isRekeyRequest(request.payloads)) return this.ikeRekeying.handle(sa, request);
    if (sa !== this.#current || sa.state !== 'established' || this.#successor !== null || this.ikeRekeying.isActiveOn(sa)) {
      // RFC 7296 section 2.25.2: CHILD SAs do not change while their IKE SA is being replaced or closed.
      return sa.respond(request, [notify(notifyType.TEMPORARY_FAILURE)]);
    }
    if (this.childRekeying.isRekeyRequest(request.payloads)) return this.childRekeying.handle(sa, request);
    handleCreateChild(this, sa, request);
  }

  #mayStart(sa: IkeSa, task: Task): boolean {
    if (this.#state !== 'established' && this.#state !== 'closing') return false;
    // While the peer may be on the successor already, only what cannot wait goes over the old IKE SA.
    if (this.#successor !== null && sa === this.#current && taskPriority[task.kind] > taskPriority.liveness) return false;
    // Without a path nothing begins; a probe brings its own paths.
    return this.requestPaths().length > 0;
  }

  /** Something we asked was answered on `path`. */
  #answered(path: IkePath): boolean {
    if (this.#state === 'ended') return false;
    for (const waiter of [...this.#livenessWaiters]) waiter(true);
    this.#probe?.answered(path);
    return true;
  }

  #restartSilence(): void {
    this.#listeningSince = this.clock.now();
    this.#budgetReported = false;
  }

  /** C-75, H-30: unprotected messages are hints, whatever they say. */
  #unprotected(message: Uint8Array, path: IkePath): void {
    const decoded = decodeMessage(message);
    if (!decoded.ok) return;
    const hint = findPayloads(decoded.value.payloads, 'N').find(({ notify: type }) => type === notifyType.INVALID_IKE_SPI || type === notifyType.INVALID_SPI);
    if (hint === undefined) return;
    this.log('debug', 'ike', `Unauthenticated ${notifyTypeName(hint.notify)} from ${endpointText(path.remote)}`);
    this.#hint();
  }

  #foreignHint(message: Uint8Array, path: IkePath): boolean {
    // INVALID_SPI comes outside of any IKE SA, with our SPIs or with none (RFC 7296 section 1.5).
    const sa = this.#current;
    if (sa === null || !this.#isKnownRemote(path) || !equal(message.subarray(0, 8), sa.spiI)) return false;
    this.#unprotected(message, path);
    return true;
  }

  /** Where the peer was talked to before, and the further addresses it listed (M-8). */
  #isKnownRemote(path: IkePath): boolean {
    return this.#knownRemotes.has(endpointText(path.remote)) || (path.remote.port === this.#path?.remote.port && this.mobility.peerAddresses.includes(path.remote.address));
  }

  #hint(): void {
    const now = this.clock.now();
    if (this.#state !== 'established' || now - this.#lastHintAt < hintInterval) return;
    this.#lastHintAt = now;
    this.emit({ type: 'peer-forgot-hint' });
    if (!this.#held) this.ask();
  }

  #end(by: 'peer' | 'local' | 'failure', error: VpnError | null): void {
    const emit = this.#emit;
    this.#writeDelayedLog();
    this.#forget();
    emit({ type: 'ended', by, error });
  }

  #forget(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.onClosed = null;
    this.handshake?.close();
    this.handshake = null;
    this.#probe?.end(null);
    for (const waiter of [...this.#livenessWaiters]) waiter(false);
    this.timers.close();
    this.#lanes.clear();
    this.#current = null;
    this.#successor = null;
    this.#childSas?.clear();
  }
}
