import { randomUUID } from 'node:crypto';
import { sanitizeText } from '../../src-core/bytes';
import { say } from '../../src-core/ports/import-message';
import {
  exportConnection,
  exportFormats,
  isExportFormat,
  refusedFile,
  type ExportLine,
  type ImportedProfile,
  type ImportedSecrets,
  type Profile,
  type ProfileFile,
} from '../../src-core/profiles';
import type { ImportReport, OfferedImport } from '../api/contract';
import { ApiError } from '../api/service';
import type { ProfileReader } from './profile-reader';

/** Inspected files that wait for the person's yes; the oldest is dropped first. */
const mostWaiting = 16;
/** Whoever opens more files at once reads the first pages only. */
const mostOffered = 8;

/** In one of the formats a profile can be written in. Throws ApiError naming `format`. */
export async function exportProfile(
  profile: Profile,
  format: string,
): Promise<{ readonly fileName: string; readonly content: Uint8Array; readonly notExpressed: readonly ExportLine[] }> {
  if (!isExportFormat(format))
    throw new ApiError('invalid-argument', 'failure.export-format', 'format', { known: exportFormats.join(', ') });
  const result = await exportConnection(profile, format);
  if (!result.ok) throw new ApiError('refused', 'failure.not-exportable', 'format', { problem: result.text });
  return result;
}

interface Waiting {
  readonly profile: Profile;
  readonly secrets: ImportedSecrets;
}

/**
 * A link is an argument of a program, which every user of this computer can read: a secret in it is none any more, and
 * must not be used as if it were.
 */
function withoutSecrets(imported: ImportedProfile): ImportedProfile {
  const { format, profile, secrets } = imported;
  const kinds = [...Object.keys(secrets), ...(profile?.authentication.privateKey != null ? ['privateKey'] : [])];
  return kinds.length === 0 ? imported : refusedFile(format, say('link-with-secret', { kinds: kinds.join(', ') }));
}

/** Nothing of a file is saved before the person has read the report and said yes. */
export class Imports {
  readonly #read: ProfileReader;
  readonly #waiting = new Map<string, Waiting>();
  #offered: readonly OfferedImport[] = [];

  constructor(read: ProfileReader) {
    this.#read = read;
  }

  /** What was opened with the app and waits for the person, oldest first. */
  get offered(): readonly OfferedImport[] {
    return this.#offered;
  }

  /** As `inspect`, for a file or the content of a link that comes from outside of the user interface. */
  async offer(file: ProfileFile, from: 'file' | 'link', exists: (name: string) => boolean): Promise<void> {
    const report = await this.inspect(file, exists, from);
    this.#offered = [...this.#offered, { fileName: sanitizeText(file.name), report }].slice(-mostOffered);
  }

  async inspect(
    file: ProfileFile,
    exists: (name: string) => boolean,
    from: 'file' | 'link' = 'file',
  ): Promise<ImportReport> {
    const imported = await this.#read(file);
    const [first, ...others] = from === 'link' ? imported.map(withoutSecrets) : imported;
    if (first === undefined) throw new ApiError('invalid-argument', 'failure.import-empty', 'contentBase64');
    const token = randomUUID();
    if (first.profile !== null) {
      this.#waiting.set(token, { profile: first.profile, secrets: first.secrets });
      for (const oldest of this.#waiting.keys()) {
        if (this.#waiting.size <= mostWaiting) break;
        this.#waiting.delete(oldest);
      }
    }
    return {
      token,
      format: first.format,
      profileName: first.name,
      replaces: first.name !== null && exists(first.name),
      acceptable: first.profile !== null,
      lines: [
        ...first.lines,
        ...others.map((other) => ({
          key: other.name ?? '(connection)',
          outcome: 'ignored' as const,
          text: 'A further connection of this file. Import it by the command line.',
        })),
      ],
    };
  }

  /** Throws ApiError when nothing acceptable waits under this token. */
  take(token: string): Waiting {
    const found = this.#waiting.get(token);
    if (found === undefined) throw new ApiError('not-found', 'failure.import-gone', 'token');
    return found;
  }

  /** True: it was one of the offered. */
  drop(token: string): boolean {
    this.#waiting.delete(token);
    const left = this.#offered.filter(({ report }) => report.token !== token);
    const wasOffered = left.length < this.#offered.length;
    this.#offered = left;
    return wasOffered;
  }
}
