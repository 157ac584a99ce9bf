import { existsSync, readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { citations, defined } from './requirements.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const tracked = (...patterns: readonly string[]): readonly string[] =>
  spawnSync('git', ['ls-files', '-z', '-co', '--exclude-standard', ...patterns], { cwd: root, encoding: 'utf8' })
    .stdout.split('\0')
    .filter((path) => path !== '' && existsSync(join(root, path)));

describe('requirements and documents', () => {
  it('every number that code cites stands in docs/requirements, once', () => {
    const ids = defined().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const unknown = [...citations()].filter(([id]) => !ids.includes(id));
    expect(unknown.map(([id, files]) => `${id}: ${[...files].join(', ')}`)).toEqual([]);
  });

  it('docs/requirements/tests.md names no file that does not cite the number, and opens none that is cited', () => {
    const found = citations();
    const wrong: string[] = [];
    for (const row of readFileSync(join(root, 'docs/requirements/tests.md'), 'utf8').split('\n')) {
      const id = /^\| ([A-Z]-\d+) \|/.exec(row)?.[1];
      if (id === undefined) continue;
      if (row.includes('| open |') && found.has(id)) wrong.push(`${id} is not open`);
      for (const [, file] of row.matchAll(/`([^`]+)`/g))
        if (file !== undefined && found.get(id)?.has(file) !== true) wrong.push(`${id}: ${file}`);
    }
    expect(wrong, 'npm run requirements writes it anew').toEqual([]);
  });

  it('every document that code or another document names is in the repository', () => {
    const missing: string[] = [];
    for (const file of tracked('*.ts', '*.tsx', '*.mjs', '*.cc', '*.h', '*.c', '*.md', '*.json')) {
      if (file === 'package-lock.json' || file.startsWith('bin/requirements.')) continue;
      const text = readFileSync(join(root, file), 'utf8');
      for (const [, name] of text.matchAll(/(?<![\w/.*<-])((?:[\w.-]+\/)*[\w-]+\.md)\b/g)) {
        if (name === undefined) continue;
        const places = [name, join(dirname(file), name), join('docs', name)].map((path) => normalize(path));
        if (!places.some((path) => existsSync(join(root, path)))) missing.push(`${file}: ${name}`);
      }
    }
    expect(missing).toEqual([]);
  });
});
