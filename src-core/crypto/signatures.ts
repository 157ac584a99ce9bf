import { constants, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { hashLength } from './hash';
import { CryptoError } from './crypto-error';
import type { SignatureScheme } from './signature-scheme';
import { ecdsaDerToRaw, ecdsaRawToDer } from './ecdsa-encoding';

/** What keys this room can sign and verify with. */
export type SignatureKeyType = 'rsa' | 'rsa-pss' | 'ecdsa-p256' | 'ecdsa-p384' | 'ecdsa-p521' | 'ed25519' | 'ed448';

const curves: Readonly<Record<string, SignatureKeyType>> = {
  prime256v1: 'ecdsa-p256',
  secp384r1: 'ecdsa-p384',
  secp521r1: 'ecdsa-p521',
};

/** The kind of a key, or null when we do not sign with such keys. */
export function signatureKeyType(key: KeyObject): SignatureKeyType | null {
  switch (key.asymmetricKeyType) {
    case 'rsa':
    case 'rsa-pss':
    case 'ed25519':
    case 'ed448':
      return key.asymmetricKeyType;
    case 'ec':
      return curves[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? null;
    default:
      return null;
  }
}

/** DER SubjectPublicKeyInfo to a key; throws CryptoError `bad-key`. */
export function importSpki(spki: Uint8Array): KeyObject {
  try {
    return createPublicKey({
      key: Buffer.from(spki.buffer, spki.byteOffset, spki.byteLength),
      format: 'der',
      type: 'spki',
    });
  } catch (error) {
    throw new CryptoError('bad-key', 'the SubjectPublicKeyInfo cannot be read', error);
  }
}

/** Whether a key of this kind can make signatures of this scheme. */
export function schemeFitsKey(scheme: SignatureScheme, keyType: SignatureKeyType): boolean {
  switch (scheme.algorithm) {
    case 'rsa-pkcs1':
      return keyType === 'rsa' && scheme.hash !== 'identity';
    case 'rsa-pss':
      return (keyType === 'rsa' || keyType === 'rsa-pss') && scheme.hash !== 'identity';
    case 'ecdsa':
      return keyType.startsWith('ecdsa-') && scheme.hash !== 'identity';
    case 'eddsa':
      return (keyType === 'ed25519' || keyType === 'ed448') && scheme.hash === 'identity';
  }
}

/**
 * Signs `data`, hashing it here. ECDSA gives DER, RSA-PSS a salt as long as the hash. Throws CryptoError `bad-key` when
 * key and scheme do not fit.
 */
export function signData(scheme: SignatureScheme, privateKey: KeyObject, data: Uint8Array): Uint8Array {
  const keyType = signatureKeyType(privateKey);
  if (keyType === null || !schemeFitsKey(scheme, keyType)) {
    throw new CryptoError(
      'bad-key',
      `a key of type ${keyType ?? privateKey.asymmetricKeyType ?? privateKey.type} does not sign with ${scheme.algorithm} and ${scheme.hash}`,
    );
  }
  return new Uint8Array(
    sign(nodeHash(scheme), data, { key: privateKey, ...nodeOptions(scheme, saltLengthOf(scheme)) }),
  );
}

/**
 * Verifies a signature over `data` with the key in `publicKeySpki` (DER). ECDSA: DER. False for a wrong or malformed
 * signature and for a key
 * that does not fit the scheme; throws CryptoError `bad-key` for an unreadable key only.
 * `saltLength`: PSS salt length in octets, that of the hash when absent.
 */
export function verifyData(
  scheme: SignatureScheme & { readonly saltLength?: number },
  publicKeySpki: Uint8Array | KeyObject,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  const key = publicKeySpki instanceof Uint8Array ? importSpki(publicKeySpki) : publicKeySpki;
  const keyType = signatureKeyType(key);
  if (keyType === null || !schemeFitsKey(scheme, keyType) || signature.length === 0) return false;
  try {
    return verify(
      nodeHash(scheme),
      data,
      { key, ...nodeOptions(scheme, scheme.saltLength ?? saltLengthOf(scheme)) },
      signature,
    );
  } catch {
    return false;
  }
}

/** Authentication methods 9, 10 and 11 (RFC 4754): curve, hash and length of r and s are fixed by the method. */
export const ecdsaAuthMethods = {
  9: { keyType: 'ecdsa-p256', hash: 'sha256', integerLength: 32 },
  10: { keyType: 'ecdsa-p384', hash: 'sha384', integerLength: 48 },
  11: { keyType: 'ecdsa-p521', hash: 'sha512', integerLength: 66 },
} as const;

export type EcdsaAuthMethod = keyof typeof ecdsaAuthMethods;

/** Verifies r | s of method 9, 10 or 11. False unless the key is on the curve of the method. */
export function verifyEcdsaAuth(
  method: EcdsaAuthMethod,
  publicKeySpki: Uint8Array | KeyObject,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  const { keyType, hash, integerLength } = ecdsaAuthMethods[method];
  const key = publicKeySpki instanceof Uint8Array ? importSpki(publicKeySpki) : publicKeySpki;
  if (signatureKeyType(key) !== keyType || signature.length !== 2 * integerLength) return false;
  return verifyData({ algorithm: 'ecdsa', hash }, key, data, ecdsaRawToDer(signature));
}

/** The DER signature of a Signer as r | s for method 9, 10 or 11. Throws CryptoError `bad-encoding`. */
export function ecdsaAuthSignature(method: EcdsaAuthMethod, derSignature: Uint8Array): Uint8Array {
  return ecdsaDerToRaw(derSignature, ecdsaAuthMethods[method].integerLength);
}

function nodeHash(scheme: SignatureScheme): string | null {
  return scheme.hash === 'identity' ? null : scheme.hash;
}

function saltLengthOf(scheme: SignatureScheme): number {
  return scheme.hash === 'identity' ? 0 : hashLength[scheme.hash];
}

function nodeOptions(
  scheme: SignatureScheme,
  saltLength: number,
): { padding?: number; saltLength?: number; dsaEncoding?: 'der' } {
  switch (scheme.algorithm) {
    case 'rsa-pkcs1':
      return { padding: constants.RSA_PKCS1_PADDING };
    case 'rsa-pss':
      return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
    case 'ecdsa':
      return { dsaEncoding: 'der' };
    case 'eddsa':
      return {};
  }
}
