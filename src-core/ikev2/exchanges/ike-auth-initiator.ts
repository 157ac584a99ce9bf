import { equal } from '../../bytes';
import { wipe } from '../../crypto/wipe';
import { VpnError } from '../../ports/vpn-error';
import { type AlgorithmProposal, withoutGroups } from '../proposals/proposal';
import { floated } from '../sa/ike-path';
import type { Handshake } from '../sa/handshake';
import type { IkeSa, ReceivedRequest } from '../sa/ike-sa';
import { deriveChildKeys } from '../sa/keying-material';
import { connectSchedule, connectTries } from '../sa/retransmission';
import type { SessionCore } from '../sa/session-core';
import type { ConfigurationReply, EapConversation, IkePath, IkeSessionConfig } from '../session';
import { configurationRequest, readConfiguration } from '../wire/configuration-attributes';
import { certificateEncoding, configurationType, exchangeType, notifyType } from '../wire/constants';
import { findNotify, findPayload, findPayloads } from '../wire/find';
import { authLifetimeOf } from '../wire/notify-data';
import type { InnerPayload, Payload } from '../wire/payload';
import { x509CertificateRequest } from '../wire/payloads/certificate-request';
import { deleteIkeSa } from '../wire/payloads/delete';
import { identificationBody, identificationPayload, payloadIdentity } from '../wire/payloads/identification';
import { notify } from '../wire/payloads/notify';
import { authenticatedOctets, checkSignature, createSignature, sharedKeyAuthentication, verifySharedKey } from './authentication';
import { type ChildOffer, offerSa, offerSelectors, readAgreement } from './child-negotiation';
import { findError, microsoftError, noAnswer, noAuthAnswer, notifyError, type OwnMethod, peerNotProven, peerRejectedUs, protocolViolation, unusableAnswer } from './failures';
import { InitAttempt, type InitResult } from './ike-sa-init';
import { scheduleReauthentication } from './informational';
import { coversAddress, everyIpv4, everyIpv6 } from './traffic-selectors';

/** C-43: the next (address, port) is tried as well when the ones before did not answer for this long, milliseconds. */
const alternativeDelay = 1000;
/** */
const maxEapRounds = 64;

/** One answer to IKE_SA_INIT that is being authenticated. Two at most: one of them may be forged (C-12, H-8). */
interface Candidate extends InitResult {
  readonly sa: IkeSa;
  conversation: EapConversation | null;
  /** ESP SPI that was proposed. */
  spiIn: number | null;
}

/** Ends the authentication of a candidate. `tell`: the peer gets to know (C-32). */
class Rejection extends Error {
  readonly error: VpnError;
  readonly tell: 'nothing' | 'authentication-failed' | 'delete';

  constructor(error: VpnError, tell: 'nothing' | 'authentication-failed' | 'delete') {
    super(error.message);
    this.error = error;
    this.tell = tell;
  }
}

/**
 * The client's way from the first IKE_SA_INIT to an established IKE SA with its first CHILD SA. No EAP octet leaves before certificate,
 * name and AUTH of the gateway are verified (C-25, A-2).
 */
export class InitiatorHandshake implements Handshake {
  readonly #session: SessionCore;
  readonly #config: IkeSessionConfig;
  readonly #attempts: InitAttempt[] = [];
  readonly #candidates: Candidate[] = [];
  #waiting: IkePath[] = [];
  #exhausted = 0;
  #hint: VpnError | null = null;
  #closed = false;
  /** C-29: a gateway refused the first try, maybe because of the IDr. */
  #withoutIdr = false;

  constructor(session: SessionCore, config: IkeSessionConfig) {
    this.#session = session;
    this.#config = config;
  }

  start(path: IkePath, alternatives: readonly IkePath[]): void {
    this.#waiting = [...alternatives];
    this.#session.emit({ type: 'progress', phase: 'init' });
    this.#attempt(path);
  }

  receive(message: Uint8Array, path: IkePath): boolean {
    return this.#attempts.some((attempt) => attempt.receive(message, path));
  }

  handleRequest(_sa: IkeSa, _request: ReceivedRequest): void {
    // H-7: a gateway asks nothing before we are done.
  }

  unanswered(sa: IkeSa, _name: string, tries: number): void {
    const candidate = this.#candidates.find((one) => one.sa === sa);
    if (candidate !== undefined && tries >= connectTries) this.#reject(candidate, new Rejection(noAuthAnswer(), 'nothing'));
  }

