import { wipe } from '../../bytes';
import { VpnError } from '../../ports/vpn-error';
import type { EapMethodRequest, EapMethodStep, EapPeerMethod } from '../method';
import { eapType } from '../packet';
import { failure, firstHalf, tlsKeyMaterial, TlsTunnel } from './tunnel';
import type { TlsTunnelOptions } from './tunnel';

type State =
  | { readonly phase: 'handshake' }
  | { readonly phase: 'succeeded'; readonly msk: Uint8Array }
  | { readonly phase: 'ended' };

/** EAP-TLS, the peer: RFC 5216 with TLS 1.2, RFC 9190 with TLS 1.3. */
export class EapTlsPeer implements EapPeerMethod {
  readonly type = eapType.TLS;
  readonly name = 'EAP-TLS';
  readonly #tunnel: TlsTunnel;
  #state: State = { phase: 'handshake' };

  /** `options.credentials` must be there: a client without a certificate cannot sign in this way. */
  constructor(options: TlsTunnelOptions) {
    this.#tunnel = new TlsTunnel(options);
  }

  async receive(request: EapMethodRequest): Promise<EapMethodStep> {
    if (this.#state.phase === 'ended') return this.#end(failure('eap-order', 'a request after the end').error);
    const step = await this.#tunnel.receive(request.data);
    if (step.type === 'failure') return this.#end(step.error);
    if (step.type === 'respond') return step;
    // RFC 9190 section 2.1.1: in TLS 1.3 one octet 0x00 is the server's commitment to say no more (A-26, H-56).
    if (this.#tunnel.version === '1.3') {
      if (step.application.length === 0 && this.#state.phase === 'handshake')
        return { type: 'respond', data: this.#tunnel.answer(step.pending, step.application) };
      if (step.application.length !== 1 || step.application[0] !== 0 || this.#state.phase === 'succeeded')
        return this.#end(failure('tls-data', 'not the protected success indication').error);
    } else if (step.application.length > 0) {
      return this.#end(failure('tls-data', 'application data within EAP-TLS').error);
    }
    if (this.#state.phase === 'handshake')
      this.#state = {
        phase: 'succeeded',
        msk: firstHalf(tlsKeyMaterial(this.#tunnel, this.type, 'client EAP encryption')),
      };
    return { type: 'respond', data: this.#tunnel.answer(step.pending, new Uint8Array(0)) };
  }

  result(): { readonly msk: Uint8Array } | undefined {
    return this.#state.phase === 'succeeded' ? { msk: this.#state.msk.slice() } : undefined;
  }

  /** Before the server is judged nothing of ours was shown that it could have refused. */
  failureMeaning(): VpnError {
    if (!this.#tunnel.isJudged) return failure('tls-handshake', 'EAP-Failure within the TLS handshake').error;
    return new VpnError(
      'AUTHENTICATION_FAILURE',
      'The server did not accept your certificate. Choose another one, or ask the administrator.',
      { detail: `EAP-Failure within ${this.name}`, rule: 'client-certificate' },
    );
  }

  close(): void {
    if (this.#state.phase === 'succeeded') wipe(this.#state.msk);
    this.#state = { phase: 'ended' };
    this.#tunnel.close();
  }

  #end(error: VpnError): EapMethodStep {
    this.close();
    return { type: 'failure', error };
  }
}
