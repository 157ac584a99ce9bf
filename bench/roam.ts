import { Lab } from '../e2e/lab/lab';
import { instrumentStall } from '../e2e/lab/pinger';
import { roamSeries } from '../e2e/lab/roam';
import type { Cut, RoamSeries } from '../e2e/lab/roam';
import { sleep } from '../e2e/lab/run';
import { medianAndLargest } from '../e2e/lab/statistics';
import type { AdapterName } from '../e2e/lab/topology';
import { startFileServer, transfer } from '../e2e/lab/transfer';
import { VpnClient } from '../e2e/lab/vpn-client';
import { strongswan } from './contenders';
import { table } from './table';

const cuts: readonly (readonly [cut: Cut, text: string])[] = [
  ['linkDown', 'adapter set down'],
  ['cablePull', 'cable pulled'],
];

/** How long strongSwan's client is given to recover, milliseconds, and how often it is asked to. */
const patience = 6_000;
const comparisons = 5;

/** Octets a second of the download that runs meanwhile, and seconds that one switch takes with its rests. */
const rate = 1_500_000;
const secondsEach = 1.7;

/** One connection that is moved to the NAT side and back, `rounds` times, while a download goes through it. */
async function ownSeries(lab: Lab, cut: Cut, rounds: number): Promise<RoamSeries> {
  const client = VpnClient.by(lab, 'eap-mschapv2');
  await client.connected();
  const bytes = Math.round(rounds * 2 * secondsEach * rate);
  const download = transfer(lab, 'download', bytes, rate, 60_000 + rounds * 10_000);
  const series = await roamSeries(lab, cut, rounds * 2, 'eth0', {
    settle: 400,
    onEach: async (to) => {
      await client.waitFor(`the move to ${to}`, (s) => s.state === 'Connected' && s.adapter === to);
    },
  });
  const { wrongWords } = await download;
  if (wrongWords > 0) throw new Error('the download did not arrive whole');
  await client.stop();
  return series;
}

/** strongSwan's client gets a new connection for each switch: not every one recovers. */
async function strongswanGaps(lab: Lab, cut: Cut, rounds: number): Promise<readonly number[]> {
  const gaps: number[] = [];
  for (let round = 0; round < Math.min(rounds, comparisons); round++) {
    const client = await strongswan(lab);
    await client.connect();
    await lab.ping(1);
    const { gaps: measured } = await roamSeries(lab, cut, 1, 'eth0', { settle: patience });
    gaps.push(measured[0] ?? NaN);
    await client.disconnect();
    await client.close();
    await sleep(1_200);
  }
  return gaps;
}

/**
 * The longest time without an answer, with a request each millisecond, when the adapter in use is taken away: README's
 * table.
 */
export async function benchRoam(rounds: number): Promise<string> {
  const lab = await Lab.up();
  try {
    await startFileServer(lab);
    const rows: string[][] = [];
    const notes: string[] = [];
    for (const [cut, text] of cuts) {
      const series = await ownSeries(lab, cut, rounds);
      const from = (adapter: AdapterName): number[] => series.gaps.filter((_, i) => series.from[i] === adapter);
      const others = await strongswanGaps(lab, cut, rounds);
      const recovered = others.filter((gap) => gap < patience * 0.9);
      rows.push([
        text,
        medianAndLargest(from('eth0')),
        medianAndLargest(from('eth1')),
        recovered.length < others.length
          ? `no answer within ${String(patience / 1000)} s`
          : medianAndLargest(recovered),
      ]);
      const lost = series.lost.reduce((a, b) => a + b, 0);
      notes.push(
        `${text}: ${String(lost)} of ${String(series.echoes.length)} pings lost in the switches, ${String(series.lostOtherwise)} otherwise; without a switch the longest gap was ${series.baseline.toFixed(1)} ms, and the pinger itself stood still for at most ${instrumentStall(series.echoes).toFixed(1)} ms`,
      );
    }
    return `Roam, longest gap, median / worst of ${String(rounds)} each way, of ${String(Math.min(rounds, comparisons))} for strongSwan\n\n${table(['taken away by', 'to the NAT side', 'back', "strongSwan's own client"], rows)}\n\n${notes.join('\n')}`;
  } finally {
    await lab.down();
  }
}
