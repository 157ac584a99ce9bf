import type { NotifyPayload } from './payloads/notify';
import type { Payload } from './payload';

/** The first payload of a type. */
export function findPayload<T extends Payload['type']>(payloads: readonly Payload[], type: T): Extract<Payload, { type: T }> | undefined {
  return payloads.find((payload): payload is Extract<Payload, { type: T }> => payload.type === type);
}

/** All payloads of a type, in order. */
export function findPayloads<T extends Payload['type']>(payloads: readonly Payload[], type: T): readonly Extract<Payload, { type: T }>[] {
  return payloads.filter((payload): payload is Extract<Payload, { type: T }> => payload.type === type);
}

export function findNotify(payloads: readonly Payload[], notifyType: number): NotifyPayload | undefined {
  return findNotifies(payloads, notifyType)[0];
}

export function findNotifies(payloads: readonly Payload[], notifyType: number): readonly NotifyPayload[] {
  return findPayloads(payloads, 'N').filter((payload) => payload.notify === notifyType);
}

/** The type of the first unknown payload that has its critical bit set; null when the message may be processed (C-77). */
export function unsupportedCritical(payloads: readonly Payload[]): number | null {
  return findPayloads(payloads, 'unknown').find((payload) => payload.critical)?.payloadType ?? null;
}
