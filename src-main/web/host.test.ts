import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createFakeApi, type FakeApi } from '../api/fake';
import { startWebHost, type WebHost } from './host';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let directory: string;
let fake: FakeApi;
let host: WebHost;
let port: number;

/** Raw: fetch would not let a test forge Host. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      { host: '127.0.0.1', port, path, method, headers: { host: `127.0.0.1:${port}`, ...headers } },
      (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
}

/** What a browser says of an address that the user typed. */
const typed = { 'sec-fetch-site': 'none' };

interface Session {
  readonly cookie: string;
  readonly key: string;
}

async function openSession(): Promise<Session> {
  const { pathname, search } = new URL(host.newUrl());
  const answer = await get(`${pathname}${search}`, typed);
  return {
    cookie: answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '',
    key: /^\/#key=(.+)$/.exec(answer.headers.location ?? '')?.[1] ?? '',
  };
}

const signIn = async (): Promise<string> => (await openSession()).cookie;

function open(headers: Record<string, string>, path = '/api', key: string | null = null): Promise<WebSocket | number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, key === null ? ['agile-vpn'] : ['agile-vpn', key], {
      headers,
    });
    socket.on('open', () => resolve(socket));
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
    socket.on('error', () => undefined);
  });
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'agile-vpn-page-'));
  writeFileSync(join(directory, 'index.html'), '<!doctype html><title>page</title>');
  writeFileSync(join(directory, 'app.js'), 'export {};');
  writeFileSync(join(directory, 'notes.txt'), 'not part of the page');
  fake = createFakeApi({ version: '7' });
  host = await startWebHost(fake.service, { port: 0, rendererDirectory: directory });
  port = Number(new URL(host.url).port);
});

afterEach(async () => {
  await host.close();
  rmSync(directory, { recursive: true });
});

