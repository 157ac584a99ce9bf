import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, whenGone } from './run';

/** A file system of a few pages: the system itself says ENOSPC. */
export interface SmallDisk {
  readonly path: string;
  /** Takes what is left, or gives it back. */
  fill(): void;
  drain(): void;
  remove(): Promise<void>;
}

/** At an empty place; it ends with this process. `size` as mount(8) writes it. */
export async function smallDisk(path: string, size: string): Promise<SmallDisk> {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const remove = whenGone(`umount -l ${path}`);
  await run('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'small-disk', path]);
  const ballast = join(path, 'ballast');
  return {
    path,
    fill: () => {
      try {
        for (let more = 0; ; more++) writeFileSync(ballast, Buffer.alloc(4096, more), { flag: 'a' });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    },
    drain: () => rmSync(ballast, { force: true }),
    remove,
  };
}
