import { expect } from 'vitest';

/** The least of three: what else the machine does only ever adds. */
async function least(work: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < 3; run++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return Math.min(...times);
}

/**
 * `work` takes about the time of its argument: twice as much takes not much more than twice as long. Quadratic work of this size
 * takes many seconds, so the limits leave a second for what a busy machine does meanwhile.
 */
export async function expectLinear(work: (length: number) => unknown): Promise<void> {
  const [once, twice] = [await least(() => work(200_000)), await least(() => work(400_000))];
  expect(twice).toBeLessThan(2.5 * once + 1_000);
}
