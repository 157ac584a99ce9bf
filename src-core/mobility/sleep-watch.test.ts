import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../simulation';
import { SleepWatch } from './sleep-watch';

function scene() {
  const clock = new VirtualClock();
  const woken: number[] = [];
  const watch = new SleepWatch(clock, (milliseconds) => void woken.push(Math.round(milliseconds / 1000)));
  watch.start();
  return { clock, woken, watch };
}

describe('the sleep watch (C-13)', () => {
  it('says nothing while time passes as it should, and nothing when somebody sets the wall clock', () => {
    const { clock, woken } = scene();
    clock.advance(3_600_000);
    clock.shiftWallTime(86_400_000);
    clock.advance(3_600_000);
    expect(woken).toEqual([]);
  });

  it('notices within a second that the machine slept: boot time went on, monotonic time did not', () => {
    const { clock, woken } = scene();
    clock.advance(2_300);
    clock.sleep(28_800_000);
    clock.advance(1_000);
    expect(woken).toEqual([28_801]);
    clock.advance(60_000);
    expect(woken).toHaveLength(1);
  });

  it('notices that the process was stopped: the beat is late', () => {
    const { clock, woken } = scene();
    clock.advance(500);
    clock.stall(60_000);
    expect(woken).toEqual([61]);
  });

  it('is asked by whoever is about to act on time that passed, and answers once', () => {
    const { clock, woken, watch } = scene();
    clock.sleep(60_000);
    watch.look();
    watch.look();
    expect(woken).toEqual([60]);
    clock.advance(2_000);
    expect(woken).toEqual([60]);
  });

  it('leaves no timer when stopped', () => {
    const { clock, watch } = scene();
    watch.stop();
    watch.look();
    expect(clock.pendingTimers()).toEqual([]);
  });
});
