import { equal } from '../../bytes';
import type { KeyExchange } from '../../crypto/key-exchange';
import { wipe } from '../../crypto/wipe';
import { hardLifetime, softLifetime } from '../sa/child-lifetimes';
import type { IkeSa, ReceivedRequest } from '../sa/ike-sa';
import { expandIkeKeys, rekeyedKeySeed } from '../sa/keying-material';
import type { SessionCore } from '../sa/session-core';
import { acceptAnswer, answerPayload, offerPayload, selectProposal } from '../proposals/negotiation';
import { type AlgorithmProposal, withoutAdditional } from '../proposals/proposal';
import { ikeSuite } from '../proposals/suites';
import { exchangeType, notifyType, notifyTypeName, protocolId } from '../wire/constants';
import { findPayload } from '../wire/find';
import { invalidKeNotify, wantedGroupOf } from '../wire/notify-data';
import type { InnerPayload, Payload } from '../wire/payload';
import { notify } from '../wire/payloads/notify';
import { DeleteIkeTask } from './delete';
import { findError } from './failures';
import { agree, newKeyExchange, nonceLength } from './key-exchange-step';
import { type ExchangeNonces, oursIsRedundant } from './lowest-nonce';
import { changesChildren, type Task } from './task';

const spiLength = 8;
/** C-66. */
const retryDelay = 15_000;
const retrySpread = 10_000;

interface Collision extends ExchangeNonces {
  readonly sa: IkeSa;
}

/** Replaces the IKE SA in both roles (RFC 7296 sections 1.3.2, 2.18, 2.8.2, 2.25.2; C-63). */
export class IkeRekeying {
  readonly #session: SessionCore;
  #task: RekeyIkeTask | null = null;

  constructor(session: SessionCore) {
    this.#session = session;
  }

  /** Our own rekey at the soft lifetime. */
  schedule(sa: IkeSa): void {
    this.#session.timers.set(
      'ike lifetime',
      softLifetime(this.#session.settings.ikeLifetimeSeconds, this.#session.random),
      () => {
        if (this.#session.current === sa) this.start();
      },
    );
    this.#session.timers.set('ike hard lifetime', hardLifetime(this.#session.settings.ikeLifetimeSeconds), () =>
      this.#session.emit({ type: 'reauthenticate', reason: 'the IKE SA could not be rekeyed within its lifetime' }),
    );
  }

  start(): void {
    if (
      this.#task !== null ||
      this.#session.ikeSas.successor !== null ||
      this.#session.current?.state !== 'established'
    )
      return;
    this.#task = new RekeyIkeTask(this.#session, this, this.#session.current);
    this.#session.enqueue(this.#task);
  }

  /** A rekey of ours is under way on this IKE SA. */
  isActiveOn(sa: IkeSa): boolean {
    return this.#task?.isUnderWay === true && this.#task.old === sa;
  }

  /** CREATE_CHILD_SA { SA, Ni, KEi } with a proposal for IKE. */
  isRekeyRequest(payloads: readonly Payload[]): boolean {
    return findPayload(payloads, 'SA')?.proposals[0]?.protocol === protocolId.IKE;
  }

