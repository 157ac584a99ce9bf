import type { Clock } from '../../ports/clock';
import type { DataPath } from '../../ports/data-path';
import { VpnError } from '../../ports/vpn-error';
import type { ChildSaInfo, IkePath, IkeSessionEvent, LivenessUrgency } from '../session';
import type { SessionSettings } from './session-settings';

/** Unanswered tries on one path before another one should be looked for (M-11). */
const silentTries = 2;

export interface SilenceHost {
  readonly clock: Clock;
  readonly settings: Pick<SessionSettings, 'role' | 'retransmitBudgetMs'>;
  readonly dataPath: DataPath | null;
  readonly children: readonly ChildSaInfo[];
  /** Sends a liveness check, or the waiting request again. */
  ask(): void;
  /** Sends a liveness check unless a request waits already. */
  askWhenFree(): void;
  emit(event: IkeSessionEvent): void;
  end(by: 'failure', error: VpnError): void;
}

/**
 * Whether the peer lives: when it was heard last, who waits to hear it, and what is said when it stays silent (C-73,
 * M-11, C-10).
 */
export class Silence {
  readonly #host: SilenceHost;
  #lastHeardAt: number | null = null;
  /** Since when silence counts: the path was changed or came back then. */
  #listeningSince = 0;
  #budgetReported = false;
  #waiters: ((answered: boolean) => void)[] = [];

  constructor(host: SilenceHost) {
    this.#host = host;
  }

  /** Clock.now() of the last authenticated IKE message. */
  get lastHeardAt(): number | null {
    return this.#lastHeardAt;
  }

  /** An authentic IKE message arrived. */
  heard(): void {
    this.#lastHeardAt = this.#host.clock.now();
    this.#budgetReported = false;
  }

  /** Silence counts from now on. */
  restart(): void {
    this.#listeningSince = this.#host.clock.now();
    this.#budgetReported = false;
  }

  /** Clock.now() of the last authentic packet of either kind, or of the last change of the path. */
  lastProofOfLife(): number {
    let last = Math.max(this.#lastHeardAt ?? 0, this.#listeningSince);
    for (const child of this.#host.children)
      last = Math.max(last, this.#host.dataPath?.inboundCounters(child.spiIn)?.lastPacketAt ?? 0);
    return last;
  }

  /** ESP left after `instant` (Clock.now()). */
  sentSince(instant: number): boolean {
    return this.#host.children.some(
      (child) =>
        (this.#host.dataPath?.outboundCounters(child.spiOut)?.lastPacketAt ?? Number.NEGATIVE_INFINITY) > instant,
    );
  }

  /** Authentic ESP arrived after `instant`. */
  receivedSince(instant: number): boolean {
    return this.#host.children.some(
      (child) =>
        (this.#host.dataPath?.inboundCounters(child.spiIn)?.lastPacketAt ?? Number.NEGATIVE_INFINITY) > instant,
    );
  }

  /** Asks the peer; true when it answers within `timeoutMs`. */
  checkLiveness(timeoutMs: number, urgency: LivenessUrgency): Promise<boolean> {
    return new Promise((resolve) => {
      const finish = (answered: boolean): void => {
        timer.cancel();
        this.#waiters = this.#waiters.filter((waiter) => waiter !== finish);
        resolve(answered);
      };
      const timer = this.#host.clock.setTimer(timeoutMs, 'liveness timeout', () => finish(false));
      this.#waiters.push(finish);
      if (urgency === 'now') this.#host.ask();
      else this.#host.askWhenFree();
    });
  }

  /** Something we asked was answered, or nothing ever will be. */
  settle(answered: boolean): void {
    for (const waiter of [...this.#waiters]) waiter(answered);
  }

  /** A request on the current IKE SA was sent `triesOnPath` times on `path`. */
  unanswered(path: IkePath, request: { readonly triesOnPath: number; readonly firstSentAt: number }): void {
    const { clock, settings } = this.#host;
    const silentMs = clock.now() - Math.max(this.#listeningSince, this.#lastHeardAt ?? 0, request.firstSentAt);
    if (request.triesOnPath >= silentTries)
      this.#host.emit({ type: 'path-silent', path, tries: request.triesOnPath, silentMs });
    if (silentMs < settings.retransmitBudgetMs || this.#budgetReported) return;
    this.#budgetReported = true;
    this.#host.emit({ type: 'peer-silent' });
    if (settings.role === 'responder')
      this.#host.end('failure', new VpnError('VPN_DISCONNECT', 'The client does not answer any more.'));
  }
}
