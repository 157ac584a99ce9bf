import { concat, wipe } from '../../bytes';
import type { TlsClientOptions, TlsEngine, TlsSession, TlsStep } from '../../ports/tls';
import type { FailedRule } from '../../ports/failed-rule';
import { VpnError, type VpnErrorSymbol } from '../../ports/vpn-error';
import { TlsFraming } from './framing';
import type { ResumptionStore, TlsResumption } from './resumption';

/**
 * Judges the certificates the authentication server showed, end-entity first: path, names and rules of the profile for
 * the AAA server,
 * which is not the gateway. Rejects with a VpnError naming the check. Until it resolves nothing of ours leaves
 * (A-56).
 */
export type ServerJudge = (certificates: readonly Uint8Array[], ocspResponses?: readonly Uint8Array[]) => Promise<void>;

export type TlsClientCredentials = Pick<TlsClientOptions, 'certificates' | 'privateKey'>;

export interface TlsTunnelOptions {
  readonly engine: TlsEngine;
  readonly judge: ServerJudge;
  /** null: no client certificate. */
  readonly credentials: TlsClientCredentials | null;
  /**
   * Which certificate to show waits for what the server asks for: the handshake ends with this error once the server
   * was judged good, and with none of ours shown. `authorities`: names in DER.
   */
  readonly undecided?: (authorities: readonly Uint8Array[]) => VpnError;
  readonly minVersion: TlsClientOptions['minVersion'];
  readonly maxVersion: TlsClientOptions['maxVersion'];
  readonly serverName: string | null;
  /** Where an earlier session may be taken up, and this one kept. Absent: every handshake is a full one. */
  readonly resumption?: ResumptionStore;
  /** Octets of TLS data in one packet; that of the outermost tunnel when absent. */
  readonly fragmentSize?: number;
}

export type TunnelStep =
  /** Framing or handshake goes on: send this. */
  | { readonly type: 'respond'; readonly data: Uint8Array }
  /**
   * The handshake is done and the server's message was taken in. `pending` are records that must go out with, or
   * instead of, the answer;
   * `application` is what the server said inside, possibly nothing.
   */
  | { readonly type: 'inside'; readonly application: Uint8Array; readonly pending: Uint8Array }
  | { readonly type: 'failure'; readonly error: VpnError };

/** The client's end of the TLS conversation within EAP-TLS, PEAP and EAP-TTLS. */
export class TlsTunnel {
  readonly #options: TlsTunnelOptions;
  readonly #framing: TlsFraming;
  #session: TlsSession | null = null;
  /** The server's certificates were judged good. */
  #judged = false;
  /** What was judged, DER. */
  #certificates: readonly Uint8Array[] = [];
  #offered: TlsResumption | null = null;
  #open = false;
  #closed = false;

  constructor(options: TlsTunnelOptions) {
    this.#options = options;
    this.#framing = new TlsFraming(0, options.fragmentSize);
  }

