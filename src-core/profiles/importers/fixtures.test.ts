import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { importProfiles } from '../import';
import type { FileResolver, ImportedProfile } from '../import-report';
import { schemaDefaults } from '../schema';

/**
 * Files as people have them, and what becomes of each, key by key: `fixtures/FORMAT/FILE` beside `FILE.report`. The
 * files that they name are in `FILE.files` and in `fixtures/files`. A secret of a fixture begins with "Zebra", so that
 * none can be in a report unseen.
 */
const root = join(import.meta.dirname, 'fixtures');
const report = '.report';
const beside = '.files';

const resolverOf =
  (format: string, file: string): FileResolver =>
  (name) => {
    const path = [join(root, format, file + beside, name), join(root, 'files', name)].find(existsSync);
    return Promise.resolve(path === undefined ? null : new Uint8Array(readFileSync(path)));
  };

for (const format of readdirSync(root).filter((name) => name !== 'files')) {
  describe(format, () => {
    test.each(readdirSync(join(root, format)).filter((name) => !name.endsWith(report) && !name.endsWith(beside)))(
      '%s',
      async (name) => {
        const content = new Uint8Array(readFileSync(join(root, format, name)));
        const imported = await importProfiles({ name, content }, resolverOf(format, name));
        for (const { profile, lines, secrets } of imported) {
          // Nothing is half-imported.
          expect(profile === null).toBe(lines.some(({ outcome }) => outcome === 'wrong'));
          if (profile === null) expect(secrets).toEqual({});
          expect(JSON.stringify([profile, lines])).not.toMatch(/zebra|271828/i);
        }
        await expect(imported.map(textOf).join('\n')).toMatchFileSnapshot(join(root, format, name + report));
      },
    );
  });
}

/** The report as text: lines as the command line prints them, then what differs from a profile's defaults. */
function textOf({ format, name, profile, secrets, lines }: ImportedProfile): string {
  return [
    `${name ?? '(no name)'} (${format})`,
    ...lines.map(
      ({ outcome, key, text, file }) =>
        `  ${outcome.padEnd(10)} ${key}: ${text}${file === undefined ? '' : ` [${file}]`}`,
    ),
    ...(profile === null ? ['  no profile'] : changes('', profile, schemaDefaults())),
    ...Object.keys(secrets).map((kind) => `  secret ${kind}`),
    '',
  ].join('\n');
}

function changes(path: string, value: unknown, standard: unknown): readonly string[] {
  if (JSON.stringify(value) === JSON.stringify(standard)) return [];
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [`  = ${path}: ${JSON.stringify(value, (_key, part: unknown) => shorten(part))}`];
  return Object.entries(value).flatMap(([key, part]) =>
    changes(path === '' ? key : `${path}.${key}`, part, (standard as Record<string, unknown> | undefined)?.[key]),
  );
}

function shorten(value: unknown): unknown {
  if (typeof value !== 'string' || value.length <= 120) return value;
  const label = /-----BEGIN ([A-Z ]+)-----/.exec(value)?.[1];
  return `(${label ?? 'base64'}, ${String(value.length)} characters)`;
}
