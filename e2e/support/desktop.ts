import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { chromium, test as base, type Page } from '@playwright/test';
import { findChromium } from '../../bin/chromium.mjs';
import { buildForTest } from './build';
import { root } from './fake-host';
import { ownFolders } from './product';

export interface DesktopState {
  readonly sandboxed: boolean;
  readonly privileged: readonly unknown[];
  readonly refused: readonly string[];
  readonly prevented: readonly string[];
  readonly notified: readonly { readonly title: string; readonly body: string }[];
  readonly permissionGranted: boolean;
  readonly windows: readonly {
    readonly url: string;
    readonly visible: boolean;
    readonly frame: boolean;
    readonly webPreferences: Readonly<Record<string, unknown>>;
  }[];
  readonly tray: { readonly tooltip: string; readonly picture: string; readonly menu: readonly unknown[] } | null;
}

export interface Desktop {
  /** The page of a window, by the end of its address; another one than `before`, where that is gone. */
  page(hash: string, before?: Page): Promise<Page>;
  state(): Promise<DesktopState>;
  command(command: Readonly<Record<string, unknown>>): Promise<unknown>;
  diagnostics(): string;
  /** Exit from the tray menu; resolves with the exit code. */
  quit(): Promise<number | null>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function startDesktop(directory: string, standIn: string): Promise<Desktop & { stop(): Promise<void> }> {
  const port = await freePort();
  const child = spawn(
    process.execPath,
    ['--import', pathToFileURL(join(root, 'e2e/stand-in/register.mjs')).href, join(root, 'out/main/electron.js')],
    {
      env: {
        ...process.env,
        ...ownFolders(directory),
        ELECTRON_STAND_IN: standIn,
        STAND_IN_CHROMIUM: findChromium() ?? 'chromium',
        STAND_IN_PROFILE: join(directory, 'chromium'),
        STAND_IN_PORT: String(port),
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const answers = new Map<number, (result: unknown) => void>();
  let nextId = 1;
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`The main process ended with ${code}: ${errors}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const message = JSON.parse(line) as { ready?: boolean; id?: number; result?: unknown };
      if (message.ready === true) resolve();
      else if (message.id !== undefined) answers.get(message.id)?.(message.result);
    });
  });
  const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
  const command = (what: Readonly<Record<string, unknown>>): Promise<unknown> =>
    new Promise((resolve) => {
      const id = nextId++;
      answers.set(id, resolve);
      child.stdin.write(`${JSON.stringify({ id, ...what })}\n`);
    });
  const state = async (): Promise<DesktopState> => (await command({ do: 'state' })) as DesktopState;

  return {
    command,
    state,
    diagnostics: () => errors,
    page: async (hash, before) => {
      for (let attempt = 0; attempt < 100; attempt++) {
        const page = browser
          .contexts()
          .flatMap((context) => context.pages())
          .find((each) => each !== before && each.url().endsWith(hash));
        if (page !== undefined) return page;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(
        `No window shows ${hash}: ${JSON.stringify((await state()).windows.map((window) => window.url))} ${errors}`,
      );
    },
    quit: async () => {
      await command({ do: 'menu', path: ['Exit'] });
      return ended;
    },
    stop: async () => {
      if (child.exitCode === null) child.kill('SIGTERM');
      await ended;
      await browser.close();
    },
  };
}

/** The built Electron main and preload over the stand-in, with the real engine and demo behind them. */
export const test = base.extend<{ directory: string; desktop: Desktop }, { standIn: string }>({
  standIn: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the names of the first argument
    async ({}, use) => {
      await use(await buildForTest('e2e/stand-in/electron.ts', 'electron'));
    },
    { scope: 'worker' },
  ],
  // eslint-disable-next-line no-empty-pattern -- as above
  directory: async ({}, use) => {
    const directory = mkdtempSync(join(tmpdir(), 'agile-vpn-desktop-'));
    await use(directory);
    rmSync(directory, { recursive: true, force: true });
  },
  desktop: async ({ standIn, directory }, use) => {
    const desktop = await startDesktop(directory, standIn);
    await use(desktop);
    await desktop.stop();
  },
});

export { expect } from '@playwright/test';
