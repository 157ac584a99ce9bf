import type { VpnError } from '../ports/vpn-error';

/**
 * A new IKE SA for a connection that exists: the gateway forgot the old one, deleted it, or wants a new sign-in. The
 * tunnel adapter, its
 * addresses and routes stay; what is in memory signs in again, and nobody is asked unless it is refused.
 */
export type RevivalCause =
  /**
   * Nobody answers on the old IKE SA, or somebody says that it is unknown. It is kept until the new one is
   * authenticated (M-35, H-30).
   */
  | 'forgotten'
  /** The old IKE SA is gone: the gateway deleted it. */
  | 'deleted'
  /** AUTH_LIFETIME or a limit of the gateway: make before break. */
  | 'reauthenticate';

export interface Revival {
  readonly cause: RevivalCause;
  /** Clock.now() when it gives up: the network outage time. */
  readonly endsAt: number;
  readonly tries: number;
  /** Definite refusals in a row. */
  readonly refusals: number;
}

/** One try gets so long for its whole handshake before it starts anew with a fresh IKE_SA_INIT, milliseconds. */
export const revivalTryMs = 2_500;
/** With an IKE SA that works there is no hurry, and an authentication server may be slow; milliseconds. */
export const reauthenticationTryMs = 10_000;
/** What is left of the outage time after the machine slept, milliseconds. */
const resumeGraceMs = 30_000;
const refusedPauses = [1_000, 2_000, 4_000, 8_000] as const;
/**
 * A gateway that has just started may refuse what it accepts a moment later; more refusals than this are its answer.
 */
const mostRefusals = refusedPauses.length;

/** Failures that say nothing about the credentials or the configuration: the next try may work. */
const transient: ReadonlySet<string> = new Set([
  'VPN_TIMEOUT',
  'VPN_DISCONNECT',
  'DNSNAME_NOT_RESOLVABLE',
  'VPN_REFUSED',
  'SERVER_DISCONNECTED',
  'CANCELLED',
]);

export type AfterFailure =
  | { readonly type: 'again'; readonly revival: Revival; readonly pauseMs: number }
  | { readonly type: 'give-up'; readonly error: VpnError };

export function beginRevival(cause: RevivalCause, now: number, outageMs: number): Revival {
  return { cause, endsAt: now + outageMs, tries: 0, refusals: 0 };
}

/**
 * What follows a failed try. Silence is tried again at once (the try itself took its time), a refusal more and more
 * slowly.
 */
export function afterFailure(revival: Revival, error: VpnError): AfterFailure {
  const tries = revival.tries + 1;
  if (transient.has(error.symbol))
    return {
      type: 'again',
      revival: { ...revival, tries, refusals: 0 },
      pauseMs: error.symbol === 'VPN_TIMEOUT' && tries < 200 ? 100 : 1_000,
    };
  const pauseMs = refusedPauses[revival.refusals];
  if (revival.refusals >= mostRefusals || pauseMs === undefined) return { type: 'give-up', error };
  return { type: 'again', revival: { ...revival, tries, refusals: revival.refusals + 1 }, pauseMs };
}

/** What passed while the machine slept is no outage: one fresh try is always made (C-13). */
export function afterSleep(revival: Revival, now: number): Revival {
  return { ...revival, endsAt: Math.max(revival.endsAt, now + resumeGraceMs) };
}
