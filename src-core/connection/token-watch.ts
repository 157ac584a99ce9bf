import type { Timer } from '../ports/clock';
import type { Attempt } from './attempt';
import type { ConnectionContext } from './connection-context';

/** How often a token is looked for, milliseconds. Looking is a call to its driver, no signature. */
const lookMs = 2_000;

/**
 * Says when the token with the person's key is taken out and put back (P-25). The connection stays up: its keys were
 * made long ago. The next
 * sign-in needs the token again, and asks for it.
 */
export class TokenWatch {
  readonly #context: ConnectionContext;
  readonly #attempt: Attempt;
  #timer: Timer | null = null;

  constructor(context: ConnectionContext, attempt: Attempt) {
    this.#context = context;
    this.#attempt = attempt;
  }

  /** From when the connection is up until `stop`. */
  start(): void {
    if (this.#attempt.ended) return;
    this.#timer = this.#context.ports.clock.setTimer(lookMs, 'look for the token', () => this.start());
    this.#look();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #look(): void {
    const { facts, log, changed } = this.#context;
    const token = this.#attempt.credentials?.token ?? null;
    const before = facts.token;
    const now = token === null ? null : { label: token.label, present: token.isPresent() };
    if (before?.label === now?.label && before?.present === now?.present) return;
    facts.token = now;
    if (now !== null && !now.present)
      log(
        'warning',
        `The token ${now.label} was taken out. The connection stays up; the next sign-in will ask for it.`,
      );
    else if (now !== null && before?.present === false) log('info', `The token ${now.label} is back.`);
    changed();
  }
}
