import { describe, expect, it } from 'vitest';
import { CryptoError } from './crypto-error';
import {
  createKeyExchange,
  keyExchangeGroups,
  type KeyExchangeGroup,
  libraryCurve25519,
  nodeCurve25519,
  respondToKeyExchange,
} from './key-exchange';
import { modpPrimes } from './modp-primes';
import keyExchangeVectors from './vectors/key-exchange.json';
import mlKemVectors from './vectors/ml-kem-768.json';
import wycheproof from './vectors/wycheproof-key-exchange.json';
import type { Random } from '../ports/random';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
/** Draws the given private key. */
const drawing = (privateKey: string): Random => ({ bytes: () => bytes(privateKey) });

function reasonOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof CryptoError) return error.reason;
    throw error;
  }
  return 'none';
}

describe('key exchange', () => {
  for (const { group, publicValueLength, responseValueLength, sharedSecretLength } of keyExchangeGroups.values()) {
    it(`group ${group}: both sides compute the same secret of ${sharedSecretLength} octets`, () => {
      const initiator = createKeyExchange(group);
      expect(initiator.publicValue).toHaveLength(publicValueLength);
      const response = respondToKeyExchange(group, initiator.publicValue);
      expect(response.publicValue).toHaveLength(responseValueLength);
      expect(response.sharedSecret).toHaveLength(sharedSecretLength);
      expect(hex(initiator.computeSharedSecret(response.publicValue))).toBe(hex(response.sharedSecret));
    });

    it(`group ${group}: a public value one octet short, one long or empty is refused before any math (C-20, H-18)`, () => {
      const exchange = createKeyExchange(group);
      for (const length of [0, responseValueLength - 1, responseValueLength + 1, 2 * responseValueLength]) {
        expect(reasonOf(() => exchange.computeSharedSecret(new Uint8Array(length).fill(7)))).toBe('bad-length');
      }
      expect(reasonOf(() => respondToKeyExchange(group, new Uint8Array(publicValueLength - 1)))).toBe('bad-length');
    });

    it(`group ${group}: nothing is computed after wipe`, () => {
      const exchange = createKeyExchange(group);
      const { publicValue } = respondToKeyExchange(group, exchange.publicValue);
      exchange.wipe();
      exchange.wipe();
      expect(reasonOf(() => exchange.computeSharedSecret(publicValue))).toBe('wiped');
    });
  }

  it('a group number that is not ours is refused (CVE-2014-9221)', () => {
    expect(reasonOf(() => createKeyExchange(1025 as KeyExchangeGroup))).toBe('unsupported-algorithm');
    expect(keyExchangeGroups.has(1)).toBe(false);
  });

  for (const vector of keyExchangeVectors.cases) {
    it(`group ${vector.group}: ${vector.case}`, () => {
      const group = vector.group as KeyExchangeGroup;
      const initiator = createKeyExchange(group, drawing(vector.privateI));
      const responder = createKeyExchange(group, drawing(vector.privateR));
      expect(hex(initiator.publicValue)).toBe(vector.publicI);
      expect(hex(responder.publicValue)).toBe(vector.publicR);
      expect(hex(initiator.computeSharedSecret(bytes(vector.publicR)))).toBe(vector.shared);
      expect(hex(responder.computeSharedSecret(bytes(vector.publicI)))).toBe(vector.shared);
    });
  }
});

