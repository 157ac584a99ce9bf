import { englishImportText, type ImportMessage } from '../ports/import-message';
import type { SecretKind } from '../ports/secrets';
import type { Profile } from './profile';

/** What became of one key of an imported file. Texts never repeat a secret. */
export interface ImportLine {
  /** Path of the key in the file, as the file names it. */
  readonly key: string;
  readonly outcome: 'understood' | 'ignored' | 'missing' | 'wrong';
  /** In English. */
  readonly text: string;
  /** The same as data, for other languages. */
  readonly message?: ImportMessage;
  /** The base name of a file that is not there and may be given along (outcome `missing` or `wrong`). */
  readonly file?: string;
}

export type ImportFormat =
  | 'agilevpn'
  | 'sswan'
  | 'mobileconfig'
  | 'rasphone'
  | 'keyfile'
  | 'swanctl'
  | 'ipsec-conf'
  | 'profile-xml'
  | 'powershell'
  | 'unknown';

/** Secrets found in a file: to be moved into the secret store, never kept in the profile. */
export type ImportedSecrets = Readonly<
  Partial<Record<Extract<SecretKind, 'password' | 'psk' | 'pin' | 'passphrase'>, string>>
>;

/** One connection of a file. */
export interface ImportedProfile {
  readonly format: ImportFormat;
  /** What the file calls the connection, even when it cannot be taken. */
  readonly name: string | null;
  /** null exactly when a line is `wrong`: nothing is half-imported. */
  readonly profile: Profile | null;
  readonly secrets: ImportedSecrets;
  readonly lines: readonly ImportLine[];
}

export interface ProfileFile {
  /** Base name, for messages only; formats are told by content. */
  readonly name: string;
  readonly content: Uint8Array;
}

/**
 * Gives the content of a file named relative to the profile, or null when there is none. Names are checked before: no
 * absolute path, no "..".
 */
export type FileResolver = (name: string) => Promise<Uint8Array | null>;

/** For hosts that have only the one file. */
export const noFiles: FileResolver = () => Promise.resolve(null);

/** A file that is nothing we read. */
export function refusedFile(format: ImportFormat, message: ImportMessage): ImportedProfile {
  const line = { key: '(file)', outcome: 'wrong', text: englishImportText(message), message } as const;
  return { format, name: null, profile: null, secrets: {}, lines: [line] };
}
