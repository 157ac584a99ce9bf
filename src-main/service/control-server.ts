import { chmodSync, unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { StatusObject } from '../../src-core/connection/status';
import type { Capture } from './capture-files';
import { controlLimits, parseControlRequest, type ControlReply, type ControlRequest } from './control-protocol';
import { makePrivate } from './directories';
import type { LogRing } from './log-ring';

/** What a host lets other commands of the same user do. */
export interface ControlledHost {
  readonly log: LogRing;
  /** Connections of this host that are not Disconnected, or the named one. */
  statuses(name: string | null): readonly StatusObject[];
  onStatus(listener: (status: StatusObject) => void): () => void;
  /** Ends the named connection, or all; resolves with the names of those that were up. */
  end(name: string | null): Promise<readonly string[]>;
  /** Lifts the kill switch that the named connection, or any, left in force; resolves with the names of those. */
  unblock(name: string | null): Promise<readonly string[]>;
  /** `onProblem`: it ended because it could not be written. Throws ApiError. */
  capture(name: string, directory: string, onProblem: (capture: Capture) => void): Capture;
  stopCapture(name: string): Capture | null;
}

export interface ControlServer {
  readonly path: string;
  /** Whoever was promised an answer gets it first, within a second; those who watch are let go. Idempotent. */
  close(): Promise<void>;
}

/** What a slow reader of a watch may leave waiting; a host that lasts for days must not keep it. */
function follower<T>(socket: Socket, limit: number, tell: (news: T) => void): (news: T) => void {
  return (news) => {
    if (socket.writableLength > limit) socket.destroy();
    else tell(news);
  };
}

/** Listens on a socket named after this process in a folder of mode 0700: the file system says who may come in. */
export async function startControlServer(
  host: ControlledHost,
  runtimeDirectory: string,
  backlogBytes: number = controlLimits.backlogBytes,
): Promise<ControlServer> {
  makePrivate(runtimeDirectory);
  const path = join(runtimeDirectory, `host-${process.pid}.sock`);
  remove(path);
  const sockets = new Set<Socket>();
  const answers = new Set<Promise<void>>();
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    // Whoever asks may end its side first; what it asked for decides whether that ends the conversation.
    socket.on('end', () => {
      if (!captures.has(socket)) socket.end();
    });
    serveOne(host, socket, backlogBytes, answers);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  // A control socket alone keeps no host alive.
  server.unref();
  return {
    path,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          remove(path);
          resolve();
        });
        const late = setTimeout(() => sockets.forEach((socket) => socket.destroy()), lastWordMs);
        // The disconnect that made this host close is answered on one of these.
        void Promise.allSettled(answers).then(() => {
          for (const socket of sockets) socket.destroySoon();
          if (sockets.size === 0) clearTimeout(late);
          late.unref();
        });
      }),
  };
}

/** How long a host that closes waits for what it still has to say and for whoever does not read it. */
const lastWordMs = 1000;

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function serveOne(host: ControlledHost, socket: Socket, backlogBytes: number, answers: Set<Promise<void>>): void {
  let text = '';
  let served = false;
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    if (served) return;
    text += chunk;
    const end = text.indexOf('\n');
    if (end < 0) {
      if (text.length > controlLimits.requestBytes) socket.destroy();
      return;
    }
    served = true;
    const request = parseControlRequest(text.slice(0, end));
    const send = (reply: ControlReply): void => void socket.write(`${JSON.stringify(reply)}\n`);
    if (request === null) {
      send({ type: 'error', message: 'This host does not know the request.' });
      socket.end();
      return;
    }
    const answered = answer(host, request, socket, send, backlogBytes).catch(() => void socket.destroy());
    answers.add(answered);
    void answered.finally(() => answers.delete(answered));
  });
}

/** Sockets on which a capture runs. */
const captures = new WeakSet<Socket>();

function refuse(socket: Socket, send: (reply: ControlReply) => void, message: string): void {
  send({ type: 'error', message });
  socket.end();
}

async function answer(
  host: ControlledHost,
  request: ControlRequest,
  socket: Socket,
  send: (reply: ControlReply) => void,
  backlogBytes: number,
): Promise<void> {
  const { name } = request;
  switch (request.type) {
    case 'status': {
      for (const status of host.statuses(name)) send({ type: 'status', status });
      if (!request.watch) return void socket.end();
      const stop = host.onStatus(
        follower(socket, backlogBytes, (status) => {
          if (name === null || status.connection === name) send({ type: 'status', status });
        }),
      );
      socket.on('close', stop);
      return;
    }
    case 'log': {
      for (const entry of host.log.read(name)) send({ type: 'log', entry });
      if (!request.follow) return void socket.end();
      const stop = host.log.onEntry(
        follower(socket, backlogBytes, (entry) => {
          if (name === null || entry.connection === name) send({ type: 'log', entry });
        }),
      );
      socket.on('close', stop);
      return;
    }
    case 'capture': {
      const up = host.statuses(name).some(({ state }) => state !== 'Disconnected');
      if (!up) return refuse(socket, send, `${name} is not connected here.`);
      const tell = (running: boolean, { directory, packets, dropped, problem }: Capture): void =>
        send({ type: 'capture', running, directory, packets, dropped, problem: problem?.message ?? null });
      let stopped = false;
      const ended = (result: Capture | null): void => {
        if (stopped) return;
        stopped = true;
        if (result !== null && socket.writable) tell(false, result);
        socket.end();
      };
      let capture: Capture;
      try {
        capture = host.capture(request.name, request.directory, ended);
      } catch (error) {
        return refuse(socket, send, error instanceof Error ? error.message : String(error));
      }
      if (stopped) return;
      tell(true, capture);
      captures.add(socket);
      const stop = (): void => {
        if (!stopped) ended(host.stopCapture(request.name));
      };
      socket.once('end', stop);
      socket.once('close', stop);
      return;
    }
    case 'disconnect':
      for (const ended of await host.end(name)) send({ type: 'disconnected', name: ended });
      for (const unblocked of await host.unblock(name)) send({ type: 'unblocked', name: unblocked });
      socket.end();
  }
}
