import type { Clock } from '../../ports/clock';
import type { DataPath } from '../../ports/data-path';
import type { IkePath } from '../session';
import type { Silence } from './silence';
import type { Timers } from './timers';

/** C-73: connections without traffic are asked this rarely, seconds. */
const idleLivenessSeconds = 300;
/** E-22: a keepalive that comes this much too late means that the machine slept, milliseconds. */
const sleepMargin = 20_000;

/** What the idle timers need of their session. */
export interface IdleTimersHost {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly settings: { readonly livenessSeconds: number; readonly natKeepaliveSeconds: number | null };
  readonly path: IkePath | null;
  readonly isHeld: boolean;
  readonly dataPath: DataPath | null;
  readonly silence: Pick<Silence, 'lastProofOfLife' | 'sentSince'>;
  /** Sends a liveness check unless a request waits already. */
  askWhenFree(): void;
  /** Sends a liveness check, or the waiting request again. */
  ask(): void;
}

/** What happens while nothing happens: liveness checks (C-73) and NAT keepalives (E-20..E-22). */
export class IdleTimers {
  readonly #host: IdleTimersHost;
  #lastSentAt = 0;
  #keepaliveDueAt = 0;

  constructor(host: IdleTimersHost) {
    this.#host = host;
  }

  /** An IKE message left. */
  noteSent(): void {
    this.#lastSentAt = this.#host.clock.now();
  }

  start(): void {
    this.#scheduleLiveness();
    this.#scheduleKeepalive();
  }

  stop(): void {
    this.#host.timers.cancel('nat keepalive');
    this.#host.timers.cancel('liveness');
  }

  /** Asks only when something was sent and nothing was heard, or when it was quiet for long. */
  #scheduleLiveness(): void {
    const host = this.#host;
    const interval = host.settings.livenessSeconds * 1000;
    if (interval <= 0) return;
    const now = host.clock.now();
    const due = Math.max(host.silence.lastProofOfLife() + interval, now + 250);
    host.timers.set('liveness', due - now, () => {
      const proof = host.silence.lastProofOfLife();
      const quiet = host.clock.now() - proof;
      if (quiet < interval - 1) {
        this.#scheduleLiveness();
        return;
      }
      const waiting = quiet >= Math.max(idleLivenessSeconds * 1000, interval) || host.silence.sentSince(proof);
      if (waiting && !host.isHeld) host.askWhenFree();
      // Nothing was sent yet: look again soon, since a packet may leave at any time.
      host.timers.set('liveness', waiting ? interval : Math.min(interval, 1000), () => this.#scheduleLiveness());
    });
  }

  /** One octet when nothing else was sent, counted from the last packet of any kind. */
  #scheduleKeepalive(): void {
    const host = this.#host;
    const seconds = host.settings.natKeepaliveSeconds;
    if (seconds === null || seconds <= 0 || host.isHeld) return;
    const interval = seconds * 1000;
    const now = host.clock.now();
    const due = Math.max(this.#lastSent() + interval, now + 50);
    this.#keepaliveDueAt = due;
    host.timers.set('nat keepalive', due - now, () => {
      const { path } = host;
      const fired = host.clock.now();
      if (path !== null && fired - this.#lastSent() >= interval - 1) {
        // The mapping may be gone after a sleep, so ask instead of tapping.
        if (fired - this.#keepaliveDueAt > sleepMargin) host.ask();
        else if (path.remote.port !== 500) path.socket.send(Uint8Array.of(0xff), path.remote);
        this.#lastSentAt = fired;
      }
      this.#scheduleKeepalive();
    });
  }

  #lastSent(): number {
    return Math.max(this.#host.dataPath?.lastSentAt() ?? 0, this.#lastSentAt);
  }
}
