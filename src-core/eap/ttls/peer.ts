import { concat, utf8Decode, utf8Encode, wipe } from '../../bytes';
import type { Random } from '../../ports/random';
import { VpnError } from '../../ports/vpn-error';
import type { EapMethodRequest, EapMethodStep, EapPeerMethod } from '../method';
import { authenticatorResponse, checkAuthenticatorResponse, ntResponse } from '../mschapv2/computations';
import type { MschapCredentials } from '../mschapv2/peer';
import { eapType } from '../packet';
import { failure, firstHalf, tlsKeyMaterial, TlsTunnel } from '../tls/tunnel';
import type { TlsTunnelOptions, TunnelStep } from '../tls/tunnel';
import { avpCode, decodeAvps, encodeAvps, microsoft } from './avp';
import type { Avp } from './avp';

/**
 * What goes through the tunnel. PAP shows the password to the server: only with explicit consent of the profile.
 */
export type TtlsInner =
  | { readonly method: 'mschapv2'; readonly credentials: MschapCredentials }
  | { readonly method: 'pap'; readonly username: string; readonly password: Uint8Array };

export interface TtlsPeerOptions {
  readonly tunnel: TlsTunnelOptions;
  readonly random: Random;
  readonly inner: TtlsInner;
}

type State =
  | { readonly phase: 'handshake' }
  /** `expected`: the authenticator response that must come, null for PAP. */
  | {
      readonly phase: 'inner';
      readonly expected: { readonly identifier: number; readonly response: Uint8Array } | null;
      readonly msk: Uint8Array;
    }
  | { readonly phase: 'succeeded'; readonly msk: Uint8Array }
  | { readonly phase: 'ended' };

/** EAP-TTLSv0, the peer: RFC 5281. */
export class TtlsPeer implements EapPeerMethod {
  readonly type = eapType.TTLS;
  readonly name: string;
  readonly #options: TtlsPeerOptions;
  readonly #tunnel: TlsTunnel;
  #state: State = { phase: 'handshake' };

  constructor(options: TtlsPeerOptions) {
    this.#options = options;
    this.name = options.inner.method === 'pap' ? 'EAP-TTLS-PAP' : 'EAP-TTLS-MSCHAPv2';
    this.#tunnel = new TlsTunnel(options.tunnel);
  }

  async receive(request: EapMethodRequest): Promise<EapMethodStep> {
    if (this.#state.phase === 'ended') return this.#end(failure('eap-order', 'a request after the end').error);
    const step = await this.#tunnel.receive(request.data);
    if (step.type === 'failure') return this.#end(step.error);
    if (step.type === 'respond') return step;
    return this.#inside(step);
  }

  result(): { readonly msk: Uint8Array } | undefined {
    // PAP has no proof of its own: the server's EAP-Success after the password is the result.
    if (this.#state.phase === 'succeeded' || (this.#state.phase === 'inner' && this.#state.expected === null))
      return { msk: this.#state.msk.slice() };
    return undefined;
  }

  failureMeaning(): VpnError | null {
    return this.#tunnel.isJudged ? null : failure('tls-handshake', 'EAP-Failure within the TLS handshake').error;
  }

  close(): void {
    if (this.#state.phase === 'inner' || this.#state.phase === 'succeeded') wipe(this.#state.msk);
    if (this.#options.inner.method === 'pap') wipe(this.#options.inner.password);
    this.#state = { phase: 'ended' };
    this.#tunnel.close();
  }

  #inside(step: Extract<TunnelStep, { type: 'inside' }>): EapMethodStep {
    if (this.#state.phase === 'handshake') {
      const avps = encodeAvps(
        this.#options.inner.method === 'pap'
          ? this.#pap(this.#options.inner)
          : this.#mschap(this.#options.inner.credentials),
      );
      const data = this.#tunnel.answer(step.pending, avps);
      wipe(avps);
      return { type: 'respond', data };
    }
    if (step.application.length > 0) {
      const problem = this.#judge(step.application);
      if (problem !== null) return this.#end(problem);
    }
    return { type: 'respond', data: this.#tunnel.answer(step.pending, new Uint8Array(0)) };
  }

  #pap(inner: Extract<TtlsInner, { method: 'pap' }>): readonly Avp[] {
    const padded = new Uint8Array(Math.max(16, Math.ceil(inner.password.length / 16) * 16));
    padded.set(inner.password);
    this.#state = { phase: 'inner', expected: null, msk: this.#msk() };
    return [userName(inner.username), { code: avpCode.USER_PASSWORD, vendor: 0, mandatory: true, value: padded }];
  }

  /**
   * RFC 5281 section 11.2.4: the challenge comes from the tunnel, so it cannot be replayed. RFC 9427 section 2.3:
   * without context in TLS 1.3 too.
   */
  #mschap({ username, ntHash }: MschapCredentials): readonly Avp[] {
    const implicit = this.#tunnel.exportKey('ttls challenge', 'ttls challenge', new Uint8Array(0), 17);
    const challenge = implicit.slice(0, 16);
    const identifier = implicit[16] ?? 0;
    const peerChallenge = this.#options.random.bytes(16);
    const response = ntResponse(challenge, peerChallenge, username, ntHash);
    const expected = {
      identifier,
      response: authenticatorResponse(ntHash, response, peerChallenge, challenge, username),
    };
    this.#state = { phase: 'inner', expected, msk: this.#msk() };
    return [
      userName(username),
      { code: avpCode.MS_CHAP_CHALLENGE, vendor: microsoft, mandatory: true, value: challenge },
      {
        code: avpCode.MS_CHAP2_RESPONSE,
        vendor: microsoft,
        mandatory: true,
        value: concat(Uint8Array.of(identifier, 0), peerChallenge, new Uint8Array(8), response),
      },
    ];
  }

  /** null: fine. */
  #judge(data: Uint8Array): VpnError | null {
    const state = this.#state;
    const avps = decodeAvps(data);
    if (!avps.ok) return failure('ttls-avp', avps.error.message).error;
    for (const avp of avps.value) {
      if (
        avp.vendor === microsoft &&
        avp.code === avpCode.MS_CHAP2_SUCCESS &&
        state.phase === 'inner' &&
        state.expected !== null
      ) {
        const text = utf8Decode(avp.value.subarray(1)) ?? '';
        if (avp.value[0] !== state.expected.identifier || !checkAuthenticatorResponse(text, state.expected.response))
          return new VpnError(
            'IKE_AUTH_FAIL',
            'The server could not prove that it knows your password. It may not be the server you mean.',
            { detail: 'EAP-TTLS: the authenticator response is wrong', rule: 'mschapv2-proof' },
          );
        this.#state = { phase: 'succeeded', msk: state.msk };
      } else if (avp.vendor === microsoft && avp.code === avpCode.MS_CHAP_ERROR) {
        return new VpnError(
          'AUTHENTICATION_FAILURE',
          'The user name or password was not accepted. Check them and try again.',
          { detail: 'EAP-TTLS: MS-CHAP-Error', rule: 'credentials' },
        );
      } else if (avp.mandatory) {
        return failure('ttls-avp', `mandatory AVP ${String(avp.code)} of vendor ${String(avp.vendor)} is not known`)
          .error;
      }
    }
    return null;
  }

  #msk(): Uint8Array {
    return firstHalf(tlsKeyMaterial(this.#tunnel, this.type, 'ttls keying material'));
  }

  #end(error: VpnError): EapMethodStep {
    this.close();
    return { type: 'failure', error };
  }
}

function userName(name: string): Avp {
  return { code: avpCode.USER_NAME, vendor: 0, mandatory: true, value: utf8Encode(name) };
}
