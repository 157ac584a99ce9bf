import { type Task, taskPriority } from '../exchanges/task';
import type { IkePath } from '../session';
import type { Payload } from '../wire/payload';
import type { IkeSa } from './ike-sa';
import { establishedSchedule } from './retransmission';

interface Lane {
  readonly sa: IkeSa;
  readonly queue: Task[];
  active: Task | null;
}

export interface TaskLanesHost {
  /** Whether a task may begin on this IKE SA now. */
  mayStart(sa: IkeSa, task: Task): boolean;
  /** A request was answered; called before the task reads the answer. False: nothing more is processed. */
  answered(path: IkePath): boolean;
}

/**
 * The IKE SAs of a session and the tasks that wait for their windows: one at a time on each, the most urgent first
 * (C-5).
 */
export class TaskLanes {
  readonly #host: TaskLanesHost;
  #lanes: Lane[] = [];
  #pumping = false;

  constructor(host: TaskLanesHost) {
    this.#host = host;
  }

  get ikeSas(): readonly IkeSa[] {
    return this.#lanes.map(({ sa }) => sa);
  }

  add(sa: IkeSa): void {
    this.#lanes.push({ sa, queue: [], active: null });
  }

  /** Takes an IKE SA out; what waited or was under way on it is returned. */
  remove(sa: IkeSa): readonly Task[] {
    const index = this.#lanes.findIndex((lane) => lane.sa === sa);
    const [lane] = index < 0 ? [] : this.#lanes.splice(index, 1);
    if (lane === undefined) return [];
    const { active } = lane;
    lane.active = null;
    return active === null ? lane.queue : [active, ...lane.queue];
  }

  has(sa: IkeSa): boolean {
    return this.#find(sa) !== undefined;
  }

  /** The task in flight. */
  active(sa: IkeSa): Task | null {
    return this.#find(sa)?.active ?? null;
  }

  /** Forgets the task in flight without its answer. */
  takeActive(sa: IkeSa): Task | null {
    const lane = this.#find(sa);
    const task = lane?.active ?? null;
    if (lane !== undefined) lane.active = null;
    return task;
  }

  /** Queues a task; false when the IKE SA is not there or one of the same name waits already. */
  enqueue(sa: IkeSa | null, task: Task): boolean {
    const lane = sa === null ? undefined : this.#find(sa);
    if (lane === undefined || lane.queue.some((waiting) => waiting.name === task.name)) return false;
    lane.queue.push(task);
    return true;
  }

  /** Moves what waits on one IKE SA to another; what `stays` says stays, and what it drops is returned. */
  moveWaiting(from: IkeSa, to: IkeSa, fate: (task: Task) => 'move' | 'stay' | 'drop'): readonly Task[] {
    const source = this.#find(from);
    const target = this.#find(to);
    if (source === undefined || target === undefined) return [];
    const waiting = source.queue.splice(0);
    source.queue.push(...waiting.filter((task) => fate(task) === 'stay'));
    target.queue.push(...waiting.filter((task) => fate(task) === 'move'));
    return waiting.filter((task) => fate(task) === 'drop');
  }

  dropWaiting(): void {
    for (const { queue } of this.#lanes) for (const task of queue.splice(0)) task.cancel?.();
  }

  /** Ends everything: every task is told, every IKE SA destroyed. */
  clear(): void {
    for (const { sa, active, queue } of this.#lanes) {
      active?.cancel?.();
      for (const task of queue) task.cancel?.();
      sa.destroy();
    }
    this.#lanes = [];
  }

  /** Starts what can be started. */
  pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (const lane of [...this.#lanes]) while (this.#startNext(lane));
    } finally {
      this.#pumping = false;
    }
  }

  #find(sa: IkeSa): Lane | undefined {
    return this.#lanes.find((lane) => lane.sa === sa);
  }

  /** True when another one may be tried at once. */
  #startNext(lane: Lane): boolean {
    if (
      lane.active !== null ||
      lane.sa.pendingRequest !== null ||
      lane.sa.state === 'gone' ||
      lane.sa.state === 'authenticating'
    )
      return false;
    lane.queue.sort((a, b) => taskPriority[a.kind] - taskPriority[b.kind]);
    const [task] = lane.queue;
    if (task === undefined || !this.#host.mayStart(lane.sa, task)) return false;
    lane.queue.shift();
    const payloads = task.build(lane.sa);
    if (payloads === null) {
      task.cancel?.();
      return true;
    }
    lane.active = task;
    lane.sa.request({
      name: task.name,
      exchange: task.exchange,
      payloads,
      schedule: task.schedule ?? establishedSchedule,
      ...(task.trial === undefined ? {} : { trial: task.trial }),
      onResponse: (response: readonly Payload[], path: IkePath) => {
        lane.active = null;
        if (!this.#host.answered(path)) return;
        task.process(lane.sa, response, path);
        this.pump();
      },
    });
    return true;
  }
}
