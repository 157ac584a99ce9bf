import { compiled } from './compiled';
import type { Lab } from './lab';
import type { Machine } from './topology';

/** One echo request: milliseconds of the monotonic clock (`monotonic()`); `received` is null when no answer came. */
export interface Echo {
  readonly sent: number;
  readonly received: number | null;
}

export interface Pinger {
  /** Resolves with the first answer. */
  readonly answered: Promise<void>;
  /** Stops it; every request in the order it was sent. */
  stop(): Promise<readonly Echo[]>;
}

/**
 * Echo requests from `machine` to `address` every `interval` milliseconds until stopped. A request each millisecond is
 * for tests that run alone.
 */
export async function startPinger(lab: Lab, machine: Machine, address: string, interval: number): Promise<Pinger> {
  const child = lab.start(machine, await compiled('pinger'), [address, String(Math.round(interval * 1000))]);
  const output: Buffer[] = [];
  let problem = '';
  child.stdout?.on('data', (data: Buffer) => output.push(data));
  child.stderr?.on('data', (data: Buffer) => (problem += data.toString()));
  const answered = new Promise<void>((resolve) => child.stdout?.once('data', () => resolve()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    answered,
    stop: async () => {
      child.stdin?.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      const code = await ended;
      clearTimeout(timer);
      if (code !== 0) throw new Error(`pinger: ${problem || String(code)}`);
      return Buffer.concat(output)
        .toString()
        .trim()
        .split('\n')
        .filter((line) => line !== 'answered')
        .map((line) => {
          const [sent, received] = line.split(' ').map((value) => Number(BigInt(value)) / 1e6);
          return { sent: sent ?? 0, received: received === undefined || received === 0 ? null : received };
        });
    },
  };
}

/** The longest time without an answer arriving between `from` and `to`, milliseconds. */
export function longestGap(echoes: readonly Echo[], from: number, to: number): number {
  const arrivals = echoes
    .map((e) => e.received)
    .filter((r): r is number => r !== null)
    .sort((a, b) => a - b);
  let longest = 0;
  let previous = from;
  for (const arrival of arrivals) {
    if (arrival < from) continue;
    longest = Math.max(longest, Math.min(arrival, to) - previous);
    previous = Math.min(arrival, to);
    if (arrival >= to) return longest;
  }
  return Math.max(longest, to - previous);
}

export const lost = (echoes: readonly Echo[], from = -Infinity, to = Infinity): number =>
  echoes.filter((e) => e.received === null && e.sent >= from && e.sent < to).length;

/** The longest distance between two requests: how far the machine itself kept the instrument from working. */
export const instrumentStall = (echoes: readonly Echo[]): number =>
  echoes.reduce((worst, e, i) => (i === 0 ? 0 : Math.max(worst, e.sent - (echoes[i - 1]?.sent ?? e.sent))), 0);
