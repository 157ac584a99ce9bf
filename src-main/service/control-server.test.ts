import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LogEntry } from '../api/contract';
import { type ControlledHost, startControlServer, type ControlServer } from './control-server';
import { LogRing } from './log-ring';

const backlog = 1024 * 1024;
let directory: string;
let server: ControlServer;
let host: ControlledHost & { readonly log: LogRing };

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'agile-vpn-control-'));
  host = {
    log: new LogRing(10),
    statuses: () => [],
    onStatus: () => () => undefined,
    end: () => Promise.resolve([]),
    unblock: () => Promise.resolve([]),
    capture: () => ({ directory: '', packets: 0, dropped: 0, problem: null }),
    stopCapture: () => null,
  };
  server = await startControlServer(host, directory, backlog);
});
afterEach(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

const open = (request: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(server.path, () => {
      socket.write(request);
      resolve(socket);
    });
    socket.on('error', reject);
  });

const add = (text: string): LogEntry => host.log.add({ level: 'info', area: 'connection', text }, null, 0);

describe('the control socket of a host', () => {
  it('is of this user alone', () => {
    expect(statSync(server.path).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  it('cuts off who follows the log and does not read', async () => {
    const socket = await open('{"type":"log","follow":true}\n');
    add('first');
    await new Promise<void>((resolve) => socket.once('data', () => resolve()));
    socket.pause();
    // Enough for the system's own buffers and twice what may wait.
    for (let index = 0; index < 8 * 1024; index++) add('x'.repeat(1000));
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.resume();
    await closed;
    expect(socket.destroyed).toBe(true);
  });

  it('says that it disconnected although the host closes for it, and lets those who watch go', async () => {
    let disconnected: (names: readonly string[]) => void = () => undefined;
    host.end = () => new Promise((resolve) => (disconnected = resolve));
    const watching = await open('{"type":"status","watch":true}\n');
    const released = new Promise<void>((resolve) => watching.resume().once('close', () => resolve()));
    const asking = await open('{"type":"disconnect"}\n');
    let said = '';
    asking.on('data', (data: Buffer) => (said += data.toString()));
    const answered = new Promise<void>((resolve) => asking.once('close', () => resolve()));
    // Once the second request was read, the first was too.
    await vi.waitFor(() => expect(disconnected.length).toBe(1));
    const closed = server.close();
    disconnected(['Contoso']);
    await Promise.all([answered, released, closed]);
    expect(JSON.parse(said)).toEqual({ type: 'disconnected', name: 'Contoso' });
  });

  it('closes on a request without end', async () => {
    const socket = await open('x'.repeat(5000));
    await new Promise<void>((resolve) => socket.once('close', () => resolve()));
    expect(socket.destroyed).toBe(true);
  });
});