  violation(sa: IkeSa, error: VpnError): void {
    const candidate = this.#candidates.find((one) => one.sa === sa);
    if (candidate !== undefined) this.#reject(candidate, new Rejection(error, 'delete'));
  }

  close(): void {
    this.#closed = true;
    for (const attempt of this.#attempts) attempt.close();
    for (const candidate of this.#candidates) candidate.conversation?.close();
  }

  #attempt(path: IkePath): void {
    const attempt = new InitAttempt(this.#session, path, {
      proposals: this.#session.settings.ikeProposals,
      fragmentation: this.#config.fragmentation,
      onResult: (result) => this.#accepted(attempt, result),
      onExhausted: (error) => this.#attemptFailed(attempt, error),
      onUnsendable: () => this.#session.timers.set('next alternative', 0, () => this.#nextAlternative()),
    });
    this.#attempts.push(attempt);
    if (this.#waiting.length > 0) this.#session.timers.set('next alternative', alternativeDelay, () => this.#nextAlternative());
    attempt.start();
  }

  #nextAlternative(): void {
    const next = this.#waiting.shift();
    if (next !== undefined && this.#candidates.length === 0) this.#attempt(next);
  }

  #attemptFailed(attempt: InitAttempt, error: VpnError | null): void {
    if (this.#closed || this.#candidates.length > 0) return;
    attempt.close();
    this.#hint ??= error;
    this.#exhausted++;
    if (this.#waiting.length > 0) this.#nextAlternative();
    // An error that the gateway itself sent is the same by any way to it.
    else if (this.#exhausted === this.#attempts.length || error !== null) this.#session.end('failure', this.#hint ?? noAnswer(`no answer to IKE_SA_INIT from ${[...new Set(this.#attempts.map(({ path }) => path.remote.address))].join(', ')}`));
  }

  #accepted(attempt: InitAttempt, result: InitResult): void {
    if (this.#closed || this.#candidates.length >= 2) return;
    this.#session.timers.cancel('next alternative');
    this.#waiting = [];
    // The first usable answer decides the path; only to this very request another answer may still come (C-12).
    for (const other of this.#attempts) if (other !== attempt) other.close();
    const path = floated(result.path);
    const sa = this.#session.createIkeSa({ initiator: true, spiI: result.spiI, spiR: result.spiR, suite: result.suite, keys: result.keys, fragmentation: result.fragmentation, firstMessageId: 1 });
    const candidate: Candidate = { ...result, path, sa, conversation: null, spiIn: null };
    this.#candidates.push(candidate);
    this.#session.adoptPath(path);
    this.#session.emit({ type: 'progress', phase: 'auth' });
    this.#authenticate(candidate).catch((error: unknown) => {
      this.#reject(candidate, error instanceof Rejection ? error : new Rejection(error instanceof VpnError ? error : protocolViolation(error instanceof Error ? error.message : 'unknown'), 'authentication-failed'));
    });
  }

  #isLive(candidate: Candidate): boolean {
    return !this.#closed && this.#candidates.includes(candidate);
  }

  #reject(candidate: Candidate, rejection: Rejection): void {
    if (!this.#isLive(candidate)) return;
    const { sa } = candidate;
    this.#candidates.splice(this.#candidates.indexOf(candidate), 1);
    candidate.conversation?.close();
    if (candidate.spiIn !== null) this.#session.childSas.releaseSpi(candidate.spiIn);
    sa.dropRequest();
    if (rejection.tell === 'authentication-failed') sa.sendOnce(exchangeType.INFORMATIONAL, [notify(notifyType.AUTHENTICATION_FAILED)]);
    if (rejection.tell === 'delete') sa.sendOnce(exchangeType.INFORMATIONAL, [deleteIkeSa]);
    this.#session.ikeSas.remove(sa);
    if (this.#candidates.length === 0) this.#session.end('failure', rejection.error);
  }

  /** Sends a request; the promise stays open for ever when the candidate is given up meanwhile. */
  #exchange(candidate: Candidate, payloads: readonly InnerPayload[]): Promise<readonly Payload[]> {
    return new Promise((resolve) => {
      candidate.sa.request({
        name: 'IKE_AUTH',
        exchange: exchangeType.IKE_AUTH,
        payloads,
        schedule: connectSchedule,
        onResponse: (response) => {
          if (this.#isLive(candidate)) resolve(response);
        },
      });
    });
  }

  async #authenticate(candidate: Candidate): Promise<void> {
    const config = this.#config;
    const { sa, suite, keys } = candidate;
    const { local, peer } = config;
    const own: OwnMethod = local.method;
    const idI = identificationPayload('IDi', config.localIdentity);
    const ownOctets = authenticatedOctets(suite.prf, candidate.request, candidate.nonceR, keys.skPi, identificationBody(idI));
    const offer = this.#childOffer();
    candidate.spiIn = offer.spiIn;

    const first: InnerPayload[] = [idI];
    if (local.method === 'signature') for (const data of local.certificates) first.push({ type: 'CERT', encoding: certificateEncoding.X509_SIGNATURE, data });
    if (config.initialContact) first.push(notify(notifyType.INITIAL_CONTACT));
    // C-31: without it some gateways send no certificate.
    if (peer.method === 'certificate' && peer.certificateRequests.length > 0) first.push(x509CertificateRequest(peer.certificateRequests));
    const sendsIdr = config.remoteIdentity !== null && !this.#withoutIdr;
    if (sendsIdr && config.remoteIdentity !== null) first.push(identificationPayload('IDr', config.remoteIdentity));
    if (local.method === 'psk') first.push(sharedKeyAuthentication(suite.prf, local.secret, ownOctets));
    if (local.method === 'signature') {
      first.push(await createSignature(local.signer, candidate.peerHashes, ownOctets));
      if (!this.#isLive(candidate)) return;
    }
    if (config.requestIpv4 || config.requestIpv6) {
      first.push(configurationRequest({ ipv4: config.requestIpv4, ipv6: config.requestIpv6, previousAddresses: config.previousAddresses, dhcp: false }));
    }
    first.push(offerSa(offer), ...offerSelectors(offer));
    // M-6: our other addresses are nobody's business, and useless behind a NAT.
    if (config.mobike) first.push(notify(notifyType.MOBIKE_SUPPORTED), notify(notifyType.NO_ADDITIONAL_ADDRESSES));

    let response = await this.#exchange(candidate, first);
    const refusal = findError(response);
    const idR = findPayload(response, 'IDr');
    const auth = findPayload(response, 'AUTH');
    if (auth === undefined || idR === undefined) {
      // H-46: EAP from somebody who has not proved to be the gateway.
      if (findPayload(response, 'EAP') !== undefined) throw new Rejection(peerNotProven('auth-missing', 'the server asked for EAP without proving itself'), 'authentication-failed');
      if (refusal?.notify === notifyType.AUTHENTICATION_FAILED && sendsIdr) {
        this.#restartWithoutIdr(candidate);
        return;
      }
      throw new Rejection(microsoftError(response) ?? (refusal === undefined ? protocolViolation('the answer to IKE_AUTH has no AUTH') : notifyError(refusal, { own, offered: offer.proposals, afterEap: false })), 'nothing');
    }
    const idBody = identificationBody(idR);
    const peerOctets = authenticatedOctets(suite.prf, candidate.response, candidate.nonceI, keys.skPr, idBody);
    const peerIdentity = payloadIdentity(idR);
    if (peerIdentity === null) throw new Rejection(peerNotProven('identity-type', 'the server shows an identity of an unknown type'), 'authentication-failed');

    if (peer.method === 'psk') {
      if (!verifySharedKey(auth, suite.prf, peer.secret, peerOctets)) {
        throw new Rejection(new VpnError('VPN_BAD_PSK', 'The server does not know the pre-shared key of this connection. Check the key.', { detail: 'AUTH of the server does not verify with the pre-shared key', rule: 'pre-shared-key' }), 'authentication-failed');
      }
      if (peer.identity !== null && (peer.identity.type !== peerIdentity.type || !equal(peer.identity.value, peerIdentity.value))) {
        throw new Rejection(peerNotProven('server-identity', 'the server shows another identity than this connection expects'), 'authentication-failed');
      }
    } else {
      const certificates = findPayloads(response, 'CERT');
      const ofEncoding = (encoding: number): Uint8Array[] => certificates.filter((one) => one.encoding === encoding).map((one) => one.data.slice());
      const { publicKeySpki } = await peer.verify({
        identity: peerIdentity,
        certificates: ofEncoding(certificateEncoding.X509_SIGNATURE),
        ocspResponses: ofEncoding(certificateEncoding.OCSP_CONTENT),
        crls: ofEncoding(certificateEncoding.CRL),
      });
      if (!this.#isLive(candidate)) return;
      const wrong = checkSignature(auth, publicKeySpki, peerOctets, peer.allowSha1Rsa);
      if (wrong !== null) throw new Rejection(peerNotProven(wrong.rule, wrong.detail), 'authentication-failed');
    }

    let authentication = local.method === 'psk' ? 'Pre-shared key' : 'Machine certificate';
    if (local.method === 'eap') {
      const conversation = local.createConversation();
      candidate.conversation = conversation;
      const msk = await this.#converse(candidate, conversation, response);
      if (msk === 'given up') return;
      authentication = conversation.methodName ?? 'EAP';
      // C-26: without a key of the method, SK_pi and SK_pr stand in.
      response = await this.#exchange(candidate, [sharedKeyAuthentication(suite.prf, msk ?? keys.skPi, ownOctets)]);
      const second = findPayload(response, 'AUTH');
      const error = findError(response);
      if (second === undefined) throw new Rejection(microsoftError(response) ?? (error === undefined ? peerNotProven('second-auth-missing', 'the server sent no second AUTH after EAP') : notifyError(error, { own, offered: offer.proposals, afterEap: true })), error === undefined ? 'authentication-failed' : 'nothing');
      const proven = verifySharedKey(second, suite.prf, msk ?? keys.skPr, peerOctets);
      wipe(msk);
      if (!proven) throw new Rejection(peerNotProven('second-auth', 'the server does not know the key that EAP made'), 'authentication-failed');
      conversation.close();
    }
    wipe(ownOctets, peerOctets);

    const { child, configuration } = this.#firstChild(candidate, offer, response, own);
    const session = this.#session;
    session.mobility.supported = config.mobike && findNotify(response, notifyType.MOBIKE_SUPPORTED) !== undefined;
    session.mobility.natDetected = candidate.nat.localNat;
    session.mobility.readAddresses(response, false);
    for (const attempt of this.#attempts) attempt.close();
    this.#closed = true;
    session.established(sa);
    session.childLifetimes.begin(child, null, false);
    const lifetime = findNotify(response, notifyType.AUTH_LIFETIME);
    const authLifetimeSeconds = lifetime === undefined ? null : authLifetimeOf(lifetime);
    if (authLifetimeSeconds !== null) scheduleReauthentication(session, authLifetimeSeconds);
    session.emit({
      type: 'established',
      ike: sa.info,
      child,
      configuration,
      authentication,
      mobikeSupported: session.mobility.supported,
      natDetected: session.mobility.natDetected,
      peerIdentity: { type: peerIdentity.type, value: peerIdentity.value.slice() },
      authLifetimeSeconds,
    });
    if (session.mobility.peerAddresses.length > 0) session.emit({ type: 'peer-addresses', addresses: session.mobility.peerAddresses });
    session.pump();
  }

  /** EAP inside IKE_AUTH (RFC 7296 section 2.16) up to the method's success. */
  async #converse(candidate: Candidate, conversation: EapConversation, first: readonly Payload[]): Promise<Uint8Array | null | 'given up'> {
    let response = first;
    for (let round = 0; round < maxEapRounds; round++) {
      const eap = findPayload(response, 'EAP');
      const error = findError(response);
      if (eap === undefined) {
        if (error === undefined) throw new Rejection(protocolViolation('the server stopped EAP without a word'), 'authentication-failed');
        throw new Rejection(microsoftError(response) ?? notifyError(error, { own: 'eap', offered: [], afterEap: round > 0 }), 'nothing');
      }
      const step = await conversation.receive(eap.packet);
      if (!this.#isLive(candidate)) return 'given up';
      switch (step.type) {
        case 'success':
          return step.msk;
        case 'failure':
          throw new Rejection(microsoftError(response) ?? step.error, 'authentication-failed');
        case 'ignore':
          throw new Rejection(protocolViolation('the server sent an EAP packet that has no answer'), 'authentication-failed');
        case 'respond':
          response = await this.#exchange(candidate, [{ type: 'EAP', packet: step.packet }]);
      }
    }
    throw new Rejection(peerRejectedUs('eap', 'AUTHENTICATION_FAILED', true), 'authentication-failed');
  }

  #childOffer(): ChildOffer {
    const { requestIpv4, requestIpv6 } = this.#config;
    const both = requestIpv4 === requestIpv6;
    const everything = [...(requestIpv4 || both ? [everyIpv4] : []), ...(requestIpv6 || both ? [everyIpv6] : [])];
    const proposals: readonly AlgorithmProposal[] = this.#session.settings.espProposals.map(withoutGroups);
    return { spiIn: this.#session.childSas.allocateSpi(), proposals, localSelectors: everything, remoteSelectors: everything };
  }

  /** C-33, C-48..C-55: the IKE SA is good; is there a CHILD SA that a person can use? */
  #firstChild(candidate: Candidate, offer: ChildOffer, response: readonly Payload[], own: OwnMethod): { readonly child: ReturnType<SessionCore['childSas']['install']>; readonly configuration: ConfigurationReply } {
    const error = findError(response);
    if (error !== undefined) throw new Rejection(microsoftError(response) ?? notifyError(error, { own, offered: offer.proposals, afterEap: own === 'eap' }), 'delete');
    const agreement = readAgreement(response, offer, this.#session.childSas);
    if (agreement instanceof VpnError) throw new Rejection(agreement, 'delete');
    const cp = findPayloads(response, 'CP').find(({ cfgType }) => cfgType === configurationType.CFG_REPLY);
    const fullTunnel = coversAddress(agreement.remoteSelectors, '0.0.0.1') && coversAddress(agreement.remoteSelectors, '255.255.255.254');
    const read = readConfiguration(cp ?? { type: 'CP', cfgType: configurationType.CFG_REPLY, attributes: [] }, {
      gatewayAddresses: [candidate.path.remote.address],
      localPrefixes: this.#config.localPrefixes ?? [],
      fullTunnel,
    });
    for (const { attribute, reason } of read.ignored) this.#session.log.write('info', 'ike', `${attribute} of the server is not used: ${reason}`);
    const hasFamily = (family: 4 | 6): boolean => agreement.localSelectors.some((selector) => selector.family === family);
    // C-55: an answer of one family is normal; then only that family is used.
    const ipv4Addresses = read.ipv4Addresses.filter(() => hasFamily(4));
    const ipv6Addresses = read.ipv6Addresses.filter(() => hasFamily(6));
    const assigned = [...ipv4Addresses, ...ipv6Addresses.map(({ address }) => address)];
    if ((this.#config.requestIpv4 || this.#config.requestIpv6) && assigned.length === 0) {
      if (read.addressRefused) throw new Rejection(unusableAnswer('INTERNAL_ADDRESS_FAILURE', 'The server gave this computer an address that cannot be used. Ask your administrator to check the address pool.', read.ignored.map(({ attribute, reason }) => `${attribute}: ${reason}`).join('; ')), 'delete');
      throw new Rejection(unusableAnswer('FAILED_CP_REQUIRED', 'The server gave this computer no address. Ask your administrator whether it hands out addresses to this account.', 'the configuration reply has no address'), 'delete');
    }
    const outside = assigned.find((address) => !coversAddress(agreement.localSelectors, address));
    if (outside !== undefined) throw new Rejection(unusableAnswer('TS_UNACCEPTABLE', 'The server set up a tunnel that does not fit the address it gave. Ask your administrator to check its settings.', `TSi does not cover ${outside}`), 'delete');
    const keys = deriveChildKeys(candidate.suite.prf, candidate.keys.skD, null, candidate.nonceI, candidate.nonceR, agreement.suite.esp);
    const child = this.#session.childSas.install({ spiIn: offer.spiIn, ...agreement, keysIn: keys.fromResponder, keysOut: keys.fromInitiator, outbound: 'now', replaces: null });
    candidate.spiIn = null;
    const { dnsServers, subnets, dnsDomains, dhcpServers } = read;
    return { child, configuration: { ipv4Addresses, ipv6Addresses, dnsServers, subnets, dnsDomains, dhcpServers } };
  }

  #restartWithoutIdr(candidate: Candidate): void {
    this.#session.log.write('info', 'ike', 'The server refused the connection; trying once more without naming its identity');
    this.#withoutIdr = true;
    this.#candidates.splice(this.#candidates.indexOf(candidate), 1);
    if (candidate.spiIn !== null) this.#session.childSas.releaseSpi(candidate.spiIn);
    this.#session.ikeSas.remove(candidate.sa);
    if (this.#candidates.length > 0) return;
    for (const attempt of this.#attempts) attempt.close();
    this.#attempts.length = 0;
    this.#exhausted = 0;
    this.#attempt(candidate.path);
  }
}
