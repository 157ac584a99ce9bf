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
  'here-strings of PowerShell': (length) => `Add-VpnConnection -Name \`\n${fill('@"\n', length)}`,
  'parameters of PowerShell': (length) => `Add-VpnConnection -Name a ${fill('-x "', length)}`,
  'cmdlets of PowerShell': (length) => fill('Add-VpnConnection -Name a -ServerAddress b.test\n', length),
  'elements of ProfileXML': (length) => `<VPNProfile>${fill('<Route>', length / 10)}</VPNProfile>`,
  'a key file of many keys': (length) =>
    `[connection]\nid=a\n[vpn]\nservice-type=x.strongswan\n${fill('address=a\n', length)}`,
  'a key file of many sections': (length) => `[vpn]\nservice-type=x.strongswan\n${fill('[vpn]\n', length)}`,
  'sections of swanctl.conf that do not end': (length) => `connections {\n${fill('a {', length)}`,
  'sections of swanctl.conf that inherit': (length) => `connections {\n${fill('a : a, a {}\n', length)}}`,
  'connections of swanctl.conf': (length) =>
    `connections {${Array.from({ length: length / 40 }, (_, index) => `a${index} { remote_addrs = a.test }\n`).join('')}}`,
  'secrets of swanctl.conf': (length) =>
    `connections { a { remote_addrs = a.test } }\nsecrets {${Array.from({ length: length / 30 }, (_, index) => `eap${index} { id = a }`).join('\n')}}`,
  'quotes of swanctl.conf': (length) => `connections { a { remote_addrs = ${fill('"a" ', length)}} }`,
  'a quote of swanctl.conf that does not end': (length) => `connections { a { x = "${fill('\\', length)}`,
  'comments of swanctl.conf': (length) => `connections {\n${fill('#\n', length)}}`,
  'connections of ipsec.conf': (length) => fill('conn a\n right=a.test\n also=a\n', length),
  'blanks of ipsec.conf': (length) => `conn a\n${fill(' ', length)}right=a.test`,
  'quotes of ipsec.conf': (length) => `conn a\n right=a.test\n x=${fill('"#', length)}`,
  'secrets of ipsec.conf': (length) => `: PSK "a"\n${fill('  :x\n', length)}`,
  'words of ipsec.secrets': (length) => `: PSK ${fill('" ', length)}`,
  'proposals of ipsec.conf': (length) => `conn a\n right=a.test\n ike=${fill('aes256-sha256-modp2048,x-', length)}`,
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
