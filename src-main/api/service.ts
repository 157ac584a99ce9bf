import { failureTexts, type FailureKey } from '../../src-text/failure-texts';
import type { ApiFailure, ApiPush, ApiRequests } from './contract';

/** One method a request of the contract. Arguments were validated before; a refusal is thrown as `ApiError`. */
export type ApiHandlers = {
  readonly [K in keyof ApiRequests]: (
    args: ApiRequests[K]['args'],
  ) => Promise<ApiRequests[K]['result']> | ApiRequests[K]['result'];
};

/** What a host serves: the service's face towards every user interface. */
export interface ApiService extends ApiHandlers {
  /** Calls `listener` for each delta until the returned function is called. */
  onPush(listener: (push: ApiPush) => void): () => void;
}

/** A refusal as a handler throws it; only its `failure` crosses to the user interface. */
export class ApiError extends Error {
  readonly failure: ApiFailure;

  /** `reason`: a key of the catalogue, with `values` for what it fills in. */
  constructor(
    code: ApiFailure['code'],
    reason: FailureKey,
    field: string | null = null,
    values: Readonly<Record<string, string>> = {},
  ) {
    const message = failureTexts[reason].replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
    super(message);
    this.name = 'ApiError';
    this.failure = { code, message, field, text: { key: reason, values } };
  }
}
