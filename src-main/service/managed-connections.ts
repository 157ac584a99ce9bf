import type { StatusObject } from '../../src-core/connection/status';
import { sameProfileName } from '../../src-core/profiles/checks';
import type { Profile } from '../../src-core/profiles/profile';
import { ApiError } from '../api/service';
import type { ConnectionEnvironment } from './environment';
import type { ManagedConnection } from './managed-connection';

/** The connections of a host, in the order in which a person sees them. */
export class ManagedConnections {
  readonly #all: ManagedConnection[] = [];

  [Symbol.iterator](): IterableIterator<ManagedConnection> {
    return [...this.#all].values();
  }

  get profiles(): readonly Profile[] {
    return this.#all.map(({ profile }) => profile);
  }

  get statuses(): readonly StatusObject[] {
    return this.#all.map(({ status }) => status);
  }

  find(name: string): ManagedConnection | null {
    return this.#all.find((each) => sameProfileName(each.name, name)) ?? null;
  }

  /** Throws ApiError naming `field`. */
  require(name: string, field = 'name'): ManagedConnection {
    const found = this.find(name);
    if (found === null) throw new ApiError('not-found', 'failure.connection-gone', field);
    return found;
  }

  /** The live ones; `name`: that one, where it is. */
  live(name: string | null): readonly ManagedConnection[] {
    return this.named(name).filter(({ isLive }) => isLive);
  }

  /** All of them, or the one of this name. */
  named(name: string | null): readonly ManagedConnection[] {
    return this.#all.filter((each) => name === null || sameProfileName(each.name, name));
  }

  add(connection: ManagedConnection, at: 'first' | 'last' = 'last'): void {
    if (at === 'first') this.#all.unshift(connection);
    else this.#all.push(connection);
  }

  remove(connection: ManagedConnection): void {
    const index = this.#all.indexOf(connection);
    if (index >= 0) this.#all.splice(index, 1);
  }

  /** A name that neither the system nor another connection of this host uses. */
  freeTunnelName(environment: ConnectionEnvironment): string {
    return environment.nextTunnelName(
      new Set(this.#all.flatMap(({ tunnelName }) => (tunnelName === null ? [] : [tunnelName]))),
    );
  }
}
