import { readdirSync, unlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ProfileFiles } from '../../src-core/profiles/store';
import { writeAtomically } from './atomic-file';
import { makePrivate } from './directories';
import { onFile } from './file-problem';
import { readSmallFileIfAny } from './small-file';

/** What is thrown becomes a rejection. */
const settled = <T>(work: () => T): Promise<T> => new Promise((resolve) => resolve(work()));

/** The folder of the saved profiles. */
export function createProfileFiles(directory: string): ProfileFiles {
  const path = (name: string): string => {
    if (basename(name) !== name || name === '' || name.startsWith('.'))
      throw new RangeError(`${JSON.stringify(name)} is no base name`);
    return join(directory, name);
  };
  return {
    list: () => settled(() => onFile(directory, () => unlessMissing(() => readdirSync(directory)) ?? [])),
    read: (name) => settled(() => readSmallFileIfAny(path(name))),
    write: (name, content) =>
      settled(() => {
        makePrivate(directory);
        writeAtomically(path(name), Buffer.from(content).toString('utf8'));
      }),
    remove: (name) => settled(() => onFile(path(name), () => void unlessMissing(() => unlinkSync(path(name))))),
  };
}

function unlessMissing<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
