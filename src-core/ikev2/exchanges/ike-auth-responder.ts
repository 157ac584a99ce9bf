import { octetsToIp, uint32Octets } from '../../bytes';
import { wipe } from '../../crypto/wipe';
import { answerPayload, selectProposal } from '../proposals/negotiation';
import { childSuite } from '../proposals/suites';
import type { Handshake } from '../sa/handshake';
import type { IkeSa, ReceivedRequest } from '../sa/ike-sa';
import { deriveChildKeys } from '../sa/keying-material';
import type { SessionCore } from '../sa/session-core';
import type { ConfigurationReply, EapServerConversation, Identity, IkeSession, ResponderConfig, ResponderDependencies } from '../session';
import { configurationReply } from '../wire/configuration-attributes';
import { certificateEncoding, configurationAttribute, configurationType, exchangeType, notifyType, protocolId } from '../wire/constants';
import { findNotify, findPayload, findPayloads } from '../wire/find';
import { additionalAddressNotify } from '../wire/notify-data';
import type { InnerPayload, Payload } from '../wire/payload';
import type { AuthenticationPayload } from '../wire/payloads/authentication';
import { identificationBody, identificationPayload, payloadIdentity } from '../wire/payloads/identification';
import { notify } from '../wire/payloads/notify';
import { trafficSelectors } from '../wire/payloads/traffic-selectors';
import { authenticatedOctets, checkSignature, createSignature, sharedKeyAuthentication, verifySharedKey } from './authentication';
import type { InitResult } from './ike-sa-init';
import { hostSelector, narrow } from './traffic-selectors';
import { authMethod } from '../wire/constants';

/** A refused client may ask for the last answer again for so long, milliseconds. */
const lingerMs = 5000;

export interface ResponderHandshakeOptions {
  readonly config: ResponderConfig;
  readonly accept: ResponderDependencies['accept'];
  /** IKE_AUTH is complete: this client takes the place of a half-open one. */
  readonly onEstablished: (session: IkeSession, identity: Identity, initialContact: boolean) => void;
}

/** What the first IKE_AUTH request brought, kept while EAP goes on. */
interface FirstRequest {
  readonly identity: Identity;
  readonly idBody: Uint8Array;
  readonly payloads: readonly Payload[];
}

type Stage =
  | { readonly type: 'first' }
  | { readonly type: 'eap'; readonly first: FirstRequest; readonly conversation: EapServerConversation }
  | { readonly type: 'eap-auth'; readonly first: FirstRequest; readonly msk: Uint8Array | null; readonly eapIdentity: string; readonly method: string }
  | { readonly type: 'over' };

/** The gateway's side of IKE_AUTH (RFC 7296 sections 1.2, 2.15, 2.16). */
export class ResponderHandshake implements Handshake {
  readonly #session: SessionCore;
  readonly #init: Omit<InitResult, 'path' | 'nat'>;
  readonly #options: ResponderHandshakeOptions;
  #stage: Stage = { type: 'first' };
  #closed = false;

  constructor(session: SessionCore, init: Omit<InitResult, 'path' | 'nat'>, options: ResponderHandshakeOptions) {
    this.#session = session;
    this.#init = init;
    this.#options = options;
  }

  receive(): boolean {
    return false;
  }

