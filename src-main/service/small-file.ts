import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  statSync,
  type Stats,
} from 'node:fs';
import { dirname, sep } from 'node:path';
import { ApiError } from '../api/service';
import { onFile } from './file-problem';

const MiB = 1024 * 1024;

/** What is imported is not larger: profiles, and the certificates and keys that they name. */
export const largestFile = MiB;

/**
 * The content of a regular file of at most `limit` octets; links are followed. Nothing else is even opened, since a
 * pipe or a device of that name may wait for ever or do something. Throws ApiError naming the file.
 */
export function readSmallFile(path: string, limit = largestFile): Uint8Array {
  return onFile(path, () => {
    mustBeRegular(path, followed(path), limit);
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    try {
      // It may be another one by now.
      const about = fstatSync(descriptor);
      mustBeRegular(path, about, limit);
      const content = new Uint8Array(about.size);
      let length = 0;
      while (length < about.size) {
        const read = readSync(descriptor, content, length, about.size - length, null);
        if (read === 0) break;
        length += read;
      }
      return content.subarray(0, length);
    } finally {
      closeSync(descriptor);
    }
  });
}

function followed(path: string): Stats {
  const about = statSync(path, { throwIfNoEntry: false });
  if (about !== undefined) return about;
  // Throws where there is not even a link.
  lstatSync(path);
  throw new ApiError('refused', 'failure.file.dangling', null, { path });
}

function mustBeRegular(path: string, about: Stats, limit: number): void {
  if (about.isDirectory()) throw new ApiError('refused', 'failure.file.folder', null, { path });
  if (!about.isFile()) throw new ApiError('refused', 'failure.file.special', null, { path });
  if (about.size > limit)
    throw new ApiError('refused', 'failure.file.too-big', null, { path, limit: `${String(limit / MiB)} MiB` });
}

/** The same where a missing file is no problem: null. */
export function readSmallFileIfAny(path: string, limit = largestFile): Uint8Array | null {
  try {
    return readSmallFile(path, limit);
  } catch (error) {
    if (error instanceof ApiError && error.failure.text?.key === 'failure.file.missing') return null;
    throw error;
  }
}

/**
 * A file that a profile names, in its folder or below; null: there is none that can be read. A symbolic link that leads
 * out of the folder is not followed: whoever wrote the profile must not reach what lies elsewhere.
 */
export function readBeside(profile: string, name: string): Uint8Array | null {
  try {
    const folder = realpathSync(dirname(profile));
    const path = realpathSync(`${folder}${sep}${name}`);
    return path.startsWith(folder === sep ? sep : folder + sep) ? readSmallFile(path) : null;
  } catch {
    return null;
  }
}
