import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import {
  importProfiles,
  ProfileStore,
  type ImportedSecrets,
  type ImportLine,
  type Profile,
} from '../../src-core/profiles';
import type { SecretKind } from '../../src-core/ports/secrets';
import { ApiError } from '../api/service';
import { createService, type RunningService } from '../service/create-service';
import { findDirectories } from '../service/directories';
import { createProfileFiles } from '../service/profile-files';
import { FileSecretStore, SessionSecretStore } from '../service/secret-store';
import { readBeside, readSmallFile } from '../service/small-file';
import type { Arguments } from './arguments';
import { CommandError, exitCode } from './exit-codes';
import type { Output } from './output';
import { createPerson } from './person';

interface Chosen {
  readonly profile: Profile;
  readonly secrets: ImportedSecrets;
  readonly saved: boolean;
}

export function lineText(line: ImportLine): string {
  return `${line.outcome.padEnd(10)} ${line.key}: ${line.text}`;
}

/** A saved connection, else the only connection of a file. Throws CommandError 2. */
async function chooseProfile(text: string, store: ProfileStore, output: Output): Promise<Chosen> {
  const saved = store.find(text);
  if (saved !== null) return { profile: saved, secrets: {}, saved: true };
  if (!existsSync(text))
    throw new CommandError(exitCode.badInput, `There is no saved connection and no file named ${text}.`);
  // In this thread: no tunnel lives in this process yet that could be held up.
  const imported = await importProfiles({ name: basename(text), content: readInput(text) }, (name) =>
    Promise.resolve(readBeside(text, name)),
  );
  const [first, ...others] = imported;
  if (first === undefined || first.profile === null) {
    for (const line of first?.lines ?? []) if (line.outcome === 'wrong') output.note(lineText(line));
    throw new CommandError(exitCode.badInput, `${text} is not a connection that can be used.`);
  }
  if (others.length > 0)
    throw new CommandError(
      exitCode.badInput,
      `${text} holds ${imported.length} connections: ${imported.map((entry) => entry.name ?? '?').join(', ')}. Import it, then connect by name.`,
    );
  for (const line of first.lines) if (line.outcome === 'ignored') output.note(lineText(line));
  return { profile: first.profile, secrets: first.secrets, saved: false };
}

/** Throws CommandError 2 when it cannot be read. */
export function readInput(path: string): Uint8Array {
  try {
    return readSmallFile(path);
  } catch (error) {
    throw error instanceof ApiError ? new CommandError(exitCode.badInput, error.message) : error;
  }
}

export interface ProfileHost {
  readonly host: RunningService;
  readonly profile: Profile;
}

/** A host for PROFILE, with whoever answers what the profile lacks. Throws CommandError 2. */
export async function openProfileHost({ names, flags, values }: Arguments, output: Output): Promise<ProfileHost> {
  const directories = findDirectories();
  const store = new ProfileStore(createProfileFiles(directories.profiles));
  await store.load();
  const chosen = await chooseProfile(names[0]!, store, output);
  const username = values['username'] ?? null;
  const profile: Profile =
    username === null
      ? chosen.profile
      : { ...chosen.profile, authentication: { ...chosen.profile.authentication, username } };
  const person = createPerson({
    username,
    passwordFile: values['password-file'] ?? null,
    passwordStdin: flags['password-stdin'] === true,
    pinFile: values['pin-file'] ?? null,
  });
  const host = await createService({
    host: 'browser',
    demo: 'off',
    askPerson: person,
    onProblem: output.note,
    createSecretStore: (_, onProblem) => {
      const secrets = chosen.saved ? new FileSecretStore(directories.secrets, onProblem) : new SessionSecretStore();
      if (!chosen.saved)
        for (const [kind, secret] of Object.entries(chosen.secrets))
          secrets.set(profile.name, kind as SecretKind, { username: profile.authentication.username, secret });
      return secrets;
    },
  });
  host.service.useProfile(profile);
  return { host, profile };
}
