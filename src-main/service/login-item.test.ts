import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { autostartEntry, createAutostartFile } from './login-item';

describe('start at login', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'agile-vpn-login-'));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  it('is a file in the autostart folder, there and gone', () => {
    const item = createAutostartFile(['/opt/Agile VPN/agile-vpn'], { HOME: home });
    const path = join(home, '.config/autostart/agile-vpn.desktop');
    expect(item.enabled).toBe(false);
    item.set(true);
    expect(item.enabled).toBe(true);
    expect(readFileSync(path, 'utf8')).toContain('Exec="/opt/Agile VPN/agile-vpn" "--background"\n');
    item.set(false);
    item.set(false);
    expect([item.enabled, existsSync(path)]).toEqual([false, false]);
  });

  it('is off when the desktop switched it off', () => {
    const item = createAutostartFile(['/opt/agile-vpn'], { HOME: home, XDG_CONFIG_HOME: join(home, 'config') });
    item.set(true);
    const path = join(home, 'config/autostart/agile-vpn.desktop');
    writeFileSync(path, `${readFileSync(path, 'utf8')}Hidden=true\n`);
    expect(item.enabled).toBe(false);
    item.set(true);
    expect(item.enabled).toBe(true);
  });

  it('is off where something else lies in its place', () => {
    const path = join(home, '.config/autostart/agile-vpn.desktop');
    mkdirSync(path, { recursive: true });
    const item = createAutostartFile(['/opt/agile-vpn'], { HOME: home });
    expect(item.enabled).toBe(false);
    expect(() => item.set(true)).toThrow(path);
  });

  it('quotes what a path may hold and takes no second line', () => {
    expect(autostartEntry(['/a"b`c$d%e\\f'])).toContain('Exec="/a\\\\"b\\\\`c\\\\$d%%e\\\\\\\\f" "--background"');
    expect(() => autostartEntry(['/a\nExec=evil'])).toThrow(RangeError);
  });
});
