import type { DatagramSocket, SocketAddress } from './datagrams';

/** Inclusive range, RFC 7296 section 3.13.1. Addresses in text form, both of one family. protocol 0 = any. */
export interface TrafficSelector {
  readonly family: 4 | 6;
  readonly protocol: number;
  readonly startPort: number;
  readonly endPort: number;
  readonly startAddress: string;
  readonly endAddress: string;
}

export type EspCipher = 'aes-gcm-16' | 'chacha20-poly1305' | 'aes-cbc' | 'null';
export type EspIntegrity = 'hmac-sha1-96' | 'hmac-sha2-256-128' | 'hmac-sha2-384-192' | 'hmac-sha2-512-256';

export interface EspSuite {
  readonly cipher: EspCipher;
  /** 128, 192 or 256 for AES; 256 for ChaCha20; 0 for NULL. */
  readonly keyBits: number;
  /** null exactly for the AEAD ciphers. */
  readonly integrity: EspIntegrity | null;
  readonly esn: boolean;
}

/** One direction of a CHILD SA as the data path needs it. */
export interface EspSa {
  readonly spi: number;
  readonly suite: EspSuite;
  /**
   * Cipher key followed by the 4 octet salt for the AEAD ciphers (RFC 4106 section 8.1). The data path keeps its own
   * copy; the caller wipes this one.
   */
  readonly encryptionKey: Uint8Array;
  /** Empty for the AEAD ciphers. */
  readonly integrityKey: Uint8Array;
  /** Our side of the tunnel. Outbound: the inner source must match; inbound: the inner destination. */
  readonly localSelectors: readonly TrafficSelector[];
  /** The far side. */
  readonly remoteSelectors: readonly TrafficSelector[];
}

/**
 * Where outbound ESP leaves and where it goes. Inbound ESP is accepted by SPI and ICV on every socket given so far
 * (C-45).
 */
export interface OuterPath {
  readonly socket: DatagramSocket;
  readonly remote: SocketAddress;
}

export interface SaCounters {
  readonly bytes: number;
  readonly packets: number;
  /** Clock.now() of the last authenticated (inbound) or sent (outbound) packet; null when none yet. */
  readonly lastPacketAt: number | null;
  readonly droppedReplay: number;
  readonly droppedAuth: number;
  readonly droppedPolicy: number;
  readonly droppedMalformed: number;
  /** Next sequence number outbound, highest authenticated inbound. bigint: 64 bits with ESN. */
  readonly sequence: bigint;
}

export type DataPathEvent =
  /** Outbound sequence numbers near their end: rekey (RFC 4303 section 3.3.3; soft limit 75 %). */
  | { readonly type: 'sequence-soft-limit'; readonly spi: number }
  /** The SA stopped sending: its last sequence number is used. */
  | { readonly type: 'sequence-hard-limit'; readonly spi: number }
  /** The kernel refused to send on the current path. At most one a second for the same code. */
  | { readonly type: 'send-error'; readonly code: string; readonly mtu: number | null }
  /** ESP arrived for an SPI that is not ours, at most one a second. Hint only. */
  | { readonly type: 'unknown-spi'; readonly spi: number };

/** What a capture gets of a data path. */
export interface TappedPacket {
  /** `inner`: an IP packet inside of the tunnel. `outer`: an ESP packet, without IP and UDP header. */
  readonly kind: 'inner' | 'outer';
  readonly direction: 'sent' | 'received';
  /** Wall-clock milliseconds, fractional. */
  readonly at: number;
  readonly bytes: Uint8Array;
  /** The path in use, for its addresses. */
  readonly path: OuterPath | null;
  /** Packets that were not copied since the capture began, because too many waited. */
  readonly dropped: number;
}

/**
 * The inner side: IP packets of this computer in, decrypted packets out. In normal operation a TUN
 * descriptor that only the native data path reads; in the demo and in tests an object in this process.
 */
export interface TunnelDevice {
  readonly name: string;
  /** The TUN descriptor, or null where there is none. */
  readonly fd: number | null;
  /** Packets towards the tunnel. The TypeScript data path uses it; the native one reads `fd` itself. */
  onPacket(listener: (packet: Uint8Array) => void): void;
  /** A decrypted packet for this computer. */
  write(packet: Uint8Array): void;
  close(): void;
}

/**
 * Moves the packets of one connection. Two implementations with one behaviour: the TypeScript reference
 * in src-core/esp and the native one, whose threads touch every packet so that JavaScript touches none.
 */
export interface DataPath {
  attachTunnel(device: TunnelDevice): void;
  /**
   * The SPI was proposed to the peer, which may send with it before its answer was understood: packets for it wait (a
   * bounded number, the newest
   * dropped) for `installInbound`, and go with `removeInbound`. Nothing of them is looked at before that.
   */
  expectInbound(spi: number): void;
  /** Packets arriving for this SPI are accepted from now on, those that waited for it first. */
  installInbound(sa: EspSa): void;
  /** The newest outbound SA whose selectors match carries a packet; older ones stay until removed. */
  installOutbound(sa: EspSa): void;
  /** Unknown SPIs are ignored. Keys are wiped. */
  removeInbound(spi: number): void;
  removeOutbound(spi: number): void;
  /**
   * Moves outbound ESP to another path between two packets (docs/data-path.md 6.5); SAs, sequence numbers and windows stay.
   * null is Dormant: packets from the tunnel are held (a bounded number, oldest dropped) and leave on the next path;
   * none goes around the tunnel.
   */
  setPath(path: OuterPath | null): void;
  /** An ESP datagram that reached JavaScript. Never called with what a native socket consumed. */
  receive(datagram: Uint8Array, from: SocketAddress): void;
  /** Inner MTU for packet-too-big answers, octets. */
  setInnerMtu(mtu: number): void;
  inboundCounters(spi: number): SaCounters | null;
  outboundCounters(spi: number): SaCounters | null;
  /** Clock.now() when anything last left on the current path; drives the NAT keepalive (E-22). null: never. */
  lastSentAt(): number | null;
  onEvent(listener: (event: DataPathEvent) => void): void;
  /**
   * Copies of every packet for a capture, while there is a listener; they may come a little later than they went.
   * Absent where the packets pass through
   * JavaScript anyway and can be watched at socket and device.
   */
  tap?(listener: ((packet: TappedPacket) => void) | null): void;
  /** Wipes every key, closes nothing it was handed. */
  close(): void;
}
