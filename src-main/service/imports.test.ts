import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { importProfiles } from '../../src-core/profiles';
import { Imports } from './imports';

const work = { version: 1, name: 'Work', server: 'vpn.work.test' };
const password = { ...work, authentication: { method: 'eap-mschapv2', username: 'anna', password: 'Correct-Horse-9' } };
const file = (profile: object) => ({ name: 'x', content: new Uint8Array(Buffer.from(JSON.stringify(profile))) });
const offer = async (profile: object, from: 'file' | 'link'): Promise<Imports> => {
  const imports = new Imports(importProfiles);
  await imports.offer(file(profile), from, () => false);
  return imports;
};

it('takes a secret from a file', async () => {
  const { offered, ...rest } = await offer(password, 'file').then((imports) => ({
    offered: imports.offered[0]!.report,
    taken: imports.take(imports.offered[0]!.report.token),
  }));
  expect(offered.acceptable).toBe(true);
  expect(rest.taken.secrets).toEqual({ password: 'Correct-Horse-9' });
});

it.each([
  ['password', password],
  ['psk', { ...work, authentication: { method: 'psk', psk: 'Correct-Horse-9' } }],
  [
    'privateKey',
    {
      ...work,
      authentication: {
        method: 'machine-certificate',
        privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
          type: 'pkcs8',
          format: 'pem',
        }),
      },
    },
  ],
])('refuses a link with a %s, which every user of the computer has seen, and names it', async (kind, profile) => {
  const imports = await offer(profile, 'link');
  const { acceptable, lines, token } = imports.offered[0]!.report;
  expect([acceptable, lines]).toMatchObject([false, [{ outcome: 'wrong', message: { values: { kinds: kind } } }]]);
  expect(JSON.stringify(lines)).not.toContain('Correct-Horse-9');
  expect(() => imports.take(token)).toThrow();
});

it('takes a link without a secret', async () => {
  const { authentication, ...rest } = password;
  const imports = await offer({ ...rest, authentication: { method: authentication.method, username: 'anna' } }, 'link');
  expect(imports.offered[0]?.report.acceptable).toBe(true);
});
