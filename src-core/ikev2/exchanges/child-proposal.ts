import { equal } from '../../bytes';
import type { KeyExchange } from '../../crypto/key-exchange';
import { wipe } from '../../crypto/wipe';
import type { TrafficSelector } from '../../ports/data-path';
import { type AlgorithmProposal, offeredGroups, withoutGroups } from '../proposals/proposal';
import type { ChildSaSpecification } from '../sa/child-sas';
import type { IkeSa } from '../sa/ike-sa';
import { deriveChildKeys } from '../sa/keying-material';
import type { SessionCore } from '../sa/session-core';
import { notifyType, transformType } from '../wire/constants';
import { findPayload } from '../wire/find';
import { wantedGroupOf } from '../wire/notify-data';
import type { InnerPayload, Payload } from '../wire/payload';
import type { NotifyPayload } from '../wire/payloads/notify';
import { acceptableGroups } from './child-answer';
import { type ChildOffer, offerSa, offerSelectors, readAgreement } from './child-negotiation';
import { agree, newKeyExchange, nonceLength } from './key-exchange-step';
import type { ExchangeNonces } from './lowest-nonce';

export interface ChildWish {
  /** With the groups of a key exchange of its own, where that is wanted. */
  readonly proposals: readonly AlgorithmProposal[];
  readonly localSelectors: readonly TrafficSelector[];
  readonly remoteSelectors: readonly TrafficSelector[];
}

export interface AgreedChild {
  readonly specification: Omit<ChildSaSpecification, 'outbound' | 'replaces'>;
  readonly nonces: ExchangeNonces;
}

/** What is held between our request and its answer. */
interface Open {
  readonly offer: ChildOffer;
  readonly nonce: Uint8Array;
  readonly exchange: KeyExchange | null;
}

/**
 * The initiator's part of CREATE_CHILD_SA { SA, Ni, [KEi], TSi, TSr } for ESP (RFC 7296 sections 1.3.1, 1.3.3): what is
 * proposed, and again with another group when the peer wants one.
 */
export class ChildProposal {
  readonly #session: SessionCore;
  readonly #wish: ChildWish;
  #open: Open | null = null;
  /** Group to begin with: what the peer asked for, or null for the best one. */
  #group: number | null = null;
  #groups: 'as wished' | 'none' | 'any' = 'as wished';
  readonly #triedGroups = new Set<number>();

  constructor(session: SessionCore, wish: ChildWish) {
    this.#session = session;
    this.#wish = wish;
  }

  /** The request is out. */
  get isOpen(): boolean {
    return this.#open !== null;
  }

  /** A fresh request; what an earlier one held is let go. */
  build(): readonly InnerPayload[] {
    const { childSas, random } = this.#session;
    this.release();
    childSas.forgetDeleted();
    const proposals = this.#proposals();
    const group = this.#group ?? offeredGroups(proposals)[0] ?? null;
    const { localSelectors, remoteSelectors } = this.#wish;
    const offer: ChildOffer = { spiIn: childSas.allocateSpi(), proposals, localSelectors, remoteSelectors };
    const nonce = random.bytes(nonceLength);
    const exchange = group === null ? null : newKeyExchange(group, random);
    this.#open = { offer, nonce, exchange };
    const payloads: InnerPayload[] = [offerSa(offer), { type: 'Nonce', data: nonce }];
    if (group !== null && exchange !== null) {
      this.#triedGroups.add(group);
      payloads.push({ type: 'KE', group, data: exchange.publicValue });
    }
    return [...payloads, ...offerSelectors(offer)];
  }

  /** The answer without an error: what to install, or a sentence that says why it cannot be used. */
  read(sa: IkeSa, payloads: readonly Payload[]): AgreedChild | string {
    const result = this.#read(sa, payloads);
    // The SPI of what was agreed is installed, not given back.
    if (typeof result === 'string') this.release();
    this.#open?.exchange?.wipe();
    this.#open = null;
    return result;
  }

  /** The peer answered with this error. True: the same again is worth a try, with what `build` gives then. */
  refused(error: NotifyPayload): boolean {
    this.release();
    const groups = offeredGroups(this.#proposals());
    if (error.notify === notifyType.INVALID_KE_PAYLOAD) {
      const wanted = wantedGroupOf(error);
      if (wanted === null || this.#triedGroups.has(wanted) || !groups.includes(wanted)) return false;
      this.#group = wanted;
      return true;
    }
    if (error.notify !== notifyType.NO_PROPOSAL_CHOSEN || this.#groups !== 'as wished') return false;
    // C-60: it took none of ours, or it insists on one where we wanted none.
    this.#groups = groups.length > 0 ? 'none' : 'any';
    this.#group = null;
    return true;
  }

  /** Lets go of what is held for an answer that will not come, or cannot be used. */
  release(): void {
    if (this.#open === null) return;
    this.#open.exchange?.wipe();
    this.#session.childSas.releaseSpi(this.#open.offer.spiIn);
    this.#open = null;
  }

  #read(sa: IkeSa, payloads: readonly Payload[]): AgreedChild | string {
    const open = this.#open;
    const nonce = findPayload(payloads, 'Nonce');
    if (open === null || nonce === undefined || equal(nonce.data, open.nonce)) return 'it has no nonce of its own';
    const agreement = readAgreement(payloads, open.offer, this.#session.childSas);
    if (agreement instanceof Error) return agreement.detail ?? agreement.message;
    let secret: Uint8Array | null = null;
    if (agreement.suite.group !== null && open.exchange !== null) {
      const result = agree(open.exchange, payloads);
      if (typeof result === 'string') return result;
      if (open.exchange.group !== agreement.suite.group) return 'SA and KE payload name different groups';
      secret = result;
    }
    const keys = deriveChildKeys(sa.suite.prf, sa.keys.skD, secret, open.nonce, nonce.data, agreement.suite.esp);
    wipe(secret);
    return {
      specification: {
        spiIn: open.offer.spiIn,
        ...agreement,
        keysIn: keys.fromResponder,
        keysOut: keys.fromInitiator,
      },
      nonces: { nonceI: open.nonce, nonceR: nonce.data.slice() },
    };
  }

  #proposals(): readonly AlgorithmProposal[] {
    const { proposals } = this.#wish;
    if (this.#groups === 'as wished') return proposals;
    if (this.#groups === 'none') return proposals.map(withoutGroups);
    // C-64: the one of the IKE SA is known to both.
    const known = this.#session.current?.suite.group;
    const groups = new Set(known === undefined ? acceptableGroups : [known, ...acceptableGroups]);
    return proposals.map(({ protocol, algorithms }) => ({
      protocol,
      algorithms: [
        ...algorithms,
        ...[...groups].map((id) => ({ transformType: transformType.KE, id, keyLength: null })),
      ],
    }));
  }
}
