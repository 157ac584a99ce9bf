import type { Renewal } from '../mobility/mobility-manager';
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
  /**
   * The connection moves to another adapter and the gateway has no MOBIKE (M-23). The old IKE SA is deleted first, since
   * a gateway gives the same address only once it is free.
   */
  | 'moved'
  /** AUTH_LIFETIME or a limit of the gateway: make before break. */
  | 'reauthenticate';

export interface Revival {
  readonly cause: RevivalCause;
  readonly move: Renewal | null;
  /** Clock.now() when it gives up: the network outage time. Infinity while the old IKE SA works. */
  readonly endsAt: number;
  readonly tries: number;
  /** Refusals of the server itself in a row. */
  readonly refusals: number;
  /** Refusals in a row that an attacker may have sent in the server's name. */
  readonly doubtful: number;
  /** The last of the latter. */
  readonly lastRefusal: VpnError | null;
  /** Which path the next try begins with (negotiation.ts), in halves: where answers lead nowhere another one is next. */
  readonly turn: number;
}

/** Why a try failed. `certain`: the server itself or this computer says so, and no attacker can have caused it. */
export interface FailedTry {
  readonly error: VpnError;
  readonly certain: boolean;
  /** An IKE_SA_INIT was answered. */
  readonly answered: boolean;
}

/** One try gets so long for its whole handshake before it starts anew with a fresh IKE_SA_INIT, milliseconds. */
export const revivalTryMs = 2_500;
/** With an IKE SA that works there is no hurry, and an authentication server may be slow; milliseconds. */
export const reauthenticationTryMs = 10_000;
/** However many paths there are, milliseconds. */
export const longestTryMs = 10_000;
/** What is left of the outage time after the machine slept, milliseconds. */
const resumeGraceMs = 30_000;
const refusedPauses = [1_000, 2_000, 4_000, 8_000] as const;
/**
 * A gateway that has just started may refuse what it accepts a moment later; more refusals than this are its answer.
 */
const mostRefusals = refusedPauses.length;
/** Longest pause after refusals that are not the server's for certain, milliseconds. */
const longestDoubtfulPause = 15_000;

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

export function beginRevival(cause: RevivalCause, now: number, outageMs: number, move: Renewal | null = null): Revival {
  // The gateway ends the IKE SA that has to be replaced when it has waited long enough.
  const endsAt = cause === 'reauthenticate' ? Infinity : (move?.endsAt ?? now + outageMs);
  return { cause, move, endsAt, tries: 0, refusals: 0, doubtful: 0, lastRefusal: null, turn: 0 };
}

/**
 * What follows a failed try. Silence is tried again at once (the try itself took its time), a refusal more and more
 * slowly. Only a certain refusal ends the connection before its time: what is not authenticated decides nothing (H-80,
 * RFC 7296 section 2.21).
 */
export function afterFailure(revival: Revival, { error, certain, answered }: FailedTry): AfterFailure {
  const tries = revival.tries + 1;
  if (transient.has(error.symbol))
    return {
      type: 'again',
      // Twice on the same path: the gateway may have an IKE SA of the first time, and gives its address to nobody else.
      revival: { ...revival, tries, refusals: 0, doubtful: 0, turn: revival.turn + (answered ? 0.5 : 0) },
      pauseMs: error.symbol === 'VPN_TIMEOUT' && tries < 200 ? 100 : 1_000,
    };
  if (!certain)
    return {
      type: 'again',
      revival: {
        ...revival,
        tries,
        refusals: 0,
        doubtful: revival.doubtful + 1,
        lastRefusal: error,
        turn: Math.floor(revival.turn) + 1,
      },
      pauseMs: refusedPauses[revival.doubtful] ?? longestDoubtfulPause,
    };
  const pauseMs = refusedPauses[revival.refusals];
  if (revival.refusals >= mostRefusals || pauseMs === undefined) return { type: 'give-up', error };
  return { type: 'again', revival: { ...revival, tries, refusals: revival.refusals + 1, doubtful: 0 }, pauseMs };
}

/** What passed while the machine slept is no outage: one fresh try is always made (C-13). */
export function afterSleep(revival: Revival, now: number): Revival {
  return { ...revival, endsAt: Math.max(revival.endsAt, now + resumeGraceMs) };
}
