import type { Clock, Timer } from '../ports/clock';

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly name: string;
  readonly callback: () => void;
  cancelled: boolean;
}

/**
 * Time that moves only when a test says so. Timers due at the same instant fire in the order in which they were set,
 * so that a schedule depends on nothing but its inputs.
 */
export class VirtualClock implements Clock {
  #now = 0;
  #order = 0;
  #wallOffset: number;
  #asleep = 0;
  /** Binary heap by (at, order). */
  readonly #heap: Entry[] = [];

  /** `wallTime` is the wall-clock time at virtual time 0, milliseconds since the epoch. */
  constructor(wallTime: number = Date.UTC(2026, 0, 1)) {
    this.#wallOffset = wallTime;
  }

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#wallOffset + this.#now;
  }

  bootTime(): number {
    return this.#asleep + this.#now;
  }

  /** The machine sleeps: monotonic time and timers stand still, everything else goes on. */
  sleep(milliseconds: number): void {
    this.#asleep += milliseconds;
    this.#wallOffset += milliseconds;
  }

  /**
   * The process is stopped: time passes, and what became due runs afterwards, all at one instant (SIGSTOP and SIGCONT).
   */
  stall(milliseconds: number): void {
    this.#now += milliseconds;
    const end = this.#now;
    while (this.step(end));
  }

  /** Moves the wall clock without moving monotonic time (H-78). */
  shiftWallTime(milliseconds: number): void {
    this.#wallOffset += milliseconds;
  }

  setTimer(delay: number, name: string, callback: () => void): Timer {
    const entry: Entry = { at: this.#now + Math.max(0, delay), order: this.#order++, name, callback, cancelled: false };
    this.#push(entry);
    return {
      cancel: () => {
        entry.cancelled = true;
      },
    };
  }

  /** Names of the timers that wait, soonest first; for leak tests. */
  pendingTimers(): string[] {
    return this.#heap
      .filter((entry) => !entry.cancelled)
      .sort((a, b) => a.at - b.at || a.order - b.order)
      .map((entry) => entry.name);
  }

  /** When the next timer is due, or null. */
  nextAt(): number | null {
    this.#dropCancelled();
    return this.#heap[0]?.at ?? null;
  }

  /** Fires the next timer, moving time to it. False when there is none due by `limit`. */
  step(limit = Number.POSITIVE_INFINITY): boolean {
    this.#dropCancelled();
    const next = this.#heap[0];
    if (next === undefined || next.at > limit) return false;
    this.#pop();
    this.#now = Math.max(this.#now, next.at);
    next.callback();
    return true;
  }

  /** Fires everything due within `milliseconds`, then stands at that instant. Promises are not waited for. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    while (this.step(end));
    this.#now = end;
  }

  /** As `advance`, but lets promises settle before and after each timer. */
  async run(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await settle();
    while (this.step(end)) await settle();
    this.#now = end;
  }

  /** Runs until `condition` holds; false when `limit` milliseconds passed first. */
  async runUntil(condition: () => boolean, limit: number): Promise<boolean> {
    const end = this.#now + limit;
    await settle();
    while (!condition()) {
      if (!this.step(end)) {
        this.#now = end;
        return condition();
      }
      await settle();
    }
    return true;
  }

  #dropCancelled(): void {
    while (this.#heap[0]?.cancelled) this.#pop();
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Lets every promise that can make progress do so, without moving virtual time. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
