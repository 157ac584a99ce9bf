import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ntPasswordHash } from '../../src-core/eap/mschapv2/computations';
import { figure, useLab } from './fixture';
import { account } from './gateway-config';
import { radiusProfile, withCertificate, withPassword } from './radius';
import type { RadiusOptions } from './radius';
import { makeToken } from './token';
import { VpnClient } from './vpn-client';
import { profiles } from './profiles';
import type { ProfileText } from './profiles';

/** The forms in which octets find their way into a text. */
function forms(octets: Uint8Array): readonly string[] {
  const buffer = Buffer.from(octets);
  const hex = buffer.toString('hex');
  return [
    hex,
    hex.toUpperCase(),
    hex.match(/../g)?.join(':') ?? hex,
    hex.match(/../g)?.join(' ') ?? hex,
    buffer.toString('base64').replace(/=+$/, '').slice(0, -1),
    JSON.stringify([...buffer]).slice(1, -1),
  ].filter((text) => text.length >= 8);
}

const textForms = (text: string): readonly string[] => [
  text,
  ...forms(Buffer.from(text)),
  ...forms(Buffer.from(text, 'utf16le')),
];

/** Lines of a key file: none of them may stand anywhere else. */
const keyParts = (pem: string): readonly string[] =>
  pem.split('\n').filter((line) => line.length > 40 && !line.startsWith('-----'));

/** Everything below a folder that is a file. */
function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesIn(join(folder, entry.name)) : entry.isFile() ? [join(folder, entry.name)] : [],
  );
}

describe('secrets stay where they belong (A-9)', () => {
  const lab = useLab();

  const ways: readonly (readonly [name: string, profile: () => ProfileText, radius: RadiusOptions | null])[] = [
    ['EAP-MSCHAPv2', () => profiles['eap-mschapv2'], null],
    ['machine certificate', () => profiles.rsa, null],
    ['pre-shared key', () => profiles.psk, null],
    [
      'PEAP-MSCHAPv2',
      () =>
        radiusProfile('s1', {
          method: 'peap-mschapv2',
          anonymousIdentity: 'anonymous',
          fastReconnect: true,
          ...withPassword,
        }),
      { cache: true },
    ],
    [
      'PEAP-TLS',
      () => radiusProfile('s2', { method: 'peap-tls', anonymousIdentity: 'anonymous', ...withCertificate }),
      { peapInner: 'tls' },
    ],
    ['EAP-TLS 1.2', () => radiusProfile('s3', { method: 'eap-tls', ...withCertificate }), {}],
    ['EAP-TLS 1.3', () => radiusProfile('s4', { method: 'eap-tls', ...withCertificate }), { tls: '1.3' }],
    [
      'EAP-TTLS-PAP',
      () =>
        radiusProfile('s5', { method: 'eap-ttls', ttlsInner: 'pap', anonymousIdentity: 'anonymous', ...withPassword }),
      {},
    ],
    [
      'EAP-TTLS-MSCHAPv2',
      () => radiusProfile('s6', { method: 'eap-ttls', anonymousIdentity: 'anonymous', ...withPassword }),
      {},
    ],
  ];

  it.each(ways)('%s: no secret in output, log, argv, environment or files', async (name, profileOf, radiusOptions) => {
    const radius = radiusOptions === null ? null : await lab().radius(radiusOptions);
    try {
      await search(name, profileOf(), [], () => radius?.log ?? '');
    } finally {
      await radius?.stop();
    }
  });

  it('a PIN and a key on a token', async () => {
    const token = await makeToken(lab(), 'client-rsa.lab.test');
    const pin = readFileSync(token.pinFile, 'utf8').trim();
    const profile = {
      ...profiles.rsa,
      name: 'Token',
      authentication: { method: 'machine-certificate', certificate: token.certificate },
    };
    // Six digits alone turn up by chance in counters and addresses.
    await search('token', profile, ['--pin-file', token.pinFile], () => '', [
      `"${pin}"`,
      `PIN ${pin}`,
      `pin=${pin}`,
      ...forms(Buffer.from(`${pin}\n`)),
    ]);
  });

  async function search(
    name: string,
    profile: ProfileText,
    args: readonly string[],
    radiusLog: () => string,
    more: readonly string[] = [],
  ): Promise<void> {
    const client = VpnClient.connect(lab(), profile, { password: account.password, log: true, args });
    await client.connected(20_000);
    await lab().ping();
    const argv = readFileSync(`/proc/${String(client.pid)}/cmdline`, 'utf8').replaceAll('\0', ' ');
    const environment = readFileSync(`/proc/${String(client.pid)}/environ`, 'utf8');
    expect(await client.stop()).toBe(0);

    // What the RADIUS server gave the gateway are the two halves of the MSK.
    const msk = [...radiusLog().matchAll(/MS-MPPE-(?:Recv|Send)-Key = 0x([0-9a-f]{64})/g)].flatMap(([, hex]) =>
      forms(Buffer.from(hex!, 'hex')),
    );
    const secrets = [
      ...textForms(account.password),
      ...textForms(account.psk),
      ...forms(ntPasswordHash(account.password)),
      ...msk,
      ...keyParts(readFileSync(lab().pki.path('client-rsa.key'), 'utf8')),
      ...more,
    ];
    const home = join(lab().directory, 'home');
    const places: readonly (readonly [string, string])[] = [
      ['standard output with every log record', client.stdout],
      ['standard error', client.stderr],
      ['argv', argv],
      ['environment', environment],
      ...filesIn(home)
        .filter((path) => statSync(path).size < 4 << 20)
        .map((path): readonly [string, string] => [path, readFileSync(path, 'latin1')]),
    ];
    // The log is there, at its noisiest: every message with its payloads.
    expect(client.stdout).toContain('"level":"debug"');
    expect(client.stdout).toContain('IKE_AUTH');
    for (const [where, text] of places)
      for (const secret of secrets)
        if (secret.length > 0 && text.includes(secret))
          expect.unreachable(`${name}: a secret (${secret.slice(0, 4)}…) in ${where}`);
    figure(
      `${name}: ${String(secrets.length)} forms of secrets, ${String(msk.length)} of them of the MSK, in none of ${String(places.length)} places`,
    );
  }
});
