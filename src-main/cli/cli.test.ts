import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StatusObject } from '../../src-core/connection/status';
import { createService, type RunningService } from '../service/create-service';
import { demoName } from '../service/demo';
import { SessionSecretStore } from '../service/secret-store';
import { runCommand } from './run';

describe('the command line', () => {
  let home: string;
  let before: NodeJS.ProcessEnv;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'agile-vpn-cli-'));
    before = process.env;
    process.env = {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('XDG_'))),
      HOME: home,
      XDG_RUNTIME_DIR: home,
    };
  });

  afterEach(() => {
    process.env = before;
    rmSync(home, { recursive: true, force: true });
  });

  async function run(
    ...argv: readonly string[]
  ): Promise<{ readonly code: number; readonly out: string; readonly error: string }> {
    let out = '';
    let error = '';
    const code = await runCommand(argv, { out: (text) => (out += text), error: (text) => (error += text) });
    return { code, out, error };
  }

  const file = (name: string, content: unknown): string => {
    const path = join(home, name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  const contoso = {
    version: 1,
    name: 'Contoso',
    server: 'vpn.contoso.test',
    authentication: { method: 'eap-mschapv2', username: 'alice', password: 'Correct-Horse-9' },
  };

  it('says how it is used: 1 for what it does not understand, 0 when asked', async () => {
    expect((await run()).code).toBe(1);
    expect(await run('--help')).toMatchObject({ code: 0, error: '' });
    for (const argv of [
      ['fly'],
      ['connect'],
      ['connect', 'a', 'b'],
      ['list', '--fast'],
      ['export', 'x'],
      ['export', 'x', '--format', 'doc'],
      ['ui', '--port', 'seven'],
      ['__proto__'],
      ['constructor'],
    ]) {
      const { code, out, error } = await run(...argv);
      expect([argv.join(' '), code, out]).toEqual([argv.join(' '), 1, '']);
      expect(error).not.toBe('');
    }
  });

  it('2 for a profile that is not there or not right, with the path of what is wrong', async () => {
    expect(await run('connect', 'Nowhere')).toMatchObject({ code: 2, out: '' });
    const wrong = await run('connect', file('wrong.json', { ...contoso, mobility: { outageSeconds: 7 } }));
    expect(wrong.code).toBe(2);
    expect(wrong.error).toContain('mobility.outageSeconds');
    expect((await run('connect', file('noise.bin', '\u0000\u0001'))).code).toBe(2);
    expect((await run('connect', file('right.json', contoso), '--password-file', join(home, 'missing'))).code).toBe(2);
  });

  it('imports, lists, exports and removes; the password goes to the store and nowhere else', async () => {
    const imported = await run('import', file('contoso.agilevpn.json', contoso));
    expect(imported.code).toBe(0);
    expect(imported.out).toMatch(/understood\s+server/);
    expect(await run('list')).toMatchObject({ code: 0, out: 'Contoso\tvpn.contoso.test\teap-mschapv2\n' });
    expect(JSON.parse((await run('list', '--json')).out)).toEqual({
      name: 'Contoso',
      server: 'vpn.contoso.test',
      method: 'eap-mschapv2',
      username: 'alice',
    });

    const profiles = join(home, '.config/agile-vpn/profiles');
    for (const name of readdirSync(profiles)) {
      expect(readFileSync(join(profiles, name), 'utf8')).not.toContain('Correct-Horse-9');
      expect(statSync(join(profiles, name)).mode & 0o777).toBe(0o600);
    }
    const secrets = join(home, '.local/share/agile-vpn/secrets.json');
    expect(readFileSync(secrets, 'utf8')).toContain('Correct-Horse-9');
    expect(statSync(secrets).mode & 0o777).toBe(0o600);

    const exported = await run('export', 'contoso', '--format', 'agilevpn');
    expect(exported.out).not.toContain('Correct-Horse-9');
    expect(JSON.parse(exported.out)).toMatchObject({ name: 'Contoso', server: 'vpn.contoso.test' });

    expect(await run('import', file('again.json', contoso))).toMatchObject({ code: 2 });
    expect(
      await run('import', '--replace', file('again.json', { ...contoso, server: 'new.contoso.test' })),
    ).toMatchObject({ code: 0 });
    expect((await run('list')).out).toContain('new.contoso.test');

    expect(JSON.parse((await run('status', 'Contoso', '--json')).out)).toMatchObject({
      connection: 'Contoso',
      state: 'Disconnected',
    } satisfies Partial<StatusObject>);
    expect(await run('remove', 'Contoso')).toMatchObject({ code: 0 });
    expect(existsSync(secrets)).toBe(false);
    expect((await run('list')).out).toBe('No connection is saved.\n');
    expect((await run('remove', 'Contoso')).code).toBe(2);
    expect(imported.out + imported.error).not.toContain('Correct-Horse-9');
  });

  describe('with something odd in the folder of profiles', () => {
    const odd: readonly (readonly [string, (path: string) => unknown, RegExp])[] = [
      ['a folder', (path) => mkdirSync(path), /is a folder/],
      ['a pipe', (path) => spawnSync('mkfifo', [path]), /a pipe, a socket or a device/],
      ['a device', (path) => symlinkSync('/dev/zero', path), /a pipe, a socket or a device/],
      ['a link to nothing', (path) => symlinkSync('/nonexistent', path), /leads nowhere/],
      ['a link to itself', (path) => symlinkSync(path, path), /in a circle/],
      ['a huge file', (path) => truncateSync((writeFileSync(path, ''), path), 64 * 1024 ** 3), /larger than 1 MiB/],
      ['text of another encoding', (path) => writeFileSync(path, Buffer.from('{"ä":1}', 'latin1')), /not UTF-8/],
      ['a file cut short', (path) => writeFileSync(path, '{"version":1'), /not JSON, or was cut short/],
      ['nothing of ours', (path) => writeFileSync(path, '[]'), /is not a connection: must be an object\.$/m],
    ];

    it.each(odd)('%s is named and skipped, by every command, and stays', async (_name, make, problem) => {
      expect((await run('import', file('contoso.agilevpn.json', contoso))).code).toBe(0);
      const path = join(home, '.config/agile-vpn/profiles/x.agilevpn.json');
      make(path);
      const before = lstatSync(path);
      const listed = await run('list');
      expect(listed).toMatchObject({ code: 0, out: 'Contoso\tvpn.contoso.test\teap-mschapv2\n' });
      expect(listed.error).toMatch(problem);
      expect(listed.error).toMatch(/^\S*x\.agilevpn\.json [^\n]*\n$/);
      expect(await run('connect', 'Nowhere')).toMatchObject({ code: 2, out: '' });
      expect(JSON.parse((await run('status', 'Contoso', '--json')).out)).toMatchObject({ state: 'Disconnected' });
      // A connection of that very name goes elsewhere.
      expect((await run('import', file('x.json', { ...contoso, name: 'x' }))).code).toBe(0);
      expect([lstatSync(path).ino, lstatSync(path).mtimeMs]).toEqual([before.ino, before.mtimeMs]);
      const problems: string[] = [];
      const host = await createService({
        host: 'browser',
        createSecretStore: () => new SessionSecretStore(),
        demo: 'off',
        onProblem: (text) => problems.push(text),
      });
      expect(host.service.getSnapshot().profiles.map(({ name }) => name)).toEqual(['Contoso', 'x']);
      expect(problems).toEqual([expect.stringMatching(problem)]);
      // Whoever uses the app does not see standard error.
      expect(host.service.log.read(null).map(({ text }) => text)).toEqual(problems);
      await host.close();
    });

    it('the folder itself may be odd: it is named, nothing can be saved, and nothing else fails', async () => {
      mkdirSync(join(home, '.config/agile-vpn'), { recursive: true });
      writeFileSync(join(home, '.config/agile-vpn/profiles'), '');
      const listed = await run('list');
      expect(listed).toMatchObject({ code: 0, out: 'No connection is saved.\n' });
      expect(listed.error).toMatch(/profiles cannot be used: a part of its path is not a folder\.\n$/);
      const imported = await run('import', file('contoso.agilevpn.json', contoso));
      expect(imported.code).toBe(5);
      expect(imported.error).not.toMatch(/unexpected| {4}at /);
      expect(await run('connect', 'Nowhere')).toMatchObject({ code: 2, out: '' });
    });
  });

  it('saves nothing of a file that is wrong', async () => {
    const { code, out } = await run('import', '--json', file('wrong.json', { ...contoso, server: '' }));
    expect(code).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ type: 'import', saved: false });
    expect((await run('list')).out).toBe('No connection is saved.\n');
  });

  describe('with a host that runs', () => {
    let host: RunningService;

    beforeEach(async () => {
      host = await createService({ host: 'browser', createSecretStore: () => new SessionSecretStore(), demo: 'on' });
      await host.service.connectNow(demoName);
    });

    afterEach(() => host.close());

    it('status, log and disconnect reach it; only this user can', async () => {
      const sockets = readdirSync(join(home, 'agile-vpn'));
      expect(sockets).toHaveLength(1);
      expect(statSync(join(home, 'agile-vpn', sockets[0]!)).mode & 0o777).toBe(0o600);
      expect(statSync(join(home, 'agile-vpn')).mode & 0o777).toBe(0o700);

      const status = await run('status', '--json');
      expect(JSON.parse(status.out)).toMatchObject({ connection: demoName, state: 'Connected', adapter: 'demo-eth' });
      expect((await run('status')).out).toMatch(/Origin address\s+127\.0\.0\.2/);

      const log = await run('log', demoName);
      expect(log.out).toContain('IKE_SA_INIT');
      expect(log.out).toContain('Received IKE_AUTH response 1');
      expect((await run('disconnect', 'Nobody')).code).toBe(2);

      expect(await run('disconnect')).toMatchObject({ code: 0, out: `${demoName}: Disconnected\n` });
      expect(await run('status')).toMatchObject({ code: 0, out: 'Nothing is connected.\n' });
    });

    it('a host that was killed leaves a socket behind; it is passed over and removed', async () => {
      mkdirSync(join(home, 'agile-vpn'), { recursive: true });
      const { createServer } = await import('node:net');
      const dead = join(home, 'agile-vpn', 'host-999999.sock');
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(dead, resolve));
      // Closed without unlink: what SIGKILL leaves.
      const { renameSync } = await import('node:fs');
      renameSync(dead, `${dead}.kept`);
      await new Promise<void>((resolve) => server.close(() => resolve()));
      renameSync(`${dead}.kept`, dead);
      expect(JSON.parse((await run('status', '--json')).out)).toMatchObject({ state: 'Connected' });
      expect(readdirSync(join(home, 'agile-vpn'))).not.toContain('host-999999.sock');
    });
  });
});
