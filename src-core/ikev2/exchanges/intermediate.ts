import { concat, uint32Octets } from '../../bytes';
import { CryptoError } from '../../crypto/crypto-error';
import { respondToKeyExchange } from '../../crypto/key-exchange';
import { wipe } from '../../crypto/wipe';
import { expandIkeKeys, type IkeKeys, rekeyedKeySeed } from '../sa/keying-material';
import type { IkeSa } from '../sa/ike-sa';
import type { SessionCore } from '../sa/session-core';
import { findError, notifyError, protocolViolation } from './failures';
import type { InitResult } from './ike-sa-init';
import { agree, newKeyExchange } from './key-exchange-step';
import { Rejection } from './rejection';
import { findPayload } from '../wire/find';
import type { InnerPayload, Payload } from '../wire/payload';

type Init = Pick<InitResult, 'suite' | 'keys' | 'nonceI' | 'nonceR' | 'spiI' | 'spiR'>;

/** SKEYSEED(1) = prf(SK_d(0), SK(1) | Ni | Nr), then all keys anew (RFC 9370 section 2.2.2, X-16). Wipes `secret`. */
function strengthenedKeys(init: Init, secret: Uint8Array): IkeKeys {
  const { suite, keys, nonceI, nonceR } = init;
  const strengthened = expandIkeKeys(suite, rekeyedKeySeed(suite.prf, keys.skD, secret, nonceI, nonceR), init);
  wipe(secret);
  return strengthened;
}

/**
 * What AUTH covers beside the rest once IKE_INTERMEDIATE was used: IntAuth of both directions and the id of the first
 * IKE_AUTH (RFC 9242 section 3.3.1).
 */
function authenticated(sa: IkeSa, firstAuthenticationId: number): Uint8Array {
  return sa.intermediate === null
    ? new Uint8Array(0)
    : concat(sa.intermediate.value, uint32Octets(firstAuthenticationId));
}

/**
 * The initiator's IKE_INTERMEDIATE { KE } where a second key exchange was agreed on (RFC 9370). Resolves with the keys
 * that IKE_AUTH uses; rejects
 * with a Rejection. A wrong ciphertext shows in AUTH only.
 */
export async function exchangeAdditionalKeys<T extends InitResult>(
  session: SessionCore,
  sa: IkeSa,
  init: T,
  exchange: (payloads: readonly InnerPayload[]) => Promise<readonly Payload[]>,
): Promise<T> {
  const { additional } = init.suite;
  if (additional === null) return init;
  const own = newKeyExchange(additional, session.random);
  try {
    const response = await exchange([{ type: 'KE', group: additional, data: own.publicValue }]);
    const secret = agree(own, response);
    if (typeof secret === 'string') {
      const error = findError(response);
      throw new Rejection(
        error === undefined
          ? protocolViolation(`the additional key exchange failed: ${secret}`)
          : notifyError(error, { own: 'signature', offered: [], afterEap: false }),
        'nothing',
      );
    }
    const keys = strengthenedKeys(init, secret);
    session.replaceIkeKeys(sa, keys);
    return { ...init, keys, intermediate: authenticated(sa, sa.nextRequestId) };
  } finally {
    own.wipe();
  }
}

/**
 * The responder's half: `respond` sends the answer, which still goes under the old keys. null: the request is not what
 * was agreed on.
 */
export function answerAdditionalKeys<T extends Omit<InitResult, 'path' | 'nat' | 'wantedAuthorities'>>(
  session: SessionCore,
  sa: IkeSa,
  init: T,
  request: { readonly messageId: number; readonly payloads: readonly Payload[] },
  respond: (payloads: readonly InnerPayload[]) => void,
): T | null {
  const { additional } = init.suite;
  const ke = findPayload(request.payloads, 'KE');
  if (additional === null || ke?.group !== additional) return null;
  try {
    const { publicValue, sharedSecret } = respondToKeyExchange(additional, ke.data, session.random);
    respond([{ type: 'KE', group: additional, data: publicValue }]);
    const keys = strengthenedKeys(init, sharedSecret);
    session.replaceIkeKeys(sa, keys);
    return { ...init, keys, intermediate: authenticated(sa, request.messageId + 1) };
  } catch (error) {
    if (error instanceof CryptoError) return null;
    throw error;
  }
}
