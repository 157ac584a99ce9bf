import { equal } from '../../bytes';
import type { TrafficSelector } from '../../ports/data-path';
import { withoutGroups } from '../proposals/proposal';
import type { IkeSa, ReceivedRequest } from '../sa/ike-sa';
import { deriveChildKeys } from '../sa/keying-material';
import type { SessionCore } from '../sa/session-core';
import { exchangeType, notifyType, notifyTypeName } from '../wire/constants';
import { findPayload } from '../wire/find';
import type { InnerPayload, Payload } from '../wire/payload';
import { notify } from '../wire/payloads/notify';
import { answerChildOffer } from './child-answer';
import { type ChildOffer, offerSa, offerSelectors, readAgreement } from './child-negotiation';
import { findError } from './failures';
import { nonceLength } from './key-exchange-step';
import type { Task } from './task';

/** H-36. */
const maxChildren = 8;

/** A further CHILD SA on the same IKE SA: CREATE_CHILD_SA { SA, Ni, TSi, TSr }, RFC 7296 section 1.3.1. */
export class CreateChildTask implements Task {
  readonly kind = 'createChild';
  readonly name = 'create CHILD SA';
  readonly exchange = exchangeType.CREATE_CHILD_SA;
  readonly restartable = true;
  readonly #session: SessionCore;
  readonly #localSelectors: readonly TrafficSelector[];
  readonly #remoteSelectors: readonly TrafficSelector[];
  #offer: ChildOffer | null = null;
  #nonce: Uint8Array = new Uint8Array(0);

  constructor(
    session: SessionCore,
    localSelectors: readonly TrafficSelector[],
    remoteSelectors: readonly TrafficSelector[],
  ) {
    this.#session = session;
    this.#localSelectors = localSelectors;
    this.#remoteSelectors = remoteSelectors;
  }

  build(): readonly InnerPayload[] {
    const { childSas, random, settings } = this.#session;
    this.cancel();
    this.#nonce = random.bytes(nonceLength);
    this.#offer = {
      spiIn: childSas.allocateSpi(),
      proposals: settings.espProposals.map(withoutGroups),
      localSelectors: this.#localSelectors,
      remoteSelectors: this.#remoteSelectors,
    };
    return [offerSa(this.#offer), { type: 'Nonce', data: this.#nonce }, ...offerSelectors(this.#offer)];
  }

  process(sa: IkeSa, payloads: readonly Payload[]): void {
    const session = this.#session;
    const offer = this.#offer;
    const error = findError(payloads);
    const nonce = findPayload(payloads, 'Nonce');
    const agreement = error !== undefined || offer === null ? null : readAgreement(payloads, offer, session.childSas);
    if (error?.notify === notifyType.TEMPORARY_FAILURE) {
      this.cancel();
      session.timers.set('create CHILD SA again', 5000, () => session.enqueue(this));
      return;
    }
    if (
      offer === null ||
      agreement === null ||
      agreement instanceof Error ||
      nonce === undefined ||
      equal(nonce.data, this.#nonce)
    ) {
      this.cancel();
      session.emit({
        type: 'reauthenticate',
        reason: `the CHILD SA could not be made again${error === undefined ? '' : `: ${notifyTypeName(error.notify)}`}`,
      });
      return;
    }
    this.#offer = null;
    const keys = deriveChildKeys(sa.suite.prf, sa.keys.skD, null, this.#nonce, nonce.data, agreement.suite.esp);
    const child = session.childSas.install({
      spiIn: offer.spiIn,
      ...agreement,
      keysIn: keys.fromResponder,
      keysOut: keys.fromInitiator,
      outbound: 'now',
      replaces: null,
    });
    session.childLifetimes.begin(child, null, true);
  }

  cancel(): void {
    if (this.#offer !== null) this.#session.childSas.releaseSpi(this.#offer.spiIn);
    this.#offer = null;
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
