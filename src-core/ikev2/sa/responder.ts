import { concat, equal, equalConstantTime, ipToOctets, isZero, uint16Octets } from '../../bytes';
import { computeIcv } from '../../crypto/integrity';
import { wipe } from '../../crypto/wipe';
import { announcedHashes } from '../exchanges/authentication';
import { ResponderHandshake } from '../exchanges/ike-auth-responder';
import { newIkeSpi } from '../exchanges/ike-rekey';
import { agree, newKeyExchange, nonceLength } from '../exchanges/key-exchange-step';
import { readNatDetection, truthfulNotifies } from '../exchanges/nat-detection';
import { parseProposals } from '../proposals/defaults';
import { answerPayload, selectProposal } from '../proposals/negotiation';
import { type AlgorithmProposal, hasAdditional } from '../proposals/proposal';
import { ikeSuite } from '../proposals/suites';
import type { IkePath, IkeSession, Responder, ResponderConfig, ResponderDependencies } from '../session';
import { exchangeType, notifyType, protocolId } from '../wire/constants';
import { findNotify, findPayload, unsupportedCritical } from '../wire/find';
import { checkHeader } from '../wire/header-checks';
import { decodeHeader, type IkeHeader } from '../wire/header';
import { decodeMessage, encodeMessage } from '../wire/message';
import { x509CertificateRequest } from '../wire/payloads/certificate-request';
import {
  invalidKeNotify,
  signatureHashesNotify,
  signatureHashesOf,
  unsupportedCriticalNotify,
} from '../wire/notify-data';
import type { InnerPayload } from '../wire/payload';
import { notify } from '../wire/payloads/notify';
import { ikeMessageOf, sendIke } from './ike-path';
import { expandIkeKeys, initialKeySeed } from './keying-material';
import { SessionCore } from './session-core';

/** A client that does not finish IKE_AUTH is forgotten after this, milliseconds. */
const halfOpenLifetime = 30_000;
/** Half-open IKE SAs beyond which new ones are not looked at. */
const maxHalfOpen = 256;
const noSpi = new Uint8Array(8);
const nothing = new Uint8Array(0);

interface Client {
  readonly session: SessionCore;
  /** First message and our answer: a repetition gets the same octets (RFC 7296 section 2.1). */
  readonly request: Uint8Array;
  readonly response: Uint8Array;
  /** What it proved to be; null while it is half open. */
  proven: string | null;
}

class GatewayResponder implements Responder {
  readonly #dependencies: ResponderDependencies;
  readonly #config: ResponderConfig;
  readonly #ikeProposals: readonly AlgorithmProposal[];
  readonly #espProposals: readonly AlgorithmProposal[];
  readonly #cookieSecret: Uint8Array;
  readonly #clients = new Set<Client>();

  constructor(dependencies: ResponderDependencies, config: ResponderConfig) {
    this.#dependencies = dependencies;
    this.#config = config;
    this.#ikeProposals = parseProposals('ike', config.ikeProposals);
    this.#espProposals = parseProposals('esp', config.espProposals);
    this.#cookieSecret = dependencies.random.bytes(32);
  }

