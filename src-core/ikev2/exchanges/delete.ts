import { VpnError } from '../../ports/vpn-error';
import type { ChildSa } from '../sa/child-sas';
import type { IkeSa, ReceivedRequest } from '../sa/ike-sa';
import type { RetransmissionSchedule } from '../sa/retransmission';
import type { SessionCore } from '../sa/session-core';
import { exchangeType, protocolId } from '../wire/constants';
import type { InnerPayload } from '../wire/payload';
import { type DeletePayload, deleteChildSas, deleteIkeSa } from '../wire/payloads/delete';
import { microsoftError } from './failures';
import { changesChildren, type Task } from './task';

/** The peer deletes an IKE SA or CHILD SAs (RFC 7296 section 1.4.1, C-70, C-72). */
export function answerDelete(
  session: SessionCore,
  sa: IkeSa,
  request: ReceivedRequest,
  deleted: readonly DeletePayload[],
): void {
  if (deleted.some(({ protocol }) => protocol === protocolId.IKE)) {
    sa.respond(request, []);
    ikeSaDeleted(session, sa, microsoftError(request.payloads));
    return;
  }
  const reply: number[] = [];
  const removed: ChildSa[] = [];
  for (const spi of new Set(
    deleted.filter(({ protocol }) => protocol === protocolId.ESP).flatMap(({ spis }) => spis),
  )) {
    const child = session.childSas.byOutbound(spi);
    if (child === undefined) {
      session.log.write('info', 'child', `The peer deleted ${spi.toString(16)}, an SPI that is not known`);
      if (changesChildren(session.activeTask(sa))) session.childSas.deletedBeforeKnown(spi);
      continue;
    }
    // Both sides delete at once: each has said its half already (RFC 7296 section 1.4.1).
    if (child.state !== 'deleting') reply.push(child.spiIn);
    removed.push(child);
  }
  // What has no successor and was not ours to delete is lost.
  const lost = removed.filter(
    (child) => child.state === 'installed' && session.childSas.successorOf(child) === undefined,
  );
  // The peer has moved to the successor: so do we, before the old one stops.
  for (const child of removed) childDeleted(session, child);
  sa.respond(request, reply.length === 0 ? session.mobility.answer(sa, request) : [deleteChildSas(reply)]);
  for (const child of lost) session.childRestoration.lost(child);
}

/** A CHILD SA is over on both sides: its successor takes over, its inbound half hears a little longer. */
export function childDeleted(session: SessionCore, child: ChildSa): void {
  if (child.state === 'gone') return;
  const successor = session.childSas.successorOf(child);
  if (successor !== undefined) session.childSas.activate(successor);
  session.childRekeying.childGone(child);
  session.childSas.retire(child);
  session.childLifetimes.end(child);
}

function ikeSaDeleted(session: SessionCore, sa: IkeSa, reason: VpnError | null): void {
  session.ikeRekeying.ikeSaGone(sa);
  if (sa !== session.current) {
    session.ikeSas.linger(sa);
    return;
  }
  if (session.state === 'closing') {
    // Both sides delete at once.
    session.end('peer', null);
    return;
  }
  const error =
    reason ??
    (session.settings.role === 'initiator'
      ? new VpnError(
          'SERVER_DISCONNECTED',
          'The server ended the connection. Connect again, or ask your administrator why.',
          { detail: 'the server sent DELETE for the IKE SA' },
        )
      : null);
  session.end('peer', error);
}

/** DELETE of a CHILD SA that was replaced or is redundant. */
export class DeleteChildTask implements Task {
  readonly kind = 'deleteChild';
  readonly name: string;
  readonly exchange = exchangeType.INFORMATIONAL;
  readonly restartable = true;
  readonly #session: SessionCore;
  readonly #child: ChildSa;

  constructor(session: SessionCore, child: ChildSa) {
    this.#session = session;
    this.#child = child;
    this.name = `delete CHILD SA ${child.spiIn.toString(16)}`;
  }

  build(): readonly InnerPayload[] | null {
    if (this.#child.state === 'gone') return null;
    this.#child.state = 'deleting';
    return [deleteChildSas([this.#child.spiIn])];
  }

  process(): void {
    childDeleted(this.#session, this.#child);
  }
}

/** C-71: a person waits, so the second try comes soon. */
const deleteSchedule: RetransmissionSchedule = { first: 400, factor: 2, cap: 5000, jitter: 0 };

/** DELETE of an IKE SA: the session's end, or of one that was replaced. */
export class DeleteIkeTask implements Task {
  readonly kind = 'deleteIke';
  readonly name: string;
  readonly exchange = exchangeType.INFORMATIONAL;
  readonly schedule = deleteSchedule;
  readonly restartable = false;
  readonly #sa: IkeSa;
  readonly #onAnswered: () => void;

  constructor(_session: SessionCore, sa: IkeSa, onAnswered: () => void) {
    this.#sa = sa;
    this.#onAnswered = onAnswered;
    this.name = `delete IKE SA ${sa.info.spiInitiator}`;
  }

  build(): readonly InnerPayload[] {
    this.#sa.state = 'deleting';
    return [deleteIkeSa];
  }

  process(): void {
    this.#onAnswered();
  }
}
