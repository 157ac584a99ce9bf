import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onFile } from './file-problem';

/**
 * Writes a file so that a reader, or a power cut, sees the old content or the new one and nothing between. Mode 0600.
 * Throws ApiError naming the file; the old content is there then.
 */
export function writeAtomically(path: string, content: string): void {
  onFile(path, () => replace(path, Buffer.from(content, 'utf8')));
}

function replace(path: string, bytes: Uint8Array): void {
  const temporary = join(dirname(path), `.${randomBytes(9).toString('base64url')}.tmp`);
  const descriptor = openSync(temporary, 'wx', 0o600);
  try {
    try {
      for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
  } catch (error) {
    try {
      unlinkSync(temporary);
    } catch {
      // It was renamed or never came to be.
    }
    throw error;
  }
  const directory = openSync(dirname(path), 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
