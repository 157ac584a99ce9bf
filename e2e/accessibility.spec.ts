import { expect, test } from './support/fake-host';

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
