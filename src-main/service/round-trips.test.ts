import { expect, test } from 'vitest';
import { VirtualClock } from '../../src-core/simulation/virtual-clock';
import type { RoundTripSample } from '../api/contract';
import { RoundTrips } from './round-trips';

function measured(answer: () => number | null = () => 5) {
  const clock = new VirtualClock();
  const samples: RoundTripSample[] = [];
  let asked = 0;
  const trips = new RoundTrips(clock, (sample) => samples.push(sample));
  const target = {
    measure: (): Promise<number | null> => {
      asked++;
      return new Promise((resolve) => resolve(answer()));
    },
    adapter: () => 'eth0',
  };
  return { clock, trips, target, samples, asked: () => asked };
}

test('nobody looks: once a minute, and nothing at all while the connection is down', async () => {
  const { clock, trips, target, asked } = measured();
  await clock.run(120_000);
  expect(asked()).toBe(0);
  trips.follow(target);
  await clock.run(10 * 60_000 - 1);
  expect(asked()).toBe(10);
  trips.follow(null);
  await clock.run(600_000);
  expect(asked()).toBe(10);
});

test('somebody looks: once a second, until they look away', async () => {
  const { clock, trips, target, samples, asked } = measured();
  trips.follow(target);
  trips.watch(true);
  await clock.run(9_999);
  expect(asked()).toBe(10);
  expect(samples.at(-1)).toMatchObject({ milliseconds: 5, adapter: 'eth0' });
  trips.watch(false);
  await clock.run(59_000);
  expect(asked()).toBe(10);
});

test('a switch is measured at once', async () => {
  const { clock, trips, target, asked } = measured();
  trips.follow(target);
  await clock.run(10_000);
  trips.measureNow();
  await clock.run(1);
  expect(asked()).toBe(2);
});

test('what is not answered is kept as lost, and a refusal of the engine stops nothing', async () => {
  let count = 0;
  const { clock, trips, target } = measured(() => {
    if (++count === 2) throw new Error('no session');
    return null;
  });
  trips.watch(true);
  trips.follow(target);
  await clock.run(2_500);
  expect(trips.recent.map(({ milliseconds }) => milliseconds)).toEqual([null, null, null]);
  expect(trips.history.lost).toEqual([3]);
});
