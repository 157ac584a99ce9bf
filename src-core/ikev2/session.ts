import type { DatagramSocket, SocketAddress } from '../ports/datagrams';
import type { Clock } from '../ports/clock';
import type { DataPath, TrafficSelector } from '../ports/data-path';
import type { Random } from '../ports/random';
import type { Trace } from '../ports/trace';
import type { VpnError } from '../ports/vpn-error';

/**
 * The face of the IKE engine towards src-core/connection and src-core/gateway. One IkeSession is one IKE SA with its
 * CHILD SAs through all rekeys, of either role. Implemented in ikev2/sa.
 */

/**
 * A socket and the peer's address and port. Peer port 500: no non-ESP marker; any other port: with marker (C-40, C-43).
 * The session adds and expects the marker itself.
 */
export interface IkePath {
  readonly socket: DatagramSocket;
  readonly remote: SocketAddress;
}

export type IdentityType = 'ipv4' | 'fqdn' | 'rfc822' | 'ipv6' | 'der-dn' | 'key-id';

/** RFC 7296 section 3.5. `value` is the payload's octets; text for fqdn and rfc822 is UTF-8. */
export interface Identity {
  readonly type: IdentityType;
  readonly value: Uint8Array;
}

/** Signs with a key that may live in memory, in a file or on a token. */
export interface Signer {
  readonly keyType: 'rsa' | 'rsa-pss' | 'ecdsa-p256' | 'ecdsa-p384' | 'ecdsa-p521' | 'ed25519' | 'ed448';
  /** Signature over `data`, hashed by the signer. ECDSA: DER. RSA-PSS: salt length = hash length. */
  sign(data: Uint8Array, scheme: SignatureScheme): Promise<Uint8Array>;
}

export interface SignatureScheme {
  readonly algorithm: 'rsa-pkcs1' | 'rsa-pss' | 'ecdsa' | 'eddsa';
  readonly hash: 'sha1' | 'sha256' | 'sha384' | 'sha512' | 'identity';
}

/** The peer side of one EAP conversation, RFC 3748. Bytes are whole EAP packets. */
export interface EapConversation {
  /** Name for the status object once a method was agreed: "EAP-MSCHAPv2". */
  readonly methodName: string | null;
  /**
   * Feeds one packet of the server. `respond`: send this. `ignore`: nothing to send.
   * `success`: only on EAP-Success after the method itself had succeeded; msk is 64 octets or null for a method
   * without key.
   * `failure`: the reason is final.
   */
  receive(
    packet: Uint8Array,
  ): Promise<
    | { readonly type: 'respond'; readonly packet: Uint8Array }
    | { readonly type: 'ignore' }
    | { readonly type: 'success'; readonly msk: Uint8Array | null }
    | { readonly type: 'failure'; readonly error: VpnError }
  >;
  /** Wipes what it knows. Idempotent. */
  close(): void;
}

/** The server side for the embedded gateway. */
export interface EapServerConversation {
  readonly methodName: string | null;
  /** First packet: the identity request or the method's first request. */
  start(): Promise<Uint8Array>;
  receive(packet: Uint8Array): Promise<
    | { readonly type: 'request'; readonly packet: Uint8Array }
    | {
        readonly type: 'success';
        readonly packet: Uint8Array;
        readonly msk: Uint8Array | null;
        readonly identity: string;
      }
    | { readonly type: 'failure'; readonly packet: Uint8Array }
  >;
  close(): void;
}

