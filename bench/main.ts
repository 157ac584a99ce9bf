import { cpus, loadavg } from 'node:os';
import { benchConnect } from './connect';
import { benchOutage } from './outage';
import { benchRoam } from './roam';
import { benchTransfer } from './transfer';

const benches: Readonly<
  Record<string, { readonly rounds: number; readonly run: (rounds: number) => Promise<string> }>
> = {
  connect: { rounds: 20, run: benchConnect },
  roam: { rounds: 20, run: benchRoam },
  outage: { rounds: 5, run: benchOutage },
  transfer: { rounds: 3, run: benchTransfer },
};

/** `npm run bench -- [connect] [roam] [--rounds N]`. Prints a table for each; resolves with the exit code. */
export async function bench(args: readonly string[]): Promise<number> {
  const at = args.indexOf('--rounds');
  const rounds = at === -1 ? null : Number(args[at + 1]);
  const names = args.filter((a, i) => !a.startsWith('--') && (at === -1 || i !== at + 1));
  const unknown = names.filter((name) => !(name in benches));
  if (unknown.length > 0 || (rounds !== null && !(rounds >= 1))) {
    process.stderr.write(`usage: npm run bench -- [${Object.keys(benches).join('] [')}] [--rounds N]\n`);
    return 1;
  }
  process.stdout.write(
    `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${String(cpus().length)} processors, load ${(loadavg()[0] ?? 0).toFixed(1)}\n`,
  );
  for (const name of names.length > 0 ? names : Object.keys(benches)) {
    const wanted = benches[name];
    if (wanted !== undefined) process.stdout.write(`\n${await wanted.run(rounds ?? wanted.rounds)}\n`);
  }
  return 0;
}
