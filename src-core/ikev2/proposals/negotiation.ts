import { protocolId, transformType } from '../wire/constants';
import { type Proposal, type SecurityAssociationPayload, transform } from '../wire/payloads/security-association';
import { type Algorithm, sameAlgorithm } from './keywords';
import type { AlgorithmProposal } from './proposal';

const { INTEG, KE, ESN, ADDKE1, ADDKE7 } = transformType;

/** One algorithm a type, agreed by both sides. */
export interface NegotiatedProposal {
  readonly number: number;
  /** The peer's SPI: 8 octets when an IKE SA is rekeyed, 4 for ESP, none in IKE_SA_INIT. */
  readonly spi: Uint8Array;
  readonly algorithms: readonly Algorithm[];
}

/** The SA payload that offers `proposals`, numbered from 1 (C-16). Each carries our SPI. */
export function offerPayload(proposals: readonly AlgorithmProposal[], spi: Uint8Array): SecurityAssociationPayload {
  return {
    type: 'SA',
    proposals: proposals.map((proposal, index) => ({
      number: index + 1,
      protocol: proposal.protocol === 'ike' ? protocolId.IKE : protocolId.ESP,
      spi,
      transforms: proposal.algorithms.map((entry) => transform(entry.transformType, entry.id, entry.keyLength)),
    })),
  };
}

/** The answer: the chosen algorithms under the number of the offered proposal, with our SPI. */
export function answerPayload(
  chosen: NegotiatedProposal,
  protocol: number,
  spi: Uint8Array,
): SecurityAssociationPayload {
  return {
    type: 'SA',
    proposals: [
      {
        number: chosen.number,
        protocol,
        spi,
        transforms: chosen.algorithms.map((entry) => transform(entry.transformType, entry.id, entry.keyLength)),
      },
    ],
  };
}

/**
 * Reads the answer to an offer (C-17, H-17): exactly one proposal, of a number that was offered, one transform a type,
 * each of them offered
 * in that very proposal, no type missing. A string says what is wrong.
 */
export function acceptAnswer(
  payload: SecurityAssociationPayload,
  offered: readonly AlgorithmProposal[],
  spiLength: number,
): NegotiatedProposal | string {
  if (payload.proposals.length !== 1) return `the answer has ${String(payload.proposals.length)} proposals`;
  const answer = payload.proposals[0]!;
  const offer = offered[answer.number - 1];
  if (offer === undefined) return `proposal number ${String(answer.number)} was not offered`;
  if (answer.protocol !== (offer.protocol === 'ike' ? protocolId.IKE : protocolId.ESP))
    return `protocol ${String(answer.protocol)} was not offered`;
  if (answer.spi.length !== spiLength) return `the SPI has ${String(answer.spi.length)} octets`;
  if (isReservedSpi(answer.spi)) return 'the SPI is a reserved one';
  const algorithms: Algorithm[] = [];
  for (const item of answer.transforms) {
    if (isNoneAlgorithm(item) && !offer.algorithms.some((entry) => entry.transformType === item.transformType))
      continue;
    if (item.unknownAttributes.length > 0) return 'a transform carries an unknown attribute';
    const match = offer.algorithms.find((entry) => sameAlgorithm(entry, item));
    if (match === undefined)
      return `transform ${String(item.transformType)}/${String(item.id)} was not offered in proposal ${String(answer.number)}`;
    if (algorithms.some((entry) => entry.transformType === match.transformType))
      return `transform type ${String(match.transformType)} is there twice`;
    algorithms.push(match);
  }
  for (const type of new Set(offer.algorithms.map((entry) => entry.transformType))) {
    if (algorithms.some((entry) => entry.transformType === type)) continue;
    // A peer may leave out what says "no ESN" (RFC 7296 section 3.3.3 lists it as mandatory; older peers differ).
    const none =
      type === ESN ? offer.algorithms.find((entry) => entry.transformType === ESN && entry.id === 0) : undefined;
    if (none === undefined) return `transform type ${String(type)} is missing`;
    algorithms.push(none);
  }
  return { number: answer.number, spi: answer.spi, algorithms };
}

