import { concat, equalConstantTime, utf8Encode } from '../../bytes';
import { CryptoError } from '../../crypto/crypto-error';
import { encodeDigitalSignature, parseDigitalSignature } from '../../crypto/algorithm-identifier';
import { type PrfAlgorithm, prf } from '../../crypto/prf';
import { ecdsaAuthSignature, verifyData, verifyEcdsaAuth } from '../../crypto/signatures';
import { signatureHashIds } from '../../crypto/signature-scheme';
import { wipe } from '../../crypto/wipe';
import type { FailedRule } from '../../ports/failed-rule';
import type { SignatureScheme, Signer } from '../session';
import { authMethod, authMethodName } from '../wire/constants';
import type { AuthenticationPayload } from '../wire/payloads/authentication';

/**
 * what we verify, so what we announce in SIGNATURE_HASH_ALGORITHMS: SHA2-256, SHA2-384, SHA2-512, Identity. Never
 * SHA-1.
 */
export const announcedHashes: readonly number[] = [
  signatureHashIds.sha256,
  signatureHashIds.sha384,
  signatureHashIds.sha512,
  signatureHashIds.identity,
];

const keyPad = utf8Encode('Key Pad for IKEv2');

/**
 * What AUTH covers (RFC 7296 section 2.15, C-23): the signer's IKE_SA_INIT message as finally sent, without marker |
 * the other side's nonce |
 * prf(SK_p of the signer, body of its ID payload as sent) | what RFC 9242 section 3.3.1 adds, nothing without
 * IKE_INTERMEDIATE.
 */
export function authenticatedOctets(
  algorithm: PrfAlgorithm,
  initMessage: Uint8Array,
  otherNonce: Uint8Array,
  skP: Uint8Array,
  identityBody: Uint8Array,
  intermediate: Uint8Array = new Uint8Array(0),
): Uint8Array {
  return concat(initMessage, otherNonce, prf(algorithm, skP, identityBody), intermediate);
}

/** Method 2, also for the keys that EAP made (RFC 7296 sections 2.15, 2.16). */
export function sharedKeyAuthentication(
  algorithm: PrfAlgorithm,
  secret: Uint8Array,
  octets: Uint8Array,
): AuthenticationPayload {
  const key = prf(algorithm, secret, keyPad);
  const data = prf(algorithm, key, octets);
  wipe(key);
  return { type: 'AUTH', method: authMethod.SHARED_KEY, data };
}

export function verifySharedKey(
  payload: AuthenticationPayload,
  algorithm: PrfAlgorithm,
  secret: Uint8Array,
  octets: Uint8Array,
): boolean {
  return (
    payload.method === authMethod.SHARED_KEY &&
    equalConstantTime(payload.data, sharedKeyAuthentication(algorithm, secret, octets).data)
  );
}

/** The hash that fits a key best comes first. */
const ecdsaHashes = {
  'ecdsa-p256': ['sha256', 'sha384', 'sha512'],
  'ecdsa-p384': ['sha384', 'sha512', 'sha256'],
  'ecdsa-p521': ['sha512', 'sha384', 'sha256'],
} as const;
const ecdsaMethods = { 'ecdsa-p256': 9, 'ecdsa-p384': 10, 'ecdsa-p521': 11 } as const;

/**
 * by key and by what the peer listed; null when nothing fits. PSS only for keys that allow nothing else, since few
 * peers verify it.
 */
export function chooseSignatureScheme(
  keyType: Signer['keyType'],
  peerHashes: readonly number[],
): SignatureScheme | null {
  const knows = (hash: SignatureScheme['hash']): boolean => peerHashes.includes(signatureHashIds[hash]);
  switch (keyType) {
    case 'ed25519':
    case 'ed448':
      return knows('identity') ? { algorithm: 'eddsa', hash: 'identity' } : null;
    case 'rsa':
    case 'rsa-pss': {
      const hash = (['sha256', 'sha384', 'sha512'] as const).find(knows);
      return hash === undefined ? null : { algorithm: keyType === 'rsa' ? 'rsa-pkcs1' : 'rsa-pss', hash };
    }
    default: {
      const hash = ecdsaHashes[keyType].find(knows);
      return hash === undefined ? null : { algorithm: 'ecdsa', hash };
    }
  }
}

