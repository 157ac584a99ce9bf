import type { IkeSa } from '../sa/ike-sa';
import { type SizeTrial, unknownSize } from '../sa/size-trial';
import type { SizeAnswer, SizeQuestion } from '../session';
import { exchangeType } from '../wire/constants';
import type { InnerPayload } from '../wire/payload';
import type { Task } from './task';

/**
 * Does an IP packet of this size pass (RFC 8899 section 4.1)? An INFORMATIONAL that says nothing but its padding; the
 * peer's answer is small and authentic, so that nobody on the way decides.
 */
export class SizeProbeTask implements Task {
  readonly kind = 'probeSize';
  readonly name = 'probe size';
  readonly exchange = exchangeType.INFORMATIONAL;
  /** What was asked about was the path of then. */
  readonly restartable = false;
  readonly trial: SizeTrial;
  readonly #answer: (answer: SizeAnswer) => void;

  constructor(question: SizeQuestion, answer: (answer: SizeAnswer) => void) {
    this.#answer = answer;
    this.trial = { ...question, onAnswer: answer };
  }

  build(sa: IkeSa): readonly InnerPayload[] | null {
    return sa.fragmentation ? [] : null;
  }

  process(): void {
    // `onAnswer` has said it.
  }

  cancel(): void {
    this.#answer(unknownSize);
  }
}
