/**
 * RFC 7296 section 3.14. The cryptography is not here: `body` is IV, ciphertext and ICV as they came.
 * The associated data of an AEAD is the message from octet 0 to `bodyOffset` (RFC 5282 section 5.1); what a separate
 * integrity algorithm covers is the message without its last ICV octets.
 */
export interface EncryptedPayload {
  readonly type: 'SK';
  /** Type of the first payload inside, 0 when there is none. */
  readonly firstInner: number;
  /** Where `body` begins in the message. */
  readonly bodyOffset: number;
  readonly body: Uint8Array;
}

/** RFC 7383 section 2.5. The associated data includes fragment number and total fragments. */
export interface EncryptedFragmentPayload {
  readonly type: 'SKF';
  /** Type of the first payload inside in fragment 1, 0 in the others. */
  readonly firstInner: number;
  readonly fragmentNumber: number;
  readonly totalFragments: number;
  readonly bodyOffset: number;
  readonly body: Uint8Array;
}
