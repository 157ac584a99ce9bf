import type { ApiPush, ApiResult } from './contract';

/**
 * One user interface's pipe to the service. Messages are plain JSON data; they arrive in order or not at all.
 * Electron IPC, the loopback web socket and a pair in memory are the three there are.
 */
export interface Transport {
  send(message: unknown): void;
  /** One listener; it gets whatever the other side sent, unvalidated. */
  onMessage(listener: (message: unknown) => void): void;
  /** Called once when the other side is gone. */
  onClose(listener: () => void): void;
}

/** What the user interface sends. */
export interface RequestMessage {
  readonly type: 'request';
  readonly id: number;
  readonly name: string;
  readonly args: unknown;
}

/** What the service sends. */
export type ServiceMessage =
  | { readonly type: 'response'; readonly id: number; readonly result: ApiResult<unknown> }
  | { readonly type: 'push'; readonly push: ApiPush };

/** Two ends in one process. Messages are copied as JSON, as a real transport would, and delivered asynchronously. */
export function createTransportPair(): { readonly service: Transport; readonly client: Transport; close(): void } {
  const end = () => ({ message: (_: unknown): void => undefined, close: (): void => undefined });
  const ends = { service: end(), client: end() };
  const copy = (message: unknown): unknown => JSON.parse(JSON.stringify(message)) as unknown;
  let open = true;
  const transport = (own: ReturnType<typeof end>, other: ReturnType<typeof end>): Transport => ({
    send: (message) => {
      const delivered = copy(message);
      queueMicrotask(() => {
        if (open) other.message(delivered);
      });
    },
    onMessage: (listener) => {
      own.message = listener;
    },
    onClose: (listener) => {
      own.close = listener;
    },
  });
  return {
    service: transport(ends.service, ends.client),
    client: transport(ends.client, ends.service),
    close: () => {
      open = false;
      ends.service.close();
      ends.client.close();
    },
  };
}
