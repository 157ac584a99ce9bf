import { bucketMs, type RoundTripBucket } from '../../src-main/api/round-trip-history';
import type { RoundTripSample } from '../../src-main/api/contract';
import { niceCeiling, switchesOf, type Switch } from './round-trips';

/** What a chart of minutes or hours draws, computed without a page so that it can be tested. */
export interface HistoryView {
  readonly buckets: readonly RoundTripBucket[];
  readonly answered: number;
  readonly lost: number;
  readonly last: number | null;
  readonly longest: number | null;
  readonly adapters: readonly string[];
  readonly switches: readonly Switch[];
  /** Upper end of the axis, milliseconds. */
  readonly ceiling: number;
  /** Neighbours further apart than this, milliseconds, are not joined by a line: nothing was measured between them. */
  readonly gapMs: number;
}

/** Samples of ten minutes as buckets of two seconds, so that both long charts are drawn by one hand. */
const sampleBucketMs = 2_000;

export function bucketSamples(samples: readonly RoundTripSample[]): readonly RoundTripBucket[] {
  const buckets: { at: number; times: number[]; lost: number; adapter: string | null }[] = [];
  for (const { at, milliseconds, adapter } of samples) {
    let last = buckets.at(-1);
    if (
      last === undefined ||
      Math.floor(last.at / sampleBucketMs) !== Math.floor(at / sampleBucketMs) ||
      (adapter !== null && last.adapter !== null && adapter !== last.adapter)
    ) {
      last = { at, times: [], lost: 0, adapter };
      buckets.push(last);
    }
    last.adapter ??= adapter;
    if (milliseconds === null) last.lost++;
    else last.times.push(milliseconds);
  }
  return buckets.map(({ at, times, lost, adapter }) => {
    const answered = times.length;
    return {
      at,
      least: answered === 0 ? null : Math.min(...times),
      most: answered === 0 ? null : Math.max(...times),
      mean: answered === 0 ? null : times.reduce((sum, time) => sum + time, 0) / answered,
      answered,
      lost,
      adapter,
    };
  });
}

/** The buckets of the last `span` milliseconds before `now` and what they add up to. */
export function viewHistory(
  all: readonly RoundTripBucket[],
  now: number,
  span: number,
  bucket: number = bucketMs,
): HistoryView {
  const buckets = all.filter(({ at }) => at >= now - span);
  const longest = buckets.reduce<number | null>(
    (most, each) => (each.most === null ? most : Math.max(most ?? 0, each.most)),
    null,
  );
  // The axis follows the usual values: one spike a day shall not press the day to the ground.
  const usual = buckets.flatMap(({ mean }) => mean ?? []).sort((a, b) => a - b);
  const high = usual[Math.floor((usual.length - 1) * 0.98)] ?? 1;
  return {
    buckets,
    answered: buckets.reduce((sum, each) => sum + each.answered, 0),
    lost: buckets.reduce((sum, each) => sum + each.lost, 0),
    last: buckets.at(-1)?.mean ?? null,
    longest,
    adapters: [...new Set(buckets.flatMap(({ adapter }) => adapter ?? []))],
    switches: switchesOf(buckets),
    ceiling: niceCeiling(Math.min(longest ?? 1, high * 2) * 1.15),
    gapMs: bucket * 3,
  };
}

export interface Stretch {
  readonly adapter: string;
  readonly buckets: readonly RoundTripBucket[];
}

/** One stretch for each time on one adapter without a gap. */
export function stretchesOf({ buckets, gapMs }: HistoryView): readonly Stretch[] {
  const result: { adapter: string; buckets: RoundTripBucket[] }[] = [];
  let before = Number.NEGATIVE_INFINITY;
  let broken = true;
  for (const bucket of buckets) {
    if (bucket.mean === null || bucket.adapter === null) {
      broken = true;
      continue;
    }
    if (broken || bucket.at - before > gapMs || result.at(-1)?.adapter !== bucket.adapter)
      result.push({ adapter: bucket.adapter, buckets: [] });
    broken = false;
    before = bucket.at;
    result.at(-1)?.buckets.push(bucket);
  }
  return result;
}
