import type { IkePath, IkeSession } from '../ikev2/session';
import type { Clock, Timer } from '../ports/clock';

/**
 * Both IKE SAs are there for so long, milliseconds: packets under way arrive, and the gateway has moved to the new one
 * (RFC 7296 section 2.8.3).
 */
const overlapMs = 1_000;
/** Nobody waits for the answer to their DELETE, so it may be lost a few times; milliseconds. */
const goodbyeMs = 10_000;

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
      const path = currentPath();
      // The connection has roamed meanwhile: the goodbye goes by the way that works.
      if (
        path !== null &&
        (path.socket !== session.path?.socket || path.remote.address !== session.path.remote.address)
      )
        session.setPath(path);
      session.close(goodbyeMs).then(
        () => this.#sessions.delete(session),
        () => this.#sessions.delete(session),
      );
    });
    this.#sessions.set(session, timer);
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
