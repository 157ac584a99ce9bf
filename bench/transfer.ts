import { Lab } from '../e2e/lab/lab';
import { largest, median } from '../e2e/lab/statistics';
import { startFileServer, transfer } from '../e2e/lab/transfer';
import { agileVpn, strongswan } from './contenders';
import { table } from './table';

const bytes = 100_000_000;

/** Megabits a second of 100 MB each way through the tunnel, the contenders taking turns. */
export async function benchTransfer(rounds: number): Promise<string> {
  const lab = await Lab.up();
  try {
    await startFileServer(lab);
    const contenders = [agileVpn(lab), await strongswan(lab)];
    const rates = new Map<string, number[]>();
    for (let round = 0; round < rounds; round++)
      for (const contender of contenders) {
        await contender.connect();
        await lab.ping(1);
        for (const direction of ['download', 'upload'] as const) {
          const { milliseconds, wrongWords } = await transfer(lab, direction, bytes);
          if (wrongWords > 0) throw new Error(`the ${direction} did not arrive whole`);
          const key = `${contender.name}, ${direction}`;
          rates.set(key, [...(rates.get(key) ?? []), (bytes * 8) / milliseconds / 1000]);
        }
        await contender.disconnect();
      }
    for (const contender of contenders) await contender.close();
    const rows = [...rates].map(([what, r]) => [
      what,
      median(r).toFixed(0),
      Math.min(...r).toFixed(0),
      largest(r).toFixed(0),
    ]);
    return `Transfer of 100 MB, ${String(rounds)} rounds\n\n${table(['client', 'median Mbit/s', 'smallest', 'largest'], rows)}`;
  } finally {
    await lab.down();
  }
}
