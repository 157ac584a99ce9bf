import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { base64Encode, utf8Encode } from '../bytes';
import { checkProfile, effectiveProposals, exportAgileVpn, exportFileName, importProfiles } from '.';
import type { FileResolver, ImportedProfile } from '.';
import { testAuthority } from './testing/certificate';

const minimal = { version: 1, name: 'Contoso', server: 'vpn.contoso.test', authentication: { method: 'eap-mschapv2' } };

/** The example of the contract, with the files it names. */
const contract = {
  version: 1,
  name: 'Contoso',
  server: 'vpn.contoso.test',
  remoteIdentity: 'vpn.contoso.test',
  authentication: {
    method: 'eap-mschapv2',
    username: 'alice',
    anonymousIdentity: 'anonymous',
    certificate: 'alice.p12',
  },
  serverCertificate: {
    authorities: ['ca.pem'],
    subjectAltName: 'vpn.contoso.test',
    commonName: null,
    organizationalUnit: null,
    extendedKeyUsage: 'serverAuth',
    revocation: 'relaxed',
  },
  mobility: {
    enabled: true,
    outageSeconds: 1800,
    adapterOrder: ['eth0', 'eth1'],
    returnToPreferred: true,
    connectivityCheck: 'http://connectivity-check.ubuntu.com/',
  },
  network: {
    useDefaultGateway: true,
    routes: [],
    dnsServers: 'server',
    splitDns: [],
    ipv6: 'tunnel-or-block',
    killSwitch: false,
    mtu: 'auto',
    dhcpInform: false,
  },
  proposals: { ike: ['aes256gcm16-prfsha384-ecp256'], esp: ['aes128gcm16'] },
  advanced: { postQuantum: 'prefer', fragmentation: true, natKeepaliveSeconds: 20, dpdSeconds: 30, tcpFallback: true },
};
const pkcs12 = new Uint8Array([0x30, 0x03, 1, 1, 0xff]);
const files: FileResolver = (name) =>
  Promise.resolve(
    name === 'ca.pem'
      ? utf8Encode(`# a comment\r\n${testAuthority.replaceAll('\n', '\r\n')}`)
      : name === 'alice.p12'
        ? pkcs12
        : name === 'noise.bin'
          ? utf8Encode('hello')
          : null,
  );

async function importText(text: string, resolve?: FileResolver): Promise<ImportedProfile> {
  const [first, ...more] = await importProfiles({ name: 'x.json', content: utf8Encode(text) }, resolve);
  if (first === undefined || more.length > 0) throw new Error('exactly one expected');
  return first;
}
const importObject = (value: unknown, resolve?: FileResolver) => importText(JSON.stringify(value), resolve);
const wrong = (imported: ImportedProfile) =>
  imported.lines.filter(({ outcome }) => outcome === 'wrong').map(({ key, text }) => `${key}: ${text}`);
const keys = (imported: ImportedProfile, outcome: string) =>
  imported.lines.filter((line) => line.outcome === outcome).map(({ key }) => key);

