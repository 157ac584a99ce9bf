import type { VpnErrorSymbol } from '../ports/vpn-error';
import type { Profile } from '../profiles/profile';

/**
 * What may heal by itself is dialled again by itself (windows7-ux 4.6). A wrong password is not: repeating it would
 * lock the account; nor is anything
 * else that stays wrong until somebody changes it.
 */
const heals: ReadonlySet<string> = new Set<VpnErrorSymbol>([
  'LINK_FAILURE',
  'SERVER_DISCONNECTED',
  'VPN_DISCONNECT',
  'VPN_TIMEOUT',
  'DNSNAME_NOT_RESOLVABLE',
  'PORT_NOT_AVAILABLE',
  'INTERNAL_ADDRESS_FAILURE',
]);

export interface Failure {
  readonly symbol: string;
  /** The connection was up; otherwise the attempt failed. */
  readonly wasUp: boolean;
  /** Redials since the person last acted or the connection was last up. */
  readonly made: number;
}

/** A redial that is due. */
export interface NextRedial {
  /** From 1 to `attempts`. */
  readonly attempt: number;
  readonly attempts: number;
  readonly afterMs: number;
}

/** Whether the connection shall be dialled again by itself, and when; null: it shall not. */
export function nextRedial(dialing: Profile['dialing'], { symbol, wasUp, made }: Failure): NextRedial | null {
  const { redialAttempts, redialSeconds, redialOnLinkFailure } = dialing;
  if (!heals.has(symbol) || made >= redialAttempts || (wasUp && !redialOnLinkFailure)) return null;
  return { attempt: made + 1, attempts: redialAttempts, afterMs: redialSeconds * 1000 };
}
