import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileSecretStore } from './secret-store';

const alice = { username: 'alice', secret: 'Correct-Horse-9' };
const card = { username: null, secret: '123456' };

describe('the file of saved secrets', () => {
  let folder: string;
  let path: string;
  let problems: string[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'agile-vpn-secrets-'));
    path = join(folder, 'secrets.json');
    problems = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const open = (): FileSecretStore => new FileSecretStore(folder, (problem) => problems.push(problem));
  const whole = (): string => {
    open().set('Work', 'password', alice);
    open().set('__proto__', 'pin', card);
    return readFileSync(path, 'utf8');
  };

  it('brings back what was saved, for this user only; without secrets there is no file', () => {
    whole();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const store = open();
    expect([store.get('Work', 'password'), store.get('__proto__', 'pin')]).toEqual([alice, card]);
    expect(store.storage).toBe('available');
    store.forget('Work');
    store.forget('__proto__', 'pin');
    expect(readdirSync(folder)).toEqual([]);
    expect(problems).toEqual([]);
  });

  it.each<[string, (text: string) => string | Buffer]>([
    ['cut short', (text) => text.slice(0, -10)],
    ['empty', () => ''],
    ['zeros', (text) => Buffer.alloc(text.length)],
    ['no UTF-8', () => Buffer.from('{"W\xe4chter":{}}', 'latin1')],
    ['a list', () => '[]'],
    ['null', () => 'null'],
  ])('that is damaged (%s) is set aside, whole and named; saving begins anew', (_name, damage) => {
    const damaged = Buffer.from(damage(whole()));
    writeFileSync(path, damaged);
    const store = open();
    expect(problems).toEqual([`${path} is damaged: no password in it can be read. It was kept as ${path}.damaged.`]);
    expect(store.get('Work', 'password')).toBeNull();
    store.set('Work', 'password', alice);
    expect(readFileSync(`${path}.damaged`)).toEqual(damaged);
    problems = [];
    expect(open().get('Work', 'password')).toEqual(alice);
    expect(problems).toEqual([]);
  });

  it.each([
    ['a number for a secret', { password: { username: 'bob', secret: 7 } }],
    ['a secret alone', { password: 'bob' }],
    ['no kinds', 7],
    ['a list', []],
    ['a user name that is no text', { password: { username: 7, secret: 'x' } }],
  ])('whose entries are of other types (%s) keeps the others and is set aside as it was', (_name, entry) => {
    const content = JSON.stringify({ ...(JSON.parse(whole()) as object), Bob: entry });
    writeFileSync(path, content);
    expect(open().get('Work', 'password')).toEqual(alice);
    expect(problems).toEqual([expect.stringContaining('not all of its passwords can be read')]);
    expect(readFileSync(`${path}.damaged`, 'utf8')).toBe(content);
    expect(open().get('Work', 'password')).toEqual(alice);
    expect(problems).toHaveLength(1);
  });

  it('writes over nothing that was set aside before', () => {
    for (const content of ['first', 'second']) {
      writeFileSync(path, content);
      open();
    }
    expect(readFileSync(`${path}.damaged`, 'utf8')).toBe('first');
    expect(readFileSync(`${path}.damaged-2`, 'utf8')).toBe('second');
  });

  it.each([
    ['a folder', () => mkdirSync(path)],
    ['a device', () => symlinkSync('/dev/zero', path)],
    ['a link to itself', () => symlinkSync(path, path)],
    ['huge', () => writeFileSync(path, Buffer.alloc(17 * 1024 * 1024))],
  ])('that cannot be read (%s) is named and left alone: secrets last for the session', (_name, make) => {
    make();
    const store = open();
    expect(store.storage).toBe('session-only');
    expect(problems).toEqual([expect.stringMatching(/secrets\.json .* none can be saved\.$/)]);
    expect(() => store.set('Work', 'password', alice)).toThrow(path);
    expect(store.get('Work', 'password')).toEqual(alice);
    expect(readdirSync(folder)).toEqual(['secrets.json']);
  });

  it('whose folder cannot be made is no reason to end', () => {
    writeFileSync(path, '');
    const store = new FileSecretStore(path, (problem) => problems.push(problem));
    expect(store.storage).toBe('session-only');
    expect(problems).toEqual([expect.stringContaining(path)]);
  });

  it('that cannot be written keeps the secret for the session and names the file', () => {
    const store = open();
    rmSync(folder, { recursive: true });
    expect(() => store.set('Work', 'password', alice)).toThrow(path);
    expect(store.get('Work', 'password')).toEqual(alice);
  });
});
