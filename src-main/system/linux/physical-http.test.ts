import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadAddon } from '../../../native';
import type { Adapter, Adapters } from '../../../src-core/ports';
import { isOrdinary, PhysicalHttp } from './physical-http';

let server: Server;
let port = 0;
const paths: string[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    paths.push(
      `${request.method ?? ''} ${request.url ?? ''} ${String(request.headers['content-type'])} ${String(request.headers.host)}`,
    );
    if (request.url === '/moved') return response.writeHead(302, { location: '/crl' }).end();
    if (request.url === '/large') return response.end(Buffer.alloc(2000));
    if (request.url === '/silent') return undefined;
    if (request.url === '/broken')
      return response.writeHead(200, { 'content-length': '10' }).write('x', () => response.destroy());
    const parts: Buffer[] = [];
    request
      .on('data', (part: Buffer) => parts.push(part))
      .on('end', () => response.end(Buffer.concat([Buffer.from('got '), ...parts])));
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Loopback stands for an adapter: its sockets are bound to it as to any other. */
const lo: Adapter = {
  name: 'lo',
  index: 1,
  kind: 'ethernet',
  label: 'Ethernet',
  up: true,
  carrier: true,
  mtu: 65536,
  addresses: [{ address: '127.0.0.1', prefixLength: 8, family: 4, scope: 'global', temporary: false, usable: true }],
};
const adapters: Adapters = {
  snapshot: () => [lo],
  watch: () => () => undefined,
  lookupRoute: () => ({ adapter: 'lo', source: '127.0.0.1', nextHop: null, mtu: null }),
};
const opened: string[] = [];
const built = loadAddon();
if (built === null) throw new Error('the addon is not built: npm run build:native');
const addon = {
  openTcp: (adapter: string, address: string): number => {
    opened.push(`${adapter} ${address}`);
    return built.openTcp(adapter, address);
  },
  closeDescriptor: (fd: number): void => built.closeDescriptor(fd),
};

const client = new PhysicalHttp(
  {
    addon,
    adapters,
    resolver: { resolve: (host) => Promise.resolve(host === 'ocsp.contoso.test' ? ['127.0.0.1'] : []) },
  },
  () => true,
);
const ask = (
  path: string,
  more: { readonly body?: Uint8Array; readonly timeoutMs?: number; readonly host?: string } = {},
) =>
  client.fetch({
    url: `http://${more.host ?? `ocsp.contoso.test:${String(port)}`}${path}`,
    body: more.body ?? null,
    contentType: more.body === undefined ? null : 'application/ocsp-request',
    mostOctets: 1000,
    timeoutMs: more.timeoutMs ?? 5_000,
  });

describe('http by sockets of an adapter', () => {
  it('asks and posts by a socket of the adapter', async () => {
    expect(Buffer.from(await ask('/crl?x=1')).toString()).toBe('got ');
    expect(Buffer.from(await ask('/ocsp', { body: Buffer.from('question') })).toString()).toBe('got question');
    expect(opened).toEqual(['lo 127.0.0.1', 'lo 127.0.0.1']);
    expect(paths).toEqual([
      `GET /crl?x=1 undefined ocsp.contoso.test:${String(port)}`,
      `POST /ocsp application/ocsp-request ocsp.contoso.test:${String(port)}`,
    ]);
  });

  it.each([
    ['/moved', {}, 'answered 302'],
    ['/large', {}, 'more than 1000 octets'],
    ['/silent', { timeoutMs: 100 }, 'no answer in time'],
    ['/broken', {}, /broke off|aborted|hang up|reset/],
    ['/', { host: 'nobody.test' }, 'no usable address'],
    ['/', { host: 'ocsp.contoso.test:9' }, 'ECONNREFUSED'],
  ] as const)('%s %j is refused in words, and nothing stays open', async (path, more, words) => {
    await expect(ask(path, more)).rejects.toThrow(words);
  });

  it('https is not used', async () => {
    await expect(
      client.fetch({
        url: 'https://ocsp.contoso.test/',
        body: null,
        contentType: null,
        mostOctets: 1000,
        timeoutMs: 1000,
      }),
    ).rejects.toThrow('https:');
  });

  it.each([
    '127.0.0.1',
    '169.254.1.1',
    '224.0.0.1',
    '255.255.255.255',
    '0.0.0.0',
    '::',
    '::1',
    'fe80::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    'name',
  ])('P-16: %s is not gone to', (address) => {
    expect(isOrdinary(address)).toBe(false);
  });

  it.each(['192.0.2.1', '10.0.0.1', '2001:db8::1', 'fd00::1'])('P-16: %s is', (address) => {
    expect(isOrdinary(address)).toBe(true);
  });
});
