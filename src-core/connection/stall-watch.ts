/** What the data path has counted so far over all CHILD SAs. */
export interface TrafficSample {
  readonly packetsOut: number;
  readonly packetsIn: number;
}

export interface StallPolicy {
  /**
   * Milliseconds of sending without hearing anything: at least this, and on a slow path a multiple of what its last
   * answer took.
   */
  readonly patienceMs: number;
  readonly answerTimes: number;
  readonly longestPatienceMs: number;
  /** Fewest packets sent in that time: one alone may have no answer. */
  readonly packets: number;
  /**
   * After an answered check the same one-way traffic is doubted this much later, and twice as late each time;
   * milliseconds.
   */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

export const defaultStallPolicy: StallPolicy = {
  patienceMs: 400,
  answerTimes: 3,
  longestPatienceMs: 2_000,
  packets: 2,
  firstPauseMs: 5_000,
  longestPauseMs: 60_000,
};

interface Unanswered {
  readonly since: number;
  readonly packetsOut: number;
}

/**
 * Notices that we send and nothing comes back (C-73): a gateway that restarted drops ESP without a word, and a NAT box
 * that forgot us
 * swallows the answers. It only says when to ask the gateway; one-way traffic is normal and is asked about more and
 * more rarely.
 */
export class StallWatch {
  readonly #policy: StallPolicy;
  #last: TrafficSample | null = null;
  #unanswered: Unanswered | null = null;
  #pause = 0;
  #notBefore = -Infinity;
  #answerMs = 0;
  #busy = false;

  constructor(policy: StallPolicy = defaultStallPolicy) {
    this.#policy = policy;
  }

  /** Packets left at the last look: worth looking often. */
  get busy(): boolean {
    return this.#busy;
  }

  /** The gateway answered a question after so many milliseconds: what silence means on this path. */
  answered(milliseconds: number): void {
    this.#answerMs = milliseconds;
  }

  /** Starts anew: another path, another IKE SA. */
  reset(): void {
    this.#answerMs = 0;
    this.#busy = false;
    this.#last = null;
    this.#unanswered = null;
    this.#pause = 0;
    this.#notBefore = -Infinity;
  }

  /** True: ask the gateway now. Counters that went back (a rekey took an SA away) count as news from the gateway. */
  observe(sample: TrafficSample, now: number): boolean {
    const last = this.#last;
    this.#last = sample;
    if (last === null) return false;
    this.#busy = sample.packetsOut !== last.packetsOut;
    if (sample.packetsIn !== last.packetsIn || sample.packetsOut < last.packetsOut) {
      this.#unanswered = null;
      this.#pause = 0;
      this.#notBefore = -Infinity;
      return false;
    }
    if (sample.packetsOut > last.packetsOut) this.#unanswered ??= { since: now, packetsOut: last.packetsOut };
    const { packets, firstPauseMs, longestPauseMs } = this.#policy;
    const patienceMs = Math.min(
      Math.max(this.#policy.patienceMs, this.#policy.answerTimes * this.#answerMs),
      this.#policy.longestPatienceMs,
    );
    const waiting = this.#unanswered;
    if (
      waiting === null ||
      now - waiting.since < patienceMs ||
      sample.packetsOut - waiting.packetsOut < packets ||
      now < this.#notBefore
    )
      return false;
    this.#pause = this.#pause === 0 ? firstPauseMs : Math.min(this.#pause * 2, longestPauseMs);
    this.#notBefore = now + this.#pause;
    this.#unanswered = null;
    return true;
  }
}
