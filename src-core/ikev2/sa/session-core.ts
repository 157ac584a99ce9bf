import { equal } from '../../bytes';
import type { Clock } from '../../ports/clock';
import type { DataPath, TrafficSelector } from '../../ports/data-path';
import type { SendResult } from '../../ports/datagrams';
import type { Random } from '../../ports/random';
import type { Trace } from '../../ports/trace';
import type { VpnError } from '../../ports/vpn-error';
import { ChildRekeying } from '../exchanges/child-rekey';
import { ChildRestoration } from '../exchanges/child-restoration';
import { DeleteChildTask, DeleteIkeTask } from '../exchanges/delete';
import { protocolViolation } from '../exchanges/failures';
import { IkeRekeying } from '../exchanges/ike-rekey';
import { LivenessTask } from '../exchanges/liveness';
import { SizeProbeTask } from '../exchanges/size-probe';
import { Mobility } from '../exchanges/mobike';
import { handleEstablishedRequest } from '../exchanges/requests';
import { type Task, taskPriority } from '../exchanges/task';
import type {
  ChildSaInfo,
  IkePath,
  IkeSaInfo,
  IkeSession,
  IkeSessionEvent,
  LivenessUrgency,
  SizeAnswer,
  SizeQuestion,
} from '../session';
import { exchangeType } from '../wire/constants';
import type { Payload } from '../wire/payload';
import { deleteIkeSa } from '../wire/payloads/delete';
import { ChildLifetimes } from './child-lifetimes';
import { type ChildSa, ChildSas } from './child-sas';
import type { Handshake } from './handshake';
import { ikeMessageOf, samePath, sendIke, sendIkeWhole } from './ike-path';
import { IkeSa, type IkeSaHost, type IkeSaOptions, type ReceivedRequest } from './ike-sa';
import { IkeSaSuccession } from './ike-sa-succession';
import { IdleTimers } from './idle-timers';
import type { IkeKeys } from './keying-material';
import { SessionLog } from './session-log';
import { SessionPath } from './session-path';
import type { SessionSettings, SessionState } from './session-settings';
import { Silence } from './silence';
import { unknownSize } from './size-trial';
import { TaskLanes } from './task-lanes';
import { Timers } from './timers';
import { TokenBucket } from './token-bucket';
import { UnauthenticatedHints } from './unauthenticated-hints';

/** Tries of the DELETE of an IKE SA that is already replaced. */
const deleteTries = 5;

