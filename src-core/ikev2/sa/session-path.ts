import type { DataPath } from '../../ports/data-path';
import type { SocketAddress } from '../../ports/datagrams';
import type { IkePath } from '../session';
import { endpointText } from './ike-path';
import { PathProbe } from './path-probe';
import type { Timers } from './timers';

/** Addresses from which IKE messages of the peer are accepted. */
const maxKnownRemotes = 32;

export interface SessionPathHost {
  readonly timers: Timers;
  readonly dataPath: DataPath | null;
  /** The peer proved itself: traffic may go. */
  readonly movesTraffic: boolean;
  /** Sends a liveness check, or the waiting request again. */
  ask(): void;
  /** Nothing is repeated until there is a path again. */
  pause(): void;
}

/**
 * Where a session sends: one path, several while it probes, none while it is held; and where its peer may send from
 * (C-45).
 */
export class SessionPath {
  readonly #host: SessionPathHost;
  /** Endpoints the peer was talked to at, the oldest first. */
  readonly #knownRemotes = new Set<string>();
  #current: IkePath | null = null;
  #held = false;
  #probe: PathProbe | null = null;

  constructor(host: SessionPathHost) {
    this.#host = host;
  }

  get current(): IkePath | null {
    return this.#current;
  }

  get isHeld(): boolean {
    return this.#held;
  }

  get isProbing(): boolean {
    return this.#probe !== null;
  }

  /** Where requests go now. */
  get forRequests(): readonly IkePath[] {
    if (this.#probe !== null) return this.#probe.paths;
    return this.#held || this.#current === null ? [] : [this.#current];
  }

  /** Takes a path without telling the peer. */
  adopt(path: IkePath): void {
    this.#current = path;
    this.#held = false;
    this.#know(path.remote);
    // Before the peer is authenticated, traffic goes nowhere, and that of an older session stays where it is (M-18).
    if (this.#host.movesTraffic) this.#host.dataPath?.setPath({ socket: path.socket, remote: path.remote });
  }

  hold(): void {
    this.#held = true;
    this.#host.pause();
    this.#host.dataPath?.setPath(null);
  }

  isKnownRemote(remote: SocketAddress): boolean {
    return this.#knownRemotes.has(endpointText(remote));
  }

  /** Asks over all of them at once; the pair of the first answer, or null after `timeoutMs` (M-16). */
  probe(paths: readonly IkePath[], timeoutMs: number): Promise<IkePath | null> {
    this.endProbe();
    for (const path of paths) this.#know(path.remote);
    return new Promise((resolve) => {
      const probe = new PathProbe(
        this.#host.timers,
        paths,
        timeoutMs,
        () => this.#host.ask(),
        (found) => {
          if (this.#probe === probe) this.#probe = null;
          if (this.#held) this.#host.pause();
          resolve(found);
        },
      );
      this.#probe = probe;
      probe.start();
    });
  }

  /** Something we asked was answered on `path`. */
  answered(path: IkePath): void {
    this.#probe?.answered(path);
  }

  endProbe(): void {
    this.#probe?.end(null);
  }

  #know(remote: SocketAddress): void {
    const key = endpointText(remote);
    this.#knownRemotes.delete(key);
    this.#knownRemotes.add(key);
    for (const oldest of this.#knownRemotes) {
      if (this.#knownRemotes.size <= maxKnownRemotes) break;
      this.#knownRemotes.delete(oldest);
    }
  }
}
