import { basename } from 'node:path';
import {
  exportConnection,
  exportFormats,
  isExportFormat,
  ProfileStore,
  type ImportedSecrets,
  type Profile,
} from '../../src-core/profiles';
import type { SecretKind } from '../../src-core/ports/secrets';
import { ApiError } from '../api/service';
import { findDirectories } from '../service/directories';
import { createProfileFiles } from '../service/profile-files';
import { createProfileReader } from '../service/profile-reader';
import { FileSecretStore } from '../service/secret-store';
import { readBeside } from '../service/small-file';
import type { Arguments } from './arguments';
import { lineText, readInput } from './profile-host';
import { CommandError, exitCode } from './exit-codes';
import { printJson, type Output } from './output';

async function openStore(output: Output): Promise<ProfileStore> {
  const store = new ProfileStore(createProfileFiles(findDirectories().profiles));
  await store.load();
  for (const { problem } of store.unreadable) output.note(problem);
  return store;
}

/** `list` */
export async function list(_: Arguments, output: Output): Promise<number> {
  const store = await openStore(output);
  for (const profile of store.profiles) {
    const { name, server, authentication } = profile;
    if (output.json)
      printJson(output, { name, server, method: authentication.method, username: authentication.username });
    else output.line(`${name}\t${server}\t${authentication.method}`);
  }
  if (store.profiles.length === 0 && !output.json) output.line('No connection is saved.');
  return exitCode.done;
}

/** What prevented it; null: nothing. */
function saveSecrets(profile: Profile, secrets: ImportedSecrets, output: Output): string | null {
  const { name, authentication } = profile;
  try {
    const store = new FileSecretStore(findDirectories().secrets, output.note);
    for (const [kind, secret] of Object.entries(secrets))
      store.set(name, kind as SecretKind, { username: authentication.username, secret });
    return null;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return `${name} is saved without its password, which is asked for when connecting: ${error.message}`;
  }
}

/** `import FILE…`: says key by key what became of it. Nothing of a connection is saved when a line is wrong. */
export async function importFiles({ names, flags }: Arguments, output: Output): Promise<number> {
  const store = await openStore(output);
  let refused = false;
  for (const path of names) {
    const imported = await createProfileReader()({ name: basename(path), content: readInput(path) }, (name) =>
      Promise.resolve(readBeside(path, name)),
    );
    for (const { format, name, profile, secrets, lines } of imported) {
      let saved = false;
      let problem: string | null = null;
      if (profile !== null) {
        const existing = store.find(profile.name);
        const result = await store.save(profile, existing !== null && flags['replace'] === true ? existing.name : null);
        saved = result.ok;
        if (!result.ok)
          problem =
            result.reason === 'name-taken'
              ? `A connection named ${profile.name} is saved already. Add --replace to replace it.`
              : `${result.path} ${result.text}`;
        if (result.ok && Object.keys(secrets).length > 0) {
          // The person put the secret into a file for us to keep; the store is readable for this user only.
          problem = saveSecrets(profile, secrets, output);
        }
      }
      refused ||= problem !== null || !saved;
      if (output.json) printJson(output, { type: 'import', file: path, format, name, saved, problem, lines });
      else {
        output.line(`${path}: ${name ?? '(no name)'} (${format}) ${saved ? 'saved' : 'NOT saved'}`);
        for (const line of lines) output.line(`  ${lineText(line)}`);
        if (problem !== null) output.note(problem);
      }
    }
  }
  return refused ? exitCode.badInput : exitCode.done;
}

/**
 * `export NAME --format F`: the file itself on standard output; what the format cannot say, key by key, on standard
 * error.
 */
export async function exportOne({ names, values }: Arguments, output: Output): Promise<number> {
  const format = values['format'];
  const known = exportFormats.join(', ');
  if (format === undefined)
    throw new CommandError(exitCode.usage, `A format is missing: --format with one of ${known}.`);
  if (!isExportFormat(format))
    throw new CommandError(exitCode.usage, `The format ${format} is not known. Known: ${known}.`);
  const profile = (await openStore(output)).find(names[0]!);
  if (profile === null) throw new CommandError(exitCode.badInput, `There is no connection named ${names[0]!}.`);
  const result = await exportConnection(profile, format);
  if (!result.ok) throw new CommandError(exitCode.badInput, result.text);
  const text = Buffer.from(result.content).toString('utf8');
  if (output.json)
    printJson(output, {
      type: 'export',
      format,
      fileName: result.fileName,
      content: text,
      notExpressed: result.notExpressed,
    });
  else output.line(text.trimEnd());
  for (const { key, text: loss } of output.json ? [] : result.notExpressed)
    output.note(`not expressed ${key}: ${loss}`);
  return exitCode.done;
}

/** `remove NAME` */
export async function remove({ names }: Arguments, output: Output): Promise<number> {
  const store = await openStore(output);
  const profile = store.find(names[0]!);
  if (profile === null) throw new CommandError(exitCode.badInput, `There is no connection named ${names[0]!}.`);
  // First what nobody would look for any more.
  new FileSecretStore(findDirectories().secrets, output.note).forget(profile.name);
  await store.remove(profile.name);
  if (!output.json) output.line(`${profile.name} was removed.`);
  return exitCode.done;
}
