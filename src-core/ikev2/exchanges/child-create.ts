import { equal, uint32Octets } from '../../bytes';
import { wipe } from '../../crypto/wipe';
import type { KeyExchange } from '../../crypto/key-exchange';
import type { TrafficSelector } from '../../ports/data-path';
import { answerPayload, selectProposal } from '../proposals/negotiation';
import { withoutGroups } from '../proposals/proposal';
import { childSuite } from '../proposals/suites';
import type { IkeSa, ReceivedRequest } from '../sa/ike-sa';
import { deriveChildKeys } from '../sa/keying-material';
import type { SessionCore } from '../sa/session-core';
import { exchangeType, notifyType, notifyTypeName, protocolId } from '../wire/constants';
import { findPayload } from '../wire/find';
import { invalidKeNotify } from '../wire/notify-data';
import type { InnerPayload, Payload } from '../wire/payload';
import { notify } from '../wire/payloads/notify';
import { trafficSelectors } from '../wire/payloads/traffic-selectors';
import { type ChildOffer, offerSa, offerSelectors, readAgreement } from './child-negotiation';
import { findError } from './failures';
import { agree, newKeyExchange, nonceLength } from './key-exchange-step';
import type { Task } from './task';
import { narrow } from './traffic-selectors';

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

  constructor(session: SessionCore, localSelectors: readonly TrafficSelector[], remoteSelectors: readonly TrafficSelector[]) {
    this.#session = session;
    this.#localSelectors = localSelectors;
    this.#remoteSelectors = remoteSelectors;
  }

  build(): readonly InnerPayload[] {
    const { childSas, random, settings } = this.#session;
    this.cancel();
    this.#nonce = random.bytes(nonceLength);
    this.#offer = { spiIn: childSas.allocateSpi(), proposals: settings.espProposals.map(withoutGroups), localSelectors: this.#localSelectors, remoteSelectors: this.#remoteSelectors };
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
    if (offer === null || agreement === null || agreement instanceof Error || nonce === undefined || equal(nonce.data, this.#nonce)) {
      this.cancel();
      session.emit({ type: 'reauthenticate', reason: `the CHILD SA could not be made again${error === undefined ? '' : `: ${notifyTypeName(error.notify)}`}` });
      return;
    }
    this.#offer = null;
    const keys = deriveChildKeys(sa.suite.prf, sa.keys.skD, null, this.#nonce, nonce.data, agreement.suite.esp);
    const child = session.childSas.install({ spiIn: offer.spiIn, ...agreement, keysIn: keys.fromResponder, keysOut: keys.fromInitiator, outbound: 'now', replaces: null });
    session.childInstalled(child, null, true);
  }

  cancel(): void {
    if (this.#offer !== null) this.#session.childSas.releaseSpi(this.#offer.spiIn);
    this.#offer = null;
  }
}

/** The peer wants a further CHILD SA. A client does not serve that (H-36); a gateway does, within what its client may reach. */
export function handleCreateChild(session: SessionCore, sa: IkeSa, request: ReceivedRequest): void {
  const { payloads } = request;
  const refuse = (payload: InnerPayload): void => sa.respond(request, [payload]);
  const existing = session.childSas.list;
  if (!session.acceptsNewChildren || existing.length >= maxChildren) return refuse(notify(notifyType.NO_ADDITIONAL_SAS));
  const offer = findPayload(payloads, 'SA');
  const nonce = findPayload(payloads, 'Nonce');
  const tsi = findPayload(payloads, 'TSi');
  const tsr = findPayload(payloads, 'TSr');
  if (offer === undefined || nonce === undefined || tsi === undefined || tsr === undefined) return refuse(notify(notifyType.INVALID_SYNTAX));
  const ke = findPayload(payloads, 'KE');
  const chosen = selectProposal(offer, session.settings.espProposals, 4, { preferredGroup: ke?.group ?? null, groups: 'accept' });
  const spiOut = chosen === null ? 0 : new DataView(chosen.spi.buffer, chosen.spi.byteOffset).getUint32(0);
  if (chosen === null || session.childSas.byOutbound(spiOut) !== undefined) return refuse(notify(notifyType.NO_PROPOSAL_CHOSEN));
  const suite = childSuite(chosen.algorithms);
  const remoteSelectors = narrow(tsi.selectors, session.permittedSelectors.remote);
  const localSelectors = narrow(tsr.selectors, session.permittedSelectors.local);
  if (remoteSelectors.length === 0 || localSelectors.length === 0) return refuse(notify(notifyType.TS_UNACCEPTABLE));
  let secret: Uint8Array | null = null;
  let exchange: KeyExchange | null = null;
  if (suite.group !== null) {
    if (ke?.group !== suite.group) return refuse(invalidKeNotify(suite.group));
    exchange = newKeyExchange(suite.group, session.random);
    const result = agree(exchange, payloads);
    if (typeof result === 'string') {
      exchange.wipe();
      return refuse(notify(notifyType.INVALID_SYNTAX));
    }
    secret = result;
  }
  const nonceR = session.random.bytes(nonceLength);
  const keys = deriveChildKeys(sa.suite.prf, sa.keys.skD, secret, nonce.data, nonceR, suite.esp);
  wipe(secret);
  const spiIn = session.childSas.allocateSpi();
  const child = session.childSas.install({ spiIn, spiOut, suite, keysIn: keys.fromInitiator, keysOut: keys.fromResponder, localSelectors, remoteSelectors, outbound: 'now', replaces: null });
  const answer: InnerPayload[] = [answerPayload(chosen, protocolId.ESP, uint32Octets(spiIn)), { type: 'Nonce', data: nonceR }];
  if (exchange !== null) answer.push({ type: 'KE', group: exchange.group, data: exchange.publicValue });
  exchange?.wipe();
  sa.respond(request, [...answer, trafficSelectors('TSi', remoteSelectors), trafficSelectors('TSr', localSelectors)]);
  session.childInstalled(child, null, true);
}
