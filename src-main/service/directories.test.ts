import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makePrivate } from './directories';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'agile-vpn-directories-'));
});
afterEach(() => rmSync(base, { recursive: true }));

describe('folders that only this user can look into', () => {
  it('makes one of mode 0700', () => {
    makePrivate(join(base, 'a', 'b'));
    expect(statSync(join(base, 'a', 'b')).mode & 0o777).toBe(0o700);
  });

  it('closes one that others could look into', () => {
    mkdirSync(join(base, 'open'));
    chmodSync(join(base, 'open'), 0o777);
    makePrivate(join(base, 'open'));
    expect(statSync(join(base, 'open')).mode & 0o777).toBe(0o700);
  });

  it('refuses a link', () => {
    symlinkSync(base, join(base, 'link'));
    expect(() => makePrivate(join(base, 'link'))).toThrow(/is not a folder of this user/);
  });
});
