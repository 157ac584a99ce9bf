import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import type { Random } from '../ports/random';
import { CryptoError } from './crypto-error';

/**
 * ML-KEM-768, FIPS 203, as IKEv2 uses it (key exchange method 36). The host's cryptography has none yet, so the library
 * computes it.
 */
export const mlKem768 = {
  encapsulationKeyLength: 1184,
  ciphertextLength: 1088,
  sharedSecretLength: 32,

  generateKeys(random: Random): { readonly encapsulationKey: Uint8Array; readonly decapsulationKey: Uint8Array } {
    const seed = random.bytes(64);
    const { publicKey, secretKey } = ml_kem768.keygen(seed);
    seed.fill(0);
    return { encapsulationKey: publicKey, decapsulationKey: secretKey };
  },

  /** Throws CryptoError `bad-public-value` for a key with a coefficient outside the field (FIPS 203 section 7.2). */
  encapsulate(
    encapsulationKey: Uint8Array,
    random: Random,
  ): { readonly ciphertext: Uint8Array; readonly sharedSecret: Uint8Array } {
    const message = random.bytes(32);
    try {
      const { cipherText, sharedSecret } = ml_kem768.encapsulate(encapsulationKey, message);
      return { ciphertext: cipherText, sharedSecret };
    } catch (error) {
      throw new CryptoError('bad-public-value', 'KE data of group 36 is no ML-KEM-768 encapsulation key', error);
    } finally {
      message.fill(0);
    }
  },

  /** A wrong ciphertext gives a pseudorandom secret (implicit rejection, FIPS 203 section 6.3). */
  decapsulate: (ciphertext: Uint8Array, decapsulationKey: Uint8Array): Uint8Array =>
    ml_kem768.decapsulate(ciphertext, decapsulationKey),
} as const;
