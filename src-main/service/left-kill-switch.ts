import { connectionId } from '../../src-core/connection/connection-id';
import type { ConnectionEnvironment, KillSwitchState } from './environment';

/**
 * The kill switch that a connection left in force: its host was killed, or it failed. It lives in the kernel, whoever
 * set it; this is what this
 * host knows of it. One that belongs to a live connection is not left.
 */
export class LeftKillSwitch {
  readonly #environment: ConnectionEnvironment;
  readonly #changed: () => void;
  #state: KillSwitchState | null = null;

  constructor(environment: ConnectionEnvironment, changed: () => void) {
    this.#environment = environment;
    this.#changed = changed;
  }

  get inForce(): boolean {
    return this.#state !== null;
  }

  /** Is it this connection's? */
  isOf(name: string): boolean {
    return this.#state?.owner === connectionId(name);
  }

  /** Reads it again. What cannot be told without a password leaves things as they were known. */
  async refresh(): Promise<void> {
    const state = await this.#environment.killSwitch().catch(() => 'unknown' as const);
    if (state === 'unknown') return;
    const left = state === null || state.live ? null : state;
    if (left?.owner === this.#state?.owner) return;
    this.#state = left;
    this.#changed();
  }

  /** Addresses of the gateway that it still lets our own packets to; empty where it is another connection's. */
  async addressesFor(name: string): Promise<readonly string[]> {
    await this.refresh();
    return this.isOf(name) ? [...new Set((this.#state?.endpoints ?? []).map(({ address }) => address))] : [];
  }

  /** By a person's wish; null: whosever it is. False: there was none of that connection. Rejects with a VpnError. */
  async lift(name: string | null): Promise<boolean> {
    const lifted = await this.#environment.liftKillSwitch(name === null ? null : connectionId(name));
    this.#state = null;
    await this.refresh();
    this.#changed();
    return lifted;
  }
}
