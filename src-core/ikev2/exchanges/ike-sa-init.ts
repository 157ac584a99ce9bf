import { equal, isZero } from '../../bytes';
import type { KeyExchange } from '../../crypto/key-exchange';
import { wipe } from '../../crypto/wipe';
import type { VpnError } from '../../ports/vpn-error';
import { acceptAnswer, offerPayload } from '../proposals/negotiation';
import { type AlgorithmProposal, hasAdditional, offeredGroups } from '../proposals/proposal';
import { ikeSuite, type IkeSuite } from '../proposals/suites';
import { endpointText, sendIke } from '../sa/ike-path';
import { expandIkeKeys, type IkeKeys, initialKeySeed } from '../sa/keying-material';
import { connectSchedule, connectTries, retransmissionDelay } from '../sa/retransmission';
import type { SessionCore } from '../sa/session-core';
import type { IkePath } from '../session';
import { exchangeType, notifyType, notifyTypeName } from '../wire/constants';
import { findNotify, findPayload, findPayloads } from '../wire/find';
import { checkHeader } from '../wire/header-checks';
import { decodeMessage, encodeMessage } from '../wire/message';
import { cookieOf, signatureHashesNotify, signatureHashesOf, wantedGroupOf } from '../wire/notify-data';
import type { InnerPayload, Payload } from '../wire/payload';
import { requestedAuthorities } from '../wire/payloads/certificate-request';
import { notify } from '../wire/payloads/notify';
import { announcedHashes } from './authentication';
import { findError, noAnswer, noIkeProposal, notifyError, protocolViolation } from './failures';
import { newIkeSpi } from './ike-rekey';
import { agree, newKeyExchange, nonceLength } from './key-exchange-step';
import { destinationNotify, type NatFindings, readNatDetection } from './nat-detection';

/**
 * After an unauthenticated error a good answer is waited for this long, milliseconds, then the error is believed
 * (C-11).
 */
const hintPatience = 2000;
/** C-18. */
const maxCookies = 3;
/** C-19: each group once, and back where a forged INVALID_KE_PAYLOAD led away from the one that the server wants. */
const maxGroupChanges = 6;
/** C-12, H-8: a forged answer may come first; more than two are not looked at. */
const maxCandidates = 2;
const noSpi = new Uint8Array(8);

/** What both IKE_SA_INIT messages agreed on; nothing of it is authentic yet. */
export interface InitResult {
  readonly path: IkePath;
  readonly spiI: Uint8Array;
  readonly spiR: Uint8Array;
  readonly suite: IkeSuite;
  readonly keys: IkeKeys;
  readonly nonceI: Uint8Array;
  readonly nonceR: Uint8Array;
  /** Whole messages without marker, the request as finally sent (C-23). */
  readonly request: Uint8Array;
  readonly response: Uint8Array;
  /** Hash ids of RFC 7427, null when the peer does not know it. */
  readonly peerHashes: readonly number[] | null;
  readonly fragmentation: boolean;
  /** What AUTH covers of the IKE_INTERMEDIATE exchanges; empty before and without them. */
  readonly intermediate: Uint8Array;
  /** The peer knows RFC 4739. */
  readonly multipleAuthentication: boolean;
  readonly nat: NatFindings;
  /**
   * Authorities of its CERTREQ payloads, SHA-1 of SubjectPublicKeyInfo (RFC 7296 section 3.7); none where it does not
   * say.
   */
  readonly wantedAuthorities: readonly Uint8Array[];
}

export interface InitAttemptOptions {
  readonly proposals: readonly AlgorithmProposal[];
  readonly fragmentation: boolean;
  readonly onResult: (result: InitResult) => void;
  /** No usable answer in time; null when there was none at all. */
  readonly onExhausted: (error: VpnError | null) => void;
  /** The system refused to send: no need to wait before another path is tried. */
  readonly onUnsendable: () => void;
}

/** The key exchange of one group and the request that was sent with it last. */
interface Offer {
  readonly exchange: KeyExchange;
  request: Uint8Array;
}

/**
 * The initiator's IKE_SA_INIT on one path: { SAi1, KEi, Ni, NAT detection, … } with COOKIE and other groups as asked
 * (C-14..C-20).
 */
export class InitAttempt {
  readonly path: IkePath;
  readonly spiI: Uint8Array;
  readonly #session: SessionCore;
  readonly #options: InitAttemptOptions;
  readonly #nonce: Uint8Array;
  readonly #timer: string;
  /** INVALID_KE_PAYLOAD may be forged, so an answer to any of them is good. */
  readonly #offers: Offer[] = [];
  #current: Offer;
  #groupChanges = 0;
  #cookie: Uint8Array | null = null;
  #cookies = 0;
  #tries = 0;
  #hint: VpnError | null = null;
  #candidates: Uint8Array[] = [];
  #closed = false;

