import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base } from '@playwright/test';
import { buildForTest } from './build';
import { root } from './fake-host';
import type { Arrangement, SignInScene } from './sign-in-scene';

export type { Arrangement, SignInScene } from './sign-in-scene';

interface Scenes {
  readonly startScene: (directory: string, rendererDirectory: string, arrangement: Arrangement) => Promise<SignInScene & { close(): Promise<void> }>;
}

export const test = base.extend<{ directory: string; arrange: (arrangement: Arrangement) => Promise<SignInScene> }, { scenes: Scenes }>({
  scenes: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the names of the first argument
    async ({}, use) => {
      await use((await import(await buildForTest('e2e/support/sign-in-scene.ts', 'sign-in-scene'))) as Scenes);
    },
    { scope: 'worker' },
  ],
  directory: async ({ page: _ }, use) => {
    const directory = mkdtempSync(join(tmpdir(), 'agile-vpn-sign-in-'));
    await use(directory);
    rmSync(directory, { recursive: true, force: true });
  },
  arrange: async ({ directory, scenes }, use) => {
    const running: { close(): Promise<void> }[] = [];
    await use(async (arrangement) => {
      const scene = await scenes.startScene(directory, join(root, 'out/renderer'), arrangement);
      running.push(scene);
      return scene;
    });
    for (const scene of running) await scene.close();
  },
});

export { expect } from '@playwright/test';
