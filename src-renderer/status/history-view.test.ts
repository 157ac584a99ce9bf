import { expect, test } from 'vitest';
import type { RoundTripBucket } from '../../src-main/api/round-trip-history';
import { bucketSamples, stretchesOf, viewHistory } from './history-view';

const bucket = (
  at: number,
  mean: number | null,
  adapter: string | null = 'eth0',
  change: Partial<RoundTripBucket> = {},
): RoundTripBucket => ({
  at,
  least: mean,
  most: mean,
  mean,
  answered: mean === null ? 0 : 1,
  lost: mean === null ? 1 : 0,
  adapter,
  ...change,
});
const minute = 60_000;

test('samples become buckets of two seconds that end where the adapter does', () => {
  const sample = (at: number, milliseconds: number | null, adapter: string | null) => ({ at, milliseconds, adapter });
  expect(
    bucketSamples([
      sample(0, 1, 'eth0'),
      sample(500, 3, 'eth0'),
      sample(1000, null, null),
      sample(1500, 7, 'wlan0'),
      sample(2000, 9, 'wlan0'),
    ]),
  ).toEqual([
    { at: 0, least: 1, most: 3, mean: 2, answered: 2, lost: 1, adapter: 'eth0' },
    { at: 1500, least: 7, most: 7, mean: 7, answered: 1, lost: 0, adapter: 'wlan0' },
    { at: 2000, least: 9, most: 9, mean: 9, answered: 1, lost: 0, adapter: 'wlan0' },
  ]);
});

test('the view of a span: what counts, which adapters, when it switched', () => {
  const view = viewHistory(
    [bucket(0, 900), bucket(10 * minute, 2), bucket(11 * minute, null), bucket(12 * minute, 4, 'wlan0', { most: 40 })],
    13 * minute,
    5 * minute,
  );
  expect(view).toMatchObject({
    answered: 2,
    lost: 1,
    last: 4,
    longest: 40,
    adapters: ['eth0', 'wlan0'],
    switches: [{ at: 12 * minute, from: 'eth0', to: 'wlan0' }],
  });
  expect(view.ceiling).toBeLessThan(20);
});

test('a line ends at a switch, where all was lost, and where nothing was measured', () => {
  const view = viewHistory(
    [
      bucket(0, 1),
      bucket(minute, 1),
      bucket(2 * minute, null),
      bucket(3 * minute, 1),
      bucket(4 * minute, 2, 'wlan0'),
      bucket(60 * minute, 2, 'wlan0'),
    ],
    60 * minute,
    61 * minute,
  );
  expect(stretchesOf(view).map(({ adapter, buckets }) => `${adapter} ${buckets.length}`)).toEqual([
    'eth0 2',
    'eth0 1',
    'wlan0 1',
    'wlan0 1',
  ]);
});
