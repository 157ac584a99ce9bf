import type { Draft } from '../draft';
import type { FileResolver, ImportFormat } from '../import-report';

export interface ImportedFile {
  /** Base name: the name of a connection that has none, and for messages. */
  readonly name: string;
  /** Files beside it. */
  readonly files: FileResolver;
}

/** A format that is text. Its file is recognised by its content; the importers are asked in a fixed order. */
export interface TextImporter {
  readonly format: ImportFormat;
  recognises(text: string): boolean;
  /** One draft a connection; none: there is no connection in it. Never throws on what the file contains. */
  read(text: string, file: ImportedFile): Promise<readonly Draft[]>;
}

/** A file with more connections is cut there, and says so. */
export const mostConnections = 1000;
