import { equal, hexEncode } from '../../bytes';
import type { Clock } from '../../ports/clock';
import type { SendResult } from '../../ports/datagrams';
import type { Random } from '../../ports/random';
import type { IkeSuite } from '../proposals/suites';
import type { IkePath, IkeSaInfo, SizeAnswer } from '../session';
import { decodePayloads, encodePayloads } from '../wire/chain';
import { exchangeType, exchangeTypeName, notifyType } from '../wire/constants';
import { unsupportedCritical } from '../wire/find';
import { checkHeader, isReflected } from '../wire/header-checks';
import { decodeHeader, type IkeHeader } from '../wire/header';
import { decodeMessage, intermediateOctets, type OutgoingHeader } from '../wire/message';
import { unsupportedCriticalNotify } from '../wire/notify-data';
import type { InnerPayload, Payload } from '../wire/payload';
import { notify } from '../wire/payloads/notify';
import { FragmentCollector } from './fragment-collector';
import { IntermediateTranscript } from './intermediate-transcript';
import { type IkeKeys, wipeIkeKeys } from './keying-material';
import { MessageProtection } from './message-protection';
import { octetsAround } from './ike-path';
import { retransmissionDelay, type RetransmissionSchedule } from './retransmission';
import { type SizeTrial, unknownSize, wholePatience, wholeTries } from './size-trial';
import type { Timers } from './timers';

/** X-3: IP datagrams of protected messages are at most this long, and this short when the long ones stay unanswered. */
const datagramLimit = 1280;
const smallDatagramLimit = 576;
/** Transmissions of a fragmented message before smaller fragments are tried. */
const triesBeforeSmallFragments = 3;

/**
 * - authenticating: keys are there, IKE_AUTH is not complete
 * - established: takes part in everything
 * - rekeyed: replaced by a newer IKE SA, only waits for its DELETE
 * - deleting: our own DELETE is under way
 * - gone: keys wiped
 */
export type IkeSaState = 'authenticating' | 'established' | 'rekeyed' | 'deleting' | 'gone';

export interface ReceivedRequest {
  readonly exchange: number;
  readonly messageId: number;
  readonly payloads: readonly Payload[];
  /** Where it came from; the response goes back there (RFC 7296 section 2.11). */
  readonly path: IkePath;
}

export interface OutgoingRequest {
  readonly name: string;
  readonly exchange: number;
  readonly payloads: readonly InnerPayload[];
  readonly schedule: RetransmissionSchedule;
  /** Only where both ends agreed on fragmentation: without it what does not pass whole could not be sent at all. */
  readonly trial?: SizeTrial;
  readonly onResponse: (payloads: readonly Payload[], path: IkePath) => void;
}

interface PendingRequest extends OutgoingRequest {
  readonly messageId: number;
  packets: readonly Uint8Array[];
  tries: number;
  /** Tries since the path was changed. */
  triesOnPath: number;
  readonly firstSentAt: number;
  retransmitted: boolean;
  /** The trial: what an answer now would mean. `fits` as long as only the whole packet was sent. */
  verdict: SizeAnswer;
}

/** What an IKE SA needs of the session it belongs to. */
export interface IkeSaHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: Timers;
  /** Where requests go now: several while probing, none while there is no path. */
  requestPaths(): readonly IkePath[];
  send(path: IkePath, message: Uint8Array): void;
  /** As one IP packet that nobody may divide; what the system said to it. */
  sendWhole(path: IkePath, message: Uint8Array): SendResult;
  /** A protected message was authentic. */
  heard(sa: IkeSa, path: IkePath): void;
  /** Answer with `sa.respond`, now or later. */
  handleRequest(sa: IkeSa, request: ReceivedRequest): void;
  /** The authenticated peer sent something that cannot be read (C-76); a request was already answered. */
  peerViolation(sa: IkeSa, detail: string): void;
  /** A request went unanswered `tries` times on the current path. */
  unanswered(
    sa: IkeSa,
    request: {
      readonly name: string;
      readonly tries: number;
      readonly triesOnPath: number;
      readonly firstSentAt: number;
    },
  ): void;
  logMessage(
    sa: IkeSa,
    direction: 'sent' | 'received',
    exchange: number,
    messageId: number,
    response: boolean,
    path: IkePath,
    payloads: readonly Payload[],
  ): void;
}

