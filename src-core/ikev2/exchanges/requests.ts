import type { IkeSa, ReceivedRequest } from '../sa/ike-sa';
import type { SessionCore } from '../sa/session-core';
import { exchangeType, notifyType } from '../wire/constants';
import { findPayload, findPayloads } from '../wire/find';
import { notify } from '../wire/payloads/notify';
import { handleCreateChild } from './child-create';
import { answerDelete } from './delete';
import { handleInformational } from './informational';

/** The peer asks for something on an authenticated IKE SA: which exchange it is. */
export function handleEstablishedRequest(session: SessionCore, sa: IkeSa, request: ReceivedRequest): void {
  switch (request.exchange) {
    case exchangeType.INFORMATIONAL: {
      const deleted = findPayloads(request.payloads, 'D');
      // H-26: after the DELETE of the IKE SA nothing else in the message acts.
      if (deleted.length > 0) answerDelete(session, sa, request, deleted);
      else handleInformational(session, sa, request);
      return;
    }
    case exchangeType.CREATE_CHILD_SA:
      handleCreateChildSa(session, sa, request);
      return;
    default:
      // H-10, H-43: an exchange that has no place on an established IKE SA.
      sa.respond(request, [notify(notifyType.INVALID_SYNTAX)]);
  }
}

function handleCreateChildSa(session: SessionCore, sa: IkeSa, request: ReceivedRequest): void {
  const offer = findPayload(request.payloads, 'SA');
  if (offer === undefined) return sa.respond(request, [notify(notifyType.INVALID_SYNTAX)]);
  if (session.ikeRekeying.isRekeyRequest(request.payloads)) return session.ikeRekeying.handle(sa, request);
  if (
    sa !== session.current ||
    sa.state !== 'established' ||
    session.ikeSas.successor !== null ||
    session.ikeRekeying.isActiveOn(sa)
  ) {
    // RFC 7296 section 2.25.2: CHILD SAs do not change while their IKE SA is being replaced or closed.
    return sa.respond(request, [notify(notifyType.TEMPORARY_FAILURE)]);
  }
  if (session.childRekeying.isRekeyRequest(request.payloads)) return session.childRekeying.handle(sa, request);
  handleCreateChild(session, sa, request);
}
