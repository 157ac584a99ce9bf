import { hexEncode, utf8Decode, utf8Encode } from '../bytes';
import { hash } from '../crypto';
import { foldName, sameProfileName } from './checks';
import { checkProfile } from './draft';
import { serializeProfile } from './export';
import { parseJson } from './parse';
import type { Profile } from './profile';

/** What the store needs of a host: one folder. Names are base names made here. */
export interface ProfileFiles {
  /** Base names of everything in the folder. Rejects with an Error whose sentence names the folder. */
  list(): Promise<readonly string[]>;
  /** null: there is no such file. Rejects with an Error whose sentence names the file. */
  read(name: string): Promise<Uint8Array | null>;
  /** Whole or not at all: written beside, flushed, renamed over. Readable by the owner only. */
  write(name: string, content: Uint8Array): Promise<void>;
  /** Idempotent. */
  remove(name: string): Promise<void>;
}

/** A file of the folder that is not a profile; it is left alone and reported. */
export interface UnreadableProfile {
  /** Base name; empty for the folder itself. */
  readonly file: string;
  /** A sentence that names it. */
  readonly problem: string;
}

export type SaveResult =
  | { readonly ok: true; readonly profile: Profile }
  | {
      readonly ok: false;
      readonly reason: 'invalid' | 'name-taken' | 'not-found';
      readonly path: string;
      readonly text: string;
    };

const suffix = '.agilevpn.json';

/** The saved profiles of a user, one file each. */
export class ProfileStore {
  readonly #files: ProfileFiles;
  /** By folded name. */
  readonly #entries = new Map<string, { readonly file: string; readonly profile: Profile }>();
  #unreadable: readonly UnreadableProfile[] = [];

  constructor(files: ProfileFiles) {
    this.#files = files;
  }

  /** Reads the folder again. */
  async load(): Promise<void> {
    const unreadable: UnreadableProfile[] = [];
    this.#entries.clear();
    const found = await orReason(this.#files.list());
    if (typeof found === 'string') unreadable.push({ file: '', problem: found });
    const names = typeof found === 'string' ? [] : found.filter((name) => name.endsWith(suffix)).sort();
    for (const file of names) {
      const content = await orReason(this.#files.read(file));
      if (content === null) continue;
      const profile = typeof content === 'string' ? content : readProfile(file, content);
      if (typeof profile === 'string') unreadable.push({ file, problem: profile });
      else if (this.#entries.has(foldName(profile.name)))
        unreadable.push({
          file,
          problem: `${file} is skipped: another file has a connection named ${JSON.stringify(profile.name)}.`,
        });
      else this.#entries.set(foldName(profile.name), { file, profile });
    }
    this.#unreadable = unreadable;
  }

  /** By name. */
  get profiles(): readonly Profile[] {
    return [...this.#entries.values()]
      .map(({ profile }) => profile)
      .sort((a, b) => (foldName(a.name) < foldName(b.name) ? -1 : 1));
  }

  get unreadable(): readonly UnreadableProfile[] {
    return this.#unreadable;
  }

  find(name: string): Profile | null {
    return this.#entries.get(foldName(name))?.profile ?? null;
  }

  /**
   * Checks and writes. `previousName`: the profile that is changed or renamed; null for a new one, which replaces none.
   * The new file is whole before an old one goes.
   */
  async save(value: unknown, previousName: string | null): Promise<SaveResult> {
    const { profile, problems } = checkProfile(value);
    const [problem] = problems;
    if (profile === null)
      return { ok: false, reason: 'invalid', path: problem?.path ?? '', text: problem?.text ?? 'is wrong' };
    const previous = previousName === null ? undefined : this.#entries.get(foldName(previousName));
    if (previousName !== null && previous === undefined)
      return { ok: false, reason: 'not-found', path: 'previousName', text: 'names no saved connection' };
    const renamed = previousName === null || !sameProfileName(previousName, profile.name);
    if (renamed && this.#entries.has(foldName(profile.name)))
      return { ok: false, reason: 'name-taken', path: 'name', text: 'is the name of another connection' };
    const file = await this.#fileFor(profile.name, renamed ? null : (previous?.file ?? null));
    await this.#files.write(file, serializeProfile(profile));
    this.#entries.set(foldName(profile.name), { file, profile });
    if (renamed && previous !== undefined) {
      await this.#files.remove(previous.file);
      this.#entries.delete(foldName(previous.profile.name));
    }
    return { ok: true, profile };
  }

  /** False when there was none. */
  async remove(name: string): Promise<boolean> {
    const entry = this.#entries.get(foldName(name));
    if (entry === undefined) return false;
    await this.#files.remove(entry.file);
    this.#entries.delete(foldName(name));
    return true;
  }

  /** Never the name of a file that is something else, readable or not. */
  async #fileFor(name: string, current: string | null): Promise<string> {
    if (current !== null) return current;
    const taken = new Set((await this.#files.list()).map(foldName));
    const plain = profileFileName(name);
    if (!taken.has(foldName(plain))) return plain;
    // Bounded: there cannot be more names taken than there are files.
    for (let attempt = 0; attempt <= taken.size; attempt++) {
      const other = hashedFileName(name, attempt);
      if (!taken.has(foldName(other))) return other;
    }
    throw new Error('no free file name');
  }
}

/** What the host gives, or why it does not. */
const orReason = <T>(given: Promise<T>): Promise<T | string> =>
  given.catch((error: unknown) => (error instanceof Error ? error.message : 'unknown reason'));

/** The profile, or a sentence that says why it is not one. */
function readProfile(file: string, content: Uint8Array): Profile | string {
  const text = utf8Decode(content);
  if (text === null) return `${file} is not UTF-8 text.`;
  const value = parseJson(text);
  if (value === undefined) return `${file} is not JSON, or was cut short.`;
  const { profile, problems } = checkProfile(value);
  if (profile !== null) return profile;
  return `${file} is not a connection: ${problems.map(({ path, text: wrong }) => `${path} ${wrong}`.trim()).join('; ')}.`;
}

/** "Contoso.agilevpn.json"; names that a file system may not take get a hash instead of what it would refuse. */
export function profileFileName(name: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9 _-]{0,59}$/.test(name) && !/^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/i.test(name)
    ? name + suffix
    : hashedFileName(name);
}

function hashedFileName(name: string, attempt = 0): string {
  const readable = name
    .replaceAll(/[^A-Za-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40);
  const digest = hexEncode(hash('sha256', utf8Encode(`${foldName(name)}\n${String(attempt)}`))).slice(0, 16);
  return `${readable === '' ? 'profile' : readable}-${digest}${suffix}`;
}
