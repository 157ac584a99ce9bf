import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base } from '@playwright/test';
import { buildForTest } from './build';
import { newAuthority } from './certificates';
import { root } from './fake-host';
import { makeSoftToken } from './soft-token';
import type { Arrangement, SignInScene } from './sign-in-scene';
import type { TestAuthority } from '../../src-core/pki/testing';

export type { Arrangement, SignInScene } from './sign-in-scene';

interface Scenes {
  readonly startScene: (
    directory: string,
    rendererDirectory: string,
    arrangement: Arrangement,
  ) => Promise<SignInScene & { close(): Promise<void> }>;
}

export const test = base.extend<
  { directory: string; arrange: (arrangement: Arrangement) => Promise<SignInScene> },
  { scenes: Scenes; card: TestAuthority }
>({
  scenes: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the names of the first argument
    async ({}, use) => {
      await use((await import(await buildForTest('e2e/support/sign-in-scene.ts', 'sign-in-scene'))) as Scenes);
    },
    { scope: 'worker' },
  ],
  // The one card of this worker process: another one in another folder would not be seen by the module that is loaded
  // (makeSoftToken).
  card: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the names of the first argument
    async ({}, use) => {
      const directory = mkdtempSync(join(tmpdir(), 'agile-vpn-card-'));
      await use(makeSoftToken(directory, 'Alice of Contoso', newAuthority('Contoso Cards')));
      rmSync(directory, { recursive: true, force: true });
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
