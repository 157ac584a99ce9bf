import { createClient } from './client';
import type { ApiClient, ApiPush, ApiRequests, Snapshot } from './contract';
import { requestSchemas } from './schemas';
import { serve } from './serve';
import { ApiError, type ApiHandlers, type ApiService } from './service';
import { createTransportPair } from './transport';

/** A call that reached the service, in order. */
export type FakeCall = {
  readonly [K in keyof ApiRequests]: { readonly name: K; readonly args: ApiRequests[K]['args'] };
}[keyof ApiRequests];

export const emptySnapshot: Snapshot = {
  version: '0.0.0',
  host: 'browser',
  language: 'en',
  profiles: [],
  statuses: [],
  adapters: [],
  prompts: [],
  demo: null,
  log: [],
  roundTrips: {},
  roundTripHistory: {},
  secretStorage: 'available',
  diagnoses: [],
  wireless: null,
  offeredImports: [],
  startAtLogin: null,
};

export interface FakeApi {
  readonly service: ApiService;
  /** Goes through the real binding and validation, in memory. */
  readonly client: ApiClient;
  readonly calls: readonly FakeCall[];
  push(push: ApiPush): void;
  /** Replaces the answer to one request. */
  handle<K extends keyof ApiRequests>(name: K, handler: ApiHandlers[K]): void;
}

/**
 * The contract's test double. Every request of the contract is there because it is derived from the contract:
 * `getSnapshot` answers `snapshot`, everything else is refused until `handle` says what to answer.
 */
export function createFakeApi(snapshot: Partial<Snapshot> = {}): FakeApi {
  const calls: FakeCall[] = [];
  const listeners = new Set<(push: ApiPush) => void>();
  const answers = new Map<string, (args: never) => unknown>();
  const refuse = (name: string) => (): never => {
    throw new ApiError('refused', 'failure.argument', null, { field: name, problem: 'has no answer in this test' });
  };

  const entries = Object.keys(requestSchemas).map((name) => [
    name,
    async (args: unknown): Promise<unknown> => {
      if (name !== 'setVisible') calls.push({ name, args } as FakeCall);
      return (answers.get(name) ?? refuse(name))(args as never);
    },
  ]);
  const handlers = Object.fromEntries(entries) as ApiHandlers;

  const service: ApiService = {
    ...handlers,
    onPush: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const pair = createTransportPair();
  serve(service, pair.service);

  const fake: FakeApi = {
    service,
    client: createClient(pair.client),
    calls,
    push: (push) => {
      for (const listener of listeners) listener(push);
    },
    handle: (name, handler) => {
      answers.set(name, handler);
    },
  };
  fake.handle('getSnapshot', () => ({ ...emptySnapshot, ...snapshot }));
  fake.handle('setVisible', () => null);
  return fake;
}
