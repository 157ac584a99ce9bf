import { concat } from '../../bytes';
import { parseProposals } from '../../ikev2/proposals/defaults';
import { ikeSuite } from '../../ikev2/proposals/suites';
import { FragmentCollector } from '../../ikev2/sa/fragment-collector';
import type { IkeKeys } from '../../ikev2/sa/keying-material';
import { MessageProtection } from '../../ikev2/sa/message-protection';
import { decodePayloads } from '../../ikev2/wire/chain';
import { exchangeType } from '../../ikev2/wire/constants';
import type { IkeHeader } from '../../ikev2/wire/header';
import { decodeMessage, encodeMessage } from '../../ikev2/wire/message';
import { addNonEspMarker, classifyEncapsulated } from '../../ikev2/wire/non-esp-marker';
import type { InnerPayload, Payload } from '../../ikev2/wire/payload';
import type { TracedKeys } from '../../ports/trace';
import type { SeededRandom } from '../seeded-random';

type IkeTracedKeys = Extract<TracedKeys, { type: 'ike' }>;

/** One IKE message as it is inside of its protection. */
export interface OpenedMessage {
  readonly header: IkeHeader;
  /** All octets inside of SK, or the whole message where there is none. */
  readonly plaintext: Uint8Array;
  readonly payloads: readonly Payload[];
}

/** What a datagram turned out to be. */
export type Opened =
  | { readonly type: 'message'; readonly message: OpenedMessage }
  | { readonly type: 'esp' | 'keepalive' | 'fragment' }
  | { readonly type: 'unread'; readonly why: string };

const nothing = new Uint8Array(0);

/** Opens and seals IKE messages of a simulated connection with the keys that the client's trace gave away. */
export class IkeTap {
  readonly #suite: ReturnType<typeof ikeSuite>;
  readonly #random: SeededRandom;
  readonly #keys = new Map<string, IkeTracedKeys>();
  readonly #collectors = new Map<string, FragmentCollector>();

  /** `proposal`: the one both ends agree on. */
  constructor(proposal: string, random: SeededRandom) {
    const [first] = parseProposals('ike', [proposal]);
    if (first === undefined) throw new RangeError(proposal);
    this.#suite = ikeSuite(first.algorithms);
    this.#random = random;
  }

  learn(keys: TracedKeys): void {
    if (keys.type === 'ike') this.#keys.set(keys.spiInitiator + keys.spiResponder, keys);
  }

  /** `fromClient`: who sent it. */
  open(datagram: Uint8Array, marker: boolean, fromClient: boolean): Opened {
    let message = datagram;
    if (marker) {
      const kind = classifyEncapsulated(datagram);
      if (kind.type === 'invalid') return { type: 'unread', why: 'neither IKE nor ESP' };
      if (kind.type !== 'ike') return { type: kind.type };
      message = kind.message;
    }
    const decoded = decodeMessage(message);
    if (!decoded.ok) return { type: 'unread', why: decoded.error.message };
    const { header, payloads } = decoded.value;
    const [payload] = payloads;
    if (payload?.type !== 'SK' && payload?.type !== 'SKF')
      return { type: 'message', message: { header, payloads, plaintext: message } };
    const protection = this.#protection(header, !header.initiator);
    const inner = protection?.open(message, payload) ?? null;
    if (inner === null) return { type: 'unread', why: `no key opens message ${String(header.messageId)}` };
    if (payload.type === 'SK') return opened(header, fromClient, payload.firstInner, inner.slice());
    const key = `${String(fromClient)} ${Buffer.from(header.spiInitiator).toString('hex')}`;
    const collector = this.#collectors.get(key) ?? new FragmentCollector();
    this.#collectors.set(key, collector);
    const whole = collector.add(
      header.messageId,
      { number: payload.fragmentNumber, total: payload.totalFragments, firstInner: payload.firstInner, inner },
      0,
    );
    return whole.type === 'complete' ? opened(header, fromClient, whole.firstInner, whole.inner) : { type: 'fragment' };
  }

  /** The same message of the gateway with other payloads. */
  sealAsGateway({ header }: OpenedMessage, payloads: readonly InnerPayload[], marker: boolean): Uint8Array {
    const message =
      header.exchangeType === exchangeType.IKE_SA_INIT
        ? encodeMessage(header, payloads)
        : (this.#protection(header, header.initiator)?.seal(header, payloads, null, 20)[0] ?? nothing);
    return marker ? addNonEspMarker(message) : message;
  }

  /**
   * The end that seals as the initiator of this IKE SA does, who need not be the client after a rekey, or the other
   * one.
   */
  #protection(header: IkeHeader, asInitiator: boolean): MessageProtection | null {
    const keys = this.#keys.get(Buffer.from(concat(header.spiInitiator, header.spiResponder)).toString('hex'));
    if (keys === undefined) return null;
    const { skEi, skEr, skAi, skAr } = keys;
    const all: IkeKeys = { skD: nothing, skAi, skAr, skEi, skEr, skPi: nothing, skPr: nothing };
    return new MessageProtection(this.#suite, all, asInitiator, this.#random);
  }
}

function opened(header: IkeHeader, fromClient: boolean, firstInner: number, inner: Uint8Array): Opened {
  const payloads = decodePayloads(firstInner, inner);
  if (payloads.ok) return { type: 'message', message: { header, plaintext: inner, payloads: payloads.value } };
  // What a wrong gateway says need not be readable; its octets are there all the same.
  return fromClient
    ? { type: 'unread', why: payloads.error.message }
    : { type: 'message', message: { header, plaintext: inner, payloads: [] } };
}
