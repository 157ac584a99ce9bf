import { Reader, Writer, decoded } from '../../../bytes';
import type { Decoded } from '../../../bytes';

/** RFC 7296 section 3.8. */
export interface AuthenticationPayload {
  readonly type: 'AUTH';
  readonly method: number;
  readonly data: Uint8Array;
}

export function decodeAuthentication(reader: Reader): AuthenticationPayload {
  const method = reader.uint8('auth method');
  reader.skip(3, 'reserved');
  // H-24: an empty authentication proves nothing.
  if (reader.atEnd) reader.fail('authentication data', 'is empty');
  return { type: 'AUTH', method, data: reader.rest() };
}

export function encodeAuthentication(writer: Writer, payload: AuthenticationPayload): void {
  writer.uint8(payload.method).zeros(3).bytes(payload.data);
}

/** Authentication data of method 14, RFC 7427 section 3. */
export interface DigitalSignature {
  /** DER of the AlgorithmIdentifier. */
  readonly algorithmIdentifier: Uint8Array;
  readonly signature: Uint8Array;
}

export function decodeDigitalSignature(data: Uint8Array): Decoded<DigitalSignature> {
  return decoded(() => {
    const reader = new Reader(data, 'AUTH');
    const length = reader.uint8('AlgorithmIdentifier length');
    if (length === 0) reader.fail('AlgorithmIdentifier', 'is empty');
    const algorithmIdentifier = reader.bytes(length, 'AlgorithmIdentifier');
    if (reader.atEnd) reader.fail('signature', 'is empty');
    return { algorithmIdentifier, signature: reader.rest() };
  });
}

export function encodeDigitalSignature(value: DigitalSignature): Uint8Array {
  return new Writer(1 + value.algorithmIdentifier.length + value.signature.length)
    .uint8(value.algorithmIdentifier.length)
    .bytes(value.algorithmIdentifier)
    .bytes(value.signature)
    .finish();
}
