import { hexEncode, uint32Octets } from '../../bytes';
import { wipe } from '../../crypto/wipe';
import type { Handshake } from '../sa/handshake';
import type { IkeSa, ReceivedRequest } from '../sa/ike-sa';
import type { SessionCore } from '../sa/session-core';
import type { EapServerConversation, Identity, IkeSession, ResponderConfig, ResponderDependencies } from '../session';
import { authMethod, certificateEncoding, exchangeType, notifyType } from '../wire/constants';
import { findNotify, findPayload, findPayloads } from '../wire/find';
import type { InnerPayload, Payload } from '../wire/payload';
import type { AuthenticationPayload } from '../wire/payloads/authentication';
import { identificationBody, identificationPayload, payloadIdentity } from '../wire/payloads/identification';
import { notify } from '../wire/payloads/notify';
import {
  authenticatedOctets,
  checkSignature,
  createSignature,
  sharedKeyAuthentication,
  verifySharedKey,
} from './authentication';
import { enforceAuthenticationLifetime } from './authentication-lifetime';
import { createFirstChild } from './first-child-responder';
import type { InitResult } from './ike-sa-init';
import { answerAdditionalKeys } from './intermediate';

/** A refused client may ask for the last answer again for so long, milliseconds. */
const lingerMs = 5000;
/** A client that did not authenticate again in time has so long to answer the DELETE, milliseconds. */
const farewellMs = 2000;

export interface ResponderHandshakeOptions {
  readonly config: ResponderConfig;
  readonly accept: ResponderDependencies['accept'];
  /**
   * IKE_AUTH is complete: this client takes the place of a half-open one. `client` names what it proved to be, the same
   * for the same client.
   */
  readonly onEstablished: (session: IkeSession, client: string, initialContact: boolean) => void;
}

/** An identity a client claims, as it came and as AUTH covers it. */
interface Claim {
  readonly identity: Identity;
  readonly idBody: Uint8Array;
}

/** What the first IKE_AUTH request brought, kept while further rounds go on. */
interface FirstRequest extends Claim {
  readonly payloads: readonly Payload[];
}

/** EAP of one claim. `proven`: how the client proved itself in a round before. */
interface EapRound {
  readonly first: FirstRequest;
  readonly claim: Claim;
  readonly proven: string | null;
  /** RFC 5998: EAP has to prove us too. */
  readonly eapOnly: boolean;
}

type Stage =
  /** RFC 9370: a second key exchange comes before everything else. */
  | { readonly type: 'intermediate' }
  | { readonly type: 'first' }
  /** RFC 4739: the certificate was right, another identity follows. */
  | { readonly type: 'second'; readonly first: FirstRequest; readonly proven: string }
  | { readonly type: 'eap'; readonly round: EapRound; readonly conversation: EapServerConversation }
  | {
      readonly type: 'eap-auth';
      readonly round: EapRound;
      readonly msk: Uint8Array | null;
      readonly eapIdentity: string;
      readonly method: string;
    }
  | { readonly type: 'over' };

/** The gateway's side of IKE_AUTH (RFC 7296 sections 1.2, 2.15, 2.16; RFC 5998; RFC 4739). */
export class ResponderHandshake implements Handshake {
  readonly #session: SessionCore;
  #init: Omit<InitResult, 'path' | 'nat' | 'wantedAuthorities'>;
  readonly #options: ResponderHandshakeOptions;
  #stage: Stage;
  #closed = false;

  constructor(
    session: SessionCore,
    init: Omit<InitResult, 'path' | 'nat' | 'wantedAuthorities'>,
    options: ResponderHandshakeOptions,
  ) {
    this.#session = session;
    this.#init = init;
    this.#options = options;
    this.#stage = init.suite.additional === null ? { type: 'first' } : { type: 'intermediate' };
  }

  receive(): boolean {
    return false;
  }

