import { afterAll, afterEach, beforeAll } from 'vitest';
import { Lab } from './lab';
import { VpnClient } from './vpn-client';

/** One lab for the tests of a file; no client outlives its test. */
export function useLab(): () => Lab {
  let lab: Lab | null = null;
  beforeAll(async () => {
    lab = await Lab.up();
  });
  afterEach(() => VpnClient.stopAll());
  afterAll(async () => {
    await lab?.down();
  });
  return () => {
    if (lab === null) throw new Error('The lab is not up');
    return lab;
  };
}

/** A measured figure, for whoever reads the test's output. */
export const figure = (text: string): void => {
  process.stdout.write(`    ${text}\n`);
};
