import { readFileSync, readdirSync, unlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ProfileFiles } from '../../src-core/profiles/store';
import { writeAtomically } from './atomic-file';
import { makePrivate } from './directories';
import { onFile } from './file-problem';

/** The folder of the saved profiles. */
export function createProfileFiles(directory: string): ProfileFiles {
  const path = (name: string): string => {
    if (basename(name) !== name || name === '' || name.startsWith('.'))
      throw new RangeError(`${JSON.stringify(name)} is no base name`);
    return join(directory, name);
  };
  return {
    list: () => Promise.resolve(unlessMissing(() => readdirSync(directory)) ?? []),
    read: (name) => Promise.resolve(unlessMissing(() => new Uint8Array(readFileSync(path(name))))),
    write: (name, content) => {
      makePrivate(directory);
      writeAtomically(path(name), Buffer.from(content).toString('utf8'));
      return Promise.resolve();
    },
    remove: (name) => {
      onFile(path(name), () => unlessMissing(() => unlinkSync(path(name))));
      return Promise.resolve();
    },
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
