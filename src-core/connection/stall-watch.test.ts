import { describe, expect, it } from 'vitest';
import { StallWatch, type TrafficSample } from './stall-watch';

/**
 * Feeds a sample every 100 ms; gives the times at which the gateway is to be asked. `answerMs`: what its last answer
 * took.
 */
function asks(samples: readonly TrafficSample[], answerMs = 0): readonly number[] {
  const watch = new StallWatch();
  watch.answered(answerMs);
  return samples.flatMap((sample, index) => (watch.observe(sample, index * 100) ? [index * 100] : []));
}

const steps = (count: number, at: (index: number) => TrafficSample): readonly TrafficSample[] =>
  Array.from({ length: count }, (_, index) => at(index));

describe('the stall watch (C-73)', () => {
  it('says nothing while answers come, and nothing when nobody speaks', () => {
    expect(asks(steps(100, (index) => ({ packetsOut: index * 10, packetsIn: index })))).toEqual([]);
    expect(asks(steps(100, () => ({ packetsOut: 7, packetsIn: 3 })))).toEqual([]);
    expect(asks(steps(100, (index) => ({ packetsOut: 7, packetsIn: index })))).toEqual([]);
  });

  it('asks 400 ms after the first packet that stayed without answer', () => {
    expect(asks(steps(8, (index) => ({ packetsOut: 10 + index * 5, packetsIn: Math.min(index, 2) })))).toEqual([700]);
  });

  it('waits longer where answers take longer, at most two seconds', () => {
    const stalled = steps(40, (index) => ({ packetsOut: 10 + index * 5, packetsIn: Math.min(index, 2) }));
    expect(asks(stalled, 300)).toEqual([1_200]);
    expect(asks(stalled, 3_000)).toEqual([2_300]);
  });

  it('is busy while packets leave', () => {
    const watch = new StallWatch();
    watch.observe({ packetsOut: 1, packetsIn: 0 }, 0);
    expect(watch.busy).toBe(false);
    watch.observe({ packetsOut: 2, packetsIn: 0 }, 100);
    expect(watch.busy).toBe(true);
    watch.observe({ packetsOut: 2, packetsIn: 1 }, 200);
    expect(watch.busy).toBe(false);
  });

  it('one packet alone may have no answer', () => {
    expect(asks(steps(50, (index) => ({ packetsOut: index === 0 ? 0 : 1, packetsIn: 0 })))).toEqual([]);
  });

  it('one-way traffic is asked about more and more rarely, at most once a minute', () => {
    const times = asks(steps(5000, (index) => ({ packetsOut: index * 10, packetsIn: 0 })));
    const gaps = times.slice(1).map((at, index) => at - times[index]!);
    expect(gaps.slice(0, 3)).toEqual([5_000, 10_000, 20_000]);
    expect(Math.max(...gaps)).toBe(60_000);
  });

  it('a rekey that takes the old counters away is no stall', () => {
    expect(asks(steps(20, (index) => ({ packetsOut: index % 2 === 0 ? 100 : 1, packetsIn: 5 })))).toEqual([]);
  });
});
