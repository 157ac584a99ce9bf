import type { Page } from '@playwright/test';
import { expect, test } from './support/fake-host';

/** Texts that do not fit their place, in what is visible now. */
async function cutOff(page: Page): Promise<readonly string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('button:not(.bare), label, legend, dt, th, [role=tab], [role=rowheader], [role=columnheader], .caption h2, .panel-section-header span, .panel-row-state')]
      .filter((element) => element.checkVisibility() && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)
      .map((element) => `${element.tagName} ${element.textContent ?? ''}`),
  );
}

test('the language is switched in Network Connections, kept after a reload, and nothing is cut off in it', async ({ page, url }) => {
  await page.goto(url);
  await page.getByRole('button', { name: 'Open Network Connections' }).click();
  await page.getByLabel('Language').selectOption('de');
  await expect(page.getByRole('dialog', { name: 'Netzwerkverbindungen' })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  expect(await cutOff(page)).toEqual([]);
  await page.reload();

  const panel = page.getByRole('dialog', { name: 'Verfügbare Netzwerke anzeigen' });
  await expect(panel).toBeVisible();
  expect(await cutOff(page)).toEqual([]);
  await panel.locator('[data-connection="Demo"]').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Eigenschaften' }).click();
  for (const tab of ['Allgemein', 'Optionen', 'Netzwerk', 'Sicherheit']) {
    await page.getByRole('tab', { name: tab }).click();
    expect(await cutOff(page)).toEqual([]);
  }
  await page.getByRole('button', { name: 'Erweiterte Einstellungen' }).click();
  await expect(page.getByLabel('Netzwerkausfallzeit:')).toHaveValue('1800');
  expect(await cutOff(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: /^Netzwerk:/ }).click();
  await panel.getByRole('button', { name: 'Verbinden', exact: true }).click();
  await expect(page.getByLabel('Kennwort:')).toBeVisible();
  expect(await cutOff(page)).toEqual([]);
  await page.getByLabel('Kennwort:').fill('demo');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /^Netzwerk: Demo, Verbunden über/ }).click();
  await panel.getByRole('button', { name: 'Status' }).click();
  for (const tab of ['Allgemein', 'Details', 'Mobilität']) {
    await page.getByRole('tab', { name: tab }).click();
    expect(await cutOff(page)).toEqual([]);
  }
});
