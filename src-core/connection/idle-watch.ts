import type { Timer } from '../ports/clock';
import type { Attempt } from './attempt';
import type { ConnectionContext } from './connection-context';
import { failures } from './failures';

/** How often the counters are looked at, milliseconds: the shortest idle time is a minute. */
const lookMs = 1_000;

/**
 * Disconnects a connection that carries nothing (`dialing.idleSeconds`, error 828). Only packets through the tunnel
 * count: liveness checks
 * (RFC 7296 section 2.4) and NAT keepalives are ours, not the person's. While it is Dormant or waits nothing can pass,
 * so that time does not count;
 * nor does time in which this program stood still.
 */
export class IdleWatch {
  readonly #context: ConnectionContext;
  readonly #attempt: Attempt;
  /** Packets by SPI, both ways. A rekey brings new SPIs with nothing counted: that is no traffic. */
  #counted: ReadonlyMap<string, number> = new Map();
  #idleMs = 0;
  #lookedAt = 0;
  #timer: Timer | null = null;

  constructor(context: ConnectionContext, attempt: Attempt) {
    this.#context = context;
    this.#attempt = attempt;
  }

  /** From when the connection is up until `stop`. */
  start(): void {
    if (this.#context.profile.dialing.idleSeconds === null || this.#attempt.ended) return;
    this.#counted = this.#count();
    this.#idleMs = 0;
    this.#wait();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #wait(): void {
    const { clock } = this.#context.ports;
    this.#lookedAt = clock.now();
    this.#timer = clock.setTimer(lookMs, 'look for traffic', () => this.#look());
  }

  #look(): void {
    const { profile, ports, lost } = this.#context;
    const { idleSeconds } = profile.dialing;
    if (this.#attempt.ended || idleSeconds === null) return;
    const before = this.#counted;
    this.#counted = this.#count();
    const passed = [...this.#counted].some(([spi, packets]) => packets > (before.get(spi) ?? 0));
    const connected = this.#attempt.manager?.state.type === 'Connected';
    this.#idleMs = passed
      ? 0
      : this.#idleMs + (connected ? Math.min(ports.clock.now() - this.#lookedAt, 2 * lookMs) : 0);
    if (this.#idleMs >= idleSeconds * 1000) lost(failures.idle(idleSeconds * 1000), { sayGoodbye: true });
    else this.#wait();
  }

  #count(): ReadonlyMap<string, number> {
    const { session, dataPath } = this.#attempt;
    return new Map(
      (session?.children ?? []).flatMap(({ spiIn, spiOut }) => [
        [`in ${spiIn}`, dataPath.inboundCounters(spiIn)?.packets ?? 0] as const,
        [`out ${spiOut}`, dataPath.outboundCounters(spiOut)?.packets ?? 0] as const,
      ]),
    );
  }
}
