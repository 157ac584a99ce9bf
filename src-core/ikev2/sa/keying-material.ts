import { concat } from '../../bytes';
import { espKeyLengths } from '../../crypto/esp-transform';
import { messageCipherSizes } from '../../crypto/message-cipher';
import { prf, type PrfAlgorithm, prfLength, prfPlus, takeKeys } from '../../crypto/prf';
import { wipe } from '../../crypto/wipe';
import type { EspSuite } from '../../ports/data-path';
import type { IkeSuite } from '../proposals/suites';

/** Nonces and SPIs that all keys of an IKE SA are bound to. "i" is the initiator of the exchange that made it. */
export interface KeyBinding {
  readonly nonceI: Uint8Array;
  readonly nonceR: Uint8Array;
  readonly spiI: Uint8Array;
  readonly spiR: Uint8Array;
}

/** RFC 7296 section 2.14, in this order. Encryption keys of AEAD ciphers end with their salt (RFC 5282 section 7.1). */
export interface IkeKeys {
  readonly skD: Uint8Array;
  readonly skAi: Uint8Array;
  readonly skAr: Uint8Array;
  readonly skEi: Uint8Array;
  readonly skEr: Uint8Array;
  readonly skPi: Uint8Array;
  readonly skPr: Uint8Array;
}

/**
 * SKEYSEED = prf(Ni | Nr, g^ir), RFC 7296 section 2.14. All our PRFs take keys of any length, so nonces are never
 * truncated.
 */
export function initialKeySeed(
  algorithm: PrfAlgorithm,
  nonceI: Uint8Array,
  nonceR: Uint8Array,
  sharedSecret: Uint8Array,
): Uint8Array {
  return prf(algorithm, concat(nonceI, nonceR), sharedSecret);
}

/** SKEYSEED = prf(SK_d (old), g^ir (new) | Ni | Nr) with the PRF of the old IKE SA, RFC 7296 section 2.18 (C-63). */
export function rekeyedKeySeed(
  oldPrf: PrfAlgorithm,
  oldSkD: Uint8Array,
  sharedSecret: Uint8Array,
  nonceI: Uint8Array,
  nonceR: Uint8Array,
): Uint8Array {
  return prf(oldPrf, oldSkD, sharedSecret, nonceI, nonceR);
}

/** {SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr} = prf+(SKEYSEED, Ni | Nr | SPIi | SPIr). Wipes `seed`. */
export function expandIkeKeys(suite: Pick<IkeSuite, 'prf' | 'cipher'>, seed: Uint8Array, binding: KeyBinding): IkeKeys {
  const sizes = messageCipherSizes(suite.cipher);
  const prfKey = prfLength[suite.prf];
  const encryption = sizes.keyLength + sizes.saltLength;
  const lengths = [prfKey, sizes.integrityKeyLength, sizes.integrityKeyLength, encryption, encryption, prfKey, prfKey];
  const material = prfPlus(
    suite.prf,
    seed,
    concat(binding.nonceI, binding.nonceR, binding.spiI, binding.spiR),
    lengths.reduce((sum, length) => sum + length, 0),
  );
  wipe(seed);
  const [skD, skAi, skAr, skEi, skEr, skPi, skPr] = takeKeys(material, lengths) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  return { skD, skAi, skAr, skEi, skEr, skPi, skPr };
}

export function wipeIkeKeys(keys: IkeKeys): void {
  wipe(keys.skD, keys.skAi, keys.skAr, keys.skEi, keys.skEr, keys.skPi, keys.skPr);
}

export interface EspKeys {
  readonly encryption: Uint8Array;
  readonly integrity: Uint8Array;
}

/**
 * KEYMAT = prf+(SK_d, [g^ir |] Ni | Nr), RFC 7296 section 2.17. First the keys of the direction from the initiator of
 * this
 * very exchange, encryption before integrity, then the other direction (E-10). `sharedSecret` null: no key exchange of
 * its own.
 */
export function deriveChildKeys(
  algorithm: PrfAlgorithm,
  skD: Uint8Array,
  sharedSecret: Uint8Array | null,
  nonceI: Uint8Array,
  nonceR: Uint8Array,
  suite: EspSuite,
): { readonly fromInitiator: EspKeys; readonly fromResponder: EspKeys } {
  const lengths = espKeyLengths(suite);
  const seed = concat(sharedSecret ?? new Uint8Array(0), nonceI, nonceR);
  const material = prfPlus(algorithm, skD, seed, 2 * (lengths.encryption + lengths.integrity));
  wipe(seed);
  const [encryptionI, integrityI, encryptionR, integrityR] = takeKeys(material, [
    lengths.encryption,
    lengths.integrity,
    lengths.encryption,
    lengths.integrity,
  ]) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  return {
    fromInitiator: { encryption: encryptionI, integrity: integrityI },
    fromResponder: { encryption: encryptionR, integrity: integrityR },
  };
}
