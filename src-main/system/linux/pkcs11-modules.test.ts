import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { findPkcs11Modules } from './pkcs11-modules';

const root = mkdtempSync(join(tmpdir(), 'agile-vpn-modules-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});

it('finds what p11-kit knows, then the usual names, each once; never the trust store', () => {
  const registry = join(root, 'registry');
  const folder = join(root, 'lib');
  mkdirSync(registry);
  mkdirSync(folder);
  for (const name of ['opensc-pkcs11.so', 'libykcs11.so', 'p11-kit-trust.so', 'own.so'])
    writeFileSync(join(folder, name), '');
  writeFileSync(join(registry, 'a.module'), `# comment\nmodule: ${join(folder, 'own.so')}\npriority: 1\n`);
  writeFileSync(join(registry, 'b.module'), 'module: opensc-pkcs11.so\n');
  writeFileSync(join(registry, 'c.module'), 'module: p11-kit-trust.so\n');
  writeFileSync(join(registry, 'd.module'), 'module: not-there.so\n');
  writeFileSync(join(registry, 'e.txt'), 'module: libykcs11.so\n');
  expect(
    findPkcs11Modules({ registries: [registry, join(root, 'absent')], folders: [join(root, 'none'), folder] }),
  ).toEqual([join(folder, 'own.so'), join(folder, 'opensc-pkcs11.so'), join(folder, 'libykcs11.so')]);
});

it('passes over what cannot be read', () => {
  const registry = join(root, 'odd');
  mkdirSync(join(registry, 'a.module'), { recursive: true });
  symlinkSync(join(registry, 'gone'), join(registry, 'b.module'));
  symlinkSync('/dev/zero', join(registry, 'c.module'));
  spawnSync('mkfifo', [join(registry, 'd.module')]);
  const library = join(root, 'last.so');
  writeFileSync(library, '');
  writeFileSync(join(registry, 'e.module'), `module: ${library}\n`);
  expect(findPkcs11Modules({ registries: [library, registry], folders: [] })).toEqual([library]);
});