describe('the browser host lets in only the browser it was opened with', () => {
  it('exchanges the token once for an HttpOnly SameSite=Strict cookie', async () => {
    const { pathname, search } = new URL(host.url);
    const first = await get(`${pathname}${search}`, typed);
    expect(first.status).toBe(303);
    expect(first.headers.location).toMatch(/^\/#key=[A-Za-z0-9_-]{43}$/);
    expect(first.headers['set-cookie']?.[0]).not.toContain(first.headers.location?.slice(6));
    expect(first.headers['set-cookie']?.[0]).toMatch(/; HttpOnly; SameSite=Strict; Path=\/$/);
    expect((await get(`${pathname}${search}`)).status).toBe(403);
  });

  it('leads on by a page of its own where another page led here: browsers keep a Strict cookie from such redirects', async () => {
    const { pathname, search } = new URL(host.url);
    const { status, headers, body } = await get(`${pathname}${search}`, { 'sec-fetch-site': 'cross-site' });
    expect([status, headers['content-type'], headers.location]).toEqual([200, 'text/html; charset=utf-8', undefined]);
    expect(headers['set-cookie']?.[0]).toMatch(/; HttpOnly; SameSite=Strict; Path=\/$/);
    expect(body).toMatch(/<meta http-equiv="refresh" content="0;url=\/#key=[A-Za-z0-9_-]{43}">/);
  });

  it('serves the page with the cookie and refuses without or with a wrong one', async () => {
    const cookie = await signIn();
    expect((await get('/', { cookie })).body).toContain('<title>page');
    expect((await get('/app.js', { cookie })).headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect((await get('/')).status).toBe(403);
    expect((await get('/', { cookie: `agile-vpn-${port}=guess` })).status).toBe(403);
    expect((await get('/', { cookie: cookie.replace(String(port), '1') })).status).toBe(403);
  });

  it('refuses another Host (DNS rebinding), another Origin and another method', async () => {
    const cookie = await signIn();
    expect((await get('/', { cookie, host: `evil.example:${port}` })).status).toBe(403);
    expect((await get('/', { cookie, host: '127.0.0.1' })).status).toBe(403);
    expect((await get('/', { cookie, origin: 'http://evil.example' })).status).toBe(403);
    expect((await get('/', { cookie }, 'POST')).status).toBe(405);
  });

  it.each(['/../package.json', '/..%2f..%2fpackage.json', '/notes.txt', '//etc/passwd', '/%00', '/index.html/'])(
    'has nothing at %s',
    async (path) => {
      const cookie = await signIn();
      expect((await get(path, { cookie })).status).toBe(404);
    },
  );

  it('forbids everything but itself in the CSP', async () => {
    const cookie = await signIn();
    const { headers } = await get('/', { cookie });
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
    expect(headers['content-security-policy']).toContain(`connect-src ws://127.0.0.1:${port};`);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['cache-control']).toBe('no-store');
  });
});

describe('the web socket carries the contract', () => {
  const snapshotRequest = JSON.stringify({ type: 'request', id: 1, name: 'getSnapshot', args: null });

  it('answers and pushes', async () => {
    const { cookie, key } = await openSession();
    const socket = await open({ cookie, origin: `http://127.0.0.1:${port}` }, '/api', key);
    if (typeof socket === 'number') throw new Error(`refused with ${socket}`);
    const messages: unknown[] = [];
    const two = new Promise<void>((resolve) =>
      socket.on('message', (data: Buffer) => {
        messages.push(JSON.parse(data.toString()));
        if (messages.length === 1) fake.push({ type: 'prompt-closed', id: 'p' });
        if (messages.length === 2) resolve();
      }),
    );
    socket.send(snapshotRequest);
    await two;
    expect(messages).toMatchObject([
      { type: 'response', id: 1, result: { ok: true, value: { version: '7' } } },
      { type: 'push', push: { type: 'prompt-closed', id: 'p' } },
    ]);
  });

  it('refuses a foreign page, a page without Origin, no cookie, and another path', async () => {
    const { cookie, key } = await openSession();
    const origin = `http://127.0.0.1:${port}`;
    expect(await open({ cookie, origin: 'http://evil.example' }, '/api', key)).toBe(403);
    expect(await open({ cookie, origin: 'null' }, '/api', key)).toBe(403);
    expect(await open({ cookie }, '/api', key)).toBe(403);
    expect(await open({ origin }, '/api', key)).toBe(403);
    expect(await open({ cookie, origin }, '/other', key)).toBe(403);
    expect(await open({ cookie, origin, host: `evil.example:${port}` }, '/api', key)).toBe(403);
    expect(typeof (await open({ cookie, origin }, '/api', key))).toBe('object');
  });

  it('a stolen cookie alone opens nothing: browsers show it to every port of the address', async () => {
    const mine = await openSession();
    const other = await openSession();
    const origin = `http://127.0.0.1:${port}`;
    // Another program of this computer listens on another port; the person's browser visits it and brings the cookie
    // along.
    const stolen = await new Promise<string>((resolve) => {
      const thief = createServer((request, response) => {
        resolve(request.headers.cookie ?? '');
        response.end();
        thief.close();
      });
      thief.listen(0, '127.0.0.1', () => {
        const { port: thiefPort } = thief.address() as { port: number };
        httpRequest({ host: '127.0.0.1', port: thiefPort, headers: { cookie: mine.cookie } }).end();
      });
    });
    expect(stolen).toBe(mine.cookie);
    expect(await open({ cookie: stolen, origin })).toBe(403);
    expect(await open({ cookie: stolen, origin }, '/api', 'guess')).toBe(403);
    expect(await open({ cookie: stolen, origin }, '/api', other.key)).toBe(403);
    expect(await open({ origin }, '/api', mine.key)).toBe(403);
  });

  it('closes on what is no JSON and leaves the others alone', async () => {
    const { cookie, key } = await openSession();
    const headers = { cookie, origin: `http://127.0.0.1:${port}` };
    const [bad, good] = [await open(headers, '/api', key), await open(headers, '/api', key)];
    if (typeof bad === 'number' || typeof good === 'number') throw new Error('refused');
    const closed = new Promise<number>((resolve) => bad.on('close', resolve));
    bad.send('{"type":');
    expect(await closed).toBe(1007);
    const answered = new Promise<string>((resolve) => good.on('message', (data: Buffer) => resolve(data.toString())));
    good.send(snapshotRequest);
    expect(await answered).toContain('"version":"7"');
  });
});
