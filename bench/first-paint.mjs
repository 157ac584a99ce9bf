// First paint of View Available Networks: from the moment the page's process begins to load it to the first frame with the panel's text.
// Usage: node bench/first-paint.mjs [RUNS]     needs the built app (npm run build) and a Chromium
/* global document, window, requestAnimationFrame */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';
import { findChromium } from '../bin/chromium.mjs';

const runs = Number(process.argv[2] ?? 7);
const root = join(import.meta.dirname, '..');
const home = mkdtempSync(join(tmpdir(), 'agile-vpn-first-paint-'));
const folders = { HOME: home, XDG_CONFIG_HOME: join(home, 'config'), XDG_DATA_HOME: join(home, 'data'), XDG_STATE_HOME: join(home, 'state'), XDG_RUNTIME_DIR: join(home, 'run') };
const product = spawn(join(root, 'bin/agile-vpn'), ['ui', '--no-open', '--demo', '--port', '0'], { env: { ...process.env, ...folders }, stdio: ['ignore', 'pipe', 'inherit'] });
const ended = new Promise((resolve) => product.once('exit', resolve));
const url = await new Promise((resolve) => createInterface({ input: product.stdout }).once('line', resolve));
const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
try {
  const context = await browser.newContext();
  // The one-time token becomes a cookie with the first page; the pages that are measured load as a window of the app does.
  const first = await context.newPage();
  await first.goto(url);
  await first.locator('.panel').waitFor();
  await first.close();
  const address = new URL(url).origin;
  const times = [];
  for (let run = 0; run < runs; run++) {
    const page = await context.newPage();
    await page.addInitScript(() => {
      const look = () => {
        const panel = document.querySelector('.panel-row-name');
        if (panel === null) requestAnimationFrame(look);
        // The frame after the one that has it in the page has painted it.
        else requestAnimationFrame(() => (window.panelPainted = performance.now()));
      };
      requestAnimationFrame(look);
    });
    await page.goto(address);
    await page.waitForFunction(() => window.panelPainted !== undefined);
    times.push(await page.evaluate(() => ({ panel: window.panelPainted, paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null })));
    await page.close();
  }
  const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
  console.log(`panel painted, ms after navigation began: median ${median(times.map(({ panel }) => panel)).toFixed(0)}, all ${times.map(({ panel }) => panel.toFixed(0)).join(' ')} (goal: under 300)`);
  console.log(`first contentful paint, ms: median ${median(times.map(({ paint }) => paint ?? 0)).toFixed(0)}`);
} finally {
  await browser.close();
  product.kill('SIGTERM');
  await ended;
  rmSync(home, { recursive: true, force: true });
}
