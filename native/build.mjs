// Builds the addon (and the helper) with node-gyp. Never needs the network when the running Node has its headers beside
// it.
//   node build.mjs [--fresh] [--verbose]
//   node build.mjs --sanitizers     what testing/sanitizers.ts runs, in build/Address and build/Thread
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const gyp = require.resolve('node-gyp/bin/node-gyp.js');
const prefix = dirname(dirname(process.execPath));
const options = existsSync(join(prefix, 'include', 'node', 'node_api.h')) ? [`--nodedir=${prefix}`] : [];
const verbose = process.argv.includes('--verbose');
const fresh = process.argv.includes('--fresh');

const missing = [
  ['pkg-config', () => spawnSync('pkg-config', ['--version']).status === 0],
  ['libnftables-dev', () => spawnSync('pkg-config', ['--exists', 'libnftables']).status === 0],
  ['libsystemd-dev', () => spawnSync('pkg-config', ['--exists', 'libsystemd']).status === 0],
  ['nlohmann-json3-dev', () => existsSync('/usr/include/nlohmann/json.hpp')],
].filter(([, there]) => !there());

const sanitizers = process.argv.includes('--sanitizers');
const nodeGyp = [
  process.execPath,
  gyp,
  ...(sanitizers ? ['configure'] : fresh ? ['rebuild'] : ['configure', 'build']),
  '-C',
  here,
  ...(verbose ? ['--verbose'] : ['--loglevel=error']),
  '--jobs=max',
  ...options,
  ...(sanitizers ? ['--', '-Dsanitizers=1'] : []),
];
/** node-gyp itself knows the configurations Release and Debug only. */
const make = (configuration, ...targets) => [
  'make',
  '-C',
  join(here, 'build'),
  `-j${String(availableParallelism())}`,
  `BUILDTYPE=${configuration}`,
  ...targets,
];
const commands = sanitizers
  ? [nodeGyp, make('Address', 'native-tests', 'agile_vpn', 'agile-vpn-helper'), make('Thread', 'native-tests')]
  : [nodeGyp];
// One build at a time in this folder: flock(1) of util-linux, where it is there.
const locked = spawnSync('flock', ['--version']).status === 0;
for (const command of commands) {
  const [program, ...words] = locked ? ['flock', join(here, 'binding.gyp'), ...command] : command;
  process.exitCode =
    spawnSync(program, words, { stdio: ['ignore', verbose ? 'inherit' : 'ignore', 'inherit'] }).status ?? 1;
  if (process.exitCode !== 0) break;
}

if (missing.length > 0) {
  console.error(`agile-vpn-helper was not built; the addon was. Missing: ${missing.map(([name]) => name).join(' ')}`);
  console.error(
    `On Debian and Ubuntu: apt-get install ${missing.map(([name]) => name).join(' ')}, then run this again.`,
  );
}
