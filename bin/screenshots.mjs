// Draws docs/screenshots: starts the product with its demo gateway, drives every surface and keeps what Chromium shows.
// Questions that only
// a real server asks come from a service that asks them on demand (e2e/support/gallery.ts). README.md there shows each
// beside its metrics.
// Usage: npm run screenshots [-- NAME…]   all of them, or only the named ones
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';
import { build } from 'vite';
import { findChromium } from './chromium.mjs';
import { measure, pageOf } from './screenshot-metrics.mjs';

const root = join(import.meta.dirname, '..');
const target = join(root, 'docs/screenshots');
const only = new Set(process.argv.slice(2));
const demo = 'Demo gateway';
const home = mkdtempSync(join(tmpdir(), 'agile-vpn-screenshots-'));
const folders = {
  HOME: home,
  XDG_CONFIG_HOME: join(home, 'config'),
  XDG_DATA_HOME: join(home, 'data'),
  XDG_STATE_HOME: join(home, 'state'),
  XDG_RUNTIME_DIR: join(home, 'run'),
};

const product = spawn(join(root, 'bin/agile-vpn'), ['ui', '--no-open', '--demo', '--port', '0'], {
  env: { ...process.env, ...folders },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = new Promise((resolve) => product.once('exit', resolve));
const url = await new Promise((resolve, reject) => {
  createInterface({ input: product.stdout }).once('line', resolve);
  product.once('exit', () =>
    reject(new Error('The product ended before it printed its address. Is it built (npm run build)?')),
  );
});
const browser = await chromium.launch({
  executablePath: findChromium(),
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
const view = { viewport: { width: 1000, height: 620 }, locale: 'en-US', reducedMotion: 'reduce' };
let page = await browser.newPage(view);
mkdirSync(target, { recursive: true });

/** Pixels of desktop around what is shown; `whole` keeps all of it. */
const margin = 22;
/** In order, for the page that shows them. */
const shots = [];
async function shot(name, title, whole = false) {
  shots.push({ name, title, rows: await measure(page, name) });
  if (only.size > 0 && !only.has(name)) return;
  await page.mouse.move(5, 300);
  const { width, height } = page.viewportSize();
  const boxes = whole
    ? []
    : (
        await Promise.all(
          (await page.locator('.window:visible, .panel:visible').all()).map((each) => each.boundingBox()),
        )
      ).filter((box) => box !== null);
  const left = Math.max(0, Math.min(width, ...boxes.map((box) => box.x)) - margin);
  const top = Math.max(0, Math.min(height, ...boxes.map((box) => box.y)) - margin);
  const right = Math.min(width, Math.max(0, ...boxes.map((box) => box.x + box.width)) + margin);
  const bottom = Math.min(height, Math.max(0, ...boxes.map((box) => box.y + box.height)) + margin);
  const clip = boxes.length === 0 ? undefined : { x: left, y: top, width: right - left, height: bottom - top };
  await page.screenshot({ path: join(target, `${name}.png`), clip });
  console.log(`docs/screenshots/${name}.png`);
}
let panel = page.getByRole('dialog', { name: 'View available networks' });
const tray = page.getByRole('button', { name: /^Network:/ });
const openPanel = async () => {
  if (!(await panel.isVisible())) await tray.click();
  await panel.waitFor();
};
const tab = (name) => page.getByRole('tab', { name }).click();
/** Questions, one after the other, from a service that asks them on demand. */
async function gallery() {
  const outDir = join(root, 'out/test');
  await build({
    configFile: false,
    logLevel: 'warn',
    root,
    build: {
      ssr: join(root, 'e2e/support/gallery.ts'),
      outDir,
      emptyOutDir: false,
      target: 'node20',
      rolldownOptions: { output: { entryFileNames: 'gallery.js' } },
    },
  });
  const service = spawn(process.execPath, [join(outDir, 'gallery.js'), root], { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = new Promise((resolve) => service.once('exit', resolve));
  try {
    const address = await new Promise((resolve) => createInterface({ input: service.stdout }).once('line', resolve));
    page = await browser.newPage(view);
    await page.goto(address);
    panel = page.getByRole('dialog', { name: 'View available networks' });
    await panel.waitFor();
    const dialog = page.getByRole('dialog', { name: 'Connect Demo' });
    const ask = (question) => service.stdin.write(`${question}\n`);
    await page.getByRole('button', { name: /^Network:/ }).click();
    for (const [question, title] of [
      ['server-certificate', 'A server that nobody vouches for'],
      ['server-certificate-changed', 'A server that is not the one from before'],
      ['client-certificate', 'Choice of a certificate'],
      ['pin', 'PIN of a smart card'],
      ['passphrase', 'Passphrase of a certificate'],
      ['psk', 'Pre-shared key'],
      ['change-password', 'Change password'],
    ]) {
      ask(question);
      await dialog.waitFor();
      await shot(question, title);
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'hidden' });
    }
    ask('connecting');
    await page.getByRole('dialog', { name: 'Connecting to Demo...' }).waitFor();
    await shot('progress', 'Progress');
    ask('fail');
    await page
      .getByRole('dialog', { name: 'Error Connecting to Demo' })
      .getByRole('button', { name: 'Diagnose' })
      .click();
    const error = page.getByRole('dialog', { name: 'Error Connecting to Demo' });
    await page.getByRole('dialog', { name: 'Diagnosis of Demo' }).waitFor();
    ask('idle');
    await error.waitFor({ state: 'hidden' });
    await shot('diagnosis', 'Diagnosis');
    await page.getByRole('dialog', { name: 'Diagnosis of Demo' }).getByRole('button', { name: 'Close' }).last().click();
    ask('lost');
    await page.getByRole('dialog', { name: 'Demo', exact: true }).waitFor();
    await shot('link-lost', 'The link failed');
    ask('idle');
    await page.getByRole('dialog', { name: 'Demo', exact: true }).waitFor({ state: 'hidden' });
    if (!(await panel.isVisible())) await page.getByRole('button', { name: /^Network:/ }).click();
    await panel.locator('[data-connection="Demo"]').click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Properties' }).click();
    await page.getByRole('tab', { name: 'Certificate' }).click();
    await page.setInputFiles('.authorities input[type=file]', {
      name: 'ca.pem',
      mimeType: 'application/x-pem-file',
      buffer: Buffer.from('-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n'),
    });
    await page.getByRole('button', { name: 'View Certificate' }).click();
    await page.getByRole('dialog', { name: 'Certificate', exact: true }).waitFor();
    await shot('certificate', 'View Certificate');
    await page.keyboard.press('Escape');
    await page.getByRole('tab', { name: 'Security' }).click();
    await page.getByRole('combobox', { name: 'Use Extensible Authentication Protocol (EAP)' }).selectOption('eap-tls');
    await page.getByRole('dialog', { name: 'Demo Properties' }).getByRole('button', { name: 'Properties' }).click();
    await page.getByRole('combobox', { name: 'Use my smart card' }).selectOption({ index: 1 });
    await shot('properties-smart-card-chosen', 'Smart Card or other Certificate Properties, a card chosen');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    ask('wireless');
    if (!(await panel.isVisible())) await page.getByRole('button', { name: /^Network:/ }).click();
    await panel.locator('[data-network="CoffeeShop"]').click();
    await shot('wireless-networks', 'View Available Networks: wireless networks', true);
    ask('no-wireless');
    await page.emulateMedia({ colorScheme: 'dark' });
    if (!(await panel.isVisible())) await page.getByRole('button', { name: /^Network:/ }).click();
    await panel.waitFor();
    await shot('dark-available-networks', 'The dark variant: View Available Networks', true);
    ask('server-certificate');
    await dialog.waitFor();
    await shot('dark-server-certificate', 'The dark variant: a question');
    await page.keyboard.press('Escape');
    if (!(await panel.isVisible())) await page.getByRole('button', { name: /^Network:/ }).click();
    await panel.locator('[data-connection="Demo"]').click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Properties' }).click();
    await page.getByRole('tab', { name: 'Security' }).click();
    await shot('dark-properties', 'The dark variant: Properties');
    await page.emulateMedia({ colorScheme: 'light', forcedColors: 'active' });
    await page.reload();
    await page.getByRole('dialog', { name: 'View available networks' }).waitFor();
    await shot('high-contrast', 'High contrast', true);
  } finally {
    service.stdin.end();
    await closed;
  }
}

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
  await shot('available-networks', 'View Available Networks', true);

  // The person is asked once the saved password is gone.
  await panel.locator(`[data-connection="${demo}"]`).click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Properties' }).click();
  await page.getByRole('tab', { name: 'General' }).waitFor();
  await shot('properties-general', 'Properties, General');
  await page.getByRole('button', { name: 'Forget saved password' }).click();
  await tab('Options');
  await shot('properties-options', 'Properties, Options');
  await tab('Certificate');
  await shot('properties-certificate', 'Properties, Certificate');
  await tab('Networking');
  await shot('properties-networking', 'Properties, Networking');
  await tab('Security');
  await shot('properties-security', 'Properties, Security');
  const eap = page.getByRole('combobox', { name: 'Use Extensible Authentication Protocol (EAP)' });
  for (const [method, name, title] of [
    ['peap-mschapv2', 'properties-peap', 'Protected EAP Properties'],
    ['eap-ttls', 'properties-ttls', 'EAP-TTLS Properties'],
    ['eap-tls', 'properties-smart-card', 'Smart Card or other Certificate Properties'],
  ]) {
    await eap.selectOption(method);
    await page
      .getByRole('dialog', { name: `${demo} Properties` })
      .getByRole('button', { name: 'Properties' })
      .click();
    await page.getByRole('dialog', { name: title }).waitFor();
    await shot(name, title);
    await page.keyboard.press('Escape');
  }
  await eap.selectOption('eap-mschapv2');
  await page.getByRole('button', { name: 'Advanced settings' }).click();
  await shot('properties-advanced', 'Advanced Properties');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await openPanel();
  await panel.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByLabel('Password:').fill('demo');
  await shot('connect', 'Connect');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /Connected through Ethernet/ }).waitFor();

  await openPanel();
  await panel.getByRole('button', { name: 'Status' }).click();
  const status = `${demo} Status`;
  await place(status, 150, 60);
  await seconds(4);
  await shot('status-general', 'Status, General');
  await tab('Details');
  await shot('status-details', 'Status, Details');

  // A roam: long enough on Ethernet for a line, then the cable is pulled.
  await tab('Mobility');
  await seconds(8);
  await openPanel();
  await panel.getByRole('button', { name: 'Unplug Ethernet' }).click();
  await seconds(7);
  await shot('roam', 'A switch, in Status, Mobility', true);
  await tab('Details');
  await shot('status-details-after-roam', 'Status, Details after a switch');
  await tab('Mobility');
  await openPanel();
  await panel.getByRole('button', { name: 'Unplug Wi-Fi' }).click();
  await seconds(3);
  await shot('dormant', 'Dormant');
  await page.getByLabel('Round-trip time of the last:').selectOption('minutes');
  await seconds(1);
  await shot('mobility-minutes', 'Status, Mobility: ten minutes');
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
  await shot('log', 'IKEv2 log');
  await page.keyboard.press('Escape');

  await openPanel();
  await panel.getByRole('button', { name: 'Open Network Connections' }).click();
  await page.getByRole('button', { name: 'New connection...' }).click();
  await shot('new-connection', 'Connect to a Workplace');
  await page.keyboard.press('Escape');
  const profile = {
    version: 1,
    name: 'Contoso',
    server: 'vpn.contoso.invalid',
    authentication: { method: 'eap-mschapv2', username: 'alice' },
    mobility: { outageSeconds: 3600 },
    colour: 'blue',
  };
  await page.setInputFiles('input[type=file]', {
    name: 'contoso.agilevpn.json',
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify(profile)),
  });
  await page.getByRole('dialog', { name: /^Import/ }).waitFor();
  await shot('import', 'Import');
  await page.keyboard.press('Escape');
  const good = { ...profile };
  delete good.colour;
  await page.setInputFiles('input[type=file]', {
    name: 'contoso.agilevpn.json',
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify(good)),
  });
  await page.getByRole('button', { name: 'Save connection' }).click();
  await page.getByRole('button', { name: /^Contoso/ }).click();
  await shot('connections', 'Network Connections');
  await page.getByRole('toolbar').getByRole('button', { name: 'Export...', exact: true }).click();
  await page.getByLabel('Format:').selectOption('rasphone');
  await page.locator('.import-lines').waitFor();
  await shot('export', 'Export');
  await page.keyboard.press('Escape');
  await page.getByRole('toolbar').getByRole('button', { name: 'Remove', exact: true }).click();
  await shot('remove', 'Remove');
  await page.keyboard.press('Escape');
  await page.setInputFiles('input[type=file]', {
    name: 'large.sswan',
    mimeType: 'application/json',
    buffer: Buffer.alloc(1024 * 1024 + 1, 32),
  });
  await page.getByRole('dialog', { name: 'Agile VPN', exact: true }).waitFor();
  await shot('refused-request', 'A request that is refused');
  await page.keyboard.press('Escape');
  await page.getByRole('toolbar').getByRole('button', { name: 'Connect', exact: true }).click();
  // Its name leads nowhere: that is said at once, whatever is being asked.
  await page.getByRole('dialog', { name: /^Error Connecting/ }).waitFor();
  await shot('error', 'Error');
  await gallery();
  if (only.size === 0) writeFileSync(join(target, 'README.md'), pageOf(shots));
} finally {
  await browser.close();
  product.kill('SIGTERM');
  await ended;
  rmSync(home, { recursive: true, force: true });
}
