import type { Page } from '@playwright/test';
import { seriousViolations } from './support/axe';
import { expect, test } from './support/fake-host';

/** Every surface, and how to get there from the first page. */
const surfaces: readonly { readonly name: string; readonly selector: string; readonly open: (page: Page) => Promise<unknown> }[] = [
  { name: 'View Available Networks', selector: '.panel', open: async () => undefined },
  { name: 'taskbar', selector: '.taskbar', open: async () => undefined },
  { name: 'credentials', selector: '.window', open: (page) => page.getByRole('button', { name: 'Connect', exact: true }).click() },
  { name: 'log', selector: '.window', open: (page) => page.locator('.desktop-icons').getByRole('button', { name: 'IKEv2 log' }).click() },
  { name: 'connections', selector: '.window', open: (page) => page.getByRole('button', { name: 'Open Network Connections' }).click() },
  ...['General', 'Options', 'Security', 'Networking'].map((tab) => ({
    name: `properties, ${tab}`,
    selector: '.window',
    open: async (page: Page) => {
      await page.locator('[data-connection="Demo"]').click({ button: 'right' });
      await page.getByRole('menuitem', { name: 'Properties' }).click();
      await page.getByRole('tab', { name: tab }).click();
    },
  })),
  {
    name: 'advanced properties',
    selector: '.window:last-of-type',
    open: async (page) => {
      await page.locator('[data-connection="Demo"]').click({ button: 'right' });
      await page.getByRole('menuitem', { name: 'Properties' }).click();
      await page.getByRole('tab', { name: 'Security' }).click();
      await page.getByRole('button', { name: 'Advanced settings' }).click();
    },
  },
  ...['General', 'Details', 'Mobility'].map((tab) => ({
    name: `status, ${tab}`,
    selector: '.window',
    open: async (page: Page) => {
      await page.getByRole('button', { name: 'Connect', exact: true }).click();
      await page.getByLabel('Password:').fill('demo');
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: /^Network: Demo, Connected/ }).click();
      await page.getByRole('button', { name: 'Status' }).click();
      await page.getByRole('tab', { name: tab }).click();
    },
  })),
  {
    name: 'error',
    selector: '.window',
    open: async (page) => {
      await page.getByRole('button', { name: 'Connect', exact: true }).click();
      await page.getByLabel('Password:').fill('wrong');
      await page.keyboard.press('Enter');
      await page.getByRole('dialog', { name: 'Error Connecting to Demo' }).waitFor();
    },
  },
  {
    name: 'import',
    selector: '.window:last-of-type',
    open: async (page) => {
      await page.getByRole('button', { name: 'Open Network Connections' }).click();
      await page.setInputFiles('input[type=file]', { name: 'contoso.sswan', mimeType: 'application/json', buffer: Buffer.from('{}') });
      await page.getByRole('dialog', { name: 'Import contoso.sswan' }).waitFor();
    },
  },
];

for (const { name, selector, open } of surfaces) {
  test(`axe finds nothing serious: ${name}`, async ({ page, url }) => {
    await page.goto(url);
    await expect(page.getByRole('dialog', { name: 'View available networks' })).toBeVisible();
    await open(page);
    await expect(page.locator(selector).first()).toBeVisible();
    expect(await seriousViolations(page, selector)).toEqual([]);
  });
}

test('nothing is cut off at 200 % zoom', async ({ browser, url }) => {
  // 200 % zoom of a 1180 x 720 window is a viewport of half that size at twice the pixels.
  const page = await browser.newPage({ viewport: { width: 590, height: 360 }, deviceScaleFactor: 2 });
  await page.goto(url);
  const panel = page.getByRole('dialog', { name: 'View available networks' });
  await expect(panel).toBeVisible();
  for (const surface of ['.panel', '.taskbar']) {
    const box = await page.locator(surface).boundingBox();
    expect(box, surface).not.toBeNull();
    expect(box?.x ?? -1).toBeGreaterThanOrEqual(0);
    expect(box?.y ?? -1).toBeGreaterThanOrEqual(0);
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(590);
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(360);
  }
  await panel.getByRole('button', { name: 'Connect', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Connect Demo' });
  const box = await dialog.boundingBox();
  expect((box?.y ?? 0) + (box?.height ?? 999)).toBeLessThanOrEqual(360);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await page.close();
});

test('forced colours keep text and borders', async ({ browser, url }) => {
  const page = await browser.newPage({ forcedColors: 'active' });
  await page.goto(url);
  await expect(page.getByRole('dialog', { name: 'View available networks' })).toBeVisible();
  const border = await page.locator('.panel').evaluate((element) => getComputedStyle(element).borderTopWidth);
  expect(border).not.toBe('0px');
  await expect(page.locator('.wallpaper')).toBeHidden();
  await page.close();
});
