import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { StatusObject } from '../../src-core/connection/status';
import { VpnError } from '../../src-core/ports/vpn-error';
import { importProfiles, ProfileStore, type ImportedSecrets, type ImportLine, type Profile } from '../../src-core/profiles';
import type { SecretKind } from '../../src-core/ports/secrets';
import { createService } from '../service/create-service';
import { findDirectories } from '../service/directories';
import { createProfileFiles } from '../service/profile-files';
import { FileSecretStore, SessionSecretStore } from '../service/secret-store';
import type { Arguments } from './arguments';
import { CommandError, connectExitCode, exitCode } from './exit-codes';
import { logText, printJson, statusLine, type Output } from './output';
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
  if (!existsSync(text)) throw new CommandError(exitCode.badInput, `There is no saved connection and no file named ${text}.`);
  const folder = dirname(text);
  const imported = await importProfiles({ name: basename(text), content: readInput(text) }, (name) => Promise.resolve(readBeside(folder, name)));
  const [first, ...others] = imported;
  if (first === undefined || first.profile === null) {
    for (const line of first?.lines ?? []) if (line.outcome === 'wrong') output.note(lineText(line));
    throw new CommandError(exitCode.badInput, `${text} is not a connection that can be used.`);
  }
  if (others.length > 0) throw new CommandError(exitCode.badInput, `${text} holds ${imported.length} connections: ${imported.map((entry) => entry.name ?? '?').join(', ')}. Import it, then connect by name.`);
  for (const line of first.lines) if (line.outcome === 'ignored') output.note(lineText(line));
  return { profile: first.profile, secrets: first.secrets, saved: false };
}

/** Throws CommandError 2 when it cannot be read. */
export function readInput(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    throw new CommandError(exitCode.badInput, `${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}).`);
  }
}

/** A file that a profile names, beside it; at most 1 MiB. */
export function readBeside(folder: string, name: string): Uint8Array | null {
  const path = join(folder, name);
  try {
    return statSync(path).size <= 1024 * 1024 ? new Uint8Array(readFileSync(path)) : null;
  } catch {
    return null;
  }
}

/** `connect PROFILE`: connects and stays until a signal or the end of the connection. Returns the exit code. */
export async function connect({ names, flags, values }: Arguments, output: Output): Promise<number> {
  const directories = findDirectories();
  const store = new ProfileStore(createProfileFiles(directories.profiles));
  await store.load();
  const chosen = await chooseProfile(names[0]!, store, output);
  const username = values['username'] ?? null;
  const profile: Profile = username === null ? chosen.profile : { ...chosen.profile, authentication: { ...chosen.profile.authentication, username } };
  const person = createPerson({ username, passwordFile: values['password-file'] ?? null, passwordStdin: flags['password-stdin'] === true, pinFile: values['pin-file'] ?? null });

  const host = await createService({
    host: 'browser',
    demo: 'off',
    askPerson: person,
    onProblem: output.note,
    createSecretStore: () => {
      const secrets = chosen.saved ? new FileSecretStore(directories.secrets) : new SessionSecretStore();
      if (!chosen.saved) for (const [kind, secret] of Object.entries(chosen.secrets)) secrets.set(profile.name, kind as SecretKind, { username: profile.authentication.username, secret });
      return secrets;
    },
  });
  const { service } = host;
  service.useProfile(profile);

  return new Promise<number>((resolve) => {
    let failure: VpnError | null = null;
    let wasConnected = false;
    let stopping = false;
    let shown = '';
    const finish = (code: number): void => {
      host.close().then(
        () => resolve(code),
        () => resolve(code),
      );
    };
    const stop = (): void => {
      // A second signal does not hurry: what was set is put back first.
      if (stopping) return;
      stopping = true;
      service.end(null).then(
        () => finish(exitCode.done),
        () => finish(exitCode.done),
      );
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    process.on('SIGHUP', stop);
    if (flags['log'] === true) {
      service.log.onEntry((entry) => {
        if (output.json) printJson(output, { type: 'log', entry });
        else output.line(logText(entry));
      });
    }
    service.onStatus((status: StatusObject) => {
      if (status.connection !== profile.name) return;
      if (status.state === 'Connected') wasConnected = true;
      const line = output.json ? JSON.stringify({ type: 'status', status }) : statusLine(status);
      if (line !== shown) output.line(line);
      shown = line;
      if (status.state === 'Disconnected' && wasConnected && !stopping) {
        stopping = true;
        finish(status.error === null ? exitCode.done : exitCode.lost);
      }
    });
    service.connectNow(profile.name).catch((error: unknown) => {
      if (stopping) return;
      stopping = true;
      failure = error instanceof VpnError ? error : null;
      if (!output.json) output.note(failure === null ? String(error) : failure.message);
      // The last status, with the error in it, is told in the next turn.
      setImmediate(() => finish(failure === null ? exitCode.couldNotConnect : connectExitCode(failure)));
    });
  });
}
