import { concat, equal, equalConstantTime, wipe } from '../../bytes';
import type { Random } from '../../ports/random';
import { decodeIdentity } from '../identity';
import type { EapServerMethod, EapServerStep } from '../method';
import { decodeEapPacket, eapType, encodeEapPacket } from '../packet';
import { TlsServerTunnel } from '../tls/server-tunnel';
import type { TlsServerTunnelOptions } from '../tls/server-tunnel';
import { tlsKeyMaterial } from '../tls/tunnel';
import { type CompoundKeys, compoundKeys, compoundMac, compoundMsk, resumedKeys } from './compound-keys';
import { cryptobindingTlv, decodeExtensions, encodeExtensions } from './tlv';

export interface PeapServerOptions {
  readonly tunnel: Omit<TlsServerTunnelOptions, 'requestClientCertificate'>;
  readonly random: Random;
  readonly inner: EapServerMethod;
  /**
   * Fast reconnect: who signed in with the session of a ticket that `tunnel.ticketKey` opens. Absent: the inner method
   * runs in a resumed session, too.
   */
  readonly resumedIdentity?: string;
}

type State =
  | { readonly phase: 'handshake' }
  | { readonly phase: 'identity' }
  | { readonly phase: 'inner' }
  | {
      readonly phase: 'result';
      readonly identity: string;
      readonly nonce: Uint8Array;
      readonly cmk: Uint8Array;
      readonly msk: Uint8Array;
    };

/** PEAPv0, the server of the embedded gateway, as MS-PEAP says: inner method, then Result and cryptobinding TLV. */
export class PeapServer implements EapServerMethod {
  readonly type = eapType.PEAP;
  readonly name: string;
  readonly #options: PeapServerOptions;
  readonly #tunnel: TlsServerTunnel;
  #state: State = { phase: 'handshake' };

  constructor(options: PeapServerOptions) {
    this.#options = options;
    this.name = `PEAP-${options.inner.name}`;
    this.#tunnel = new TlsServerTunnel({ ...options.tunnel, requestClientCertificate: false });
  }

  start(): Uint8Array {
    return this.#tunnel.start();
  }

  async receive(data: Uint8Array, nextIdentifier: number): Promise<EapServerStep> {
    const step = this.#tunnel.receive(data);
    if (step.type !== 'inside') return step;
    const reply = await this.#inside(step.application, nextIdentifier);
    return reply instanceof Uint8Array ? { type: 'request', data: this.#tunnel.request(step.pending, reply) } : reply;
  }

  close(): void {
    if (this.#state.phase === 'result') wipe(this.#state.cmk, this.#state.msk);
    this.#options.inner.close();
    this.#tunnel.close();
  }

  /** What goes into the tunnel next, compressed, or the end. */
  async #inside(application: Uint8Array, nextIdentifier: number): Promise<Uint8Array | EapServerStep> {
    const { inner } = this.#options;
    switch (this.#state.phase) {
      case 'handshake':
        if (this.#tunnel.resumed && this.#options.resumedIdentity !== undefined)
          return this.#resultOf(this.#options.resumedIdentity, nextIdentifier, resumedKeys);
        this.#state = { phase: 'identity' };
        return Uint8Array.of(eapType.IDENTITY);
      case 'identity': {
        const identity = application[0] === eapType.IDENTITY ? decodeIdentity(application.subarray(1)) : null;
        if (identity === null) return { type: 'failure' };
        this.#state = { phase: 'inner' };
        return concat(Uint8Array.of(inner.type), inner.start(nextIdentifier, identity));
      }
      case 'inner': {
        if (application[0] !== inner.type) return { type: 'failure' };
        const step = await inner.receive(application.subarray(1), nextIdentifier);
        if (step.type === 'request') return concat(Uint8Array.of(inner.type), step.data);
        return step.type === 'success'
          ? this.#result(step.identity, step.msk, nextIdentifier)
          : this.#extensions('failure', null, nextIdentifier);
      }
      case 'result':
        return this.#conclude(application, this.#state);
    }
  }

  #result(identity: string, innerMsk: Uint8Array | null, identifier: number): Uint8Array {
    const result = this.#resultOf(identity, identifier, (tunnelKey) => compoundKeys(tunnelKey, innerMsk));
    if (innerMsk !== null) wipe(innerMsk);
    return result;
  }

  #resultOf(identity: string, identifier: number, keysOf: (tunnelKey: Uint8Array) => CompoundKeys): Uint8Array {
    const material = tlsKeyMaterial(this.#tunnel, this.type, 'client EAP encryption');
    const { ipmk, cmk } = keysOf(material.subarray(0, 60));
    const nonce = this.#options.random.bytes(32);
    this.#state = { phase: 'result', identity, nonce, cmk, msk: compoundMsk(ipmk) };
    wipe(material, ipmk);
    const tlv = cryptobindingTlv('request', nonce);
    tlv.set(compoundMac(cmk, tlv), 40);
    return this.#extensions('success', tlv, identifier);
  }

  #extensions(result: 'success' | 'failure', cryptobinding: Uint8Array | null, identifier: number): Uint8Array {
    return encodeEapPacket({
      kind: 'request',
      identifier,
      type: eapType.TLV_EXTENSIONS,
      data: encodeExtensions(result, cryptobinding),
    });
  }

  #conclude(application: Uint8Array, state: Extract<State, { phase: 'result' }>): EapServerStep {
    const packet = decodeEapPacket(application);
    if (!packet.ok || packet.value.kind !== 'response' || packet.value.type !== eapType.TLV_EXTENSIONS)
      return { type: 'failure' };
    const extensions = decodeExtensions(packet.value.data);
    if (!extensions.ok || extensions.value.result !== 'success') return { type: 'failure' };
    const { cryptobinding } = extensions.value;
    if (
      cryptobinding?.subtype !== 'response' ||
      !equal(cryptobinding.nonce, state.nonce) ||
      !equalConstantTime(compoundMac(state.cmk, cryptobinding.tlv), cryptobinding.mac)
    )
      return { type: 'failure' };
    return { type: 'success', msk: state.msk.slice(), identity: state.identity };
  }
}
