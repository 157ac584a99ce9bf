import type { SessionCore } from '../sa/session-core';

/** AUTH_LIFETIME is acted upon this long before it ends, at least; milliseconds. */
const margin = 60_000;

/**
 * C-36, RFC 4478: the client authenticates anew before the lifetime is over. `seconds` is what the server said; a later
 * word of it replaces
 * an earlier one.
 */
export function scheduleReauthentication(session: SessionCore, seconds: number): void {
  const lifetime = seconds * 1000;
  const delay = Math.max(lifetime - Math.max(margin, lifetime / 10), lifetime / 2);
  session.timers.set('authentication lifetime', delay, () =>
    session.emit({
      type: 'reauthenticate',
      reason: `the server wants to see the credentials again within ${String(seconds)} s`,
    }),
  );
}

/**
 * Both clocks of a client that has just signed in: the server's AUTH_LIFETIME and its own wish, in seconds; null: none.
 */
export function beginAuthenticationLifetime(
  session: SessionCore,
  { ofPeer, own }: { readonly ofPeer: number | null; readonly own: number | null },
): void {
  if (ofPeer !== null) scheduleReauthentication(session, ofPeer);
  if (own !== null)
    session.timers.set('own authentication lifetime', own * 1000, () =>
      session.emit({ type: 'reauthenticate', reason: `the last sign-in was ${String(own)} s ago` }),
    );
}

/** RFC 4478 section 3: a client that did not authenticate anew in time is let go by the gateway. */
export function enforceAuthenticationLifetime(session: SessionCore, seconds: number, waitMs: number): void {
  session.timers.set('authentication lifetime', seconds * 1000, () => {
    session.log.write('info', 'ike', `The client did not authenticate again within ${String(seconds)} s`);
    void session.close(waitMs);
  });
}
