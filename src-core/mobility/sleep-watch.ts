import type { Clock, Timer } from '../ports/clock';

const beatMs = 1_000;
/** Boot time may run ahead of monotonic time by rounding, not by this much. */
const suspendedMs = 1_000;
/** A beat this late: the process or its virtual machine stood still. A busy machine is never as late. */
const stoppedMs = 5_000;

/**
 * Notices that the machine slept, or that this process was stopped: time passed in which no timer of ours could run
 * (C-13).
 */
export class SleepWatch {
  readonly #clock: Clock;
  readonly #onWake: (milliseconds: number) => void;
  #timer: Timer | null = null;
  #now = 0;
  #boot = 0;

  /** `onWake` gets how long it was away, milliseconds. */
  constructor(clock: Clock, onWake: (milliseconds: number) => void) {
    this.#clock = clock;
    this.#onWake = onWake;
  }

  start(): void {
    this.stop();
    this.#remember();
    this.#beat();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** Whoever is about to act on time that passed asks first: after a sleep `onWake` is called before this returns. */
  look(): void {
    if (this.#timer === null) return;
    const passed = this.#clock.now() - this.#now;
    const suspended = this.#clock.bootTime() - this.#boot - passed;
    if (suspended < suspendedMs && passed < beatMs + stoppedMs) return;
    this.#remember();
    this.#onWake(Math.max(suspended, 0) + passed);
  }

  #remember(): void {
    this.#now = this.#clock.now();
    this.#boot = this.#clock.bootTime();
  }

  #beat(): void {
    this.#timer = this.#clock.setTimer(beatMs, 'heartbeat', () => {
      this.look();
      this.#remember();
      this.#beat();
    });
  }
}