export type LocalAuthentication =
  /**
   * Which certificate to show waits for what the gateway asks for: the attempt ends with this error after IKE_SA_INIT.
   * `authorities`: of its CERTREQ, SHA-1 of SPKI, 20 octets each.
   */
  | { readonly method: 'undecided'; readonly end: (authorities: readonly Uint8Array[]) => VpnError }
  | { readonly method: 'psk'; readonly secret: Uint8Array }
  /** End-entity certificate first, DER; chain without the root. */
  | { readonly method: 'signature'; readonly signer: Signer; readonly certificates: readonly Uint8Array[] }
  /** The conversation is made only after the gateway's certificate, name and AUTH are verified (A-2, C-25). */
  | {
      readonly method: 'eap';
      /**
       * `eapOnly`: the gateway has proved nothing and will only do so through the method, which must therefore verify
       * the server (RFC 5998, X-11).
       */
      readonly createConversation: (mode?: { readonly eapOnly: boolean }) => EapConversation;
      /**
       * The gateway may leave out its certificate and AUTH. Only for methods that check a certificate of the server and
       * make a key.
       */
      readonly eapOnly?: boolean;
    };

/**
 * RFC 4739: after the first sign-in (by certificate or key) somebody else signs in by EAP, with an identity of its own.
 */
export interface SecondRound {
  readonly localIdentity: Identity;
  readonly local: Extract<LocalAuthentication, { method: 'eap' }>;
}

/** What the peer showed. */
export interface PeerCredentials {
  readonly identity: Identity;
  /** DER, end-entity first, the rest an unordered bag (C-30). */
  readonly certificates: readonly Uint8Array[];
  readonly ocspResponses: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
}

/**
 * Judges the peer's certificate: path, dates, names, rules of the profile. Resolves with the public key that AUTH must
 * verify with
 * (the one of the validated object, H-55), or rejects with a VpnError that names the failed check.
 */
export type PeerVerifier = (credentials: PeerCredentials) => Promise<{ readonly publicKeySpki: Uint8Array }>;

export type PeerAuthentication =
  | {
      readonly method: 'certificate';
      readonly verify: PeerVerifier;
      readonly certificateRequests: readonly Uint8Array[] /* SHA-1 of SPKI, 20 octets each */;
      readonly allowSha1Rsa: boolean;
      /** RFC 4806: OCSP responses are asked for along with the certificate. */ readonly requestOcsp?: boolean;
    }
  | { readonly method: 'psk'; readonly secret: Uint8Array; readonly identity: Identity | null };

export interface IkeSessionConfig {
  /** Proposal keywords as in strongSwan: "aes256gcm16-prfsha384-ecp256". Parsed by ikev2/proposals. */
  readonly ikeProposals: readonly string[];
  readonly espProposals: readonly string[];
  readonly localIdentity: Identity;
  /** IDr to send; null sends none (C-29). */
  readonly remoteIdentity: Identity | null;
  readonly local: LocalAuthentication;
  /** A second sign-in that must succeed too; `local` is then by certificate or key. */
  readonly secondRound?: SecondRound | null;
  readonly peer: PeerAuthentication;
  readonly requestIpv4: boolean;
  readonly requestIpv6: boolean;
  /** Ask for a DHCP server of the inner network as well (W-20). */
  readonly requestDhcp?: boolean;
  /** Inner addresses of an earlier session, asked for again (C-48). */
  readonly previousAddresses: readonly string[];
  readonly mobike: boolean;
  readonly fragmentation: boolean;
  readonly initialContact: boolean;
  /** Seconds without proof of life before a liveness check while we send (C-73). */
  readonly livenessSeconds: number;
  /** Seconds; soft limits, randomised downwards (C-62). */
  readonly ikeLifetimeSeconds: number;
  readonly childLifetimeSeconds: number;
  /** Seconds after which `reauthenticate` is asked for although the server does not want it; null: never. */
  readonly reauthenticationSeconds?: number | null;
  /** NAT keepalive interval in seconds (E-20). */
  readonly natKeepaliveSeconds: number;
  /** CIDR prefixes of the physical networks this computer is on; inner addresses inside of them are refused (H-28). */
  readonly localPrefixes?: readonly string[];
  /**
   * Milliseconds that an established session retransmits on a live path before it reports `peer-silent`; it never gives
   * up by itself.
   */
  readonly retransmitBudgetMs: number;
}

