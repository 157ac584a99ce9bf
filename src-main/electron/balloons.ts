import type { StatusObject } from '../../src-core/connection/status';
import type { Clock, Timer } from '../../src-core/ports/clock';
import { errorText, safeText, t } from '../../src-text';
import type { ApiPush } from '../api/contract';

/** windows7-ux 1.3: title of at most 48 characters, body of at most 200. */
export interface Balloon {
  readonly title: string;
  readonly body: string;
  readonly connection: string;
}

/** A failure may heal by itself within this time; then nothing is said. */
const healingMs = 5_000;
/** The dialog is there at once; whoever has not answered by now is looking elsewhere. */
const unansweredMs = 10_000;
const mostTitle = 48;
const mostBody = 200;

type State = StatusObject['state'];
const wasUp: ReadonlySet<State> = new Set(['Connected', 'Dormant', 'WaitingToReconnect']);

/**
 * Decides what is worth a balloon: a question that stays unanswered, a network that wants a sign-in, and a connection
 * that was up and really failed.
 * Dormant says nothing; neither does an end that the person asked for.
 */
export class Balloons {
  readonly #clock: Clock;
  readonly #show: (balloon: Balloon) => void;
  readonly #states = new Map<string, State>();
  readonly #failing = new Map<string, Timer>();
  readonly #portals = new Map<string, Timer>();
  readonly #questions = new Map<string, Timer>();

  constructor(clock: Clock, show: (balloon: Balloon) => void) {
    this.#clock = clock;
    this.#show = show;
  }

  push(push: ApiPush): void {
    if (push.type === 'status') this.#status(push.status);
    else if (push.type === 'prompt') {
      const { id, connection } = push.prompt;
      this.#later(this.#questions, id, unansweredMs, {
        title: t('balloon.question.title', { name: safeText(connection, 24) }),
        body: t('balloon.question.body'),
        connection,
      });
    } else if (push.type === 'prompt-closed') this.#never(this.#questions, push.id);
  }

  close(): void {
    for (const timers of [this.#failing, this.#portals, this.#questions]) {
      for (const timer of timers.values()) timer.cancel();
      timers.clear();
    }
  }

  #status(status: StatusObject): void {
    const { connection, state, error } = status;
    const before = this.#states.get(connection);
    this.#states.set(connection, state);
    if (state !== 'Disconnected') this.#never(this.#failing, connection);
    else if (before !== undefined && wasUp.has(before) && error !== null && error.symbol !== 'CANCELLED') {
      this.#later(this.#failing, connection, healingMs, {
        title: t('balloon.failed.title', { name: safeText(connection, 24) }),
        body: errorText(error, { name: connection, server: status.server }),
        connection,
      });
    }
    if (status.waitingFor !== 'captive-portal') this.#never(this.#portals, connection);
    else if (!this.#portals.has(connection))
      this.#later(this.#portals, connection, healingMs, {
        title: t('balloon.portal.title', { name: safeText(connection, 24) }),
        body: t('balloon.portal.body'),
        connection,
      });
  }

  #later(timers: Map<string, Timer>, key: string, delay: number, balloon: Balloon): void {
    timers.get(key)?.cancel();
    timers.set(
      key,
      this.#clock.setTimer(delay, 'balloon', () =>
        this.#show({
          title: safeText(balloon.title, mostTitle),
          body: safeText(balloon.body, mostBody),
          connection: balloon.connection,
        }),
      ),
    );
  }

  #never(timers: Map<string, Timer>, key: string): void {
    timers.get(key)?.cancel();
    timers.delete(key);
  }
}