export interface IkeSaOptions {
  /** This end is the initiator of this IKE SA: it sent the IKE_SA_INIT or the rekey request. */
  readonly initiator: boolean;
  readonly spiI: Uint8Array;
  readonly spiR: Uint8Array;
  readonly suite: IkeSuite;
  /** Owned by the IKE SA from now on. */
  readonly keys: IkeKeys;
  /** Both ends agreed on RFC 7383. */
  readonly fragmentation: boolean;
  /**
   * First message id of the initiator: 1 after IKE_SA_INIT, 0 after a rekey. The responder's own requests always begin
   * with 0 (C-4, RFC 7296 section 2.2).
   */
  readonly firstMessageId: number;
}

/**
 * One IKE SA: keys, message ids, and a window of one request each way (C-4..C-8). It knows nothing of what the
 * exchanges mean.
 */
export class IkeSa {
  readonly initiator: boolean;
  readonly spiI: Uint8Array;
  readonly spiR: Uint8Array;
  readonly suite: IkeSuite;
  readonly fragmentation: boolean;
  /** Hears the IKE_INTERMEDIATE exchanges; null where that exchange has no place. */
  readonly intermediate: IntermediateTranscript | null;
  readonly createdAt: number;
  readonly info: IkeSaInfo;
  state: IkeSaState = 'authenticating';
  /** Smoothed round-trip time in milliseconds, of requests that were sent once. */
  roundTrip: number | null = null;

