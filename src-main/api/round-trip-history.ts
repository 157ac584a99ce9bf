/**
 * One round trip: an echo through the tunnel in the demo, an IKE exchange on the path of the tunnel elsewhere. For the
 * chart.
 */
export interface RoundTripSample {
  /** Wall-clock milliseconds. */
  readonly at: number;
  /** null: lost. */
  readonly milliseconds: number | null;
  readonly adapter: string | null;
}

/**
 * A day of round trips in bounded memory. Samples are put together by the minute and by the adapter that carried them;
 * service and
 * interface use the same functions, so a snapshot and the samples pushed after it give what the service has.
 */
export interface RoundTripBucket {
  /**
   * Wall-clock milliseconds of its first sample: where the adapter is another than before, the moment of the switch.
   */
  readonly at: number;
  /** Of the answered ones, milliseconds; null: none was. */
  readonly least: number | null;
  readonly most: number | null;
  readonly mean: number | null;
  readonly answered: number;
  readonly lost: number;
  readonly adapter: string | null;
}

/** The buckets in columns, for a snapshot: a day is about 40 kB of JSON. Column `k` of bucket `i` is at index `i`. */
export interface RoundTripColumns {
  readonly adapters: readonly string[];
  /** Milliseconds since the bucket before; the first since 1970. */
  readonly at: readonly number[];
  /** Hundredths of a millisecond; -1: none was answered. */
  readonly least: readonly number[];
  readonly most: readonly number[];
  readonly mean: readonly number[];
  readonly answered: readonly number[];
  readonly lost: readonly number[];
  /** Index into `adapters`; -1: none. */
  readonly adapter: readonly number[];
}

export const bucketMs = 60_000;
export const historyMs = 24 * 3_600_000;
/** An adapter that comes and goes all day makes more buckets than minutes; beyond this many the oldest go. */
export const mostBuckets = 4_000;
/** Samples as they were measured are kept this long, and no more than this many. */
export const recentMs = 600_000;
export const mostRecent = 2_600;

const bucketOf = ({ at, milliseconds, adapter }: RoundTripSample): RoundTripBucket => ({
  at,
  least: milliseconds,
  most: milliseconds,
  mean: milliseconds,
  answered: milliseconds === null ? 0 : 1,
  lost: milliseconds === null ? 1 : 0,
  adapter,
});

function joined(bucket: RoundTripBucket, { milliseconds, adapter }: RoundTripSample): RoundTripBucket {
  if (milliseconds === null) return { ...bucket, lost: bucket.lost + 1 };
  const answered = bucket.answered + 1;
  return {
    ...bucket,
    least: Math.min(bucket.least ?? milliseconds, milliseconds),
    most: Math.max(bucket.most ?? milliseconds, milliseconds),
    mean: ((bucket.mean ?? 0) * bucket.answered + milliseconds) / answered,
    answered,
    adapter: bucket.adapter ?? adapter,
  };
}

/** With one more sample, which is not older than the last; what is older than a day goes. */
export function addToHistory(history: readonly RoundTripBucket[], sample: RoundTripSample): readonly RoundTripBucket[] {
  const last = history.at(-1);
  // A lost one belongs to whatever carried the one before it.
  const sameAdapter =
    last !== undefined && (sample.adapter === null || last.adapter === null || last.adapter === sample.adapter);
  if (last !== undefined && sameAdapter && Math.floor(last.at / bucketMs) === Math.floor(sample.at / bucketMs))
    return [...history.slice(0, -1), joined(last, sample)];
  const oldest = sample.at - historyMs;
  const kept = history.filter(({ at }) => at > oldest);
  return [...(kept.length >= mostBuckets ? kept.slice(kept.length - mostBuckets + 1) : kept), bucketOf(sample)];
}

/** The samples of the last minutes with one more. */
export function addToRecent(recent: readonly RoundTripSample[], sample: RoundTripSample): readonly RoundTripSample[] {
  const first = recent[0];
  const tooOld = first !== undefined && first.at < sample.at - recentMs;
  // Moved seldom, so that adding stays cheap: a tenth goes at once.
  const kept =
    tooOld || recent.length >= mostRecent
      ? recent.slice(Math.max(1, Math.floor(mostRecent / 10))).filter(({ at }) => at >= sample.at - recentMs)
      : recent;
  return [...kept, sample];
}

const hundredths = (value: number | null): number => (value === null ? -1 : Math.round(value * 100));
const fromHundredths = (value: number | undefined): number | null =>
  value === undefined || value < 0 ? null : value / 100;

export function toColumns(history: readonly RoundTripBucket[]): RoundTripColumns {
  const adapters = [...new Set(history.flatMap(({ adapter }) => adapter ?? []))];
  return {
    adapters,
    at: history.map(({ at }, index) => at - (history[index - 1]?.at ?? 0)),
    least: history.map(({ least }) => hundredths(least)),
    most: history.map(({ most }) => hundredths(most)),
    mean: history.map(({ mean }) => hundredths(mean)),
    answered: history.map(({ answered }) => answered),
    lost: history.map(({ lost }) => lost),
    adapter: history.map(({ adapter }) => (adapter === null ? -1 : adapters.indexOf(adapter))),
  };
}

export function fromColumns(columns: RoundTripColumns): readonly RoundTripBucket[] {
  let at = 0;
  return columns.at.map((since, index) => {
    at += since;
    return {
      at,
      least: fromHundredths(columns.least[index]),
      most: fromHundredths(columns.most[index]),
      mean: fromHundredths(columns.mean[index]),
      answered: columns.answered[index] ?? 0,
      lost: columns.lost[index] ?? 0,
      adapter: columns.adapters[columns.adapter[index] ?? -1] ?? null,
    };
  });
}
