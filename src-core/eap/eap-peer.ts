import { equal } from '../bytes';
import type { EapConversation } from '../ikev2/session';
import type { FailedRule } from '../ports/failed-rule';
import { VpnError } from '../ports/vpn-error';
import { encodeIdentity } from './identity';
import type { EapPeerMethod } from './method';
import { encodeNak } from './nak';
import { notificationText } from './notification';
import { decodeEapPacket, eapType, encodeEapPacket } from './packet';
import type { EapMessage } from './packet';

/**
 * The peer's state gate of RFC 3748 section 4.2. It exists only after the gateway has proved itself (A-2, C-25):
 * IKE_AUTH makes the conversation after it has verified certificate, name and AUTH, not before. The one exception is
 * EAP-only authentication (RFC 5998), where the method must prove the server: `eapOnly`.
 */

export interface EapPeerOptions {
  /** The outer identity, at most 253 octets of UTF-8. */
  readonly identity: string;
  /** What the profile allows, the best first. Others get a Nak even if they exist (A-4, H-51). */
  readonly methods: readonly EapPeerMethod[];
  /**
   * The gateway has not proved itself and will only do so through the method (RFC 5998, X-11): methods that do not
   * check a
   * certificate of the server get a Nak, and a result without key is refused. `identity` goes out unprotected: an
   * anonymous one.
   */
  readonly eapOnly?: boolean;
  /** Sanitised text of the server. */
  readonly onNotification?: (text: string) => void;
}

/** */
export const eapLimits = { rounds: 50, naks: 3 } as const;

/** they show and check a certificate of the server and make a key. Never MSCHAPv2, GTC or MD5 bare. */
const provingServer: ReadonlySet<number> = new Set([eapType.TLS, eapType.TTLS, eapType.PEAP]);

/** Whether a connection with these methods may offer EAP_ONLY_AUTHENTICATION at all. */
export function mayUseEapOnly(methods: readonly Pick<EapPeerMethod, 'type'>[]): boolean {
  return methods.length > 0 && methods.every(({ type }) => provingServer.has(type));
}

type Outcome = Awaited<ReturnType<EapConversation['receive']>>;

type State =
  /** No method agreed yet: identity may be asked, methods may be offered. */
  | { readonly phase: 'negotiating'; readonly naks: number }
  | { readonly phase: 'method'; readonly method: EapPeerMethod }
  | { readonly phase: 'succeeded' }
  | { readonly phase: 'failed'; readonly error: VpnError };

interface Exchange {
  readonly request: Uint8Array;
  readonly response: Uint8Array;
}

export class EapPeer implements EapConversation {
  readonly #options: EapPeerOptions;
  readonly #identity: Uint8Array;
  readonly #acceptable: readonly EapPeerMethod[];
  #state: State = { phase: 'negotiating', naks: 0 };
  #rounds = 0;
  #last: Exchange | null = null;
  #busy = false;
  #methodName: string | null = null;

  /** Throws a RangeError when the identity is too long. */
  constructor(options: EapPeerOptions) {
    this.#options = options;
    this.#identity = encodeIdentity(options.identity);
    this.#acceptable =
      options.eapOnly === true ? options.methods.filter(({ type }) => provingServer.has(type)) : options.methods;
  }

  get methodName(): string | null {
    return this.#methodName;
  }

