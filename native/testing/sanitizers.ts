// Native code under the sanitizers of the compiler: what reads or writes where it must not, does what C++ leaves
// undefined, or races with another thread, ends the program that does it.
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const build = join(root, 'native/build');
const limit = 600_000;

/** The sanitizers of older compilers need the usual places in memory, which some kernels choose too freely. */
const setarch = spawnSync('setarch', ['-R', 'true']).status === 0 ? ['setarch', '-R'] : [];

const options = {
  UBSAN_OPTIONS: 'print_stacktrace=1',
  TSAN_OPTIONS: 'halt_on_error=1:second_deadlock_stack=1',
};

/** Ends well, or the whole output is the failure. */
async function run(command: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<string> {
  const [program, ...words] = [...setarch, ...command];
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')));
  return new Promise((resolve, reject) => {
    execFile(
      program!,
      words,
      { cwd: root, env: { ...env, ...options, ...more }, timeout: limit, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${command.join(' ')} failed\n${stdout}\n${stderr}`));
      },
    );
  });
}

describe('native code', () => {
  beforeAll(() => {
    execFileSync(process.execPath, ['native/build.mjs', '--sanitizers'], { cwd: root, stdio: 'inherit' });
  }, limit);

  it.each(['Address', 'Thread'])(
    'unit tests without Node: %s',
    async (configuration) => {
      expect(await run([join(build, configuration, 'native-tests')])).toMatch(/\b0 failed\b/);
    },
    limit,
  );

  it(
    'tests of the addon and the helper: Address',
    async () => {
      const library = execFileSync(process.env['CXX'] ?? 'g++', ['-print-file-name=libasan.so'], { encoding: 'utf8' });
      const output = await run(
        [
          process.execPath,
          join(root, 'node_modules/vitest/vitest.mjs'),
          ...['run', '--project', 'unit', '--testTimeout', '60000', '--hookTimeout', '120000'],
          ...['native/', 'src-main/system/linux/network-settings.test.ts'],
        ],
        // Node itself keeps much for ever.
        { AGILE_VPN_NATIVE_BUILD: 'Address', LD_PRELOAD: library.trim(), ASAN_OPTIONS: 'detect_leaks=0' },
      );
      expect(output).toMatch(/\bpassed\b/);
    },
    limit,
  );
});
