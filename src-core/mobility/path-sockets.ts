import type { Clock, Timer } from '../ports/clock';
import type { DatagramSocket, Datagrams, SocketAddress } from '../ports/datagrams';
import type { PathCandidate } from './path-candidates';

export interface PathSocketsOptions {
  readonly clock: Clock;
  readonly datagrams: Datagrams;
  /** Everything that arrives on any of the sockets. */
  readonly onDatagram: (datagram: Uint8Array, from: SocketAddress, socket: DatagramSocket) => void;
  /** What the kernel says about a path; a hint. */
  readonly onError: (code: string, mtu: number | null, socket: DatagramSocket) => void;
  /** A socket became ready or failed: look at the candidates again. */
  readonly onReadiness: () => void;
}

export type SocketReadiness =
  | { readonly state: 'ready'; readonly socket: DatagramSocket }
  | { readonly state: 'opening' }
  | { readonly state: 'failed'; readonly code: string };

interface Entry {
  readiness: SocketReadiness;
  /** A result for an older attempt is closed unseen. */
  attempt: number;
}

/** Retries of a socket that could not be opened: an address may still be tentative. */
const retryMs = 500;
/** More origin addresses than any computer uses; the rest stays unopened. */
const mostSockets = 32;

/**
 * One open socket for each origin address that could carry the tunnel, so that a move never waits for one to be opened.
 * A socket stays while its adapter and address exist, also through a pulled cable; it is closed when they are gone.
 */
export class PathSockets {
  readonly #options: PathSocketsOptions;
  readonly #entries = new Map<string, Entry>();
  #attempts = 0;
  #retry: Timer | null = null;
  #wanted: readonly PathCandidate[] = [];
  #closed = false;

  constructor(options: PathSocketsOptions) {
    this.#options = options;
  }

  static key(path: Pick<PathCandidate, 'adapter' | 'adapterIndex' | 'source'>): string {
    return `${path.adapterIndex} ${path.adapter} ${path.source}`;
  }

  readiness(path: PathCandidate): SocketReadiness {
    return this.#entries.get(PathSockets.key(path))?.readiness ?? { state: 'opening' };
  }

  /** Opens what is missing for usable candidates and closes what no candidate names any more, except `keep`. */
  update(candidates: readonly PathCandidate[], keep: readonly PathCandidate[]): void {
    if (this.#closed) return;
    this.#wanted = candidates;
    const wanted = [...candidates.filter((entry) => entry.source !== ''), ...keep];
    const named = new Set(wanted.map((entry) => PathSockets.key(entry)));
    for (const [key, entry] of this.#entries) {
      if (named.has(key)) continue;
      this.#entries.delete(key);
      if (entry.readiness.state === 'ready') entry.readiness.socket.close();
    }
    for (const candidate of candidates) {
      if (candidate.usable && !this.#entries.has(PathSockets.key(candidate)) && this.#entries.size < mostSockets)
        void this.#open(candidate);
    }
  }

  /** Opens the socket of one pair, or hands out the one that is open. Rejects with the system's error. */
  async open(candidate: PathCandidate): Promise<DatagramSocket> {
    const known = this.#entries.get(PathSockets.key(candidate));
    if (known?.readiness.state === 'ready') return known.readiness.socket;
    const entry = await this.#open(candidate);
    if (entry.readiness.state === 'ready') return entry.readiness.socket;
    throw Object.assign(new Error(`no socket on ${candidate.adapter} ${candidate.source}`), {
      code: entry.readiness.state === 'failed' ? entry.readiness.code : 'ECANCELED',
    });
  }

  close(): void {
    this.#closed = true;
    this.#retry?.cancel();
    for (const entry of this.#entries.values()) if (entry.readiness.state === 'ready') entry.readiness.socket.close();
    this.#entries.clear();
  }

  async #open(candidate: PathCandidate): Promise<Entry> {
    const key = PathSockets.key(candidate);
    const entry: Entry = this.#entries.get(key) ?? { readiness: { state: 'opening' }, attempt: 0 };
    const attempt = ++this.#attempts;
    entry.attempt = attempt;
    entry.readiness = { state: 'opening' };
    this.#entries.set(key, entry);
    try {
      const socket = await this.#options.datagrams.open({ adapter: candidate.adapter, localAddress: candidate.source });
      if (this.#closed || this.#entries.get(key) !== entry || entry.attempt !== attempt) {
        socket.close();
        return entry;
      }
      socket.onDatagram((datagram, from) => this.#options.onDatagram(datagram, from, socket));
      socket.onError((code, mtu) => this.#options.onError(code, mtu, socket));
      entry.readiness = { state: 'ready', socket };
    } catch (error) {
      if (this.#closed || entry.attempt !== attempt) return entry;
      const code =
        error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'EUNKNOWN';
      entry.readiness = { state: 'failed', code };
      this.#retryLater();
    }
    this.#options.onReadiness();
    return entry;
  }

  #retryLater(): void {
    this.#retry ??= this.#options.clock.setTimer(retryMs, 'open a socket again', () => {
      this.#retry = null;
      for (const candidate of this.#wanted) {
        if (candidate.usable && this.#entries.get(PathSockets.key(candidate))?.readiness.state === 'failed')
          void this.#open(candidate);
      }
    });
  }
}
