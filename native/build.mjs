// Builds the addon (and the helper) with node-gyp. Never needs the network when the running Node has its headers beside
// it.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
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

const steps = fresh ? ['rebuild'] : ['configure', 'build'];
const gypArguments = [
  gyp,
  ...steps,
  '-C',
  here,
  ...(verbose ? ['--verbose'] : ['--loglevel=error']),
  '--jobs=max',
  ...options,
];
// One build at a time in this folder: flock(1) of util-linux, where it is there.
const locked = spawnSync('flock', ['--version']).status === 0;
const [program, first] = locked ? ['flock', [join(here, 'binding.gyp'), process.execPath]] : [process.execPath, []];
process.exitCode =
  spawnSync(program, [...first, ...gypArguments], { stdio: ['ignore', verbose ? 'inherit' : 'ignore', 'inherit'] })
    .status ?? 1;

if (missing.length > 0) {
  console.error(`agile-vpn-helper was not built; the addon was. Missing: ${missing.map(([name]) => name).join(' ')}`);
  console.error(
    `On Debian and Ubuntu: apt-get install ${missing.map(([name]) => name).join(' ')}, then run this again.`,
  );
}
