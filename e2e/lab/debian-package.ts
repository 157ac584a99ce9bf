import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run';

const folder = fileURLToPath(new URL('../../.setup/lab/packages', import.meta.url));

/**
 * The files of a Debian package, fetched once and not installed: its `usr` can be laid over /usr in a mount namespace.
 * Gives its folder.
 */
export async function debianPackage(name: string): Promise<string> {
  const target = join(folder, name);
  if (existsSync(target)) return target;
  mkdirSync(folder, { recursive: true });
  const partial = mkdtempSync(`${target}-`);
  try {
    const download = (): ReturnType<typeof run> =>
      run('apt-get', ['download', name], { cwd: partial, timeout: 60_000 });
    // The list of packages may be old or not there at all.
    await download().catch(async () => {
      await run('apt-get', ['update', '-q'], { timeout: 120_000 });
      await download();
    });
    const [archive] = readdirSync(partial);
    const files = join(partial, 'files');
    await run('dpkg-deb', ['-x', join(partial, archive ?? ''), files]);
    // Where /sbin and /lib are links into /usr.
    for (const top of ['bin', 'sbin', 'lib'])
      if (existsSync(join(files, top)))
        cpSync(join(files, top), join(files, 'usr', top), { recursive: true, verbatimSymlinks: true });
    renameSync(files, target);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return target;
}
