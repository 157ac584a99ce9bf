/** Keys that never leave a smart card or another PKCS#11 token. All calls block until the token has answered. */
export type TokenErrorReason =
  /** The module cannot be loaded, or may not be: `detail` says why. */
  | 'module'
  /** No token of that label is plugged in. */
  | 'absent'
  | 'pin-incorrect'
  | 'pin-locked'
  /** No certificate or key of that id. */
  | 'not-found'
  /** The token was taken out, or its session is gone. */
  | 'removed'
  | 'failed';

export class TokenError extends Error {
  readonly reason: TokenErrorReason;

  /** `message`: the function and the return value by their names in PKCS#11, no secrets. */
  constructor(reason: TokenErrorReason, message: string) {
    super(message);
    this.name = 'TokenError';
    this.reason = reason;
  }
}

/** What is left to the PIN, as far as the token says so. */
export type PinState = 'fine' | 'low' | 'final-try' | 'locked';

/**
 * `rsa-pkcs1`: `input` is the DigestInfo. `rsa-raw`: the padded block, as long as the modulus. `rsa-pss-*`: the hash
 * value, with a salt as long.
 * `ecdsa`: the hash value, giving r | s. `eddsa`: the data.
 */
export type TokenMechanism =
  'rsa-pkcs1' | 'rsa-raw' | 'rsa-pss-sha256' | 'rsa-pss-sha384' | 'rsa-pss-sha512' | 'ecdsa' | 'eddsa';

/** One open token. Every method throws a TokenError. */
export interface Token {
  readonly pinState: PinState;
  readonly needsPin: boolean;
  login(pin: string): void;
  /** Certificates on the token, DER, with their CKA_ID in hexadecimal. */
  certificates(): readonly { readonly id: string; readonly der: Uint8Array }[];
  supports(mechanism: TokenMechanism): boolean;
  /** With the private key of that CKA_ID. */
  sign(id: string, mechanism: TokenMechanism, input: Uint8Array): Uint8Array;
  readonly isPresent: boolean;
  /** Idempotent. */
  close(): void;
}

/** A token that is plugged in; texts of a stranger. */
export interface TokenDescription {
  readonly label: string;
  readonly manufacturer: string;
  readonly model: string;
}

export interface Tokens {
  /** The initialised tokens of one module. Throws a TokenError. */
  list(module: string): readonly TokenDescription[];
  /** `module`: absolute path of the PKCS#11 module; `label`: of the token. */
  open(module: string, label: string): Token;
}
