import { createServer } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode, encode, type Answer } from 'dns-packet';
import { describe, expect, it } from 'vitest';
import type { DatagramSocket, Datagrams, SocketAddress } from '../../../src-core/ports';
import { queryAddresses } from './dns-query';
import { formerResolvConf, hostsAddresses, nameServers, physicalNameServers } from './resolv-conf';
import { resolveOnLink } from './resolved-varlink';
import { PhysicalResolver, SystemResolver } from './resolver';

const files =
  (table: Readonly<Record<string, string>>) =>
  (path: string): string =>
    table[path] ?? '';

describe('resolv.conf', () => {
  it('names at most three servers, addresses only', () => {
    expect(
      nameServers(
        '# nameserver 1.1.1.1\nnameserver 192.0.2.1\n nameserver\tfe80::1%eth0\nnameserver dns.test\nnameserver 192.0.2.3\nnameserver 192.0.2.4\nsearch nameserver 9.9.9.9',
      ),
    ).toEqual(['192.0.2.1', 'fe80::1', '192.0.2.3']);
  });

  const ours =
    '# agile-vpn: name servers of avpn0; what was here before follows as comments and comes back\nnameserver 10.99.0.53\n#|# before\n#|nameserver 192.0.2.53\n';
  it('is looked through where the helper wrote it: the former servers are the physical ones', () => {
    expect(formerResolvConf('nameserver 192.0.2.1\n')).toBeNull();
    expect(formerResolvConf(ours)).toEqual({ text: '# before\nnameserver 192.0.2.53\n', link: null });
    expect(physicalNameServers(files({ '/etc/resolv.conf': ours }))).toEqual(['192.0.2.53']);
    expect(physicalNameServers(files({ '/etc/resolv.conf': 'nameserver 192.0.2.1\n' }))).toEqual(['192.0.2.1']);
    expect(physicalNameServers(files({}))).toEqual([]);
  });

  it('follows the former link, whose owner keeps it up to date', () => {
    const linked = ours.replace('#|# before', '#-> ../run/nm/resolv.conf\n#|# before');
    expect(
      physicalNameServers(
        files({ '/etc/resolv.conf': linked, '/etc/../run/nm/resolv.conf': 'nameserver 198.51.100.53\n' }),
      ),
    ).toEqual(['198.51.100.53']);
    expect(physicalNameServers(files({ '/etc/resolv.conf': linked }))).toEqual(['192.0.2.53']);
  });

  it('hosts(5) comes first', () => {
    const read = files({
      '/etc/hosts':
        '127.0.0.1 localhost\n192.0.2.7\tvpn.test VPN.Example.Test # vpn.other\nbad vpn.test\n2001:db8::7 vpn.example.test',
    });
    expect(hostsAddresses('vpn.example.test', read)).toEqual(['192.0.2.7', '2001:db8::7']);
    expect(hostsAddresses('vpn.other', read)).toEqual([]);
  });
});

/** A name server at the other end of a socket. `reply` sees each question and says what comes back, and from where. */
function server(
  reply: (question: { id: number; name: string; type: 'A' | 'AAAA' }) => { data: Uint8Array; from?: SocketAddress }[],
): { datagrams: Datagrams; sent: string[] } {
  const sent: string[] = [];
  const datagrams: Datagrams = {
    open: ({ adapter, localAddress }) => {
      let listener: ((datagram: Uint8Array, from: SocketAddress) => void) | null = null;
      const socket: DatagramSocket = {
        adapter,
        local: { address: localAddress, port: 40_000 },
        send: (datagram, to) => {
          const { id, questions } = decode(Buffer.from(datagram));
          const [{ name, type }] = questions as [{ name: string; type: 'A' | 'AAAA' }];
          sent.push(`${adapter ?? ''} ${to.address} ${type} ${name}`);
          for (const { data, from } of reply({ id: id!, name, type }))
            queueMicrotask(() => listener?.(data, from ?? to));
          return 'sent';
        },
        sendWhole: () => 'EOPNOTSUPP',
        allowFragments: () => undefined,
        onDatagram: (each) => {
          listener = each;
        },
        onError: () => undefined,
        close: () => {
          listener = null;
        },
      };
      return Promise.resolve(socket);
    },
  };
  return { datagrams, sent };
}

const random = { bytes: (length: number) => Uint8Array.from({ length }, () => 7) };
const question = { name: 'vpn.test', server: '192.0.2.53', adapter: 'eth0', localAddress: '192.0.2.2' };
const response = (id: number, name: string, type: 'A' | 'AAAA', data: readonly string[]): Uint8Array =>
  encode({
    type: 'response',
    id,
    flags: 0x8180,
    questions: [{ type, name }],
    answers: data.map((each): Answer => ({ type, name, ttl: 60, data: each })),
  });

