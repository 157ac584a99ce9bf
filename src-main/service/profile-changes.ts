import type { Remembered } from '../../src-core/connection/questions';
import { sameProfileName } from '../../src-core/profiles/checks';
import type { Profile } from '../../src-core/profiles/profile';
import type { ProfileStore } from '../../src-core/profiles/store';
import { ApiError } from '../api/service';
import type { Diagnoses } from './diagnoses';
import type { ManagedConnection } from './managed-connection';
import type { ManagedConnections } from './managed-connections';
import { withDecision } from './person';
import type { SecretStore } from './secret-store';

export interface ProfileChangesOptions {
  /** Loaded. */
  readonly profiles: ProfileStore;
  readonly secretStore: SecretStore;
  readonly connections: ManagedConnections;
  readonly diagnoses: Diagnoses;
  /** A connection for a profile that was just saved. */
  readonly create: (profile: Profile) => ManagedConnection;
}

/** What a person changes of the saved connections. The file is written first: what cannot be saved changes nothing. */
export class ProfileChanges {
  readonly #options: ProfileChangesOptions;
  /** The decisions on their way to the disk, one after the other: each file begins with what the one before left. */
  #remembering: Promise<unknown> = Promise.resolve();

  constructor(options: ProfileChangesOptions) {
    this.#options = options;
  }

  /** `previousName` null: a new one. Throws ApiError naming the field. */
  async save(profile: Profile, previousName: string | null): Promise<void> {
    const { connections, profiles, secretStore, diagnoses } = this.#options;
    const previous = previousName === null ? null : connections.require(previousName, 'previousName');
    if (previous !== null) this.#mustBeChangeable(previous, profile.name);
    const taken = connections.find(profile.name);
    if (taken !== null && taken !== previous) throw new ApiError('refused', 'failure.name-taken', 'profile.name');
    const saved = await profiles.save(profile, previousName);
    if (!saved.ok) {
      const field = saved.path === 'previousName' ? saved.path : `profile.${saved.path}`;
      throw new ApiError(
        saved.reason === 'not-found' ? 'not-found' : 'invalid-argument',
        'failure.profile-wrong',
        field,
        { key: saved.path === '' ? 'The connection' : saved.path, problem: saved.text },
      );
    }
    if (previous === null) {
      connections.add(this.#options.create(saved.profile), 'first');
      return;
    }
    const { name } = previous;
    diagnoses.forget(name);
    previous.replaceProfile(saved.profile);
    if (name !== saved.profile.name) secretStore.rename(name, saved.profile.name);
  }

  /** With its secrets. Throws ApiError. */
  async remove(connection: ManagedConnection): Promise<void> {
    const { connections, profiles, secretStore, diagnoses } = this.#options;
    const { name } = connection;
    if (connection.kind === 'demo') throw new ApiError('refused', 'failure.demo-belongs', 'name');
    if (connection.isLive) throw new ApiError('busy', 'failure.remove-disconnect-first', 'name');
    if (connection.isBlocked) throw new ApiError('busy', 'failure.unblock-first', 'name');
    // First what nobody would look for any more.
    secretStore.forget(name);
    await profiles.remove(name);
    diagnoses.forget(name);
    connection.close();
    connections.remove(connection);
  }

  /**
   * What the person decided while connecting: in the profile of this host at once and, where it is saved, in its file,
   * there without what only this host
   * was told (a user name of the command line). Resolves with what prevented that.
   */
  async remember(connection: ManagedConnection, what: Remembered): Promise<string | null> {
    connection.amendProfile(withDecision(connection.profile, what));
    const saving = this.#remembering.then(() => this.#write(connection, what));
    this.#remembering = saving;
    return saving;
  }

  /**
   * Resolves when every decision so far is on the disk or was found not to get there. Whoever ends the host waits for
   * it: what a person accepted is not asked again.
   */
  async remembered(): Promise<void> {
    await this.#remembering;
  }

  async #write(connection: ManagedConnection, what: Remembered): Promise<string | null> {
    const { profiles } = this.#options;
    const saved = connection.kind === 'saved' ? profiles.find(connection.name) : null;
    if (saved === null) return null;
    return profiles.save(withDecision(saved, what), saved.name).then(
      (result) => (result.ok ? null : `${result.path} ${result.text}.`),
      (error: unknown) => (error instanceof Error ? error.message : 'unknown reason.'),
    );
  }

  #mustBeChangeable(connection: ManagedConnection, newName: string): void {
    if (connection.kind !== 'saved') throw new ApiError('refused', 'failure.demo-fixed', 'previousName');
    if (connection.isLive) throw new ApiError('busy', 'failure.change-disconnect-first', 'previousName');
    // The kill switch in the kernel carries the name of its connection.
    if (connection.isBlocked && !sameProfileName(connection.name, newName))
      throw new ApiError('busy', 'failure.unblock-first', 'previousName');
  }
}
