/**
 * TLS for EAP methods: records in, records out, no socket. The engine never trusts a certificate by itself: it stops in
 * `verify` before anything of ours (client certificate, inner identity, password) was produced, in TLS 1.2 as in 1.3
 * (A-56).
 */
export type TlsVersion = '1.2' | '1.3';

/** A key that lives elsewhere; `sign` is called within the handshake and blocks it. Throws what the token says. */
export interface TlsSigner {
  /** `rsa-pkcs1`: over a DigestInfo; `rsa-raw`: over a padded block; `ecdsa`: over a hash, giving r | s. */
  sign(operation: 'rsa-pkcs1' | 'rsa-raw' | 'ecdsa', input: Uint8Array): Uint8Array;
  /** RSA: `rsa-raw` can be asked for. Without it there is no PSS, and so no TLS 1.3 (P-41). */
  readonly bareRsa: boolean;
}

export interface TlsClientOptions {
  readonly role: 'client';
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** DER, end-entity first; empty: no client certificate. */
  readonly certificates: readonly Uint8Array[];
  /** PKCS#8 DER, or who signs; null with empty `certificates`. */
  readonly privateKey: Uint8Array | TlsSigner | null;
  /** SNI; null sends none. */
  readonly serverName: string | null;
  /** A session of an earlier `resumable`; null: full handshake. */
  readonly session: Uint8Array | null;
}

export interface TlsServerOptions {
  readonly role: 'server';
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  readonly certificates: readonly Uint8Array[];
  readonly privateKey: Uint8Array;
  /** The client's certificate is asked for and must be there; judging it is the caller's, after `open`. */
  readonly requestClientCertificate: boolean;
  /**
   * 80 octets, the same for every session of a server: clients may resume. Absent or null: every handshake is a full
   * one.
   */
  readonly ticketKey?: Uint8Array | null;
  /** Names of the authorities whose client certificates are taken, DER; absent: it does not say. */
  readonly wantedAuthorities?: readonly Uint8Array[];
  /** Stapled to the certificate where the client asks for it, DER. */
  readonly ocspResponse?: Uint8Array | null;
}

export interface TlsStep {
  /** Records for the peer; may be empty. */
  readonly output: Uint8Array;
  /** Decrypted application data; may be empty. */
  readonly application: Uint8Array;
  readonly state: 'handshake' | 'verify' | 'open' | 'closed' | 'failed';
  /** The TLS library's reason when `failed`; no secrets. */
  readonly error: string | null;
  /** The peer's fatal alert by its number (RFC 8446 section 6) when that is why it failed; else null. */
  readonly alert: number | null;
}

export interface TlsSession {
  /** Feeds records of the peer; empty starts a client's handshake. */
  receive(records: Uint8Array): TlsStep;
  /** The caller's judgement in state `verify`. */
  verified(accept: boolean): TlsStep;
  /** Encrypts application data; only in `open`. */
  write(data: Uint8Array): TlsStep;
  /** DER, end-entity first. */
  peerCertificates(): readonly Uint8Array[];
  /** OCSP responses stapled to the certificate, DER; in `verify` with TLS 1.3 only. */
  ocspResponses(): readonly Uint8Array[];
  /**
   * A client, once its server was accepted: the authorities of the server's certificate request, names in DER (RFC 5246
   * section 7.4.4, RFC 8446 section 4.2.4); none where it does not say.
   */
  wantedAuthorities(): readonly Uint8Array[];
  /** RFC 5705 / RFC 8446 section 7.5; context null means none, which differs from empty in TLS 1.2. */
  exportKey(label: string, context: Uint8Array | null, length: number): Uint8Array;
  readonly version: string;
  readonly cipher: string;
  readonly resumed: boolean;
  /**
   * The session for a later resumption, once the peer offered one; holds keys. With TLS 1.2 only where both ends know
   * RFC 7627.
   */
  readonly resumable: Uint8Array | null;
  /** Wipes keys. Idempotent. */
  close(): void;
}

export interface TlsEngine {
  /** Throws when certificates and key do not fit. */
  open(options: TlsClientOptions | TlsServerOptions): TlsSession;
}
