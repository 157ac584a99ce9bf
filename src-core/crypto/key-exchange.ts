import {
  createDiffieHellman,
  createECDH,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { x25519 } from '@noble/curves/ed25519.js';
import type { Random } from '../ports/random';
import { isAllZero } from './constant-time';
import { CryptoError } from './crypto-error';
import { mlKem768 } from './ml-kem';
import { modpPrimes } from './modp-primes';

/**
 * IANA "Key Exchange Method Transform IDs" that we speak. 2 (MODP-1024) is for legacy profiles only, 36 is ML-KEM-768.
 */
export type KeyExchangeGroup = 2 | 14 | 15 | 16 | 19 | 20 | 21 | 31 | 36;

export interface KeyExchangeGroupInfo {
  readonly group: KeyExchangeGroup;
  /**
   * Octets of the KE payload's data in the request: modulus length, 2n for ECP (no 0x04 prefix, RFC 5903 section 7), 32
   * for Curve25519 (RFC 8031),
   * the encapsulation key for ML-KEM.
   */
  readonly publicValueLength: number;
  /** The same for the response; it differs for ML-KEM only, where it is the ciphertext. */
  readonly responseValueLength: number;
  /** Octets of g^ir: the same for both sides, left-padded with zeros for MODP (RFC 7296 section 2.14). */
  readonly sharedSecretLength: number;
  readonly family: 'modp' | 'ecp' | 'curve25519' | 'ml-kem';
}

const modpExponentLengths = { 2: 32, 14: 40, 15: 52, 16: 60 } as const;
const ecpCurves = {
  19: { name: 'prime256v1', length: 32, topMask: 0xff },
  20: { name: 'secp384r1', length: 48, topMask: 0xff },
  21: { name: 'secp521r1', length: 66, topMask: 0x01 },
} as const;

type ModpGroup = keyof typeof modpExponentLengths;
type EcpGroup = keyof typeof ecpCurves;

const groupInfos: readonly KeyExchangeGroupInfo[] = [
  ...([2, 14, 15, 16] as const).map((group) => {
    const length = modpPrimes[group].length / 2;
    return {
      group,
      publicValueLength: length,
      responseValueLength: length,
      sharedSecretLength: length,
      family: 'modp',
    } as const;
  }),
  ...([19, 20, 21] as const).map((group) => {
    const { length } = ecpCurves[group];
    return {
      group,
      publicValueLength: 2 * length,
      responseValueLength: 2 * length,
      sharedSecretLength: length,
      family: 'ecp',
    } as const;
  }),
  { group: 31, publicValueLength: 32, responseValueLength: 32, sharedSecretLength: 32, family: 'curve25519' },
  {
    group: 36,
    publicValueLength: mlKem768.encapsulationKeyLength,
    responseValueLength: mlKem768.ciphertextLength,
    sharedSecretLength: mlKem768.sharedSecretLength,
    family: 'ml-kem',
  },
];

/** By group number. A number from the wire that is not in here is unknown (CVE-2014-9221). */
export const keyExchangeGroups: ReadonlyMap<number, KeyExchangeGroupInfo> = new Map(
  groupInfos.map((info) => [info.group, info]),
);

export function isKeyExchangeGroup(group: number): group is KeyExchangeGroup {
  return keyExchangeGroups.has(group);
}

/**
 * The initiator's ephemeral key. Used for one exchange, then wiped (RFC 6989 section 5: never reused with another
 * peer).
 */
export interface KeyExchange {
  readonly group: KeyExchangeGroup;
  /** Data of our KE payload. */
  readonly publicValue: Uint8Array;
  /**
   * g^ir, sharedSecretLength octets, from the peer's answer. It is checked first (C-20, RFC 6989): exact length, 2..p-2
   * for MODP,
   * on the curve for ECP, no all-zero result for Curve25519. Throws CryptoError `bad-length` or `bad-public-value`.
   * A wrong ML-KEM ciphertext gives a wrong secret, not an error.
   */
  computeSharedSecret(peerValue: Uint8Array): Uint8Array;
  /** Forgets the private key. Idempotent. */
  wipe(): void;
}

/** The responder's answer to an initiator's KE payload. */
export interface KeyExchangeResponse {
  /** Data of the KE payload to answer with. */
  readonly publicValue: Uint8Array;
  readonly sharedSecret: Uint8Array;
}

const systemRandom: Random = { bytes: (length) => new Uint8Array(randomBytes(length)) };

/**
 * A fresh key pair of the group; `random` makes it reproducible in tests. Throws CryptoError `unsupported-algorithm`.
 */
export function createKeyExchange(group: KeyExchangeGroup, random: Random = systemRandom): KeyExchange {
  const info = groupInfo(group);
  const ephemeral = createEphemeral(info.group, random);
  let live: Ephemeral | null = ephemeral;
  return {
    group: info.group,
    publicValue: ephemeral.publicValue,
    computeSharedSecret(peerValue) {
      if (live === null) throw new CryptoError('wiped', 'the key exchange was wiped');
      requireKeLength(group, peerValue, info.responseValueLength);
      return leftPad(live.agree(peerValue), info.sharedSecretLength);
    },
    wipe() {
      live?.wipe();
      live = null;
    },
  };
}

/**
 * The responder's half: checks `initiatorValue` as computeSharedSecret does and answers it. For ML-KEM this is the
 * encapsulation.
 */
export function respondToKeyExchange(
  group: KeyExchangeGroup,
  initiatorValue: Uint8Array,
  random: Random = systemRandom,
): KeyExchangeResponse {
  const info = groupInfo(group);
  requireKeLength(group, initiatorValue, info.publicValueLength);
  if (info.group === 36) {
    const { ciphertext, sharedSecret } = mlKem768.encapsulate(initiatorValue, random);
    return { publicValue: ciphertext, sharedSecret };
  }
  const exchange = createKeyExchange(info.group, random);
  try {
    return { publicValue: exchange.publicValue, sharedSecret: exchange.computeSharedSecret(initiatorValue) };
  } finally {
    exchange.wipe();
  }
}

function groupInfo(group: KeyExchangeGroup): KeyExchangeGroupInfo {
  const info = keyExchangeGroups.get(group);
  if (info === undefined) throw new CryptoError('unsupported-algorithm', `key exchange group ${group} is not known`);
  return info;
}

function requireKeLength(group: KeyExchangeGroup, value: Uint8Array, length: number): void {
  if (value.length !== length)
    throw new CryptoError('bad-length', `KE data of group ${group} has ${value.length} octets, must have ${length}`);
}

interface Ephemeral {
  readonly publicValue: Uint8Array;
  /** The peer's value already has the right length. */
  agree(peerPublicValue: Uint8Array): Uint8Array;
  wipe(): void;
}

function createEphemeral(group: KeyExchangeGroup, random: Random): Ephemeral {
  switch (group) {
    case 2:
    case 14:
    case 15:
    case 16:
      return modpEphemeral(group, random);
    case 19:
    case 20:
    case 21:
      return ecpEphemeral(group, random);
    case 31:
      return curve25519Ephemeral(random);
    case 36:
      return mlKemEphemeral(random);
  }
}

function modpEphemeral(group: ModpGroup, random: Random): Ephemeral {
  const prime = Buffer.from(modpPrimes[group], 'hex');
  const exchange = createDiffieHellman(prime, 2);
  // Exponents of at least twice the group's strength (RFC 3526 section 8); the full modulus length would only cost
  // time.
  const exponent = random.bytes(modpExponentLengths[group]);
  exponent[0]! |= 0x80;
  exchange.setPrivateKey(exponent);
  exponent.fill(0);
  return {
    publicValue: leftPad(exchange.generateKeys(), prime.length),
    agree(peerPublicValue) {
      if (!isInModpRange(peerPublicValue, prime))
        throw new CryptoError('bad-public-value', `KE data of group ${group} is not in 2..p-2`);
      try {
        return exchange.computeSecret(peerPublicValue);
      } catch (error) {
        throw new CryptoError('bad-public-value', `KE data of group ${group} was refused`, error);
      }
    },
    wipe: () => undefined,
  };
}

/**
 * 2 <= value <= p-2; both are public. The primes end in 64 one bits, so p-1 and p-2 differ from p in the last octet
 * only.
 */
function isInModpRange(value: Uint8Array, prime: Uint8Array): boolean {
  const limit = Uint8Array.from(prime);
  limit[limit.length - 1]! -= 2;
  if (Buffer.compare(value, limit) > 0) return false;
  return value.at(-1)! >= 2 || !isAllZero(value.subarray(0, -1));
}

function ecpEphemeral(group: EcpGroup, random: Random): Ephemeral {
  const { name, length, topMask } = ecpCurves[group];
  const exchange = createECDH(name);
  // Rejection sampling: a random value of the order's bit length is in 1..n-1 nearly always, and at worst every second
  // time.
  for (let attempt = 0; ; attempt += 1) {
    const privateKey = random.bytes(length);
    privateKey[0]! &= topMask;
    try {
      exchange.setPrivateKey(privateKey);
      break;
    } catch (error) {
      if (attempt >= 128) throw new CryptoError('bad-key', `no private key of group ${group} could be drawn`, error);
    } finally {
      privateKey.fill(0);
    }
  }
  return {
    publicValue: Uint8Array.from(exchange.getPublicKey().subarray(1)),
    agree(peerPublicValue) {
      const point = new Uint8Array(1 + peerPublicValue.length);
      point[0] = 4;
      point.set(peerPublicValue, 1);
      try {
        // OpenSSL and BoringSSL check that the point is on the curve; cofactor 1 leaves no small subgroup.
        return exchange.computeSecret(point);
      } catch (error) {
        throw new CryptoError('bad-public-value', `KE data of group ${group} is not a point on the curve`, error);
      }
    },
    wipe: () => undefined,
  };
}

function curve25519Ephemeral(random: Random): Ephemeral {
  const privateKey = random.bytes(32);
  const backEnd = curve25519();
  const opened = backEnd(privateKey);
  return {
    publicValue: opened.publicValue,
    agree(peerPublicValue) {
      let secret: Uint8Array;
      try {
        secret = opened.agree(peerPublicValue);
      } catch (error) {
        throw new CryptoError('bad-public-value', 'KE data of group 31 is of low order', error);
      }
      // RFC 8031 section 5: an all-zero result is refused, whatever the library thinks of it.
      if (isAllZero(secret)) throw new CryptoError('bad-public-value', 'KE data of group 31 is of low order');
      return secret;
    },
    wipe() {
      privateKey.fill(0);
    },
  };
}

function mlKemEphemeral(random: Random): Ephemeral {
  const { encapsulationKey, decapsulationKey } = mlKem768.generateKeys(random);
  return {
    publicValue: encapsulationKey,
    agree: (ciphertext) => mlKem768.decapsulate(ciphertext, decapsulationKey),
    wipe() {
      decapsulationKey.fill(0);
    },
  };
}

/** Opens a 32 octet private key. */
export type Curve25519 = (privateKey: Uint8Array) => {
  readonly publicValue: Uint8Array;
  agree(peerPublicValue: Uint8Array): Uint8Array;
};

export const nodeCurve25519: Curve25519 = (privateKey) => {
  // A JWK is imported 30 times faster than DER. Its x is not used on import; the public key is computed from d.
  const d = Buffer.from(privateKey).toString('base64url');
  const key = createPrivateKey({ format: 'jwk', key: { kty: 'OKP', crv: 'X25519', d, x: d } });
  const x = createPublicKey(key).export({ format: 'jwk' }).x;
  if (x === undefined) throw new CryptoError('bad-key', 'the host exports no X25519 public key');
  return {
    publicValue: new Uint8Array(Buffer.from(x, 'base64url')),
    agree: (peerPublicValue) => diffieHellman({ privateKey: key, publicKey: importX25519(peerPublicValue) }),
  };
};

export const libraryCurve25519: Curve25519 = (privateKey) => ({
  publicValue: x25519.getPublicKey(privateKey),
  agree: (peerPublicValue) => x25519.getSharedSecret(privateKey, peerPublicValue),
});

function importX25519(publicValue: Uint8Array): KeyObject {
  return createPublicKey({
    format: 'jwk',
    key: { kty: 'OKP', crv: 'X25519', x: Buffer.from(publicValue).toString('base64url') },
  });
}

let chosen: Curve25519 | null = null;

/** The host's implementation where it computes what the library computes, else the library. Probed once. */
function curve25519(): Curve25519 {
  if (chosen === null) {
    const privateKey = Uint8Array.from({ length: 32 }, (_, index) => index + 1);
    try {
      chosen =
        Buffer.compare(nodeCurve25519(privateKey).publicValue, libraryCurve25519(privateKey).publicValue) === 0
          ? nodeCurve25519
          : libraryCurve25519;
    } catch {
      chosen = libraryCurve25519;
    }
  }
  return chosen;
}

function leftPad(bytes: Uint8Array, length: number): Uint8Array {
  const padded = new Uint8Array(length);
  padded.set(bytes, length - bytes.length);
  return padded;
}