  readonly #host: IkeSaHost;
  #keys: IkeKeys;
  #protection: MessageProtection;
  readonly #timerName: string;
  #nextRequestId: number;
  #expectedRequestId: number;
  #pending: PendingRequest | null = null;
  /**
   * The request answered last, or being answered (no packets yet), with what came in as proof that a repetition is
   * identical (C-6).
   */
  #answered: {
    readonly messageId: number;
    readonly received: Uint8Array;
    packets: readonly Uint8Array[] | null;
  } | null = null;
  /** Fragment number 1 of the request being collected; repetitions are recognised by it (X-6). */
  #firstFragment: Uint8Array | null = null;
  readonly #requestFragments = new FragmentCollector();
  readonly #responseFragments = new FragmentCollector();

  constructor(host: IkeSaHost, options: IkeSaOptions) {
    this.#host = host;
    this.initiator = options.initiator;
    this.spiI = options.spiI.slice();
    this.spiR = options.spiR.slice();
    this.suite = options.suite;
    this.#keys = options.keys;
    this.intermediate = options.suite.additional === null ? null : new IntermediateTranscript(options.suite.prf);
    this.fragmentation = options.fragmentation;
    this.#nextRequestId = options.initiator ? options.firstMessageId : 0;
    this.#expectedRequestId = options.initiator ? 0 : options.firstMessageId;
    this.#protection = new MessageProtection(options.suite, options.keys, options.initiator, host.random);
    this.createdAt = host.clock.now();
    this.info = {
      spiInitiator: hexEncode(this.spiI),
      spiResponder: hexEncode(this.spiR),
      proposal: options.suite.keyword,
      establishedAt: host.clock.wallTime(),
    };
    this.#timerName = `retransmit ${this.info.spiInitiator}${this.info.spiResponder}`;
  }

  get keys(): IkeKeys {
    return this.#keys;
  }

  /** Id of the request that would be sent next. */
  get nextRequestId(): number {
    return this.#nextRequestId;
  }

  /**
   * From now on these keys protect it (RFC 9370 section 2.2.2); the old ones are wiped. What was sealed before stays as
   * it is.
   */
  replaceKeys(keys: IkeKeys): void {
    this.#protection.wipe();
    wipeIkeKeys(this.#keys);
    this.#keys = keys;
    this.#protection = new MessageProtection(this.suite, keys, this.initiator, this.#host.random);
  }

  get ownSpi(): Uint8Array {
    return this.initiator ? this.spiI : this.spiR;
  }

  /** Name of the request that waits for its response. */
  get pendingRequest(): string | null {
    return this.#pending?.name ?? null;
  }

  /** Sends a request. The window must be free: a busy one is a defect of the caller. */
  request(request: OutgoingRequest): void {
    if (this.#pending !== null) throw new Error(`${request.name} while ${this.#pending.name} waits`);
    const messageId = this.#nextRequestId++;
    const whole = this.#sealWhole(request, messageId);
    const payloads = whole?.payloads ?? request.payloads;
    const packets = whole?.packets ?? this.#seal(request.exchange, messageId, false, payloads, datagramLimit);
    this.#noteSent(request.exchange, messageId, false, payloads);
    this.#pending = {
      ...request,
      payloads,
      messageId,
      packets,
      verdict: whole?.verdict ?? unknownSize,
      tries: 0,
      triesOnPath: 0,
      firstSentAt: this.#host.clock.now(),
      retransmitted: false,
    };
    this.#transmit();
    const [path] = this.#host.requestPaths();
    if (path !== undefined) this.#host.logMessage(this, 'sent', request.exchange, messageId, false, path, payloads);
  }

  /** Something else wants to be sent: what asks about a size only is brought to its end by the way that passes. */
  giveWay(): void {
    if (this.#pending?.verdict.outcome === 'fits') this.#divide(this.#pending, 'unknown');
  }

  /**
   * Sends the waiting request again at once, to where requests go now; its count of tries starts anew (M-12.4, M-20).
   * The octets stay the same (C-7).
   */
  resend(): void {
    if (this.#pending === null) return;
    if (this.#pending.verdict.outcome === 'fits') return this.#divide(this.#pending, 'unknown');
    this.#pending.triesOnPath = 0;
    this.#transmit();
  }

  /** Forgets the waiting request; its answer will be ignored. */
  dropRequest(): void {
    this.#pending = null;
    this.#host.timers.cancel(this.#timerName);
  }

  /** Stops repeating until `resend`. */
  pause(): void {
    this.#host.timers.cancel(this.#timerName);
  }

  /** Answers a request and keeps the answer for repetitions of it (C-6). */
  respond(request: ReceivedRequest, payloads: readonly InnerPayload[]): void {
    if (this.state === 'gone' || this.#answered?.messageId !== request.messageId || this.#answered.packets !== null)
      return;
    this.#answered.packets = this.#seal(request.exchange, request.messageId, true, payloads, datagramLimit);
    this.#noteSent(request.exchange, request.messageId, true, payloads);
    for (const packet of this.#answered.packets) this.#host.send(request.path, packet);
    this.#host.logMessage(this, 'sent', request.exchange, request.messageId, true, request.path, payloads);
  }

  /** A request that expects no answer and is not repeated: the last word of an IKE SA (C-32). */
  sendOnce(exchange: number, payloads: readonly InnerPayload[]): void {
    const messageId = this.#nextRequestId++;
    const packets = this.#seal(exchange, messageId, false, payloads, datagramLimit);
    for (const path of this.#host.requestPaths()) {
      this.#host.logMessage(this, 'sent', exchange, messageId, false, path, payloads);
      for (const packet of packets) this.#host.send(path, packet);
    }
  }

  /**
   * A message whose SPIs are those of this IKE SA. Nothing changes before the ICV was right (H-31).
   * Returns false when the message is not protected: a hint at most.
   */
  receive(message: Uint8Array, path: IkePath): boolean {
    if (this.state === 'gone') return true;
    const header = decodeHeader(message);
    if (!header.ok || checkHeader(header.value, message.length) !== null || isReflected(header.value, this.initiator))
      return true;
    const decoded = decodeMessage(message);
    if (!decoded.ok) return true;
    // H-16: on a protected message nothing outside of SK counts, and nothing may stand beside it.
    const [payload, ...others] = decoded.value.payloads;
    if (payload === undefined || (payload.type !== 'SK' && payload.type !== 'SKF')) return false;
    if (others.length > 0 || header.value.exchangeType === exchangeType.IKE_SA_INIT) return true;
    if (header.value.response) this.#receiveResponse(header.value, message, payload, path);
    else this.#receiveRequest(header.value, message, payload, path);
    return true;
  }

  /** Wipes all keys. Idempotent. */
  destroy(): void {
    this.state = 'gone';
    this.dropRequest();
    this.#answered = null;
    this.#firstFragment = null;
    this.#requestFragments.clear();
    this.#responseFragments.clear();
    this.#protection.wipe();
    wipeIkeKeys(this.#keys);
  }

  #receiveResponse(
    header: IkeHeader,
    message: Uint8Array,
    payload: Extract<Payload, { type: 'SK' | 'SKF' }>,
    path: IkePath,
  ): void {
    const pending = this.#pending;
    // H-6: not what we wait for.
    if (pending === null || header.messageId !== pending.messageId || header.exchangeType !== pending.exchange) return;
    const inner = this.#open(header, message, payload, this.#responseFragments);
    if (inner === null) return;
    this.#host.heard(this, path);
    if (inner === 'incomplete') return;
    this.#pending = null;
    this.#host.timers.cancel(this.#timerName);
    if (!pending.retransmitted) {
      const sample = this.#host.clock.now() - pending.firstSentAt;
      this.roundTrip = this.roundTrip === null ? sample : this.roundTrip * 0.75 + sample * 0.25;
    }
    const payloads = decodePayloads(inner.firstInner, inner.octets);
    if (!payloads.ok || payloads.value.some(isEncrypted)) {
      // C-76: an authentic response that cannot be read.
      this.#host.peerViolation(
        this,
        `the response to ${pending.name} is malformed${payloads.ok ? '' : `: ${payloads.error.message}`}`,
      );
      return;
    }
    this.#noteReceived(header, inner);
    this.#host.logMessage(this, 'received', header.exchangeType, header.messageId, true, path, payloads.value);
    const critical = unsupportedCritical(payloads.value);
    if (critical !== null) {
      this.#host.peerViolation(
        this,
        `the response to ${pending.name} has the unknown critical payload ${String(critical)}`,
      );
      return;
    }
    // Pieces that were lost too speak for a bad path, not for a size.
    const lossy = pending.verdict.outcome === 'too-big' && pending.triesOnPath > 1;
    pending.trial?.onAnswer(lossy ? { ...pending.verdict, outcome: 'unknown' } : pending.verdict);
    pending.onResponse(payloads.value, path);
  }

  #receiveRequest(
    header: IkeHeader,
    message: Uint8Array,
    payload: Extract<Payload, { type: 'SK' | 'SKF' }>,
    path: IkePath,
  ): void {
    if (this.#answered !== null && header.messageId === this.#answered.messageId) {
      if (this.#answered.packets !== null && this.#isRepetition(message, payload, this.#answered.received))
        for (const packet of this.#answered.packets) this.#host.send(path, packet);
      return;
    }
    // C-8: neither the next nor the last one.
    if (header.messageId !== this.#expectedRequestId) return;
    // C-5: a window of one. The answer to the one before may take its time (EAP, certificates), and until it is out
    // there is no next.
    if (this.#answered !== null && this.#answered.packets === null) return;
    // H-7: no state for anything but IKE_AUTH (and what comes before it) yet, and that is never for the responder to
    // ask.
    if (this.state === 'authenticating' && (this.initiator || !this.#precedesAuthentication(header.exchangeType)))
      return;
    const inner = this.#open(header, message, payload, this.#requestFragments);
    if (inner === null) return;
    this.#host.heard(this, path);
    if (payload.type === 'SKF' && payload.fragmentNumber === 1) this.#firstFragment = message.slice();
    if (inner === 'incomplete') return;
    this.#expectedRequestId++;
    this.#answered = {
      messageId: header.messageId,
      received: payload.type === 'SK' ? message.slice() : (this.#firstFragment ?? message.slice()),
      packets: null,
    };
    this.#firstFragment = null;
    const request = { exchange: header.exchangeType, messageId: header.messageId, path };
    const payloads = decodePayloads(inner.firstInner, inner.octets);
    if (!payloads.ok || payloads.value.some(isEncrypted)) {
      this.respond({ ...request, payloads: [] }, [notify(notifyType.INVALID_SYNTAX)]);
      this.#host.peerViolation(
        this,
        `a request of ${exchangeTypeName(header.exchangeType)} is malformed${payloads.ok ? '' : `: ${payloads.error.message}`}`,
      );
      return;
    }
    this.#noteReceived(header, inner);
    this.#host.logMessage(this, 'received', header.exchangeType, header.messageId, false, path, payloads.value);
    const critical = unsupportedCritical(payloads.value);
    if (critical !== null) {
      // C-77: nothing else of it is processed.
      this.respond({ ...request, payloads: [] }, [unsupportedCriticalNotify(critical)]);
      return;
    }
    this.#host.handleRequest(this, { ...request, payloads: payloads.value });
  }

  /**
   * The same octets again, or the request in pieces after it had come whole, or in smaller ones (RFC 7383 section
   * 2.5.2): then the peer has not got the answer either. Of several fragments the first one counts (X-6).
   */
  #isRepetition(message: Uint8Array, payload: Extract<Payload, { type: 'SK' | 'SKF' }>, received: Uint8Array): boolean {
    if (equal(message, received)) return true;
    const first = payload.type === 'SKF' && this.fragmentation && payload.fragmentNumber === 1;
    return first && this.#protection.open(message, payload) !== null;
  }

  #precedesAuthentication(exchange: number): boolean {
    return (
      exchange === exchangeType.IKE_AUTH || (exchange === exchangeType.IKE_INTERMEDIATE && this.intermediate !== null)
    );
  }

  #noteSent(exchange: number, messageId: number, response: boolean, payloads: readonly InnerPayload[]): void {
    if (exchange !== exchangeType.IKE_INTERMEDIATE || this.intermediate === null) return;
    const { firstType, body } = encodePayloads(payloads);
    this.intermediate.add(
      this.initiator,
      this.#keys,
      intermediateOctets(this.#header(exchange, messageId, response), firstType, body),
    );
  }

  #noteReceived(header: IkeHeader, inner: { readonly firstInner: number; readonly octets: Uint8Array }): void {
    if (header.exchangeType === exchangeType.IKE_INTERMEDIATE)
      this.intermediate?.add(!this.initiator, this.#keys, intermediateOctets(header, inner.firstInner, inner.octets));
  }

  #header(exchange: number, messageId: number, response: boolean): OutgoingHeader {
    return {
      spiInitiator: this.spiI,
      spiResponder: this.spiR,
      exchangeType: exchange,
      initiator: this.initiator,
      response,
      messageId,
    };
  }

  /** null: not authentic, or not to be used. */
  #open(
    header: IkeHeader,
    message: Uint8Array,
    payload: Extract<Payload, { type: 'SK' | 'SKF' }>,
    collector: FragmentCollector,
  ): { readonly firstInner: number; readonly octets: Uint8Array } | 'incomplete' | null {
    if (payload.type === 'SKF' && !this.fragmentation) return null;
    const octets = this.#protection.open(message, payload);
    if (octets === null) return null;
    if (payload.type === 'SK') return { firstInner: payload.firstInner, octets };
    const outcome = collector.add(
      header.messageId,
      { number: payload.fragmentNumber, total: payload.totalFragments, firstInner: payload.firstInner, inner: octets },
      this.#host.clock.now(),
    );
    if (outcome.type === 'refused') return null;
    return outcome.type === 'incomplete' ? 'incomplete' : { firstInner: outcome.firstInner, octets: outcome.inner };
  }

  #transmit(): void {
    const pending = this.#pending;
    if (pending === null) return;
    const paths = this.#host.requestPaths();
    if (paths.length === 0) return;
    if (pending.verdict.outcome === 'fits') return this.#transmitWhole(pending, paths);
    if (pending.tries > 0) pending.retransmitted = true;
    pending.tries++;
    pending.triesOnPath++;
    if (pending.packets.length > 1 && pending.tries === triesBeforeSmallFragments + 1) {
      // RFC 7383 section 2.5.2: smaller fragments are a new set with a larger total.
      pending.packets = this.#seal(pending.exchange, pending.messageId, false, pending.payloads, smallDatagramLimit);
    }
    for (const path of paths) for (const packet of pending.packets) this.#host.send(path, packet);
    const fraction = (this.#host.random.bytes(1)[0] ?? 0) / 255;
    this.#host.timers.set(this.#timerName, retransmissionDelay(pending.schedule, pending.triesOnPath, fraction), () => {
      this.#host.unanswered(this, pending);
      if (this.#pending === pending) this.#transmit();
    });
  }

  #sealWhole(
    request: OutgoingRequest,
    messageId: number,
  ): Pick<PendingRequest, 'payloads' | 'packets' | 'verdict'> | null {
    const { trial, exchange, payloads } = request;
    const [path] = this.#host.requestPaths();
    if (trial === undefined || path === undefined || !this.fragmentation) return null;
    const around = octetsAround(path);
    const header = this.#header(exchange, messageId, false);
    const padded = this.#protection.sealPadded(header, payloads, trial.atLeast - around, trial.atMost - around);
    if (padded === null) return null;
    const octets = padded.message.length + around;
    return { payloads: padded.payloads, packets: [padded.message], verdict: { outcome: 'fits', octets } };
  }

  #transmitWhole(pending: PendingRequest, paths: readonly IkePath[]): void {
    const [path, ...others] = paths;
    const [packet] = pending.packets;
    if (path === undefined || packet === undefined) return;
    if (others.length > 0) return this.#divide(pending, 'unknown');
    if (pending.tries > 0) pending.retransmitted = true;
    pending.tries++;
    const result = this.#host.sendWhole(path, packet);
    if (result === 'EMSGSIZE') return this.#divide(pending, 'too-big');
    if (result === 'EOPNOTSUPP') return this.#divide(pending, 'unsupported');
    this.#host.timers.set(this.#timerName, wholePatience(this.roundTrip, pending.tries), () => {
      if (this.#pending !== pending) return;
      if (pending.tries < wholeTries) this.#transmit();
      else this.#divide(pending, 'too-big');
    });
  }

  /** RFC 7383 section 2.5.2: the same request in fragments that pass everywhere, so that the window gets free. */
  #divide(pending: PendingRequest, outcome: SizeAnswer['outcome']): void {
    pending.verdict = { ...pending.verdict, outcome };
    pending.packets = this.#seal(pending.exchange, pending.messageId, false, pending.payloads, smallDatagramLimit);
    pending.triesOnPath = 0;
    this.#transmit();
  }

  #seal(
    exchange: number,
    messageId: number,
    response: boolean,
    payloads: readonly InnerPayload[],
    limit: number,
  ): readonly Uint8Array[] {
    return this.#protection.seal(
      this.#header(exchange, messageId, response),
      payloads,
      this.fragmentation ? limit : null,
      40,
    );
  }
}

function isEncrypted(payload: Payload): boolean {
  return payload.type === 'SK' || payload.type === 'SKF';
}
