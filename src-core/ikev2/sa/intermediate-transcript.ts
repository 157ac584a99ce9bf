import { concat } from '../../bytes';
import { prf, type PrfAlgorithm } from '../../crypto/prf';
import type { IkeKeys } from './keying-material';

const nothing: Uint8Array = new Uint8Array(0);

/**
 * IntAuth of both directions (RFC 9242 section 3.3.1, X-15): each IKE_INTERMEDIATE message under the keys it was sent
 * with.
 */
export class IntermediateTranscript {
  readonly #algorithm: PrfAlgorithm;
  #initiator: Uint8Array = nothing;
  #responder: Uint8Array = nothing;

  constructor(algorithm: PrfAlgorithm) {
    this.#algorithm = algorithm;
  }

  /** `keys` are those of the message, before its own key exchange changes them. */
  add(fromInitiator: boolean, keys: Pick<IkeKeys, 'skPi' | 'skPr'>, octets: Uint8Array): void {
    if (fromInitiator) this.#initiator = prf(this.#algorithm, keys.skPi, this.#initiator, octets);
    else this.#responder = prf(this.#algorithm, keys.skPr, this.#responder, octets);
  }

  /** What AUTH covers of them; nothing when there were none. */
  get value(): Uint8Array {
    return concat(this.#initiator, this.#responder);
  }
}
