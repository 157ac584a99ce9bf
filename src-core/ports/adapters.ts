export type AdapterKind = 'ethernet' | 'wifi' | 'mobile' | 'virtual' | 'loopback' | 'other';

export interface AdapterAddress {
  readonly address: string;
  readonly prefixLength: number;
  readonly family: 4 | 6;
  readonly scope: 'global' | 'link' | 'host';
  /** RFC 8981 temporary address: a poor origin address, it will go away. */
  readonly temporary: boolean;
  /** Usable as a source now: not tentative, not deprecated, not duplicated. */
  readonly usable: boolean;
}

/** A network adapter as the system sees it now. Our own tunnel adapters never appear here. */
export interface Adapter {
  /** Kernel name, unique: "eth0". */
  readonly name: string;
  readonly index: number;
  readonly kind: AdapterKind;
  /** What people read: "Ethernet", "Wi-Fi"; the kernel name where nothing better is known. */
  readonly label: string;
  /** Administratively up. */
  readonly up: boolean;
  /** A cable or an association is there (IFF_LOWER_UP). Pulled cable: up stays true, carrier goes false. */
  readonly carrier: boolean;
  readonly mtu: number;
  readonly addresses: readonly AdapterAddress[];
}

/** The kernel's own answer to "how would a packet to there leave". */
export interface RouteAnswer {
  readonly adapter: string;
  readonly source: string;
  readonly nextHop: string | null;
  /** Configured for the route; null: none is. What the kernel learned of unauthenticated ICMP does not count. */
  readonly mtu: number | null;
}

export interface RouteQuestion {
  readonly destination: string;
  /** Only by this adapter. */
  readonly adapter?: string;
  /** Only from this source address. */
  readonly source?: string;
}

/** Adapters, addresses and routes of the physical side. */
export interface Adapters {
  snapshot(): readonly Adapter[];
  /**
   * Calls `listener` after adapters, addresses or routes changed; events that the kernel reported
   * together arrive together. It says only that something changed: read `snapshot`. Returns the unsubscribe function.
   */
  watch(listener: () => void): () => void;
  /** Never answers through our own tunnel. null: no route. */
  lookupRoute(question: RouteQuestion): RouteAnswer | null;
}

/** Names to addresses, through the physical network. */
export interface Resolver {
  /**
   * All IPv6 and IPv4 addresses, in the system's order. An address in text form answers itself. Rejects when the name
   * has none.
   */
  resolve(host: string): Promise<readonly string[]>;
}
