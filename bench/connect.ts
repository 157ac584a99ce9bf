import { Lab } from '../e2e/lab/lab';
import { sleep } from '../e2e/lab/run';
import { largest, median } from '../e2e/lab/statistics';
import { agileVpn, strongswan } from './contenders';
import { table } from './table';

/** Connect time by EAP-MSCHAPv2, the contenders taking turns. */
export async function benchConnect(rounds: number): Promise<string> {
  const lab = await Lab.up();
  try {
    const contenders = [agileVpn(lab), await strongswan(lab)];
    const times = contenders.map((): number[] => []);
    // The first round fills caches and is not counted.
    for (let round = 0; round <= rounds; round++) {
      for (const [i, contender] of contenders.entries()) {
        const time = await contender.connect();
        if (round > 0) times[i]?.push(time);
        await lab.ping(1);
        await contender.disconnect();
        await sleep(100);
      }
    }
    for (const contender of contenders) await contender.close();
    const base = median(times.at(-1) ?? []);
    return `Connect, EAP-MSCHAPv2, ${String(rounds)} rounds\n\n${table(
      ['client', 'median ms', 'smallest', 'largest', 'ratio'],
      contenders.map((c, i) => {
        const t = times[i] ?? [];
        return [
          c.name,
          median(t).toFixed(1),
          Math.min(...t).toFixed(1),
          largest(t).toFixed(1),
          (median(t) / base).toFixed(2),
        ];
      }),
    )}`;
  } finally {
    await lab.down();
  }
}
