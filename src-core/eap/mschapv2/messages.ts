import { concat, decoded, Reader, utf8Decode, utf8DecodeLossy, utf8Encode, Writer } from '../../bytes';
import type { Decoded } from '../../bytes';
import { encryptedPasswordLength } from './change-password';

/**
 * EAP-MSCHAPv2, draft-kamath-pppext-eap-mschapv2 section 2: OpCode, MS-CHAPv2-ID, MS-Length (of everything from the
 * OpCode on), data.
 */
export const opCode = { CHALLENGE: 1, RESPONSE: 2, SUCCESS: 3, FAILURE: 4, CHANGE_PASSWORD: 7 } as const;

const challengeLength = 16;
const responseValueLength = 49;
const nameLimit = 1024;

/** What a server sends. */
export type MschapRequest =
  | { readonly type: 'challenge'; readonly id: number; readonly challenge: Uint8Array; readonly name: string }
  | { readonly type: 'success'; readonly id: number; readonly message: string }
  | { readonly type: 'failure'; readonly id: number; readonly message: string };

/** What a peer sends. */
export type MschapResponse =
  | {
      readonly type: 'response';
      readonly id: number;
      readonly peerChallenge: Uint8Array;
      readonly ntResponse: Uint8Array;
      readonly name: string;
    }
  | { readonly type: 'success' }
  | { readonly type: 'failure' }
  | {
      readonly type: 'change-password';
      readonly id: number;
      readonly encryptedPassword: Uint8Array;
      readonly encryptedHash: Uint8Array;
      readonly peerChallenge: Uint8Array;
      readonly ntResponse: Uint8Array;
    };

/** Data of a request, after the EAP type octet (H-49: lengths are exact). */
export function decodeMschapRequest(data: Uint8Array): Decoded<MschapRequest> {
  return decoded(() => {
    const reader = new Reader(data, 'MSCHAPv2');
    const code = reader.uint8('OpCode');
    const id = header(reader, data.length);
    switch (code) {
      case opCode.CHALLENGE: {
        if (reader.uint8('value size') !== challengeLength) reader.fail('value size', 'is 16 in a challenge');
        const challenge = reader.bytes(challengeLength, 'challenge').slice();
        return {
          type: 'challenge',
          id,
          challenge,
          name: utf8DecodeLossy(reader.bytes(Math.min(reader.remaining, nameLimit), 'name')),
        };
      }
      case opCode.SUCCESS:
      case opCode.FAILURE:
        return { type: code === opCode.SUCCESS ? 'success' : 'failure', id, message: utf8DecodeLossy(reader.rest()) };
      default:
        return reader.fail('OpCode', `${String(code)} is no request`);
    }
  });
}

/** Data of a response. */
export function decodeMschapResponse(data: Uint8Array): Decoded<MschapResponse> {
  return decoded(() => {
    const reader = new Reader(data, 'MSCHAPv2');
    const code = reader.uint8('OpCode');
    // Success and Failure responses are the OpCode alone; tolerate a header behind it.
    if (code === opCode.SUCCESS || code === opCode.FAILURE)
      return { type: code === opCode.SUCCESS ? 'success' : 'failure' };
    const id = header(reader, data.length);
    if (code === opCode.RESPONSE) {
      if (reader.uint8('value size') !== responseValueLength) reader.fail('value size', 'is 49 in a response');
      const peerChallenge = reader.bytes(challengeLength, 'peer challenge').slice();
      reader.skip(8, 'reserved');
      const ntResponse = reader.bytes(24, 'NT-Response').slice();
      reader.skip(1, 'flags');
      if (reader.remaining > nameLimit) reader.fail('name', 'is too long');
      const name = utf8Decode(reader.rest());
      return name === null
        ? reader.fail('name', 'is not UTF-8')
        : { type: 'response', id, peerChallenge, ntResponse, name };
    }
    if (code !== opCode.CHANGE_PASSWORD) return reader.fail('OpCode', `${String(code)} is no response`);
    const encryptedPassword = reader.bytes(encryptedPasswordLength, 'encrypted password').slice();
    const encryptedHash = reader.bytes(16, 'encrypted hash').slice();
    const peerChallenge = reader.bytes(challengeLength, 'peer challenge').slice();
    reader.skip(8, 'reserved');
    const ntResponse = reader.bytes(24, 'NT-Response').slice();
    reader.skip(2, 'flags');
    reader.expectEnd();
    return { type: 'change-password', id, encryptedPassword, encryptedHash, peerChallenge, ntResponse };
  });
}

export function encodeMschapRequest(request: MschapRequest): Uint8Array {
  switch (request.type) {
    case 'challenge':
      return withHeader(
        opCode.CHALLENGE,
        request.id,
        concat(new Uint8Array([challengeLength]), request.challenge, utf8Encode(request.name)),
      );
    case 'success':
      return withHeader(opCode.SUCCESS, request.id, utf8Encode(request.message));
    case 'failure':
      return withHeader(opCode.FAILURE, request.id, utf8Encode(request.message));
  }
}

export function encodeMschapResponse(response: MschapResponse): Uint8Array {
  switch (response.type) {
    case 'success':
      return new Uint8Array([opCode.SUCCESS]);
    case 'failure':
      return new Uint8Array([opCode.FAILURE]);
    case 'response':
      // Flags 0; the name goes out with its domain.
      return withHeader(
        opCode.RESPONSE,
        response.id,
        concat(
          new Uint8Array([responseValueLength]),
          response.peerChallenge,
          new Uint8Array(8),
          response.ntResponse,
          new Uint8Array(1),
          utf8Encode(response.name),
        ),
      );
    case 'change-password':
      return withHeader(
        opCode.CHANGE_PASSWORD,
        response.id,
        concat(
          response.encryptedPassword,
          response.encryptedHash,
          response.peerChallenge,
          new Uint8Array(8),
          response.ntResponse,
          new Uint8Array(2),
        ),
      );
  }
}

function header(reader: Reader, length: number): number {
  const id = reader.uint8('MS-CHAPv2-ID');
  const msLength = reader.uint16('MS-Length');
  if (msLength !== length) reader.fail('MS-Length', `is ${String(msLength)}, there are ${String(length)} octets`);
  return id;
}

function withHeader(code: number, id: number, body: Uint8Array): Uint8Array {
  return new Writer(4 + body.length)
    .uint8(code)
    .uint8(id)
    .uint16(4 + body.length)
    .bytes(body)
    .finish();
}
