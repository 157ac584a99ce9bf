// First paint of View Available Networks: from the moment the page's process begins to load it to the first frame with
// the panel's text.
// Chromium is driven by its own protocol with nothing enabled but the page: a debugger that is attached costs as much
// time as the panel. The same is
// measured for an empty page, in turn: what this machine needs for any page at all.
// Usage: node bench/first-paint.mjs [RUNS]     needs the built app (npm run build) and a Chromium
/* global document, window, requestAnimationFrame */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { findChromium } from '../bin/chromium.mjs';

const runs = Number(process.argv[2] ?? 9);
const root = join(import.meta.dirname, '..');
const home = mkdtempSync(join(tmpdir(), 'agile-vpn-first-paint-'));
const folders = {
  HOME: home,
  XDG_CONFIG_HOME: join(home, 'config'),
  XDG_DATA_HOME: join(home, 'data'),
  XDG_STATE_HOME: join(home, 'state'),
  XDG_RUNTIME_DIR: join(home, 'run'),
};
const firstLine = (stream, pattern) =>
  new Promise((resolve) =>
    createInterface({ input: stream }).on('line', (line) => pattern.test(line) && resolve(line)),
  );

const product = spawn(join(root, 'bin/agile-vpn'), ['ui', '--no-open', '--demo', '--port', '0'], {
  env: { ...process.env, ...folders },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const productEnded = new Promise((resolve) => product.once('exit', resolve));
const empty = createServer(
  (_request, response) =>
    void response.setHeader('Content-Type', 'text/html').end('<!doctype html><p class="panel-row-name">Demo</p>'),
).listen(0, '127.0.0.1');
const browser = spawn(
  findChromium(),
  [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--remote-debugging-port=0',
    `--user-data-dir=${join(home, 'chromium')}`,
    'about:blank',
  ],
  { stdio: ['ignore', 'ignore', 'pipe'] },
);
const browserEnded = new Promise((resolve) => browser.once('exit', resolve));

/** One connection of the protocol; messages of attached pages carry their session. */
async function protocol(url) {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const waiting = new Map();
  let next = 1;
  socket.on('message', (data) => {
    const { id, result, error } = JSON.parse(String(data));
    waiting.get(id)?.(error === undefined ? result : Promise.reject(new Error(error.message)));
  });
  return (method, params = {}, sessionId = undefined) =>
    new Promise((resolve) => {
      waiting.set(next, resolve);
      socket.send(JSON.stringify({ id: next++, method, params, sessionId }));
    });
}

const watch = () => {
  const look = () => {
    // The frame after the one that has it in the page has painted it.
    if (document.querySelector('.panel-row-name') === null) requestAnimationFrame(look);
    else requestAnimationFrame(() => (window.panelPainted = performance.now()));
  };
  requestAnimationFrame(look);
};

/** Opens the page in a tab of its own; milliseconds from its navigation to the painted panel. */
async function painted(send, address) {
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
  await send('Page.addScriptToEvaluateOnNewDocument', { source: `(${watch})()` }, sessionId);
  await send('Page.enable', {}, sessionId);
  await send('Page.navigate', { url: address }, sessionId);
  for (let tries = 0; tries < 20; tries++) {
    await sleep(1_000);
    const { result } = await send(
      'Runtime.evaluate',
      { expression: 'window.panelPainted ?? null', returnByValue: true },
      sessionId,
    );
    if (result.value === null) continue;
    await send('Target.closeTarget', { targetId });
    return result.value;
  }
  throw new Error(`${address}: no panel within 20 seconds`);
}

let send = null;
try {
  const url = await firstLine(product.stdout, /^http/);
  send = await protocol((await firstLine(browser.stderr, /DevTools listening/)).split(' ').at(-1));
  // The one-time token becomes a cookie with the first page; the pages that are measured load as a window of the app
  // does.
  await painted(send, url);
  const times = { panel: [], desktop: [], empty: [] };
  const { origin } = new URL(url);
  for (let run = 0; run < runs; run++) {
    times.empty.push(await painted(send, `http://127.0.0.1:${empty.address().port}/`));
    times.panel.push(await painted(send, `${origin}/#panel`));
    times.desktop.push(await painted(send, origin));
  }
  const line = (values) =>
    `median ${[...values].sort((a, b) => a - b)[Math.floor(values.length / 2)].toFixed(0)}, all ${values.map((value) => value.toFixed(0)).join(' ')}`;
  console.log(
    `the panel as a window of its own, painted, ms after navigation began: ${line(times.panel)} (goal: under 300)`,
  );
  console.log(`the panel on the browser host's desktop: ${line(times.desktop)}`);
  console.log(`an empty page: ${line(times.empty)}`);
} finally {
  // Asked this way its helper processes end with it.
  if (send === null) browser.kill('SIGTERM');
  else await Promise.race([send('Browser.close'), sleep(5_000)]);
  product.kill('SIGTERM');
  empty.close();
  await Promise.all([productEnded, browserEnded]);
  rmSync(home, { recursive: true, force: true, maxRetries: 30, retryDelay: 100 });
}
