import { expect, test } from 'vitest';
import {
  type RoundTripColumns,
  addToHistory,
  addToRecent,
  bucketMs,
  fromColumns,
  historyMs,
  mostBuckets,
  mostRecent,
  toColumns,
  type RoundTripBucket,
  type RoundTripSample,
} from './round-trip-history';

const noon = Date.UTC(2026, 10, 23, 12);
const sample = (at: number, milliseconds: number | null, adapter: string | null = 'eth0'): RoundTripSample => ({
  at: noon + at,
  milliseconds,
  adapter,
});
const history = (samples: readonly RoundTripSample[]): readonly RoundTripBucket[] =>
  samples.reduce<readonly RoundTripBucket[]>(addToHistory, []);

test('samples of one minute on one adapter are one bucket with least, most, mean and what was lost', () => {
  expect(history([sample(0, 2), sample(1000, 4), sample(2000, null, null), sample(3000, 3)])).toEqual([
    { at: noon, least: 2, most: 4, mean: 3, answered: 3, lost: 1, adapter: 'eth0' },
  ]);
});

test('a switch begins a bucket at its moment, a minute does as well', () => {
  const buckets = history([sample(0, 2), sample(20_250, 9, 'wlan0'), sample(bucketMs, 9, 'wlan0')]);
  expect(buckets.map(({ at, adapter }) => [at - noon, adapter])).toEqual([
    [0, 'eth0'],
    [20_250, 'wlan0'],
    [bucketMs, 'wlan0'],
  ]);
});

test('what was lost before anything was answered gets its adapter with the first answer', () => {
  expect(history([sample(0, null, null), sample(500, 5, 'wlan0')])).toMatchObject([
    { answered: 1, lost: 1, adapter: 'wlan0', least: 5 },
  ]);
});

test('a day is kept, and no more, however often the adapter changes', () => {
  let day: readonly RoundTripBucket[] = [];
  for (let at = 0; at <= historyMs + 3_600_000; at += 30_000) day = addToHistory(day, sample(at, 1));
  expect(day.length).toBe(1440);
  expect(day[0]?.at).toBeGreaterThan(noon + 3_600_000);
  let flapping: readonly RoundTripBucket[] = [];
  for (let count = 0; count < mostBuckets + 500; count++)
    flapping = addToHistory(flapping, sample(count * 1000, 1, count % 2 === 0 ? 'eth0' : 'wlan0'));
  expect(flapping.length).toBe(mostBuckets);
});

test('columns give the buckets back, to a hundredth of a millisecond, and a day of them is small', () => {
  const buckets = history([
    sample(0, 1.234),
    sample(100, null),
    sample(70_000, 20.5, 'wlan0'),
    sample(140_000, null, null),
  ]);
  expect(fromColumns(JSON.parse(JSON.stringify(toColumns(buckets))) as RoundTripColumns)).toEqual([
    { ...buckets[0], least: 1.23, most: 1.23, mean: 1.23 },
    ...buckets.slice(1),
  ]);
  expect(fromColumns(toColumns([]))).toEqual([]);
  let day: readonly RoundTripBucket[] = [];
  for (let at = 0; at < historyMs; at += 20_000) day = addToHistory(day, sample(at, 10 + Math.sin(at)));
  expect(JSON.stringify(toColumns(day)).length).toBeLessThan(64 * 1024);
});

test('recent samples are bounded in time and number', () => {
  let recent: readonly RoundTripSample[] = [];
  for (let count = 0; count < 3 * mostRecent; count++) recent = addToRecent(recent, sample(count * 10, 1));
  expect(recent.length).toBeLessThanOrEqual(mostRecent);
  expect(recent.at(-1)?.at).toBe(noon + (3 * mostRecent - 1) * 10);
  recent = addToRecent(recent, sample(10_000_000, 1));
  expect(recent).toHaveLength(1);
});
