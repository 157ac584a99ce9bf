export type SecretKind = 'password' | 'new-password' | 'psk' | 'pin' | 'passphrase';

export interface SecretRequest {
  readonly connection: string;
  readonly kind: SecretKind;
  /** The account or token the secret belongs to, as the person knows it. */
  readonly account: string | null;
  /** Why it is asked again: "The user name or password was not accepted." null on the first question. */
  readonly reason: string | null;
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
