import type { IkeSa, ReceivedRequest } from '../sa/ike-sa';
import type { SessionCore } from '../sa/session-core';
import { notifyType } from '../wire/constants';
import { findNotify } from '../wire/find';
import { authLifetimeOf } from '../wire/notify-data';
import { scheduleReauthentication } from './authentication-lifetime';
import { microsoftError, peerRejectedUs } from './failures';

/** An INFORMATIONAL request without DELETE: liveness, MOBIKE, lifetimes, last words (RFC 7296 section 1.4). */
export function handleInformational(session: SessionCore, sa: IkeSa, request: ReceivedRequest): void {
  sa.respond(request, session.mobility.answer(sa, request));
  // C-32 from the other side: the peer could not accept us and has forgotten the IKE SA.
  if (findNotify(request.payloads, notifyType.AUTHENTICATION_FAILED) !== undefined) {
    session.end(
      'peer',
      microsoftError(request.payloads) ?? peerRejectedUs('signature', 'AUTHENTICATION_FAILED', false),
    );
    return;
  }
  if (session.settings.role === 'initiator' && session.mobility.supported) {
    session.mobility.readAddresses(request.payloads, true, request.path.remote.address);
    session.mobility.followListed(request.path);
  }
  const lifetime = findNotify(request.payloads, notifyType.AUTH_LIFETIME);
  const seconds = lifetime === undefined ? null : authLifetimeOf(lifetime);
  if (seconds !== null) scheduleReauthentication(session, seconds);
}
