import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterAll, expect, it } from 'vitest';
import { createSystemAuthorities } from './system-environment';

const folder = mkdtempSync(join(tmpdir(), 'agile-vpn-authorities-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('are those of the first bundle that is there and can be read; the others are named, once', () => {
  const odd = join(folder, 'odd.crt');
  const bundle = join(folder, 'bundle.crt');
  mkdirSync(odd);
  writeFileSync(bundle, rootCertificates.slice(0, 2).join('\n'));
  const notes: string[] = [];
  const authorities = createSystemAuthorities([join(folder, 'absent.crt'), odd, bundle, '/dev/zero']);
  expect(authorities((note) => notes.push(note))).toHaveLength(2);
  expect(authorities((note) => notes.push(note))).toHaveLength(2);
  expect(notes).toEqual([`${odd} is a folder.`]);
  expect(createSystemAuthorities([odd])(() => undefined)).toEqual([]);
});
