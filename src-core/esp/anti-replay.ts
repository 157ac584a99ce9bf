const wordBits = 32;
const lowMask = 0xffffffffn;
const two32 = 0x1_0000_0000n;
const maximum = { short: lowMask, extended: 0xffff_ffff_ffff_ffffn } as const;

/** Sequence numbers behind the highest one that are still accepted (E-5; docs/data-path.md 4.5). */
export const replayWindowSize = 8192;

/**
 * Anti-replay window after RFC 6479: a ring of words that is never shifted. Moving ahead clears the words
 * passed over. The ring is twice the window, so a word being cleared never holds a number still inside it.
 * `check` before decrypting, `accept` only once the ICV is good (RFC 4303 section 3.4.3).
 */
export class AntiReplayWindow {
  readonly #esn: boolean;
  readonly #ring = new Uint32Array((2 * replayWindowSize) / wordBits);
  #highest = 0n;

  constructor(esn: boolean) {
    this.#esn = esn;
  }

  /** The highest authenticated sequence number; 0 before the first. */
  get highest(): bigint {
    return this.#highest;
  }

  /**
   * The full sequence number behind the 32 bits on the wire; without ESN those bits themselves.
   * RFC 4303 appendix A2.1. null: it would lie before 0 or beyond 2^64.
   */
  reconstruct(sequenceLow: number): bigint | null {
    const low = BigInt(sequenceLow);
    if (!this.#esn) return low;
    const highestLow = this.#highest & lowMask;
    const highestHigh = this.#highest >> 32n;
    const size = BigInt(replayWindowSize);
    let high: bigint;
    if (highestLow >= size - 1n) {
      // The window lies within one subspace.
      high = low >= highestLow - size + 1n ? highestHigh : highestHigh + 1n;
    } else {
      // The window reaches back into the subspace before.
      high = low >= highestLow - size + 1n + two32 ? highestHigh - 1n : highestHigh;
    }
    if (high < 0n || high > lowMask) return null;
    return (high << 32n) | low;
  }

  /** Neither seen nor too old. Changes nothing. */
  check(sequence: bigint): boolean {
    if (sequence <= 0n || sequence > maximum[this.#esn ? 'extended' : 'short']) return false;
    if (sequence > this.#highest) return true;
    if (this.#highest - sequence >= BigInt(replayWindowSize)) return false;
    const { word, bit } = this.#place(sequence);
    return (this.#ring[word]! & bit) === 0;
  }

  /** Marks an authenticated sequence number. false: `check` fails, so this one is a replay after all. */
  accept(sequence: bigint): boolean {
    if (!this.check(sequence)) return false;
    if (sequence > this.#highest) {
      const passed = (sequence >> 5n) - (this.#highest >> 5n);
      const words = BigInt(this.#ring.length);
      const clear = Number(passed < words ? passed : words);
      let index = Number((this.#highest >> 5n) % words);
      for (let count = 0; count < clear; count += 1) {
        index = (index + 1) % this.#ring.length;
        this.#ring[index] = 0;
      }
      this.#highest = sequence;
    }
    const { word, bit } = this.#place(sequence);
    this.#ring[word] = (this.#ring[word]! | bit) >>> 0;
    return true;
  }

  #place(sequence: bigint): { word: number; bit: number } {
    const position = Number(sequence % BigInt(this.#ring.length * wordBits));
    return { word: Math.floor(position / wordBits), bit: (1 << (position % wordBits)) >>> 0 };
  }
}
