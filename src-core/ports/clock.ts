/** A running timer. Cancelling twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

/**
 * Time as the engine sees it. The engine has no clock of its own, so that two
 * engines can run on a virtual clock in one test.
 */
export interface Clock {
  /** Monotonic time in milliseconds, fractional. Never jumps; may stand still while the machine sleeps. */
  now(): number;
  /**
   * Like `now` with another zero, and it runs on while the machine sleeps: when the two part, the machine slept.
   * Milliseconds.
   */
  bootTime(): number;
  /** Wall-clock time in milliseconds since the Unix epoch: certificate validity, status objects, the log. */
  wallTime(): number;
  /**
   * Calls `callback` once after `delay` milliseconds.
   * `name` says what for; it shows in diagnostics and in simulated schedules.
   */
  setTimer(delay: number, name: string, callback: () => void): Timer;
}
