import type { WirelessNetwork } from '../src-main/api/contract';
import { expect, test } from './support/fake-host';

const network = (id: string, change: Partial<WirelessNetwork>): WirelessNetwork => ({ id, adapter: 'wlan0', name: id, signal: 80, security: 'wpa2', frequency: 2437, state: 'available', joinable: true, ...change });

test('wireless networks are shown while somebody manages them; names are text, known ones can be joined', async ({ page, demo, url }) => {
  await page.goto(url);
  const panel = page.getByRole('dialog', { name: 'View available networks' });
  const section = panel.getByRole('region', { name: 'Wireless networks' });
  await expect(panel).toBeVisible();
  await expect(section).toHaveCount(0);
  demo.push({ type: 'wireless', networks: [network('Corp-WLAN', { state: 'connected' }), network('CoffeeShop', { security: 'open' }), network('Neighbour', { joinable: false }), network('evil', { name: 'Evil\u202e<img src=x>' })] });
  await expect(section.getByRole('button', { name: 'Disconnect from Corp-WLAN' })).toBeEnabled();
  await expect(section.getByRole('button', { name: 'Connect to CoffeeShop' })).toBeVisible();
  await expect(section.getByText('Neighbour')).toBeVisible();
  await expect(section.getByRole('button', { name: 'Connect to Neighbour' })).toHaveCount(0);
  await expect(section.getByText('Evil<img src=x>')).toBeVisible();
  expect(await section.locator('img').count()).toBe(0);
  demo.push({ type: 'wireless', networks: null });
  await expect(section).toHaveCount(0);
});
