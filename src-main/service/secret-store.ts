import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SecretKind } from '../../src-core/ports/secrets';
import { writeAtomically } from './atomic-file';
import { makePrivate } from './directories';

export interface StoredSecret {
  readonly username: string | null;
  readonly secret: string;
}

/**
 * Where saved passwords, keys and PINs are. Electron brings one over safeStorage; a machine without any keeps them for
 * the session.
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
  readonly storage: SecretStore['storage'] = 'session-only';
  protected readonly secrets = new Map<string, Map<SecretKind, StoredSecret>>();

  get(connection: string, kind: SecretKind): StoredSecret | null {
    return this.secrets.get(connection)?.get(kind) ?? null;
  }

  set(connection: string, kind: SecretKind, secret: StoredSecret): void {
    const kinds = this.secrets.get(connection) ?? new Map<SecretKind, StoredSecret>();
    this.secrets.set(connection, kinds.set(kind, secret));
    this.changed();
  }

  forget(connection: string, kind?: SecretKind): void {
    if (kind === undefined) this.secrets.delete(connection);
    else this.secrets.get(connection)?.delete(kind);
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

/** In a file that only this user can read. Used only where the host was told to: the content is not encrypted. */
export class FileSecretStore extends SessionSecretStore {
  override readonly storage = 'available';
  readonly #path: string;

  constructor(directory: string) {
    super();
    makePrivate(directory);
    this.#path = join(directory, 'secrets.json');
    for (const [connection, kinds] of Object.entries(readSecrets(this.#path))) {
      this.secrets.set(connection, new Map(Object.entries(kinds) as [SecretKind, StoredSecret][]));
    }
  }

  protected override changed(): void {
    const content = Object.fromEntries(
      [...this.secrets].map(([connection, kinds]) => [connection, Object.fromEntries(kinds)]),
    );
    writeAtomically(this.#path, JSON.stringify(content));
  }
}

function readSecrets(path: string): Record<string, Record<string, StoredSecret>> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  const value: unknown = JSON.parse(text);
  const result: Record<string, Record<string, StoredSecret>> = {};
  if (typeof value !== 'object' || value === null) return result;
  for (const [connection, kinds] of Object.entries(value as Record<string, unknown>)) {
    if (typeof kinds !== 'object' || kinds === null) continue;
    for (const [kind, entry] of Object.entries(kinds as Record<string, unknown>)) {
      const { username, secret } = (entry ?? {}) as Partial<StoredSecret>;
      if (typeof secret === 'string')
        (result[connection] ??= {})[kind] = { username: typeof username === 'string' ? username : null, secret };
    }
  }
  return result;
}
