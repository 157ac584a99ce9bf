import type { PinState } from './tokens';
import type { VpnError, VpnErrorInfo } from './vpn-error';

export type SecretKind = 'password' | 'new-password' | 'psk' | 'pin' | 'passphrase';

/**
 * Why a secret is asked for again, or with a warning. Data: its sentence is made by src-text, in the language of
 * whoever is asked.
 */
export type SecretReason =
  /**
   * `wrong` of the `most` PINs that a person may try here were not accepted; `pinState`: what the token says is left.
   */
  | {
      readonly type: 'pin-incorrect';
      readonly wrong: number;
      readonly most: number;
      readonly pinState: Exclude<PinState, 'locked'>;
    }
  /** No PIN was tried here yet, and the next wrong one locks the token. */
  | { readonly type: 'pin-final-try' }
  /** The passphrase of the certificate. */
  | { readonly type: 'passphrase-incorrect' }
  /** The server refused what was shown to it. */
  | { readonly type: 'refused'; readonly error: VpnErrorInfo };

export function refusedFor(error: VpnError): SecretReason {
  return { type: 'refused', error: error.info() };
}

export interface SecretRequest {
  readonly connection: string;
  readonly kind: SecretKind;
  /** The account or token the secret belongs to, as the person knows it. */
  readonly account: string | null;
  /** null on the first question, where there is nothing to warn of. */
  readonly reason: SecretReason | null;
}

/** The user's answer. `username` when the person may also change the account. */
export interface SecretAnswer {
  readonly secret: string;
  readonly username?: string;
  readonly save: boolean;
}

/** Where a connection gets what only the person or the secret store knows. Answers never reach logs or profiles. */
export interface Secrets {
  /** null: the person cancelled, or nobody can be asked. */
  request(request: SecretRequest): Promise<SecretAnswer | null>;
}
