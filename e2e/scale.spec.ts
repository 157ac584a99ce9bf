import type { RoundTripSample } from '../src-main/api/contract';
import { toColumns, type RoundTripBucket } from '../src-main/api/round-trip-history';
import { createFakeDemo, sampleProfile } from './support/fake-demo';
import { expect, test as base } from './support/fake-host';
import { expectNoLongTask } from './support/long-tasks';

const profiles = Array.from({ length: 500 }, (_, index) =>
  sampleProfile(`Connection ${String(index).padStart(3, '0')}`),
);
// A long task of ours is there in each attempt; one of a disturbed machine is not.
base.describe.configure({ retries: 2 });

const chartOf = 'Connection 000';
/** What the service keeps: ten minutes at four a second, and a day by the minute. */
const tenMinutes = (): RoundTripSample[] =>
  Array.from({ length: 2_400 }, (_, index) => ({
    at: Date.now() - (2_400 - index) * 250,
    milliseconds: 1 + (index % 7),
    adapter: index % 1200 < 600 ? 'eth0' : 'wlan0',
  }));
const day = (): readonly RoundTripBucket[] =>
  Array.from({ length: 1_440 }, (_, index) => ({
    at: Date.now() - (1_440 - index) * 60_000,
    least: 1,
    most: 3 + (index % 11),
    mean: 2 + (index % 3),
    answered: 240,
    lost: index % 97 === 0 ? 3 : 0,
    adapter: index % 360 < 180 ? 'eth0' : 'wlan0',
  }));

const test = base.extend({
  demo: async ({ page: _ }, use) => {
    const demo = createFakeDemo({
      profiles,
      roundTrips: { [chartOf]: tenMinutes() },
      roundTripHistory: { [chartOf]: toColumns(day()) },
    });
    await use(demo);
    demo.close();
  },
});

test('500 connections scroll and update without a long task', async ({ page, url, demo }) => {
  await page.goto(url);
  const rows = page.locator('.panel-row');
  await expect(rows.first()).toHaveAttribute('aria-setsize', '500');
  await expectNoLongTask(page, async () => {
    for (let step = 0; step < 20; step++) {
      await page.locator('.panel-list').evaluate((element, top) => element.scrollTo(0, top), step * 600);
      demo.setStatus(`Connection ${String(step).padStart(3, '0')}`, { natDetected: step % 2 === 0 });
      await page.waitForTimeout(20);
    }
  });
  // The list is at its end, by whatever way: the last connection is there, and only what is in view is in the page.
  await page.locator('.panel-list').evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await expect(page.locator('[data-connection="Connection 499"]')).toBeInViewport();
  expect(await rows.count()).toBeLessThan(100);
});

test('the keys walk 500 connections as if all were in the page', async ({ page, url }) => {
  await page.goto(url);
  const focused = page.locator('.panel-list :focus');
  await page.locator('[data-connection="Connection 000"]').focus();
  for (let step = 0; step < 60; step++) await page.keyboard.press('ArrowDown');
  await expect(focused).toHaveAttribute('data-connection', 'Connection 060');
  // Scrolled away by the wheel, the focus stays where it was and goes on from there.
  await page.locator('.panel-list').evaluate((element) => element.scrollTo(0, 9000));
  await expect(page.locator('[data-connection="Connection 320"]')).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await expect(focused).toHaveAttribute('data-connection', 'Connection 061');
  await expect(focused).toBeInViewport();
  await page.keyboard.press('Enter');
  await expect(focused).toHaveAttribute('aria-expanded', 'true');
  await page.keyboard.press('End');
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await expect(focused).toHaveAttribute('data-connection', 'Connection 000');
});

test('a log of 100,000 entries scrolls, follows and is searched without a long task', async ({ page, url, demo }) => {
  await page.goto(url);
  await expect(page.getByRole('dialog', { name: 'View available networks' })).toBeVisible();
  let id = 1;
  const entries = (count: number) =>
    Array.from({ length: count }, () => ({
      id: id++,
      at: new Date(id).toISOString(),
      connection: null,
      level: 'info' as const,
      area: 'ike' as const,
      text: `Sent INFORMATIONAL request ${id} on the path Ethernet`,
    }));
  for (let batch = 0; batch < 50; batch++) demo.push({ type: 'log', entries: entries(2000) });
  await page.locator('.desktop-icons').getByRole('button', { name: 'IKEv2 log' }).click();
  const log = page.getByRole('dialog', { name: 'IKEv2 log' });
  await expect(log.getByText('100,000 entries')).toBeVisible();
  await expectNoLongTask(page, async () => {
    for (let step = 0; step < 20; step++) {
      await log.getByRole('listbox').evaluate((element, top) => element.scrollTo(0, top), step * 90_000);
      demo.push({ type: 'log', entries: entries(20) });
      await page.waitForTimeout(20);
    }
    await log.getByLabel('Search').pressSequentially('request 5', { delay: 30 });
    await page.waitForTimeout(300);
  });
  await expect(log.locator('.log-row').first()).toContainText('request 5');
});

test('24 hours of round trips draw without a long task', async ({ page, url, demo }) => {
  await page.goto(url);
  const name = chartOf;
  demo.setStatus(name, {
    state: 'Connected',
    connectedSince: new Date().toISOString(),
    adapter: 'eth0',
    adapterLabel: 'Ethernet',
  });
  await page.getByRole('button', { name: new RegExp(`^${name}`) }).click();
  await page.getByRole('button', { name: 'Status' }).click();
  await expectNoLongTask(page, async () => {
    await page.getByRole('tab', { name: 'Mobility' }).click();
    // Live samples go on arriving behind the day that the snapshot brought.
    await expect
      .poll(async () => Number(await page.getByTestId('round-trip-summary').getAttribute('data-answered-count')))
      .toBeGreaterThan(3);
    for (const span of ['minutes', 'hour', 'day']) {
      await page.getByLabel('Round-trip time of the last:').selectOption(span);
      await page.waitForTimeout(700);
    }
  });
  // The whole day is drawn: its minutes, its eight switches (the last to the live samples), what was lost.
  await expect(page.locator('.chart svg')).toHaveAttribute('data-buckets', /^14[34]\d$/);
  await expect(page.locator('.chart [data-switch]')).toHaveCount(8);
  await expect(page.locator('.chart [data-lost]').first()).toBeAttached();
});
