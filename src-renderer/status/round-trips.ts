import type { RoundTripSample } from '../../src-main/api/contract';

/** The adapter of two neighbours in time differs. */
export interface Switch {
  readonly at: number;
  readonly from: string;
  readonly to: string;
}

export function switchesOf(
  list: readonly { readonly at: number; readonly adapter: string | null }[],
): readonly Switch[] {
  const switches: Switch[] = [];
  let current: string | null = null;
  for (const { adapter, at } of list) {
    if (adapter === null) continue;
    if (current !== null && current !== adapter) switches.push({ at, from: current, to: adapter });
    current = adapter;
  }
  return switches;
}

/** What the chart draws, computed without a page so that it can be tested. */
export interface RoundTripView {
  readonly samples: readonly RoundTripSample[];
  readonly answered: number;
  readonly lost: number;
  readonly last: number | null;
  readonly longest: number | null;
  /** In the order in which they first carried traffic. */
  readonly adapters: readonly string[];
  /** The adapter of two neighbouring samples differs. */
  readonly switches: readonly Switch[];
  /** Upper end of the axis, milliseconds: a round number. A rare spike goes beyond it. */
  readonly ceiling: number;
}

/** The first index whose sample is not older than `from`; samples are in order of time. */
function firstSince(samples: readonly RoundTripSample[], from: number): number {
  let low = 0;
  let high = samples.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((samples[middle]?.at ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 0.1)));
  const step = [1, 1.5, 2, 3, 5, 7.5, 10].find((factor) => factor * power >= value) ?? 10;
  return step * power;
}

/**
 * What the axis must show: everything, unless a few spikes (one in twenty at most) would press all the rest to the
 * ground.
 * `longest` still says how long they were.
 */
function shownMaximum(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  const usual = sorted[Math.floor((sorted.length - 1) * 0.95)] ?? 1;
  const longest = sorted.at(-1) ?? 1;
  return sorted.length >= 20 && longest > usual * 4 ? usual * 2 : longest;
}

/** The samples of the last `span` milliseconds before `now` and what they add up to. */
export function viewRoundTrips(all: readonly RoundTripSample[], now: number, span: number): RoundTripView {
  const samples = all.slice(firstSince(all, now - span));
  const times = samples.flatMap((sample) => sample.milliseconds ?? []);
  const longest = times.length === 0 ? null : Math.max(...times);
  return {
    samples,
    answered: times.length,
    lost: samples.length - times.length,
    last: samples.at(-1)?.milliseconds ?? null,
    longest,
    adapters: [...new Set(samples.flatMap(({ adapter }) => adapter ?? []))],
    switches: switchesOf(samples),
    ceiling: niceCeiling(shownMaximum(times) * 1.15),
  };
}
