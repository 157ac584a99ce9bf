// Draws docs/screenshots: starts the product with its demo gateway, drives every surface and keeps what Chromium shows.
// Usage: npm run screenshots [-- NAME…]   all of them, or only the named ones
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';
import { findChromium } from './chromium.mjs';

const root = join(import.meta.dirname, '..');
const target = join(root, 'docs/screenshots');
const only = new Set(process.argv.slice(2));
const demo = 'Demo gateway';
const home = mkdtempSync(join(tmpdir(), 'agile-vpn-screenshots-'));
const folders = { HOME: home, XDG_CONFIG_HOME: join(home, 'config'), XDG_DATA_HOME: join(home, 'data'), XDG_STATE_HOME: join(home, 'state'), XDG_RUNTIME_DIR: join(home, 'run') };

const product = spawn(join(root, 'bin/agile-vpn'), ['ui', '--no-open', '--demo', '--port', '0'], { env: { ...process.env, ...folders }, stdio: ['ignore', 'pipe', 'inherit'] });
const ended = new Promise((resolve) => product.once('exit', resolve));
const url = await new Promise((resolve, reject) => {
  createInterface({ input: product.stdout }).once('line', resolve);
  product.once('exit', () => reject(new Error('The product ended before it printed its address. Is it built (npm run build)?')));
});
const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
const page = await browser.newPage({ viewport: { width: 1000, height: 620 }, locale: 'en-US', reducedMotion: 'reduce' });
mkdirSync(target, { recursive: true });

/** Pixels of desktop around what is shown; `whole` keeps all of it. */
const margin = 22;
async function shot(name, whole = false) {
  if (only.size > 0 && !only.has(name)) return;
  await page.mouse.move(5, 300);
  const { width, height } = page.viewportSize();
  const boxes = whole ? [] : (await Promise.all((await page.locator('.window:visible, .panel:visible').all()).map((each) => each.boundingBox()))).filter((box) => box !== null);
  const left = Math.max(0, Math.min(width, ...boxes.map((box) => box.x)) - margin);
  const top = Math.max(0, Math.min(height, ...boxes.map((box) => box.y)) - margin);
  const right = Math.min(width, Math.max(0, ...boxes.map((box) => box.x + box.width)) + margin);
  const bottom = Math.min(height, Math.max(0, ...boxes.map((box) => box.y + box.height)) + margin);
  const clip = boxes.length === 0 ? undefined : { x: left, y: top, width: right - left, height: bottom - top };
  await page.screenshot({ path: join(target, `${name}.png`), clip });
  console.log(`docs/screenshots/${name}.png`);
}
const panel = page.getByRole('dialog', { name: 'View available networks' });
const tray = page.getByRole('button', { name: /^Network:/ });
const openPanel = async () => {
  if (!(await panel.isVisible())) await tray.click();
  await panel.waitFor();
};
const tab = (name) => page.getByRole('tab', { name }).click();
const seconds = (count) => page.waitForTimeout(count * 1000);
/** Puts a window where the picture wants it. */
async function place(title, left, top) {
  const caption = page.getByRole('dialog', { name: title, exact: true }).locator('.caption');
  const box = await caption.boundingBox();
  await page.mouse.move(box.x + 60, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(left + 60, top + 10);
  await page.mouse.up();
}

try {
  await page.goto(url);
  await panel.waitFor();
  await shot('available-networks', true);

  // The person is asked once the saved password is gone.
  await panel.locator(`[data-connection="${demo}"]`).click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Properties' }).click();
  await shot('properties-general');
  await page.getByRole('button', { name: 'Forget saved password' }).click();
  await tab('Security');
  await shot('properties-security');
  await page.getByRole('button', { name: 'Advanced settings' }).click();
  await shot('properties-advanced');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await openPanel();
  await panel.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByLabel('Password:').fill('demo');
  await shot('connect');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /Connected through Ethernet/ }).waitFor();

  await openPanel();
  await panel.getByRole('button', { name: 'Status' }).click();
  const status = `${demo} Status`;
  await place(status, 150, 60);
  await seconds(4);
  await shot('status-general');
  await tab('Details');
  await shot('status-details');

  // A roam: long enough on Ethernet for a line, then the cable is pulled.
  await tab('Mobility');
  await seconds(8);
  await openPanel();
  await panel.getByRole('button', { name: 'Unplug Ethernet' }).click();
  await seconds(7);
  await shot('roam', true);
  await tab('Details');
  await shot('status-details-after-roam');
  await tab('Mobility');
  await openPanel();
  await panel.getByRole('button', { name: 'Unplug Wi-Fi' }).click();
  await seconds(3);
  await shot('dormant');
  await openPanel();
  await panel.getByRole('button', { name: 'Plug in Ethernet' }).click();
  await page.getByRole('button', { name: /Connected through Ethernet/ }).waitFor();
  await seconds(2);
  await page.getByRole('dialog', { name: status }).getByRole('button', { name: 'Close' }).last().click();

  await page.locator('.desktop-icons').getByRole('button', { name: 'IKEv2 log' }).click();
  await page.getByLabel('Show', { exact: true }).selectOption('debug');
  await page.getByLabel('Search').fill('IKE_AUTH');
  await page.locator('.log-row').first().click();
  await place('IKEv2 log', 130, 70);
  await shot('log');
  await page.keyboard.press('Escape');

  await openPanel();
  await panel.getByRole('button', { name: 'Open Network Connections' }).click();
  const profile = { version: 1, name: 'Contoso', server: 'vpn.contoso.invalid', authentication: { method: 'eap-mschapv2', username: 'alice' }, mobility: { outageSeconds: 3600 }, colour: 'blue' };
  await page.setInputFiles('input[type=file]', { name: 'contoso.agilevpn.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(profile)) });
  await page.getByRole('dialog', { name: /^Import/ }).waitFor();
  await shot('import');
  await page.keyboard.press('Escape');
  const good = { ...profile };
  delete good.colour;
  await page.setInputFiles('input[type=file]', { name: 'contoso.agilevpn.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(good)) });
  await page.getByRole('button', { name: 'Save connection' }).click();
  await page.getByRole('button', { name: /^Contoso/ }).click();
  await shot('connections');
  await page.getByRole('toolbar').getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByLabel('Password:').fill('secret');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: /^Error Connecting/ }).waitFor();
  await shot('error');
} finally {
  await browser.close();
  product.kill('SIGTERM');
  await ended;
  rmSync(home, { recursive: true, force: true });
}
