import { createHash } from 'node:crypto';
import type { Random } from '../ports/random';

/** Repeatable randomness for tests: SHA-256 of seed and counter. */
export function seededRandom(seed: string): Random {
  let counter = 0;
  return {
    bytes(length) {
      const result = new Uint8Array(length);
      for (let at = 0; at < length; at += 32)
        result.set(
          createHash('sha256')
            .update(`${seed}:${String(counter++)}`)
            .digest()
            .subarray(0, Math.min(32, length - at)),
          at,
        );
      return result;
    },
  };
}
