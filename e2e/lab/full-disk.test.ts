import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { figure, useLab } from './fixture';
import { profiles } from './profiles';
import { end, until, type RunResult } from './run';
import { smallDisk, type SmallDisk } from './small-disk';
import { addresses } from './topology';
import { clientEnvironment, profileFile, program, VpnClient } from './vpn-client';

describe('a full disk', () => {
  const lab = useLab();
  const disks: SmallDisk[] = [];

  afterEach(async () => {
    await VpnClient.stopAll();
    for (const disk of disks.splice(0)) await disk.remove();
  });

  async function disk(name: string, size: string): Promise<SmallDisk> {
    const made = await smallDisk(join(lab().directory, name), size);
    disks.push(made);
    return made;
  }

  /** More than a small disk holds, through the tunnel. */
  const traffic = (): Promise<unknown> =>
    lab().on('client', 'ping', ['-c', '150', '-i', '0.002', '-s', '1000', '-W', '2', addresses.server]);

  /** Wireshark's own opinion of a capture: how many packets, and whether it is whole. */
  async function packetsIn(directory: string): Promise<number> {
    const { stdout, stderr } = await lab().on(
      'client',
      'tshark',
      ['-r', join(directory, 'capture.pcapng'), '-T', 'fields', '-e', 'frame.number'],
      { env: { ...process.env, WIRESHARK_CONFIG_DIR: directory }, timeout: 30_000 },
    );
    expect(stderr).not.toMatch(/cut short|corrupt|damaged/i);
    return stdout.trim().split('\n').length;
  }

  it('ends a capture with its reason; the tunnel lives and what was written can be read', async () => {
    const { path } = await disk('small', '128k');
    const client = VpnClient.by(lab(), 'rsa');
    await client.connected();
    const directory = join(path, 'capture');
    const capture = lab().start('client', program, ['capture', 'Lab RSA', '--out', directory, '--json'], {
      env: clientEnvironment(lab()),
    });
    let out = '';
    let error = '';
    capture.stdout?.on('data', (text: Buffer) => (out += text.toString()));
    capture.stderr?.on('data', (text: Buffer) => (error += text.toString()));
    const ended = new Promise<number | null>((resolve) => capture.once('exit', (code) => resolve(code)));
    try {
      await until('the capture to run', 10_000, () => (out.includes('"running":true') ? true : undefined));
      await traffic();
      expect(await ended).toBe(5);
    } finally {
      await end(capture);
    }
    expect(error).toContain(`${join(directory, 'capture.pcapng')} could not be written`);
    expect(error).toContain('no space left');
    const last = JSON.parse(out.trim().split('\n').at(-1) ?? '{}') as { packets: number };
    expect(last).toMatchObject({ running: false, problem: expect.stringContaining('no space left') as string });
    expect(await packetsIn(directory)).toBe(last.packets);
    figure(`${String(last.packets)} whole packets on a disk of 128 KiB`);
    await lab().ping(3);
    expect(client.status?.state).toBe('Connected');
    expect(await client.stop()).toBe(0);
  });

  it('ends the capture of connect likewise, and says so again in the exit code', async () => {
    const { path } = await disk('small', '128k');
    const directory = join(path, 'capture');
    const client = VpnClient.by(lab(), 'rsa', {}, { args: ['--capture', directory], log: true });
    await client.connected();
    await traffic();
    await until('the reason', 5_000, () => (client.stderr.includes('no space left') ? true : undefined));
    expect(await packetsIn(directory)).toBeGreaterThan(10);
    await lab().ping(3);
    expect(client.status?.state).toBe('Connected');
    expect(client.stdout).toMatch(/"level":"warning".*The capture ended/);
    expect(await client.stop()).toBe(5);
  });

  it('refuses a capture that cannot begin before anything is connected', async () => {
    const { path, fill } = await disk('small', '64k');
    fill();
    const client = VpnClient.by(lab(), 'rsa', {}, { args: ['--capture', join(path, 'capture')] });
    expect((await client.exit).code).toBe(2);
    expect(client.stderr).toContain('no space left');
    expect(client.changes).toEqual([]);
    expect(readdirSync(path)).toEqual(['ballast']);
  });

  it('under standard output and standard error ends no tunnel', async () => {
    const profile = profileFile(lab(), profiles.rsa);
    const child = lab().start(
      'client',
      'sh',
      [
        '-c',
        `exec ${program} connect ${profile} --log --capture ${join(lab().directory, 'capture-output')} >/dev/full 2>/dev/full`,
      ],
      { env: clientEnvironment(lab()) },
    );
    const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    try {
      await until('the tunnel', 10_000, async () => ((await lab().gatewaySas()).length > 0 ? true : undefined));
      await until('a ping', 5_000, () =>
        lab()
          .ping(1)
          .then(
            () => true as const,
            () => undefined,
          ),
      );
      child.kill('SIGTERM');
      // What it was asked to say was not said.
      expect(await ended).toBe(5);
      expect(await lab().gatewaySas()).toEqual([]);
    } finally {
      await end(child);
    }
  });

  describe('under the home folder', () => {
    const contoso = {
      version: 1,
      name: 'Contoso',
      server: 'vpn.contoso.test',
      authentication: { method: 'eap-mschapv2', username: 'alice', password: 'Correct-Horse-9' },
    };

    it('refuses what cannot be saved, names the file and leaves what is there whole; removing works', async () => {
      const home = await disk('home-small', '64k');
      const env = { PATH: process.env['PATH'], HOME: home.path, XDG_RUNTIME_DIR: lab().directory };
      const command = (...args: string[]): Promise<RunResult> =>
        lab().on('client', program, args, { env, mayFail: true });
      const file = (name: string, content: unknown): string => {
        const path = lab().pki.path(name);
        writeFileSync(path, JSON.stringify(content));
        return path;
      };
      expect((await command('import', file('contoso.agilevpn.json', contoso))).code).toBe(0);
      const before = await command('export', 'Contoso', '--format', 'agilevpn');
      home.fill();

      const other = file('contoso-new.agilevpn.json', { ...contoso, server: 'new.contoso.test' });
      const replaced = await command('import', '--replace', other);
      expect(replaced.code).toBe(5);
      expect(replaced.stderr).toMatch(/Contoso\.agilevpn\.json could not be written: there is no space left/);
      expect(replaced.stderr).not.toMatch(/unexpected| {4}at /);
      expect((await command('export', 'Contoso', '--format', 'agilevpn')).stdout).toBe(before.stdout);

      const removed = await command('remove', 'Contoso');
      expect([removed.code, removed.stderr]).toEqual([0, '']);
      expect((await command('list')).stdout).toBe('No connection is saved.\n');
      const left = readdirSync(home.path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      expect(left.map(({ name }) => name)).toEqual(['ballast']);
    });
  });

  it('under an export is an error, not a file cut short without a word', async () => {
    const env = clientEnvironment(lab());
    const imported = await lab().on('client', program, ['import', '--replace', profileFile(lab(), profiles.rsa)], {
      env,
    });
    expect(imported.code).toBe(0);
    const { code, stderr } = await lab().on(
      'client',
      'sh',
      ['-c', `exec ${program} export 'Lab RSA' --format agilevpn >/dev/full`],
      { env, mayFail: true },
    );
    expect(code).toBe(5);
    expect(stderr).toContain('no space left');
    await lab().on('client', program, ['remove', 'Lab RSA'], { env });
  });
});
