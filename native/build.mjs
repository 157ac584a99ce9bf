// Builds the addon (and the helper) with node-gyp. Never needs the network when the running Node has its headers beside it.
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

const command = (...steps) =>
  spawnSync(process.execPath, [gyp, ...steps, '-C', here, ...(verbose ? ['--verbose'] : ['--loglevel=error']), ...options], { stdio: 'inherit' }).status ?? 1;

process.exitCode = command(...(fresh ? ['rebuild'] : ['configure', 'build']));
