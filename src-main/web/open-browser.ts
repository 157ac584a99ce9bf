import { execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { makePrivate } from '../service/directories';
import { onFile } from '../service/file-problem';

/** Milliseconds until a browser that shows nothing is given up, and until a desktop must have named its browser. */
const patienceMs = 20_000;
const answerMs = 2_000;

export interface BrowserOptions {
  /** The one-time address. */
  readonly url: string;
  /** A folder of this user alone. */
  readonly runtimeDirectory: string;
  /** Nobody will see the page unless the user opens the address. */
  readonly onNotOpened: (reason: string) => void;
  readonly env?: NodeJS.ProcessEnv;
}

export interface OpeningBrowser {
  /** The address was used. Idempotent. */
  opened(): void;
  /** Idempotent. */
  close(): void;
}

/**
 * Shows the one-time address in the user's browser. Every local user can read the arguments of every process, so the
 * browser is told the name of a file that only this user can read; the page in it leads to the address, and is removed
 * when it has. A file and not a pipe or a port, because a browser that runs already is only told names.
 */
export function openBrowser(options: BrowserOptions): OpeningBrowser {
  const { env = process.env, onNotOpened } = options;
  let page: string | null = null;
  let over = false;
  const close = (): void => {
    over = true;
    clearTimeout(late);
    if (page !== null) rmSync(page, { force: true });
    page = null;
  };
  const fail = (reason: string): void => {
    if (over) return;
    close();
    onNotOpened(reason);
  };
  const late = setTimeout(() => fail('The browser did not show the page.'), patienceMs);
  late.unref();
  readableFolder(options.runtimeDirectory, env)
    .then((folder) => {
      if (over) return;
      removeAbandoned(folder);
      page = join(folder, pageName(process.pid));
      writePage(page, options.url);
      const child = spawn('xdg-open', [pathToFileURL(page).href], { stdio: 'ignore', detached: true, env });
      child.on('error', () => fail('No program that opens a browser was found (xdg-open).'));
      child.on('exit', (code) => {
        if (code !== 0) fail('No browser could be opened.');
      });
      child.unref();
    })
    .catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)));
  return { opened: close, close };
}

/**
 * A folder whose files the user's browser may read. A browser in a snap sees neither the runtime folder nor hidden
 * folders of the home, only its own; one in a Flatpak is handed the file by its start line.
 */
async function readableFolder(runtimeDirectory: string, env: NodeJS.ProcessEnv): Promise<string> {
  const snap = /^([a-z0-9-]+)_[\w.-]+\.desktop$/.exec(await desktopFileOfPages(env))?.[1];
  const own = snap === undefined ? null : join(env['HOME'] ?? homedir(), 'snap', snap, 'common');
  if (own !== null && existsSync(own)) return own;
  makePrivate(runtimeDirectory);
  return runtimeDirectory;
}

/** The desktop file of what opens pages; empty where the desktop does not say. */
function desktopFileOfPages(env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve) => {
    execFile('xdg-mime', ['query', 'default', 'text/html'], { env, timeout: answerMs }, (_, stdout) =>
      resolve(stdout.trim()),
    );
  });
}

const pageName = (pid: number): string => `agile-vpn-open-${String(pid)}.html`;

/** Pages of programs that were killed; their addresses lead nowhere any more. */
function removeAbandoned(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = /^agile-vpn-open-([0-9]+)\.html$/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(folder, name), { force: true });
  }
}

/** Of mode 0600 and new, whoever else may write into the folder. */
function writePage(path: string, url: string): void {
  onFile(path, () => {
    rmSync(path, { force: true });
    const descriptor = openSync(path, 'wx', 0o600);
    try {
      writeSync(descriptor, redirectingPage(url));
    } finally {
      closeSync(descriptor);
    }
  });
}

/** `target`: an address of our own, which holds nothing that HTML would read otherwise. */
export function redirectingPage(target: string): string {
  return `<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><meta http-equiv="refresh" content="0;url=${target}"><title>Agile VPN</title><p><a href="${target}">Agile VPN</a></p>\n`;
}