export interface ConfigurationReply {
  readonly ipv4Addresses: readonly string[];
  readonly ipv6Addresses: readonly { readonly address: string; readonly prefixLength: number }[];
  readonly dnsServers: readonly string[];
  /** CIDR, advisory (C-51). */
  readonly subnets: readonly string[];
  /** RFC 8598. */
  readonly dnsDomains: readonly string[];
  readonly dhcpServers: readonly string[];
}

export interface ChildSaInfo {
  /** Ours, inbound. */
  readonly spiIn: number;
  /** The peer's, outbound. */
  readonly spiOut: number;
  /** Keyword form: "aes128gcm16". */
  readonly proposal: string;
  readonly localSelectors: readonly TrafficSelector[];
  readonly remoteSelectors: readonly TrafficSelector[];
  readonly installedAt: number;
}

export interface IkeSaInfo {
  /** 16 hexadecimal digits. */
  readonly spiInitiator: string;
  readonly spiResponder: string;
  readonly proposal: string;
  /** Wall-clock milliseconds. */
  readonly establishedAt: number;
}

export type IkeSessionEvent =
  /** The phase for progress texts: init = IKE_SA_INIT under way, auth = IKE_AUTH begun. */
  | { readonly type: 'progress'; readonly phase: 'init' | 'auth' }
  /** IKE SA and first CHILD SA are up; the CHILD SA is already installed in the data path. */
  | {
      readonly type: 'established';
      readonly ike: IkeSaInfo;
      readonly child: ChildSaInfo;
      readonly configuration: ConfigurationReply;
      readonly authentication: string;
      readonly mobikeSupported: boolean;
      /** NAT between us and the peer, our own forced-encapsulation lie not counted (C-42). */
      readonly natDetected: boolean;
      readonly peerIdentity: Identity;
      readonly authLifetimeSeconds: number | null;
    }
  | { readonly type: 'child-installed'; readonly child: ChildSaInfo; readonly replaces: number | null }
  | { readonly type: 'child-removed'; readonly spiIn: number }
  | { readonly type: 'ike-rekeyed'; readonly ike: IkeSaInfo }
  /**
   * UPDATE_SA_ADDRESSES was answered on this path: the gateway sends here now. Without MOBIKE: the first answer by this
   * path since it was taken.
   */
  | { readonly type: 'path-confirmed'; readonly path: IkePath; readonly natDetected: boolean }
  /** The peer refused the addresses (UNACCEPTABLE_ADDRESSES …). */
  | { readonly type: 'path-refused'; readonly path: IkePath; readonly notify: string }
  /** Retransmissions on the current path reached `tries` without an answer: time to look for another one. Repeats. */
  | { readonly type: 'path-silent'; readonly path: IkePath; readonly tries: number; readonly silentMs: number }
  /** retransmitBudgetMs used up. */
  | { readonly type: 'peer-silent' }
  /** The list of further gateway addresses changed (M-4). */
  | { readonly type: 'peer-addresses'; readonly addresses: readonly string[] }
  /** An unauthenticated INVALID_IKE_SPI or INVALID_SPI arrived: a hint that the gateway forgot us (C-75, M-35). */
  | { readonly type: 'peer-forgot-hint' }
  /** Re-authentication is due (AUTH_LIFETIME, NO_ADDITIONAL_SAS). */
  | { readonly type: 'reauthenticate'; readonly reason: string }
  /**
   * `peer`: the authenticated peer deleted the IKE SA, or refused to establish it once it had proved itself. `failure`:
   * everything else, which an attacker on the way to the peer may have caused. Nothing follows.
   */
  | { readonly type: 'ended'; readonly by: 'peer' | 'local' | 'failure'; readonly error: VpnError | null };

/** One IKE SA of either role. Methods never throw for network reasons: results come as events. */
/**
 * `now`: a request that waits for its answer is sent again. `when-free`: its answer is proof enough, and nothing is
 * sent again for it.
 */
export type LivenessUrgency = 'now' | 'when-free';

