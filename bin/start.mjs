// Opens the app: in Electron when its binary and a display are there, else in the browser.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { orExplain, root, setUpDemo } from './setup.mjs';

// What cannot be said ends nothing that runs.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

orExplain(setUpDemo);

// The app opens at once; what real connections need is built beside it, and is a matter of a second when nothing
// changed.
const fresh = !existsSync(join(root, 'native/build/Release/agile_vpn.node'));
if (fresh)
  process.stderr.write(
    'Native code is being built in the background: the demo works now, real connections after the next start.\n',
  );
const native = spawn(process.execPath, [join(root, 'bin/setup.mjs'), 'run'], { stdio: 'ignore' });
native.on('exit', (code) => {
  if (code !== 0) process.stderr.write('Native code was not built: "npm run setup" says why.\n');
});

/** The Electron binary's path, or null; asking the package itself would start a download. */
function electronBinary() {
  const packageFolder = join(root, 'node_modules/electron');
  const pathFile = join(packageFolder, 'path.txt');
  if (!existsSync(pathFile)) return null;
  const binary = join(
    process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(packageFolder, 'dist'),
    readFileSync(pathFile, 'utf8').trim(),
  );
  return existsSync(binary) ? binary : null;
}

const binary = electronBinary();
const display = process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY;
const args = process.argv.slice(2);
let child;
if (binary !== null && display) {
  // Chromium's sandbox refuses to run as root.
  child = spawn(binary, [root, ...(process.getuid() === 0 ? ['--no-sandbox'] : []), ...args], { stdio: 'inherit' });
} else {
  const why =
    binary === null ? "Electron's binary is not installed (npx install-electron fetches it)" : 'There is no display';
  process.stderr.write(`${why}: opening the app in the browser. Ctrl+C ends it.\n`);
  child = spawn(join(root, 'bin/agile-vpn'), ['ui', ...args], { stdio: 'inherit' });
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' || signal === 'SIGTERM' ? 0 : 1)));
