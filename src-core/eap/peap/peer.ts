import { equalConstantTime, wipe } from '../../bytes';
import type { FailedRule } from '../../ports/failed-rule';
import { VpnError } from '../../ports/vpn-error';
import { EapPeer } from '../eap-peer';
import type { EapMethodRequest, EapMethodStep, EapPeerMethod } from '../method';
import { decodeEapPacket, eapType, encodeEapPacket } from '../packet';
import { ResumptionRefused } from '../tls/resumption';
import { failure, firstHalf, tlsKeyMaterial, TlsTunnel } from '../tls/tunnel';
import type { TlsTunnelOptions, TunnelStep } from '../tls/tunnel';
import { compoundKeys, compoundMac, compoundMsk, resumedKeys } from './compound-keys';
import { compress, decompress } from './inner-packets';
import { cryptobindingTlv, decodeExtensions, encodeExtensions } from './tlv';
import type { Cryptobinding, Extensions } from './tlv';

export interface PeapPeerOptions {
  readonly tunnel: TlsTunnelOptions;
  /** The inner identity: the real one. */
  readonly identity: string;
  readonly inner: EapPeerMethod;
  /** Refuse a server that sends no cryptobinding TLV. */
  readonly requireCryptobinding: boolean;
}

type State =
  | { readonly phase: 'running' }
  | { readonly phase: 'succeeded'; readonly msk: Uint8Array }
  | { readonly phase: 'ended' };

/**
 * PEAPv0, the peer, from MS-PEAP: never a success before the inner method's own (A-37, CVE-2023-52160). The one
 * exception is fast reconnect: a TLS session that a
 * whole sign-in with this very server had made, resumed, in which no inner method has begun.
 */
export class PeapPeer implements EapPeerMethod {
  readonly type = eapType.PEAP;
  readonly name: string;
  readonly #options: PeapPeerOptions;
  readonly #tunnel: TlsTunnel;
  readonly #inner: EapPeer;
  #innerBegun = false;
  #state: State = { phase: 'running' };

  constructor(options: PeapPeerOptions) {
    this.#options = options;
    this.name = `PEAP-${options.inner.name}`;
    this.#tunnel = new TlsTunnel(options.tunnel);
    this.#inner = new EapPeer({ identity: options.identity, methods: [options.inner] });
  }

