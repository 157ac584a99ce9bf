import { compare } from '../../bytes';

/** The two nonces of one exchange. */
export interface ExchangeNonces {
  readonly nonceI: Uint8Array;
  readonly nonceR: Uint8Array;
}

function lower(nonces: ExchangeNonces): Uint8Array {
  return compare(nonces.nonceI, nonces.nonceR) < 0 ? nonces.nonceI : nonces.nonceR;
}

/**
 * Two rekeyings crossed (RFC 7296 sections 2.8.1, 2.8.2; C-67): of the four nonces the lowest marks the SA that is
 * redundant,
 * and who created that one deletes it. True: ours is the redundant one.
 */
export function oursIsRedundant(ours: ExchangeNonces, theirs: ExchangeNonces): boolean {
  return compare(lower(ours), lower(theirs)) < 0;
}
