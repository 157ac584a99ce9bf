import type { IkeSession } from '../ikev2/session';
import type { Timer } from '../ports/clock';
import type { Attempt } from './attempt';
import type { ConnectionContext } from './connection-context';
import type { Reviver } from './reviver';
import { StallWatch } from './stall-watch';

/** How often the counters are looked at while connected: with traffic, and without. */
const busyLookMs = 100;
const idleLookMs = 500;
/**
 * How long the gateway has to deny a hint that it forgot us: on a slow path as many times what its last answer took.
 */
const doubtMs = 1_000;
const doubtAnswerTimes = 4;
const longestDoubtMs = 5_000;

/**
 * Asks the gateway whether it still knows us when something hints that it does not: a forged notify or traffic that
 * stalls decides nothing.
 */
export class Doubts {
  readonly #context: ConnectionContext;
  readonly #attempt: Attempt;
  readonly #reviver: Reviver;
  readonly #stalls = new StallWatch();
  #timer: Timer | null = null;
  /** Milliseconds that the gateway's last answer took. */
  #answerMs = 0;

  constructor(context: ConnectionContext, attempt: Attempt, reviver: Reviver) {
    this.#context = context;
    this.#attempt = attempt;
    this.#reviver = reviver;
  }

  /** From when the connection is up until `stop`. */
  start(): void {
    if (this.#attempt.ended) return;
    this.#lookForStall();
    this.#timer = this.#context.ports.clock.setTimer(
      this.#stalls.busy ? busyLookMs : idleLookMs,
      'look for a stall',
      () => this.start(),
    );
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /**
   * An unauthenticated hint that the gateway forgot us: it is asked once, and when it stays silent a new IKE SA is made
   * beside the old one (C-75, M-35).
   */
  doubt(why: string): void {
    const attempt = this.#attempt;
    const { session, manager } = attempt;
    if (session === null || this.#reviver.revival !== null) return;
    if (manager?.state.type === 'WaitingToReconnect') return this.#reviver.revive('forgotten');
    this.#context.log('info', `${why} The server is being asked.`);
    const patience = Math.min(Math.max(doubtMs, doubtAnswerTimes * this.#answerMs), longestDoubtMs);
    this.#isAlive(session, patience).then(
      (alive) => {
        const { path } = session;
        if (
          alive ||
          attempt.ended ||
          attempt.session !== session ||
          attempt.manager !== manager ||
          manager?.state.type !== 'Connected' ||
          path === null
        )
          return;
        // Another path may answer, or a new IKE SA on this one: both are tried at once.
        manager.handle({ type: 'path-silent', path, tries: 1, silentMs: patience });
        this.#reviver.revive('forgotten');
      },
      () => undefined,
    );
  }

  /** Asks, and once more half-way: one lost packet is no silence. */
  async #isAlive(session: IkeSession, patienceMs: number): Promise<boolean> {
    const { clock } = this.#context.ports;
    const asked = clock.now();
    const alive = (await session.checkLiveness(patienceMs / 2)) || (await session.checkLiveness(patienceMs / 2));
    if (alive) {
      this.#answerMs = clock.now() - asked;
      this.#stalls.answered(this.#answerMs);
    }
    return alive;
  }

  #lookForStall(): void {
    const { session, manager, dataPath } = this.#attempt;
    if (session === null || manager?.state.type !== 'Connected' || manager.state.move !== null)
      return this.#stalls.reset();
    let packetsIn = 0;
    let packetsOut = 0;
    for (const child of session.children) {
      packetsIn += dataPath.inboundCounters(child.spiIn)?.packets ?? 0;
      packetsOut += dataPath.outboundCounters(child.spiOut)?.packets ?? 0;
    }
    if (this.#stalls.observe({ packetsIn, packetsOut }, this.#context.ports.clock.now()))
      this.doubt('Packets leave and none comes back.');
  }
}
