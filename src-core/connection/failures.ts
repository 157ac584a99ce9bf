import { VpnError } from '../ports/vpn-error';

/**
 * Sentences of docs/windows7.md 4.5 for what the connection itself finds out; the session and the certificate check have
 * their own.
 */
export function duration(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000);
  if (minutes < 1) return `${Math.round(milliseconds / 1000)} seconds`;
  if (minutes < 120) return minutes === 1 ? '1 minute' : `${minutes} minutes`;
  return `${Math.round(minutes / 60)} hours`;
}

export const failures = {
  nameNotFound: (server: string, cause: unknown): VpnError =>
    new VpnError(
      'DNSNAME_NOT_RESOLVABLE',
      `The name ${server} could not be found. Check the name and your Internet connection.`,
      { detail: `no address for ${server}`, cause },
    ),
  noPath: (reasons: readonly string[]): VpnError =>
    new VpnError(
      'VPN_TIMEOUT',
      'No network adapter of this computer reaches the server. Plug in a cable or join a wireless network, then try again.',
      {
        detail: reasons.length === 0 ? 'no network adapter' : reasons.join('; '),
      },
    ),
  noAnswer: (): VpnError =>
    new VpnError('VPN_TIMEOUT', 'The server did not answer. UDP ports 500 and 4500 may be blocked on this network.'),
  /** `refusal`: what was said meanwhile in the server's name. */
  linkLost: (name: string, outage: number, refusal: VpnError | null = null): VpnError =>
    new VpnError(
      'LINK_FAILURE',
      `The link to ${name} failed. It was lost and did not return within ${duration(outage)}. Connect again when the network is back.`,
      {
        detail: `network outage time of ${duration(outage)} used up${refusal === null ? '' : `; the last answer, which may not be the server's: ${refusal.ikeNotify ?? refusal.message}`}`,
      },
    ),
  serverDisconnected: (detail = 'the server deleted the IKE SA'): VpnError =>
    new VpnError(
      'SERVER_DISCONNECTED',
      'The server ended the connection. Connect again, or ask the administrator of the server why.',
      { detail },
    ),
  sessionLost: (): VpnError =>
    new VpnError('VPN_DISCONNECT', 'The connection to the server was interrupted. Connect again.'),
  idle: (idle: number): VpnError =>
    new VpnError('IDLE_TIMEOUT', `Disconnected because the connection was not used for ${duration(idle)}.`),
  cancelled: (): VpnError => new VpnError('CANCELLED', 'The connection was cancelled.'),
  adapter: (cause: unknown): VpnError =>
    new VpnError(
      'PORT_NOT_AVAILABLE',
      'The VPN adapter could not be set up. Another connection may use it, or the VPN service of this computer is not running.',
      { detail: cause instanceof Error ? cause.message : String(cause), cause },
    ),
  unexpected: (cause: unknown): VpnError =>
    new VpnError('IKE_ERROR', 'Something unexpected went wrong in this program. The log has the details.', {
      detail: cause instanceof Error ? cause.message : String(cause),
      cause,
    }),
} as const;

/** Why the server did not answer, where the network itself is the reason. */
export function explained(error: VpnError, network: 'captive-portal' | 'no-internet' | null): VpnError {
  if (network === null || error.symbol !== 'VPN_TIMEOUT') return error;
  const message =
    network === 'captive-portal'
      ? 'The server did not answer: this network wants you to sign in first. Open a web page, sign in, then connect again.'
      : 'The server did not answer: this network has no Internet access. Use another network, then connect again.';
  return new VpnError('VPN_TIMEOUT', message, {
    ...(error.detail === null ? {} : { detail: error.detail }),
    cause: error,
  });
}
