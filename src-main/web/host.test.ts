import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
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
    const outgoing = httpRequest({ host: '127.0.0.1', port, path, method, headers: { host: `127.0.0.1:${port}`, ...headers } }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

async function signIn(): Promise<string> {
  const { pathname, search } = new URL(host.newUrl());
  const answer = await get(`${pathname}${search}`);
  return answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
}

function open(headers: Record<string, string>, path = '/api'): Promise<WebSocket | number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
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
    const first = await get(`${pathname}${search}`);
    expect(first.status).toBe(303);
    expect(first.headers.location).toBe('/');
    expect(first.headers['set-cookie']?.[0]).toMatch(/; HttpOnly; SameSite=Strict; Path=\/$/);
    expect((await get(`${pathname}${search}`)).status).toBe(403);
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

  it.each(['/../package.json', '/..%2f..%2fpackage.json', '/notes.txt', '//etc/passwd', '/%00', '/index.html/'])('has nothing at %s', async (path) => {
    const cookie = await signIn();
    expect((await get(path, { cookie })).status).toBe(404);
  });

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
    const socket = await open({ cookie: await signIn(), origin: `http://127.0.0.1:${port}` });
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
    const cookie = await signIn();
    const origin = `http://127.0.0.1:${port}`;
    expect(await open({ cookie, origin: 'http://evil.example' })).toBe(403);
    expect(await open({ cookie, origin: 'null' })).toBe(403);
    expect(await open({ cookie })).toBe(403);
    expect(await open({ origin })).toBe(403);
    expect(await open({ cookie, origin }, '/other')).toBe(403);
    expect(await open({ cookie, origin, host: `evil.example:${port}` })).toBe(403);
  });

  it('closes on what is no JSON and leaves the others alone', async () => {
    const headers = { cookie: await signIn(), origin: `http://127.0.0.1:${port}` };
    const [bad, good] = [await open(headers), await open(headers)];
    if (typeof bad === 'number' || typeof good === 'number') throw new Error('refused');
    const closed = new Promise<number>((resolve) => bad.on('close', resolve));
    bad.send('{"type":');
    expect(await closed).toBe(1007);
    const answered = new Promise<string>((resolve) => good.on('message', (data: Buffer) => resolve(data.toString())));
    good.send(snapshotRequest);
    expect(await answered).toContain('"version":"7"');
  });
});
