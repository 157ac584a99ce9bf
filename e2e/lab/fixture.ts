import { afterAll, beforeAll } from 'vitest';
import { Lab } from './lab';

/** One lab for the tests of a file. */
export function useLab(): () => Lab {
  let lab: Lab | null = null;
  beforeAll(async () => {
    lab = await Lab.up();
  });
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
