/** Hash ids of RFC 7427 section 4 by name; `identity` is EdDSA's (RFC 8420). */
export type SignatureHash = 'sha1' | 'sha256' | 'sha384' | 'sha512' | 'identity';

/** How a signature is made; the same shape as in the session's Signer. */
export interface SignatureScheme {
  readonly algorithm: 'rsa-pkcs1' | 'rsa-pss' | 'ecdsa' | 'eddsa';
  readonly hash: SignatureHash;
}

/** IANA "IKEv2 Hash Algorithms": the ids inside SIGNATURE_HASH_ALGORITHMS. */
export const signatureHashIds: Readonly<Record<SignatureHash, number>> = {
  sha1: 1,
  sha256: 2,
  sha384: 3,
  sha512: 4,
  identity: 5,
};