  constructor(session: SessionCore, path: IkePath, options: InitAttemptOptions) {
    this.#session = session;
    this.path = path;
    this.#options = options;
    this.spiI = newIkeSpi(session);
    this.#nonce = session.random.bytes(nonceLength);
    // Two attempts may share a server address and differ in the socket.
    this.#timer = `IKE_SA_INIT ${endpointText(path.socket.local)} ${endpointText(path.remote)}`;
    const [group] = offeredGroups(options.proposals);
    this.#current = this.#offer(group ?? 0);
  }

  start(): void {
    this.#build();
    this.#transmit();
  }

  /** True when the message is an answer to this attempt, whatever it is worth. */
  receive(message: Uint8Array, from: IkePath): boolean {
    if (this.#closed || !equal(message.subarray(0, 8), this.spiI)) return false;
    if (endpointText(from.remote) !== endpointText(this.path.remote)) return true;
    const decoded = decodeMessage(message);
    if (!decoded.ok) return true;
    const { header, payloads } = decoded.value;
    if (
      checkHeader(header, message.length) !== null ||
      header.exchangeType !== exchangeType.IKE_SA_INIT ||
      !header.response ||
      header.initiator
    )
      return true;
    this.#session.log.message('received', header.exchangeType, 0, true, from, payloads);
    const sa = findPayload(payloads, 'SA');
    if (sa === undefined) this.#withoutSa(payloads);
    // H-9: without a responder SPI there is no IKE SA.
    else if (!isZero(header.spiResponder)) this.#withSa(message, header.spiResponder, payloads);
    return true;
  }

  /** Stops sending; late answers can still make a candidate. */
  stopSending(): void {
    this.#session.timers.cancel(this.#timer);
    this.#session.timers.cancel(`${this.#timer} hint`);
  }

  close(): void {
    this.#closed = true;
    this.stopSending();
    for (const { exchange } of this.#offers) exchange.wipe();
  }

  #offer(group: number): Offer {
    const known = this.#offers.find(({ exchange }) => exchange.group === group);
    if (known !== undefined) return known;
    const offer = { exchange: newKeyExchange(group, this.#session.random), request: new Uint8Array(0) };
    this.#offers.push(offer);
    return offer;
  }

  #build(): void {
    const session = this.#session;
    const { exchange } = this.#current;
    const payloads: InnerPayload[] = [];
    // C-18: the cookie goes first and changes nothing else.
    if (this.#cookie !== null) payloads.push(notify(notifyType.COOKIE, this.#cookie));
    payloads.push(
      offerPayload(this.#options.proposals, new Uint8Array(0)),
      { type: 'KE', group: exchange.group, data: exchange.publicValue },
      { type: 'Nonce', data: this.#nonce },
      session.mobility.forcedEncapsulation.sourceNotify(this.spiI, noSpi),
      destinationNotify(this.spiI, noSpi, this.path.remote),
    );
    if (this.#options.fragmentation) payloads.push(notify(notifyType.IKEV2_FRAGMENTATION_SUPPORTED));
    payloads.push(signatureHashesNotify(announcedHashes));
    if (this.#options.proposals.some(hasAdditional)) payloads.push(notify(notifyType.INTERMEDIATE_EXCHANGE_SUPPORTED));
    this.#current.request = encodeMessage(
      {
        spiInitiator: this.spiI,
        spiResponder: noSpi,
        exchangeType: exchangeType.IKE_SA_INIT,
        initiator: true,
        response: false,
        messageId: 0,
      },
      payloads,
    );
    session.log.message('sent', exchangeType.IKE_SA_INIT, 0, false, this.path, payloads);
  }

  #transmit(): void {
    if (this.#closed) return;
    if (this.#tries >= connectTries) {
      this.stopSending();
      this.#options.onExhausted(this.#hint);
      return;
    }
    this.#tries++;
    const outcome = sendIke(this.path, this.#current.request);
    this.#session.timers.set(this.#timer, retransmissionDelay(connectSchedule, this.#tries, 0.5), () =>
      this.#transmit(),
    );
    if (outcome !== 'sent') this.#options.onUnsendable();
  }

  #withoutSa(payloads: readonly Payload[]): void {
    const cookie = findNotify(payloads, notifyType.COOKIE);
    if (cookie !== undefined) {
      const value = cookieOf(cookie);
      // C-18: the same cookie again is an answer to what we sent before; endless new ones are not followed.
      if (value === null || this.#cookies >= maxCookies || (this.#cookie !== null && equal(value, this.#cookie)))
        return;
      this.#cookies++;
      this.#cookie = value.slice();
      this.#again();
      return;
    }
    const error = findError(payloads);
    if (error === undefined) return;
    if (error.notify === notifyType.INVALID_KE_PAYLOAD) {
      const group = wantedGroupOf(error);
      // C-19: another group of our offer, with the whole offer again.
      if (
        group === null ||
        group === this.#current.exchange.group ||
        this.#groupChanges >= maxGroupChanges ||
        !offeredGroups(this.#options.proposals).includes(group)
      )
        return;
      this.#groupChanges++;
      this.#current = this.#offer(group);
      this.#again();
      return;
    }
    this.#remember(
      error.notify === notifyType.NO_PROPOSAL_CHOSEN
        ? noIkeProposal(this.#options.proposals)
        : notifyError(error, { own: 'signature', offered: this.#options.proposals, afterEap: false }),
      notifyTypeName(error.notify),
    );
  }

  #withSa(message: Uint8Array, spiR: Uint8Array, payloads: readonly Payload[]): void {
    if (this.#candidates.length >= maxCandidates || this.#candidates.some((known) => equal(known, spiR))) return;
    const result = this.#read(message, spiR, payloads);
    if (typeof result === 'string') {
      this.#remember(protocolViolation(`the answer to IKE_SA_INIT cannot be used: ${result}`), result);
      return;
    }
    this.#candidates.push(spiR.slice());
    this.stopSending();
    this.#options.onResult(result);
  }

  #read(message: Uint8Array, spiR: Uint8Array, payloads: readonly Payload[]): InitResult | string {
    const sa = findPayload(payloads, 'SA');
    const nonce = findPayload(payloads, 'Nonce');
    if (sa === undefined || nonce === undefined) return 'SA or nonce is missing';
    if (equal(nonce.data, this.#nonce)) return 'it carries our own nonce';
    const chosen = acceptAnswer(sa, this.#options.proposals, 0);
    if (typeof chosen === 'string') return chosen;
    const suite = ikeSuite(chosen.algorithms);
    const offer = this.#offers.find(({ exchange }) => exchange.group === suite.group);
    if (offer === undefined)
      return `it chose group ${String(suite.group)}, the key exchange is of group ${String(this.#current.exchange.group)}`;
    if (suite.additional !== null && findNotify(payloads, notifyType.INTERMEDIATE_EXCHANGE_SUPPORTED) === undefined)
      return 'it chose a second key exchange without the exchange for it';
    const nat = readNatDetection(payloads, this.spiI, spiR, this.path);
    // C-38: without it ESP would come without UDP, which this client cannot receive.
    if (nat === null)
      return 'the server does not support NAT traversal (RFC 7296 section 2.23), which this client needs';
    const secret = agree(offer.exchange, payloads);
    if (typeof secret === 'string') return secret;
    const binding = { nonceI: this.#nonce, nonceR: nonce.data.slice(), spiI: this.spiI, spiR: spiR.slice() };
    const keys = expandIkeKeys(suite, initialKeySeed(suite.prf, binding.nonceI, binding.nonceR, secret), binding);
    wipe(secret);
    const hashes = findNotify(payloads, notifyType.SIGNATURE_HASH_ALGORITHMS);
    return {
      path: this.path,
      ...binding,
      suite,
      keys,
      request: offer.request,
      response: message.slice(),
      peerHashes: hashes === undefined ? null : signatureHashesOf(hashes),
      fragmentation:
        this.#options.fragmentation && findNotify(payloads, notifyType.IKEV2_FRAGMENTATION_SUPPORTED) !== undefined,
      intermediate: new Uint8Array(0),
      multipleAuthentication: findNotify(payloads, notifyType.MULTIPLE_AUTH_SUPPORTED) !== undefined,
      nat,
      wantedAuthorities: findPayloads(payloads, 'CERTREQ').flatMap((payload) =>
        (requestedAuthorities(payload) ?? []).map((hash) => hash.slice()),
      ),
    };
  }

  /** C-11: not believed at once, since anybody can write it. */
  #remember(error: VpnError, what: string): void {
    this.#session.log.write('info', 'ike', `Unauthenticated answer to IKE_SA_INIT: ${what}`);
    if (this.#hint === null && this.#candidates.length === 0)
      this.#session.timers.set(`${this.#timer} hint`, hintPatience, () =>
        this.#options.onExhausted(this.#hint ?? noAnswer(endpointText(this.path.remote))),
      );
    this.#hint ??= error;
  }

  #again(): void {
    this.#build();
    this.#tries = 0;
    this.#transmit();
  }
}
