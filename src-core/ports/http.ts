export interface HttpRequest {
  /** http only. */
  readonly url: string;
  /** null: GET; else POST. */
  readonly body: Uint8Array | null;
  /** Of the body. */
  readonly contentType: string | null;
  /** More is an error, octets. */
  readonly mostOctets: number;
  /** For name, connection and answer together, milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Small documents over plain http through the physical network, never through a tunnel of ours: what is fetched decides
 * whether there may be one.
 */
export interface Http {
  /** The body of a 200. No redirect is followed. Rejects with an Error that says in words what went wrong. */
  fetch(request: HttpRequest): Promise<Uint8Array>;
}
