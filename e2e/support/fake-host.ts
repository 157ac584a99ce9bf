import { join } from 'node:path';
import { test as base } from '@playwright/test';
import { startWebHost } from '../../src-main/web/host';
import { createFakeDemo } from './fake-demo';

export const root = join(import.meta.dirname, '../..');

type FakeDemo = ReturnType<typeof createFakeDemo>;

/** A page of the real browser host over a service that only behaves like one. */
export const test = base.extend<{ demo: FakeDemo; url: string }>({
  demo: async ({ page: _ }, use) => {
    const demo = createFakeDemo();
    await use(demo);
    demo.close();
  },
  url: async ({ demo }, use) => {
    const host = await startWebHost(demo.service, { port: 0, rendererDirectory: join(root, 'out/renderer') });
    await use(host.url);
    await host.close();
  },
});

export { expect } from '@playwright/test';
