import type { EapServerMethod, EapServerStep } from '../method';
import { eapType } from '../packet';
import { TlsServerTunnel } from './server-tunnel';
import type { TlsServerTunnelOptions } from './server-tunnel';
import { firstHalf, tlsKeyMaterial } from './tunnel';

export interface EapTlsServerOptions {
  readonly tunnel: Omit<TlsServerTunnelOptions, 'requestClientCertificate'>;
  /** Judges the client's certificates (DER, end-entity first); gives the account, or null. */
  readonly judge: (certificates: readonly Uint8Array[]) => Promise<string | null>;
}

type State = { readonly phase: 'handshake' } | { readonly phase: 'judged'; readonly identity: string };

/** EAP-TLS, the server of the embedded gateway: RFC 5216 with TLS 1.2, RFC 9190 with TLS 1.3. */
export class EapTlsServer implements EapServerMethod {
  readonly type = eapType.TLS;
  readonly name = 'EAP-TLS';
  readonly #options: EapTlsServerOptions;
  readonly #tunnel: TlsServerTunnel;
  #state: State = { phase: 'handshake' };

  constructor(options: EapTlsServerOptions) {
    this.#options = options;
    this.#tunnel = new TlsServerTunnel({ ...options.tunnel, requestClientCertificate: true });
  }

  start(): Uint8Array {
    return this.#tunnel.start();
  }

  async receive(data: Uint8Array): Promise<EapServerStep> {
    const step = this.#tunnel.receive(data);
    if (step.type !== 'inside') return step;
    if (this.#state.phase === 'judged')
      return {
        type: 'success',
        msk: firstHalf(tlsKeyMaterial(this.#tunnel, this.type, 'client EAP encryption')),
        identity: this.#state.identity,
      };
    const identity = await this.#options.judge(this.#tunnel.peerCertificates());
    if (identity === null) return { type: 'failure' };
    this.#state = { phase: 'judged', identity };
    // RFC 9190 section 2.1.1: the commitment message.
    return {
      type: 'request',
      data: this.#tunnel.request(step.pending, this.#tunnel.version === '1.3' ? Uint8Array.of(0) : new Uint8Array(0)),
    };
  }

  close(): void {
    this.#tunnel.close();
  }
}
