// Which files cite which requirement of docs/requirements, written to docs/requirements/tests.md.
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = 'docs/requirements';
/** Not part of a longer word: `P-521` is a curve and `M-1024` no number of ours. */
const cited = /(?<![\w-])([CMEXAPWH]-\d{1,2})(?![\w-])/g;

/** Every number that stands in docs/requirements, in its order there. */
export function defined() {
  const rows = [];
  for (const file of readdirSync(join(root, folder)).filter((name) => /^[a-z0-9-]+\.md$/.test(name))) {
    if (file === 'tests.md') continue;
    for (const [, id] of readFileSync(join(root, folder, file), 'utf8').matchAll(/^\| ([CMEXAPWH]-\d+) \|/gm))
      rows.push({ id, file });
  }
  return rows;
}

/** Number → files of the repository that cite it, product and tests. */
export function citations() {
  const { stdout } = spawnSync(
    'git',
    ['ls-files', '-z', '-co', '--exclude-standard', '*.ts', '*.mjs', '*.cc', '*.h', '*.c'],
    { cwd: root, encoding: 'utf8' },
  );
  const found = new Map();
  for (const path of stdout.split('\0')) {
    if (path === '') continue;
    let text;
    try {
      text = readFileSync(join(root, path), 'utf8');
    } catch {
      continue; // deleted, not yet committed
    }
    for (const [, id] of text.matchAll(cited)) {
      if (!found.has(id)) found.set(id, new Set());
      found.get(id).add(path);
    }
  }
  return found;
}

const isTest = (path) => /\.(test|spec)\.tsx?$|\/simulation\/|^e2e\//.test(path);

/** The text of tests.md. */
export function report() {
  const found = citations();
  const lines = [
    '# Where the requirements are tested',
    '',
    'Written by `npm run requirements`. *Open*: no code cites the number.',
    '',
    '| id | test files | product files |',
    '| --- | --- | --- |',
  ];
  for (const { id } of defined()) {
    const files = [...(found.get(id) ?? [])].sort();
    const names = (list) => list.map((path) => `\`${path}\``).join('<br>');
    const tests = files.filter(isTest);
    const product = files.filter((path) => !isTest(path));
    lines.push(`| ${id} | ${files.length === 0 ? 'open' : names(tests)} | ${names(product)} |`);
  }
  return `${lines.join('\n')}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  writeFileSync(join(root, folder, 'tests.md'), report());
