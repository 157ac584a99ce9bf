import type { ApiFailure, ApiPush, ApiRequests, ApiResult } from './contract';
import { ApiError, type ApiService } from './service';
import type { ServiceMessage, Transport } from './transport';
import { parseRequestMessage, validateRequest } from './validate';

/** What one interface shows. */
interface Attention {
  readonly visible: boolean;
  /** Connections whose chart it shows. */
  readonly charts: readonly string[];
}

/** The interfaces of one service; it works for a chart only while at least one of them is visible and shows it. */
const audiences = new WeakMap<ApiService, Map<Transport, Attention>>();

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
  const audience = audiences.get(service) ?? new Map<Transport, Attention>();
  audiences.set(service, audience);
  audience.set(transport, { visible: true, charts: [] });
  let open = true;
  /** Charts were asked for: the service is told when that changes. */
  let attended = false;

  const send = (message: ServiceMessage): void => {
    if (open) transport.send(message);
  };
  const attention = (): Attention => audience.get(transport) ?? { visible: true, charts: [] };
  const looking = (): readonly Attention[] => [...audience.values()].filter(({ visible }) => visible);
  const tellVisibility = async (): Promise<null> => service.setVisible({ visible: looking().length > 0 });
  const tellCharts = async (): Promise<null> =>
    service.watchRoundTrips({ names: [...new Set(looking().flatMap(({ charts }) => charts))] });
  /** An interface came, went, or turned to something else. */
  const tellAttention = (): void => {
    void tellVisibility().catch((error: unknown) => options.onError?.(error, 'setVisible'));
    if (attended) void tellCharts().catch((error: unknown) => options.onError?.(error, 'watchRoundTrips'));
  };

  const handle = async (name: keyof ApiRequests, args: unknown): Promise<unknown> => {
    if (name === 'setVisible') {
      audience.set(transport, { ...attention(), visible: (args as ApiRequests['setVisible']['args']).visible });
      if (attended) await tellCharts();
      return tellVisibility();
    }
    if (name === 'watchRoundTrips') {
      attended = true;
      audience.set(transport, { ...attention(), charts: (args as ApiRequests['watchRoundTrips']['args']).names });
      return tellCharts();
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
    if (!attention().visible && heldWhileHidden.has(push.type)) return;
    send({ type: 'push', push });
  });

  const stop = (): void => {
    if (!open) return;
    open = false;
    unsubscribe();
    audience.delete(transport);
    tellAttention();
  };
  tellAttention();
  transport.onClose(stop);
  return stop;
}