export interface SelectionOptions {
  /** Group of the KE payload that came with the offer: taken when it is acceptable, to save a round trip. */
  readonly preferredGroup: number | null;
  /**
   * ignore: groups play no part (first CHILD SA). accept: a group of `allowedGroups` is taken although our own proposal
   * names none.
   */
  readonly groups: 'required' | 'ignore' | 'accept';
  readonly allowedGroups?: readonly number[];
}

/** The responder's choice: our order decides. null: nothing in common. */
export function selectProposal(
  payload: SecurityAssociationPayload,
  own: readonly AlgorithmProposal[],
  spiLength: number,
  options: SelectionOptions,
): NegotiatedProposal | null {
  for (const mine of own) {
    for (const theirs of payload.proposals) {
      if (
        theirs.protocol !== (mine.protocol === 'ike' ? protocolId.IKE : protocolId.ESP) ||
        theirs.spi.length !== spiLength ||
        isReservedSpi(theirs.spi)
      )
        continue;
      const algorithms = intersect(theirs, mine, options);
      if (algorithms !== null) return { number: theirs.number, spi: theirs.spi, algorithms };
    }
  }
  return null;
}

/**
 * ESP SPIs up to 255 are reserved (RFC 4303 section 2.1), an IKE SPI of zero means none (RFC 7296 section 3.1). No SPI
 * at all is in order.
 */
function isReservedSpi(spi: Uint8Array): boolean {
  return spi.length > 0 && spi.subarray(0, spi.length === 4 ? 3 : spi.length).every((octet) => octet === 0);
}

function intersect(theirs: Proposal, mine: AlgorithmProposal, options: SelectionOptions): readonly Algorithm[] | null {
  const usable = theirs.transforms.filter((item) => item.unknownAttributes.length === 0);
  const chosen: Algorithm[] = [];
  const types = new Set([
    ...mine.algorithms.map((entry) => entry.transformType),
    ...theirs.transforms.map((item) => item.transformType),
  ]);
  for (const type of types) {
    const offered = usable.filter((item) => item.transformType === type);
    const allOffered = theirs.transforms.filter((item) => item.transformType === type);
    let acceptable = mine.algorithms.filter((entry) => entry.transformType === type);
    if (type === KE && options.groups === 'ignore') continue;
    if (type === KE && options.groups === 'accept') {
      if (allOffered.length === 0) continue;
      acceptable = [
        ...acceptable,
        ...(options.allowedGroups ?? []).map((id) => ({ transformType: KE, id, keyLength: null })),
      ];
    }
    if (type === ESN && allOffered.length === 0) {
      const none = acceptable.find((entry) => entry.id === 0);
      if (none === undefined) return null;
      chosen.push(none);
      continue;
    }
    const common = acceptable.filter((entry) => offered.some((item) => sameAlgorithm(entry, item)));
    const preferred = type === KE ? common.find((entry) => entry.id === options.preferredGroup) : undefined;
    const choice = preferred ?? common[0];
    if (choice !== undefined) chosen.push(choice);
    // Offered as optional: NONE says that the type may stay out.
    else if (!(acceptable.length === 0 && offered.some(isNoneAlgorithm))) return null;
  }
  return chosen;
}

/**
 * INTEG NONE with an AEAD cipher (RFC 7296 section 3.3.3), KE NONE for a key exchange that may stay out, also an
 * additional one (RFC 9370 section 2.2.1).
 */
function isNoneAlgorithm(item: Algorithm): boolean {
  return (
    (item.transformType === INTEG ||
      item.transformType === KE ||
      (item.transformType >= ADDKE1 && item.transformType <= ADDKE7)) &&
    item.id === 0
  );
}
