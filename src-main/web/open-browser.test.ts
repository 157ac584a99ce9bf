import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openBrowser, type OpeningBrowser } from './open-browser';

const url = 'http://127.0.0.1:4321/?token=a-secret-of-this-very-run';

describe('the page that a browser is opened with', () => {
  let folder: string;
  let home: string;
  let runtime: string;
  let reasons: string[];
  let opening: OpeningBrowser | null;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'agile-vpn-browser-'));
    [home, runtime] = [join(folder, 'home'), join(folder, 'run', 'agile-vpn')];
    mkdirSync(join(folder, 'bin'));
    reasons = [];
    opening = null;
    program('xdg-open', `printf '%s' "$*" > ${folder}/argument.new; mv ${folder}/argument.new ${folder}/argument`);
    browserIs('firefox.desktop');
  });
  afterEach(() => {
    opening?.close();
    rmSync(folder, { recursive: true });
  });

  const program = (name: string, text: string): void => {
    writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, 'bin', name), 0o755);
  };
  const browserIs = (desktopFile: string): void => program('xdg-mime', `echo ${desktopFile}`);
  const open = (path = `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`): void => {
    opening = openBrowser({
      url,
      runtimeDirectory: runtime,
      onNotOpened: (reason) => reasons.push(reason),
      env: { HOME: home, PATH: path },
    });
  };
  const opened = async (): Promise<string> => {
    const argument = await vi.waitFor(() => readFileSync(join(folder, 'argument'), 'utf8'), 10_000);
    expect(argument).not.toContain('token');
    return fileURLToPath(argument);
  };

  it('is a file of this user alone that leads to the address, and is gone once that was used', async () => {
    open();
    const page = await opened();
    expect(page).toBe(join(runtime, `agile-vpn-open-${String(process.pid)}.html`));
    expect([statSync(page).mode & 0o777, statSync(runtime).mode & 0o777]).toEqual([0o600, 0o700]);
    expect(readFileSync(page, 'utf8')).toContain(`content="0;url=${url}"`);
    opening?.opened();
    expect(existsSync(page)).toBe(false);
    expect(reasons).toEqual([]);
  });

  it('goes where a browser in a snap can read it', async () => {
    browserIs('firefox_firefox.desktop');
    mkdirSync(join(home, 'snap/firefox/common'), { recursive: true });
    open();
    const page = await opened();
    expect(page).toBe(join(home, `snap/firefox/common/agile-vpn-open-${String(process.pid)}.html`));
    expect(statSync(page).mode & 0o777).toBe(0o600);
    opening?.close();
    expect(existsSync(page)).toBe(false);
  });

  it.each([
    ['a browser in a Flatpak, which is handed the file', 'org.mozilla.firefox.desktop'],
    ['a snap that was never started', 'chromium_chromium.desktop'],
    ['a desktop that names none', ''],
  ])('stays in the folder of the run for %s', async (_name, desktopFile) => {
    browserIs(desktopFile);
    open();
    expect((await opened()).startsWith(runtime)).toBe(true);
  });

  it('of a program that was killed is removed', async () => {
    mkdirSync(runtime, { recursive: true, mode: 0o700 });
    writeFileSync(join(runtime, 'agile-vpn-open-4194305.html'), 'old');
    open();
    await opened();
    expect(readdirSync(runtime)).toEqual([`agile-vpn-open-${String(process.pid)}.html`]);
  });

  it.each([
    ['no xdg-open', () => rmSync(join(folder, 'bin/xdg-open')), /No program that opens a browser/],
    ['no browser', () => program('xdg-open', 'exit 3'), /No browser could be opened/],
    ['no folder for it', () => writeFileSync(join(folder, 'run'), ''), /run.agile-vpn cannot be used/],
  ])('%s: it is said, and nothing is left', async (_name, spoil, reason) => {
    spoil();
    open(join(folder, 'bin'));
    await vi.waitFor(() => expect(reasons).toEqual([expect.stringMatching(reason)]), 10_000);
    if (existsSync(runtime)) expect(readdirSync(runtime)).toEqual([]);
  });
});
