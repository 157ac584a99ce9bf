import { concat } from '../../bytes';
import type { TlsEngine, TlsServerOptions, TlsSession } from '../../ports/tls';
import { startFrame, TlsFraming } from './framing';

export type TlsServerTunnelOptions = Omit<TlsServerOptions, 'role'> & { readonly engine: TlsEngine };

export type ServerTunnelStep =
  /** Framing or handshake goes on: send this. */
  | { readonly type: 'request'; readonly data: Uint8Array }
  /**
   * The handshake is done. `application`: what the peer said inside, possibly nothing. `pending`: records that go out
   * with the next request, possibly none.
   */
  | { readonly type: 'inside'; readonly application: Uint8Array; readonly pending: Uint8Array }
  | { readonly type: 'failure' };

/** The server's end of the TLS conversation within EAP-TLS, PEAP and EAP-TTLS. */
export class TlsServerTunnel {
  readonly #session: TlsSession;
  readonly #framing = new TlsFraming(0);

  /** Throws when certificate and key do not fit together. */
  constructor({ engine, ...options }: TlsServerTunnelOptions) {
    this.#session = engine.open({ role: 'server', ...options });
  }

  get version(): '1.2' | '1.3' {
    return this.#session.version === 'TLSv1.3' ? '1.3' : '1.2';
  }

  get resumed(): boolean {
    return this.#session.resumed;
  }

  start(): Uint8Array {
    return startFrame(0);
  }

  receive(data: Uint8Array): ServerTunnelStep {
    const received = this.#framing.receive(data);
    switch (received.type) {
      case 'fragment':
        return { type: 'request', data: this.#framing.acknowledge() };
      case 'acknowledged':
        return { type: 'request', data: received.next };
      case 'message': {
        const step = this.#session.receive(received.message);
        if (step.state === 'open') return { type: 'inside', application: step.application, pending: step.output };
        return step.state === 'handshake'
          ? { type: 'request', data: this.#framing.send(step.output) }
          : { type: 'failure' };
      }
      default:
        return { type: 'failure' };
    }
  }

  /** Records that carry `data`, behind what is pending, as the next packet. */
  request(pending: Uint8Array, data: Uint8Array): Uint8Array {
    return this.#framing.send(data.length === 0 ? pending : concat(pending, this.#session.write(data).output));
  }

  /** DER, end-entity first. */
  peerCertificates(): readonly Uint8Array[] {
    return this.#session.peerCertificates();
  }

  /** As the peer's tunnel: RFC 5705 without context in TLS 1.2, with the given one in TLS 1.3. */
  exportKey(label12: string, label13: string, context13: Uint8Array, length: number): Uint8Array {
    return this.version === '1.3'
      ? this.#session.exportKey(label13, context13, length)
      : this.#session.exportKey(label12, null, length);
  }

  close(): void {
    this.#session.close();
  }
}
