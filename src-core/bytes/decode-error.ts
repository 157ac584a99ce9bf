/**
 * Input that does not have the form its format demands. The only exception a decoder of this project throws;
 * `decoded` turns it into data at the edge of a room.
 */
export class DecodeError extends Error {
  /** Which structure was being read: "header", "SA", "EAP", … */
  readonly area: string;
  /** Which field of it was refused. */
  readonly field: string;

  constructor(area: string, field: string, message: string) {
    super(`${area}: ${field}: ${message}`);
    this.name = 'DecodeError';
    this.area = area;
    this.field = field;
  }
}

/** What a total decoder gives back. */
export type Decoded<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: DecodeError };

/** Runs a decoder; a DecodeError becomes a result, anything else is a defect and passes through. */
export function decoded<T>(decode: () => T): Decoded<T> {
  try {
    return { ok: true, value: decode() };
  } catch (error) {
    if (error instanceof DecodeError) return { ok: false, error };
    throw error;
  }
}