  handleRequest(sa: IkeSa, request: ReceivedRequest): void {
    if (
      request.exchange !== (this.#stage.type === 'intermediate' ? exchangeType.IKE_INTERMEDIATE : exchangeType.IKE_AUTH)
    )
      return;
    // The client floats to port 4500 with IKE_AUTH (C-39).
    this.#session.adoptPath(request.path);
    this.#process(sa, request).catch(() => this.#refuse(sa, request));
  }

  unanswered(): void {
    // A responder asks nothing before the client is authenticated.
  }

  violation(): void {
    this.#session.abandon();
  }

  close(): void {
    this.#closed = true;
    if (this.#stage.type === 'eap') this.#stage.conversation.close();
    if (this.#stage.type === 'eap-auth') wipe(this.#stage.msk);
    this.#stage = { type: 'over' };
  }

  #isLive(): boolean {
    return !this.#closed && this.#session.state !== 'ended';
  }

  async #process(sa: IkeSa, request: ReceivedRequest): Promise<void> {
    const stage = this.#stage;
    switch (stage.type) {
      case 'intermediate': {
        const strengthened = answerAdditionalKeys(this.#session, sa, this.#init, request, (payloads) =>
          sa.respond(request, payloads),
        );
        if (strengthened === null) return this.#refuse(sa, request);
        this.#init = strengthened;
        this.#stage = { type: 'first' };
        return;
      }
      case 'first':
        return this.#first(sa, request);
      case 'second': {
        const claim = claimOf(request.payloads);
        if (claim === null || findPayload(request.payloads, 'AUTH') !== undefined) return this.#refuse(sa, request);
        return this.#startEap(sa, request, { first: stage.first, claim, proven: stage.proven, eapOnly: false }, []);
      }
      case 'eap':
        return this.#eap(sa, request, stage);
      case 'eap-auth':
        return this.#afterEap(sa, request, stage);
      case 'over':
        return;
    }
  }

  async #first(sa: IkeSa, request: ReceivedRequest): Promise<void> {
    const { config } = this.#options;
    const { clients } = config;
    const { suite } = this.#init;
    const claim = claimOf(request.payloads);
    if (claim === null) return this.#refuse(sa, request);
    const auth = findPayload(request.payloads, 'AUTH');
    const first: FirstRequest = { ...claim, payloads: request.payloads };
    const octets = this.#octetsOfClient(first.idBody);

    if (auth === undefined) {
      if (config.secondRound === 'required') return this.#refuse(sa, request);
      const eapOnly =
        config.eapOnly === true && findNotify(request.payloads, notifyType.EAP_ONLY_AUTHENTICATION) !== undefined;
      if (!eapOnly && config.signature === null) return this.#refuse(sa, request);
      const own = eapOnly
        ? [identificationPayload('IDr', config.localIdentity)]
        : await this.#ownSignature(request.payloads);
      if (this.#isLive()) await this.#startEap(sa, request, { first, claim: first, proven: null, eapOnly }, own);
      return;
    }
    if (auth.method === authMethod.SHARED_KEY) {
      const secret = clients.psk?.(first.identity) ?? null;
      if (config.secondRound === 'required' || secret === null || !verifySharedKey(auth, suite.prf, secret, octets))
        return this.#refuse(sa, request);
      const own = [
        identificationPayload('IDr', config.localIdentity),
        sharedKeyAuthentication(suite.prf, secret, this.#ownOctets()),
      ];
      this.#finish(sa, request, first, own, { name: 'Pre-shared key', eapIdentity: null });
      return;
    }
    if (clients.certificate === null || config.signature === null) return this.#refuse(sa, request);
    const certificates = findPayloads(request.payloads, 'CERT').filter(
      ({ encoding }) => encoding === certificateEncoding.X509_SIGNATURE,
    );
    const { publicKeySpki } = await clients.certificate.verify({
      identity: first.identity,
      certificates: certificates.map(({ data }) => data.slice()),
      ocspResponses: [],
      crls: [],
    });
    if (!this.#isLive()) return;
    if (checkSignature(auth, publicKeySpki, octets, clients.certificate.allowSha1Rsa) !== null)
      return this.#refuse(sa, request);
    const name = 'Machine certificate';
    const another = findNotify(request.payloads, notifyType.ANOTHER_AUTH_FOLLOWS) !== undefined;
    if (another ? config.secondRound === undefined : config.secondRound === 'required')
      return this.#refuse(sa, request);
    const own = await this.#ownSignature(request.payloads);
    if (!this.#isLive()) return;
    if (another) {
      this.#stage = { type: 'second', first, proven: name };
      sa.respond(request, own);
    } else this.#finish(sa, request, first, own, { name, eapIdentity: null });
  }

  async #startEap(sa: IkeSa, request: ReceivedRequest, round: EapRound, own: readonly InnerPayload[]): Promise<void> {
    const { eap } = this.#options.config.clients;
    if (eap === null) return this.#refuse(sa, request);
    const conversation = eap(round.claim.identity);
    const packet = await conversation.start();
    if (!this.#isLive()) return conversation.close();
    this.#stage = { type: 'eap', round, conversation };
    sa.respond(request, [...own, { type: 'EAP', packet }]);
  }

  async #eap(
    sa: IkeSa,
    request: ReceivedRequest,
    { round, conversation }: Extract<Stage, { type: 'eap' }>,
  ): Promise<void> {
    const eap = findPayload(request.payloads, 'EAP');
    if (eap === undefined) return this.#refuse(sa, request);
    const step = await conversation.receive(eap.packet);
    if (!this.#isLive()) return;
    if (step.type === 'success') {
      conversation.close();
      // RFC 5998 section 4: without a key nobody would have proved anything.
      if (round.eapOnly && step.msk === null) return this.#refuse(sa, request);
      this.#stage = {
        type: 'eap-auth',
        round,
        msk: step.msk,
        eapIdentity: step.identity,
        method: conversation.methodName ?? 'EAP',
      };
    } else if (step.type === 'failure') {
      conversation.close();
      this.#over(sa);
    }
    sa.respond(request, [{ type: 'EAP', packet: step.packet }]);
  }

  #afterEap(
    sa: IkeSa,
    request: ReceivedRequest,
    { round, msk, eapIdentity, method }: Extract<Stage, { type: 'eap-auth' }>,
  ): void {
    const { suite, keys } = this.#init;
    const auth = findPayload(request.payloads, 'AUTH');
    if (
      auth === undefined ||
      !verifySharedKey(auth, suite.prf, msk ?? keys.skPi, this.#octetsOfClient(round.claim.idBody))
    )
      return this.#refuse(sa, request);
    const own = sharedKeyAuthentication(suite.prf, msk ?? keys.skPr, this.#ownOctets());
    wipe(msk);
    this.#finish(sa, request, round.first, [own], {
      name: round.proven === null ? method : `${round.proven} + ${method}`,
      eapIdentity,
    });
  }

  /** The client has proved itself and we answer with our own proof. */
  #finish(
    sa: IkeSa,
    request: ReceivedRequest,
    first: FirstRequest,
    own: readonly InnerPayload[],
    proof: { readonly name: string; readonly eapIdentity: string | null },
  ): void {
    const { config, accept, onEstablished } = this.#options;
    const session = this.#session;
    const { identity } = first;
    const created = createFirstChild({
      session,
      config,
      accept,
      init: this.#init,
      payloads: first.payloads,
      client: { identity, eapIdentity: proof.eapIdentity, remote: request.path.remote },
    });
    if (typeof created === 'number') {
      sa.respond(request, [...own, notify(created)]);
      // Answers the client's DELETE, serves nothing else.
      sa.state = 'established';
      this.#over(sa);
      return;
    }
    const { child, configuration, mobike } = created;
    const reply = [...own, ...created.reply];
    if (config.authLifetimeSeconds !== null)
      reply.push(notify(notifyType.AUTH_LIFETIME, uint32Octets(config.authLifetimeSeconds)));
    session.adoptPath(request.path);
    session.mobility.supported = mobike;
    this.#stage = { type: 'over' };
    session.timers.cancel('half-open');
    sa.respond(request, reply);
    session.established(sa);
    session.childLifetimes.begin(child, null, false);
    if (config.authLifetimeSeconds !== null)
      enforceAuthenticationLifetime(session, config.authLifetimeSeconds, farewellMs);
    onEstablished(
      session,
      provenName(identity, proof.eapIdentity),
      findNotify(first.payloads, notifyType.INITIAL_CONTACT) !== undefined,
    );
    session.emit({
      type: 'established',
      ike: sa.info,
      child,
      configuration,
      authentication: proof.name,
      mobikeSupported: mobike,
      natDetected: false,
      peerIdentity: identity,
      authLifetimeSeconds: config.authLifetimeSeconds,
    });
  }

  #refuse(sa: IkeSa, request: ReceivedRequest): void {
    if (!this.#isLive()) return;
    this.#over(sa);
    sa.respond(request, [notify(notifyType.AUTHENTICATION_FAILED)]);
  }

  /** Only repetitions are answered now. */
  #over(sa: IkeSa): void {
    this.#stage = { type: 'over' };
    this.#session.log.write('info', 'ike', `Client ${sa.info.spiInitiator} is not let in`);
    this.#session.timers.set('half-open', lingerMs, () => this.#session.abandon());
  }

