import { EapServer, MschapServer } from '../eap';
import type { EapServerMethod, MschapAccount } from '../eap';
import { PeapServer } from '../eap/peap/server';
import { EapTlsServer } from '../eap/tls/server';
import type { TlsServerTunnelOptions } from '../eap/tls/server-tunnel';
import { TtlsServer } from '../eap/ttls/server';
import type { EapServerConversation } from '../ikev2/session';
import type { Random } from '../ports/random';

export type GatewayEapMethod = 'eap-mschapv2' | 'eap-tls' | 'peap-mschapv2' | 'peap-tls' | 'eap-ttls';

/** How the embedded gateway lets people sign in by EAP. */
export interface GatewayEap {
  /** The best first; a client that wants another one gets the first it names. Not two of one EAP type. */
  readonly methods: readonly GatewayEapMethod[];
  /** Who signs in with a password; null: nobody of that name. */
  readonly account: (username: string) => MschapAccount | null;
  /**
   * Stores the NT hash of a new password where `account` says that the old one has expired; false refuses it. Absent:
   * none can be changed.
   */
  readonly changePassword?: (username: string, ntHash: Uint8Array) => boolean;
  /** Of the authentication server; needed by every method but EAP-MSCHAPv2. */
  readonly tunnel?: Omit<TlsServerTunnelOptions, 'requestClientCertificate'>;
  /**
   * Judges the client's certificates (DER, end-entity first); gives the account, or null. Absent: nobody signs in with
   * one.
   */
  readonly judge?: (certificates: readonly Uint8Array[]) => Promise<string | null>;
}

const serverName = 'Agile VPN gateway';

/** Throws a RangeError for methods that cannot be had together or lack what they need. */
export function checkGatewayEap({ methods, tunnel }: GatewayEap): void {
  if (methods.length === 0) throw new RangeError('eap.methods: at least one');
  if (methods.includes('peap-mschapv2') && methods.includes('peap-tls'))
    throw new RangeError('eap.methods: peap-mschapv2 and peap-tls are one EAP type; choose one');
  if (tunnel === undefined && methods.some((method) => method !== 'eap-mschapv2'))
    throw new RangeError('eap.tunnel: methods with TLS need a certificate, a key and a TLS library');
}

/** One conversation with one client. */
export function gatewayConversation(eap: GatewayEap, random: Random): EapServerConversation {
  return new EapServer({ random, methods: eap.methods.map((method) => serverMethod(method, eap, random)) });
}

function serverMethod(
  method: GatewayEapMethod,
  { account, changePassword, tunnel, judge }: GatewayEap,
  random: Random,
): EapServerMethod {
  const mschap = (): EapServerMethod =>
    new MschapServer({
      random,
      name: serverName,
      account,
      ...(changePassword === undefined ? {} : { changePassword }),
    });
  if (method === 'eap-mschapv2') return mschap();
  if (tunnel === undefined) throw new RangeError('eap.tunnel: is missing');
  const certificate = (): EapServerMethod =>
    new EapTlsServer({ tunnel, judge: judge ?? (() => Promise.resolve(null)) });
  switch (method) {
    case 'eap-tls':
      return certificate();
    case 'peap-mschapv2':
      return new PeapServer({ tunnel, random, inner: mschap() });
    case 'peap-tls':
      return new PeapServer({ tunnel, random, inner: certificate() });
    case 'eap-ttls':
      return new TtlsServer({ tunnel, account: (username) => passwordHash(account(username)) });
  }
}

/** TTLS has no word for an account with a problem. */
function passwordHash(account: MschapAccount | null): Uint8Array | null {
  return account === null || account.problem !== undefined ? null : account.ntHash;
}
