import type { ApiFailure, ApiPush, ApiRequests, ApiResult } from './contract';
import { ApiError, type ApiService } from './service';
import type { ServiceMessage, Transport } from './transport';
import { parseRequestMessage, validateRequest } from './validate';

/** The interfaces of one service; it works for a chart only while at least one of them is visible. */
const audiences = new WeakMap<ApiService, Map<Transport, boolean>>();

function failureOf(error: unknown): ApiFailure {
  if (error instanceof ApiError) return error.failure;
  // The text of an unexpected error may hold anything; the log of the host has it, the page gets a sentence.
  return new ApiError('internal', 'failure.unexpected').failure;
}

/** A hidden interface asks for a new snapshot when it is seen again, so it can do without these. */
const heldWhileHidden: ReadonlySet<ApiPush['type']> = new Set(['round-trip', 'log']);

export interface ServeOptions {
  /** Unexpected errors, for the host's log. */
  readonly onError?: (error: unknown, request: string) => void;
}

/** Answers one user interface until its transport closes. Returns the function that ends it earlier. */
export function serve(service: ApiService, transport: Transport, options: ServeOptions = {}): () => void {
  const audience = audiences.get(service) ?? new Map<Transport, boolean>();
  audiences.set(service, audience);
  audience.set(transport, true);
  let open = true;

  const send = (message: ServiceMessage): void => {
    if (open) transport.send(message);
  };
  const tellVisibility = async (): Promise<null> => service.setVisible({ visible: [...audience.values()].some((visible) => visible) });

  const handle = async (name: keyof ApiRequests, args: unknown): Promise<unknown> => {
    if (name === 'setVisible') {
      audience.set(transport, (args as ApiRequests['setVisible']['args']).visible);
      return tellVisibility();
    }
    // The schema of `name` accepted `args`; the compiler cannot follow that through the union of all requests.
    const handler = service[name].bind(service) as (accepted: unknown) => unknown;
    return handler(args);
  };

  const answer = async (name: string, args: unknown): Promise<ApiResult<unknown>> => {
    const validated = validateRequest(name, args);
    if (!validated.ok) return validated;
    try {
      return { ok: true, value: (await handle(validated.name, validated.args)) ?? null };
    } catch (error) {
      if (!(error instanceof ApiError)) options.onError?.(error, name);
      return { ok: false, failure: failureOf(error) };
    }
  };

  transport.onMessage((message) => {
    const request = parseRequestMessage(message);
    if (request === null || !open) return;
    void answer(request.name, request.args).then((result) => send({ type: 'response', id: request.id, result }));
  });

  const unsubscribe = service.onPush((push) => {
    if (audience.get(transport) === false && heldWhileHidden.has(push.type)) return;
    send({ type: 'push', push });
  });

  const stop = (): void => {
    if (!open) return;
    open = false;
    unsubscribe();
    audience.delete(transport);
    void tellVisibility().catch((error: unknown) => options.onError?.(error, 'setVisible'));
  };
  void tellVisibility().catch((error: unknown) => options.onError?.(error, 'setVisible'));
  transport.onClose(stop);
  return stop;
}
