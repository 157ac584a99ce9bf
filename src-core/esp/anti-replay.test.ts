import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { AntiReplayWindow, replayWindowSize } from './anti-replay';

const size = BigInt(replayWindowSize);
const two32 = 1n << 32n;

/** What RFC 4303 section 3.4.3 says, as a set. */
class Model {
  readonly #seen = new Set<bigint>();
  #highest = 0n;

  accept(sequence: bigint, limit: bigint): boolean {
    if (sequence < 1n || sequence > limit || sequence <= this.#highest - size || this.#seen.has(sequence)) return false;
    this.#seen.add(sequence);
    if (sequence > this.#highest) this.#highest = sequence;
    return true;
  }
}

describe('the window', () => {
  test('H-59 takes each number once, in any order inside the window', () => {
    const window = new AntiReplayWindow(false);
    for (const sequence of [5n, 1n, 3n, 4n, 2n, 40n, 33n, 32n, 31n]) {
      expect(window.accept(sequence)).toBe(true);
      expect(window.accept(sequence)).toBe(false);
    }
    expect(window.highest).toBe(40n);
  });

  test('H-59 refuses 0, and what is as old as the window is wide', () => {
    const window = new AntiReplayWindow(false);
    expect(window.accept(0n)).toBe(false);
    expect(window.accept(size + 10n)).toBe(true);
    expect(window.accept(10n)).toBe(false);
    expect(window.accept(11n)).toBe(true);
    expect(window.accept(0n)).toBe(false);
  });

  test('H-59 checking changes nothing', () => {
    const window = new AntiReplayWindow(false);
    window.accept(1n);
    for (let count = 0; count < 3; count += 1) expect(window.check(1n << 31n)).toBe(true);
    expect(window.highest).toBe(1n);
    expect(window.accept(2n)).toBe(true);
  });

  test('H-59 a jump by 2^31 forgets what was, and only that', () => {
    const window = new AntiReplayWindow(false);
    for (let sequence = 1n; sequence <= 100n; sequence += 1n) window.accept(sequence);
    const far = 100n + (1n << 31n);
    expect(window.accept(far)).toBe(true);
    expect(window.accept(100n)).toBe(false);
    for (let back = 1n; back < size; back += 1n) expect(window.accept(far - back)).toBe(true);
    for (let back = 0n; back < size; back += 1n) expect(window.accept(far - back)).toBe(false);
    expect(window.accept(far - size)).toBe(false);
  });

  test('H-59 without ESN the numbers end at 2^32 - 1 and never wrap', () => {
    const window = new AntiReplayWindow(false);
    expect(window.accept(two32 - 1n)).toBe(true);
    expect(window.accept(two32)).toBe(false);
    expect(window.accept(1n)).toBe(false);
    expect(window.reconstruct(1)).toBe(1n);
  });

  test('agrees with a set of seen numbers over random walks', () => {
    const step = fc.oneof(
      fc.integer({ min: -40, max: 40 }),
      fc.integer({ min: -9000, max: 9000 }),
      fc.integer({ min: 0, max: 20_000 }),
      fc.constantFrom(31, 32, 33, 8191, 8192, 8193, 16_383, 16_384, 16_385, -8191, -8192, -8193),
    );
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: two32 - 1n }), fc.array(step, { maxLength: 400 }), (start, steps) => {
        const window = new AntiReplayWindow(true);
        const model = new Model();
        let at = start;
        for (const move of steps) {
          at += BigInt(move);
          expect(window.check(at)).toBe(window.accept(at) ? model.accept(at, 1n << 64n) : model.accept(at, 1n << 64n));
          expect(window.check(at)).toBe(false);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('E-6 extended sequence numbers (RFC 4303 appendix A2)', () => {
  const low = (sequence: bigint) => Number(sequence & 0xffffffffn);

  test('around 2^32 every number is reconstructed from its low half', () => {
    const window = new AntiReplayWindow(true);
    for (let sequence = two32 - 20_000n; sequence < two32 + 20_000n; sequence += 7n) {
      expect(window.reconstruct(low(sequence))).toBe(sequence);
      expect(window.accept(sequence)).toBe(true);
    }
  });

  test('late numbers from before 2^32 are recognised after it, and the other way round', () => {
    const window = new AntiReplayWindow(true);
    window.accept(two32 + 5n);
    expect(window.reconstruct(0xffff_ffff)).toBe(two32 - 1n);
    expect(window.reconstruct(low(two32 + 5n - size + 1n))).toBe(two32 + 5n - size + 1n);
    // One older than the window can only be meant as far ahead.
    expect(window.reconstruct(low(two32 + 5n - size))).toBe(2n * two32 + 5n - size);
    const before = new AntiReplayWindow(true);
    before.accept(two32 - 2n);
    expect(before.reconstruct(0)).toBe(two32);
    expect(before.accept(two32)).toBe(true);
    expect(before.accept(two32 - 1n)).toBe(true);
  });

  test('the whole number 0 is refused, 2^32 with its low half 0 is not', () => {
    const window = new AntiReplayWindow(true);
    expect(window.reconstruct(0)).toBe(0n);
    expect(window.check(0n)).toBe(false);
    window.accept(two32 - 1n);
    expect(window.accept(window.reconstruct(0)!)).toBe(true);
    expect(window.highest).toBe(two32);
  });

  test('a low half that would lie before the beginning or past 2^64 has no number', () => {
    const window = new AntiReplayWindow(true);
    expect(window.reconstruct(0xffff_fff0)).toBeNull();
    const last = (1n << 64n) - 1n;
    expect(window.accept(last)).toBe(true);
    expect(window.reconstruct(0)).toBeNull();
    expect(window.accept(last + 1n)).toBe(false);
    expect(window.accept(last - 1n)).toBe(true);
  });

  test('anything less than 2^32 - window ahead, or inside the window, is reconstructed', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 1n << 40n }),
        fc.bigInt({ min: 1n - size, max: two32 - size }),
        (highest, distance) => {
          const sequence = highest + distance;
          fc.pre(sequence > 0n);
          const window = new AntiReplayWindow(true);
          window.accept(highest);
          expect(window.reconstruct(low(sequence))).toBe(sequence);
        },
      ),
    );
  });
});
