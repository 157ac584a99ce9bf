import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SettingsReport, TunnelSettings } from '../../../src-core/ports';
import { Namespace } from './testing/namespace';
import { systemState, until } from './testing/system-state';

const settings: TunnelSettings = {
  tunnelName: 'avpn0',
  owner: '00112233445566778899aabbccddeeff',
  mtu: 1400,
  addresses: ['10.77.0.1/32', 'fd77::1/128'],
  routes: ['0.0.0.0/0'],
  excluded: [],
  ipv6: 'block',
  dns: { servers: ['10.99.0.53'], searchDomains: ['corp.test'], splitDomains: [] },
  killSwitch: { endpoints: [{ address: '10.10.0.1', port: 4500 }], allowLan: false },
};

const inForce = ({ concerns }: SettingsReport): Readonly<Record<string, boolean>> =>
  Object.fromEntries(concerns.map((each) => [each.concern, each.inForce]));
const everything = { tunnel: true, addresses: true, routes: true, rules: true, dns: true, firewall: true };
/** An adapter that was made anew has another number. */
const numberless = (state: string): string => state.replaceAll(/^\d+: (?=avpn0)/gm, 'N: ');

describe('a helper that dies alone', () => {
  let net: Namespace;
  let before: string;

  beforeAll(async () => {
    net = await Namespace.create();
    await net.wire('eth0', 'p0', ['10.10.0.2/24', 'fd10::2/64'], ['10.10.0.1/24', 'fd10::1/64']);
    await net.ip('route', 'add', 'default', 'via', '10.10.0.1');
    await net.run('sysctl', '-qw', 'net.ipv4.conf.all.rp_filter=1');
    await until(async () => !(await net.ip('addr')).includes('tentative'), 5000);
  }, 30_000);
  afterAll(() => net.close());
  beforeEach(async () => {
    before = await systemState(net);
  });
  afterEach(async () => {
    await net.kill();
    await until(async () => !(await net.ip('link')).includes('avpn0'), 3000);
    await net.run('nft', 'flush', 'ruleset');
  });

  const open = async (wanted = settings): Promise<void> => {
    await net.do('openTunnel', { name: wanted.tunnelName, mtu: wanted.mtu });
    await net.do('apply', wanted);
  };
  const state = (): Promise<string> => systemState(net);
  /** What was reported up to the first report that satisfies `last`. */
  const reportsUntil = async (last: (report: SettingsReport) => boolean): Promise<readonly SettingsReport[]> => {
    const seen: SettingsReport[] = [];
    await until(async () => {
      seen.push(...(await net.do<SettingsReport[]>('reports')));
      return seen.some(last);
    }, 5000);
    return seen;
  };
  const taken = (report: SettingsReport): boolean => report.concerns.every((each) => each.inForce);
  /** A datagram into the tunnel arrives at the descriptor that the data path has held from the beginning. */
  const passes = async (text: string): Promise<void> => {
    const { socket } = await net.do<{ socket: number }>('open', { adapter: null, address: '10.77.0.1' });
    const seen: string[] = [];
    await until(async () => {
      await net.do('send', { socket, text, address: '198.51.100.1', port: 7 });
      seen.push(...(await net.do<string[]>('packets')).map((packet) => Buffer.from(packet, 'hex').toString()));
      return seen.some((packet) => packet.endsWith(text));
    }, 2000);
  };

  it('by SIGKILL: nothing of what it set goes, it is stated, and another one takes over, watches, and puts everything back', async () => {
    await open();
    const wanted = await state();
    await net.do('reports');
    await net.do('killHelper', { signal: 'SIGKILL', successors: 0 });
    expect(await state()).toBe(wanted);
    const [first, last] = await reportsUntil(taken);
    expect(inForce(first!)).toEqual({ ...everything, tunnel: false });
    expect(first!.concerns[0]!.detail).toContain('the privileged helper ended');
    expect(inForce(last!)).toEqual(everything);
    expect(await net.do('losses')).toEqual([]);
    expect(await state()).toBe(wanted);
    await passes('same adapter, same descriptor');
    await net.run('sh', '-c', 'ip rule del pref 7001; nft flush ruleset');
    await until(async () => (await state()) === wanted, 3000);
    await net.do('withdraw');
    expect(await state()).toBe(before);
  });

  it('by SIGTERM, which takes the adapter along: it is made anew behind the descriptor, with everything declared', async () => {
    await open();
    const wanted = numberless(await state());
    await net.do('reports');
    await net.do('killHelper', { signal: 'SIGTERM', successors: 0 });
    const reports = await reportsUntil(taken);
    expect(inForce(reports[0]!)).toEqual({ ...everything, tunnel: false });
    expect(numberless(await state())).toBe(wanted);
    await passes('another adapter, same descriptor');
    await net.do('withdraw');
    expect(await state()).toBe(before);
  });

  it('and its first successors too', async () => {
    await open();
    const wanted = await state();
    await net.do('reports');
    await net.do('killHelper', { signal: 'SIGKILL', successors: 2 });
    await reportsUntil(taken);
    expect(await state()).toBe(wanted);
    await net.do('withdraw');
    expect(await state()).toBe(before);
  });

  it('again and again: one too many within a minute is the end', async () => {
    await open();
    await net.do('reports');
    for (let count = 0; count < 10; count++) {
      await net.do('killHelper', { signal: 'SIGKILL', successors: 0 });
      await reportsUntil(taken);
    }
    expect(await net.do('losses')).toEqual([]);
    await net.do('killHelper', { signal: 'SIGKILL', successors: 0 });
    const losses: { code: number; detail: string }[] = [];
    await until(async () => losses.push(...(await net.do<typeof losses>('losses'))) > 0, 3000);
    expect(losses).toMatchObject([{ code: 827, detail: 'it keeps ending' }]);
    await net.do('withdraw');
    expect(await state()).toBe(before);
  }, 30_000);

  it('with no successor: it is lost once and for a reason, the kill switch stays, and a later helper puts the rest back', async () => {
    await open();
    const table = await net.run('nft', 'list', 'table', 'inet', 'agile_vpn');
    await net.do('killHelper', { signal: 'SIGKILL', successors: 4 });
    const losses: { code: number; message: string }[] = [];
    await until(async () => losses.push(...(await net.do<typeof losses>('losses'))) > 0, 3000);
    expect(losses).toMatchObject([
      { code: 827, message: 'The privileged helper ended, and none could take its place. Connect again.' },
    ]);
    // As a connection does that failed: once more, in vain.
    await expect(net.do('withdraw', { keepKillSwitch: true })).rejects.toMatchObject({ code: 827 });
    expect(await net.do('losses')).toEqual([]);
    expect(await net.ip('link')).not.toContain('avpn0');
    expect(await net.run('nft', 'list', 'table', 'inet', 'agile_vpn')).toBe(table);
    // The person lifts it, with a helper that can be started again: it removes what was left.
    expect(await net.do('lift', { owner: settings.owner })).toBe(true);
    expect(await state()).toBe(before);
  });

  it('before anything was applied, and while something is: the request is made to the next one', async () => {
    await net.do('openTunnel', { name: 'avpn0', mtu: 1400 });
    await net.do('killHelper', { signal: 'SIGKILL', successors: 0 });
    expect(inForce(await net.do<SettingsReport>('apply', settings))).toEqual(everything);
    const renewed = net.do<SettingsReport>('apply', { ...settings, mtu: 1300 });
    await net.do('killHelper', { signal: 'SIGKILL', successors: 0 });
    expect(inForce(await renewed)).toEqual(everything);
    await until(async () => (await net.ip('link', 'show', 'avpn0')).includes('mtu 1300'), 2000);
    await net.do('withdraw');
    expect(await state()).toBe(before);
  });

  it('and a disconnect that comes before its successor: everything is put back', async () => {
    await open();
    await net.do('killHelper', { signal: 'SIGKILL', successors: 0 });
    await net.do('withdraw');
    expect(await state()).toBe(before);
    expect(await net.do('losses')).toEqual([]);
  });
});

describe('what a helper takes over', () => {
  it.each(['none', 'a file', 'an adapter of another name', 'of another network namespace'] as const)(
    'is a TUN descriptor of that adapter, here: %s',
    async (kind) => {
      const net = await Namespace.create();
      try {
        await net.do('openTunnel', { name: 'avpn0', mtu: 1400 });
        const links = await net.ip('link');
        expect(await net.do('adoptForeign', { kind })).toMatchObject({ code: 827, field: 'descriptors' });
        expect(await net.ip('link')).toBe(links);
        await net.do('withdraw');
      } finally {
        await net.close();
      }
    },
    20_000,
  );
});