export interface SizeQuestion {
  /** Octets of the whole IP packet. The smallest size that the cipher can make of at least `atLeast` is taken … */
  readonly atLeast: number;
  /** … unless it is larger than this: then the largest that is not. */
  readonly atMost: number;
}

export interface SizeAnswer {
  /**
   * `fits`: the peer answered it. `too-big`: the peer answered smaller pieces of it only. `unknown`: something else came
   * between. `unsupported`: the peer takes no pieces (RFC 7383), or the socket cannot send whole packets.
   */
  readonly outcome: 'fits' | 'too-big' | 'unknown' | 'unsupported';
  /** Octets of the IP packet that was tried. */
  readonly octets: number;
}

export interface IkeSession {
  /**
   * Initiator only: starts IKE_SA_INIT on the path. `alternatives` are further (address, port) pairs tried when there
   * is no answer (C-43, M-9).
   */
  connect(path: IkePath, alternatives: readonly IkePath[]): void;
  /**
   * One IKE datagram as it came from the socket, marker included. Cheap for foreign datagrams: returns false when it is
   * not for this session.
   */
  receive(datagram: Uint8Array, path: IkePath): boolean;
  /**
   * Moves the session: in-flight request and outbound ESP at once, then UPDATE_SA_ADDRESSES (M-12, M-14). Also for an
   * unchanged path when the NAT mapping is in doubt.
   */
  setPath(path: IkePath): void;
  /**
   * Probes all pairs at once with one INFORMATIONAL (M-16); resolves with the first that answered, or null after
   * `timeoutMs`.
   * Does not move the session. A pending own request is what is sent when the window is full (M-12.4).
   */
  probe(paths: readonly IkePath[], timeoutMs: number): Promise<IkePath | null>;
  /** No usable path: retransmission, keepalive and liveness stop, state is kept (M-20). setPath ends it. */
  holdPath(): void;
  /**
   * An empty INFORMATIONAL (with NAT detection when MOBIKE is on) now; resolves true when answered, false after
   * `timeoutMs`.
   */
  checkLiveness(timeoutMs: number, urgency?: LivenessUrgency): Promise<boolean>;
  /**
   * Asks the peer with one padded INFORMATIONAL whether one IP packet of this size passes on the path in use (RFC 8899
   * section 4.1). It gives way to every other request.
   */
  probeSize(question: SizeQuestion): Promise<SizeAnswer>;
  rekeyIke(): void;
  rekeyChild(spiIn: number): void;
  /**
   * A newer session of the same connection carries the traffic from now on: this one sends no ESP any more and moves no
   * path of the data path, but
   * hears and answers until it is closed (RFC 7296 section 2.8.3).
   */
  retire(): void;
  /**
   * Sends DELETE for the IKE SA, by `path` where one is given, waits at most `waitMs` for the answer (C-71), then forgets
   * everything. Resolves true when the peer answered.
   */
  close(waitMs: number, path?: IkePath): Promise<boolean>;
  /** Forgets everything at once, without a word to the peer. */
  abandon(): void;
  readonly path: IkePath | null;
  readonly ike: IkeSaInfo | null;
  readonly children: readonly ChildSaInfo[];
  /** Clock.now() of the last authenticated IKE message. */
  readonly lastHeardAt: number | null;
}

/** What a session of the client side is given. */
export interface IkeSessionDependencies {
  readonly clock: Clock;
  readonly random: Random;
  /** CHILD SAs are installed here and moved with the path. The session never closes it. */
  readonly dataPath: DataPath;
  readonly trace: Trace;
  /** Called synchronously; the listener may call the session's methods. */
  readonly onEvent: (event: IkeSessionEvent) => void;
  /**
   * Whether an inbound ESP SPI is free where several sessions share sockets. Absent: all that this session does not
   * use.
   */
  readonly isSpiFree?: (spi: number) => boolean;
}

