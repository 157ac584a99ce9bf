/** When an unanswered request is sent again; delays in milliseconds. */
export interface RetransmissionSchedule {
  readonly first: number;
  readonly factor: number;
  readonly cap: number;
  /** Share of the delay by which it varies up and down, 0..1. */
  readonly jitter: number;
}

/** C-10, while connecting. Seven tries, then the next address. */
export const connectSchedule: RetransmissionSchedule = { first: 1000, factor: 1.7, cap: 8000, jitter: 0 };
export const connectTries = 7;

/** C-10, of an established IKE SA. How long it goes on is decided by the outage budget, not by a number of tries. */
export const establishedSchedule: RetransmissionSchedule = { first: 1500, factor: 1.8, cap: 15_000, jitter: 0.1 };

/**
 * For what a roam waits for: UPDATE_SA_ADDRESSES and probes. The first repetition follows the round-trip time that was
 * measured before,
 * since a lost packet here is an interruption somebody feels.
 */
export function urgentSchedule(roundTrip: number | null): RetransmissionSchedule {
  const first = roundTrip === null ? 300 : Math.min(Math.max(roundTrip * 3, 100), 1500);
  return { first, factor: 1.8, cap: 5000, jitter: 0.1 };
}

/** Delay after the `tries`-th transmission (1 = the first). `fraction` is random, 0..1. */
export function retransmissionDelay(schedule: RetransmissionSchedule, tries: number, fraction: number): number {
  const delay = Math.min(schedule.first * schedule.factor ** (tries - 1), schedule.cap);
  return delay * (1 + schedule.jitter * (2 * fraction - 1));
}
