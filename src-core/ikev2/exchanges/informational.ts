import type { IkeSa, ReceivedRequest } from '../sa/ike-sa';
import type { SessionCore } from '../sa/session-core';
import { notifyType } from '../wire/constants';
import { findNotify } from '../wire/find';
import { authLifetimeOf } from '../wire/notify-data';
import { microsoftError, peerRejectedUs } from './failures';

/** AUTH_LIFETIME is acted upon this long before it ends, at least; milliseconds. */
const reauthenticationMargin = 60_000;

/** An INFORMATIONAL request without DELETE: liveness, MOBIKE, lifetimes, last words (RFC 7296 section 1.4). */
export function handleInformational(session: SessionCore, sa: IkeSa, request: ReceivedRequest): void {
  sa.respond(request, session.mobility.answer(sa, request));
  // C-32 from the other side: the peer could not accept us and has forgotten the IKE SA.
  if (findNotify(request.payloads, notifyType.AUTHENTICATION_FAILED) !== undefined) {
    session.end('peer', microsoftError(request.payloads) ?? peerRejectedUs('signature', 'AUTHENTICATION_FAILED', false));
    return;
  }
  if (session.settings.role === 'initiator' && session.mobility.supported) {
    session.mobility.readAddresses(request.payloads, true);
    session.mobility.followListed(request.path);
  }
  const lifetime = findNotify(request.payloads, notifyType.AUTH_LIFETIME);
  const seconds = lifetime === undefined ? null : authLifetimeOf(lifetime);
  if (seconds !== null) scheduleReauthentication(session, seconds);
}

/** C-36, RFC 4478: re-authentication is due before the lifetime is over. */
export function scheduleReauthentication(session: SessionCore, seconds: number): void {
  const lifetime = seconds * 1000;
  const delay = Math.max(lifetime - Math.max(reauthenticationMargin, lifetime / 10), lifetime / 2);
  session.timers.set('authentication lifetime', delay, () => session.emit({ type: 'reauthenticate', reason: `the server wants to see the credentials again within ${String(seconds)} s` }));
}