  /** @internal */
  finished(task: RekeyIkeTask): void {
    if (this.#task === task) this.#task = null;
  }

  retryLater(sa: IkeSa): void {
    const delay = retryDelay - ((this.#session.random.bytes(1)[0] ?? 0) / 255) * retrySpread;
    this.#session.timers.set('ike lifetime', delay, () => {
      if (this.#session.current === sa) this.start();
    });
  }

  /**
   * The peer deletes an IKE SA: the old one it has rekeyed, or its own redundant one of a collision. Called before the
   * session acts on it.
   */
  ikeSaGone(sa: IkeSa): void {
    const { current, successor: waiting } = this.#session.ikeSas;
    if (waiting !== null && sa === current) return this.#session.ikeSas.switchTo(waiting);
    const task = this.#task;
    if (task === null) return;
    if (task.old === sa && task.collision !== null) {
      // The peer's rekey went through; ours is void, whoever would have won (RFC 7296 section 2.25.2).
      const { sa: successor } = task.collision;
      task.cancel();
      this.#session.ikeSas.switchTo(successor);
    } else if (task.collision?.sa === sa) task.collision = null;
  }

  /** The peer rekeys the IKE SA. */
  handle(sa: IkeSa, request: ReceivedRequest): void {
    const session = this.#session;
    const refuse = (payload: InnerPayload): void => sa.respond(request, [payload]);
    // RFC 7296 section 2.25.2: closed or replaced already, or CHILD SAs are being changed.
    if (
      sa !== session.current ||
      sa.state !== 'established' ||
      session.ikeSas.successor !== null ||
      changesChildren(session.activeTask(sa))
    )
      return refuse(notify(notifyType.TEMPORARY_FAILURE));
    const task = this.#task !== null && this.#task.old === sa && this.#task.isUnderWay ? this.#task : null;
    if ((task !== null && task.collision !== null) || !session.rekeyBudgets.ike.take(session.clock.now()))
      return refuse(notify(notifyType.TEMPORARY_FAILURE));
    const { payloads } = request;
    const offer = findPayload(payloads, 'SA');
    const nonce = findPayload(payloads, 'Nonce');
    const ke = findPayload(payloads, 'KE');
    if (offer === undefined || nonce === undefined || ke === undefined)
      return refuse(notify(notifyType.INVALID_SYNTAX));
    const own: readonly AlgorithmProposal[] = [
      { protocol: 'ike' as const, algorithms: sa.suite.algorithms },
      ...session.settings.ikeProposals,
    ].map(withoutAdditional);
    const chosen = selectProposal(offer, own, spiLength, { preferredGroup: ke.group, groups: 'required' });
    if (chosen === null || chosen.spi.every((octet) => octet === 0))
      return refuse(notify(notifyType.NO_PROPOSAL_CHOSEN));
    const suite = ikeSuite(chosen.algorithms);
    if (ke.group !== suite.group) return refuse(invalidKeNotify(suite.group));
    const exchange = newKeyExchange(suite.group, session.random);
    const secret = agree(exchange, payloads);
    if (typeof secret === 'string') {
      exchange.wipe();
      return refuse(notify(notifyType.INVALID_SYNTAX));
    }
    const nonceR = session.random.bytes(nonceLength);
    const spiR = newIkeSpi(session);
    const binding = { nonceI: nonce.data, nonceR, spiI: chosen.spi, spiR };
    const keys = expandIkeKeys(suite, rekeyedKeySeed(sa.suite.prf, sa.keys.skD, secret, nonce.data, nonceR), binding);
    wipe(secret);
    const next = session.createIkeSa({
      initiator: false,
      spiI: chosen.spi,
      spiR,
      suite,
      keys,
      fragmentation: sa.fragmentation,
      firstMessageId: 0,
    });
    next.state = 'established';
    sa.respond(request, [
      answerPayload(chosen, protocolId.IKE, spiR),
      { type: 'Nonce', data: nonceR },
      { type: 'KE', group: suite.group, data: exchange.publicValue },
    ]);
    exchange.wipe();
    if (task !== null) task.collision = { sa: next, nonceI: nonce.data.slice(), nonceR };
    else session.ikeSas.expect(next);
  }
}

/** Our rekey: CREATE_CHILD_SA { SA, Ni, KEi }. */
class RekeyIkeTask implements Task {
  readonly kind = 'rekeyIke';
  readonly name = 'rekey IKE SA';
  readonly exchange = exchangeType.CREATE_CHILD_SA;
  readonly restartable = false;
  readonly old: IkeSa;
  collision: Collision | null = null;
  readonly #session: SessionCore;
  readonly #rekeying: IkeRekeying;
  readonly #proposals: readonly AlgorithmProposal[];
  #spiI: Uint8Array = new Uint8Array(0);
  #nonceI: Uint8Array = new Uint8Array(0);
  #exchange: KeyExchange | null = null;
  #group: number;
  readonly #triedGroups = new Set<number>();

  constructor(session: SessionCore, rekeying: IkeRekeying, old: IkeSa) {
    this.#session = session;
    this.#rekeying = rekeying;
    this.old = old;
    // C-64: what was negotiated, the same group first: some peers cannot refuse another one properly.
    this.#proposals = [withoutAdditional({ protocol: 'ike', algorithms: old.suite.algorithms })];
    this.#group = old.suite.group;
  }

  get isUnderWay(): boolean {
    return this.#exchange !== null;
  }

  build(sa: IkeSa): readonly InnerPayload[] | null {
    if (
      sa !== this.old ||
      sa !== this.#session.current ||
      this.#session.ikeSas.successor !== null ||
      sa.state !== 'established'
    )
      return null;
    this.#triedGroups.add(this.#group);
    this.#spiI = newIkeSpi(this.#session);
    this.#nonceI = this.#session.random.bytes(nonceLength);
    this.#exchange?.wipe();
    this.#exchange = newKeyExchange(this.#group, this.#session.random);
    return [
      offerPayload(this.#proposals, this.#spiI),
      { type: 'Nonce', data: this.#nonceI },
      { type: 'KE', group: this.#group, data: this.#exchange.publicValue },
    ];
  }

  process(sa: IkeSa, payloads: readonly Payload[]): void {
    const session = this.#session;
    const collision = this.collision;
    const exchange = this.#exchange;
    const error = findError(payloads);
    if (error !== undefined || exchange === null) {
      this.#refused(
        error?.notify ?? notifyType.INVALID_SYNTAX,
        error?.notify === notifyType.INVALID_KE_PAYLOAD ? wantedGroupOf(error) : null,
      );
      return;
    }
    const answer = findPayload(payloads, 'SA');
    const nonce = findPayload(payloads, 'Nonce');
    const chosen =
      answer === undefined ? 'the SA payload is missing' : acceptAnswer(answer, this.#proposals, spiLength);
    const secret = agree(exchange, payloads);
    if (
      typeof chosen === 'string' ||
      typeof secret === 'string' ||
      nonce === undefined ||
      equal(nonce.data, this.#nonceI)
    ) {
      session.log.write(
        'warning',
        'ike',
        `The answer to the IKE SA rekey cannot be used: ${typeof chosen === 'string' ? chosen : typeof secret === 'string' ? secret : 'bad nonce'}`,
      );
      this.#giveUp();
      return;
    }
    const suite = ikeSuite(chosen.algorithms);
    const binding = { nonceI: this.#nonceI, nonceR: nonce.data, spiI: this.#spiI, spiR: chosen.spi };
    const keys = expandIkeKeys(
      suite,
      rekeyedKeySeed(sa.suite.prf, sa.keys.skD, secret, this.#nonceI, nonce.data),
      binding,
    );
    wipe(secret);
    const next = session.createIkeSa({
      initiator: true,
      spiI: this.#spiI,
      spiR: chosen.spi,
      suite,
      keys,
      fragmentation: sa.fragmentation,
      firstMessageId: 0,
    });
    next.state = 'established';
    const redundant = collision !== null && oursIsRedundant({ nonceI: this.#nonceI, nonceR: nonce.data }, collision);
    this.cancel();
    if (redundant) {
      // The peer's IKE SA inherits everything and the peer deletes the old one; ours goes.
      session.ikeSas.expect(collision.sa);
      session.enqueue(new DeleteIkeTask(session, next, () => session.ikeSas.remove(next)), next);
      return;
    }
    session.ikeSas.switchTo(next);
    if (collision !== null) {
      collision.sa.state = 'rekeyed';
      session.ikeSas.forgetLater(collision.sa);
    }
    session.enqueue(new DeleteIkeTask(session, sa, () => session.ikeSas.remove(sa)), sa);
  }

  cancel(): void {
    this.#exchange?.wipe();
    this.#exchange = null;
    this.#rekeying.finished(this);
  }

  #refused(error: number, wantedGroup: number | null): void {
    const session = this.#session;
    session.log.write('info', 'ike', `The peer answered ${notifyTypeName(error)} to the IKE SA rekey`);
    const collision = this.collision;
    if (collision !== null) {
      this.cancel();
      session.ikeSas.expect(collision.sa);
      return;
    }
    if (
      error === notifyType.INVALID_KE_PAYLOAD &&
      wantedGroup !== null &&
      !this.#triedGroups.has(wantedGroup) &&
      this.#offers(wantedGroup)
    ) {
      this.#group = wantedGroup;
      this.#exchange?.wipe();
      this.#exchange = null;
      session.enqueue(this);
      return;
    }
    if (error === notifyType.TEMPORARY_FAILURE) {
      this.#giveUp();
      return;
    }
    this.cancel();
    session.emit({ type: 'reauthenticate', reason: `the IKE SA could not be rekeyed: ${notifyTypeName(error)}` });
  }

  #offers(group: number): boolean {
    return this.#proposals.some(({ algorithms }) =>
      algorithms.some((entry) => entry.transformType === 4 && entry.id === group),
    );
  }

  #giveUp(): void {
    this.cancel();
    if (this.#session.current === this.old) this.#rekeying.retryLater(this.old);
  }
}

/** C-14: 8 random octets, never zero. */
export function newIkeSpi(session: { readonly random: { bytes(length: number): Uint8Array } }): Uint8Array {
  for (;;) {
    const spi = session.random.bytes(spiLength);
    if (spi.some((octet) => octet !== 0)) return spi;
  }
}
