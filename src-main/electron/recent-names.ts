import { join } from 'node:path';
import { writeAtomically } from '../service/atomic-file';
import { makePrivate } from '../service/directories';
import { readSmallFile } from '../service/small-file';
import type { RecentNames } from './tray';

/**
 * In a file of the state folder. What cannot be read counts as none, what cannot be written is forgotten: it is a
 * convenience.
 */
export function createRecentNames(folder: string): RecentNames {
  const path = join(folder, 'recent.json');
  return {
    read: () => {
      try {
        const value: unknown = JSON.parse(Buffer.from(readSmallFile(path)).toString('utf8'));
        return Array.isArray(value) ? value.filter((name) => typeof name === 'string').slice(0, 100) : [];
      } catch {
        return [];
      }
    },
    write: (names) => {
      try {
        makePrivate(folder);
        writeAtomically(path, JSON.stringify(names));
      } catch {
        // See above.
      }
    },
  };
}