  async receive(request: EapMethodRequest): Promise<EapMethodStep> {
    if (this.#state.phase !== 'running') return this.#end(failure('eap-order', 'a request after the result').error);
    const step = await this.#tunnel.receive(request.data);
    if (step.type === 'failure') return this.#end(step.error);
    if (step.type === 'respond') return step;
    return this.#inside(step, request.identifier);
  }

  /** It continues an earlier sign-in: a refusal says nothing about the person's secrets. */
  get resumed(): boolean {
    return this.#tunnel.resumed && !this.#innerBegun;
  }

  result(): { readonly msk: Uint8Array } | undefined {
    return this.#state.phase === 'succeeded' ? { msk: this.#state.msk.slice() } : undefined;
  }

  failureMeaning(): VpnError | null {
    if (this.resumed) return new ResumptionRefused('EAP-Failure within PEAP, resumed');
    return this.#tunnel.isJudged
      ? this.#inner.failureMeaning()
      : failure('tls-handshake', 'EAP-Failure within the TLS handshake').error;
  }

  close(): void {
    // Refused outside of the tunnel.
    if (this.#state.phase === 'running' && this.resumed) this.#options.tunnel.resumption?.forget();
    if (this.#state.phase === 'succeeded') wipe(this.#state.msk);
    this.#state = { phase: 'ended' };
    this.#inner.close();
    this.#tunnel.close();
  }

  async #inside(step: Extract<TunnelStep, { type: 'inside' }>, identifier: number): Promise<EapMethodStep> {
    // in a resumed session of TLS 1.3 this octet is the server's result.
    if (this.resumed && this.#tunnel.version === '1.3' && step.application.length === 1 && step.application[0] === 0)
      return this.#extensions({ result: 'success', cryptobinding: null, unknownMandatory: [] }, null, step.pending);
    const packet = decompress(step.application, identifier);
    if (packet === null) return { type: 'respond', data: this.#tunnel.answer(step.pending, step.application) };
    const whole = decodeEapPacket(packet);
    if (!whole.ok) return this.#end(failure('eap-packet', `inner packet: ${whole.error.message}`).error);
    if (whole.value.kind === 'request' && whole.value.type === eapType.TLV_EXTENSIONS) {
      const extensions = decodeExtensions(whole.value.data);
      if (!extensions.ok) return this.#end(refused('peap-tlv', extensions.error.message));
      return this.#extensions(extensions.value, whole.value.identifier, step.pending);
    }
    // Microsoft never sends these inside; they prove nothing, the Result TLV decides.
    if (whole.value.kind === 'success')
      return { type: 'respond', data: this.#tunnel.answer(step.pending, new Uint8Array(0)) };
    this.#innerBegun = true;
    const answer = await this.#inner.receive(packet);
    switch (answer.type) {
      case 'respond':
        return { type: 'respond', data: this.#tunnel.answer(step.pending, compress(answer.packet)) };
      case 'failure':
        return this.#end(answer.error);
      default:
        return this.#end(failure('eap-order', 'the inner method answered nothing').error);
    }
  }

  /** `identifier` null: there is nothing to answer but an acknowledgement. */
  #extensions(extensions: Extensions, identifier: number | null, pending: Uint8Array): EapMethodStep {
    const { resumed } = this;
    const inner = this.#options.inner.result() ?? (resumed ? { msk: null } : undefined);
    try {
      if (extensions.unknownMandatory.length > 0)
        return this.#end(refused('peap-tlv', `mandatory TLV ${String(extensions.unknownMandatory[0])} is not known`));
      if (extensions.result === 'failure') {
        if (resumed) return this.#end(new ResumptionRefused('PEAP: the server reported failure, resumed'));
        return this.#end(this.#inner.failureMeaning('PEAP: the server reported failure'));
      }
      // A-37, H-52: a result that comes too early is an attack, not a success.
      if (inner === undefined)
        return this.#end(refused('peap-result', 'a result before the inner method had succeeded'));
      if (extensions.cryptobinding === null) {
        if (this.#options.requireCryptobinding)
          return this.#end(
            new VpnError(
              'PEAP_CRYPTOBINDING_MISSING',
              'The server did not bind the sign-in to its secure channel, which this connection demands.',
              { rule: 'cryptobinding-missing' },
            ),
          );
        if (extensions.result === null)
          return this.#end(refused('peap-result', 'neither a result nor a cryptobinding'));
        this.#succeed(firstHalf(this.#keyMaterial()));
        return this.#respond(identifier, pending, null);
      }
      const response = this.#bind(extensions.cryptobinding, inner.msk, resumed);
      if (response === null)
        return this.#end(
          new VpnError(
            'PEAP_CRYPTOBINDING_INVALID',
            'The secure channel to the authentication server may have been tampered with. Do not enter your password on this network.',
            { detail: 'PEAP: compound MAC is wrong', rule: 'cryptobinding' },
          ),
        );
      return this.#respond(identifier, pending, response);
    } finally {
      if (inner?.msk != null) wipe(inner.msk);
    }
  }

  /** Checks the server's MAC and makes ours; the compound key becomes the MSK. null: the MAC is wrong. */
  #bind(request: Cryptobinding, innerMsk: Uint8Array | null, resumed: boolean): Uint8Array | null {
    const material = this.#keyMaterial();
    const keys = resumed ? resumedKeys(material.subarray(0, 60)) : compoundKeys(material.subarray(0, 60), innerMsk);
    wipe(material);
    try {
      if (request.subtype !== 'request' || !equalConstantTime(compoundMac(keys.cmk, request.tlv), request.mac))
        return null;
      const response = cryptobindingTlv('response', request.nonce);
      response.set(compoundMac(keys.cmk, response), 40);
      this.#succeed(compoundMsk(keys.ipmk));
      return response;
    } finally {
      wipe(keys.ipmk, keys.cmk);
    }
  }

  #succeed(msk: Uint8Array): void {
    this.#state = { phase: 'succeeded', msk };
    this.#tunnel.keep();
  }

  #respond(identifier: number | null, pending: Uint8Array, cryptobinding: Uint8Array | null): EapMethodStep {
    if (identifier === null) return { type: 'respond', data: this.#tunnel.answer(pending, new Uint8Array(0)) };
    const packet = encodeEapPacket({
      kind: 'response',
      identifier,
      type: eapType.TLV_EXTENSIONS,
      data: encodeExtensions('success', cryptobinding),
    });
    return { type: 'respond', data: this.#tunnel.answer(pending, packet) };
  }

  #keyMaterial(): Uint8Array {
    return tlsKeyMaterial(this.#tunnel, this.type, 'client EAP encryption');
  }

  #end(error: VpnError): EapMethodStep {
    // Whatever it was: the next time everything is shown anew.
    this.#options.tunnel.resumption?.forget();
    this.close();
    return { type: 'failure', error };
  }
}

function refused(rule: FailedRule, detail: string): VpnError {
  return new VpnError(
    'INVALID_TLV',
    'The authentication server broke the rules of the sign-in, so the connection was not made.',
    { detail: `PEAP: ${detail}`, rule },
  );
}
