import { concat } from '../../bytes';

/** what a peer can make us hold for one message. */
const maxFragments = 64;
const maxOctets = 65_536;
/** Milliseconds after which an incomplete set is forgotten. */
const lifetime = 60_000;

export type FragmentOutcome =
  | { readonly type: 'incomplete' }
  | { readonly type: 'refused' }
  | { readonly type: 'complete'; readonly firstInner: number; readonly inner: Uint8Array };

/**
 * Collects the fragments of one message of one direction (RFC 7383 section 2.6). Only fragments whose ICV was right may
 * come here.
 * A larger total replaces the collection: the sender made smaller pieces; a smaller total is old and ignored.
 */
export class FragmentCollector {
  #messageId = -1;
  #total = 0;
  #octets = 0;
  #firstInner = 0;
  #startedAt = 0;
  readonly #pieces = new Map<number, Uint8Array>();

  add(
    messageId: number,
    fragment: {
      readonly number: number;
      readonly total: number;
      readonly firstInner: number;
      readonly inner: Uint8Array;
    },
    now: number,
  ): FragmentOutcome {
    const { number, total, firstInner, inner } = fragment;
    if (number < 1 || number > total || total > maxFragments) return { type: 'refused' };
    const fresh = messageId !== this.#messageId || now - this.#startedAt > lifetime || total > this.#total;
    if (fresh) {
      this.clear();
      this.#messageId = messageId;
      this.#total = total;
      this.#startedAt = now;
    } else if (total < this.#total || this.#pieces.has(number)) {
      return { type: 'refused' };
    }
    if (this.#octets + inner.length > maxOctets) {
      this.clear();
      return { type: 'refused' };
    }
    this.#octets += inner.length;
    this.#pieces.set(number, inner.slice());
    if (number === 1) this.#firstInner = firstInner;
    if (this.#pieces.size < this.#total) return { type: 'incomplete' };
    const parts: Uint8Array[] = [];
    for (let index = 1; index <= this.#total; index++) parts.push(this.#pieces.get(index)!);
    const whole = { type: 'complete', firstInner: this.#firstInner, inner: concat(...parts) } as const;
    this.clear();
    return whole;
  }

  clear(): void {
    for (const piece of this.#pieces.values()) piece.fill(0);
    this.#pieces.clear();
    this.#messageId = -1;
    this.#total = 0;
    this.#octets = 0;
  }
}
