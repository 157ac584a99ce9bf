import type { StatusObject } from '../../src-core/connection/status';
import type { Clock, Timer } from '../../src-core/ports/clock';
import type { ApiPush, LogEntry } from '../api/contract';

/** Log entries go out together. Milliseconds. */
const logBatchMs = 100;

/** What a host tells: deltas to user interfaces, statuses to the command line. */
export class Pushes {
  readonly #clock: Clock;
  readonly #listeners = new Set<(push: ApiPush) => void>();
  readonly #statusListeners = new Set<(status: StatusObject) => void>();
  #logBatch: LogEntry[] = [];
  #logTimer: Timer | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Is there a user interface that listens? */
  get isHeard(): boolean {
    return this.#listeners.size > 0;
  }

  onPush(listener: (push: ApiPush) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  onStatus(listener: (status: StatusObject) => void): () => void {
    this.#statusListeners.add(listener);
    return () => void this.#statusListeners.delete(listener);
  }

  push(push: ApiPush): void {
    for (const listener of [...this.#listeners]) listener(push);
  }

  /** Something happened to a connection. New counters alone are pushed. */
  status(status: StatusObject): void {
    this.push({ type: 'status', status });
    for (const listener of [...this.#statusListeners]) listener(status);
  }

  log(entry: LogEntry): void {
    if (!this.isHeard) return;
    this.#logBatch.push(entry);
    this.#logTimer ??= this.#clock.setTimer(logBatchMs, 'log', () => {
      this.#logTimer = null;
      const entries = this.#logBatch;
      this.#logBatch = [];
      this.push({ type: 'log', entries });
    });
  }

  close(): void {
    this.#logTimer?.cancel();
  }
}