  async #ownSignature(asked: readonly Payload[]): Promise<readonly InnerPayload[]> {
    const { config } = this.#options;
    if (config.signature === null) throw new Error('no key to sign with');
    const wantsOcsp = findPayloads(asked, 'CERTREQ').some(
      ({ encoding }) => encoding === certificateEncoding.OCSP_CONTENT,
    );
    const ocspResponses = wantsOcsp ? (config.ocspResponses?.() ?? []) : [];
    const auth: AuthenticationPayload = await createSignature(
      config.signature.signer,
      this.#init.peerHashes,
      this.#ownOctets(),
    );
    return [
      identificationPayload('IDr', config.localIdentity),
      ...config.signature.certificates.map((data) => ({
        type: 'CERT' as const,
        encoding: certificateEncoding.X509_SIGNATURE,
        data,
      })),
      ...ocspResponses.map((data) => ({ type: 'CERT' as const, encoding: certificateEncoding.OCSP_CONTENT, data })),
      auth,
    ];
  }

  #ownOctets(): Uint8Array {
    const { suite, response, nonceI, keys, intermediate } = this.#init;
    return authenticatedOctets(
      suite.prf,
      response,
      nonceI,
      keys.skPr,
      identificationBody(identificationPayload('IDr', this.#options.config.localIdentity)),
      intermediate,
    );
  }

  #octetsOfClient(idBody: Uint8Array): Uint8Array {
    const { suite, request, nonceR, keys, intermediate } = this.#init;
    return authenticatedOctets(suite.prf, request, nonceR, keys.skPi, idBody, intermediate);
  }
}

function claimOf(payloads: readonly Payload[]): Claim | null {
  const idI = findPayload(payloads, 'IDi');
  const identity = idI === undefined ? null : payloadIdentity(idI);
  return idI === undefined || identity === null
    ? null
    : { identity: { type: identity.type, value: identity.value.slice() }, idBody: identificationBody(idI) };
}

/** With EAP the IDi is what the client says, and may be anonymous: who it is, EAP found out (RFC 7296 section 2.16). */
function provenName(identity: Identity, eapIdentity: string | null): string {
  return eapIdentity === null ? `${identity.type} ${hexEncode(identity.value)}` : `eap ${eapIdentity}`;
}