  async receive(packet: Uint8Array): Promise<Outcome> {
    // One answer at a time: a second packet while the method works is a repetition at best.
    if (this.#busy) return { type: 'ignore' };
    this.#busy = true;
    try {
      return await this.#receive(packet);
    } finally {
      this.#busy = false;
    }
  }

  close(): void {
    for (const method of this.#options.methods) method.close();
    this.#last?.response.fill(0);
    this.#last = null;
    if (this.#state.phase !== 'failed')
      this.#state = { phase: 'failed', error: new VpnError('CANCELLED', 'The sign-in was cancelled.') };
  }

  async #receive(bytes: Uint8Array): Promise<Outcome> {
    if (this.#state.phase === 'failed') return { type: 'failure', error: this.#state.error };
    if (this.#state.phase === 'succeeded') return this.#violation('eap-order', 'a packet after EAP-Success');
    if (++this.#rounds > eapLimits.rounds)
      return this.#violation('eap-rounds', `more than ${String(eapLimits.rounds)} rounds`);
    const result = decodeEapPacket(bytes);
    if (!result.ok) return this.#violation('eap-packet', result.error.message);
    const packet = result.value;
    switch (packet.kind) {
      case 'request':
        return this.#request(packet, bytes);
      case 'success':
        return this.#success();
      case 'failure':
        return this.#fail(this.failureMeaning());
      case 'response':
        return this.#violation('eap-order', 'a response from the server');
    }
  }

  async #request(request: EapMessage, bytes: Uint8Array): Promise<Outcome> {
    // a repeated request gets the stored response.
    if (this.#last !== null && equal(this.#last.request, bytes))
      return { type: 'respond', packet: this.#last.response.slice() };
    switch (request.type) {
      case eapType.IDENTITY:
        if (this.#state.phase !== 'negotiating')
          return this.#violation('eap-order', 'an identity request within a method');
        return this.#respond(request, bytes, eapType.IDENTITY, this.#identity);
      case eapType.NOTIFICATION:
        this.#options.onNotification?.(notificationText(request.data));
        return this.#respond(request, bytes, eapType.NOTIFICATION, new Uint8Array(0));
      case eapType.NAK:
        return this.#violation('eap-order', 'a Nak as request');
      default:
        return this.#methodRequest(request, bytes);
    }
  }

  async #methodRequest(request: EapMessage, bytes: Uint8Array): Promise<Outcome> {
    if (this.#state.phase === 'negotiating') {
      const method = this.#acceptable.find(({ type }) => type === request.type);
      if (method === undefined) return this.#nak(request, bytes, this.#state.naks);
      this.#state = { phase: 'method', method };
      this.#methodName = method.name;
    }
    if (this.#state.phase !== 'method') return this.#violation('eap-order', 'a request after the end');
    const { method } = this.#state;
    if (method.type !== request.type)
      return this.#violation('eap-order', `method type ${String(request.type)} within ${method.name}`);
    const step = await method.receive({ identifier: request.identifier, data: request.data });
    return step.type === 'failure' ? this.#fail(step.error) : this.#respond(request, bytes, method.type, step.data);
  }

  #nak(request: EapMessage, bytes: Uint8Array, naks: number): Outcome {
    if (naks >= eapLimits.naks) return this.#fail(notAllowed(`the server insists on EAP type ${String(request.type)}`));
    this.#state = { phase: 'negotiating', naks: naks + 1 };
    return this.#respond(request, bytes, eapType.NAK, encodeNak(this.#acceptable.map(({ type }) => type)));
  }

  /** A-5, H-47: success counts only after the method's own. */
  #success(): Outcome {
    const result = this.#state.phase === 'method' ? this.#state.method.result() : undefined;
    if (result === undefined)
      return this.#violation('eap-early-success', 'EAP-Success before the method had succeeded');
    // RFC 5998 section 4: without a key of the method nothing would bind it to this IKE SA.
    if (this.#options.eapOnly === true && result.msk === null)
      return this.#violation('eap-method', 'a method without key where only EAP proves the server');
    this.#state = { phase: 'succeeded' };
    return { type: 'success', msk: result.msk };
  }

  /** What EAP-Failure, or a word of the same meaning outside of a tunnel, says at this moment. */
  failureMeaning(said?: string): VpnError {
    const state = this.#state;
    if (state.phase === 'method')
      return (
        state.method.failureMeaning?.() ??
        new VpnError(
          'AUTHENTICATION_FAILURE',
          'The user name or password was not accepted. Check them and try again.',
          { detail: said ?? `EAP-Failure within ${state.method.name}`, rule: 'credentials' },
        )
      );
    if (state.phase === 'negotiating' && state.naks > 0) return notAllowed('EAP-Failure after our Nak');
    return new VpnError(
      'AUTHENTICATION_FAILURE',
      'The server does not know this user or does not admit it. Check the user name.',
      { detail: said ?? 'EAP-Failure before any method', rule: 'credentials' },
    );
  }

  #respond(request: { identifier: number }, bytes: Uint8Array, type: number, data: Uint8Array): Outcome {
    const packet = encodeEapPacket({ kind: 'response', identifier: request.identifier, type, data });
    this.#last = { request: bytes.slice(), response: packet };
    return { type: 'respond', packet: packet.slice() };
  }

  #violation(rule: FailedRule, detail: string): Outcome {
    return this.#fail(
      new VpnError('IKE_AUTH_FAIL', 'The server broke the rules of the sign-in, so the connection was not made.', {
        detail: `EAP: ${detail}`,
        rule,
      }),
    );
  }

  #fail(error: VpnError): Outcome {
    this.#state = { phase: 'failed', error };
    for (const method of this.#options.methods) method.close();
    return { type: 'failure', error };
  }
}

function notAllowed(detail: string): VpnError {
  return new VpnError(
    'SERVER_POLICY',
    'The server does not allow the sign-in method set in this connection. Choose another method in its properties.',
    { detail, rule: 'eap-method' },
  );
}
