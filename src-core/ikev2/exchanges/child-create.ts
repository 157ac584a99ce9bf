import type { ChildSa } from '../sa/child-sas';
import type { IkeSa, ReceivedRequest } from '../sa/ike-sa';
import type { SessionCore } from '../sa/session-core';
import { exchangeType, notifyType, notifyTypeName } from '../wire/constants';
import type { InnerPayload, Payload } from '../wire/payload';
import { notify } from '../wire/payloads/notify';
import { answerChildOffer } from './child-answer';
import { ChildProposal } from './child-proposal';
import { findError } from './failures';
import type { Task } from './task';

/** H-36. */
const maxChildren = 8;

/** A further CHILD SA on the same IKE SA: CREATE_CHILD_SA { SA, Ni, [KEi], TSi, TSr }, RFC 7296 section 1.3.1. */
export class CreateChildTask implements Task {
  readonly kind = 'createChild';
  readonly name = 'create CHILD SA';
  readonly exchange = exchangeType.CREATE_CHILD_SA;
  readonly restartable = true;
  readonly #session: SessionCore;
  readonly #proposal: ChildProposal;

  constructor(session: SessionCore, lost: ChildSa) {
    this.#session = session;
    const { localSelectors, remoteSelectors, suite } = lost;
    this.#proposal = new ChildProposal(session, {
      proposals: [{ protocol: 'esp', algorithms: suite.algorithms }, ...session.settings.espProposals],
      localSelectors,
      remoteSelectors,
    });
  }

  build(): readonly InnerPayload[] {
    return this.#proposal.build();
  }

  process(sa: IkeSa, payloads: readonly Payload[]): void {
    const session = this.#session;
    const error = findError(payloads);
    if (error !== undefined) {
      if (this.#proposal.refused(error)) session.enqueue(this);
      else if (error.notify === notifyType.TEMPORARY_FAILURE)
        session.timers.set('create CHILD SA again', 5000, () => session.enqueue(this));
      else this.#failed(notifyTypeName(error.notify));
      return;
    }
    const agreed = this.#proposal.read(sa, payloads);
    if (typeof agreed === 'string') {
      this.#failed(agreed);
      return;
    }
    const child = session.childSas.install({ ...agreed.specification, outbound: 'now', replaces: null });
    session.childLifetimes.begin(child, null, true);
  }

  cancel(): void {
    this.#proposal.release();
  }

  #failed(why: string): void {
    this.#session.emit({ type: 'reauthenticate', reason: `the CHILD SA could not be made again: ${why}` });
  }
}

/**
 * The peer wants a further CHILD SA. A client does not serve that (H-36); a gateway does, within what its client may
 * reach.
 */
export function handleCreateChild(session: SessionCore, sa: IkeSa, request: ReceivedRequest): void {
  if (!session.acceptsNewChildren || session.childSas.list.length >= maxChildren)
    return sa.respond(request, [notify(notifyType.NO_ADDITIONAL_SAS)]);
  const answer = answerChildOffer(session, sa, request, {
    ...session.permittedSelectors,
    proposals: session.settings.espProposals,
    allowedGroups: [],
  });
  if (answer.type === 'refused') return sa.respond(request, [answer.payload]);
  const child = session.childSas.install({ ...answer.specification, outbound: 'now', replaces: null });
  sa.respond(request, answer.payloads);
  session.childLifetimes.begin(child, null, true);
}