describe('a question to a physical name server', () => {
  it('asks A and AAAA by the adapter, under different numbers', async () => {
    const { datagrams, sent } = server(({ id, name, type }) => [
      { data: response(id, name, type, type === 'A' ? ['192.0.2.7'] : ['2001:db8::7']) },
    ]);
    expect(await queryAddresses(datagrams, random, question)).toEqual(['2001:db8::7', '192.0.2.7']);
    expect(sent).toEqual(['eth0 192.0.2.53 AAAA vpn.test', 'eth0 192.0.2.53 A vpn.test']);
  });

  it('believes only the server that was asked, with the number and question of ours', async () => {
    const { datagrams } = server(({ id, name, type }) => [
      {
        data: response(id, name, type, type === 'A' ? ['203.0.113.1'] : []),
        from: { address: '192.0.2.99', port: 53 },
      },
      {
        data: response(id, name, type, type === 'A' ? ['203.0.113.2'] : []),
        from: { address: '192.0.2.53', port: 5353 },
      },
      { data: response(id ^ 0x100, name, type, type === 'A' ? ['203.0.113.3'] : []) },
      { data: response(id, 'other.test', type, type === 'A' ? ['203.0.113.4'] : []) },
      { data: Uint8Array.of(id >> 8, id & 255, 0x81) },
      { data: response(id, name, type, type === 'A' ? ['192.0.2.7'] : []) },
    ]);
    expect(await queryAddresses(datagrams, random, question)).toEqual(['192.0.2.7']);
  });

  it('has no addresses when the server says so', async () => {
    const { datagrams } = server(({ id, name, type }) => [{ data: response(id, name, type, []) }]);
    expect(await queryAddresses(datagrams, random, question)).toEqual([]);
  });
});

describe("systemd-resolved's list of one link", () => {
  const withService = async <T>(
    reply: object,
    work: (path: string) => Promise<T>,
  ): Promise<{ result: T; asked: unknown }> => {
    const folder = mkdtempSync(join(tmpdir(), 'varlink-'));
    const path = join(folder, 'socket');
    let asked: unknown;
    const service = createServer((socket) => {
      socket.on('data', (data) => {
        asked = JSON.parse(data.toString().replace('\0', ''));
        const text = `${JSON.stringify(reply)}\0`;
        // In two pieces: a stream has no messages.
        socket.write(text.slice(0, 10));
        setImmediate(() => socket.write(text.slice(10)));
      });
    });
    await new Promise<void>((resolve) => service.listen(path, resolve));
    try {
      return { result: await work(path), asked };
    } finally {
      service.close();
      rmSync(folder, { recursive: true });
    }
  };

  it('is asked by varlink for that link alone', async () => {
    const { result, asked } = await withService(
      {
        parameters: {
          addresses: [
            { ifindex: 3, family: 2, address: [192, 0, 2, 7] },
            { ifindex: 3, family: 10, address: [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7] },
          ],
          name: 'vpn.test',
          flags: 1,
        },
      },
      (path) => resolveOnLink('vpn.test', 3, path),
    );
    expect(asked).toEqual({
      method: 'io.systemd.Resolve.ResolveHostname',
      parameters: { name: 'vpn.test', ifindex: 3 },
    });
    expect(result).toEqual(['192.0.2.7', '2001:db8::7']);
  });

  it('says when there is no such name', async () => {
    await expect(
      withService({ error: 'io.systemd.Resolve.DNSError', parameters: { rcode: 3 } }, (path) =>
        resolveOnLink('nix.test', 3, path),
      ),
    ).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });
});

describe('the resolver', () => {
  it('asks past the tunnel while one is up, keeps what it knows when nobody answers, and is the system without one', async () => {
    let up = false;
    let answers = ['192.0.2.7'];
    const { datagrams, sent } = server(({ id, name, type }) => [
      { data: response(id, name, type, type === 'A' ? answers : []) },
    ]);
    const adapter = {
      name: 'eth0',
      index: 3,
      kind: 'ethernet',
      label: 'Ethernet',
      up: true,
      carrier: true,
      mtu: 1500,
      addresses: [
        { address: '192.0.2.2', prefixLength: 24, family: 4, scope: 'global', temporary: false, usable: true },
      ],
    } as const;
    const unplugged = { ...adapter, name: 'eth1', index: 4, carrier: false };
    const resolver = new PhysicalResolver({
      datagrams,
      random,
      tunnelUp: () => up,
      nameServers: () => ['192.0.2.53'],
      resolvedSocket: '/nonexistent',
      adapters: {
        snapshot: () => [adapter, unplugged],
        watch: () => () => undefined,
        lookupRoute: ({ adapter: name }) => ({ adapter: name!, source: '192.0.2.2', nextHop: null, mtu: null }),
      },
    });
    expect(await resolver.resolve('localhost')).toContain('127.0.0.1');
    expect(sent).toEqual([]);
    up = true;
    expect(await resolver.resolve('vpn.test')).toEqual(['192.0.2.7']);
    expect(sent).toEqual(['eth0 192.0.2.53 AAAA vpn.test', 'eth0 192.0.2.53 A vpn.test']);
    answers = [];
    expect(await resolver.resolve('vpn.test')).toEqual(['192.0.2.7']);
  });

  it('answers an address with itself, in canonical form', async () => {
    expect(await new SystemResolver().resolve('2001:DB8:0::1')).toEqual(['2001:db8::1']);
    expect(await new SystemResolver().resolve('192.0.2.1')).toEqual(['192.0.2.1']);
  });
});
