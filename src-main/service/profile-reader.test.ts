import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { build } from 'vite';
import { beforeAll, describe, expect, it } from 'vitest';
import { importProfiles } from '../../src-core/profiles';
import { readBeside } from './small-file';
import { workerReader } from './profile-reader';

const file = (text: string) => ({ name: 'file', content: new Uint8Array(Buffer.from(text)) });
const largest = 1024 * 1024;
const phoneBook = (entries: number) =>
  file('[x]\r\nType=2\r\nVpnStrategy=7\r\nCustomAuthKey=26\r\nDEVICE=vpn\r\nPhoneNumber=a.test\r\n'.repeat(entries));
/** About a second of work. */
const deepXml = file(`<?xml version="1.0"?><plist>com.apple.vpn.managed${'<dict>'.repeat(160_000)}</plist>`);

describe('a thread that reads', () => {
  let source = '';
  beforeAll(async () => {
    const built = await build({
      configFile: false,
      logLevel: 'silent',
      ssr: { noExternal: true },
      build: {
        write: false,
        ssr: join(import.meta.dirname, 'import-worker.ts'),
        rolldownOptions: { output: { format: 'cjs', codeSplitting: false } },
      },
    });
    const [chunk] = 'output' in built ? built.output : [];
    if (chunk?.type !== 'chunk') throw new Error('no bundle');
    source = chunk.code;
  }, 120_000);

  it('gives what reading in this thread gives', async () => {
    const read = workerReader(() => source);
    for (const one of [file('hello'), phoneBook(3), file('{"server":"a.test","version":1}')])
      expect(await read(one)).toEqual(await importProfiles(one));
  });

  it('asks for the files beside the profile, and for those alone', async () => {
    const asked: string[] = [];
    const profile = file(
      JSON.stringify({
        version: 1,
        name: 'x',
        server: 'a.test',
        authentication: { method: 'psk' },
        serverCertificate: { authorities: ['ca.pem', 'gone.pem'] },
      }),
    );
    const resolve = (name: string): Promise<Uint8Array | null> => {
      asked.push(name);
      return name === 'ca.pem' ? Promise.resolve(Uint8Array.of(0x30, 3, 2, 1, 1)) : Promise.reject(new Error('no'));
    };
    const [imported] = await workerReader(() => source)(profile, resolve);
    expect(asked).toEqual(['ca.pem', 'gone.pem']);
    expect(imported?.lines.filter(({ outcome }) => outcome === 'wrong').map(({ text }) => text)).toEqual([
      'The file "gone.pem" was not found beside the profile.',
    ]);
  });

  it.each([
    ['takes too long', { milliseconds: 1, megabytes: 160 }, 'file-too-slow'],
    ['needs too much memory', { milliseconds: 60_000, megabytes: 24 }, 'file-too-complex'],
  ])('is ended when a file %s', async (_what, limits, sentence) => {
    const [imported, ...more] = await workerReader(() => source, limits)(deepXml);
    expect(more).toEqual([]);
    expect(imported).toMatchObject({ profile: null, lines: [{ outcome: 'wrong', message: { key: sentence } }] });
  });

  it('says so when it cannot be started', async () => {
    const [imported] = await workerReader(() => 'throw new Error("broken")')(file('x'));
    expect(imported?.lines[0]?.message?.key).toBe('file-unreadable-at-all');
  });

  it.each([
    ['deep XML', deepXml],
    ['10,000 entries', phoneBook(10_000)],
    ['a JSON list of 1 MiB', file('['.repeat(largest))],
  ])('does not hold the others up: %s', { timeout: 60_000 }, async (_what, one) => {
    const start = performance.now();
    await importProfiles(one);
    const alone = performance.now() - start;
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    await workerReader(() => source)(one);
    delay.disable();
    // 50 ms on a quiet machine.
    expect(delay.max / 1e6).toBeLessThan(Math.max(300, alone / 3));
  });
});

it('a file beside a profile is read, and what a link or a name leads to elsewhere is not', () => {
  const folder = mkdtempSync(join(tmpdir(), 'agile-vpn-beside-'));
  try {
    mkdirSync(join(folder, 'profiles/certs'), { recursive: true });
    writeFileSync(join(folder, 'secret.pem'), 'secret');
    writeFileSync(join(folder, 'profiles/ca.pem'), 'ca');
    writeFileSync(join(folder, 'profiles/certs/a.pem'), 'a');
    symlinkSync('../secret.pem', join(folder, 'profiles/link.pem'));
    symlinkSync('certs/a.pem', join(folder, 'profiles/inside.pem'));
    const read = (name: string): string | null => {
      const content = readBeside(join(folder, 'profiles/x.json'), name);
      return content === null ? null : Buffer.from(content).toString();
    };
    expect(['ca.pem', 'certs/a.pem', 'inside.pem'].map(read)).toEqual(['ca', 'a', 'a']);
    expect(['link.pem', '../secret.pem', 'gone.pem', 'certs'].map(read)).toEqual([null, null, null, null]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
