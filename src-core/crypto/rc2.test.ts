import { describe, expect, it } from 'vitest';
import { rc2CbcDecrypt } from './rc2';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

describe('RC2, RFC 2268 section 5 (one block, zero IV)', () => {
  it.each([
    ['0000000000000000', 63, '0000000000000000', 'ebb773f993278eff'],
    ['ffffffffffffffff', 64, 'ffffffffffffffff', '278b27e42e2f0d49'],
    ['3000000000000000', 64, '1000000000000001', '30649edf9be7d2c2'],
    ['88', 64, '0000000000000000', '61a8a244adacccf0'],
    ['88bca90e90875a', 64, '0000000000000000', '6ccf4308974c267f'],
    ['88bca90e90875a7f0f79c384627bafb2', 64, '0000000000000000', '1a807d272bbe5db1'],
    ['88bca90e90875a7f0f79c384627bafb2', 128, '0000000000000000', '2269552ab0f85ca6'],
    ['88bca90e90875a7f0f79c384627bafb216f80a6f85920584c42fceb0be255daf1e', 129, '0000000000000000', '5b78d3a43dfff1f1'],
  ])('key %s, %i bits', (key, effectiveBits, plaintext, ciphertext) => {
    expect(hex(rc2CbcDecrypt(bytes(key), effectiveBits, new Uint8Array(8), bytes(ciphertext)))).toBe(plaintext);
    // The second block is chained with the first.
    expect(
      hex(rc2CbcDecrypt(bytes(key), effectiveBits, new Uint8Array(8), bytes(ciphertext + ciphertext)).subarray(8)),
    ).toBe(hex(bytes(plaintext).map((octet, index) => octet ^ bytes(ciphertext)[index]!)));
  });
});
