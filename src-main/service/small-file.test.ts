import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSmallFile, readSmallFileIfAny } from './small-file';

const MiB = 1024 * 1024;

describe('what may lie at the path of a file', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'agile-vpn-read-'));
    path = join(folder, 'file');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const link = (target: string): string => {
    symlinkSync(target, path);
    return path;
  };

  it('a regular file is read, by a link too, up to the limit', () => {
    writeFileSync(path, 'content');
    const other = join(folder, 'link');
    symlinkSync(path, other);
    expect(Buffer.from(readSmallFile(other)).toString()).toBe('content');
    writeFileSync(path, Buffer.alloc(MiB));
    expect(readSmallFile(path)).toHaveLength(MiB);
    writeFileSync(path, Buffer.alloc(MiB + 1));
    expect(() => readSmallFile(path)).toThrow(`${path} is larger than 1 MiB.`);
  });

  it.each([
    ['a folder', () => folder, 'is a folder'],
    ['a device', () => '/dev/zero', 'pipe, a socket or a device'],
    ['a link to a device', () => link('/dev/zero'), 'pipe, a socket or a device'],
    // An ordinary open would wait for a writer for ever.
    ['a pipe', () => (spawnSync('mkfifo', [path]), path), 'pipe, a socket or a device'],
    ['a link that leads nowhere', () => link(join(folder, 'gone')), 'leads nowhere'],
    ['a link to itself', () => link(path), 'in a circle'],
    ['nothing', () => path, 'does not exist'],
    ['something below a file', () => (writeFileSync(path, ''), join(path, 'below')), 'not a folder'],
  ])('%s is named, and nobody waits', (_name, make, problem) => {
    const there = make();
    expect(() => readSmallFile(there)).toThrow(problem);
    expect(() => readSmallFile(there)).toThrow(there);
  });

  it('nothing is no problem where it need not be; a link to nothing is', () => {
    expect(readSmallFileIfAny(path)).toBeNull();
    link(join(folder, 'gone'));
    expect(() => readSmallFileIfAny(path)).toThrow('leads nowhere');
  });
});
