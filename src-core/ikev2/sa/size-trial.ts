import type { SizeAnswer, SizeQuestion } from '../session';

/** A request that is sent as one whole IP packet of a certain size first: whether that passes is the question. */
export interface SizeTrial extends SizeQuestion {
  /** Called once when the request is answered, before its answer is read. */
  readonly onAnswer: (answer: SizeAnswer) => void;
}

/** Transmissions of the whole packet before it counts as lost. */
export const wholeTries = 3;

/**
 * Milliseconds to wait for the answer to a whole packet. An answer takes a round trip; the packet that was lost for its
 * size costs what waits behind it (the window is one request), so the patience is short.
 */
export function wholePatience(roundTrip: number | null, tries: number): number {
  const measured = roundTrip ?? 200;
  return Math.min(tries < wholeTries ? 50 + 1.5 * measured : 100 + 2 * measured, 3_000);
}

/** Answers a `SizeQuestion` that never became a request. */
export const unknownSize: SizeAnswer = { outcome: 'unknown', octets: 0 };
