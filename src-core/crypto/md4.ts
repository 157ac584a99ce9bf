/**
 * MD4, RFC 1320. Broken for every other use; MS-CHAPv2 hashes the password with it (RFC 2759 section 8.3) and OpenSSL 3
 * has dropped it.
 */
export function md4(message: Uint8Array): Uint8Array {
  const length = message.length;
  const padded = new Uint8Array(((length + 8) >> 6) * 64 + 64);
  padded.set(message);
  padded[length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, (length * 8) >>> 0, true);
  view.setUint32(padded.length - 4, Math.floor(length / 0x2000_0000), true);

  let a = 0x67452301;
  let b = 0xefcdab89 | 0;
  let c = 0x98badcfe | 0;
  let d = 0x10325476;
  const x = new Int32Array(16);
  for (let block = 0; block < padded.length; block += 64) {
    for (let i = 0; i < 16; i += 1) x[i] = view.getInt32(block + 4 * i, true);
    const [aa, bb, cc, dd] = [a, b, c, d];
    // Each step computes one word; the four words turn, so that the new one is always `a` before the turn.
    for (const { order, shifts, mix, constant } of rounds) {
      for (let i = 0; i < 16; i += 1) {
        const sum = (a + mix(b, c, d) + x[order[i]!]! + constant) | 0;
        const shift = shifts[i & 3]!;
        [a, d, c, b] = [d, c, b, (sum << shift) | (sum >>> (32 - shift))];
      }
    }
    a = (a + aa) | 0;
    b = (b + bb) | 0;
    c = (c + cc) | 0;
    d = (d + dd) | 0;
  }
  x.fill(0);
  padded.fill(0);
  const digest = new DataView(new ArrayBuffer(16));
  [a, b, c, d].forEach((word, index) => digest.setInt32(4 * index, word, true));
  return new Uint8Array(digest.buffer);
}

interface Round {
  readonly order: readonly number[];
  readonly shifts: readonly number[];
  readonly constant: number;
  mix(x: number, y: number, z: number): number;
}

/** RFC 1320 section 3.4. */
const rounds: readonly Round[] = [
  {
    order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    shifts: [3, 7, 11, 19],
    constant: 0,
    mix: (x, y, z) => (x & y) | (~x & z),
  },
  {
    order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    shifts: [3, 5, 9, 13],
    constant: 0x5a827999,
    mix: (x, y, z) => (x & y) | (x & z) | (y & z),
  },
  {
    order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    shifts: [3, 9, 11, 15],
    constant: 0x6ed9eba1,
    mix: (x, y, z) => x ^ y ^ z,
  },
];
