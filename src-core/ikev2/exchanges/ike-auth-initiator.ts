import { VpnError } from '../../ports/vpn-error';
import type { Handshake } from '../sa/handshake';
import type { ChildSa } from '../sa/child-sas';
import { floated } from '../sa/ike-path';
import type { IkeSa, ReceivedRequest } from '../sa/ike-sa';
import { connectSchedule, connectTries } from '../sa/retransmission';
import type { SessionCore } from '../sa/session-core';
import type { ConfigurationReply, EapConversation, IkePath, IkeSessionConfig } from '../session';
import { exchangeType, notifyType } from '../wire/constants';
import { findNotify } from '../wire/find';
import { authLifetimeOf } from '../wire/notify-data';
import type { InnerPayload, Payload } from '../wire/payload';
import { deleteIkeSa } from '../wire/payloads/delete';
import { notify } from '../wire/payloads/notify';
import { noAnswer, noAuthAnswer, protocolViolation } from './failures';
import { installFirstChild, offerFirstChild } from './first-child-initiator';
import { InitAttempt, type InitResult } from './ike-sa-init';
import { type Authenticated, authenticate } from './initiator-authentication';
import { exchangeAdditionalKeys } from './intermediate';
import { beginAuthenticationLifetime } from './authentication-lifetime';
import { Rejection } from './rejection';

/** C-43: the next (address, port) is tried as well when the ones before did not answer for this long, milliseconds. */
const alternativeDelay = 1000;
/** One answer to IKE_SA_INIT that is being authenticated. Two at most: one of them may be forged (C-12, H-8). */
interface Candidate extends InitResult {
  readonly sa: IkeSa;
  conversation: EapConversation | null;
  /** ESP SPI that was proposed. */
  spiIn: number | null;
  /** Its AUTH was verified: this is the gateway and not an attacker on the way to it. */
  proven: boolean;
}

