/** Legacy Nak, RFC 3748 section 5.3.1: the types that we would accept, or 0 for none. */
export function encodeNak(acceptable: readonly number[]): Uint8Array {
  return new Uint8Array(acceptable.length === 0 ? [0] : acceptable);
}

/** The types a peer would accept. */
export function decodeNak(data: Uint8Array): readonly number[] {
  return [...data].filter((type) => type !== 0);
}
