import { describe, test } from 'vitest';
import { utf8Encode } from '../bytes';
import { parsePem } from '../pki/pem';
import { importProfiles } from './import';
import { expectLinear } from './testing/linear';

/**
 * Files reach the service in which tunnels live: reading twice as much may take twice the time, never four times. The
 * shapes are those that catch regular expressions which look for an end from every beginning.
 */

const fill = (text: string, length: number): string => text.repeat(Math.ceil(length / text.length)).slice(0, length);
const apple = (inside: string): string => `<?xml version="1.0"?><plist>com.apple.vpn.managed${inside}</plist>`;
const own = (authority: string): string =>
  JSON.stringify({
    version: 1,
    name: 'a',
    server: 'a.test',
    authentication: { method: 'psk' },
    serverCertificate: { authorities: [authority] },
  });

const shapes: Readonly<Record<string, (length: number) => string>> = {
  'blank lines': (length) => `${fill('\n', length)}hello`,
  'blank lines before a section': (length) => `${fill('\r\n', length)}[x`,
  'a key of blanks': (length) => `[x]\nVpnStrategy=7\na${fill(' ', length)}b`,
  'one line of blanks': (length) => `${fill(' ', length)}x`,
  'many open brackets': (length) => `${fill('[', length)}\nVpnStrategy=7`,
  'many sections': (length) => fill('[x]\nPBVersion=1\n', length),
  'lists of JSON': (length) => fill('[', length),
  'beginnings of PEM': (length) => own(fill('-----BEGIN A-----', length)),
  'PEM with colons': (length) => own(`-----BEGIN A-----\n${fill(':', length)}\n-----END A-----`),
  'PEM of many labels': (length) =>
    own(Array.from({ length: length / 24 }, (_, index) => `-----BEGIN A${index}-----`).join('\n')),
  'open elements': (length) => apple(fill('<dict>', length)),
  attributes: (length) =>
    `<?xml version="1.0"?><plist ${Array.from({ length: length / 10 }, (_, index) => `a${index}="1"`).join(' ')}>com.apple.vpn.managed</plist>`,
  'blanks in a DOCTYPE': (length) => `<?xml version="1.0"?><!DOCTYPE ${fill(' ', length)} plist>${apple('')}`,
  ampersands: (length) => apple(`<string>${fill('&', length)}</string>`),
  'comments that do not end': (length) => apple(fill('<!-- ', length)),
};

describe('reading takes time in proportion to the length of', () => {
  test.each(Object.entries(shapes))(
    '%s',
    async (_name, shape) => {
      await expectLinear(async (length) => {
        await importProfiles({ name: 'x', content: utf8Encode(shape(length)) });
      });
    },
    120_000,
  );

  test.each([
    ['beginnings', (length: number) => fill('-----BEGIN A-----', length)],
    ['an end that is not the own one', (length: number) => `${fill('-----BEGIN A-----', length)}-----END B-----`],
  ])('PEM: %s', async (_name, shape) => {
    await expectLinear((length) => parsePem(shape(length)));
  });
});
