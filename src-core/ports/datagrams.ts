/** An IP address in text form ("192.0.2.1", "2001:db8::1", no zone, no brackets) and a UDP port (0..65535). */
export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

export interface DatagramSocketOptions {
  /** Kernel name of the adapter the socket is bound to (SO_BINDTODEVICE), or null for none (loopback demo). */
  readonly adapter: string | null;
  /** Source address. */
  readonly localAddress: string;
  /** 0 or absent: ephemeral. Clients use one ephemeral socket for the peer ports 500 and 4500 (C-44). */
  readonly localPort?: number;
}

/** `sent`, or the name of the system error ("ENETUNREACH", "EMSGSIZE", "ENODEV", …). UDP gives no other promise. */
export type SendResult = 'sent' | (string & {});

/**
 * One UDP socket on one path. IKE and ESP share it.
 * What the data path consumed itself (ESP in the native one) never reaches `onDatagram`.
 */
export interface DatagramSocket {
  readonly adapter: string | null;
  readonly local: SocketAddress;
  /** Sends one datagram, markers included. Routers may divide it where IP lets them (IPv4). Never throws. */
  send(datagram: Uint8Array, to: SocketAddress): SendResult;
  /**
   * Sends one datagram as one IP packet that nobody may divide, for a question that is about its size. `EMSGSIZE`: the
   * adapter takes less. `EOPNOTSUPP`: this socket cannot forbid it. Never throws.
   */
  sendWhole(datagram: Uint8Array, to: SocketAddress): SendResult;
  /**
   * IPv6: whether this computer divides what is larger than the kernel knows to pass on the way, ESP of a native data
   * path included; at first it does not. IPv4 sockets ignore it: routers divide there.
   */
  allowFragments(allow: boolean): void;
  /** One listener at most; a later call replaces the earlier one. The buffer belongs to the listener. */
  onDatagram(listener: (datagram: Uint8Array, from: SocketAddress) => void): void;
  /** Errors the kernel reports for the path (ICMP unreachable, too big): hints only, never proof. */
  onError(listener: (code: string, mtu: number | null) => void): void;
  /** Idempotent. */
  close(): void;
}

export interface Datagrams {
  /** Rejects with an Error whose `code` is the system error's name. */
  open(options: DatagramSocketOptions): Promise<DatagramSocket>;
}
