import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Adapter, RouteAnswer } from '../../../src-core/ports';
import { Namespace } from './testing/namespace';

interface Carrier {
  readonly sinceStart: number;
  readonly delivery: number;
  readonly events: number;
  readonly snapshot: number;
  readonly addresses: readonly string[];
}

const figure = (text: string): void => {
  process.stdout.write(`  ${text}\n`);
};

describe('adapters, addresses and routes from rtnetlink', () => {
  let net: Namespace;

  beforeAll(async () => {
    net = await Namespace.create();
    await net.wire('eth0', 'p0', ['10.10.0.2/24', 'fd10::2/64'], ['10.10.0.1/24', 'fd10::1/64']);
    await net.wire('eth1', 'p1', ['10.20.0.2/24'], ['10.20.0.1/24']);
    await net.ip('route', 'add', 'default', 'via', '10.10.0.1', 'dev', 'eth0', 'metric', '100');
    await net.ip('route', 'add', 'default', 'via', '10.20.0.1', 'dev', 'eth1', 'metric', '200', 'mtu', '1300');
    await net.ip('-6', 'route', 'add', 'default', 'via', 'fd10::1', 'dev', 'eth0');
  }, 30_000);
  afterAll(() => net.close());

  it('says what ip(8) says about links and addresses', async () => {
    const snapshot = await net.do<readonly Adapter[]>('snapshot');
    const links = await net.ipJson<
      readonly {
        ifname: string;
        ifindex: number;
        mtu: number;
        flags: string[];
        addr_info: { local: string; prefixlen: number; family: string }[];
      }[]
    >('addr', 'show');
    expect(snapshot.map((adapter) => adapter.name).sort()).toEqual(links.map((link) => link.ifname).sort());
    for (const link of links) {
      const adapter = snapshot.find((each) => each.name === link.ifname)!;
      expect(adapter).toMatchObject({
        index: link.ifindex,
        mtu: link.mtu,
        up: link.flags.includes('UP'),
        carrier: link.flags.includes('LOWER_UP'),
      });
      expect(adapter.addresses.map((address) => `${address.address}/${address.prefixLength}`).sort()).toEqual(
        link.addr_info.map((address) => `${address.local}/${address.prefixlen}`).sort(),
      );
    }
    expect(snapshot.find((adapter) => adapter.name === 'eth0')).toMatchObject({
      kind: 'ethernet',
      label: 'Ethernet (eth0)',
    });
  });

  it('tells temporary, deprecated and tentative addresses apart', async () => {
    await net.ip('addr', 'add', 'fd10::99/64', 'dev', 'eth0', 'nodad', 'preferred_lft', '0', 'valid_lft', '600');
    const [eth0] = (await net.do<readonly Adapter[]>('snapshot')).filter((adapter) => adapter.name === 'eth0');
    expect(eth0!.addresses.find((address) => address.address === 'fd10::99')).toMatchObject({
      usable: false,
      temporary: false,
      scope: 'global',
    });
    expect(eth0!.addresses.find((address) => address.address === 'fd10::2')).toMatchObject({
      usable: true,
      scope: 'global',
    });
    expect(eth0!.addresses.find((address) => address.address.startsWith('fe80'))).toMatchObject({ scope: 'link' });
    await net.ip('addr', 'del', 'fd10::99/64', 'dev', 'eth0');
  });

  it('knows loopback for what it is and never lists our own tunnels', async () => {
    await net.ip('tuntap', 'add', 'avpn7', 'mode', 'tun');
    await net.ip('tuntap', 'add', 'tun7', 'mode', 'tun');
    const adapters = await net.do<readonly Adapter[]>('snapshot');
    const names = adapters.map((adapter) => adapter.name);
    expect(names).toContain('tun7');
    expect(names).not.toContain('avpn7');
    expect(adapters.filter(({ kind }) => kind === 'loopback').map(({ name }) => name)).toEqual(['lo']);
    await net.ip('tuntap', 'del', 'avpn7', 'mode', 'tun');
    await net.ip('tuntap', 'del', 'tun7', 'mode', 'tun');
  });

  it.each([
    [{ destination: '198.51.100.1' }, { adapter: 'eth0', source: '10.10.0.2', nextHop: '10.10.0.1', mtu: null }],
    [
      { destination: '198.51.100.1', adapter: 'eth1' },
      { adapter: 'eth1', source: '10.20.0.2', nextHop: '10.20.0.1', mtu: 1300 },
    ],
    [
      { destination: '198.51.100.1', adapter: 'eth1', source: '10.20.0.2' },
      { adapter: 'eth1', source: '10.20.0.2', nextHop: '10.20.0.1', mtu: 1300 },
    ],
    [{ destination: '10.20.0.77' }, { adapter: 'eth1', source: '10.20.0.2', nextHop: null, mtu: null }],
    [{ destination: '2001:db8::1' }, { adapter: 'eth0', source: 'fd10::2', nextHop: 'fd10::1', mtu: null }],
    [
      { destination: '2001:db8::1', adapter: 'eth0', source: 'fd10::2' },
      { adapter: 'eth0', source: 'fd10::2', nextHop: 'fd10::1', mtu: null },
    ],
    [{ destination: '127.0.0.1' }, { adapter: 'lo', source: '127.0.0.1', nextHop: null, mtu: null }],
  ])('looks up %j as the kernel does', async (question, answer) => {
    const found = await net.do<RouteAnswer>('lookup', question);
    expect(found).toEqual(answer);
    const [route] = await net.ipJson<readonly { dev: string; prefsrc: string; gateway?: string }[]>(
      'route',
      'get',
      question.destination,
      ...('adapter' in question ? ['oif', question.adapter] : []),
    );
    expect([found.adapter, found.source, found.nextHop]).toEqual([route!.dev, route!.prefsrc, route!.gateway ?? null]);
  });

  it('has no answer where no route matches: IPv4 bound to an adapter without one, IPv6 without one, an adapter that is not there', async () => {
    // The kernel itself would answer "on link" for the first.
    await net.ip('route', 'del', 'default', 'dev', 'eth1');
    expect(await net.do('lookup', { destination: '198.51.100.1', adapter: 'eth1' })).toBeNull();
    expect(await net.do('lookup', { destination: '10.20.0.9', adapter: 'eth1' })).not.toBeNull();
    expect(await net.do('lookup', { destination: '2001:db8::1', adapter: 'eth1' })).toBeNull();
    expect(await net.do('lookup', { destination: '198.51.100.1', adapter: 'eth9' })).toBeNull();
    expect(
      await net.do('lookup', { destination: '198.51.100.1', adapter: 'eth0', source: '10.20.0.2' }),
    ).not.toMatchObject({ adapter: 'eth1' });
    expect(await net.do('lookup', { destination: '198.51.100.1', adapter: 'eth0', source: '203.0.113.7' })).toBeNull();
    await net.ip('route', 'add', 'default', 'via', '10.20.0.1', 'dev', 'eth1', 'metric', '200', 'mtu', '1300');
    await expect(net.do('lookup', { destination: 'example.test' })).rejects.toMatchObject({ code: 'EINVAL' });
  });

  it('reports link down, carrier loss and their return at once, with a snapshot that already shows it', async () => {
    const rows: [string, Carrier][] = [];
    for (let round = 0; round < 5; round++) {
      rows.push([
        'link down',
        await net.do<Carrier>('awaitCarrier', {
          adapter: 'eth0',
          carrier: false,
          up: false,
          program: 'ip',
          args: ['link', 'set', 'eth0', 'down'],
        }),
      ]);
      await net.ip('link', 'set', 'eth0', 'up');
      const lost = await net.do<Carrier>('awaitCarrier', {
        adapter: 'eth1',
        carrier: false,
        up: true,
        ...net.peerCommand('ip', 'link', 'set', 'p1', 'down'),
      });
      // A pulled cable: the adapter stays up and keeps its address.
      expect(lost.addresses).toContain('10.20.0.2');
      rows.push(['carrier loss', lost]);
      rows.push([
        'carrier back',
        await net.do<Carrier>('awaitCarrier', {
          adapter: 'eth1',
          carrier: true,
          up: true,
          ...net.peerCommand('ip', 'link', 'set', 'p1', 'up'),
        }),
      ]);
    }
    for (const what of ['link down', 'carrier loss', 'carrier back']) {
      const each = rows.filter(([name]) => name === what).map(([, row]) => row);
      const median = (values: number[]): string =>
        values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!.toFixed(2);
      figure(
        `${what}: event read to listener ${median(each.map((row) => row.delivery))} ms, snapshot ${median(each.map((row) => row.snapshot))} ms, start of ip(8) to listener ${median(each.map((row) => row.sinceStart))} ms (medians of ${each.length})`,
      );
      // The kernel alone may take a second (linkwatch); waiting for it would break the promise of Dormant within a
      // second.
      for (const row of each) expect(row.sinceStart).toBeLessThan(500);
    }
  }, 60_000);

  it('joins bursts: many changes, few calls', async () => {
    const changes = 300;
    const script = Array.from(
      { length: changes },
      (_, i) => `ip addr add 10.30.${Math.floor(i / 200)}.${(i % 200) + 1}/32 dev eth1`,
    ).join('; ');
    const batch = `cat <<'END' | ip -batch -\n${script.replaceAll('; ', '\n').replaceAll('ip addr', 'addr')}\nEND`;
    const calls = await net.do<number>('countEvents', { program: '/bin/sh', args: ['-c', batch] });
    figure(`${changes} addresses and as many local routes at once: ${calls} calls of the listener`);
    expect(calls).toBeGreaterThan(0);
    expect(calls).toBeLessThan(changes);
    await net.ip('addr', 'flush', 'dev', 'eth1', 'to', '10.30.0.0/16');
  });
});
