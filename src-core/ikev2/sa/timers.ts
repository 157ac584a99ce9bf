import type { Clock, Timer } from '../../ports/clock';

/**
 * All timers of one session, by name. Setting a name again replaces its timer; after `close` nothing fires and nothing
 * can be set,
 * so no timer reaches a session that is gone.
 */
export class Timers {
  readonly #clock: Clock;
  readonly #running = new Map<string, Timer>();
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `delay` in milliseconds. */
  set(name: string, delay: number, callback: () => void): void {
    if (this.#closed) return;
    this.#running.get(name)?.cancel();
    const timer = this.#clock.setTimer(delay, name, () => {
      if (this.#running.get(name) !== timer) return;
      this.#running.delete(name);
      callback();
    });
    this.#running.set(name, timer);
  }

  cancel(name: string): void {
    this.#running.get(name)?.cancel();
    this.#running.delete(name);
  }

  isSet(name: string): boolean {
    return this.#running.has(name);
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#running.values()) timer.cancel();
    this.#running.clear();
  }
}
