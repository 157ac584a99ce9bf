import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { loadAddon } from '../../../native';
import { HttpConnectivityProbe, judgePage } from './connectivity';

describe('what a page means', () => {
  it.each([
    ['204', { status: 204, headers: {}, body: '' }, 'internet'],
    [
      "NetworkManager's header",
      { status: 200, headers: { 'x-networkmanager-status': 'online' }, body: 'x' },
      'internet',
    ],
    ["NetworkManager's text", { status: 200, headers: {}, body: 'NetworkManager is online\n' }, 'internet'],
    ['a sign-in page', { status: 200, headers: {}, body: '<html>Welcome to the hotel' }, 'captive-portal'],
    ['a redirect', { status: 302, headers: { location: 'http://portal.test/' }, body: '' }, 'captive-portal'],
    ['RFC 6585 section 6', { status: 511, headers: {}, body: '' }, 'captive-portal'],
    ['a proxy that wants a password', { status: 407, headers: {}, body: '' }, 'captive-portal'],
    ['a page that is gone', { status: 404, headers: {}, body: '' }, 'internet'],
    ['a server in trouble', { status: 503, headers: {}, body: '' }, 'internet'],
  ] as const)('%s', (_, page, meaning) => {
    expect(judgePage(page)).toBe(meaning);
  });
});

describe('one request by one adapter', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });
  const serve = async (listener: RequestListener): Promise<number> => {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };
  const probe = (
    port: number,
    resolve: (host: string, adapter: string) => Promise<readonly string[]> = () => Promise.resolve(['127.0.0.1']),
  ) =>
    new HttpConnectivityProbe(loadAddon()!, resolve).probe({
      adapter: 'lo',
      source: '127.0.0.1',
      url: `http://check.test:${String(port)}/here?x=1`,
    });

  it('asks for the page by name and gives its answer', async () => {
    const seen: string[] = [];
    const port = await serve((request, response) => {
      seen.push(`${request.method ?? ''} ${request.url ?? ''} ${request.headers.host ?? ''}`);
      response.writeHead(204).end();
    });
    expect(await probe(port)).toBe('internet');
    expect(seen).toEqual([`GET /here?x=1 check.test:${String(port)}`]);
  });

  it('does not follow a portal and does not read all that it says', async () => {
    let requests = 0;
    const port = await serve((_, response) => {
      requests++;
      response.writeHead(302, { location: '/login' });
      const more = (): void => {
        if (!response.destroyed) response.write('x'.repeat(10_000), () => setImmediate(more));
      };
      more();
    });
    expect(await probe(port)).toBe('captive-portal');
    expect(requests).toBe(1);
  });

  it('nobody there, nobody who speaks HTTP, no name, an address of the other family: no Internet', async () => {
    const closed = createTcpServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    expect(await probe(port)).toBe('no-internet');
    const mumbling = createTcpServer((socket) => socket.end('SSH-2.0-hello\r\n'));
    await new Promise<void>((resolve) => mumbling.listen(0, '127.0.0.1', resolve));
    expect(await probe((mumbling.address() as AddressInfo).port)).toBe('no-internet');
    mumbling.close();
    expect(await probe(80, () => Promise.reject(new Error('no such name')))).toBe('no-internet');
    expect(await probe(80, () => Promise.resolve(['2001:db8::7']))).toBe('no-internet');
  });

  it('an adapter that is not there reaches nothing', async () => {
    const gone = new HttpConnectivityProbe(loadAddon()!, () => Promise.resolve(['127.0.0.1']));
    expect(await gone.probe({ adapter: 'no-such', source: '127.0.0.1', url: 'http://check.test/' })).toBe(
      'no-internet',
    );
  });
});
