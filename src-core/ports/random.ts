/** Cryptographically strong randomness. A seeded one in tests makes a schedule reproducible. */
export interface Random {
  /** `length` fresh octets. */
  bytes(length: number): Uint8Array;
}
