import { expect } from 'vitest';
import { hexDecode } from '../../../bytes';
import type { Decoded } from '../../../bytes';

export type { ConfigurationContext } from '../configuration-attributes';

/** "area/field" of a DecodeError. */
export type DecodeErrorExpectation = string;

/** Octets of hexadecimal text. */
export function raw(hex: string): Uint8Array {
  const bytes = hexDecode(hex);
  if (bytes === null) throw new Error(`not hexadecimal: ${hex}`);
  return bytes;
}

export function expectRefused(result: Decoded<unknown>, area: string, field: string): void {
  expect(result.ok ? 'accepted' : `${result.error.area}/${result.error.field}`).toBe(`${area}/${field}`);
}
