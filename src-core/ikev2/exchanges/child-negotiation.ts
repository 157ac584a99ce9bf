import { uint32Octets } from '../../bytes';
import type { TrafficSelector } from '../../ports/data-path';
import type { VpnError } from '../../ports/vpn-error';
import { acceptAnswer, offerPayload } from '../proposals/negotiation';
import type { AlgorithmProposal } from '../proposals/proposal';
import { childSuite, type ChildSuite } from '../proposals/suites';
import type { ChildSas } from '../sa/child-sas';
import { findPayload } from '../wire/find';
import type { InnerPayload, Payload } from '../wire/payload';
import { trafficSelectors } from '../wire/payloads/traffic-selectors';
import { unusableAnswer } from './failures';
import { acceptSelectors } from './traffic-selectors';

/** What the initiator of an exchange asks for. */
export interface ChildOffer {
  readonly spiIn: number;
  readonly proposals: readonly AlgorithmProposal[];
  readonly localSelectors: readonly TrafficSelector[];
  readonly remoteSelectors: readonly TrafficSelector[];
}

export interface ChildAgreement {
  readonly spiOut: number;
  readonly suite: ChildSuite;
  readonly localSelectors: readonly TrafficSelector[];
  readonly remoteSelectors: readonly TrafficSelector[];
}

export function offerSa(offer: ChildOffer): InnerPayload {
  return offerPayload(offer.proposals, uint32Octets(offer.spiIn));
}

/** TSi and TSr: the initiator of the exchange is the "i", whoever made the IKE SA. */
export function offerSelectors(offer: ChildOffer): readonly InnerPayload[] {
  return [trafficSelectors('TSi', offer.localSelectors), trafficSelectors('TSr', offer.remoteSelectors)];
}

/** Reads SA, TSi and TSr of a response (C-17, C-55). `existing`: a peer may not name an SPI twice, nor one that it deleted. */
export function readAgreement(
  payloads: readonly Payload[],
  offer: ChildOffer,
  existing: Pick<ChildSas, 'unusableOutbound'>,
): ChildAgreement | VpnError {
  const sa = findPayload(payloads, 'SA');
  const tsi = findPayload(payloads, 'TSi');
  const tsr = findPayload(payloads, 'TSr');
  if (sa === undefined || tsi === undefined || tsr === undefined)
    return unusableAnswer(
      'IKE_POLICY_MATCH',
      'The server did not set up the tunnel. Send the log to your administrator.',
      'SA, TSi or TSr is missing in the answer',
    );
  const chosen = acceptAnswer(sa, offer.proposals, 4);
  if (typeof chosen === 'string')
    return unusableAnswer(
      'IKE_POLICY_MATCH',
      'The server chose encryption settings for the tunnel that were not offered. Compare the ESP proposals of both.',
      chosen,
    );
  const spiOut = new DataView(chosen.spi.buffer, chosen.spi.byteOffset).getUint32(0);
  const unusable = existing.unusableOutbound(spiOut);
  if (unusable !== null)
    return unusableAnswer(
      'IKE_POLICY_MATCH',
      'The server did not set up the tunnel. Send the log to your administrator.',
      unusable,
    );
  const localSelectors = acceptSelectors(tsi, offer.localSelectors);
  const remoteSelectors = acceptSelectors(tsr, offer.remoteSelectors);
  const outside = (detail: string): VpnError =>
    unusableAnswer(
      'TS_UNACCEPTABLE',
      'The server answered with networks that were not requested. Ask your administrator which networks this connection may reach.',
      detail,
    );
  if (typeof localSelectors === 'string') return outside(localSelectors);
  if (typeof remoteSelectors === 'string') return outside(remoteSelectors);
  return { spiOut, suite: childSuite(chosen.algorithms), localSelectors, remoteSelectors };
}
