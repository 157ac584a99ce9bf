import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

export interface ModulePlaces {
  /** Folders with p11-kit's configuration, one `*.module` file a module. */
  readonly registries: readonly string[];
  /** Where a module named without a path is. */
  readonly folders: readonly string[];
}

const architecture: string =
  (
    { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu', arm: 'arm-linux-gnueabihf' } as Readonly<
      Record<string, string>
    >
  )[process.arch] ?? process.arch;

const systemPlaces: ModulePlaces = {
  registries: ['/etc/pkcs11/modules', '/usr/share/p11-kit/modules'],
  folders: [
    `/usr/lib/${architecture}/pkcs11`,
    `/usr/lib/${architecture}`,
    '/usr/lib64/pkcs11',
    '/usr/lib64',
    '/usr/lib/pkcs11',
    '/usr/lib',
  ],
};

/** Modules that vendors install without telling p11-kit. */
const usualModules = [
  'opensc-pkcs11.so',
  'softhsm/libsofthsm2.so',
  'libykcs11.so',
  'libeTPkcs11.so',
  'libcryptoki.so',
  'libcvP11.so',
] as const;

/** A configuration of p11-kit is a few lines. */
const largestFile = 64 * 1024;

/**
 * Modules of p11-kit itself and of desktops: they hold authorities or stand for all the others, not for a token of a
 * person.
 */
const noTokens = /(^|\/)(p11-kit-(trust|client|proxy)|gnome-keyring-pkcs11)\.so$/;

/**
 * Absolute paths of the PKCS#11 modules of this computer: those registered with p11-kit first, then those in the usual
 * places.
 */
export function findPkcs11Modules({ registries, folders }: ModulePlaces = systemPlaces): readonly string[] {
  const inFolders = (name: string): string[] =>
    (isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name)))
      .filter((path) => existsSync(path))
      .slice(0, 1);
  const registered = registries.flatMap((folder) => readModuleNames(folder).flatMap(inFolders));
  return [...new Set([...registered, ...usualModules.flatMap(inFolders)])].filter((path) => !noTokens.test(path));
}

/** What cannot be read hides no other module. */
function orNothing<T>(work: () => T[]): T[] {
  try {
    return work();
  } catch {
    return [];
  }
}

function readLines(path: string): string[] {
  const about = statSync(path);
  return about.isFile() && about.size <= largestFile ? readFileSync(path, 'utf8').split('\n') : [];
}

function readModuleNames(folder: string): string[] {
  return orNothing(() => readdirSync(folder))
    .filter((file) => file.endsWith('.module'))
    .sort()
    .flatMap((file) => {
      const lines = orNothing(() => readLines(join(folder, file)));
      const line = lines.map((text) => text.trim()).find((text) => text.startsWith('module:'));
      const name = line?.slice('module:'.length).trim() ?? '';
      return name === '' ? [] : [name];
    });
}