/** How clients may prove themselves to the embedded gateway; null: not this way. */
export interface ClientAuthentication {
  /** The secret for IDi, or null when unknown. The gateway then proves itself with the same secret. */
  readonly psk: ((identity: Identity) => Uint8Array | null) | null;
  readonly certificate: Extract<PeerAuthentication, { method: 'certificate' }> | null;
  /** One conversation a client. The gateway proves itself with `signature` first. */
  readonly eap: ((identity: Identity) => EapServerConversation) | null;
}

export interface AddressRequest {
  readonly identity: Identity;
  /** What EAP authenticated, null without EAP. */
  readonly eapIdentity: string | null;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  /** Addresses the client would like to have again (C-48). */
  readonly previousAddresses: readonly string[];
  /**
   * Where the request came from: a client that authenticates anew beside its own older IKE SA comes from where that one
   * is.
   */
  readonly remote: SocketAddress;
}

export type AddressAssignment =
  | { readonly type: 'assigned'; readonly configuration: ConfigurationReply }
  | { readonly type: 'refused'; readonly notify: 'INTERNAL_ADDRESS_FAILURE' | 'FAILED_CP_REQUIRED' };

export interface ResponderConfig {
  readonly ikeProposals: readonly string[];
  readonly espProposals: readonly string[];
  readonly localIdentity: Identity;
  /** Proves the gateway to clients with certificate or EAP; null where only PSK is used. */
  readonly signature: Extract<LocalAuthentication, { method: 'signature' }> | null;
  /** OCSP responses for its certificates, DER, for clients that ask for them (RFC 4806). */
  readonly ocspResponses?: () => readonly Uint8Array[];
  readonly clients: ClientAuthentication;
  /** Called once a client, after it proved itself. */
  readonly assign: (request: AddressRequest) => AddressAssignment;
  /** What clients may reach, usually everything. */
  readonly localSelectors: readonly TrafficSelector[];
  readonly mobike: boolean;
  readonly fragmentation: boolean;
  readonly livenessSeconds: number;
  readonly ikeLifetimeSeconds: number;
  readonly childLifetimeSeconds: number;
  /** Milliseconds of retransmission before `peer-silent`; the gateway then forgets the client. */
  readonly retransmitBudgetMs: number;
  /** Half-open IKE SAs from which on a COOKIE is asked for (RFC 7296 section 2.6); 0 asks always, null never. */
  readonly cookieThreshold: number | null;
  /** AUTH_LIFETIME to announce in seconds (RFC 4478), or null. */
  readonly authLifetimeSeconds: number | null;
  /**
   * Clients that offer it need no certificate of the gateway: EAP proves both sides (RFC 5998). Its methods must do
   * that. Absent: never.
   */
  readonly eapOnly?: boolean;
  /** RFC 4739: a client with a certificate may, or must, sign in by EAP as well. Absent: neither. */
  readonly secondRound?: 'allowed' | 'required';
  /** Further outer addresses of the gateway, announced with MOBIKE (M-4). */
  readonly additionalAddresses: readonly string[];
  /**
   * false: it has never heard of RFC 7427 and signs with method 1 or 9 to 11, as Windows servers do (W-6). Absent:
   * true.
   */
  readonly digitalSignatures?: boolean;
  /** Vendor IDs in its IKE_SA_INIT. */
  readonly vendorIds?: readonly Uint8Array[];
}

export interface ResponderDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly trace: Trace;
  /** A client has proved itself: where its CHILD SAs go, and who hears its events (the first is `established`). */
  readonly accept: (session: IkeSession) => {
    readonly dataPath: DataPath;
    readonly onEvent: (event: IkeSessionEvent) => void;
  };
  readonly isSpiFree?: (spi: number) => boolean;
}

/** Every IKE datagram of the gateway's sockets goes in here; it makes a session a client and finds the right one. */
export interface Responder {
  /** False when the datagram is not IKE for us: ESP, keepalive, noise. */
  receive(datagram: Uint8Array, path: IkePath): boolean;
  /** Authenticated sessions. */
  readonly sessions: readonly IkeSession[];
  readonly halfOpen: number;
  /** DELETE to every client, then forgets all. */
  close(waitMs: number): Promise<void>;
}
