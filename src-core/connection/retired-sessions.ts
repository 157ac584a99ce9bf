import type { IkePath, IkeSession } from '../ikev2/session';
import type { Clock, Timer } from '../ports/clock';

/**
 * Both IKE SAs are there for so long, milliseconds: packets under way arrive, and the gateway has moved to the new one
 * (RFC 7296 section 2.8.3).
 */
const overlapMs = 1_000;
/** Nobody waits for the answer to their DELETE, so it may be lost a few times; milliseconds. */
const goodbyeMs = 10_000;
/** The successor waits for the answer to the DELETE of one that leaves, which frees its address; milliseconds. */
const leaveMs = 500;

/** IKE SAs that a newer one of the same connection has replaced: they hear a moment longer, then DELETE is sent. */
export class RetiredSessions {
  readonly #clock: Clock;
  readonly #sessions = new Map<IkeSession, Timer | null>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `currentPath`: where the connection is when the time has come. */
  add(session: IkeSession, currentPath: () => IkePath | null): void {
    session.retire();
    const timer = this.#clock.setTimer(overlapMs, 'old IKE SA', () => {
      this.#sessions.set(session, null);
      // The connection may have roamed meanwhile: the goodbye goes by the way that works.
      void this.#close(session, goodbyeMs, currentPath());
    });
    this.#sessions.set(session, timer);
  }

  /** Says goodbye by `path` before there is a successor. Resolves when the peer has answered, or soon without it. */
  leave(session: IkeSession, path: IkePath): Promise<void> {
    session.retire();
    this.#sessions.set(session, null);
    return this.#close(session, leaveMs, path);
  }

  async #close(session: IkeSession, waitMs: number, path: IkePath | null): Promise<void> {
    await (path === null ? session.close(waitMs) : session.close(waitMs, path));
    this.#sessions.delete(session);
  }

  /** False: not for any of them. */
  receive(datagram: Uint8Array, path: IkePath): boolean {
    for (const session of this.#sessions.keys()) if (session.receive(datagram, path)) return true;
    return false;
  }

  /** Whether none of them uses this inbound SPI. */
  isSpiFree(spi: number): boolean {
    return [...this.#sessions.keys()].every(({ children }) => children.every((child) => child.spiIn !== spi));
  }

  /** Those that have not said goodbye do so now. Resolves when all are gone. */
  async close(waitMs: number): Promise<void> {
    const sessions = [...this.#sessions];
    this.#sessions.clear();
    await Promise.all(
      sessions.map(([session, timer]) => {
        timer?.cancel();
        return session.close(waitMs);
      }),
    );
  }

  abandon(): void {
    for (const [session, timer] of this.#sessions) {
      timer?.cancel();
      session.abandon();
    }
    this.#sessions.clear();
  }
}