/**
 * The client's way from the first IKE_SA_INIT to an established IKE SA with its first CHILD SA: which addresses are
 * asked, which answers are
 * followed, and what becomes of them. How each is authenticated is in initiator-authentication.ts.
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
    if (candidate !== undefined && tries >= connectTries)
      this.#reject(candidate, new Rejection(noAuthAnswer(), 'nothing', true));
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
    if (this.#waiting.length > 0)
      this.#session.timers.set('next alternative', alternativeDelay, () => this.#nextAlternative());
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
    else if (this.#exhausted === this.#attempts.length || error !== null)
      this.#session.end(
        'failure',
        this.#hint ??
          noAnswer(
            `no answer to IKE_SA_INIT from ${[...new Set(this.#attempts.map(({ path }) => path.remote.address))].join(', ')}`,
          ),
      );
  }

  #accepted(attempt: InitAttempt, result: InitResult): void {
    if (this.#closed || this.#candidates.length >= 2) return;
    this.#session.timers.cancel('next alternative');
    this.#waiting = [];
    // The first usable answer decides the path; only to this very request another answer may still come (C-12).
    for (const other of this.#attempts) if (other !== attempt) other.close();
    const path = floated(result.path);
    const sa = this.#session.createIkeSa({
      initiator: true,
      spiI: result.spiI,
      spiR: result.spiR,
      suite: result.suite,
      keys: result.keys,
      fragmentation: result.fragmentation,
      firstMessageId: 1,
    });
    const candidate: Candidate = { ...result, path, sa, conversation: null, spiIn: null, proven: false };
    this.#candidates.push(candidate);
    this.#session.adoptPath(path);
    this.#session.emit({ type: 'progress', phase: 'auth' });
    this.#authenticate(candidate).catch((error: unknown) => {
      this.#reject(
        candidate,
        error instanceof Rejection
          ? error
          : new Rejection(
              error instanceof VpnError ? error : protocolViolation(error instanceof Error ? error.message : 'unknown'),
              'authentication-failed',
            ),
      );
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
    if (rejection.tell === 'authentication-failed')
      sa.sendOnce(exchangeType.INFORMATIONAL, [notify(notifyType.AUTHENTICATION_FAILED)]);
    if (rejection.tell === 'delete') sa.sendOnce(exchangeType.INFORMATIONAL, [deleteIkeSa]);
    this.#session.ikeSas.remove(sa);
    // The other candidate cannot be the gateway then, and would only hide what the gateway said.
    if (candidate.proven && !rejection.forgeable) this.#session.end('peer', rejection.error);
    else if (this.#candidates.length === 0) this.#session.end('failure', rejection.error);
  }

  /** Sends a request; the promise stays open for ever when the candidate is given up meanwhile. */
  #exchange(
    candidate: Candidate,
    payloads: readonly InnerPayload[],
    name: 'IKE_AUTH' | 'IKE_INTERMEDIATE' = 'IKE_AUTH',
  ): Promise<readonly Payload[]> {
    return new Promise((resolve) => {
      candidate.sa.request({
        name,
        exchange: exchangeType[name],
        payloads,
        schedule: connectSchedule,
        onResponse: (response) => {
          if (this.#isLive(candidate)) resolve(response);
        },
      });
    });
  }

  #whileLive<T>(candidate: Candidate, work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      work.then(
        (value) => {
          if (this.#isLive(candidate)) resolve(value);
        },
        (error: unknown) => {
          if (this.#isLive(candidate)) reject(error);
        },
      );
    });
  }

  async #authenticate(candidate: Candidate): Promise<void> {
    const config = this.#config;
    const init = await exchangeAdditionalKeys<InitResult>(this.#session, candidate.sa, candidate, (payloads) =>
      this.#exchange(candidate, payloads, 'IKE_INTERMEDIATE'),
    );
    const offer = offerFirstChild(this.#session, config);
    candidate.spiIn = offer.spiIn;
    const outcome = await authenticate({
      config,
      init,
      offer,
      sendsIdr: config.remoteIdentity !== null && !this.#withoutIdr,
      exchange: (payloads) => this.#exchange(candidate, payloads),
      whileLive: (work) => this.#whileLive(candidate, work),
      conversing: (conversation) => {
        candidate.conversation = conversation;
      },
      proved: () => {
        candidate.proven = true;
      },
    });
    if (!this.#isLive(candidate)) return;
    if (outcome === 'without-idr') return this.#restartWithoutIdr(candidate);
    const { child, configuration } = installFirstChild(
      this.#session,
      config,
      init,
      offer,
      outcome.response,
      outcome.own,
    );
    candidate.spiIn = null;
    this.#finish(candidate, outcome, child, configuration);
  }

  #finish(
    candidate: Candidate,
    { response, name, peerIdentity }: Authenticated,
    child: ChildSa,
    configuration: ConfigurationReply,
  ): void {
    const session = this.#session;
    session.mobility.supported = this.#config.mobike && findNotify(response, notifyType.MOBIKE_SUPPORTED) !== undefined;
    session.mobility.natDetected = candidate.nat.localNat;
    session.mobility.readAddresses(response, false);
    for (const attempt of this.#attempts) attempt.close();
    this.#closed = true;
    session.established(candidate.sa);
    session.childLifetimes.begin(child, null, false);
    const lifetime = findNotify(response, notifyType.AUTH_LIFETIME);
    const authLifetimeSeconds = lifetime === undefined ? null : authLifetimeOf(lifetime);
    beginAuthenticationLifetime(session, {
      ofPeer: authLifetimeSeconds,
      own: this.#config.reauthenticationSeconds ?? null,
    });
    session.emit({
      type: 'established',
      ike: candidate.sa.info,
      child,
      configuration,
      authentication: name,
      mobikeSupported: session.mobility.supported,
      natDetected: session.mobility.natDetected,
      peerIdentity,
      authLifetimeSeconds,
    });
    if (session.mobility.peerAddresses.length > 0)
      session.emit({ type: 'peer-addresses', addresses: session.mobility.peerAddresses });
    session.pump();
  }

  #restartWithoutIdr(candidate: Candidate): void {
    this.#session.log.write(
      'info',
      'ike',
      'The server refused the connection; trying once more without naming its identity',
    );
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
