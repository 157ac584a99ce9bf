import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const cores = availableParallelism();

/** Its files make machines of network namespaces, each its own. */
const lab = {
  environment: 'node',
  globalSetup: 'e2e/lab/before-all.ts',
  testTimeout: 120_000,
  hookTimeout: 120_000,
} as const;

/** The tests run with native code that has a sanitizer: native/testing/sanitizers.ts. */
const sanitized = process.env['AGILE_VPN_NATIVE_BUILD'] !== undefined;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'src-core/**/*.test.ts',
            'src-main/**/*.test.ts',
            'src-renderer/**/*.test.{ts,tsx}',
            'src-text/**/*.test.ts',
            'native/**/*.test.ts',
            'bin/**/*.test.ts',
          ],
          environment: 'node',
          // A bound for hangs, not for speed: prime groups take seconds on a busy machine.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // The runner's own default leaves one core for a watching editor, which is half of a small machine.
          maxWorkers: cores,
          sequence: { groupOrder: 0 },
          execArgv: sanitized ? ['--require', './native/testing/preload.cjs'] : [],
        },
      },
      {
        test: {
          name: 'sanitizers',
          include: ['native/testing/sanitizers.ts'],
          environment: 'node',
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          ...lab,
          name: 'lab',
          include: ['e2e/lab/**/*.test.ts'],
          exclude: ['**/*.alone.test.ts'],
          // They mostly wait.
          maxWorkers: Math.min(2 * cores, 6),
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Where every packet counts, or how many there are in a second, nothing else may run.
        test: {
          ...lab,
          name: 'lab-alone',
          include: ['e2e/lab/**/*.alone.test.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
