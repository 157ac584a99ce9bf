import type { ChildSa } from '../sa/child-sas';
import type { IkeSa, ReceivedRequest } from '../sa/ike-sa';
import type { SessionCore } from '../sa/session-core';
import { type AlgorithmProposal, offeredGroups, withoutGroups } from '../proposals/proposal';
import { exchangeType, notifyType, notifyTypeName, protocolId, transformType } from '../wire/constants';
import { findNotify } from '../wire/find';
import { childSpiOf } from '../wire/notify-data';
import type { InnerPayload, Payload } from '../wire/payload';
import { childNotify, notify, type NotifyPayload, rekeySaNotify } from '../wire/payloads/notify';
import { acceptableGroups, activationPatience, answerChildOffer } from './child-answer';
import { ChildProposal } from './child-proposal';
import { findError } from './failures';
import { type ExchangeNonces, oursIsRedundant } from './lowest-nonce';
import { changesChildren, type Task } from './task';

/** A redundant SA of a collision that its creator never deletes; milliseconds. */
const redundantPatience = 60_000;
/** C-66: after TEMPORARY_FAILURE, 15 s minus up to 10. */
const retryDelay = 15_000;
const retrySpread = 10_000;

/** The peer's rekey of the same CHILD SA that crossed ours. */
interface Collision extends ExchangeNonces {
  readonly child: ChildSa;
}

/** Replaces CHILD SAs without losing a packet, in both roles (RFC 7296 sections 1.3.3, 2.8, 2.25.1). */
export class ChildRekeying {
  readonly #session: SessionCore;
  readonly #tasks = new Map<ChildSa, RekeyChildTask>();

  constructor(session: SessionCore) {
    this.#session = session;
  }

