import { connectionId } from '../../src-core/connection/connection-id';
import { VpnError } from '../../src-core/ports/vpn-error';
import { ProfileStore } from '../../src-core/profiles';
import { findDirectories } from '../service/directories';
import { createProfileFiles } from '../service/profile-files';
import { createLinuxSystem, type KillSwitchInForce } from '../system/linux';
import { CommandError, exitCode } from './exit-codes';

/** The kill switch that a connection left in force; null: none, or it cannot be told without a password. */
export async function leftKillSwitch(): Promise<KillSwitchInForce | null> {
  const state = await createLinuxSystem().killSwitch();
  return state === 'unknown' || state === null || state.live ? null : state;
}

/** The saved connection with this id, for people. */
export async function ownerName(owner: string): Promise<string> {
  const store = new ProfileStore(createProfileFiles(findDirectories().profiles));
  await store.load();
  return store.profiles.find(({ name }) => connectionId(name) === owner)?.name ?? 'a connection that is not saved here';
}

/**
 * Lifts the one that the named connection, or any, left. The name it was of; null: there was none. Throws CommandError
 * 5 when it could not be lifted.
 */
export async function liftLeft(name: string | null): Promise<string | null> {
  const system = createLinuxSystem();
  const state = await system.killSwitch();
  const known = state !== 'unknown';
  if (known && (state === null || state.live || (name !== null && state.owner !== connectionId(name)))) return null;
  // Asking for a password is worth it only for a connection that was named.
  if (!known && name === null) return null;
  try {
    const lifted = await system.lift(name === null ? null : connectionId(name));
    return lifted ? (name ?? (known && state !== null ? await ownerName(state.owner) : 'a connection')) : null;
  } catch (error) {
    if (error instanceof VpnError) throw new CommandError(exitCode.missing, error.message);
    throw error;
  }
}
