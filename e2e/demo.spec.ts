import type { Locator, Page } from '@playwright/test';
import { expect, stopProduct, test } from './support/product';

const name = 'Demo gateway';
const tray = (page: Page): Locator => page.getByRole('button', { name: /^Network:/ });
const seconds = async (duration: Locator): Promise<number> => {
  const [hours = 0, minutes = 0, rest = 0] = ((await duration.textContent()) ?? '').split(':').map(Number);
  return hours * 3600 + minutes * 60 + rest;
};

/** Connects the demo from the panel; the panel is open after the page has loaded. */
async function connect(page: Page): Promise<void> {
  await page
    .getByRole('dialog', { name: 'View available networks' })
    .getByRole('button', { name: 'Connect', exact: true })
    .click();
  await expect(
    page.getByRole('button', { name: `Network: ${name}, No Internet access, Connected through Ethernet` }),
  ).toBeVisible();
}

async function openStatus(page: Page): Promise<Locator> {
  await tray(page).click();
  await page.getByRole('dialog', { name: 'View available networks' }).getByRole('button', { name: 'Status' }).click();
  return page.getByRole('dialog', { name: `${name} Status` });
}

async function unplug(page: Page, button: string): Promise<void> {
  const panel = page.getByRole('dialog', { name: 'View available networks' });
  if (!(await panel.isVisible())) await tray(page).click();
  await panel.getByRole('button', { name: button }).click();
}

test('one click connects; unplugging Ethernet moves the connection to Wi-Fi at once, no ping is lost, Duration counts on', async ({
  page,
  product,
}) => {
  await page.goto(product.url);
  await connect(page);
  const status = await openStatus(page);
  const duration = status.getByTestId('duration');
  await status.getByRole('tab', { name: 'Mobility' }).click();
  const summary = status.getByTestId('round-trip-summary');
  // Pings flow on Ethernet before the cable is pulled.
  await expect.poll(async () => Number(await summary.getAttribute('data-answered-count'))).toBeGreaterThan(8);
  await expect(status.locator('.paths tr.in-use')).toContainText('Ethernet');

  await status.getByRole('tab', { name: 'Details' }).click();
  const detail = (key: string): Locator => status.locator(`[data-detail="${key}"]`);
  await expect(detail('adapter')).toHaveText('Ethernet');
  await expect(detail('origin')).toHaveText('127.0.0.2');
  await status.getByRole('tab', { name: 'General' }).click();
  const before = await seconds(duration);
  await status.getByRole('tab', { name: 'Details' }).click();

  await tray(page).click();
  const pulled = Date.now();
  await unplug(page, 'Unplug Ethernet');
  await expect(detail('adapter')).toHaveText('Wi-Fi', { timeout: 1000 });
  const took = Date.now() - pulled;
  await expect(detail('origin')).toHaveText('127.0.0.3');
  await expect(detail('destination')).toHaveText('127.0.0.1');
  expect(took).toBeLessThan(1000);

  await status.getByRole('tab', { name: 'Mobility' }).click();
  await expect(status.getByTestId('last-switch')).toContainText('Last switch: Ethernet to Wi-Fi');
  await expect(status.locator('[data-switch]')).toHaveCount(1);
  const answered = Number(await summary.getAttribute('data-answered-count'));
  await expect
    .poll(async () => Number(await summary.getAttribute('data-answered-count')))
    .toBeGreaterThan(answered + 8);
  await expect(summary).toHaveAttribute('data-lost-count', '0');
  await expect(status.locator('[data-lost]')).toHaveCount(0);

  await status.getByRole('tab', { name: 'General' }).click();
  await expect(status).toContainText('Connected');
  expect(await seconds(duration)).toBeGreaterThan(before);
  await status.getByRole('button', { name: 'Disconnect' }).click();
  await expect(page.getByRole('button', { name: 'Network: Not connected - Connections are available' })).toBeVisible();
});

test('both adapters unplugged is Dormant; plugging one in reconnects with the same address and no new logon', async ({
  page,
  product,
}) => {
  await page.goto(product.url);
  await connect(page);
  const status = await openStatus(page);
  await status.getByRole('tab', { name: 'Details' }).click();
  const address = await status.locator('[data-detail="client-ipv4"]').textContent();
  await unplug(page, 'Unplug Wi-Fi');
  await unplug(page, 'Unplug Ethernet');
  await expect(page.getByRole('button', { name: `Network: ${name}, Dormant` })).toBeVisible();
  await status.getByRole('tab', { name: 'Mobility' }).click();
  await expect(status).toContainText(/The connection is kept for another \d+:\d\d/);
  await unplug(page, 'Plug in Wi-Fi');
  await expect(
    page.getByRole('button', { name: `Network: ${name}, No Internet access, Connected through Wi-Fi` }),
  ).toBeVisible();
  await status.getByRole('tab', { name: 'Details' }).click();
  await expect(status.locator('[data-detail="client-ipv4"]')).toHaveText(address ?? '');
  await expect(page.getByRole('dialog', { name: `Connect ${name}` })).toBeHidden();
});

test('without the saved password the person is asked; a wrong one is asked for again, the right one connects', async ({
  page,
  product,
}) => {
  await page.goto(product.url);
  const panel = page.getByRole('dialog', { name: 'View available networks' });
  await panel.locator(`[data-connection="${name}"]`).click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Properties' }).click();
  const properties = page.getByRole('dialog', { name: `${name} Properties` });
  await properties.getByRole('button', { name: 'Forget saved password' }).click();
  await expect(properties.getByRole('status')).toHaveText('The saved password has been forgotten.');
  await properties.getByRole('button', { name: 'Cancel' }).click();

  await tray(page).click();
  await panel.getByRole('button', { name: 'Connect', exact: true }).click();
  const credentials = page.getByRole('dialog', { name: `Connect ${name}` });
  await expect(credentials.getByLabel('User name:')).toHaveValue('demo');
  await credentials.getByLabel('Password:').fill('not the password');
  await page.keyboard.press('Enter');
  await expect(credentials.getByRole('alert')).toBeVisible();
  await credentials.getByLabel('Password:').fill('demo');
  await page.keyboard.press('Enter');
  await expect(
    page.getByRole('button', { name: `Network: ${name}, No Internet access, Connected through Ethernet` }),
  ).toBeVisible();
  expect(product.diagnostics()).not.toContain('not the password');
});

test('killing the process of the tab, or closing it, leaves the tunnel up; a new page attaches with the right state', async ({
  page,
  product,
  context,
}) => {
  await page.goto(product.url);
  await connect(page);
  const crashed = page.waitForEvent('crash');
  // The process that would answer is the one that ends.
  void context
    .newCDPSession(page)
    .then((session) => session.send('Page.crash'))
    .catch(() => undefined);
  await crashed;
  await page.close();
  const again = await context.newPage();
  await again.goto(new URL('/', product.url).href);
  await expect(
    again.getByRole('button', { name: `Network: ${name}, No Internet access, Connected through Ethernet` }),
  ).toBeVisible();
  await again.getByRole('dialog', { name: 'View available networks' }).getByRole('button', { name: 'Status' }).click();
  const status = again.getByRole('dialog', { name: `${name} Status` });
  await expect.poll(() => seconds(status.getByTestId('duration'))).toBeGreaterThanOrEqual(1);
});

test('SIGTERM disconnects and ends with 0; the page says that the service is gone', async ({ page, product }) => {
  await page.goto(product.url);
  await connect(page);
  expect(await stopProduct(product)).toBe(0);
  await expect(page.getByText('The connection to the Agile VPN service was lost.')).toBeVisible();
});
