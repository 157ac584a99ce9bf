import { equalConstantTime, wipe } from '../../bytes';
import type { Random } from '../../ports/random';
import type { EapServerMethod, EapServerStep } from '../method';
import { eapType } from '../packet';
import { decryptNewPasswordHash, isOldHashUnderNew } from './change-password';
import {
  authenticatorResponse,
  formatAuthenticatorResponse,
  masterSessionKey,
  ntResponse,
  withoutDomain,
} from './computations';
import { formatFailureMessage } from './failure-message';
import { decodeMschapResponse, encodeMschapRequest } from './messages';
import type { MschapResponse } from './messages';

export interface MschapAccount {
  /** 16 octets. Not wiped here. */
  readonly ntHash: Uint8Array;
  /** Why the account may not come in although the password is right. */
  readonly problem?: 646 | 647 | 648 | 649;
}

export interface MschapServerOptions {
  readonly random: Random;
  /** Shown to the peer as the server's name. */
  readonly name: string;
  /** null: no such user. Asked with the name as sent, then without its domain. */
  readonly account: (username: string) => MschapAccount | null;
  /** Wrong passwords that may be repeated within one conversation (R=1). */
  readonly retries?: number;
  /** Stores a changed password; false refuses it (709). Absent: passwords cannot be changed here. */
  readonly changePassword?: (username: string, ntHash: Uint8Array) => boolean;
}

type State =
  | { readonly phase: 'start' }
  | {
      readonly phase: 'challenged';
      readonly id: number;
      readonly challenge: Uint8Array;
      readonly changing: { readonly username: string; readonly account: MschapAccount } | null;
    }
  | { readonly phase: 'accepted'; readonly username: string; readonly msk: Uint8Array }
  | { readonly phase: 'refused' }
  | { readonly phase: 'ended' };

const messages: Readonly<Record<number, string>> = {
  646: 'Restricted logon hours',
  647: 'Account disabled',
  648: 'Password expired',
  649: 'No dial-in permission',
  691: 'Authentication failed',
  709: 'Password change failed',
};

/** EAP-MSCHAPv2, the server of the embedded gateway. */
export class MschapServer implements EapServerMethod {
  readonly type = eapType.MSCHAPV2;
  readonly name = 'EAP-MSCHAPv2';
  readonly #options: MschapServerOptions;
  #state: State = { phase: 'start' };
  #retriesLeft: number;

  constructor(options: MschapServerOptions) {
    this.#options = options;
    this.#retriesLeft = options.retries ?? 0;
  }

  start(identifier: number): Uint8Array {
    const challenge = this.#options.random.bytes(16);
    this.#state = { phase: 'challenged', id: identifier, challenge, changing: null };
    return encodeMschapRequest({ type: 'challenge', id: identifier, challenge, name: this.#options.name });
  }

  receive(data: Uint8Array): Promise<EapServerStep> {
    const result = decodeMschapResponse(data);
    return Promise.resolve(result.ok ? this.#receive(result.value) : this.#end());
  }

  close(): void {
    if (this.#state.phase === 'accepted') wipe(this.#state.msk);
    this.#state = { phase: 'ended' };
  }

  #receive(message: MschapResponse): EapServerStep {
    const state = this.#state;
    if (state.phase === 'accepted' && message.type === 'success') {
      const step: EapServerStep = { type: 'success', msk: state.msk.slice(), identity: state.username };
      this.close();
      return step;
    }
    if (
      state.phase === 'challenged' &&
      message.type === 'response' &&
      state.changing === null &&
      message.id === state.id
    )
      return this.#check(state, message);
    if (
      state.phase === 'challenged' &&
      message.type === 'change-password' &&
      state.changing !== null &&
      message.id === state.id
    )
      return this.#change(state.challenge, state.changing, message);
    return this.#end();
  }

  #check(
    state: Extract<State, { phase: 'challenged' }>,
    message: Extract<MschapResponse, { type: 'response' }>,
  ): EapServerStep {
    const account = this.#options.account(message.name) ?? this.#options.account(withoutDomain(message.name));
    // An unknown user costs the same work as a wrong password.
    const ntHash = account?.ntHash ?? this.#options.random.bytes(16);
    const right =
      equalConstantTime(ntResponse(state.challenge, message.peerChallenge, message.name, ntHash), message.ntResponse) &&
      account !== null;
    if (!right) return this.#refuse(state.id, 691, this.#retriesLeft-- > 0);
    if (account.problem === 648 && this.#options.changePassword !== undefined)
      return this.#demandChange(state.id, message.name, account);
    if (account.problem !== undefined) return this.#refuse(state.id, account.problem, false);
    return this.#accept(state.id, state.challenge, message.name, ntHash, message);
  }

  #demandChange(id: number, username: string, account: MschapAccount): EapServerStep {
    const challenge = this.#options.random.bytes(16);
    this.#state = { phase: 'challenged', id: (id + 1) & 0xff, challenge, changing: { username, account } };
    return this.#failureRequest(id, 648, false, challenge);
  }

  #change(
    challenge: Uint8Array,
    changing: { username: string; account: MschapAccount },
    message: Extract<MschapResponse, { type: 'change-password' }>,
  ): EapServerStep {
    const { username, account } = changing;
    const newHash = decryptNewPasswordHash(message.encryptedPassword, account.ntHash);
    const good =
      newHash !== null &&
      isOldHashUnderNew(message.encryptedHash, account.ntHash, newHash) &&
      equalConstantTime(ntResponse(challenge, message.peerChallenge, username, newHash), message.ntResponse);
    if (!good || this.#options.changePassword?.(username, newHash.slice()) !== true)
      return this.#refuse(message.id, 709, false);
    const step = this.#accept(message.id, challenge, username, newHash, message);
    wipe(newHash);
    return step;
  }

  #accept(
    id: number,
    challenge: Uint8Array,
    username: string,
    ntHash: Uint8Array,
    message: { readonly peerChallenge: Uint8Array; readonly ntResponse: Uint8Array },
  ): EapServerStep {
    this.#state = { phase: 'accepted', username, msk: masterSessionKey(ntHash, message.ntResponse) };
    const proof = formatAuthenticatorResponse(
      authenticatorResponse(ntHash, message.ntResponse, message.peerChallenge, challenge, username),
    );
    return { type: 'request', data: encodeMschapRequest({ type: 'success', id, message: `${proof} M=Welcome` }) };
  }

  #refuse(id: number, code: number, retry: boolean): EapServerStep {
    const challenge = this.#options.random.bytes(16);
    this.#state = retry
      ? { phase: 'challenged', id: (id + 1) & 0xff, challenge, changing: null }
      : { phase: 'refused' };
    return this.#failureRequest(id, code, retry, challenge);
  }

  #failureRequest(id: number, code: number, retry: boolean, challenge: Uint8Array): EapServerStep {
    return {
      type: 'request',
      data: encodeMschapRequest({
        type: 'failure',
        id,
        message: formatFailureMessage({ code, retry, challenge, message: messages[code] ?? '' }),
      }),
    };
  }

  #end(): EapServerStep {
    this.close();
    return { type: 'failure' };
  }
}
