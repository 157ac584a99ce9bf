import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { dirname, sep } from 'node:path';

/** What is imported is not larger: profiles, and the certificates and keys that they name. */
export const largestFile = 1024 * 1024;

/** Why a file is not read. */
export class UnreadableFile extends Error {}

/**
 * A regular file of at most 1 MiB. It is opened without waiting and looked at before it is read: a FIFO, a device or a
 * file of many gigabytes of that name holds nobody up. Throws UnreadableFile, or what the system says.
 */
export function readSmallFile(path: string): Uint8Array {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const status = fstatSync(fd);
    if (status.isDirectory()) throw new UnreadableFile('it is a folder');
    if (!status.isFile()) throw new UnreadableFile('it is not a regular file');
    if (status.size > largestFile) throw new UnreadableFile('it is larger than 1 MiB');
    const content = new Uint8Array(status.size);
    let length = 0;
    while (length < content.length) {
      const read = readSync(fd, content, length, content.length - length, null);
      if (read === 0) break;
      length += read;
    }
    return content.subarray(0, length);
  } finally {
    closeSync(fd);
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
