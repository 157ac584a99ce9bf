import { Lab } from '../e2e/lab/lab';
import { roamSeries } from '../e2e/lab/roam';
import type { Cut } from '../e2e/lab/roam';
import { sleep } from '../e2e/lab/run';
import { largest, median } from '../e2e/lab/statistics';
import { agileVpn, strongswan } from './contenders';
import type { Contender } from './contenders';
import { table } from './table';

/** How long each contender is given to recover, milliseconds. */
const patience = 6_000;

const cuts: readonly (readonly [cut: Cut, text: string])[] = [
  ['linkDown', 'adapter set down'],
  ['cablePull', 'cable pulled'],
];

/**
 * The longest gap in pings every millisecond after the adapter in use is taken away; a new connection for each switch,
 * contenders taking turns.
 */
export async function benchRoam(rounds: number): Promise<string> {
  const lab = await Lab.up();
  try {
    const gaps = new Map<string, number[]>();
    const names: string[] = [];
    for (let round = 0; round < rounds; round++) {
      for (const [cut] of cuts) {
        for (const make of [agileVpn, strongswan]) {
          const contender: Contender = await make(lab);
          if (!names.includes(contender.name)) names.push(contender.name);
          const key = `${contender.name} ${cut}`;
          await contender.connect();
          await lab.ping(1);
          // A client that did not recover once is not waited for at length again.
          const gaveUp = (gaps.get(key) ?? []).some((gap) => gap >= patience * 0.9);
          const series = await roamSeries(lab, cut, 1, 'eth0', {
            settle: gaveUp ? 1_000 : contender.name === 'agile-vpn' ? 1_500 : patience,
          });
          const gap = series.gaps[0] ?? NaN;
          gaps.set(key, [...(gaps.get(key) ?? []), gap >= (gaveUp ? 900 : patience * 0.9) ? Infinity : gap]);
          await contender.disconnect();
          await contender.close();
          await sleep(1_200);
        }
      }
    }
    const show = (value: number): string =>
      value === Infinity ? `none in ${String(patience / 1000)} s` : value.toFixed(1);
    const rows = cuts.flatMap(([cut, text]) =>
      names.map((name) => {
        const values = gaps.get(`${name} ${cut}`) ?? [];
        const base = median(gaps.get(`${names.at(-1) ?? ''} ${cut}`) ?? []);
        const ratio = median(values) / base;
        return [
          text,
          name,
          show(median(values)),
          show(largest(values)),
          Number.isFinite(ratio) && base !== Infinity ? ratio.toFixed(2) : '-',
        ];
      }),
    );
    return `Roam, longest gap in pings every millisecond, ${String(rounds)} switches\n\n${table(['taken away by', 'client', 'median ms', 'largest', 'ratio'], rows)}`;
  } finally {
    await lab.down();
  }
}