  handleRequest(sa: IkeSa, request: ReceivedRequest): void {
    if (request.exchange !== exchangeType.IKE_AUTH) return;
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
      case 'first':
        return this.#first(sa, request);
      case 'eap':
        return this.#eap(sa, request, stage);
      case 'eap-auth': {
        const auth = findPayload(request.payloads, 'AUTH');
        const octets = this.#octetsOfClient(stage.first.idBody);
        if (auth === undefined || !verifySharedKey(auth, this.#init.suite.prf, stage.msk ?? this.#init.keys.skPi, octets)) return this.#refuse(sa, request);
        const own = sharedKeyAuthentication(this.#init.suite.prf, stage.msk ?? this.#init.keys.skPr, this.#ownOctets());
        wipe(stage.msk);
        this.#finish(sa, request, stage.first, [own], stage.method, stage.eapIdentity);
        return;
      }
      case 'over':
        return;
    }
  }

  async #first(sa: IkeSa, request: ReceivedRequest): Promise<void> {
    const { config } = this.#options;
    const { clients } = config;
    const { suite } = this.#init;
    const idI = findPayload(request.payloads, 'IDi');
    const identity = idI === undefined ? null : payloadIdentity(idI);
    if (idI === undefined || identity === null) return this.#refuse(sa, request);
    const auth = findPayload(request.payloads, 'AUTH');
    const first: FirstRequest = { identity: { type: identity.type, value: identity.value.slice() }, idBody: identificationBody(idI), payloads: request.payloads };
    const octets = this.#octetsOfClient(first.idBody);

    if (auth === undefined) {
      if (clients.eap === null || config.signature === null) return this.#refuse(sa, request);
      const own = await this.#ownSignature();
      const conversation = clients.eap(first.identity);
      const packet = await conversation.start();
      if (!this.#isLive()) return conversation.close();
      this.#stage = { type: 'eap', first, conversation };
      sa.respond(request, [...own, { type: 'EAP', packet }]);
      return;
    }
    if (auth.method === authMethod.SHARED_KEY) {
      const secret = clients.psk?.(first.identity) ?? null;
      if (secret === null || !verifySharedKey(auth, suite.prf, secret, octets)) return this.#refuse(sa, request);
      const own = [identificationPayload('IDr', config.localIdentity), sharedKeyAuthentication(suite.prf, secret, this.#ownOctets())];
      this.#finish(sa, request, first, own, 'Pre-shared key', null);
      return;
    }
    if (clients.certificate === null || config.signature === null) return this.#refuse(sa, request);
    const certificates = findPayloads(request.payloads, 'CERT').filter(({ encoding }) => encoding === certificateEncoding.X509_SIGNATURE);
    const { publicKeySpki } = await clients.certificate.verify({ identity: first.identity, certificates: certificates.map(({ data }) => data.slice()), ocspResponses: [], crls: [] });
    if (!this.#isLive()) return;
    if (checkSignature(auth, publicKeySpki, octets, clients.certificate.allowSha1Rsa) !== null) return this.#refuse(sa, request);
    const own = await this.#ownSignature();
    if (this.#isLive()) this.#finish(sa, request, first, own, 'Machine certificate', null);
  }

  async #eap(sa: IkeSa, request: ReceivedRequest, stage: Extract<Stage, { type: 'eap' }>): Promise<void> {
    const eap = findPayload(request.payloads, 'EAP');
    if (eap === undefined) return this.#refuse(sa, request);
    const step = await stage.conversation.receive(eap.packet);
    if (!this.#isLive()) return;
    if (step.type === 'success') {
      this.#stage = { type: 'eap-auth', first: stage.first, msk: step.msk, eapIdentity: step.identity, method: stage.conversation.methodName ?? 'EAP' };
      stage.conversation.close();
    } else if (step.type === 'failure') {
      stage.conversation.close();
      this.#over(sa);
    }
    sa.respond(request, [{ type: 'EAP', packet: step.packet }]);
  }

  /** The client has proved itself and we answer with our own proof: addresses, selectors, the first CHILD SA. */
  #finish(sa: IkeSa, request: ReceivedRequest, first: FirstRequest, own: readonly InnerPayload[], authentication: string, eapIdentity: string | null): void {
    const { config, accept, onEstablished } = this.#options;
    const { payloads } = first;
    const session = this.#session;
    const failed = (type: number): void => {
      sa.respond(request, [...own, notify(type)]);
      // Answers the client's DELETE, serves nothing else.
      sa.state = 'established';
      this.#over(sa);
    };
    const wishes = findPayloads(payloads, 'CP').find(({ cfgType }) => cfgType === configurationType.CFG_REQUEST)?.attributes ?? [];
    const wants = (attribute: number): boolean => wishes.some(({ attributeType }) => attributeType === attribute);
    const previousAddresses = wishes.flatMap(({ attributeType, value }) => {
      if (attributeType === configurationAttribute.INTERNAL_IP4_ADDRESS && value.length === 4) return [octetsToIp(value)];
      return attributeType === configurationAttribute.INTERNAL_IP6_ADDRESS && value.length >= 16 ? [octetsToIp(value.subarray(0, 16))] : [];
    });
    const assignment = config.assign({
      identity: first.identity,
      eapIdentity,
      ipv4: wants(configurationAttribute.INTERNAL_IP4_ADDRESS),
      ipv6: wants(configurationAttribute.INTERNAL_IP6_ADDRESS),
      previousAddresses,
    });
    if (assignment.type === 'refused') return failed(notifyType[assignment.notify]);
    const { configuration } = assignment;
    const addresses = [...configuration.ipv4Addresses, ...configuration.ipv6Addresses.map(({ address }) => address)];

    const offer = findPayload(payloads, 'SA');
    const tsi = findPayload(payloads, 'TSi');
    const tsr = findPayload(payloads, 'TSr');
    if (offer === undefined || tsi === undefined || tsr === undefined) return failed(notifyType.INVALID_SYNTAX);
    const chosen = selectProposal(offer, session.settings.espProposals, 4, { preferredGroup: null, groups: 'ignore' });
    if (chosen === null) return failed(notifyType.NO_PROPOSAL_CHOSEN);
    const suite = childSuite(chosen.algorithms);
    const remoteSelectors = narrow(tsi.selectors, addresses.map(hostSelector));
    const families = new Set(remoteSelectors.map(({ family }) => family));
    const localSelectors = narrow(tsr.selectors, config.localSelectors).filter(({ family }) => families.has(family));
    if (remoteSelectors.length === 0 || localSelectors.length === 0) return failed(notifyType.TS_UNACCEPTABLE);

    const { dataPath, onEvent } = accept(session);
    session.attach(dataPath, onEvent);
    session.adoptPath(request.path);
    const { nonceI, nonceR, keys } = this.#init;
    const childKeys = deriveChildKeys(this.#init.suite.prf, keys.skD, null, nonceI, nonceR, suite.esp);
    const spiIn = session.childSas.allocateSpi();
    const child = session.childSas.install({
      spiIn,
      spiOut: new DataView(chosen.spi.buffer, chosen.spi.byteOffset).getUint32(0),
      suite,
      keysIn: childKeys.fromInitiator,
      keysOut: childKeys.fromResponder,
      localSelectors,
      remoteSelectors,
      outbound: 'now',
      replaces: null,
    });
    const mobike = config.mobike && findNotify(payloads, notifyType.MOBIKE_SUPPORTED) !== undefined;
    session.mobility.supported = mobike;
    session.acceptsNewChildren = true;
    session.permittedSelectors = { local: config.localSelectors, remote: addresses.map(hostSelector) };
    const reply: InnerPayload[] = [...own];
    if (wishes.length > 0) reply.push(configurationReply(configuration));
    reply.push(answerPayload(chosen, protocolId.ESP, uint32Octets(spiIn)), trafficSelectors('TSi', remoteSelectors), trafficSelectors('TSr', localSelectors));
    if (mobike) {
      reply.push(notify(notifyType.MOBIKE_SUPPORTED));
      reply.push(...(config.additionalAddresses.length === 0 ? [notify(notifyType.NO_ADDITIONAL_ADDRESSES)] : config.additionalAddresses.map(additionalAddressNotify)));
    }
    if (config.authLifetimeSeconds !== null) reply.push(notify(notifyType.AUTH_LIFETIME, uint32Octets(config.authLifetimeSeconds)));
    this.#stage = { type: 'over' };
    session.timers.cancel('half-open');
    sa.respond(request, reply);
    session.established(sa);
    session.childLifetimes.begin(child, null, false);
    onEstablished(session, first.identity, findNotify(payloads, notifyType.INITIAL_CONTACT) !== undefined);
    session.emit({
      type: 'established',
      ike: sa.info,
      child,
      configuration: withoutForeignFamilies(configuration, families),
      authentication,
      mobikeSupported: mobike,
      natDetected: false,
      peerIdentity: first.identity,
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

  async #ownSignature(): Promise<readonly InnerPayload[]> {
    const { config } = this.#options;
    if (config.signature === null) throw new Error('no key to sign with');
    const auth: AuthenticationPayload = await createSignature(config.signature.signer, this.#init.peerHashes, this.#ownOctets());
    return [
      identificationPayload('IDr', config.localIdentity),
      ...config.signature.certificates.map((data) => ({ type: 'CERT' as const, encoding: certificateEncoding.X509_SIGNATURE, data })),
      auth,
    ];
  }

  #ownOctets(): Uint8Array {
    const { suite, response, nonceI, keys } = this.#init;
    return authenticatedOctets(suite.prf, response, nonceI, keys.skPr, identificationBody(identificationPayload('IDr', this.#options.config.localIdentity)));
  }

  #octetsOfClient(idBody: Uint8Array): Uint8Array {
    const { suite, request, nonceR, keys } = this.#init;
    return authenticatedOctets(suite.prf, request, nonceR, keys.skPi, idBody);
  }
}

function withoutForeignFamilies(configuration: ConfigurationReply, families: ReadonlySet<number>): ConfigurationReply {
  return { ...configuration, ipv4Addresses: families.has(4) ? configuration.ipv4Addresses : [], ipv6Addresses: families.has(6) ? configuration.ipv6Addresses : [] };
}
