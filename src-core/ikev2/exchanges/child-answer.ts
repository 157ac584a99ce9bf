import { uint32Octets } from '../../bytes';
import type { KeyExchange } from '../../crypto/key-exchange';
import { wipe } from '../../crypto/wipe';
import type { TrafficSelector } from '../../ports/data-path';
import { answerPayload, selectProposal } from '../proposals/negotiation';
import type { AlgorithmProposal } from '../proposals/proposal';
import { childSuite } from '../proposals/suites';
import type { ChildSaSpecification } from '../sa/child-sas';
import type { IkeSa, ReceivedRequest } from '../sa/ike-sa';
import { deriveChildKeys } from '../sa/keying-material';
import type { SessionCore } from '../sa/session-core';
import { notifyType, protocolId } from '../wire/constants';
import { findPayload } from '../wire/find';
import { invalidKeNotify } from '../wire/notify-data';
import type { InnerPayload } from '../wire/payload';
import { notify } from '../wire/payloads/notify';
import { trafficSelectors } from '../wire/payloads/traffic-selectors';
import { agree, newKeyExchange, nonceLength } from './key-exchange-step';
import { narrow } from './traffic-selectors';

/** Groups a peer may ask for although our proposals name none (C-61). Not MODP-1024. */
export const acceptableGroups: readonly number[] = [31, 19, 20, 21, 14, 15, 16];
/**
 * A peer that initiated the exchange and does not show that it has our answer, by its DELETE of the SA in use, is not
 * waited for longer than this before we send with the new one; milliseconds.
 */
export const activationPatience = 3000;

export interface ChildPolicy {
  readonly proposals: readonly AlgorithmProposal[];
  /** Groups that are taken although the proposals name none. */
  readonly allowedGroups: readonly number[];
  /** What the CHILD SA may carry at most; `remote` is the peer's side. */
  readonly remote: readonly TrafficSelector[];
  readonly local: readonly TrafficSelector[];
}

export type ChildAnswer =
  | { readonly type: 'refused'; readonly payload: InnerPayload }
  | {
      readonly type: 'agreed';
      readonly specification: Omit<ChildSaSpecification, 'outbound' | 'replaces'>;
      readonly payloads: readonly InnerPayload[];
      readonly nonceI: Uint8Array;
      readonly nonceR: Uint8Array;
    };

/**
 * The responder's part of CREATE_CHILD_SA { SA, Ni, [KEi], TSi, TSr } for ESP (RFC 7296 sections 1.3.1, 1.3.3): what to
 * install and what to say.
 */
export function answerChildOffer(
  session: SessionCore,
  sa: IkeSa,
  { payloads }: ReceivedRequest,
  policy: ChildPolicy,
): ChildAnswer {
  const refuse = (payload: InnerPayload): ChildAnswer => ({ type: 'refused', payload });
  const offer = findPayload(payloads, 'SA');
  const nonce = findPayload(payloads, 'Nonce');
  const tsi = findPayload(payloads, 'TSi');
  const tsr = findPayload(payloads, 'TSr');
  if (offer === undefined || nonce === undefined || tsi === undefined || tsr === undefined)
    return refuse(notify(notifyType.INVALID_SYNTAX));
  const ke = findPayload(payloads, 'KE');
  const chosen = selectProposal(offer, policy.proposals, 4, {
    preferredGroup: ke?.group ?? null,
    groups: 'accept',
    allowedGroups: policy.allowedGroups,
  });
  const spiOut = chosen === null ? 0 : new DataView(chosen.spi.buffer, chosen.spi.byteOffset).getUint32(0);
  // A peer may not name an SPI twice.
  if (chosen === null || session.childSas.byOutbound(spiOut) !== undefined)
    return refuse(notify(notifyType.NO_PROPOSAL_CHOSEN));
  const suite = childSuite(chosen.algorithms);
  // We answer: the peer's side is TSi.
  const remoteSelectors = narrow(tsi.selectors, policy.remote);
  const localSelectors = narrow(tsr.selectors, policy.local);
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
  const answer: InnerPayload[] = [
    answerPayload(chosen, protocolId.ESP, uint32Octets(spiIn)),
    { type: 'Nonce', data: nonceR },
  ];
  if (exchange !== null) answer.push({ type: 'KE', group: exchange.group, data: exchange.publicValue });
  exchange?.wipe();
  answer.push(trafficSelectors('TSi', remoteSelectors), trafficSelectors('TSr', localSelectors));
  return {
    type: 'agreed',
    specification: {
      spiIn,
      spiOut,
      suite,
      keysIn: keys.fromInitiator,
      keysOut: keys.fromResponder,
      localSelectors,
      remoteSelectors,
    },
    payloads: answer,
    nonceI: nonce.data.slice(),
    nonceR,
  };
}
