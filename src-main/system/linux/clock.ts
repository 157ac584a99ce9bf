import { uptime } from 'node:os';
import type { Clock, Timer } from '../../../src-core/ports';

/** setTimeout takes at most 2^31 - 1 ms; longer waits are cut into pieces. */
const LONGEST_WAIT = 0x7fffffff;

/** CLOCK_MONOTONIC: stands still while the machine sleeps. */
export class SystemClock implements Clock {
  now(): number {
    return Number(process.hrtime.bigint()) / 1e6;
  }

  /** CLOCK_BOOTTIME, by hundredths of a second. */
  bootTime(): number {
    return uptime() * 1000;
  }

  wallTime(): number {
    return Date.now();
  }

  setTimer(delay: number, _name: string, callback: () => void): Timer {
    const due = this.now() + delay;
    let handle: NodeJS.Timeout | null = null;
    const wait = (): void => {
      const rest = due - this.now();
      // Node fires up to a millisecond early; a timer of ours never does.
      handle = setTimeout(
        () => {
          if (this.now() < due) return wait();
          handle = null;
          callback();
        },
        Math.min(Math.max(Math.ceil(rest), 0), LONGEST_WAIT),
      );
    };
    wait();
    return {
      cancel() {
        if (handle !== null) clearTimeout(handle);
        handle = null;
      },
    };
  }
}
