/**
 * What lies behind an adapter, as one request for a well-known page shows: the page itself, somebody who wants a
 * sign-in first (RFC 8952), or nothing.
 */
export type Connectivity = 'internet' | 'captive-portal' | 'no-internet';

export interface ConnectivityQuestion {
  /** Kernel name; the request leaves here and nowhere else. */
  readonly adapter: string;
  /** Origin address on that adapter. */
  readonly source: string;
  /** `http:` only: a portal cannot answer in the name of an https site. */
  readonly url: string;
}

/** Asks the physical network past every tunnel of ours. */
export interface ConnectivityProbe {
  /** Resolves within ten seconds and never rejects. */
  probe(question: ConnectivityQuestion): Promise<Connectivity>;
}
