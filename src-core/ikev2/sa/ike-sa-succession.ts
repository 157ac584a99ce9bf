import type { Task } from '../exchanges/task';
import type { IkeSa } from './ike-sa';
import type { SessionState } from './session-settings';
import type { TaskLanes } from './task-lanes';
import type { Timers } from './timers';

/** A replaced IKE SA whose peer never deletes it is forgotten after this, milliseconds. */
const replacedLifetime = 60_000;
/** An IKE SA that its peer deleted still answers repetitions of that DELETE, milliseconds. */
const deletedLifetime = 10_000;

export interface SuccessionHost {
  readonly timers: Timers;
  readonly state: SessionState;
  enqueue(task: Task): void;
  pump(): void;
  /** `next` is the current IKE SA now. */
  ikeSaSwitched(next: IkeSa): void;
}

/**
 * Which IKE SA of a session is the one in use, which will be, and how the others leave (RFC 7296 section 2.8, C-63).
 */
export class IkeSaSuccession {
  readonly #host: SuccessionHost;
  readonly #lanes: TaskLanes;
  #current: IkeSa | null = null;
  /**
   * The peer rekeyed the IKE SA and may not have our answer yet: it becomes current when the peer shows that it has.
   */
  #successor: IkeSa | null = null;

  constructor(host: SuccessionHost, lanes: TaskLanes) {
    this.#host = host;
    this.#lanes = lanes;
  }

  get current(): IkeSa | null {
    return this.#current;
  }

  /** Waits for the peer to use it; see `expect`. */
  get successor(): IkeSa | null {
    return this.#successor;
  }

  /** The first IKE SA is authenticated; those that competed with it are forgotten. */
  begin(first: IkeSa): void {
    this.#current = first;
    first.state = 'established';
    for (const other of this.#lanes.ikeSas) if (other !== first) this.remove(other);
  }

  /**
   * We answered the peer's rekey. Until the peer uses the new IKE SA, or deletes the old one, our requests go over the
   * old one:
   * if the answer was lost, the peer does not know the new one.
   */
  expect(next: IkeSa): void {
    this.#successor = next;
    next.state = 'established';
  }

  /** After a rekey: `next` is the IKE SA now; children and waiting tasks go with it (C-63). */
  switchTo(next: IkeSa): void {
    const previous = this.#current;
    if (previous === null || previous === next) return;
    this.#current = next;
    this.#successor = null;
    next.state = 'established';
    next.roundTrip ??= previous.roundTrip;
    if (previous.state === 'established') previous.state = 'rekeyed';
    const dropped = this.#lanes.moveWaiting(previous, next, ({ kind }) =>
      kind === 'deleteIke' ? 'stay' : kind === 'rekeyIke' ? 'drop' : 'move',
    );
    for (const task of dropped) task.cancel?.();
    this.#host.ikeSaSwitched(next);
    this.forgetLater(previous);
    this.#host.pump();
  }

  /** An IKE SA that its peer should delete. */
  forgetLater(sa: IkeSa, lifetime = replacedLifetime): void {
    this.#host.timers.set(`replaced ${sa.info.spiInitiator}${sa.info.spiResponder}`, lifetime, () => this.remove(sa));
  }

  /** Forgets an IKE SA that is not the current one. Its task in flight goes on elsewhere when it can. */
  remove(sa: IkeSa): void {
    if (sa === this.#current || !this.#lanes.has(sa)) return;
    const tasks = this.#lanes.remove(sa);
    sa.destroy();
    for (const task of tasks) {
      if (task.restartable && this.#host.state === 'established') this.#host.enqueue(task);
      else task.cancel?.();
    }
  }

  /** The peer deleted an IKE SA that has a successor: it is kept to answer repetitions only. */
  linger(sa: IkeSa): void {
    const task = this.#lanes.takeActive(sa);
    sa.dropRequest();
    sa.state = 'deleting';
    if (task !== null) {
      if (task.restartable) this.#host.enqueue(task);
      else task.cancel?.();
    }
    this.forgetLater(sa, deletedLifetime);
  }

  /** Everything is over. */
  clear(): void {
    this.#lanes.clear();
    this.#current = null;
    this.#successor = null;
  }
}
