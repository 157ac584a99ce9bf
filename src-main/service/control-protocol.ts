import type { StatusObject } from '../../src-core/connection/status';
import type { LogEntry } from '../api/contract';

/**
 * What `agile-vpn status`, `disconnect` and `log` say to a running host of the same user, one JSON object a line over a
 * Unix socket
 * that only this user can open. The host answers with lines and closes when there is nothing more to say.
 */
export type ControlRequest =
  | { readonly type: 'status'; readonly name: string | null; readonly watch: boolean }
  | { readonly type: 'disconnect'; readonly name: string | null }
  /** Runs until the asker ends its side of the socket. `directory` is absolute. */
  | { readonly type: 'capture'; readonly name: string; readonly directory: string }
  | { readonly type: 'log'; readonly name: string | null; readonly follow: boolean };

export type ControlReply =
  | { readonly type: 'status'; readonly status: StatusObject }
  | { readonly type: 'log'; readonly entry: LogEntry }
  /** A connection was ended. */
  | { readonly type: 'disconnected'; readonly name: string }
  /** The kill switch that it had left in force was lifted. */
  | { readonly type: 'unblocked'; readonly name: string }
  /** The first one says that it runs; the last one what it came to. */
  | {
      readonly type: 'capture';
      readonly running: boolean;
      readonly directory: string;
      readonly packets: number;
      readonly dropped: number;
      /** Why it ended before it was told to; null: it did not. */
      readonly problem: string | null;
    }
  | { readonly type: 'error'; readonly message: string };

/** `backlogBytes`: a whole log may wait for its reader; one that reads no further while it grows is cut off. */
export const controlLimits = { requestBytes: 4096, backlogBytes: 96 * 1024 * 1024 } as const;

/** null: not a request of ours. */
export function parseControlRequest(line: string): ControlRequest | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { type, name, watch, follow, directory } = value as Record<string, unknown>;
  const wanted = typeof name === 'string' ? name : null;
  switch (type) {
    case 'status':
      return { type, name: wanted, watch: watch === true };
    case 'disconnect':
      return { type, name: wanted };
    case 'capture':
      return wanted !== null && typeof directory === 'string' && directory.startsWith('/')
        ? { type, name: wanted, directory }
        : null;
    case 'log':
      return { type, name: wanted, follow: follow === true };
    default:
      return null;
  }
}
