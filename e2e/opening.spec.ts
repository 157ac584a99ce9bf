import { expect, test } from '@playwright/test';
import { spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './support/fake-host';

/** What every local user may read of every process, and what only this user may, as far as it is there. */
function seenOfProcesses(into: Set<string>): void {
  for (const pid of readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)))
    for (const file of ['cmdline', 'environ'])
      try {
        into.add(readFileSync(join('/proc', pid, file), 'latin1'));
      } catch {
        // It ended meanwhile, or is a process of another user.
      }
}

test('the one-time address is in no argument and no environment; the browser gets in all the same', async ({
  page,
}) => {
  const folder = mkdtempSync(join(tmpdir(), 'agile-vpn-opening-'));
  const seen = new Set<string>();
  let product: ChildProcess | null = null;
  try {
    for (const name of ['bin', 'home', 'run']) mkdirSync(join(folder, name), { mode: 0o700 });
    // As xdg-open does: a browser that runs already is told by a process of its own, which lives for a moment.
    writeFileSync(
      join(folder, 'bin/xdg-open'),
      `#!/bin/sh\nsh -c 'sleep 1' a-browser "$@" & printf '%s' "$1" > ${folder}/told.new; mv ${folder}/told.new ${folder}/told; wait\n`,
    );
    chmodSync(join(folder, 'bin/xdg-open'), 0o755);
    product = spawn(join(root, 'bin/agile-vpn'), ['ui', '--demo'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH: `${folder}/bin:${process.env['PATH'] ?? ''}`,
        HOME: join(folder, 'home'),
        XDG_RUNTIME_DIR: join(folder, 'run'),
      },
    });
    let said = '';
    product.stdout?.on('data', (text: Buffer) => (said += text.toString()));
    const browserSeen = (): boolean => [...seen].some((text) => text.includes('a-browser'));
    await expect
      .poll(() => (seenOfProcesses(seen), existsSync(join(folder, 'told')) && browserSeen()), {
        intervals: [1],
        timeout: 30_000,
      })
      .toBe(true);
    const token = new URL(said.trim()).searchParams.get('token') ?? '';
    expect(token).toHaveLength(43);
    const told = readFileSync(join(folder, 'told'), 'utf8');

    await page.goto(told);
    const panel = page.getByRole('dialog', { name: 'View available networks' });
    await expect(panel.getByRole('button', { name: 'Connect', exact: true })).toBeVisible();
    seenOfProcesses(seen);
    expect([...seen].filter((text) => text.includes(token))).toEqual([]);
    expect(existsSync(fileURLToPath(told))).toBe(false);
  } finally {
    product?.kill();
    await new Promise<void>((resolve) =>
      product === null || product.exitCode !== null ? resolve() : product.once('exit', () => resolve()),
    );
    rmSync(folder, { recursive: true, force: true });
  }
});
