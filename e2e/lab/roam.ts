import type { Lab } from './lab';
import { longestGap, lost, startPinger } from './pinger';
import { monotonic } from './monotonic';
import type { Echo } from './pinger';
import { sleep } from './run';
import { addresses } from './topology';
import type { AdapterName } from './topology';

export type Cut = 'linkDown' | 'cablePull';

export const otherAdapter = (adapter: AdapterName): AdapterName => (adapter === 'eth0' ? 'eth1' : 'eth0');

export interface RoamSeries {
  /** Longest time without an answer after each switch, milliseconds, and echo requests lost in that time. */
  readonly gaps: readonly number[];
  readonly lost: readonly number[];
  /** Which adapter was taken away. */
  readonly from: readonly AdapterName[];
  /** Requests lost while nothing was being taken away. */
  readonly lostOtherwise: number;
  /** Longest gap before the first switch: what the machine does by itself. */
  readonly baseline: number;
  readonly echoes: readonly Echo[];
}

export interface RoamOptions {
  /** Milliseconds given to recover before the adapter is plugged in again. */
  readonly settle?: number;
  /**
   * Milliseconds between plugging in and the next switch. The kernel looks at links once a second
   * (net/core/link_watch.c), so what is
   * sent by an adapter within a second of its cable's return may vanish: a shorter rest measures that, and no client.
   */
  readonly rest?: number;
  /** Called after each switch has had its time; rejects when the tunnel is not where it should be. */
  readonly onEach?: (to: AdapterName, index: number) => Promise<void>;
}

/**
 * Takes the adapter in use away, `count` times in turn, starting with `first`, while a request goes through
 * the tunnel every millisecond. Each adapter comes back before the other one is taken.
 */
export async function roamSeries(
  lab: Lab,
  cut: Cut,
  count: number,
  first: AdapterName,
  options: RoamOptions = {},
): Promise<RoamSeries> {
  const settle = options.settle ?? 600;
  const pinger = await startPinger(lab, 'client', addresses.server, 1);
  await pinger.answered;
  await sleep(500);
  const cuts: { readonly at: number; readonly until: number; readonly from: AdapterName }[] = [];
  let current = first;
  try {
    for (let i = 0; i < count; i++) {
      const at = monotonic();
      await lab[cut](current);
      await sleep(settle);
      cuts.push({ at, until: monotonic(), from: current });
      await options.onEach?.(otherAdapter(current), i);
      await lab.plug(current);
      await sleep(options.rest ?? 1_200);
      current = otherAdapter(current);
    }
  } catch (error) {
    await pinger.stop().catch(() => undefined);
    throw error;
  }
  const echoes = await pinger.stop();
  const begin = echoes[0]?.sent ?? 0;
  const losses = cuts.map((c) => lost(echoes, c.at - 5, c.until));
  return {
    gaps: cuts.map((c) => longestGap(echoes, c.at - 2, c.until)),
    lost: losses,
    from: cuts.map((c) => c.from),
    lostOtherwise: lost(echoes) - losses.reduce((a, b) => a + b, 0),
    baseline: longestGap(echoes, begin + 50, (cuts[0]?.at ?? begin + 500) - 5),
    echoes,
  };
}
