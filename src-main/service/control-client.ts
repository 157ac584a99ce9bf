import { readdirSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { ControlReply, ControlRequest } from './control-protocol';

/** Sockets of the hosts of this user that may be running. */
export function findHosts(runtimeDirectory: string): readonly string[] {
  try {
    return readdirSync(runtimeDirectory)
      .filter((name) => /^host-[0-9]+\.sock$/.test(name))
      .sort()
      .map((name) => join(runtimeDirectory, name));
  } catch {
    return [];
  }
}

/**
 * Asks one host. Resolves true when it has said everything, false when nobody is behind the socket (a host that was
 * killed; the file is removed).
 * `signal` ends a watch; with `patient` it only says that nothing more is wanted, and the host has the last word.
 */
export function askHost(
  path: string,
  request: ControlRequest,
  onReply: (reply: ControlReply) => void,
  signal?: AbortSignal,
  patient = false,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    let text = '';
    let connected = false;
    socket.setEncoding('utf8');
    socket.on('connect', () => {
      connected = true;
      socket.write(`${JSON.stringify(request)}\n`);
    });
    socket.on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) onReply(JSON.parse(line) as ControlReply);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') removeStale(path);
    });
    socket.on('close', () => resolve(connected));
    signal?.addEventListener('abort', () => (patient ? socket.end() : socket.destroy()));
  });
}

function removeStale(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Somebody else was faster.
  }
}
