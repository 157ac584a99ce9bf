import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { utf8Decode } from '../../src-core/bytes';
import type { SecretKind } from '../../src-core/ports/secrets';
import { ApiError } from '../api/service';
import { writeAtomically } from './atomic-file';
import { makePrivate } from './directories';
import { onFile } from './file-problem';
import { readSmallFileIfAny } from './small-file';

export interface StoredSecret {
  readonly username: string | null;
  readonly secret: string;
}

/**
 * Where saved passwords, keys and PINs are. Electron brings one over safeStorage; a machine without any keeps them for
 * the session. What cannot be brought to its place holds for the session all the same: `set`, `forget` and `rename`
 * throw ApiError then.
 */
export interface SecretStore {
  /** `session-only`: nothing survives the host, and the person is told. */
  readonly storage: 'available' | 'session-only';
  get(connection: string, kind: SecretKind): StoredSecret | null;
  set(connection: string, kind: SecretKind, secret: StoredSecret): void;
  forget(connection: string, kind?: SecretKind): void;
  rename(from: string, to: string): void;
}

/** In memory only. */
export class SessionSecretStore implements SecretStore {
  protected readonly secrets = new Map<string, Map<SecretKind, StoredSecret>>();

  get storage(): SecretStore['storage'] {
    return 'session-only';
  }

  get(connection: string, kind: SecretKind): StoredSecret | null {
    return this.secrets.get(connection)?.get(kind) ?? null;
  }

  set(connection: string, kind: SecretKind, secret: StoredSecret): void {
    const kinds = this.secrets.get(connection) ?? new Map<SecretKind, StoredSecret>();
    this.secrets.set(connection, kinds.set(kind, secret));
    this.changed();
  }

  forget(connection: string, kind?: SecretKind): void {
    const kinds = this.secrets.get(connection);
    if (kinds === undefined || (kind !== undefined && !kinds.delete(kind))) return;
    if (kind === undefined || kinds.size === 0) this.secrets.delete(connection);
    this.changed();
  }

  rename(from: string, to: string): void {
    const kinds = this.secrets.get(from);
    if (kinds === undefined || from === to) return;
    this.secrets.delete(from);
    this.secrets.set(to, kinds);
    this.changed();
  }

  protected changed(): void {}
}

const largestFile = 16 * 1024 * 1024;

/** How the secrets are written to their file. */
export interface SecretForm {
  readonly fileName: string;
  encode(text: string): string;
  /** Throws where the content is no such thing. */
  decode(content: string): string;
}

/** In clear: used only where the host was told to. */
const plainForm: SecretForm = { fileName: 'secrets.json', encode: (text) => text, decode: (content) => content };

/**
 * In a file that only this user can read. One that is damaged is set aside, and one that cannot be read is left alone:
 * secrets then last for the session.
 */
export class FileSecretStore extends SessionSecretStore {
  readonly #path: string;
  readonly #form: SecretForm;
  /** Why nothing can be saved; null: it can. */
  #trouble: ApiError | null = null;

  /** `onProblem`: what is wrong with the file, as a sentence that names it. */
  constructor(directory: string, onProblem: (problem: string) => void, form: SecretForm = plainForm) {
    super();
    this.#path = join(directory, form.fileName);
    this.#form = form;
    try {
      makePrivate(directory);
      this.#load(onProblem);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#trouble = error;
      onProblem(`${error.message} Saved passwords cannot be used, and none can be saved.`);
    }
  }

  override get storage(): SecretStore['storage'] {
    return this.#trouble === null ? 'available' : 'session-only';
  }

  protected override changed(): void {
    if (this.#trouble !== null) throw this.#trouble;
    // Needs no space, so that what shall be forgotten can be forgotten on a full disk.
    if (this.secrets.size === 0) return onFile(this.#path, () => rmSync(this.#path, { force: true }));
    const content = Object.fromEntries(
      [...this.secrets].map(([connection, kinds]) => [connection, Object.fromEntries(kinds)]),
    );
    writeAtomically(this.#path, this.#form.encode(JSON.stringify(content)));
  }

  #load(onProblem: (problem: string) => void): void {
    const content = readSmallFileIfAny(this.#path, largestFile);
    if (content === null) return;
    const { secrets, whole } = parseSecrets(content, this.#form);
    for (const [connection, kinds] of secrets) this.secrets.set(connection, kinds);
    if (whole) return;
    const kept = setAside(this.#path);
    onProblem(
      `${this.#path} is damaged: ${secrets.size === 0 ? 'no password in it can be read' : 'not all of its passwords can be read'}. It was kept as ${kept}.`,
    );
    if (secrets.size > 0) this.changed();
  }
}

/** Renames a file to a name that is free. Throws ApiError. */
function setAside(path: string): string {
  let kept = `${path}.damaged`;
  for (let number = 2; existsSync(kept); number++) kept = `${path}.damaged-${String(number)}`;
  onFile(path, () => renameSync(path, kept));
  return kept;
}

interface ParsedSecrets {
  readonly secrets: ReadonlyMap<string, Map<SecretKind, StoredSecret>>;
  /** Nothing in the file is other than expected. */
  readonly whole: boolean;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parseSecrets(content: Uint8Array, form: SecretForm): ParsedSecrets {
  const secrets = new Map<string, Map<SecretKind, StoredSecret>>();
  let value: unknown;
  try {
    value = JSON.parse(form.decode(utf8Decode(content) ?? ''));
  } catch {
    return { secrets, whole: false };
  }
  if (!isRecord(value)) return { secrets, whole: false };
  let whole = true;
  for (const [connection, kinds] of Object.entries(value)) {
    const known = new Map<SecretKind, StoredSecret>();
    if (!isRecord(kinds)) whole = false;
    for (const [kind, entry] of Object.entries(isRecord(kinds) ? kinds : {})) {
      const { username, secret } = isRecord(entry) ? entry : {};
      if (typeof secret === 'string' && (username === null || typeof username === 'string'))
        known.set(kind as SecretKind, { username, secret });
      else whole = false;
    }
    if (known.size > 0) secrets.set(connection, known);
  }
  return { secrets, whole };
}
