/**
 * A payload type we do not know. With the critical bit the message must be refused (C-77), without it the payload is
 * skipped.
 */
export interface UnknownPayload {
  readonly type: 'unknown';
  readonly payloadType: number;
  readonly critical: boolean;
  readonly data: Uint8Array;
}
