import { CryptoError } from './crypto-error';

/**
 * RC4. Broken for every other use; the MS-CHAPv2 password change needs it (RFC 2759 section 8.9, A-19). Encrypts as it
 * decrypts.
 */
export function rc4(key: Uint8Array, data: Uint8Array): Uint8Array {
  if (key.length === 0 || key.length > 256)
    throw new CryptoError('bad-length', `RC4 key has ${key.length} octets, must have 1 to 256`);
  const state = Uint8Array.from({ length: 256 }, (_, index) => index);
  for (let i = 0, j = 0; i < 256; i += 1) {
    j = (j + state[i]! + key[i % key.length]!) & 0xff;
    swap(state, i, j);
  }
  const output = new Uint8Array(data.length);
  for (let n = 0, i = 0, j = 0; n < data.length; n += 1) {
    i = (i + 1) & 0xff;
    j = (j + state[i]!) & 0xff;
    swap(state, i, j);
    output[n] = data[n]! ^ state[(state[i]! + state[j]!) & 0xff]!;
  }
  state.fill(0);
  return output;
}

function swap(state: Uint8Array, i: number, j: number): void {
  const held = state[i]!;
  state[i] = state[j]!;
  state[j] = held;
}
