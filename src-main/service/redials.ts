import { nextRedial } from '../../src-core/connection/redial';
import type { StatusObject } from '../../src-core/connection/status';
import type { Clock, Timer } from '../../src-core/ports/clock';
import type { Profile } from '../../src-core/profiles/profile';

export type RedialStatus = NonNullable<StatusObject['redial']>;

/**
 * Dials one connection again after a failure that may heal (windows7-ux 4.6). It is here, not in a window: it goes on
 * while no window is open, and
 * two windows are not two redials.
 */
export class Redials {
  readonly #clock: Clock;
  readonly #dial: () => void;
  #wasUp = false;
  /** Its failure was looked at already: a status may come more than once. */
  #looked = false;
  #made = 0;
  #timer: Timer | null = null;
  #due: RedialStatus | null = null;

  constructor(clock: Clock, dial: () => void) {
    this.#clock = clock;
    this.#dial = dial;
  }

  /** The one that is due; null: none. */
  get due(): RedialStatus | null {
    return this.#due;
  }

  /** An attempt begins, by whomever. */
  begin(): void {
    this.#wasUp = false;
    this.#looked = false;
    this.#withdraw();
  }

  /** The connection has another status. What is due after it is in `due`. */
  follow({ state, error }: Pick<StatusObject, 'state' | 'error'>, dialing: Profile['dialing']): void {
    if (state === 'Connected') {
      this.#made = 0;
      this.#wasUp = true;
    } else if (state === 'Disconnected' && error !== null && !this.#looked) {
      this.#looked = true;
      this.#plan(error.symbol, dialing);
    }
  }

  /** The person acts: what was due is not, and counting begins anew. */
  cancel(): void {
    this.#made = 0;
    this.#withdraw();
  }

  #plan(symbol: string, dialing: Profile['dialing']): void {
    const next = nextRedial(dialing, { symbol, wasUp: this.#wasUp, made: this.#made });
    if (next === null) return;
    this.#due = {
      attempt: next.attempt,
      attempts: next.attempts,
      at: new Date(this.#clock.wallTime() + next.afterMs).toISOString(),
    };
    this.#timer = this.#clock.setTimer(next.afterMs, 'redial', () => {
      this.#made = next.attempt;
      this.#withdraw();
      this.#dial();
    });
  }

  #withdraw(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#due = null;
  }
}
