import type { AuthenticationMethod } from '../../src-core/profiles/profile';

/** What the new-connection window asks; everything else keeps its default. */
export interface NewConnection {
  readonly name: string;
  readonly server: string;
  readonly method: AuthenticationMethod;
  readonly username: string;
  /** PEM or base64 of the issuer's certificate; empty: the system's trust anchors. */
  readonly authority: string;
  /** PEM or base64 of PKCS#12; empty: none. */
  readonly certificate: string;
}

export const methodsWithCertificate: ReadonlySet<AuthenticationMethod> = new Set([
  'machine-certificate',
  'eap-tls',
  'peap-tls',
]);
export const methodsWithUser: ReadonlySet<AuthenticationMethod> = new Set([
  'eap-mschapv2',
  'peap-mschapv2',
  'eap-ttls',
]);

/**
 * The profile file (docs/contract.md). It goes through the same door as an imported one, so it is checked and defaulted
 * there.
 */
export function profileFile(connection: NewConnection): string {
  const { name, server, method, username, authority, certificate } = connection;
  return JSON.stringify({
    version: 1,
    name: name.trim(),
    server: server.trim(),
    authentication: {
      method,
      ...(methodsWithUser.has(method) && username.trim() !== '' ? { username: username.trim() } : {}),
      ...(methodsWithCertificate.has(method) && certificate !== '' ? { certificate } : {}),
    },
    ...(authority === '' ? {} : { serverCertificate: { authorities: [authority] } }),
  });
}
