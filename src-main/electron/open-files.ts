import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Opened } from './opened';

const largestFile = 1024 * 1024;

export interface Importer {
  /** Shows the import page for it; nothing is saved. */
  offerImport(file: { readonly name: string; readonly content: Uint8Array }): Promise<void>;
}

/**
 * Regular files of at most 1 MiB. Opened without waiting: a FIFO or a device of that name holds nobody up. Throws what
 * the system says.
 */
export function readSmallFile(path: string): Uint8Array {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const { size } = fstatSync(fd);
    if (!fstatSync(fd).isFile()) throw new Error('it is no file');
    if (size > largestFile) throw new Error('it is larger than 1 MiB');
    const content = new Uint8Array(size);
    let length = 0;
    while (length < size) {
      const read = readSync(fd, content, length, size - length, null);
      if (read === 0) break;
      length += read;
    }
    return content.subarray(0, length);
  } finally {
    closeSync(fd);
  }
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
      await importer.offerImport({
        name: one.fileName,
        content: one.type === 'file' ? readSmallFile(one.path) : one.content,
      });
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
