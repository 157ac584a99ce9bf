// Finds the OpenSSL that the addon links: static and hidden, so that neither Node's own copy nor Electron's BoringSSL
// runs in its place
// (docs/data-path.md 5.1). Called by binding.gyp.
//   node openssl.mjs include NODE_ROOT   prints a folder with the headers of exactly that library and the N-API headers
// of Node: those
//                                        that Node ships beside them are of its own OpenSSL.
//   node openssl.mjs libs                prints the archives, or the shared libraries with a warning where there are
// none.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const compiler = process.env.CXX ?? 'g++';

/** The folders the compiler searches by itself, in its order. */
function systemIncludeFolders() {
  const { stderr } = spawnSync(compiler, ['-xc++', '-E', '-v', '/dev/null'], { encoding: 'utf8' });
  const list = /search starts here:\n([^]*?)End of search list/.exec(stderr ?? '')?.[1] ?? '';
  return list
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => isAbsolute(line));
}

function include(nodeRoot) {
  const target = join(here, 'build', 'openssl');
  rmSync(target, { recursive: true, force: true });
  mkdirSync(join(target, 'openssl'), { recursive: true });
  for (const folder of systemIncludeFolders()) {
    const headers = join(folder, 'openssl');
    if (!existsSync(headers)) continue;
    for (const name of readdirSync(headers)) {
      const link = join(target, 'openssl', name);
      if (!existsSync(link)) symlinkSync(join(headers, name), link);
    }
  }
  for (const name of ['node_api.h', 'node_api_types.h', 'js_native_api.h', 'js_native_api_types.h']) {
    const header = [join(nodeRoot, 'include', 'node', name), join(nodeRoot, 'src', name)].find((path) =>
      existsSync(path),
    );
    if (header === undefined) throw new Error(`Node's header ${name} is not under ${nodeRoot}`);
    symlinkSync(header, join(target, name));
  }
  if (!existsSync(join(target, 'openssl', 'evp.h'))) throw new Error('no OpenSSL headers: apt-get install libssl-dev');
  return target;
}

function archive(name) {
  const { stdout } = spawnSync(compiler, [`-print-file-name=${name}`], { encoding: 'utf8' });
  const path = (stdout ?? '').trim();
  return isAbsolute(path) && existsSync(path) ? path : null;
}

function libs() {
  const archives = ['libssl.a', 'libcrypto.a'].map(archive);
  if (archives.every((path) => path !== null)) return [...archives, '-ldl', '-lpthread'].join(' ');
  process.stderr.write(
    'agile-vpn: libssl.a and libcrypto.a are not installed (apt-get install libssl-dev has them). Linking the shared OpenSSL: such an addon runs the OpenSSL of its host, and does not load in Electron.\n',
  );
  return '-lssl -lcrypto';
}

process.stdout.write({ include, libs }[process.argv[2]](process.argv[3]));
