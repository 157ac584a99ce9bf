export type CryptoErrorReason =
  /** The algorithm, group or scheme is not known here. */
  | 'unsupported-algorithm'
  /** A key, IV, public value or signature has the wrong number of octets. */
  | 'bad-length'
  /** A public value of the peer is outside its group, not on its curve or of low order. */
  | 'bad-public-value'
  /** A key cannot be read or does not fit the scheme. */
  | 'bad-key'
  /** DER or another encoding is not as its specification says. */
  | 'bad-encoding'
  /** More output was asked for than the construction can give. */
  | 'limit'
  /** The object was wiped before. */
  | 'wiped';

/** What any function of this room throws on bad input. Branch on `reason`; `message` names the field. */
export class CryptoError extends Error {
  readonly reason: CryptoErrorReason;

  constructor(reason: CryptoErrorReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CryptoError';
    this.reason = reason;
  }
}
