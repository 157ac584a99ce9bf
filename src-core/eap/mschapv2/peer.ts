import { wipe } from '../../bytes';
import type { Random } from '../../ports/random';
import type { FailedRule } from '../../ports/failed-rule';
import { VpnError } from '../../ports/vpn-error';
import type { EapMethodRequest, EapMethodStep, EapPeerMethod } from '../method';
import { eapType } from '../packet';
import { encryptNewPassword, encryptOldHash } from './change-password';
import {
  authenticatorResponse,
  checkAuthenticatorResponse,
  masterSessionKey,
  ntHashOf,
  ntPasswordHash,
  ntResponse,
} from './computations';
import { failureError, parseFailureMessage } from './failure-message';
import type { MschapFailure } from './failure-message';
import { decodeMschapRequest, encodeMschapResponse } from './messages';

export interface MschapCredentials {
  /** As sent, with "DOMAIN\" in front where there is one. */
  readonly username: string;
  /** 16 octets; the method keeps its own copy and wipes that. */
  readonly ntHash: Uint8Array;
}

export interface MschapPeerOptions {
  readonly random: Random;
  readonly credentials: MschapCredentials;
  /**
   * Other credentials after the server said R=1. Must answer within seconds: the gateway keeps the half-open IKE
   * SA
   * about 30 s. Absent or null: the rejection is final. Never answered without the person.
   */
  readonly askAgain?: (reason: VpnError) => Promise<MschapCredentials | null>;
  /**
   * A new password after error 648, within the same seconds: UTF-16LE, at most 512 octets. The method wipes what
   * it is given.
   */
  readonly askNewPassword?: (reason: VpnError) => Promise<Uint8Array | null>;
  /** The server has taken the new password and proved that it knows it; `ntHash` is wiped after the call. */
  readonly onPasswordChanged?: (ntHash: Uint8Array) => void;
}

/**
 * The credentials of a person. The password is hashed at once and not kept. Throws a RangeError over 256 characters.
 */
export function mschapCredentials(username: string, domain: string | null, password: string): MschapCredentials {
  return {
    username: domain === null || domain === '' || username.includes('\\') ? username : `${domain}\\${username}`,
    ntHash: ntPasswordHash(password),
  };
}

const retryLimit = 2;

/** What was sent and how the server's proof must look; kept until the server answers. */
interface Sent {
  readonly id: number;
  readonly ntHash: Uint8Array;
  readonly ntResponse: Uint8Array;
  readonly expected: Uint8Array;
  readonly changing: boolean;
}

type State =
  | { readonly phase: 'start' }
  | ({ readonly phase: 'sent' } & Sent)
  | { readonly phase: 'succeeded'; readonly msk: Uint8Array }
  | { readonly phase: 'ended' };

/** EAP-MSCHAPv2, the peer: each OpCode is valid in one state only (CVE-2015-8023, H-49). */
export class MschapPeer implements EapPeerMethod {
  readonly type = eapType.MSCHAPV2;
  readonly name = 'EAP-MSCHAPv2';
  readonly #options: MschapPeerOptions;
  #username: string;
  #ntHash: Uint8Array;
  #state: State = { phase: 'start' };
  #retries = 0;

  constructor(options: MschapPeerOptions) {
    this.#options = options;
    this.#username = options.credentials.username;
    this.#ntHash = options.credentials.ntHash.slice();
  }

  async receive(request: EapMethodRequest): Promise<EapMethodStep> {
    const result = decodeMschapRequest(request.data);
    if (!result.ok) return this.#violation('mschapv2-message', result.error.message);
    const message = result.value;
    const state = this.#state;
    if (message.type === 'challenge')
      return state.phase === 'start'
        ? this.#answer(message.id, message.challenge)
        : this.#violation('mschapv2-order', 'a challenge out of turn');
    if (state.phase !== 'sent') return this.#violation('mschapv2-order', `${message.type} out of turn`);
    return message.type === 'success'
      ? this.#success(state, message.message)
      : this.#failure(state, parseFailureMessage(message.message));
  }

  result(): { readonly msk: Uint8Array } | undefined {
    return this.#state.phase === 'succeeded' ? { msk: this.#state.msk.slice() } : undefined;
  }

