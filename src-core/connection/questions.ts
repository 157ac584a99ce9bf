import type { SecretAnswer, SecretKind } from '../ports/secrets';

/** Asks the store, then the person. null: cancelled. */
export type Ask = (kind: SecretKind, account: string | null, reason: string | null) => Promise<SecretAnswer | null>;