describe('our own format', () => {
  test('the four required keys are enough; everything else has its default', async () => {
    const imported = await importObject(minimal);
    expect(wrong(imported)).toEqual([]);
    expect(imported.profile).toEqual({
      version: 1,
      name: 'Contoso',
      server: 'vpn.contoso.test',
      alternativeServers: [],
      port: null,
      remoteIdentity: null,
      localIdentity: null,
      authentication: {
        method: 'eap-mschapv2',
        username: null,
        domain: null,
        anonymousIdentity: null,
        certificate: null,
        privateKey: null,
        serverNames: [],
        serverAuthorities: [],
        ttlsInner: 'mschapv2',
        eapOnly: false,
        machineCertificate: null,
        machinePrivateKey: null,
        requireCryptobinding: false,
        fastReconnect: false,
        chosenCertificate: null,
        acceptedServerCertificates: [],
      },
      serverCertificate: {
        authorities: [],
        subjectAltName: null,
        commonName: null,
        organization: null,
        organizationalUnit: null,
        extendedKeyUsage: null,
        revocation: 'relaxed',
        acceptedCertificates: [],
      },
      mobility: {
        enabled: true,
        outageSeconds: 1800,
        adapterOrder: [],
        returnToPreferred: true,
        connectivityCheck: 'http://connectivity-check.ubuntu.com/',
      },
      network: {
        useDefaultGateway: true,
        routes: [],
        excludedRoutes: [],
        dnsServers: 'server',
        splitDns: [],
        searchDomains: [],
        ipv6: 'tunnel-or-block',
        killSwitch: false,
        allowLan: true,
        mtu: 'auto',
        dhcpInform: false,
      },
      dialing: {
        showProgress: true,
        promptForCredentials: false,
        includeDomain: false,
        redialAttempts: 3,
        redialSeconds: 60,
        redialOnLinkFailure: true,
        idleSeconds: null,
      },
      proposals: { ike: [], esp: [] },
      advanced: {
        postQuantum: 'prefer',
        fragmentation: true,
        natKeepaliveSeconds: 20,
        dpdSeconds: 30,
        ikeLifetimeSeconds: 28_800,
        childLifetimeSeconds: 3_600,
        reauthenticationSeconds: null,
        tcpFallback: true,
        legacyWindows: false,
      },
    });
    expect(keys(imported, 'understood')).toEqual(['version', 'name', 'server', 'authentication.method']);
    expect(keys(imported, 'missing')).toEqual(['authentication.username', 'authentication.password']);
  });

  test('the example of the contract: files beside the profile are inlined', async () => {
    const imported = await importObject(contract, files);
    expect(wrong(imported)).toEqual([]);
    expect(imported.profile?.serverCertificate.authorities[0]).toContain(testAuthority.trim());
    expect(imported.profile?.authentication.certificate).toBe(base64Encode(pkcs12));
    expect(keys(imported, 'ignored')).toEqual([]);
    // No promise that is not kept: there is no TCP encapsulation (RFC 9329) yet.
    expect(imported.lines.find(({ key }) => key === 'advanced.tcpFallback')?.text).toBe(
      'Kept; this version cannot carry the tunnel over TCP.',
    );
    expect(keys(imported, 'missing')).toEqual(['authentication.password']);
  });

  test.each([['password'], ['psk'], ['pin'], ['passphrase']] as const)(
    '%s moves out, wherever it stands',
    async (kind) => {
      for (const value of [
        { ...minimal, [kind]: 'top-secret' },
        { ...minimal, authentication: { method: 'eap-mschapv2', [kind]: 'top-secret' } },
      ]) {
        const imported = await importObject(value);
        expect(imported.secrets).toEqual({ [kind]: 'top-secret' });
        expect(JSON.stringify(imported.profile)).not.toContain('top-secret');
        expect(JSON.stringify(imported.lines)).not.toContain('top-secret');
        expect(imported.lines.find(({ key }) => key.endsWith(kind))?.text).toBe('Moved into the secret store.');
      }
    },
  );

  test('unknown keys are reported by name and do not stop the import', async () => {
    const imported = await importText(
      '{"version":1,"name":"a","server":"b.test","authentication":{"method":"psk","metod":1},"killSwich":true,"network":{"mtuu":1},"__proto__":{"polluted":true},"constructor":{}}',
    );
    expect(keys(imported, 'ignored')).toEqual([
      'authentication.metod',
      'killSwich',
      'network.mtuu',
      '__proto__',
      'constructor',
    ]);
    expect(imported.profile?.name).toBe('a');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('all wrong values are told at once, and nothing is half-imported', async () => {
    const imported = await importObject({
      ...minimal,
      port: 0,
      mobility: { outageSeconds: 10 },
      network: { mtu: 'large' },
      password: 'top-secret',
    });
    expect(imported.profile).toBeNull();
    expect(imported.secrets).toEqual({});
    expect(wrong(imported)).toEqual([
      'port: Must be a UDP port from 1 to 65535, or null for 500 and 4500.',
      'mobility.outageSeconds: Must be whole seconds from 300 to 28800, or 60 or 120.',
      'network.mtu: Must be the word auto, or octets from 1280 to 9000.',
    ]);
  });

  test.each([60, 120, 300, 28800])('outageSeconds %d is accepted', async (outageSeconds) => {
    expect((await importObject({ ...minimal, mobility: { outageSeconds } })).profile?.mobility.outageSeconds).toBe(
      outageSeconds,
    );
  });

  test('a certificate on a token', async () => {
    const certificate = { pkcs11: { module: '/usr/lib/softhsm/libsofthsm2.so', token: 'card', id: '01' } };
    const imported = await importObject({ ...minimal, authentication: { method: 'machine-certificate', certificate } });
    expect(imported.profile?.authentication.certificate).toEqual(certificate);
    expect(keys(imported, 'missing')).toEqual([]);
  });

  test('a server name in another script becomes its A-labels', async () => {
    expect((await importObject({ ...minimal, server: 'vpn.müller.example' })).profile?.server).toBe(
      'vpn.xn--mller-kva.example',
    );
  });

  test('what is exported imports to the same profile, and holds no secret', async () => {
    const { profile } = await importObject({ ...contract, password: 'top-secret' }, files);
    if (profile === null) throw new Error('refused');
    const exported = exportAgileVpn(profile);
    expect(Buffer.from(exported).toString()).not.toContain('top-secret');
    expect((await importProfiles({ name: exportFileName(profile), content: exported }))[0]?.profile).toEqual(profile);
    expect(exportFileName({ name: '../a:b' })).toBe('___a_b.agilevpn.json');
    const small = (await importObject(minimal)).profile;
    expect(small !== null && JSON.parse(Buffer.from(exportAgileVpn(small)).toString())).toEqual(minimal);
  });

  test('checkProfile takes a complete profile and refuses unknown keys and secrets', async () => {
    const { profile } = await importObject(minimal);
    expect(checkProfile(profile)).toEqual({ profile, problems: [] });
    expect(checkProfile({ ...profile, extra: 1, psk: 'x' }).problems.map(({ path }) => path)).toEqual(['extra', 'psk']);
    for (const bad of [null, [], 'x', 5]) expect(checkProfile(bad).profile).toBeNull();
  });

  test('proposals: ML-KEM is offered first by default, never added to own lists but where it is required (X-17)', () => {
    const advanced = {
      fragmentation: true,
      natKeepaliveSeconds: 20,
      dpdSeconds: 30,
      ikeLifetimeSeconds: 28_800,
      childLifetimeSeconds: 3_600,
      reauthenticationSeconds: null,
      tcpFallback: true,
      legacyWindows: false,
    } as const;
    const offered = (
      postQuantum: 'prefer' | 'off' | 'require',
      ike: readonly string[],
      more: { readonly fragmentation?: boolean; readonly legacyWindows?: boolean } = {},
    ): readonly boolean[] =>
      effectiveProposals({ proposals: { ike, esp: [] }, advanced: { ...advanced, postQuantum, ...more } }).ike.map(
        (keyword) => keyword.includes('ke1_mlkem768'),
      );
    expect(offered('prefer', [])).toEqual([true, true, false, false]);
    expect(offered('off', [])).toEqual([false, false]);
    expect(offered('prefer', ['aes128-sha256-x25519'])).toEqual([false]);
    expect(offered('prefer', [], { fragmentation: false })).toEqual([false, false]);
    expect(offered('prefer', [], { legacyWindows: true }).some(Boolean)).toBe(false);
    expect(offered('require', [])).toEqual([true, true]);
    expect(offered('require', ['aes128-sha256-x25519', 'default'])).toEqual([true, true, true]);
  });

  test('proposals: the own ones, the usual ones, or those for old Windows servers (W-3)', () => {
    const advanced = {
      postQuantum: 'off',
      fragmentation: true,
      natKeepaliveSeconds: 20,
      dpdSeconds: 30,
      ikeLifetimeSeconds: 28_800,
      childLifetimeSeconds: 3_600,
      reauthenticationSeconds: null,
      tcpFallback: true,
    } as const;
    const none = { ike: [], esp: [] };
    expect(
      effectiveProposals({ proposals: none, advanced: { ...advanced, legacyWindows: false } }).ike.join(),
    ).not.toMatch(/sha1|modp1024|3des/);
    expect(
      effectiveProposals({ proposals: none, advanced: { ...advanced, legacyWindows: true } }).ike.join(),
    ).toContain('modp1024');
    expect(
      effectiveProposals({
        proposals: { ike: ['aes128-sha256-x25519'], esp: [] },
        advanced: { ...advanced, legacyWindows: true },
      }).ike,
    ).toEqual(['aes128-sha256-x25519']);
  });
});

const deep = '['.repeat(200_000);

/** What a stranger may put into a file: each refused with the place and what is allowed. */
const hostile: readonly (readonly [string, unknown, string])[] = [
  ['no version', { ...minimal, version: undefined }, 'version'],
  ['version 2', { ...minimal, version: 2 }, 'version'],
  ['version as text', { ...minimal, version: '1' }, 'version'],
  ['no name', { ...minimal, name: undefined }, 'name'],
  ['empty name', { ...minimal, name: '' }, 'name'],
  ['name of 65 characters', { ...minimal, name: 'x'.repeat(65) }, 'name'],
  ['name with a line break', { ...minimal, name: 'a\nb' }, 'name'],
  ['name with a NUL', { ...minimal, name: 'a\0b' }, 'name'],
  ['name that turns the direction', { ...minimal, name: 'a\u202eb' }, 'name'],
  ['name with an unpaired surrogate', { ...minimal, name: 'a\ud800' }, 'name'],
  ['name of blanks', { ...minimal, name: '   ' }, 'name'],
  ['name as list', { ...minimal, name: ['a'] }, 'name'],
  ['no server', { ...minimal, server: undefined }, 'server'],
  ['server with a path', { ...minimal, server: 'vpn.test/x' }, 'server'],
  ['server with a user', { ...minimal, server: 'a@vpn.test' }, 'server'],
  ['server with a port', { ...minimal, server: 'vpn.test:500' }, 'server'],
  ['server in brackets', { ...minimal, server: '[::1]' }, 'server'],
  ['server with a zone', { ...minimal, server: 'fe80::1%eth0' }, 'server'],
  ['server that is almost an address', { ...minimal, server: '10.1' }, 'server'],
  ['server in hexadecimal', { ...minimal, server: '0x7f000001' }, 'server'],
  ['server with blanks', { ...minimal, server: 'a b' }, 'server'],
  ['server that is an option', { ...minimal, server: '-oProxyCommand=x' }, 'server'],
  ['server with a shell in it', { ...minimal, server: '$(reboot)' }, 'server'],
  ['server with an empty label', { ...minimal, server: 'a..b' }, 'server'],
  ['server with a long label', { ...minimal, server: `${'a'.repeat(64)}.test` }, 'server'],
  ['server of 254 characters', { ...minimal, server: 'a.'.repeat(127) }, 'server'],
  ['port 65536', { ...minimal, port: 65536 }, 'port'],
  ['port 500.5', { ...minimal, port: 500.5 }, 'port'],
  ['remote identity with control characters', { ...minimal, remoteIdentity: 'a\u001b[2J' }, 'remoteIdentity'],
  ['no method', { ...minimal, authentication: {} }, 'authentication.method'],
  ['authentication as text', { ...minimal, authentication: 'psk' }, 'authentication'],
  ['unknown method', { ...minimal, authentication: { method: 'eap-md5' } }, 'authentication.method'],
  ['method as number', { ...minimal, authentication: { method: 26 } }, 'authentication.method'],
  ['user name with NUL', { ...minimal, authentication: { method: 'psk', username: 'a\0' } }, 'authentication.username'],
  [
    'user name and domain over 253 octets',
    { ...minimal, authentication: { method: 'psk', username: 'ä'.repeat(100), domain: 'ä'.repeat(30) } },
    'authentication.username',
  ],
  [
    'certificate as number',
    { ...minimal, authentication: { method: 'eap-tls', certificate: 5 } },
    'authentication.certificate',
  ],
  [
    'token without module',
    { ...minimal, authentication: { method: 'eap-tls', certificate: { pkcs11: { token: 'a', id: 'b' } } } },
    'authentication.certificate.pkcs11.module',
  ],
  [
    'certificate file by absolute path',
    { ...minimal, authentication: { method: 'eap-tls', certificate: '/etc/shadow' } },
    'authentication.certificate',
  ],
  [
    'certificate file above the profile',
    { ...minimal, authentication: { method: 'eap-tls', certificate: '../id_rsa' } },
    'authentication.certificate',
  ],
  [
    'certificate file by drive',
    { ...minimal, authentication: { method: 'eap-tls', certificate: 'C:\\key.p12' } },
    'authentication.certificate',
  ],
  [
    'certificate file that is not there',
    { ...minimal, authentication: { method: 'eap-tls', certificate: 'none.p12' } },
    'authentication.certificate',
  ],
  [
    'certificate file of noise',
    { ...minimal, authentication: { method: 'eap-tls', certificate: 'noise.bin' } },
    'authentication.certificate',
  ],
  [
    'private key as URL',
    { ...minimal, authentication: { method: 'eap-tls', privateKey: 'https://a/b' } },
    'authentication.privateKey',
  ],
  [
    'authority that is no certificate',
    {
      ...minimal,
      serverCertificate: {
        authorities: [testAuthority, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'],
      },
    },
    'serverCertificate.authorities[1]',
  ],
  [
    'authority that is a private key',
    {
      ...minimal,
      serverCertificate: { authorities: ['-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----'] },
    },
    'serverCertificate.authorities[0]',
  ],
  [
    'pin of the wrong length',
    { ...minimal, serverCertificate: { authorities: ['sha256/AAAA'] } },
    'serverCertificate.authorities[0]',
  ],
  [
    'authority with a cut certificate',
    { ...minimal, serverCertificate: { authorities: [testAuthority.replace('MIIBvz', 'MIIBvj')] } },
    'serverCertificate.authorities[0]',
  ],
  [
    '65 authorities',
    { ...minimal, serverCertificate: { authorities: Array.from({ length: 65 }, () => 'x') } },
    'serverCertificate.authorities',
  ],
  [
    'unknown revocation mode',
    { ...minimal, serverCertificate: { revocation: 'maybe' } },
    'serverCertificate.revocation',
  ],
  [
    'key usage that is no name',
    { ...minimal, serverCertificate: { extendedKeyUsage: '1.2;x' } },
    'serverCertificate.extendedKeyUsage',
  ],
  ['outage of 299 seconds', { ...minimal, mobility: { outageSeconds: 299 } }, 'mobility.outageSeconds'],
  ['outage of 28801 seconds', { ...minimal, mobility: { outageSeconds: 28801 } }, 'mobility.outageSeconds'],
  ['mobility switched by text', { ...minimal, mobility: { enabled: 'yes' } }, 'mobility.enabled'],
  ['adapter name with a slash', { ...minimal, mobility: { adapterOrder: ['../eth0'] } }, 'mobility.adapterOrder[0]'],
  [
    'adapter name of 16 characters',
    { ...minimal, mobility: { adapterOrder: ['a'.repeat(16)] } },
    'mobility.adapterOrder[0]',
  ],
  ['adapter named twice', { ...minimal, mobility: { adapterOrder: ['eth0', 'eth0'] } }, 'mobility.adapterOrder'],
  ['route that is none', { ...minimal, network: { routes: ['10.0.0.0/8', '10.0.0.0/33'] } }, 'network.routes[1]'],
  ['route with a command', { ...minimal, network: { routes: ['10.0.0.0/8 dev lo'] } }, 'network.routes[0]'],
  [
    '257 routes',
    { ...minimal, network: { routes: Array.from({ length: 257 }, () => '10.0.0.0/8') } },
    'network.routes',
  ],
  ['DNS server that is a name', { ...minimal, network: { dnsServers: ['dns.test'] } }, 'network.dnsServers[0]'],
  ['DNS servers as another word', { ...minimal, network: { dnsServers: 'mine' } }, 'network.dnsServers'],
  ['alternative that is no host', { ...minimal, alternativeServers: ['b.test', 'a b'] }, 'alternativeServers[1]'],
  ['all addresses excluded', { ...minimal, network: { excludedRoutes: ['0.0.0.0/0'] } }, 'network.excludedRoutes[0]'],
  ['search domain with a blank', { ...minimal, network: { searchDomains: ['a b'] } }, 'network.searchDomains[0]'],
  ['split domain that is an address', { ...minimal, network: { splitDns: ['10.0.0.1'] } }, 'network.splitDns[0]'],
  ['split domain with a blank', { ...minimal, network: { splitDns: ['a b'] } }, 'network.splitDns[0]'],
  ['unknown IPv6 policy', { ...minimal, network: { ipv6: 'leak' } }, 'network.ipv6'],
  ['MTU 1279', { ...minimal, network: { mtu: 1279 } }, 'network.mtu'],
  ['kill switch by number', { ...minimal, network: { killSwitch: 1 } }, 'network.killSwitch'],
  ['unknown algorithm', { ...minimal, proposals: { ike: ['rot13-sha256-modp2048'] } }, 'proposals.ike[0]'],
  [
    'AEAD and CBC in one proposal',
    { ...minimal, proposals: { esp: ['aes128gcm16-aes128-sha256'] } },
    'proposals.esp[0]',
  ],
  ['IKE proposal without a group', { ...minimal, proposals: { ike: ['aes256gcm16-prfsha384'] } }, 'proposals.ike[0]'],
  ['proposal as text', { ...minimal, proposals: { ike: 'aes128-sha256-modp2048' } }, 'proposals.ike'],
  ['keepalive 0', { ...minimal, advanced: { natKeepaliveSeconds: 0 } }, 'advanced.natKeepaliveSeconds'],
  ['liveness 1e9', { ...minimal, advanced: { dpdSeconds: 1e9 } }, 'advanced.dpdSeconds'],
  ['password as number', { ...minimal, password: 5 }, 'password'],
  ['password of 1025 characters', { ...minimal, password: 'x'.repeat(1025) }, 'password'],
];

describe('hostile profiles', () => {
  test.each(hostile)('%s', async (_name, value, path) => {
    const imported = await importObject(value, files);
    expect(imported.profile).toBeNull();
    expect(imported.secrets).toEqual({});
    expect(keys(imported, 'wrong')).toContain(path);
    for (const { text } of imported.lines) expect(text.length).toBeLessThan(600);
  });

  test.each([
    ['empty', ''],
    ['noise', '\u0000\u0001'],
    ['a number', '5'],
    ['a list', '[]'],
    ['null', 'null'],
    ['cut', '{"version":1,'],
    ['200 000 brackets', deep],
    ['200 000 objects', '{"server":'.repeat(200_000)],
    ['comments', '{/* */"version":1}'],
    ['an empty object', '{}'],
  ])('%s is no profile', async (_name, text) => {
    const imported = await importText(text);
    expect(imported).toMatchObject({ profile: null, secrets: {} });
    expect(wrong(imported).length).toBeGreaterThan(0);
  });

  test('a file over 1 MiB is refused unread', async () => {
    expect(wrong(await importText(' '.repeat(1024 * 1024 + 1)))).toEqual(['(file): The file is larger than 1 MiB.']);
  });

  test('ten thousand unknown keys make a bounded report', async () => {
    const imported = await importObject({
      ...minimal,
      ...Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`key${String(i)}\u202e`, i])),
    });
    expect(imported.profile).not.toBeNull();
    expect(imported.lines.length).toBeLessThan(400);
    for (const { key } of imported.lines) expect(key).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  test('any JSON, any octets: a result, never an exception', async () => {
    const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.double());
    const shuffled = fc.record(
      Object.fromEntries(
        Object.keys(contract).map((key) => [
          key,
          fc.oneof(
            leaf,
            fc.constant(contract[key as keyof typeof contract]),
            fc.dictionary(
              fc.constantFrom('method', 'routes', 'mtu', 'certificate', 'ike', 'authorities', 'x'),
              fc.oneof(leaf, fc.array(leaf)),
            ),
          ),
        ]),
      ),
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(shuffled, fc.jsonValue()), async (value) => {
        const imported = await importObject(value, files);
        expect(imported.profile === null).toBe(imported.lines.some(({ outcome }) => outcome === 'wrong'));
      }),
      { numRuns: 1000, seed: 1 },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (content) => {
        expect((await importProfiles({ name: 'x', content }))[0]?.profile).toBeNull();
      }),
      { numRuns: 500, seed: 2 },
    );
  });
});