  get sessions(): readonly IkeSession[] {
    this.#sweep();
    return [...this.#clients].filter(({ proven }) => proven !== null).map(({ session }) => session);
  }

  get halfOpen(): number {
    this.#sweep();
    return [...this.#clients].filter(({ proven }) => proven === null).length;
  }

  receive(datagram: Uint8Array, path: IkePath): boolean {
    const message = ikeMessageOf(datagram, path);
    if (message === null) return datagram.length === 1 && datagram[0] === 0xff;
    const header = decodeHeader(message);
    if (!header.ok || checkHeader(header.value, message.length) !== null) return true;
    if (header.value.exchangeType === exchangeType.IKE_SA_INIT) {
      // H-10: a first message only ever makes something new.
      if (isZero(header.value.spiResponder) && header.value.initiator && !header.value.response)
        this.#init(message, header.value, path);
      return true;
    }
    for (const { session } of this.#clients) if (session.receive(datagram, path)) return true;
    return true;
  }

  async close(waitMs: number): Promise<void> {
    await Promise.all([...this.#clients].map(({ session }) => session.close(waitMs)));
    this.#clients.clear();
    wipe(this.#cookieSecret);
  }

  #sweep(): void {
    for (const client of this.#clients) if (client.session.state === 'ended') this.#clients.delete(client);
  }

  #init(message: Uint8Array, header: IkeHeader, path: IkePath): void {
    this.#sweep();
    for (const { request, response } of this.#clients) {
      if (equal(request, message)) {
        sendIke(path, response);
        return;
      }
    }
    const decoded = decodeMessage(message);
    if (!decoded.ok) return;
    const { payloads } = decoded.value;
    const answer = (spiR: Uint8Array, reply: readonly InnerPayload[]): Uint8Array => {
      const response = encodeMessage(
        {
          spiInitiator: header.spiInitiator,
          spiResponder: spiR,
          exchangeType: exchangeType.IKE_SA_INIT,
          initiator: false,
          response: true,
          messageId: 0,
        },
        reply,
      );
      sendIke(path, response);
      return response;
    };
    const critical = unsupportedCritical(payloads);
    if (critical !== null) return void answer(noSpi, [unsupportedCriticalNotify(critical)]);
    const offer = findPayload(payloads, 'SA');
    const ke = findPayload(payloads, 'KE');
    const nonce = findPayload(payloads, 'Nonce');
    if (offer === undefined || ke === undefined || nonce === undefined)
      return void answer(noSpi, [notify(notifyType.INVALID_SYNTAX)]);
    const halfOpen = this.halfOpen;
    if (this.#config.cookieThreshold !== null && halfOpen >= this.#config.cookieThreshold) {
      // RFC 7296 section 2.6: no state before the client shows that it hears us.
      const expected = this.#cookie(nonce.data, path, header.spiInitiator);
      const cookie = findNotify(payloads.slice(0, 1), notifyType.COOKIE);
      if (cookie === undefined || !equalConstantTime(cookie.data, expected))
        return void answer(noSpi, [notify(notifyType.COOKIE, expected)]);
    }
    if (halfOpen >= maxHalfOpen) return;
    const fragmentation =
      this.#config.fragmentation && findNotify(payloads, notifyType.IKEV2_FRAGMENTATION_SUPPORTED) !== undefined;
    // RFC 9370 section 2.1: a second key exchange needs its exchange, and its large payloads need fragments.
    const intermediate =
      fragmentation && findNotify(payloads, notifyType.INTERMEDIATE_EXCHANGE_SUPPORTED) !== undefined;
    const own = intermediate ? this.#ikeProposals : this.#ikeProposals.filter((proposal) => !hasAdditional(proposal));
    const chosen = selectProposal(offer, own, 0, { preferredGroup: ke.group, groups: 'required' });
    if (chosen === null) return void answer(noSpi, [notify(notifyType.NO_PROPOSAL_CHOSEN)]);
    const suite = ikeSuite(chosen.algorithms);
    if (ke.group !== suite.group) return void answer(noSpi, [invalidKeNotify(suite.group)]);
    const exchange = newKeyExchange(suite.group, this.#dependencies.random);
    const secret = agree(exchange, payloads);
    if (typeof secret === 'string') {
      exchange.wipe();
      return void answer(noSpi, [notify(notifyType.INVALID_SYNTAX)]);
    }
    const spiR = newIkeSpi(this.#dependencies);
    const binding = {
      nonceI: nonce.data.slice(),
      nonceR: this.#dependencies.random.bytes(nonceLength),
      spiI: header.spiInitiator.slice(),
      spiR,
    };
    const keys = expandIkeKeys(suite, initialKeySeed(suite.prf, binding.nonceI, binding.nonceR, secret), binding);
    wipe(secret);
    const hashes = findNotify(payloads, notifyType.SIGNATURE_HASH_ALGORITHMS);
    const peerHashes =
      hashes === undefined || this.#config.digitalSignatures === false ? null : signatureHashesOf(hashes);
    const reply: InnerPayload[] = [
      answerPayload(chosen, protocolId.IKE, nothing),
      { type: 'KE', group: suite.group, data: exchange.publicValue },
      { type: 'Nonce', data: binding.nonceR },
      ...truthfulNotifies(binding.spiI, spiR, path),
    ];
    if (fragmentation) reply.push(notify(notifyType.IKEV2_FRAGMENTATION_SUPPORTED));
    if (peerHashes !== null) reply.push(signatureHashesNotify(announcedHashes));
    for (const data of this.#config.vendorIds ?? []) reply.push({ type: 'V', data });
    const wanted = this.#config.clients.certificate?.certificateRequests ?? [];
    if (wanted.length > 0) reply.push(x509CertificateRequest(wanted));
    if (suite.additional !== null) reply.push(notify(notifyType.INTERMEDIATE_EXCHANGE_SUPPORTED));
    if (this.#config.secondRound !== undefined) reply.push(notify(notifyType.MULTIPLE_AUTH_SUPPORTED));
    const session = this.#session();
    session.log.message('received', exchangeType.IKE_SA_INIT, 0, false, path, payloads);
    session.log.message('sent', exchangeType.IKE_SA_INIT, 0, true, path, reply);
    session.mobility.natDetected = readNatDetection(payloads, binding.spiI, noSpi, path)?.remoteNat ?? false;
    session.createIkeSa({ initiator: false, spiI: binding.spiI, spiR, suite, keys, fragmentation, firstMessageId: 1 });
    session.beginConnecting();
    const response = answer(spiR, reply);
    exchange.wipe();
    const client: Client = { session, request: message.slice(), response, proven: null };
    this.#clients.add(client);
    const init = {
      ...binding,
      suite,
      keys,
      request: client.request,
      response,
      peerHashes,
      fragmentation,
      intermediate: nothing,
      multipleAuthentication: this.#config.secondRound !== undefined,
    };
    session.handshake = new ResponderHandshake(session, init, {
      config: this.#config,
      accept: this.#dependencies.accept,
      onEstablished: (_session, proven, initialContact) => this.#established(client, proven, initialContact),
    });
    session.timers.set('half-open', halfOpenLifetime, () => session.abandon());
  }

  #session(): SessionCore {
    const { clock, random, trace } = this.#dependencies;
    const config = this.#config;
    return new SessionCore(
      { clock, random, trace, dataPath: null, onEvent: () => undefined },
      {
        role: 'responder',
        ikeProposals: this.#ikeProposals,
        espProposals: this.#espProposals,
        mobike: config.mobike,
        livenessSeconds: config.livenessSeconds,
        ikeLifetimeSeconds: config.ikeLifetimeSeconds,
        childLifetimeSeconds: config.childLifetimeSeconds,
        natKeepaliveSeconds: null,
        retransmitBudgetMs: config.retransmitBudgetMs,
        isSpiFree: this.#dependencies.isSpiFree,
      },
    );
  }

  /**
   * INITIAL_CONTACT: whatever else this client had here is dead (RFC 7296 section 2.4). Only what it proved to be
   * counts, not what it said.
   */
  #established(client: Client, proven: string, initialContact: boolean): void {
    client.proven = proven;
    if (!initialContact) return;
    for (const other of this.#clients) if (other !== client && other.proven === proven) other.session.end('peer', null);
  }

  #cookie(nonce: Uint8Array, path: IkePath, spiI: Uint8Array): Uint8Array {
    const address = ipToOctets(path.remote.address) ?? nothing;
    return computeIcv(
      'hmac-sha2-256-128',
      this.#cookieSecret,
      concat(nonce, address, uint16Octets(path.remote.port), spiI),
    );
  }
}

/** The gateway's side. Throws a ProposalError for proposals that cannot be read. */
export function createResponder(dependencies: ResponderDependencies, config: ResponderConfig): Responder {
  return new GatewayResponder(dependencies, config);
}