describe('MODP', () => {
  const value = (group: keyof typeof modpPrimes): bigint => BigInt(`0x${modpPrimes[group]}`);

  it('group 2 prime is the formula of RFC 2409 section 6.2', () => {
    expect(value(2)).toBe(formulaPrime(1024, 129093n));
  });
  it('group 14 prime is the formula of RFC 3526 section 3', () => {
    expect(value(14)).toBe(formulaPrime(2048, 124476n));
  });
  it('group 15 prime is the formula of RFC 3526 section 4', () => {
    expect(value(15)).toBe(formulaPrime(3072, 1690314n));
  });
  it('group 16 prime is the formula of RFC 3526 section 5', () => {
    expect(value(16)).toBe(formulaPrime(4096, 240904n));
  });

  for (const group of [2, 14, 15, 16] as const) {
    const length = modpPrimes[group].length / 2;
    const encode = (number: bigint): Uint8Array => bytes(number.toString(16).padStart(2 * length, '0'));

    it(`group ${group}: public value and secret equal an independent big integer computation (no official vector)`, () => {
      const exponent = '9'.repeat(2 * { 2: 32, 14: 40, 15: 52, 16: 60 }[group]);
      const exchange = createKeyExchange(group, drawing(exponent));
      const power = BigInt(`0x${exponent}`);
      expect(hex(exchange.publicValue)).toBe(hex(encode(powMod(2n, power, value(group)))));
      const peer = powMod(2n, 0x1234567890abcdefn, value(group));
      expect(hex(exchange.computeSharedSecret(encode(peer)))).toBe(hex(encode(powMod(peer, power, value(group)))));
    });

    it(`group ${group}: 0, 1, p-1, p and p+1 are refused, 2 and p-2 are not (H-18)`, () => {
      const exchange = createKeyExchange(group);
      const p = value(group);
      for (const bad of [0n, 1n, p - 1n, p, p + 1n, (1n << BigInt(8 * length)) - 1n]) {
        expect(reasonOf(() => exchange.computeSharedSecret(encode(bad)))).toBe('bad-public-value');
      }
      expect(exchange.computeSharedSecret(encode(2n))).toHaveLength(length);
      expect(hex(exchange.computeSharedSecret(encode(2n)))).toBe(hex(exchange.publicValue));
    });
  }

  it('g^ir is left-padded to the modulus length (RFC 7296 section 2.14)', () => {
    const p = value(14);
    const exponent = `80${'00'.repeat(38)}01`;
    const exchange = createKeyExchange(14, drawing(exponent));
    // Search a peer value whose secret begins with a zero octet: about one in 256 does.
    for (let i = 2n; i < 5000n; i += 1n) {
      const secret = powMod(i, BigInt(`0x${exponent}`), p);
      if (secret >> 2040n !== 0n) continue;
      const computed = exchange.computeSharedSecret(bytes(i.toString(16).padStart(512, '0')));
      expect(computed).toHaveLength(256);
      expect(computed[0]).toBe(0);
      expect(BigInt(`0x${hex(computed)}`)).toBe(secret);
      return;
    }
    throw new Error('no such value was found');
  });
});

describe('ECP', () => {
  for (const group of [19, 20, 21] as const) {
    it(`group ${group}: a point off the curve is refused (H-18)`, () => {
      const exchange = createKeyExchange(group);
      const off = createKeyExchange(group).publicValue.slice();
      off[off.length - 1]! ^= 1;
      expect(reasonOf(() => exchange.computeSharedSecret(off))).toBe('bad-public-value');
      expect(reasonOf(() => exchange.computeSharedSecret(new Uint8Array(off.length)))).toBe('bad-public-value');
      expect(reasonOf(() => exchange.computeSharedSecret(new Uint8Array(off.length).fill(0xff)))).toBe(
        'bad-public-value',
      );
    });

    it(`group ${group}: a drawn private key outside 1..n-1 is drawn again`, () => {
      const length = { 19: 32, 20: 48, 21: 66 }[group];
      const draws = [new Uint8Array(length), new Uint8Array(length).fill(0xff), new Uint8Array(length).fill(1)];
      const exchange = createKeyExchange(group, { bytes: () => draws.shift()! });
      expect(draws).toHaveLength(0);
      expect(exchange.publicValue).toHaveLength(2 * length);
    });
  }

  it('Wycheproof ECDH P-256 with raw points', () => {
    for (const { id, comment, private: privateKey, public: publicValue, shared } of wycheproof.ecdh256) {
      const exchange = createKeyExchange(19, drawing(privateKey));
      expect([id, comment, hex(exchange.computeSharedSecret(bytes(publicValue)))]).toEqual([id, comment, shared]);
    }
  });
});

