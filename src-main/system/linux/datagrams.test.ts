import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatagramSocket } from '../../../src-core/ports';
import { NodeDatagrams } from './datagrams-dgram';
import { Namespace } from './testing/namespace';

interface Opened {
  readonly socket: number;
  readonly address: string;
  readonly port: number;
}

/** Waits until `look` gives something other than null; at most two seconds. */
async function until<T>(look: () => Promise<T | null>): Promise<T> {
  for (let tries = 0; tries < 200; tries++) {
    const found = await look();
    if (found !== null) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('it did not happen');
}

describe('UDP sockets of one path', () => {
  let net: Namespace;

  beforeAll(async () => {
    net = await Namespace.create();
    await net.wire('eth0', 'p0', ['10.10.0.2/24', 'fd10::2/64'], ['10.10.0.1/24', 'fd10::1/64']);
    await net.wire('eth1', 'p1', ['10.20.0.2/24'], ['10.20.0.1/24']);
    await net.ip('route', 'add', 'default', 'via', '10.10.0.1', 'dev', 'eth0');
    // No test shall wait for the ICMP errors that another one used up.
    await net.peerRun('sysctl', '-qw', 'net.ipv4.icmp_ratelimit=0', 'net.ipv6.icmp.ratelimit=0');
  }, 30_000);
  afterAll(() => net.close());

  /** UDP datagrams to port 9 that have left by an adapter. */
  const counters = async (name: string): Promise<number> => {
    const rules = await net.run('nft', 'list', 'chain', 'inet', 'count', 'out');
    return Number(new RegExp(`oifname "${name}" udp dport 9 counter packets (\\d+)`).exec(rules)?.[1]);
  };

  it('send on the adapter they are bound to and on no other, against the routing table', async () => {
    await net.run(
      'nft',
      'add table inet count; add chain inet count out { type filter hook output priority 0; }; add rule inet count out oifname "eth0" udp dport 9 counter; add rule inet count out oifname "eth1" udp dport 9 counter',
    );
    await net.ip('neigh', 'replace', '10.20.0.1', 'lladdr', '02:00:00:00:00:01', 'dev', 'eth1');
    const { socket } = await net.do<Opened>('open', { adapter: 'eth1', address: '10.20.0.2' });
    expect([await counters('eth0'), await counters('eth1')]).toEqual([0, 0]);
    // 198.51.100.1 is routed by eth0 only; bound to eth1 the kernel takes it as on link there and asks by ARP.
    for (let i = 0; i < 10; i++) await net.do('send', { socket, text: 'x', address: '10.20.0.1', port: 9 });
    await net.do('send', { socket, text: 'x', address: '198.51.100.1', port: 9 });
    expect([await counters('eth0'), await counters('eth1')]).toEqual([0, 11]);
    await net.run('nft', 'delete', 'table', 'inet', 'count');
    await net.do('close', { socket });
  });

  it('exchange datagrams of any length, addresses and ports included, IPv4 and IPv6', async () => {
    for (const address of ['127.0.0.1', '::1']) {
      const a = await net.do<Opened>('open', { adapter: null, address });
      const b = await net.do<Opened>('open', { adapter: null, address });
      expect(a.address).toBe(address);
      expect(a.port).toBeGreaterThan(0);
      const long = 'z'.repeat(20_000);
      for (const text of ['hello', long])
        expect(await net.do('send', { socket: a.socket, text, address, port: b.port })).toBe('sent');
      const received = await until(async () => {
        const all = await net.do<readonly { text: string; from: string; port: number }[]>('received', {
          socket: b.socket,
        });
        return all.length < 2 ? null : all;
      });
      expect(received).toEqual([
        { text: 'hello', from: address, port: a.port },
        { text: long, from: address, port: a.port },
      ]);
      await net.do('close', { socket: a.socket });
      await net.do('close', { socket: b.socket });
    }
  });

  it('name the error of a send, and never throw', async () => {
    const { socket } = await net.do<Opened>('open', { adapter: 'eth0', address: '10.10.0.2' });
    expect(await net.do('sendWhole', { socket, size: 1600, address: '10.10.0.1', port: 9 })).toBe('EMSGSIZE');
    expect(await net.do('send', { socket, text: 'x', address: 'nonsense', port: 9 })).toBe('EINVAL');
    expect(await net.do('send', { socket, text: 'x', address: '2001:db8::1', port: 9 })).toBe('EAFNOSUPPORT');
    await net.ip('link', 'set', 'eth0', 'down');
    expect(await net.do('send', { socket, text: 'x', address: '10.10.0.1', port: 9 })).toBe('ENETUNREACH');
    await net.ip('link', 'set', 'eth0', 'up');
    await net.ip('route', 'replace', 'default', 'via', '10.10.0.1', 'dev', 'eth0');
    await net.ip('addr', 'replace', 'fd10::2/64', 'dev', 'eth0', 'nodad');
    await net.do('close', { socket });
    expect(await net.do('send', { socket, text: 'x', address: '10.10.0.1', port: 9 })).toBe('EBADF');
  });

  const created = async (counter: 'IpFragCreates' | 'Ip6FragCreates'): Promise<number> =>
    Number(new RegExp(`${counter}\\s+(\\d+)`).exec(await net.run('nstat', '-asz', counter))?.[1]);

  it('IPv4: send ESP and IKE of any length without DF, and what shall stay whole with DF or not at all', async () => {
    await net.run(
      'nft',
      'add table inet df; add chain inet df out { type filter hook output priority 0; }; add rule inet df out udp dport 4500 ip frag-off & 0x4000 != 0 counter',
    );
    const withDf = async (): Promise<number> =>
      Number(/packets (\d+)/.exec(await net.run('nft', 'list', 'chain', 'inet', 'df', 'out'))?.[1]);
    const { socket } = await net.do<Opened>('open', { adapter: 'eth0', address: '10.10.0.2' });
    const to = { socket, address: '10.10.0.1', port: 4500 };
    const before = await created('IpFragCreates');
    for (const what of ['send', 'sendIke']) {
      expect(await net.do(what, { ...to, size: 1400 })).toBe('sent');
      expect(await net.do(what, { ...to, size: 4000 })).toBe('sent');
    }
    expect([await created('IpFragCreates'), await withDf()]).toEqual([before + 6, 0]);
    expect(await net.do('sendWhole', { ...to, size: 1472 })).toBe('sent');
    expect(await net.do('sendWhole', { ...to, size: 1473 })).toBe('EMSGSIZE');
    expect([await created('IpFragCreates'), await withDf()]).toEqual([before + 6, 1]);
    expect(await net.do('send', { ...to, size: 4000 })).toBe('sent');
    expect([await created('IpFragCreates'), await withDf()]).toEqual([before + 9, 1]);
    await net.run('nft', 'delete', 'table', 'inet', 'df');
    await net.do('close', { socket });
  });

  it('report ICMP errors of the path as hints, with the MTU where there is one, and divide IPv6 by what they said where that is allowed', async () => {
    await net.peerRun('ip', 'link', 'add', 'd0', 'mtu', '1290', 'type', 'veth', 'peer', 'name', 'd1');
    await net.peerRun('ip', 'link', 'set', 'd1', 'up');
    await net.peerRun('ip', 'link', 'set', 'd0', 'up');
    await net.peerRun('ip', 'addr', 'add', '198.51.100.1/24', 'dev', 'd0');
    await net.peerRun('ip', 'addr', 'add', 'fd98::1/64', 'dev', 'd0', 'nodad');
    await net.peerRun('sysctl', '-qw', 'net.ipv4.ip_forward=1');
    await net.peerRun('sysctl', '-qw', 'net.ipv6.conf.all.forwarding=1');
    const { socket } = await net.do<Opened>('open', { adapter: 'eth0', address: '10.10.0.2' });
    // Nobody listens at the router's own port; the network behind it takes 1290 octets.
    await net.do('send', { socket, text: 'x', address: '10.10.0.1', port: 9 });
    await net.do('sendWhole', { socket, size: 1400, address: '198.51.100.9', port: 9 });
    const errors = await until(async () => {
      const all = await net.do<readonly { code: string; mtu: number | null }[]>('errors', { socket });
      return all.length < 2 ? null : all;
    });
    expect(errors).toContainEqual({ code: 'ECONNREFUSED', mtu: null });
    expect(errors).toContainEqual({ code: 'EMSGSIZE', mtu: 1290 });
    const six = await net.do<Opened>('open', { adapter: 'eth0', address: 'fd10::2' });
    const far = { socket: six.socket, address: 'fd98::9', port: 9 };
    await net.ip('route', 'add', 'fd98::/64', 'via', 'fd10::1', 'dev', 'eth0');
    const fragments = await created('Ip6FragCreates');
    expect(await net.do('send', { ...far, size: 1500 })).toBe('EMSGSIZE');
    expect(await net.do('send', { ...far, size: 1400 })).toBe('sent');
    await until(async () => {
      const all = await net.do<readonly { code: string; mtu: number | null }[]>('errors', { socket: six.socket });
      return all.some(({ code, mtu }) => code === 'EMSGSIZE' && mtu === 1290) ? true : null;
    });
    // H-74: the hint stops nothing, and what the kernel learned of it is no property of the route.
    expect(await net.do('send', { ...far, size: 1400 })).toBe('sent');
    expect(await created('Ip6FragCreates')).toBe(fragments);
    expect(await net.run('ip', '-6', 'route', 'get', 'fd98::9')).toContain('mtu 1290');
    expect(await net.do('lookup', { destination: 'fd98::9' })).toMatchObject({ adapter: 'eth0', mtu: null });
    // IKE is divided, and ESP once fragments are allowed; what shall stay whole never is.
    expect(await net.do('sendIke', { ...far, size: 1400 })).toBe('sent');
    expect(await created('Ip6FragCreates')).toBe(fragments + 2);
    await net.do('allowFragments', { socket: six.socket, allow: true });
    expect(await net.do('send', { ...far, size: 1400 })).toBe('sent');
    expect(await created('Ip6FragCreates')).toBe(fragments + 4);
    expect(await net.do('sendWhole', { ...far, size: 1400 })).toBe('sent');
    expect(await net.do('sendWhole', { ...far, size: 1500 })).toBe('EMSGSIZE');
    expect(await created('Ip6FragCreates')).toBe(fragments + 4);
    expect(await net.do('send', { ...far, size: 1400 })).toBe('sent');
    expect(await created('Ip6FragCreates')).toBe(fragments + 6);
    await net.do('close', { socket: six.socket });
    expect(await net.do('sendWhole', { socket, size: 1400, address: '198.51.100.9', port: 9 })).toBe('sent');
    await net.do('close', { socket });
  });

  it('cannot be opened on an adapter that is not there, nor from an address that is not ours', async () => {
    await expect(net.do('open', { adapter: 'eth9', address: '10.10.0.2' })).rejects.toMatchObject({ code: 'ENODEV' });
    await expect(net.do('open', { adapter: 'eth0', address: '192.0.2.77' })).rejects.toMatchObject({
      code: 'EADDRNOTAVAIL',
    });
    const taken = await net.do<Opened>('open', { adapter: 'eth0', address: '10.10.0.2' });
    await expect(net.do('open', { adapter: 'eth0', address: '10.10.0.2', port: taken.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    await net.do('close', { socket: taken.socket });
  });

  it('leave no descriptor behind', async () => {
    const use = async (): Promise<void> => {
      const { socket } = await net.do<Opened>('open', { adapter: 'eth0', address: '10.10.0.2' });
      await net.do('close', { socket });
      await net.do('open', { adapter: 'eth9', address: '10.10.0.2' }).catch(() => undefined);
    };
    await use();
    const before = await net.do<readonly string[]>('descriptors');
    for (let i = 0; i < 50; i++) await use();
    expect(await net.do<readonly string[]>('descriptors')).toEqual(before);
  });
});

describe('UDP by Node alone', () => {
  it('exchanges datagrams on loopback', async () => {
    const datagrams = new NodeDatagrams();
    const a = await datagrams.open({ adapter: null, localAddress: '127.0.0.1' });
    const b = await datagrams.open({ adapter: null, localAddress: '127.0.0.1' });
    const arrived = new Promise<[Uint8Array, unknown]>((resolve) =>
      b.onDatagram((datagram, from) => resolve([datagram, from])),
    );
    expect(a.send(Uint8Array.of(1, 2, 3), b.local)).toBe('sent');
    expect(await arrived).toEqual([Uint8Array.of(1, 2, 3), a.local]);
    for (const socket of [a, b, a] satisfies DatagramSocket[]) socket.close();
    expect(a.send(Uint8Array.of(1), b.local)).toBe('EBADF');
  });

  it('refuses to bind to an adapter rather than ignore it', async () => {
    await expect(new NodeDatagrams().open({ adapter: 'eth0', localAddress: '127.0.0.1' })).rejects.toMatchObject({
      code: 'EOPNOTSUPP',
    });
  });
});
