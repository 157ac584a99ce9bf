import type { Clock, Timer } from '../../src-core/ports/clock';
import type { RoundTripSample } from '../api/contract';
import {
  addToHistory,
  addToRecent,
  toColumns,
  type RoundTripBucket,
  type RoundTripColumns,
} from '../api/round-trip-history';

/**
 * While somebody looks at the chart, and otherwise: enough for a day's line, less than the keepalive of a NAT sends.
 * Milliseconds.
 */
const watchedMs = 1_000;
const unwatchedMs = 60_000;
/** An answer that takes longer counts as lost. */
const timeoutMs = 1_000;

/** What is measured: a connection that is up, or it is not asked. */
export interface RoundTripTarget {
  /** Milliseconds of one round trip; null: no answer within `timeoutMs`, or no path at present. */
  measure(timeoutMs: number): Promise<number | null>;
  /** The adapter in use; null: none. */
  adapter(): string | null;
}

/** The round trips of one connection: what was measured lately, and a day of it by the minute. */
export class RoundTrips {
  readonly #clock: Clock;
  readonly #onSample: (sample: RoundTripSample) => void;
  #recent: readonly RoundTripSample[] = [];
  #history: readonly RoundTripBucket[] = [];
  #target: RoundTripTarget | null = null;
  #timer: Timer | null = null;
  #watched = false;
  #measuring = false;

  constructor(clock: Clock, onSample: (sample: RoundTripSample) => void) {
    this.#clock = clock;
    this.#onSample = onSample;
  }

  get recent(): readonly RoundTripSample[] {
    return this.#recent;
  }

  get history(): RoundTripColumns {
    return toColumns(this.#history);
  }

  get isEmpty(): boolean {
    return this.#history.length === 0;
  }

  add(sample: RoundTripSample): void {
    this.#recent = addToRecent(this.#recent, sample);
    this.#history = addToHistory(this.#history, sample);
    this.#onSample(sample);
  }

  /** Measures `target` from now on; null: nothing any more. */
  follow(target: RoundTripTarget | null): void {
    if (target === this.#target) return;
    this.#target = target;
    this.#schedule(0);
  }

  /** Whether somebody looks at the chart. */
  watch(watched: boolean): void {
    if (watched === this.#watched) return;
    this.#watched = watched;
    this.#schedule(watched ? 0 : unwatchedMs);
  }

  /** Something happened that the chart shall show at its moment: the path is another. */
  measureNow(): void {
    this.#schedule(0);
  }

  #schedule(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer =
      this.#target === null ? null : this.#clock.setTimer(delayMs, 'round trip', () => void this.#measure());
  }

  async #measure(): Promise<void> {
    const target = this.#target;
    this.#schedule(this.#watched ? watchedMs : unwatchedMs);
    if (target === null || this.#measuring) return;
    this.#measuring = true;
    const at = this.#clock.wallTime();
    const milliseconds = await target.measure(timeoutMs).catch(() => null);
    this.#measuring = false;
    if (target === this.#target) this.add({ at, milliseconds, adapter: target.adapter() });
  }
}
