import { utf8Decode, utf8Encode } from '../bytes';

/** EAP-Identity, RFC 3748 section 5.1. RADIUS carries it in one attribute: at most 253 octets. */
export const identityLimit = 253;

/**
 * Data of the response. Throws a RangeError when the identity is longer than 253 octets of UTF-8: profiles are
 * checked before.
 */
export function encodeIdentity(identity: string): Uint8Array {
  const octets = utf8Encode(identity);
  if (octets.length > identityLimit)
    throw new RangeError(`an EAP identity has at most ${String(identityLimit)} octets`);
  return octets;
}

/** The identity in a response; null when it is not UTF-8 or too long. */
export function decodeIdentity(data: Uint8Array): string | null {
  return data.length > identityLimit ? null : utf8Decode(data);
}