  close(): void {
    wipe(this.#ntHash);
    if (this.#state.phase === 'succeeded') wipe(this.#state.msk);
    if (this.#state.phase === 'sent') wipe(this.#state.ntHash, this.#state.ntResponse, this.#state.expected);
    this.#state = { phase: 'ended' };
  }

  #answer(id: number, challenge: Uint8Array): EapMethodStep {
    const peerChallenge = this.#options.random.bytes(16);
    const response = ntResponse(challenge, peerChallenge, this.#username, this.#ntHash);
    const expected = authenticatorResponse(this.#ntHash, response, peerChallenge, challenge, this.#username);
    this.#state = { phase: 'sent', id, ntHash: this.#ntHash, ntResponse: response, expected, changing: false };
    return {
      type: 'respond',
      data: encodeMschapResponse({ type: 'response', id, peerChallenge, ntResponse: response, name: this.#username }),
    };
  }

  #success(sent: Sent, message: string): EapMethodStep {
    if (!checkAuthenticatorResponse(message, sent.expected))
      return this.#fail(
        new VpnError(
          'IKE_AUTH_FAIL',
          'The server could not prove that it knows your password. It may not be the server you mean.',
          { detail: 'MS-CHAPv2: the authenticator response is wrong', rule: 'mschapv2-proof' },
        ),
      );
    this.#state = { phase: 'succeeded', msk: masterSessionKey(sent.ntHash, sent.ntResponse) };
    if (sent.changing) this.#options.onPasswordChanged?.(sent.ntHash);
    wipe(this.#ntHash, sent.ntHash);
    return { type: 'respond', data: encodeMschapResponse({ type: 'success' }) };
  }

  async #failure(sent: Sent, failure: MschapFailure): Promise<EapMethodStep> {
    const error = failureError(failure);
    if (!sent.changing && failure.challenge !== null && this.#retries < retryLimit) {
      if (failure.code === 648 && failure.version === 3) {
        const password = (await this.#options.askNewPassword?.(error)) ?? null;
        try {
          if (this.#state.phase === 'sent' && password !== null)
            return this.#changePassword(sent, failure.challenge, password);
        } finally {
          wipe(password);
        }
      } else if (failure.code === 691 && failure.retry) {
        const credentials = (await this.#options.askAgain?.(error)) ?? null;
        if (this.#state.phase === 'sent' && credentials !== null)
          return this.#retry(sent, failure.challenge, credentials);
      }
    }
    // no Failure response goes out; Windows does not send one and some servers choke on it.
    return this.#fail(error);
  }

  #retry(sent: Sent, challenge: Uint8Array, credentials: MschapCredentials): EapMethodStep {
    this.#retries++;
    wipe(this.#ntHash);
    this.#ntHash = credentials.ntHash.slice();
    this.#username = credentials.username;
    return this.#answer((sent.id + 1) & 0xff, challenge);
  }

  #changePassword(sent: Sent, challenge: Uint8Array, password: Uint8Array): EapMethodStep {
    this.#retries++;
    const { random } = this.#options;
    const newHash = ntHashOf(password);
    const peerChallenge = random.bytes(16);
    const response = ntResponse(challenge, peerChallenge, this.#username, newHash);
    const expected = authenticatorResponse(newHash, response, peerChallenge, challenge, this.#username);
    const id = (sent.id + 1) & 0xff;
    const data = encodeMschapResponse({
      type: 'change-password',
      id,
      encryptedPassword: encryptNewPassword(password, this.#ntHash, random.bytes(512)),
      encryptedHash: encryptOldHash(this.#ntHash, newHash),
      peerChallenge,
      ntResponse: response,
    });
    wipe(this.#ntHash);
    this.#ntHash = newHash;
    this.#state = { phase: 'sent', id, ntHash: newHash, ntResponse: response, expected, changing: true };
    return { type: 'respond', data };
  }

  #violation(rule: FailedRule, detail: string): EapMethodStep {
    return this.#fail(
      new VpnError('IKE_AUTH_FAIL', 'The server broke the rules of the sign-in, so the connection was not made.', {
        detail: `MS-CHAPv2: ${detail}`,
        rule,
      }),
    );
  }

  #fail(error: VpnError): EapMethodStep {
    this.close();
    return { type: 'failure', error };
  }
}
