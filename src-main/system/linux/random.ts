import { randomBytes } from 'node:crypto';
import type { Random } from '../../../src-core/ports';

export class SystemRandom implements Random {
  bytes(length: number): Uint8Array {
    return new Uint8Array(randomBytes(length));
  }
}
