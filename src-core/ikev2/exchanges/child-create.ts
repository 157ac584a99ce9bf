import type { ChildSa } from '../sa/child-sas';
import type { IkeSa, ReceivedRequest } from '../sa/ike-sa';
import { type RetransmissionSchedule, urgentSchedule } from '../sa/retransmission';
import type { SessionCore } from '../sa/session-core';
import { exchangeType, notifyType, notifyTypeName } from '../wire/constants';
import type { InnerPayload, Payload } from '../wire/payload';
import { notify, type NotifyPayload } from '../wire/payloads/notify';
import { acceptableGroups, activationPatience, answerChildOffer } from './child-answer';
import { ChildProposal } from './child-proposal';
import { findError } from './failures';
import type { Task } from './task';

/** H-36. */
const maxChildren = 8;

/** What the task asks of, and reports to, whoever wants the lost CHILD SA back: child-restoration.ts. */
export interface CreateChildHost {
  /** Nothing has taken the place of the lost one yet. */
  isMissing(lost: ChildSa): boolean;
  replaced(lost: ChildSa): void;
  made(lost: ChildSa): void;
  /** Milliseconds before the next try after so many answers of TEMPORARY_FAILURE; null: no more. */
  pauseAfter(tries: number): number | null;
  failed(lost: ChildSa, why: string): void;
}

/**
 * A CHILD SA in the place of one that the peer took away: CREATE_CHILD_SA { SA, Ni, [KEi], TSi, TSr }, RFC 7296 section
 * 1.3.1.
 */
export class CreateChildTask implements Task {
  readonly kind = 'createChild';
  readonly name: string;
  readonly exchange = exchangeType.CREATE_CHILD_SA;
  readonly restartable = true;
  readonly schedule: RetransmissionSchedule;
  readonly #session: SessionCore;
  readonly #restoration: CreateChildHost;
  readonly #lost: ChildSa;
  readonly #proposal: ChildProposal;
  #temporaryFailures = 0;

  constructor(session: SessionCore, restoration: CreateChildHost, lost: ChildSa) {
    this.#session = session;
    this.#restoration = restoration;
    this.#lost = lost;
    const { localSelectors, remoteSelectors, suite } = lost;
    this.#proposal = new ChildProposal(session, {
      proposals: [{ protocol: 'esp', algorithms: suite.algorithms }, ...session.settings.espProposals],
      localSelectors,
      remoteSelectors,
    });
    this.name = `create CHILD SA for ${lost.spiIn.toString(16)}`;
    // Nothing passes meanwhile.
    this.schedule = urgentSchedule(session.current?.roundTrip ?? null);
  }

  build(): readonly InnerPayload[] | null {
    return this.#restoration.isMissing(this.#lost) ? this.#proposal.build() : null;
  }

  process(sa: IkeSa, payloads: readonly Payload[]): void {
    const error = findError(payloads);
    if (error !== undefined) {
      this.#refused(error);
      return;
    }
    const session = this.#session;
    const agreed = this.#proposal.read(sa, payloads);
    if (typeof agreed === 'string') {
      this.#restoration.failed(this.#lost, agreed);
      return;
    }
    // The peer has made one itself meanwhile.
    const redundant = !this.#restoration.isMissing(this.#lost);
    this.#restoration.replaced(this.#lost);
    const child = session.childSas.install({
      ...agreed.specification,
      outbound: redundant ? 'never' : 'now',
      replaces: null,
    });
    if (redundant) {
      session.deleteChild(child);
      return;
    }
    session.childLifetimes.begin(child, null, true);
    this.#restoration.made(this.#lost);
  }

  cancel(): void {
    this.#proposal.release();
  }

  #refused(error: NotifyPayload): void {
    const session = this.#session;
    if (this.#proposal.refused(error)) {
      session.enqueue(this);
      return;
    }
    const name = notifyTypeName(error.notify);
    if (!this.#restoration.isMissing(this.#lost)) {
      this.#restoration.replaced(this.#lost);
      return;
    }
    const pause =
      error.notify === notifyType.TEMPORARY_FAILURE ? this.#restoration.pauseAfter(++this.#temporaryFailures) : null;
    if (pause === null) {
      this.#restoration.failed(this.#lost, name);
      return;
    }
    session.log.write('info', 'child', `The peer answered ${name} to the request for a new CHILD SA`);
    session.timers.set(this.name, pause, () => session.enqueue(this));
  }
}

/** The peer wants a further CHILD SA: it gets one within what this connection may carry (H-36). */
export function handleCreateChild(session: SessionCore, sa: IkeSa, request: ReceivedRequest): void {
  const refuse = (type: number): void => sa.respond(request, [notify(type)]);
  if (session.childSas.list.length >= maxChildren) return refuse(notifyType.NO_ADDITIONAL_SAS);
  if (!session.rekeyBudgets.child.take(session.clock.now())) return refuse(notifyType.TEMPORARY_FAILURE);
  const answer = answerChildOffer(session, sa, request, {
    ...session.permittedSelectors,
    proposals: session.settings.espProposals,
    allowedGroups: acceptableGroups,
  });
  if (answer.type === 'refused') return sa.respond(request, [answer.payload]);
  const { specification } = answer;
  // Where another one carries the same there is time until the peer has our answer.
  const spare = session.settings.role === 'initiator' && session.childRestoration.covers(specification);
  const child = session.childSas.install({ ...specification, outbound: spare ? 'later' : 'now', replaces: null });
  sa.respond(request, answer.payloads);
  if (spare)
    session.timers.set(`activate ${child.spiIn.toString(16)}`, activationPatience, () => {
      if (child.state === 'installed') session.childSas.activate(child);
    });
  session.childLifetimes.begin(child, null, true);
}
