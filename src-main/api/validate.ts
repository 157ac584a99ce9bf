import type { ErrorObject } from 'ajv';
import type { ApiFailure, ApiRequests } from './contract';
import { validators } from './request-validators';
import type { RequestMessage } from './transport';

export type Validated =
  | { readonly ok: true; readonly name: keyof ApiRequests; readonly args: unknown }
  | { readonly ok: false; readonly failure: ApiFailure };

/** `/profile/name` and a missing `server` become `profile.server`. */
function fieldOf(error: ErrorObject): string {
  const path = error.instancePath.split('/').slice(1);
  const params = error.params as Readonly<Record<string, unknown>>;
  const extra =
    params['missingProperty'] ??
    params['additionalProperty'] ??
    (error.keyword === 'discriminator' ? params['tag'] : undefined);
  return [...path, ...(typeof extra === 'string' ? [extra] : [])].join('.').slice(0, 200) || 'args';
}

/**
 * Checks a request's name and argument. The failure names the field; it never repeats the value, which may be a secret.
 */
export function validateRequest(name: string, args: unknown): Validated {
  const validator = Object.hasOwn(validators, name) ? validators[name] : undefined;
  if (validator === undefined)
    return { ok: false, failure: { code: 'invalid-argument', message: 'There is no such request.', field: 'name' } };
  if (validator(args)) return { ok: true, name: name as keyof ApiRequests, args };
  const error = validator.errors?.[0];
  const field = error === undefined ? 'args' : fieldOf(error);
  return {
    ok: false,
    failure: { code: 'invalid-argument', message: `"${field}" ${error?.message ?? 'is wrong'}.`, field },
  };
}

/** The frame of a message, or null for anything else. */
export function parseRequestMessage(message: unknown): RequestMessage | null {
  if (typeof message !== 'object' || message === null) return null;
  const { type, id, name, args } = message as Record<string, unknown>;
  if (type !== 'request' || typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0 || typeof name !== 'string')
    return null;
  return { type, id, name, args: args ?? null };
}
