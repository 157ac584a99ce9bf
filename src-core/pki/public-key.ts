import type { KeyObject } from 'node:crypto';
import { importSpki, signatureKeyType, type SignatureKeyType } from '../crypto/signatures';
import { decodeIntegerOctets, decodeOid, derTag, DerReader } from './der-reader';

const rsaOids: ReadonlySet<string> = new Set(['1.2.840.113549.1.1.1', '1.2.840.113549.1.1.10']);

export interface RsaKeySize {
  readonly modulusBits: number;
  /** Public exponent; 2^64 stands for anything larger. */
  readonly exponent: bigint;
}

/**
 * Modulus and exponent of an RSA SubjectPublicKeyInfo, null for other keys. Looked at before any library computes with
 * them (H-22).
 */
export function rsaKeySize(spki: Uint8Array): RsaKeySize | null {
  const where = 'subjectPublicKeyInfo';
  const info = new DerReader(spki, where).enter(derTag.sequence, 'SubjectPublicKeyInfo');
  const algorithm = info.enter(derTag.sequence, 'algorithm');
  if (!rsaOids.has(decodeOid(algorithm.expect(derTag.objectIdentifier, 'algorithm').content, where))) return null;
  const bits = info.expect(derTag.bitString, 'subjectPublicKey').content;
  const key = new DerReader(bits.subarray(1), where).enter(derTag.sequence, 'RSAPublicKey');
  const modulus = stripZero(decodeIntegerOctets(key.expect(derTag.integer, 'modulus').content, where));
  const exponent = stripZero(decodeIntegerOctets(key.expect(derTag.integer, 'publicExponent').content, where));
  key.end();
  return {
    modulusBits: modulus.length === 0 ? 0 : modulus.length * 8 - Math.clz32(modulus[0]!) + 24,
    exponent:
      exponent.length > 8
        ? 1n << 64n
        : exponent.length === 0
          ? 0n
          : BigInt(`0x${Buffer.from(exponent).toString('hex')}`),
  };
}

export interface KeyWeakness {
  readonly detail: string;
}

/** Why a key must not be trusted, or null (P-3). `smallestRsaBits` is 2048, or 1024 in a legacy profile. */
export function keyWeakness(spki: Uint8Array, smallestRsaBits: number): KeyWeakness | null {
  const rsa = rsaKeySize(spki);
  if (rsa !== null) {
    if (rsa.modulusBits < smallestRsaBits)
      return { detail: `RSA key of ${rsa.modulusBits} bits, at least ${smallestRsaBits} are required` };
    if (rsa.modulusBits > 16384) return { detail: `RSA key of ${rsa.modulusBits} bits, at most 16384 are accepted` };
    if (rsa.exponent <= 3n || rsa.exponent % 2n === 0n || rsa.exponent >= 1n << 64n)
      return { detail: 'RSA public exponent that is not an odd number above 3' };
  }
  const type = keyTypeOf(spki);
  return type === null
    ? { detail: 'public key of a kind that is not accepted (RSA, ECDSA P-256, P-384, P-521, Ed25519 and Ed448 are)' }
    : null;
}

export function keyTypeOf(spki: Uint8Array): SignatureKeyType | null {
  let key: KeyObject;
  try {
    key = importSpki(spki);
  } catch {
    return null;
  }
  return signatureKeyType(key);
}

function stripZero(octets: Uint8Array): Uint8Array {
  return octets[0] === 0 ? octets.subarray(1) : octets;
}
