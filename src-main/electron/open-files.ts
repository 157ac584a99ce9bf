import { readSmallFile } from '../service/small-file';
import type { Opened } from './opened';

export interface Importer {
  /** Shows the import page for it; nothing is saved. */
  offerImport(file: { readonly name: string; readonly content: Uint8Array }, from: 'file' | 'link'): Promise<void>;
}

/** Offers each for import; what is refused is only logged. Resolves with how many were offered. */
export async function offerOpened(
  opened: readonly Opened[],
  importer: Importer,
  log: (error: unknown, where: string) => void,
): Promise<number> {
  let offered = 0;
  for (const one of opened) {
    if (one.type === 'refused') {
      log(new Error(`A link was refused: ${one.reason}.`), 'open');
      continue;
    }
    try {
      const content = one.type === 'file' ? readSmallFile(one.path) : one.content;
      await importer.offerImport({ name: one.fileName, content }, one.type === 'file' ? 'file' : 'link');
      offered++;
    } catch (error) {
      log(
        new Error(
          `${JSON.stringify(one.fileName.slice(0, 200))} cannot be opened: ${error instanceof Error ? error.message : 'unknown reason'}.`,
        ),
        'open',
      );
    }
  }
  return offered;
}
