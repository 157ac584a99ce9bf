import { CryptoError } from '../../crypto/crypto-error';
import { createKeyExchange, isKeyExchangeGroup, type KeyExchange } from '../../crypto/key-exchange';
import type { Random } from '../../ports/random';
import type { Payload } from '../wire/payload';
import { findPayload } from '../wire/find';

/** Octets of our nonces (C-15). */
export const nonceLength = 32;

/** The shared secret with the KE payload of a message, or a sentence that says what is wrong with it (C-20, H-18). */
export function agree(exchange: KeyExchange, payloads: readonly Payload[]): Uint8Array | string {
  const ke = findPayload(payloads, 'KE');
  if (ke === undefined) return 'there is no KE payload';
  if (ke.group !== exchange.group)
    return `the KE payload is of group ${String(ke.group)}, not ${String(exchange.group)}`;
  try {
    return exchange.computeSharedSecret(ke.data);
  } catch (error) {
    if (error instanceof CryptoError) return error.message;
    throw error;
  }
}

/** Our key for a negotiated group. */
export function newKeyExchange(group: number, random: Random): KeyExchange {
  if (!isKeyExchangeGroup(group)) throw new RangeError(`group ${String(group)} is not known`);
  return createKeyExchange(group, random);
}
