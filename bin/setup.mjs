// Makes a machine ready to run and to test: npm packages, system packages, native code, the app's bundles.
// Plain Node, no dependencies: this runs before anything is installed. Quick when there is nothing to do.
//   node bin/setup.mjs [run | build | test]      (test: everything, the default)
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
const stamps = join(root, '.setup');

/** System packages by what needs them; names are Debian's. */
const packages = {
  build: [
    'g++',
    'make',
    'python3',
    'pkg-config',
    'libssl-dev',
    'libnftables-dev',
    'libsystemd-dev',
    'nlohmann-json3-dev',
  ],
  run: [],
  test: [
    'strongswan-charon',
    'strongswan-swanctl',
    'strongswan-libcharon',
    'libcharon-extra-plugins',
    'libcharon-extauth-plugins',
    'libstrongswan-standard-plugins',
    'libstrongswan-extra-plugins',
    // The lab's own authority: its lists of revoked certificates.
    'strongswan-pki',
    'dnsmasq-base',
    'freeradius',
    'softhsm2',
    'opensc',
    'nftables',
    'conntrack',
    'doctest-dev',
    'dbus',
    'ethtool',
    'iperf3',
    'iputils-ping',
    // Of the resolver that the lab unpacks for itself.
    'libsystemd-shared',
    'openssl',
    'procps',
    'tcpdump',
    'tshark',
    'chromium',
  ],
};

export class SetupError extends Error {}

const say = (text) => process.stderr.write(`${text}\n`);

/** Runs a program with its output on standard error, so that standard output stays what the caller makes of it. */
const must = (what, command, args, env = {}) => {
  say(`setup: ${what}`);
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...env },
  });
  if (error !== undefined || status !== 0)
    throw new SetupError(
      `${what} failed${error ? `: ${error.message}` : ''}. The command was: ${command} ${args.join(' ')}`,
    );
};

const npm = (...args) =>
  process.env.npm_execpath?.endsWith('.js') ? [process.execPath, [process.env.npm_execpath, ...args]] : ['npm', args];

/** A digest over files and folders: content, not dates, so that a fresh clone and an old one agree. */
function digest(...paths) {
  const hash = createHash('sha256');
  const add = (path) => {
    let entries;
    try {
      entries = readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    } catch (error) {
      if (error.code === 'ENOTDIR')
        hash.update(relative(root, path)).update('\0').update(readFileSync(path)).update('\0');
      return;
    }
    for (const entry of entries)
      if (entry.name !== 'build' && entry.name !== 'node_modules') add(join(path, entry.name));
  };
  for (const path of paths) add(join(root, path));
  return hash.digest('hex');
}

/** Does `work` unless it was done for the same `key` and `stillThere`. */
function once(name, key, stillThere, work) {
  const stamp = join(stamps, name);
  if (stillThere && existsSync(stamp) && readFileSync(stamp, 'utf8') === key) return;
  work();
  mkdirSync(stamps, { recursive: true });
  writeFileSync(stamp, key);
}

function node() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    throw new SetupError(`Node ${process.versions.node} is too old: 20.19 or newer is needed (https://nodejs.org).`);
}

function npmPackages() {
  const installed = join(root, 'node_modules/.package-lock.json');
  // npm's own record of what is installed tells whether it is what the lock file wants.
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const matches = () => {
    if (!existsSync(installed)) return false;
    const have = JSON.parse(readFileSync(installed, 'utf8')).packages;
    return Object.entries(wanted).every(
      ([path, p]) => path === '' || p.optional === true || p.peer === true || have[path]?.version === p.version,
    );
  };
  if (matches()) return;
  must('installing npm packages', ...npm('ci', '--no-audit', '--no-fund', '--loglevel=error'));
}

const commandExists = (name) =>
  (process.env.PATH ?? '').split(':').some((directory) => existsSync(join(directory, name)));

const missingPackages = (names) =>
  names.filter(
    (name) =>
      spawnSync('dpkg-query', ['-W', '-f=${db:Status-Status}', name], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).stdout !== 'installed',
  );

/** Installs system packages when allowed to; otherwise names the command that would. */
function systemPackages(names) {
  if (!commandExists('dpkg-query')) {
    say(`setup: this is not a Debian system; make sure it has what these Debian packages hold: ${names.join(' ')}`);
    return;
  }
  const key = createHash('sha256').update(names.join(' ')).update(readFileSync('/var/lib/dpkg/status')).digest('hex');
  once(`packages-${names.length}`, key, true, () => {
    const missing = missingPackages(names);
    if (missing.length === 0) return;
    const install = ['install', '-y', '--no-install-recommends', ...missing];
    if (process.getuid() !== 0)
      throw new SetupError(
        `These system packages are missing: ${missing.join(' ')}. Install them with:\n  sudo apt-get install ${missing.join(' ')}`,
      );
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    must('asking for the list of system packages', 'apt-get', ['update', '-q'], env);
    must(`installing system packages: ${missing.join(' ')}`, 'apt-get', ['-q', ...install], env);
  });
}

function nativeCode() {
  const built = ['agile_vpn.node', 'agile-vpn-helper']
    .map((name) => `native/build/Release/${name}`)
    .every((file) => existsSync(join(root, file)));
  once('native', digest('native', 'package-lock.json') + process.versions.modules, built, () =>
    must('building native code', ...npm('run', '--silent', 'build:native')),
  );
}

/** The same code with sanitizers, and its unit tests: what native/testing/sanitizers.ts runs. */
function sanitizedCode() {
  const built = ['Address/native-tests', 'Address/agile_vpn.node', 'Address/agile-vpn-helper', 'Thread/native-tests']
    .map((name) => `native/build/${name}`)
    .every((file) => existsSync(join(root, file)));
  once('sanitized', digest('native', 'package-lock.json') + process.versions.modules, built, () =>
    must('building native code with sanitizers', process.execPath, ['native/build.mjs', '--sanitizers']),
  );
}

function appBundles() {
  const built = existsSync(join(root, 'out/cli/cli.cjs.cache')) && existsSync(join(root, 'out/renderer/index.html'));
  const key =
    digest(
      'src-core',
      'src-main',
      'src-renderer',
      'native',
      'assets',
      'electron.vite.config.ts',
      'bin/agile-vpn',
      'tsconfig.json',
      'package-lock.json',
    ) + process.version;
  once('app', key, built, () => must('building the app', ...npm('run', '--silent', 'build:app')));
}

/** What the app with its demo gateway needs; native code, which takes a minute to build, is for real connections. */
export function setUpDemo() {
  node();
  systemPackages([...packages.build, ...packages.run]);
  npmPackages();
  appBundles();
}

/**
 * Everything needed for `purpose`. Throws a SetupError that says what to do.
 * @param {'run' | 'build' | 'test'} purpose
 */
export function setUp(purpose) {
  node();
  systemPackages([
    ...packages.build,
    ...(purpose === 'build' ? [] : packages.run),
    ...(purpose === 'test' ? packages.test : []),
  ]);
  npmPackages();
  nativeCode();
  if (purpose === 'test') sanitizedCode();
  appBundles();
}

/** Ends the program with the error's text alone when it is one the person can act on. */
export function orExplain(work) {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`\n${error.message}`);
    process.exit(1);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const purpose = process.argv[2] ?? 'test';
  if (!['run', 'build', 'test'].includes(purpose)) {
    say('usage: node bin/setup.mjs [run | build | test]');
    process.exit(1);
  }
  orExplain(() => setUp(purpose));
  say('setup: ready');
}
