import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SystemClock } from './clock';

describe('the clock', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('fires once, never early, also after months', () => {
    const clock = new SystemClock();
    const fired: number[] = [];
    const month = 30 * 24 * 3600 * 1000;
    const start = clock.now();
    clock.setTimer(250.5, 'short', () => fired.push(clock.now() - start));
    clock.setTimer(month, 'longer than setTimeout can', () => fired.push(clock.now() - start));
    vi.advanceTimersByTime(250);
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(10);
    expect(fired).toHaveLength(1);
    expect(fired[0]).toBeGreaterThanOrEqual(250.5);
    vi.advanceTimersByTime(month - 300);
    expect(fired).toHaveLength(1);
    vi.advanceTimersByTime(100);
    expect(fired).toHaveLength(2);
    expect(fired[1]).toBeGreaterThanOrEqual(month);
  });

  it('is cancelled for good, as often as one likes', () => {
    const clock = new SystemClock();
    const callback = vi.fn();
    const timer = clock.setTimer(10, 'cancelled', callback);
    timer.cancel();
    timer.cancel();
    vi.advanceTimersByTime(1000);
    expect(callback).not.toHaveBeenCalled();
  });
});
