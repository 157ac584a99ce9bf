// Formats the tree, or says which files are not formatted: prettier for what it knows, clang-format for C and C++.
//   node bin/format.mjs [--write]
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const write = process.argv.includes('--write');
const run = (command, args) =>
  spawnSync(join(root, 'node_modules/.bin', command), args, { cwd: root, stdio: 'inherit' }).status === 0;

const { stdout } = spawnSync('git', ['ls-files', '-z', '*.c', '*.cc', '*.h'], { cwd: root, encoding: 'utf8' });
const nativeFiles = stdout.split('\0').filter((file) => file !== '');

const prettier = run('prettier', [write ? '--write' : '--check', '--log-level', 'warn', '.']);
const clangFormat = run('clang-format', [...(write ? ['-i'] : ['--dry-run', '--Werror']), ...nativeFiles]);
process.exit(prettier && clangFormat ? 0 : 1);