describe('Curve25519', () => {
  it('Wycheproof X25519: secrets, and low order points are refused (RFC 8031 section 5)', () => {
    let refused = 0;
    for (const { id, comment, private: privateKey, public: publicValue, shared } of wycheproof.x25519) {
      const exchange = createKeyExchange(31, drawing(privateKey));
      if (/^0+$/.test(shared)) {
        expect([id, comment, reasonOf(() => exchange.computeSharedSecret(bytes(publicValue)))]).toEqual([
          id,
          comment,
          'bad-public-value',
        ]);
        refused += 1;
      } else {
        expect([id, comment, hex(exchange.computeSharedSecret(bytes(publicValue)))]).toEqual([id, comment, shared]);
      }
    }
    expect(refused).toBeGreaterThan(2);
  });

  it('the host and the library give the same', () => {
    for (let i = 1; i < 20; i += 1) {
      const privateKey = Uint8Array.from({ length: 32 }, (_, index) => (index * 17 + i * 29) & 0xff);
      const peer = libraryCurve25519(Uint8Array.from({ length: 32 }, (_, index) => (index * 7 + i) & 0xff)).publicValue;
      const host = nodeCurve25519(privateKey);
      const library = libraryCurve25519(privateKey);
      expect(hex(host.publicValue)).toBe(hex(library.publicValue));
      expect(hex(host.agree(peer))).toBe(hex(library.agree(peer)));
    }
  });
});

describe('ML-KEM-768', () => {
  it('Wycheproof: key generation from the seed and decapsulation', () => {
    for (const { id, seed, ek, c, k } of mlKemVectors.decapsulate) {
      const exchange = createKeyExchange(36, drawing(seed));
      expect([id, hex(exchange.publicValue)]).toEqual([id, ek]);
      expect([id, hex(exchange.computeSharedSecret(bytes(c)))]).toEqual([id, k]);
    }
  });

  it('Wycheproof: encapsulation', () => {
    for (const { id, m, ek, c, k } of mlKemVectors.encapsulate) {
      const response = respondToKeyExchange(36, bytes(ek), drawing(m));
      expect([id, hex(response.publicValue), hex(response.sharedSecret)]).toEqual([id, c, k]);
    }
  });

  it('Wycheproof: encapsulation keys with coefficients outside the field are refused', () => {
    expect(mlKemVectors.badKeys.length).toBeGreaterThan(0);
    for (const { id, ek } of mlKemVectors.badKeys) {
      expect([id, reasonOf(() => respondToKeyExchange(36, bytes(ek)))]).toEqual([id, 'bad-public-value']);
    }
  });

  it('a changed ciphertext gives another secret, not an error (X-18)', () => {
    const exchange = createKeyExchange(36);
    const { publicValue, sharedSecret } = respondToKeyExchange(36, exchange.publicValue);
    publicValue[5]! ^= 1;
    expect(hex(exchange.computeSharedSecret(publicValue))).not.toBe(hex(sharedSecret));
  });
});

function powMod(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let b = base % modulus, e = exponent; e > 0n; e >>= 1n, b = (b * b) % modulus)
    if (e & 1n) result = (result * b) % modulus;
  return result;
}

/** 2^n - 2^(n-64) - 1 + 2^64 * ( [2^(n-130) pi] + k ) */
function formulaPrime(bits: number, k: bigint): bigint {
  const n = BigInt(bits);
  return (1n << n) - (1n << (n - 64n)) - 1n + (1n << 64n) * (floorPi(bits - 130) + k);
}

/** [2^bits pi] by Machin's formula: pi = 16 atan(1/5) - 4 atan(1/239), with guard bits. */
function floorPi(bits: number): bigint {
  const guard = 64n;
  const one = 1n << (BigInt(bits) + guard);
  const atanInverse = (x: bigint): bigint => {
    let sum = 0n;
    for (let term = one / x, n = 1n, sign = 1n; term !== 0n; term /= x * x, n += 2n, sign = -sign)
      sum += (sign * term) / n;
    return sum;
  };
  return (16n * atanInverse(5n) - 4n * atanInverse(239n)) >> guard;
}
