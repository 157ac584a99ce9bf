import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SecretKind } from '../../src-core/ports/secrets';
import { writeAtomically } from '../service/atomic-file';
import { makePrivate } from '../service/directories';
import { SessionSecretStore, type SecretStore, type StoredSecret } from '../service/secret-store';

/** The part of Electron's safeStorage that is used; given, so that tests need no Electron. */
export interface Vault {
  isEncryptionAvailable(): boolean;
  getSelectedStorageBackend(): string;
  encryptString(plainText: string): Buffer;
  decryptString(encrypted: Buffer): string;
}

const fileName = 'secrets.bin';

/** Everything in one file, encrypted with a key that the desktop's own secret store keeps. */
class SafeSecretStore extends SessionSecretStore {
  override readonly storage = 'available';
  readonly #path: string;
  readonly #vault: Vault;

  constructor(directory: string, vault: Vault) {
    super();
    makePrivate(directory);
    this.#path = join(directory, fileName);
    this.#vault = vault;
    for (const [connection, kinds] of this.#read()) this.secrets.set(connection, new Map(kinds));
  }

  protected override changed(): void {
    const content = [...this.secrets].map(([connection, kinds]) => [connection, [...kinds]]);
    writeAtomically(this.#path, this.#vault.encryptString(JSON.stringify(content)).toString('base64'));
  }

  /** A file that cannot be decrypted (another user's key, a new keyring) counts as empty: the person is asked again. */
  #read(): [string, [SecretKind, StoredSecret][]][] {
    try {
      return JSON.parse(this.#vault.decryptString(Buffer.from(readFileSync(this.#path, 'utf8'), 'base64'))) as [
        string,
        [SecretKind, StoredSecret][],
      ][];
    } catch {
      return [];
    }
  }
}

/**
 * Where saved secrets go under Electron. With the backend `basic_text` Electron would encrypt with a key that is the
 * same
 * on every computer: that is storing in clear, so nothing is stored and the person is told.
 */
export function createSecretStore(directory: string, vault: Vault): SecretStore {
  const safe = vault.isEncryptionAvailable() && !['basic_text', 'unknown'].includes(vault.getSelectedStorageBackend());
  return safe ? new SafeSecretStore(directory, vault) : new SessionSecretStore();
}
