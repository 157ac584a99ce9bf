import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import {
  importProfiles,
  noFiles,
  refusedFile,
  type FileResolver,
  type ImportedProfile,
  type ProfileFile,
} from '../../src-core/profiles';
import { say } from '../../src-core/ports/import-message';

/** As `importProfiles`, bounded in time and memory. Never rejects. */
export type ProfileReader = (file: ProfileFile, resolve?: FileResolver) => Promise<readonly ImportedProfile[]>;

export type ToReader =
  | { readonly type: 'started' }
  | { readonly type: 'file'; readonly id: number; readonly name: string }
  | { readonly type: 'done'; readonly imported: readonly ImportedProfile[] };

export interface ToWorker {
  readonly id: number;
  readonly content: Uint8Array | null;
}

export interface ReadingLimits {
  readonly milliseconds: number;
  /** Of the heap. */
  readonly megabytes: number;
}

/** A file of 1 MiB that means no harm takes a tenth of it. */
const readingLimits: ReadingLimits = { milliseconds: 2_000, megabytes: 160 };

/**
 * The tunnels of this process must not wait for a stranger's file: it is read in a thread of its own, which is ended
 * when it takes too long or too much memory. `source`: the bundle of import-worker.ts.
 */
export function workerReader(source: () => string, limits = readingLimits): ProfileReader {
  return (file, resolve = noFiles) =>
    new Promise((done) => {
      // The source and not its path: a packaged program is an archive, which threads do not read.
      const worker = new Worker(source(), {
        eval: true,
        workerData: file,
        resourceLimits: { maxOldGenerationSizeMb: limits.megabytes, maxYoungGenerationSizeMb: 32 },
        // What it says of a stranger's file is in its answer.
        stdout: true,
        stderr: true,
      });
      let late: NodeJS.Timeout | null = null;
      const end = (imported: readonly ImportedProfile[]): void => {
        if (late !== null) clearTimeout(late);
        void worker.terminate();
        done(imported);
      };
      worker.on('message', (message: ToReader) => {
        if (message.type === 'done') return end(message.imported);
        if (message.type === 'started') {
          late = setTimeout(() => end([refusedFile('unknown', say('file-too-slow'))]), limits.milliseconds);
          return;
        }
        const answer = (content: Uint8Array | null): void =>
          worker.postMessage({ id: message.id, content } satisfies ToWorker);
        resolve(message.name).then(answer, () => answer(null));
      });
      worker.on('error', (error) =>
        end([
          refusedFile(
            'unknown',
            (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY'
              ? say('file-too-complex')
              : say('file-unreadable-at-all'),
          ),
        ]),
      );
      worker.on('exit', () => end([refusedFile('unknown', say('file-unreadable-at-all'))]));
    });
}

/** Beside the program, wherever its bundle is (out/main, out/cli, a chunk of them). */
const bundles = ['./import-worker.cjs', '../import-worker.cjs', '../main/import-worker.cjs'];

/** The reader of this program. Run from its sources it has no bundle of the thread, and reads in this one. */
export function createProfileReader(): ProfileReader {
  const path = bundles.map((name) => fileURLToPath(new URL(name, import.meta.url))).find((file) => existsSync(file));
  if (path === undefined) return importProfiles;
  let source: string | null = null;
  return workerReader(() => (source ??= readFileSync(path, 'utf8')));
}
