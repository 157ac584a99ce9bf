import { chmodSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { ApiError } from '../api/service';
import { onFile } from './file-problem';

/**
 * Where things live by the XDG Base Directory Specification 0.8. Relative values of the variables are ignored, as it
 * says.
 */
export interface Directories {
  readonly profiles: string;
  readonly secrets: string;
  readonly state: string;
  readonly runtime: string;
}

const folder = 'agile-vpn';

export function findDirectories(env: NodeJS.ProcessEnv = process.env): Directories {
  const home = env['HOME'] ?? homedir();
  const base = (variable: string, fallback: string): string => {
    const value = env[variable];
    return value !== undefined && isAbsolute(value) ? value : fallback;
  };
  const config = join(base('XDG_CONFIG_HOME', join(home, '.config')), folder);
  return {
    profiles: join(config, 'profiles'),
    secrets: join(base('XDG_DATA_HOME', join(home, '.local', 'share')), folder),
    state: join(base('XDG_STATE_HOME', join(home, '.local', 'state')), folder),
    runtime: join(base('XDG_RUNTIME_DIR', runtimeFallback()), folder),
  };
}

function runtimeFallback(): string {
  const uid = process.getuid?.() ?? 0;
  const system = `/run/user/${uid}`;
  try {
    if (statSync(system).uid === uid) return system;
  } catch {
    // No session manager: a folder of our own in the temporary directory.
  }
  return join(tmpdir(), `${folder}-${uid}`);
}

/**
 * Makes a folder that only this user can look into. Throws ApiError naming it, where another user owns it or it is a
 * link, say.
 */
export function makePrivate(path: string): void {
  onFile(path, () => secure(path));
}

function secure(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const found = lstatSync(path);
  if (!found.isDirectory() || (process.getuid !== undefined && found.uid !== process.getuid()))
    throw new ApiError('refused', 'failure.file.foreign-folder', null, { path });
  // One that was there before may have been made with another umask.
  if ((found.mode & 0o077) !== 0) chmodSync(path, 0o700);
}
