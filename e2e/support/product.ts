import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test as base } from '@playwright/test';
import { root } from './fake-host';

export interface Product {
  readonly url: string;
  readonly process: ChildProcess;
  /** What it wrote to standard error so far. */
  diagnostics(): string;
}

/** The person's folders, in a directory of the test's own. */
export function ownFolders(directory: string): NodeJS.ProcessEnv {
  return {
    HOME: directory,
    XDG_CONFIG_HOME: join(directory, 'config'),
    XDG_DATA_HOME: join(directory, 'data'),
    XDG_STATE_HOME: join(directory, 'state'),
    XDG_RUNTIME_DIR: join(directory, 'run'),
  };
}

/** Starts `agile-vpn ui` as a person would and waits for its first line, the address. */
export async function startProduct(directory: string, args: readonly string[] = []): Promise<Product> {
  const child = spawn(join(root, 'bin/agile-vpn'), ['ui', '--no-open', '--port', '0', ...args], {
    env: { ...process.env, ...ownFolders(directory) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`agile-vpn ui ended with ${code}: ${errors}`)));
  });
  return { url, process: child, diagnostics: () => errors };
}

export async function stopProduct(product: Product): Promise<number | null> {
  const { process: child } = product;
  if (child.exitCode !== null) return child.exitCode;
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  return ended;
}

/** The real product: command line, browser host, engine and embedded gateway in one process of its own. */
export const test = base.extend<{ directory: string; product: Product }>({
  directory: async ({ page: _ }, use) => {
    const directory = mkdtempSync(join(tmpdir(), 'agile-vpn-e2e-'));
    await use(directory);
    rmSync(directory, { recursive: true, force: true });
  },
  product: async ({ directory }, use) => {
    const product = await startProduct(directory, ['--demo']);
    await use(product);
    await stopProduct(product);
  },
});

export { expect } from '@playwright/test';
