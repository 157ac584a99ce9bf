import type { Random } from '../ports/random';

/**
 * Reproducible pseudo-randomness for simulated schedules (xoshiro128**, seeded through splitmix32).
 * Never for anything real: it is not cryptographically strong.
 */
export class SeededRandom implements Random {
  readonly seed: number;
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number) {
    this.seed = seed >>> 0;
    let state = this.seed;
    const next = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let z = state;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return (z ^ (z >>> 15)) >>> 0;
    };
    this.#a = next();
    this.#b = next();
    this.#c = next();
    this.#d = next() | 1;
  }

  /** 32 random bits. */
  uint32(): number {
    const product = Math.imul(this.#b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const t = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  bytes(length: number): Uint8Array {
    const result = new Uint8Array(length);
    for (let index = 0; index < length; index += 4) {
      const value = this.uint32();
      result[index] = value;
      if (index + 1 < length) result[index + 1] = value >>> 8;
      if (index + 2 < length) result[index + 2] = value >>> 16;
      if (index + 3 < length) result[index + 3] = value >>> 24;
    }
    return result;
  }

  /** 0 <= x < 1. */
  fraction(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** An integer in low..high, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.fraction() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return probability > 0 && this.fraction() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    if (choices.length === 0) throw new RangeError('nothing to choose from');
    return choices[this.integer(0, choices.length - 1)]!;
  }

  /** An independent stream, so that one consumer's appetite does not change another's luck. */
  fork(): SeededRandom {
    return new SeededRandom(this.uint32());
  }
}
