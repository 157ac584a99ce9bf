import type { FailureKey } from '../../src-text/failure-texts';
import { ApiError } from '../api/service';

const known: Readonly<Record<string, FailureKey>> = {
  ENOSPC: 'failure.file.no-space',
  EDQUOT: 'failure.file.quota',
  EFBIG: 'failure.file.too-large',
  EROFS: 'failure.file.read-only',
  EACCES: 'failure.file.denied',
  EPERM: 'failure.file.denied',
  ENOENT: 'failure.file.missing',
  ENOTDIR: 'failure.file.no-folder',
  EISDIR: 'failure.file.folder',
  EEXIST: 'failure.file.exists',
  ELOOP: 'failure.file.loop',
  ENAMETOOLONG: 'failure.file.name-too-long',
  EMFILE: 'failure.file.too-many-open',
  ENFILE: 'failure.file.too-many-open',
  EIO: 'failure.file.disk',
};

/** What the system says of a file, as a sentence that names the file; anything else unchanged. */
export function fileProblem(error: unknown, path: string): unknown {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) return error;
  return new ApiError('refused', known[code] ?? 'failure.file.other', null, { path, code });
}

/** Works on the file at `path`. Throws ApiError naming it where the system refuses. */
export function onFile<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw fileProblem(error, path);
  }
}
