import { FileSecretStore, SessionSecretStore, type SecretForm, type SecretStore } from '../service/secret-store';

/** The part of Electron's safeStorage that is used; given, so that tests need no Electron. */
export interface Vault {
  isEncryptionAvailable(): boolean;
  getSelectedStorageBackend(): string;
  encryptString(plainText: string): Buffer;
  decryptString(encrypted: Buffer): string;
}

/** Encrypted with a key that the desktop's own secret store keeps. */
const sealedBy = (vault: Vault): SecretForm => ({
  fileName: 'secrets.bin',
  encode: (text) => vault.encryptString(text).toString('base64'),
  decode: (content) => vault.decryptString(Buffer.from(content, 'base64')),
});

/**
 * Where saved secrets go under Electron. With the backend `basic_text` Electron would encrypt with a key that is the
 * same
 * on every computer: that is storing in clear, so nothing is stored and the person is told.
 */
export function createSecretStore(directory: string, vault: Vault, onProblem: (problem: string) => void): SecretStore {
  const safe = vault.isEncryptionAvailable() && !['basic_text', 'unknown'].includes(vault.getSelectedStorageBackend());
  return safe ? new FileSecretStore(directory, onProblem, sealedBy(vault)) : new SessionSecretStore();
}
