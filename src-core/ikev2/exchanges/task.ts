import type { IkeSa } from '../sa/ike-sa';
import type { RetransmissionSchedule } from '../sa/retransmission';
import type { SizeTrial } from '../sa/size-trial';
import type { IkePath } from '../session';
import type { InnerPayload, Payload } from '../wire/payload';

/** Lower goes first when several tasks wait for the window: the path before everything else. */
export const taskPriority = {
  updateAddresses: 0,
  deleteIke: 1,
  liveness: 2,
  deleteChild: 3,
  createChild: 4,
  rekeyChild: 5,
  rekeyIke: 6,
  probeSize: 7,
} as const;

export type TaskKind = keyof typeof taskPriority;

/** One concern that needs an exchange of its own: `build` makes the request, `process` reads the response. */
export interface Task {
  readonly kind: TaskKind;
  /** What it is about, for logs and to find duplicates: "rekey CHILD SA 1a2b3c4d". */
  readonly name: string;
  readonly exchange: number;
  /** null: nothing to do any more. */
  build(sa: IkeSa): readonly InnerPayload[] | null;
  process(sa: IkeSa, payloads: readonly Payload[], path: IkePath): void;
  /** Absent: the schedule of an established IKE SA. */
  readonly schedule?: RetransmissionSchedule;
  /** It goes whole at first, to see whether that passes. */
  readonly trial?: SizeTrial;
  /** The IKE SA went away before the answer: true queues the task again on its successor. */
  readonly restartable: boolean;
  /** The task will never be answered; lets go of what it holds. */
  cancel?(): void;
}

/** The CHILD SA part of the IKE SA is being changed: the peer's IKE rekey has to wait (RFC 7296 section 2.25.2). */
export function changesChildren(task: Task | null): boolean {
  return task !== null && (task.kind === 'createChild' || task.kind === 'rekeyChild' || task.kind === 'deleteChild');
}
