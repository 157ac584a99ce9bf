import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Compiles `name`.c of this folder when it changed; gives the program's path. */
export async function compiled(name: string): Promise<string> {
  const source = join(here, `${name}.c`);
  const directory = join(here, '../../.setup/lab');
  const program = join(
    directory,
    `${name}-${createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16)}`,
  );
  if (existsSync(program)) return program;
  mkdirSync(directory, { recursive: true });
  const partial = `${program}.${String(process.pid)}`;
  await run('cc', ['-O2', '-Wall', '-Wextra', '-Werror', '-o', partial, source]);
  renameSync(partial, program);
  return program;
}