/**
 * Our AUTH payload; `peerHashes` null: the peer does not know RFC 7427. Rejects with what the signer said, or a
 * RangeError when key and peer do not fit.
 */
export async function createSignature(
  signer: Signer,
  peerHashes: readonly number[] | null,
  octets: Uint8Array,
): Promise<AuthenticationPayload> {
  const { keyType } = signer;
  const scheme = peerHashes === null ? null : chooseSignatureScheme(keyType, peerHashes);
  if (scheme !== null) {
    const signature = await signer.sign(octets, scheme);
    return {
      type: 'AUTH',
      method: authMethod.DIGITAL_SIGNATURE,
      data: encodeDigitalSignature(scheme, keyType, signature),
    };
  }
  if (keyType === 'rsa')
    return {
      type: 'AUTH',
      method: authMethod.RSA_SIGNATURE,
      data: await signer.sign(octets, { algorithm: 'rsa-pkcs1', hash: 'sha1' }),
    };
  if (keyType === 'ecdsa-p256' || keyType === 'ecdsa-p384' || keyType === 'ecdsa-p521') {
    const method = ecdsaMethods[keyType];
    const signature = await signer.sign(octets, { algorithm: 'ecdsa', hash: ecdsaHashes[keyType][0] });
    return { type: 'AUTH', method, data: ecdsaAuthSignature(method, signature) };
  }
  throw new RangeError(`the server cannot verify signatures of a key of type ${keyType}`);
}

export interface WrongSignature {
  readonly rule: Extract<FailedRule, `auth-${string}`>;
  readonly detail: string;
}

const wrongSignature: WrongSignature = { rule: 'auth-signature', detail: 'the signature is wrong' };

/**
 * null when the signature is right, else which check failed. SHA-1 only in method 1, and only when `allowSha1Rsa` (W-6,
 * X-10, H-45).
 */
export function checkSignature(
  payload: AuthenticationPayload,
  publicKeySpki: Uint8Array,
  octets: Uint8Array,
  allowSha1Rsa: boolean,
): WrongSignature | null {
  try {
    switch (payload.method) {
      case authMethod.RSA_SIGNATURE:
        if (!allowSha1Rsa)
          return { rule: 'auth-sha1', detail: 'the signature uses SHA-1, which this connection does not allow' };
        return verifyData({ algorithm: 'rsa-pkcs1', hash: 'sha1' }, publicKeySpki, octets, payload.data)
          ? null
          : wrongSignature;
      case authMethod.ECDSA_SHA256_P256:
      case authMethod.ECDSA_SHA384_P384:
      case authMethod.ECDSA_SHA512_P521:
        return verifyEcdsaAuth(payload.method, publicKeySpki, octets, payload.data) ? null : wrongSignature;
      case authMethod.DIGITAL_SIGNATURE: {
        const { scheme, signature } = parseDigitalSignature(payload.data);
        if (!announcedHashes.includes(signatureHashIds[scheme.hash]))
          return {
            rule: scheme.hash === 'sha1' ? 'auth-sha1' : 'auth-method',
            detail: `the signature uses the hash ${scheme.hash}, which was not offered`,
          };
        return verifyData(scheme, publicKeySpki, octets, signature) ? null : wrongSignature;
      }
      default:
        return {
          rule: 'auth-method',
          detail: `authentication method ${authMethodName(payload.method)} proves no certificate`,
        };
    }
  } catch (error) {
    if (error instanceof CryptoError) return { rule: 'auth-signature', detail: error.message };
    throw error;
  }
}
