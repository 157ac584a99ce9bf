import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { serve } from '../api/serve';
import type { ApiService } from '../api/service';
import type { Transport } from '../api/transport';
import { redirectingPage } from './open-browser';
import { pageHeaders, readPage } from './page';
import { createSessions, readCookie } from './sessions';

export interface WebHostOptions {
  /** TCP port on 127.0.0.1; 0 takes any free one. */
  readonly port: number;
  /** The built renderer (out/renderer). */
  readonly rendererDirectory: string;
  /** A one-time address was used. */
  readonly onOpened?: () => void;
  /** Unexpected errors, for the host's log. */
  readonly onError?: (error: unknown, where: string) => void;
}

export interface WebHost {
  /** Good for one visit; the browser then holds the session cookie. */
  readonly url: string;
  /** A further one-time address, for a second browser. */
  newUrl(): string;
  /** Closes the port and every connection. The service and its tunnels stay as they are. */
  close(): Promise<void>;
}

const loopback = '127.0.0.1';
/** An import of 1 MiB as base64 in JSON fits. */
const largestMessage = 2 * 1024 * 1024;
/** A page that does not read is cut off; it reattaches with a new snapshot. */
const largestBacklog = 16 * 1024 * 1024;

/** The web socket's subprotocol; the page offers it together with its key of the session. */
const subprotocol = 'agile-vpn';

/** How a tab that was closed looks from here; no error. */
const goesAway: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);

function socketTransport(socket: WebSocket, onError: (error: unknown) => void): Transport {
  return {
    send: (message) => {
      if (socket.bufferedAmount > largestBacklog) socket.terminate();
      else if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
    },
    onMessage: (listener) =>
      void socket.on('message', (data, isBinary) => {
        if (isBinary) return;
        let message: unknown;
        try {
          message = JSON.parse((data as Buffer).toString('utf8'));
        } catch {
          socket.close(1007);
          return;
        }
        listener(message);
      }),
    onClose: (listener) => {
      socket.on('close', listener);
      socket.on('error', onError);
    },
  };
}

/** What the page offers besides the subprotocol: its key. */
function keyOf(request: IncomingMessage): string {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim());
  return offered[0] === subprotocol ? (offered[1] ?? '') : '';
}

/**
 * The user interface for a browser, on loopback only. What keeps other programs' pages out: the one-time token, the
 * HttpOnly SameSite=Strict cookie, the key in the storage of this very origin (cookies are shared between ports,
 * storage is not),
 * an exact Host (no DNS rebinding), an exact Origin on the web socket, and the CSP.
 */
export async function startWebHost(service: ApiService, options: WebHostOptions): Promise<WebHost> {
  const files = readPage(options.rendererDirectory);
  const sessions = createSessions();
  const onError = (error: unknown, where: string): void => {
    if (!goesAway.has((error as { code?: unknown } | null)?.code)) options.onError?.(error, where);
  };
  let authority = '';
  // Cookies ignore the port: two hosts on one machine must not overwrite each other's.
  let cookieName = '';
  let headers: Readonly<Record<string, string>> = {};

  const refuse = (response: ServerResponse, status: number, text: string): void => {
    response.writeHead(status, { ...headers, 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
  };
  const foreign = (request: IncomingMessage): boolean =>
    request.headers.host !== authority ||
    (request.headers.origin !== undefined && request.headers.origin !== `http://${authority}`);
  const cookieOf = (request: IncomingMessage): string => readCookie(request.headers.cookie, cookieName) ?? '';
  const signedIn = (request: IncomingMessage): boolean => sessions.acceptsCookie(cookieOf(request));

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    if (foreign(request)) return refuse(response, 403, 'This address serves its own page only.');
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'GET only.');
    const url = new URL(request.url ?? '/', `http://${authority}`);
    const token = url.searchParams.get('token');
    if (url.pathname === '/' && token !== null) {
      const session = sessions.redeem(token);
      if (session === null && !signedIn(request))
        return refuse(response, 403, 'This address was used already. Start the user interface again for a new one.');
      const cookie: Record<string, string> =
        session === null ? {} : { 'Set-Cookie': `${cookieName}=${session.cookie}; HttpOnly; SameSite=Strict; Path=/` };
      // A fragment stays in the browser: it is in no request, no log and no Referer.
      const target = session === null ? '/' : `/#key=${session.key}`;
      if (session !== null) options.onOpened?.();
      if (request.headers['sec-fetch-site'] === 'none') {
        response.writeHead(303, { ...headers, ...cookie, Location: target }).end();
        return;
      }
      // A Strict cookie is not sent along the redirects of a navigation that another page began (RFC 6265bis section
      // 5.2.1), such as the file that a browser is opened with: the page itself navigates on.
      response.writeHead(200, { ...headers, ...cookie, 'Content-Type': 'text/html; charset=utf-8' });
      response.end(redirectingPage(target));
      return;
    }
    if (!signedIn(request))
      return refuse(response, 403, 'Open the address that was printed when the user interface was started.');
    const file = files.get(url.pathname);
    if (file === undefined) return refuse(response, 404, 'Not found.');
    response.writeHead(200, { ...headers, 'Content-Type': file.type, 'Content-Length': file.content.length });
    response.end(request.method === 'HEAD' ? undefined : file.content);
  };

  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: largestMessage,
    perMessageDeflate: false,
    handleProtocols: () => subprotocol,
  });
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', (error) => onError(error, 'socket'));
    // A page always sends its Origin with a web socket; what sends none is no page of ours.
    if (
      foreign(request) ||
      request.headers.origin === undefined ||
      !sessions.accepts({ cookie: cookieOf(request), key: keyOf(request) }) ||
      request.url !== '/api'
    ) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      serve(
        service,
        socketTransport(webSocket, (error) => onError(error, 'web socket')),
        { onError },
      );
    });
  };

  const server = createServer((request, response) => {
    try {
      answer(request, response);
    } catch (error) {
      onError(error, 'request');
      if (!response.headersSent) refuse(response, 400, 'Bad request.');
    }
  });
  server.on('upgrade', upgrade);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, loopback, resolve);
  });
  const { port } = server.address() as AddressInfo;
  authority = `${loopback}:${port}`;
  cookieName = `agile-vpn-${port}`;
  headers = pageHeaders([`ws://${authority}`]);
  server.on('error', (error) => onError(error, 'server'));

  const newUrl = (): string => `http://${authority}/?token=${sessions.issueToken()}`;
  return {
    url: newUrl(),
    newUrl,
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
