import type { NotifyPayload } from './payloads/notify';
import type { Payload } from './payload';

type Match<P, T> = P extends { readonly type: infer U } ? (T extends U ? P : never) : never;
/** The payload that has this type among its own: IDi and IDr, TSi and TSr share an interface. */
type PayloadOf<T extends Payload['type']> = Match<Payload, T>;

/** The first payload of a type. */
export function findPayload<T extends Payload['type']>(
  payloads: readonly Payload[],
  type: T,
): PayloadOf<T> | undefined {
  return findPayloads(payloads, type)[0];
}

/** All payloads of a type, in order. */
export function findPayloads<T extends Payload['type']>(
  payloads: readonly Payload[],
  type: T,
): readonly PayloadOf<T>[] {
  return payloads.filter((payload) => payload.type === type) as unknown as readonly PayloadOf<T>[];
}

export function findNotify(payloads: readonly Payload[], notifyType: number): NotifyPayload | undefined {
  return findNotifies(payloads, notifyType)[0];
}

export function findNotifies(payloads: readonly Payload[], notifyType: number): readonly NotifyPayload[] {
  return findPayloads(payloads, 'N').filter((payload) => payload.notify === notifyType);
}

/**
 * The type of the first unknown payload that has its critical bit set; null when the message may be processed (C-77).
 */
export function unsupportedCritical(payloads: readonly Payload[]): number | null {
  return findPayloads(payloads, 'unknown').find((payload) => payload.critical)?.payloadType ?? null;
}