/**
 * One connection with one peer through all its IKE SAs and CHILD SAs: the driver of the tasks. It owns the timers, the
 * path and the
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
  readonly childLifetimes: ChildLifetimes;
  readonly childRestoration: ChildRestoration;
  readonly ikeSas: IkeSaSuccession;
  readonly silence: Silence;
  readonly log: SessionLog;
  /**
   * How often the peer may rekey. A gateway whose data path cannot move its SAs rekeys after every roam, so bursts are
   * normal; a flood is not (H-35).
   */
  readonly rekeyBudgets: { readonly child: TokenBucket; readonly ike: TokenBucket };
  handshake: Handshake | null = null;
  /** What CHILD SAs that the peer creates unasked may carry at most (H-36): what was agreed on with the first one. */
  permittedSelectors: { readonly local: readonly TrafficSelector[]; readonly remote: readonly TrafficSelector[] } = {
    local: [],
    remote: [],
  };

  readonly #trace: Trace;
  #emit: (event: IkeSessionEvent) => void;
  #dataPath: DataPath | null;
  #childSas: ChildSas | null = null;
  #state: SessionState = 'idle';
  readonly #lanes: TaskLanes;
  readonly #idle: IdleTimers;
  readonly #hints: UnauthenticatedHints;
  readonly #path: SessionPath;
  #retired = false;
  /** Resolves a `close` that waits. */
  #onClosed: ((answered: boolean) => void) | null = null;

  constructor(
    dependencies: {
      readonly clock: Clock;
      readonly random: Random;
      readonly trace: Trace;
      readonly dataPath: DataPath | null;
      readonly onEvent: (event: IkeSessionEvent) => void;
    },
    settings: SessionSettings,
  ) {
    this.clock = dependencies.clock;
    this.random = dependencies.random;
    this.#trace = dependencies.trace;
    this.#emit = dependencies.onEvent;
    this.#dataPath = null;
    this.settings = settings;
    this.timers = new Timers(this.clock);
    this.log = new SessionLog(dependencies.trace);
    this.#lanes = new TaskLanes({
      mayStart: (sa, task) => this.#mayStart(sa, task),
      answered: (path) => this.#answered(path),
    });
    this.ikeSas = new IkeSaSuccession(this, this.#lanes);
    this.#path = new SessionPath(this);
    this.#idle = new IdleTimers(this);
    this.silence = new Silence(this);
    this.#hints = new UnauthenticatedHints(this);
    this.mobility = new Mobility(this);
    this.ikeRekeying = new IkeRekeying(this);
    this.childRekeying = new ChildRekeying(this);
    this.childLifetimes = new ChildLifetimes(this);
    this.childRestoration = new ChildRestoration(this);
    const now = this.clock.now();
    this.rekeyBudgets = { child: new TokenBucket(200, 50, now), ike: new TokenBucket(6, 30_000, now) };
    if (dependencies.dataPath !== null) this.attach(dependencies.dataPath, dependencies.onEvent);
  }

  // ---- IkeSession

  get path(): IkePath | null {
    return this.#path.current;
  }

  get ike(): IkeSaInfo | null {
    return this.#isUp ? (this.current?.info ?? null) : null;
  }

  get children(): readonly ChildSaInfo[] {
    return this.#childSas?.list ?? [];
  }

  get lastHeardAt(): number | null {
    return this.silence.lastHeardAt;
  }

  connect(_path: IkePath, _alternatives: readonly IkePath[]): void {
    throw new Error('only an initiator connects');
  }

  receive(datagram: Uint8Array, path: IkePath): boolean {
    return this.log.whileProcessing(() => this.#receive(datagram, path));
  }

  #receive(datagram: Uint8Array, path: IkePath): boolean {
    if (this.#state === 'ended') return false;
    // H-62: a keepalive of the peer means nothing.
    if (datagram.length === 1 && datagram[0] === 0xff) return true;
    const message = ikeMessageOf(datagram, path);
    if (message === null) return false;
    const owner = this.#lanes.ikeSas.find(
      (sa) => equal(message.subarray(0, 8), sa.spiI) && equal(message.subarray(8, 16), sa.spiR),
    );
    if (owner === undefined) return this.handshake?.receive(message, path) ?? this.#foreignHint(message, path);
    // C-45: only from where the peer is known to be; a responder hears its client from wherever that roams.
    if (this.settings.role === 'initiator' && !this.#isKnownRemote(path)) return true;
    if (!owner.receive(message, path)) this.#hints.message(message, path);
    return true;
  }

  setPath(path: IkePath): void {
    if (!this.#isUp) return;
    this.adoptPath(path);
    this.silence.restart();
    // M-12.4, M-14: what waits for an answer goes out again from here, octet by octet the same.
    for (const sa of this.#lanes.ikeSas) sa.resend();
    if (this.#state === 'established') {
      this.mobility.pathChanged();
      this.#idle.start();
      this.pump();
    }
  }

  holdPath(): void {
    this.#idle.stop();
    this.#path.hold();
  }

  probe(paths: readonly IkePath[], timeoutMs: number): Promise<IkePath | null> {
    if (this.#state !== 'established' || this.current === null || paths.length === 0) return Promise.resolve(null);
    return this.#path.probe(paths, timeoutMs);
  }

  checkLiveness(timeoutMs: number, urgency: LivenessUrgency = 'now'): Promise<boolean> {
    if (this.#state !== 'established' || this.current === null) return Promise.resolve(false);
    return this.silence.checkLiveness(timeoutMs, urgency);
  }

  probeSize(question: SizeQuestion): Promise<SizeAnswer> {
    const sa = this.current;
    if (this.#state !== 'established' || sa === null || this.isHeld || this.#path.isProbing)
      return Promise.resolve(unknownSize);
    if (!sa.fragmentation) return Promise.resolve({ outcome: 'unsupported', octets: 0 });
    return new Promise((resolve) => this.enqueue(new SizeProbeTask(question, resolve)));
  }

  rekeyIke(): void {
    if (this.#state === 'established') this.ikeRekeying.start();
  }

  rekeyChild(spiIn: number): void {
    const child = this.#childSas?.byInbound(spiIn);
    if (this.#state === 'established' && child !== undefined) this.childRekeying.start(child);
  }

  retire(): void {
    this.#retired = true;
    this.#childSas?.stopSending();
  }

  close(waitMs: number, path?: IkePath): Promise<boolean> {
    const sa = this.current;
    if (this.#state !== 'established' || sa === null) {
      this.abandon();
      return Promise.resolve(false);
    }
    this.#state = 'closing';
    this.#path.endProbe();
    if (path !== undefined) this.setPath(path);
    return new Promise((resolve) => {
      const finish = (answered: boolean): void => {
        if (this.#state !== 'ended') this.#end('local', null);
        resolve(answered);
      };
      this.#onClosed = finish;
      this.timers.set('close', waitMs, () => finish(false));
      this.#lanes.dropWaiting();
      this.ikeSas.successor?.sendOnce(exchangeType.INFORMATIONAL, [deleteIkeSa]);
      this.enqueue(new DeleteIkeTask(this, sa, () => finish(true)));
    });
  }

  abandon(): void {
    if (this.#state === 'ended') return;
    const closed = this.#onClosed;
    this.#forget();
    closed?.(false);
  }

  // ---- for the exchanges

  get state(): SessionState {
    return this.#state;
  }

  get current(): IkeSa | null {
    return this.ikeSas.current;
  }

  get dataPath(): DataPath | null {
    return this.#dataPath;
  }

  get childSas(): ChildSas {
    if (this.#childSas === null) throw new Error('no data path is attached yet');
    return this.#childSas;
  }

  get isHeld(): boolean {
    return this.#path.isHeld;
  }

  /** Where CHILD SAs go; a responder learns it once its client proved itself. */
  attach(dataPath: DataPath, onEvent: (event: IkeSessionEvent) => void): void {
    this.#dataPath = dataPath;
    this.#emit = onEvent;
    this.#childSas = new ChildSas({
      dataPath,
      clock: this.clock,
      random: this.random,
      timers: this.timers,
      isSpiFree: this.settings.isSpiFree,
      traceKeys: () => this.#trace.keys?.bind(this.#trace),
    });
    dataPath.onEvent((event) => {
      if (this.#state !== 'established') return;
      if (event.type === 'sequence-soft-limit' || event.type === 'sequence-hard-limit') {
        const child = this.#childSas?.byOutbound(event.spi);
        if (child !== undefined) this.childRekeying.start(child);
      } else if (event.type === 'unknown-spi') this.#hints.peerForgot();
    });
  }

  emit(event: IkeSessionEvent): void {
    if (this.#state === 'ended') return;
    this.log.flush();
    this.#emit(event);
  }

  beginConnecting(): void {
    this.#state = 'connecting';
  }

  /** Creates an IKE SA of this session; its messages are received from now on. */
  createIkeSa(options: IkeSaOptions): IkeSa {
    const sa = new IkeSa(this, options);
    this.#lanes.add(sa);
    this.#traceKeys(sa);
    return sa;
  }

  /** A further key exchange of its IKE_INTERMEDIATE changed the keys of an IKE SA. */
  replaceIkeKeys(sa: IkeSa, keys: IkeKeys): void {
    sa.replaceKeys(keys);
    this.#traceKeys(sa);
  }

  #traceKeys(sa: IkeSa): void {
    const { cipher } = sa.suite;
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
  }

  /** The first IKE SA is authenticated and its CHILD SA is installed. */
  established(sa: IkeSa): void {
    this.#state = 'established';
    this.ikeSas.begin(sa);
    if (this.path !== null) this.adoptPath(this.path);
    this.handshake = null;
    this.silence.restart();
    this.#idle.start();
    this.ikeRekeying.schedule(sa);
  }

  /** Takes a path without telling the peer. */
  adoptPath(path: IkePath): void {
    this.#path.adopt(path);
  }

  /** The task in flight on an IKE SA. */
  activeTask(sa: IkeSa): Task | null {
    return this.#lanes.active(sa);
  }

  /** Queues a task on the current IKE SA, or on the one given. One of the same name that still waits is enough. */
  enqueue(task: Task, sa: IkeSa | null = this.current): void {
    if (!this.#lanes.enqueue(sa, task)) return task.cancel?.();
    if (task.kind !== 'probeSize') sa?.giveWay();
    this.pump();
  }

  /** Starts the tasks that can be started. */
  pump(): void {
    this.#lanes.pump();
  }

  /** The peer said that it is over, or something fatal happened. */
  end(by: 'peer' | 'failure', error: VpnError | null): void {
    if (this.#state === 'ended') return;
    const closed = this.#onClosed;
    this.#end(by, error);
    closed?.(true);
  }

  /** Makes sure that a request is on its way: the waiting one again, or an empty INFORMATIONAL. */
  ask(): void {
    const sa = this.current;
    if (sa === null) return;
    if (sa.pendingRequest !== null) sa.resend();
    else this.enqueue(new LivenessTask(this));
  }

  askWhenFree(): void {
    if (this.current?.pendingRequest === null) this.enqueue(new LivenessTask(this));
  }

  deleteChild(child: ChildSa): void {
    if (child.state === 'gone' || child.state === 'deleting') return;
    this.enqueue(new DeleteChildTask(this, child));
  }

  // ---- SessionPathHost

  get movesTraffic(): boolean {
    return this.#isUp && !this.#retired;
  }

  pause(): void {
    for (const sa of this.#lanes.ikeSas) sa.pause();
  }

  // ---- SuccessionHost

  ikeSaSwitched(next: IkeSa): void {
    this.mobility.ikeSaReplaced(next);
    this.ikeRekeying.schedule(next);
    this.emit({ type: 'ike-rekeyed', ike: next.info });
  }

  // ---- IkeSaHost

  requestPaths(): readonly IkePath[] {
    return this.#path.forRequests;
  }

  send(path: IkePath, message: Uint8Array): void {
    this.#idle.noteSent();
    sendIke(path, message);
  }

  sendWhole(path: IkePath, message: Uint8Array): SendResult {
    this.#idle.noteSent();
    return sendIkeWhole(path, message);
  }

  heard(sa: IkeSa, path: IkePath): void {
    this.silence.heard();
    if (sa === this.ikeSas.successor) this.ikeSas.switchTo(sa);
    // RFC 7296 section 2.23: without MOBIKE a gateway follows its client's authentic messages.
    if (
      this.settings.role === 'responder' &&
      sa === this.current &&
      !this.mobility.supported &&
      !samePath(path, this.path)
    ) {
      this.adoptPath(path);
      this.emit({ type: 'path-confirmed', path, natDetected: this.mobility.natDetected });
    }
  }

  handleRequest(sa: IkeSa, request: ReceivedRequest): void {
    if (this.#state === 'ended') return;
    if (sa.state === 'authenticating') this.handshake?.handleRequest(sa, request);
    else handleEstablishedRequest(this, sa, request);
  }

  peerViolation(sa: IkeSa, detail: string): void {
    const error = protocolViolation(detail);
    if (this.#state === 'connecting') this.handshake?.violation(sa, error);
    else this.end('failure', error);
  }

  unanswered(
    sa: IkeSa,
    request: {
      readonly name: string;
      readonly tries: number;
      readonly triesOnPath: number;
      readonly firstSentAt: number;
    },
  ): void {
    if (sa.state === 'authenticating') {
      this.handshake?.unanswered(sa, request.name, request.tries);
      return;
    }
    if (sa !== this.current) {
      // The peer has forgotten an IKE SA that we replaced: so do we.
      if (request.tries >= deleteTries) this.ikeSas.remove(sa);
      return;
    }
    if (this.path !== null && !this.#path.isProbing && this.#state === 'established')
      this.silence.unanswered(this.path, request);
  }

  logMessage(
    _sa: IkeSa,
    direction: 'sent' | 'received',
    exchange: number,
    messageId: number,
    response: boolean,
    path: IkePath,
    payloads: readonly Payload[],
  ): void {
    this.log.message(direction, exchange, messageId, response, path, payloads);
  }

  // ---- inside

  get #isUp(): boolean {
    return this.#state === 'established' || this.#state === 'closing';
  }

  #mayStart(sa: IkeSa, task: Task): boolean {
    if (!this.#isUp) return false;
    // While the peer may be on the successor already, only what cannot wait goes over the old IKE SA.
    if (this.ikeSas.successor !== null && sa === this.current && taskPriority[task.kind] > taskPriority.liveness)
      return false;
    // Without a path nothing begins; a probe brings its own paths.
    return this.requestPaths().length > 0;
  }

  /** Something we asked was answered on `path`. */
  #answered(path: IkePath): boolean {
    if (this.#state === 'ended') return false;
    this.silence.settle(true);
    this.#path.answered(path);
    if (this.#state === 'established') this.mobility.answered(path);
    return this.#isUp;
  }

  #foreignHint(message: Uint8Array, path: IkePath): boolean {
    // INVALID_SPI comes outside of any IKE SA, with our SPIs or with none (RFC 7296 section 1.5).
    const sa = this.current;
    if (sa === null || !this.#isKnownRemote(path) || !equal(message.subarray(0, 8), sa.spiI)) return false;
    this.#hints.message(message, path);
    return true;
  }

  /** Where the peer was talked to before, and the further addresses it listed (M-8). */
  #isKnownRemote(path: IkePath): boolean {
    return (
      this.#path.isKnownRemote(path.remote) ||
      (path.remote.port === this.path?.remote.port && this.mobility.peerAddresses.includes(path.remote.address))
    );
  }

  #end(by: 'peer' | 'local' | 'failure', error: VpnError | null): void {
    const emit = this.#emit;
    this.log.flush();
    this.#forget();
    emit({ type: 'ended', by, error });
  }

  #forget(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#onClosed = null;
    this.handshake?.close();
    this.handshake = null;
    this.#path.endProbe();
    this.silence.settle(false);
    this.timers.close();
    this.ikeSas.clear();
    this.#childSas?.clear();
  }
}
