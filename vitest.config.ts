import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

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
          // The runner's own default leaves one core for a watching editor, which is half of a small machine.
          maxWorkers: availableParallelism(),
        },
      },
      {
        test: {
          name: 'lab',
          include: ['e2e/lab/**/*.test.ts'],
          environment: 'node',
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
