import type { CDPSession, Page } from '@playwright/test';
import type { RoundTripSample } from '../src-main/api/contract';
import { createFakeDemo, sampleProfile } from './support/fake-demo';
import { expect, test as base } from './support/fake-host';

const profiles = Array.from({ length: 500 }, (_, index) => sampleProfile(`Connection ${String(index).padStart(3, '0')}`));
const chartOf = 'Connection 000';
/** What the service keeps: an hour at four a second. */
const hour = (): RoundTripSample[] => Array.from({ length: 14_400 }, (_, index) => ({ at: Date.now() - (14_400 - index) * 250, milliseconds: 1 + (index % 7), adapter: index % 7200 < 3600 ? 'eth0' : 'wlan0' }));

const test = base.extend({
  demo: async ({ page: _ }, use) => {
    const demo = createFakeDemo({ profiles, roundTrips: { [chartOf]: hour() } });
    await use(demo);
    demo.close();
  },
});

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds of processor time: what the work costs, whatever else the machine does meanwhile. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** The longest task of the page's main thread while `work` runs, milliseconds of processor time. */
async function longestTask(page: Page, work: () => Promise<void>): Promise<number> {
  const session: CDPSession = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  await session.send('Tracing.start', { traceConfig: { includedCategories: ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline', '__metadata'] }, transferMode: 'ReportEvents' });
  await work();
  const complete = new Promise<void>((resolve) => session.once('Tracing.tracingComplete', () => resolve()));
  await session.send('Tracing.end');
  await complete;
  const threads = new Set(events.filter((event) => event.name === 'thread_name' && event.args?.name === 'CrRendererMain').map((event) => `${event.pid} ${event.tid}`));
  const tasks = events.filter((event) => event.ph === 'X' && event.name === 'RunTask' && threads.has(`${event.pid} ${event.tid}`));
  expect(tasks.length, 'the trace has tasks').toBeGreaterThan(10);
  const longest = Math.max(...tasks.map((event) => event.tdur ?? 0)) / 1000;
  expect(longest, 'the trace has processor times').toBeGreaterThan(0);
  console.log(`longest task: ${longest.toFixed(1)} ms of ${tasks.length}`);
  return longest;
}

const limit = 50;

test('500 connections scroll and update without a long task', async ({ page, url, demo }) => {
  await page.goto(url);
  await expect(page.locator('.panel-row')).toHaveCount(500);
  const longest = await longestTask(page, async () => {
    for (let step = 0; step < 20; step++) {
      await page.locator('.panel-list').evaluate((element, top) => element.scrollTo(0, top), step * 600);
      demo.setStatus(`Connection ${String(step).padStart(3, '0')}`, { natDetected: step % 2 === 0 });
      await page.waitForTimeout(20);
    }
  });
  expect(longest).toBeLessThan(limit);
});

test('a log of 100,000 entries scrolls, follows and is searched without a long task', async ({ page, url, demo }) => {
  await page.goto(url);
  await expect(page.getByRole('dialog', { name: 'View available networks' })).toBeVisible();
  let id = 1;
  const entries = (count: number) =>
    Array.from({ length: count }, () => ({ id: id++, at: new Date(id).toISOString(), connection: null, level: 'info' as const, area: 'ike' as const, text: `Sent INFORMATIONAL request ${id} on the path Ethernet` }));
  for (let batch = 0; batch < 50; batch++) demo.push({ type: 'log', entries: entries(2000) });
  await page.locator('.desktop-icons').getByRole('button', { name: 'IKEv2 log' }).click();
  const log = page.getByRole('dialog', { name: 'IKEv2 log' });
  await expect(log.getByText('100,000 entries')).toBeVisible();
  const longest = await longestTask(page, async () => {
    for (let step = 0; step < 20; step++) {
      await log.getByRole('listbox').evaluate((element, top) => element.scrollTo(0, top), step * 90_000);
      demo.push({ type: 'log', entries: entries(20) });
      await page.waitForTimeout(20);
    }
    await log.getByLabel('Search').pressSequentially('request 5', { delay: 30 });
    await page.waitForTimeout(300);
  });
  await expect(log.locator('.log-row').first()).toContainText('request 5');
  expect(longest).toBeLessThan(limit);
});

test('an hour of round trips draws without a long task', async ({ page, url, demo }) => {
  await page.goto(url);
  const name = chartOf;
  demo.setStatus(name, { state: 'Connected', connectedSince: new Date().toISOString(), adapter: 'eth0', adapterLabel: 'Ethernet' });
  await page.getByRole('button', { name: new RegExp(`^${name}`) }).click();
  await page.getByRole('button', { name: 'Status' }).click();
  const longest = await longestTask(page, async () => {
    await page.getByRole('tab', { name: 'Mobility' }).click();
    // Live samples go on arriving behind the hour that the snapshot brought.
    await expect.poll(async () => Number(await page.getByTestId('round-trip-summary').getAttribute('data-answered-count'))).toBeGreaterThan(3);
    await page.waitForTimeout(1000);
  });
  expect(longest).toBeLessThan(limit);
});