  /** "1.2" or "1.3"; null before the handshake is done. */
  get version(): '1.2' | '1.3' | null {
    if (!this.#open || this.#session === null) return null;
    return this.#session.version === 'TLSv1.3' ? '1.3' : '1.2';
  }

  /** The server was judged good: what comes after is its answer to what we showed. */
  get isJudged(): boolean {
    return this.#judged;
  }

  get resumed(): boolean {
    return this.#session?.resumed ?? false;
  }

  /** The whole method has succeeded: the session may be taken up again, should the server allow it. */
  keep(): void {
    const session = this.#session?.resumable ?? null;
    if (session !== null && this.#open) this.#options.resumption?.keep({ session, certificates: this.#certificates });
  }

  async receive(data: Uint8Array): Promise<TunnelStep> {
    if (this.#closed) return failure('eap-order', 'a packet after the end');
    const received = this.#framing.receive(data);
    switch (received.type) {
      case 'fragment':
        return { type: 'respond', data: this.#framing.acknowledge() };
      case 'acknowledged':
        return { type: 'respond', data: received.next };
      case 'violation':
        return failure('tls-framing', received.detail);
      case 'start':
        return this.#start();
      case 'message':
        return this.#session === null
          ? failure('tls-framing', 'data before the start')
          : this.#advance(this.#session, received.message);
    }
  }

  /** Records that carry `data`, behind what is pending, as the next packet. */
  answer(pending: Uint8Array, data: Uint8Array): Uint8Array {
    const step = data.length === 0 ? null : this.#require().write(data);
    return this.#framing.send(step === null ? pending : concat(pending, step.output));
  }

  /** RFC 5705 without context in TLS 1.2, with the given one in TLS 1.3 (RFC 9427). */
  exportKey(label12: string, label13: string, context13: Uint8Array, length: number): Uint8Array {
    const session = this.#require();
    return this.version === '1.3'
      ? session.exportKey(label13, context13, length)
      : session.exportKey(label12, null, length);
  }

  close(): void {
    this.#closed = true;
    this.#session?.close();
    this.#session = null;
  }

  async #start(): Promise<TunnelStep> {
    if (this.#session !== null) return failure('tls-framing', 'a second start');
    const { engine, credentials, minVersion, maxVersion, serverName, resumption } = this.#options;
    this.#offered = resumption?.read() ?? null;
    try {
      this.#session = engine.open({
        role: 'client',
        minVersion,
        maxVersion,
        certificates: credentials?.certificates ?? [],
        privateKey: credentials?.privateKey ?? null,
        serverName,
        session: this.#offered?.session ?? null,
      });
    } catch (cause) {
      return {
        type: 'failure',
        error: new VpnError(
          'NO_EAPTLS_CERTIFICATE',
          'The client certificate and its key do not fit together. Choose another one.',
          { rule: 'client-key', cause },
        ),
      };
    }
    return this.#advance(this.#session, new Uint8Array(0));
  }

  async #advance(session: TlsSession, records: Uint8Array): Promise<TunnelStep> {
    let step: TlsStep = session.receive(records);
    let pending = step.output;
    if (step.state === 'verify') {
      const refused = await this.#judge(session.peerCertificates(), session.ocspResponses());
      if (refused !== null) return refused;
      step = session.verified(true);
      if (this.#options.undecided !== undefined && step.state !== 'failed') {
        const error = this.#options.undecided(session.wantedAuthorities());
        this.close();
        return { type: 'failure', error };
      }
      pending = concat(pending, step.output);
    }
    if (step.state === 'failed' || step.state === 'closed') {
      this.close();
      return (
        (this.#judged && this.#options.credentials !== null ? certificateRefused(step.alert) : null) ??
        failure('tls-handshake', `TLS: ${step.error ?? 'closed by the server'}`)
      );
    }
    if (step.state !== 'open') return { type: 'respond', data: this.#framing.send(pending) };
    // what the server showed when the session was made must still hold, before our Finished leaves.
    if (!this.#judged && session.resumed && this.#offered !== null) {
      const refused = await this.#judge(this.#offered.certificates, []);
      if (refused !== null) return refused;
    }
    // A cipher suite without certificates would pass by the judge; none is ever offered (A-56, H-55).
    if (!this.#judged) {
      this.close();
      return failure('certificate-missing', 'TLS: the server showed no certificate');
    }
    this.#open = true;
    return { type: 'inside', application: step.application, pending };
  }

  /** null: they may be trusted. */
  async #judge(certificates: readonly Uint8Array[], ocspResponses: readonly Uint8Array[]): Promise<TunnelStep | null> {
    try {
      await this.#options.judge(certificates, ocspResponses);
    } catch (error) {
      this.close();
      if (error instanceof VpnError) return { type: 'failure', error };
      throw error;
    }
    if (this.#closed) return failure('eap-order', 'closed meanwhile');
    this.#judged = true;
    this.#certificates = certificates;
    return null;
  }

  #require(): TlsSession {
    if (this.#session === null || !this.#open) throw new Error('the TLS tunnel is not open');
    return this.#session;
  }
}

/** What a RADIUS server says of a client certificate it does not take (RFC 8446 section 6.2). */
const certificateAlerts: ReadonlyMap<number, readonly [VpnErrorSymbol, string]> = new Map([
  [
    42,
    ['USER_CERT_INVALID', 'The server did not accept your certificate. Choose another one, or ask the administrator.'],
  ],
  [
    43,
    [
      'USER_CERT_INVALID',
      'The server does not take certificates of this kind. Choose another one, or ask the administrator.',
    ],
  ],
  [44, ['USER_CERT_REVOKED', 'Your certificate was revoked. Get a new one from the administrator.']],
  [45, ['USER_CERT_EXPIRED', 'Your certificate has expired, the server says. Get a new one from the administrator.']],
  [
    46,
    ['USER_CERT_INVALID', 'The server did not accept your certificate. Choose another one, or ask the administrator.'],
  ],
  [
    48,
    [
      'USER_CERT_INVALID',
      'The server does not know the authority of your certificate. Choose another one, or ask the administrator.',
    ],
  ],
  [
    49,
    ['USER_CERT_INVALID', 'Your certificate is not allowed to sign in. Choose another one, or ask the administrator.'],
  ],
]);

function certificateRefused(alert: number | null): { readonly type: 'failure'; readonly error: VpnError } | null {
  const meaning = certificateAlerts.get(alert ?? -1);
  return meaning === undefined
    ? null
    : {
        type: 'failure',
        error: new VpnError(meaning[0], meaning[1], {
          detail: `TLS alert ${String(alert)} of the authentication server`,
          rule: 'client-certificate',
        }),
      };
}

/** MSK and EMSK of RFC 5216 section 2.3 and RFC 9190 section 2.3; 128 octets, to be wiped. */
export function tlsKeyMaterial(tunnel: Pick<TlsTunnel, 'exportKey'>, eapType: number, label12: string): Uint8Array {
  return tunnel.exportKey(label12, 'EXPORTER_EAP_TLS_Key_Material', Uint8Array.of(eapType), 128);
}

/** First 64 octets of the key material; the rest is wiped. */
export function firstHalf(keyMaterial: Uint8Array): Uint8Array {
  const msk = keyMaterial.slice(0, 64);
  wipe(keyMaterial);
  return msk;
}

export function failure(rule: FailedRule, detail: string): { readonly type: 'failure'; readonly error: VpnError } {
  return {
    type: 'failure',
    error: new VpnError(
      'VALIDATING_SERVER_CERT',
      'The secure channel to the authentication server could not be made.',
      { detail, rule },
    ),
  };
}
