export type AuthenticationMethod =
  'eap-mschapv2' | 'eap-tls' | 'peap-mschapv2' | 'peap-tls' | 'eap-ttls' | 'machine-certificate' | 'psk';

/** A certificate with its key on a PKCS#11 token. */
export interface TokenReference {
  readonly pkcs11: { readonly module: string; readonly token: string; readonly id: string };
}

/** PEM text, base64 of DER or PKCS#12, or (before import) a file name relative to the profile. */
export type CertificateSource = string | TokenReference;

/**
 * A connection as its file says it, after validation and with every default filled in (docs/contract.md).
 * It never holds a secret.
 */
export interface Profile {
  readonly version: 1;
  readonly name: string;
  readonly server: string;
  /** Tried in this order where `server` is not found or does not answer. */
  readonly alternativeServers: readonly string[];
  /** UDP port asked first; null is 500 with 4500 as alternative (C-43). */
  readonly port: number | null;
  /** IDr the server must prove and that is sent; null: `server` must be in its certificate and no IDr is sent. */
  readonly remoteIdentity: string | null;
  readonly localIdentity: string | null;
  readonly authentication: {
    readonly method: AuthenticationMethod;
    readonly username: string | null;
    readonly domain: string | null;
    readonly anonymousIdentity: string | null;
    /** The client certificate with its key (PKCS#12 or PEM), or a token. */
    readonly certificate: CertificateSource | null;
    /** Separate key in PEM when `certificate` is a PEM certificate. */
    readonly privateKey: string | null;
    /**
     * Names of the authentication (RADIUS) server that EAP methods with TLS may talk to, a leading "*." for any host of
     * a domain.
     * Empty: the name of the gateway. "*" alone waives the name.
     */
    readonly serverNames: readonly string[];
    /**
     * Trust anchors of the authentication server, as in `serverCertificate.authorities`; empty: those of the gateway.
     */
    readonly serverAuthorities: readonly string[];
    /** What goes through the tunnel of EAP-TTLS. PAP shows the password itself to the authentication server. */
    readonly ttlsInner: 'mschapv2' | 'pap';
    /**
     * The gateway may leave out its own certificate and prove itself by EAP alone (RFC 5998). Only for methods with
     * TLS, whose server must then be
     * named.
     */
    readonly eapOnly: boolean;
    /**
     * Beside an EAP method: the certificate that proves this computer first; the person signs in after that (RFC 4739).
     * As `certificate`.
     */
    readonly machineCertificate: CertificateSource | null;
    /** Its key in PEM, as `privateKey`. */
    readonly machinePrivateKey: string | null;
    /** PEAP servers must bind the sign-in to their secure channel. */
    readonly requireCryptobinding: boolean;
    /**
     * PEAP resumes an earlier secure channel with the same server, without a new sign-in where that allows it.
     */
    readonly fastReconnect: boolean;
    /**
     * SHA-256 of the client certificate the person chose among several of `certificate`, hexadecimal with colons; null:
     * the only one, or ask.
     */
    readonly chosenCertificate: string | null;
    /** Certificates of authentication servers that the person accepted: SHA-256, hexadecimal with colons. */
    readonly acceptedServerCertificates: readonly string[];
  };
  readonly serverCertificate: {
    /** Trust anchors, PEM or base64 DER; empty: the system's. */
    readonly authorities: readonly string[];
    readonly subjectAltName: string | null;
    readonly commonName: string | null;
    readonly organization: string | null;
    readonly organizationalUnit: string | null;
    readonly extendedKeyUsage: string | null;
    readonly revocation: 'off' | 'relaxed' | 'strict';
    /**
     * Certificates of gateways that the person accepted although no authority vouches for them: SHA-256, hexadecimal
     * with colons.
     */
    readonly acceptedCertificates: readonly string[];
  };
  readonly mobility: {
    readonly enabled: boolean;
    /** 300..28800; 60 and 120 are accepted on import. */
    readonly outageSeconds: number;
    readonly adapterOrder: readonly string[];
    readonly returnToPreferred: boolean;
    /** `http:` page that says whether a silent network is a captive portal; null: never ask. */
    readonly connectivityCheck: string | null;
  };
  readonly network: {
    readonly useDefaultGateway: boolean;
    /** CIDR; used when useDefaultGateway is false; empty: what the server's selectors say. */
    readonly routes: readonly string[];
    /** CIDR; what is under these stays outside of the tunnel, unless a longer route leads into it. */
    readonly excludedRoutes: readonly string[];
    readonly dnsServers: 'server' | readonly string[];
    readonly splitDns: readonly string[];
    /** Complete short names while the tunnel has name servers. */
    readonly searchDomains: readonly string[];
    readonly ipv6: 'tunnel-or-block' | 'tunnel-or-leave';
    readonly killSwitch: boolean;
    readonly allowLan: boolean;
    readonly mtu: 'auto' | number;
    readonly dhcpInform: boolean;
  };
  /** The Options page. Nothing of it concerns the command line, but `idleSeconds`. */
  readonly dialing: {
    readonly showProgress: boolean;
    /** Ask for name, password, PIN, … at each attempt of the person, also where they are saved. */
    readonly promptForCredentials: boolean;
    /** Ask for the Windows logon domain too. */
    readonly includeDomain: boolean;
    /** How often a failure that may heal is dialled again without the person; 0: never. */
    readonly redialAttempts: number;
    readonly redialSeconds: number;
    /** Dial again when a connection that was up is lost for good. */
    readonly redialOnLinkFailure: boolean;
    /** Disconnect after so long without a packet; null: never. */
    readonly idleSeconds: number | null;
  };
  readonly proposals: { readonly ike: readonly string[]; readonly esp: readonly string[] };
  readonly advanced: {
    readonly postQuantum: 'prefer' | 'off' | 'require';
    readonly fragmentation: boolean;
    readonly natKeepaliveSeconds: number;
    readonly dpdSeconds: number;
    /** When the IKE SA and its CHILD SAs are rekeyed by us at the latest. */
    readonly ikeLifetimeSeconds: number;
    readonly childLifetimeSeconds: number;
    /** Sign in anew, without interruption, after so long; null: only when the server wants it (RFC 4478). */
    readonly reauthenticationSeconds: number | null;
    readonly tcpFallback: boolean;
    /** SHA-1 and 1024 bit key exchange for unhardened Windows servers (W-3). */
    readonly legacyWindows: boolean;
  };
}