  /** Starts our own rekey of a CHILD SA; does nothing when one is under way or it has a successor. */
  start(child: ChildSa): void {
    if (child.state !== 'installed' || this.#tasks.has(child)) return;
    // The peer may not have our answer that made this one: it would not know what we want to rekey.
    if (child.outbound === 'pending') return this.retryLater(child);
    const task = new RekeyChildTask(this.#session, this, child);
    this.#tasks.set(child, task);
    this.#session.enqueue(task);
  }

  isRekeyRequest(payloads: readonly Payload[]): boolean {
    return findNotify(payloads, notifyType.REKEY_SA) !== undefined;
  }

  /** @internal */
  finished(child: ChildSa): void {
    this.#tasks.delete(child);
  }

  /** A CHILD SA was deleted: it cannot be the other side of a collision any more. */
  childGone(child: ChildSa): void {
    for (const task of this.#tasks.values()) task.forgetCollision(child);
  }

  retryLater(child: ChildSa): void {
    const delay = retryDelay - ((this.#session.random.bytes(1)[0] ?? 0) / 255) * retrySpread;
    this.#session.timers.set(`child lifetime ${child.spiIn.toString(16)}`, delay, () => this.start(child));
  }

  /** The peer rekeys a CHILD SA: CREATE_CHILD_SA { N(REKEY_SA), SA, Ni, [KEi], TSi, TSr }. */
  handle(sa: IkeSa, request: ReceivedRequest): void {
    const session = this.#session;
    const refuse = (payload: InnerPayload): void => sa.respond(request, [payload]);
    const rekeyed = findNotify(request.payloads, notifyType.REKEY_SA);
    const spi = rekeyed === undefined || rekeyed.protocol !== protocolId.ESP ? null : childSpiOf(rekeyed);
    // H-27: our own constants in the answer, whatever the request says.
    if (spi === null) return refuse(notify(notifyType.INVALID_SYNTAX));
    const old = session.childSas.byOutbound(spi);
    if (old === undefined) {
      // Perhaps the answer to our own rekey is still under way and makes it known.
      const unknown = changesChildren(session.activeTask(sa))
        ? notify(notifyType.TEMPORARY_FAILURE)
        : childNotify(notifyType.CHILD_SA_NOT_FOUND, spi);
      return refuse(unknown);
    }
    // RFC 7296 section 2.25.1: it is being closed, or has its successor already.
    if (old.state !== 'installed' || session.childSas.successorOf(old) !== undefined)
      return refuse(notify(notifyType.TEMPORARY_FAILURE));
    if (!session.rekeyBudgets.child.take(session.clock.now())) return refuse(notify(notifyType.TEMPORARY_FAILURE));

    const answer = answerChildOffer(session, sa, request, {
      proposals: [{ protocol: 'esp', algorithms: old.suite.algorithms }, ...session.settings.espProposals],
      allowedGroups: acceptableGroups,
      remote: old.remoteSelectors,
      local: old.localSelectors,
    });
    if (answer.type === 'refused') return refuse(answer.payload);
    const { nonceI, nonceR } = answer;
    const { spiIn } = answer.specification;
    // C-61: inbound before the answer. Outbound when the peer shows that it has the answer: by its DELETE of the old
    // one.
    const child = session.childSas.install({ ...answer.specification, outbound: 'later', replaces: old });
    sa.respond(request, answer.payloads);

    session.mobility.peerRekeysChild();
    const task = this.#tasks.get(old);
    if (task?.isUnderWay === true) task.collide({ child, nonceI, nonceR });
    else old.state = 'rekeyed';
    session.timers.set(`activate ${spiIn.toString(16)}`, activationPatience, () => {
      if (child.state === 'installed' && child.replaces === old && task?.isUnderWay !== true)
        session.childSas.activate(child);
    });
    session.childLifetimes.begin(child, old, true);
  }

  /** A collision was decided against the peer's SA: its creator deletes it. */
  awaitDeletion(child: ChildSa): void {
    child.replaces = null;
    child.state = 'rekeyed';
    this.#session.timers.set(`redundant ${child.spiIn.toString(16)}`, redundantPatience, () =>
      this.#session.deleteChild(child),
    );
  }
}

/** Our rekey: CREATE_CHILD_SA { N(REKEY_SA), SA, Ni, [KEi], TSi, TSr }. */
export class RekeyChildTask implements Task {
  readonly kind = 'rekeyChild';
  readonly name: string;
  readonly exchange = exchangeType.CREATE_CHILD_SA;
  readonly restartable = true;
  readonly #session: SessionCore;
  readonly #rekeying: ChildRekeying;
  readonly #old: ChildSa;
  readonly #proposal: ChildProposal;
  #collision: Collision | null = null;

  constructor(session: SessionCore, rekeying: ChildRekeying, old: ChildSa) {
    this.#session = session;
    this.#rekeying = rekeying;
    this.#old = old;
    this.#proposal = new ChildProposal(session, {
      proposals: rekeyProposals(session, old),
      localSelectors: old.localSelectors,
      remoteSelectors: old.remoteSelectors,
    });
    this.name = `rekey CHILD SA ${old.spiIn.toString(16)}`;
  }

  /** The request is out. */
  get isUnderWay(): boolean {
    return this.#proposal.isOpen;
  }

  collide(collision: Collision): void {
    this.#collision = collision;
  }

  forgetCollision(child: ChildSa): void {
    if (this.#collision?.child === child) this.#collision = null;
  }

  build(): readonly InnerPayload[] | null {
    if (this.#old.state !== 'installed' || this.#session.childSas.successorOf(this.#old) !== undefined) return null;
    return [rekeySaNotify(this.#old.spiIn), ...this.#proposal.build()];
  }

  process(sa: IkeSa, payloads: readonly Payload[]): void {
    const error = findError(payloads);
    if (error !== undefined) {
      this.#refused(error);
      return;
    }
    const session = this.#session;
    const old = this.#old;
    const agreed = this.#proposal.read(sa, payloads);
    if (typeof agreed === 'string') {
      session.log.write(
        'warning',
        'child',
        `The answer to the rekey of ${old.spiIn.toString(16)} cannot be used: ${agreed}`,
      );
      this.#giveUp();
      return;
    }
    const collision = this.#collision;
    const redundant = collision !== null && oursIsRedundant(agreed.nonces, collision);
    const child = session.childSas.install({
      ...agreed.specification,
      // The answer proves that the peer hears it. A redundant one is never sent with.
      outbound: redundant ? 'never' : 'now',
      replaces: null,
    });
    this.#rekeying.finished(old);
    session.childRestoration.replaced(old);
    if (redundant) {
      // The peer's SA stays; it deletes the old one. We delete what we made.
      if (old.state === 'installed') old.state = 'rekeyed';
      session.deleteChild(child);
      return;
    }
    if (collision !== null) this.#rekeying.awaitDeletion(collision.child);
    // Gone already when the peer deleted it while our answer was under way. The DELETE goes first: some peers send with
    // the new SA only then.
    if (old.state === 'installed' || old.state === 'rekeyed') {
      old.state = 'rekeyed';
      session.deleteChild(old);
    }
    session.childLifetimes.begin(child, old, true);
  }

  cancel(): void {
    this.#proposal.release();
    this.#rekeying.finished(this.#old);
  }

  #refused(error: NotifyPayload): void {
    const session = this.#session;
    const old = this.#old;
    session.log.write(
      'info',
      'child',
      `The peer answered ${notifyTypeName(error.notify)} to the rekey of ${old.spiIn.toString(16)}`,
    );
    const worthAnother = this.#proposal.refused(error);
    // The peer's own rekey crossed ours and went through, or the peer deleted the old SA: nothing is left to do.
    if (this.#collision !== null || old.state !== 'installed') {
      if (this.#collision !== null && old.state === 'installed') old.state = 'rekeyed';
      this.cancel();
      return;
    }
    if (worthAnother) {
      session.enqueue(this);
      return;
    }
    switch (error.notify) {
      case notifyType.CHILD_SA_NOT_FOUND:
        this.cancel();
        session.childSas.retire(old);
        session.childLifetimes.end(old);
        session.childRestoration.lost(old);
        return;
      case notifyType.NO_ADDITIONAL_SAS:
        this.cancel();
        session.emit({ type: 'reauthenticate', reason: 'the server makes no further SA under this IKE SA' });
        return;
      default:
        this.#giveUp();
    }
  }

  /** Later again, as long as the old SA lives. */
  #giveUp(): void {
    this.cancel();
    if (this.#old.state === 'installed') this.#rekeying.retryLater(this.#old);
  }
}

/** C-59: what was negotiated before; with the groups of the profile when it wants a key exchange of its own. */
function rekeyProposals(session: SessionCore, { suite }: ChildSa): readonly AlgorithmProposal[] {
  const { algorithms } = withoutGroups({ protocol: 'esp', algorithms: suite.algorithms });
  const groups = suite.group !== null ? [suite.group] : offeredGroups(session.settings.espProposals);
  return [
    {
      protocol: 'esp',
      algorithms: [...algorithms, ...groups.map((id) => ({ transformType: transformType.KE, id, keyLength: null }))],
    },
  ];
}
