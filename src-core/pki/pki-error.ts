export type PkiErrorReason =
  /** The bytes are not DER, or not the structure they should be. */
  | 'malformed'
  /** A limit on size, number or depth is exceeded. */
  | 'limit'
  /** An algorithm, key type or container form that is not known here. */
  | 'unsupported'
  /** A passphrase is needed, or the one given is wrong. */
  | 'passphrase'
  /** Certificate and private key do not belong together, or one of them is missing. */
  | 'mismatch';

/** What this room throws on bad certificates, keys and containers. Branch on `reason`; `message` names the field. */
export class PkiError extends Error {
  readonly reason: PkiErrorReason;

  constructor(reason: PkiErrorReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'PkiError';
    this.reason = reason;
  }
}
