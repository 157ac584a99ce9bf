import { timingSafeEqual } from 'node:crypto';

/**
 * Compares without telling by its time where the difference is. Different lengths are unequal; lengths are not secret.
 */
export function equalConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Whether all octets are zero, looking at every octet. */
export function isAllZero(bytes: Uint8Array): boolean {
  let bits = 0;
  for (const octet of bytes) bits |= octet;
  return bits === 0;
}
