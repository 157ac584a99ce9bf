import type { ApiClient, ApiFailure, ApiPush, ApiRequests, ApiResult } from './contract';
import type { ServiceMessage, Transport } from './transport';

const gone: ApiFailure = { code: 'internal', message: 'The connection to the service was lost.', field: null };

/** The user interface's end. Runs in a page: no Node module, no code generation (the CSP forbids it). */
export function createClient(transport: Transport): ApiClient {
  const pending = new Map<number, (result: ApiResult<unknown>) => void>();
  const listeners = new Set<(push: ApiPush) => void>();
  let nextId = 1;
  let open = true;

  transport.onMessage((message) => {
    const received = message as ServiceMessage;
    if (received.type === 'push') {
      for (const listener of listeners) listener(received.push);
      return;
    }
    const resolve = pending.get(received.id);
    pending.delete(received.id);
    resolve?.(received.result);
  });

  transport.onClose(() => {
    open = false;
    for (const resolve of pending.values()) resolve({ ok: false, failure: gone });
    pending.clear();
  });

  return {
    request<K extends keyof ApiRequests>(
      name: K,
      args: ApiRequests[K]['args'],
    ): Promise<ApiResult<ApiRequests[K]['result']>> {
      return new Promise((resolve) => {
        if (!open) {
          resolve({ ok: false, failure: gone });
          return;
        }
        const id = nextId++;
        pending.set(id, resolve as (result: ApiResult<unknown>) => void);
        transport.send({ type: 'request', id, name, args });
      });
    },
    onPush(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
