import { VpnError } from '../../src-core/ports/vpn-error';
import { ApiError } from '../api/service';
import type { LeftKillSwitch } from './left-kill-switch';
import type { ManagedConnection } from './managed-connection';
import type { ManagedConnections } from './managed-connections';

/**
 * A kill switch that was left in force, seen from the connections of this host: whose it is, whom it stops, who lifts
 * it.
 */
export class KillSwitches {
  readonly #left: LeftKillSwitch;
  readonly #connections: ManagedConnections;

  constructor(left: LeftKillSwitch, connections: ManagedConnections) {
    this.#left = left;
    this.#connections = connections;
  }

  /** One that none of the connections here left. */
  get stray(): boolean {
    return this.#left.inForce && ![...this.#connections].some(({ name }) => this.#left.isOf(name));
  }

  /** Reads it again, without waiting for the answer. */
  refresh(): void {
    void this.#left.refresh();
  }

  /** It is another, or gone. */
  changed(): void {
    for (const connection of this.#connections) connection.leftChanged();
  }

  /** Why this connection cannot begin: another's kill switch holds its packets. */
  async stops({ name, kind }: ManagedConnection): Promise<VpnError | null> {
    if (kind === 'demo') return null;
    const isAnothers = (): boolean => this.#left.inForce && !this.#left.isOf(name);
    if (!isAnothers()) return null;
    await this.#left.refresh();
    if (!isAnothers()) return null;
    const other = [...this.#connections].find((each) => this.#left.isOf(each.name))?.name;
    return new VpnError(
      'PORT_NOT_AVAILABLE',
      `Traffic is blocked by the kill switch of ${other ?? 'another connection'}. Disconnect that one first.`,
    );
  }

  /** By a person's wish; null: whosever it is. Throws ApiError. */
  async lift(name: string | null): Promise<void> {
    await this.#left.lift(name).catch((error: unknown) => {
      throw new ApiError('refused', 'failure.not-unblocked', 'name', {
        problem: error instanceof VpnError ? error.message : String(error),
      });
    });
    for (const connection of this.#connections.named(name)) connection.lifted();
  }
}
