import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ValidateFunction } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { validate as profileValidator } from '../src-core/profiles/schema-validator';
import { validators as requestValidators } from '../src-main/api/request-validators';
import { compiledValidators, profileValidatorCode, requestValidatorsCode } from './compiled-validators';

/** What the build puts into the program, loaded as Node loads it; beside node_modules, where its one helper is. */
const folder = mkdtempSync(join(import.meta.dirname, '../node_modules/.compiled-validators-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function load<T>(name: string, code: string): Promise<T> {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, code);
  return (await import(/* @vite-ignore */ pathToFileURL(file).href)) as T;
}

const verdict = (validate: ValidateFunction, value: unknown): unknown => [validate(value), validate.errors ?? null];
const minimal = { version: 1, name: 'Work', server: 'vpn.example.org', authentication: { method: 'eap-mschapv2' } };

describe('compiled validators', () => {
  let profile: { readonly validate: ValidateFunction };
  let requests: { readonly validators: Readonly<Record<string, ValidateFunction>> };
  beforeAll(async () => {
    profile = await load('profile', profileValidatorCode());
    requests = await load('requests', requestValidatorsCode());
  });

  it.each<[string, boolean, unknown]>([
    ['the least that there is', true, minimal],
    ['no object', false, 'Work'],
    ['no server', false, { ...minimal, server: undefined }],
    ['an unknown key', false, { ...minimal, colour: 'red' }],
    ['an outage time that is too long', false, { ...minimal, mobility: { outageSeconds: 1e9 } }],
    ['a name of too many characters outside of the basic plane', false, { ...minimal, name: '😀'.repeat(65) }],
    ['a name as long as is allowed only when characters are counted', true, { ...minimal, name: '😀'.repeat(40) }],
    ['several at once', false, { version: 2, name: '', network: { routes: [1] }, authentication: { method: 'none' } }],
  ])('judges a profile as the compiler does: %s', (_what, right, value) => {
    expect(profile.validate(value)).toBe(right);
    expect(verdict(profile.validate, value)).toEqual(verdict(profileValidator, value));
  });

  it('has every request', () => {
    expect(Object.keys(requests.validators)).toEqual(Object.keys(requestValidators));
  });

  it.each([
    null,
    {},
    { name: 'Work' },
    { name: '' },
    { name: 'Work', more: 1 },
    { id: 'x', answer: { type: 'choose', index: -1 } },
    { id: 'x', answer: { type: 'accept' } },
    { profile: { name: 'Work' }, previousName: null },
  ])('judges every request as the compiler does: %j', (value) => {
    for (const [name, validate] of Object.entries(requestValidators))
      expect([name, verdict(requests.validators[name]!, value)]).toEqual([name, verdict(validate, value)]);
  });

  it('replaces the two modules of the source, and no other', () => {
    const root = join(import.meta.dirname, '..');
    const load = compiledValidators(root).load as (this: void, id: string) => unknown;
    expect(load(join(root, 'src-core/profiles/schema-validator.ts'))).toMatchObject({
      code: expect.stringContaining('validate') as string,
    });
    expect(load(join(root, 'src-main/api/request-validators.ts'))).toMatchObject({
      code: expect.stringContaining('validators') as string,
    });
    expect(load(join(root, 'src-core/profiles/schema.ts'))).toBeNull();
  });
});
