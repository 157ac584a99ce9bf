import { build, buildBinary } from 'plist';
import { describe, expect, test } from 'vitest';
import { base64Encode, concat, utf8Encode } from '../../bytes';
import { importProfiles } from '../import';
import type { ImportedProfile } from '../import-report';
import { parsePem } from '../../pki/pem';
import { testAuthority } from '../testing/certificate';

const authorityDer = parsePem(testAuthority)[0]?.der ?? new Uint8Array();
const importBytes = (content: Uint8Array) => importProfiles({ name: 'file', content });
const one = async (content: Uint8Array | string): Promise<ImportedProfile> => {
  const [first, ...more] = await importBytes(typeof content === 'string' ? utf8Encode(content) : content);
  if (first === undefined || more.length > 0) throw new Error('exactly one expected');
  return first;
};
const lineOf = (imported: ImportedProfile, key: string) =>
  imported.lines.filter((line) => line.key === key).map(({ outcome }) => outcome);
const wrong = (imported: ImportedProfile) =>
  imported.lines.filter(({ outcome }) => outcome === 'wrong').map(({ key }) => key);

describe('strongSwan .sswan', () => {
  const file = {
    uuid: '0a',
    name: 'Lab',
    type: 'ikev2-eap',
    remote: {
      addr: 'vpn.example.test',
      id: 'gw',
      cert: base64Encode(authorityDer),
      revocation: { strict: true },
      certreq: true,
    },
    local: { eap_id: 'alice', shared_secret: 'top-secret' },
    'ike-proposal': 'aes256gcm16-prfsha384-ecp384',
    'esp-proposal': 'aes256gcm16',
    'split-tunneling': {
      subnets: ['10.0.0.0/8', '192.0.2.1-192.0.2.2'],
      'block-ipv6': true,
      excluded: ['10.1.0.0/16'],
    },
    'dns-servers': '10.0.0.53 10.0.0.54',
    mtu: 1400,
    'nat-keepalive': 45,
    apps: ['a'],
    strange: 1,
  };

  test('understood, ignored and unknown, key by key', async () => {
    const imported = await one(JSON.stringify(file));
    expect(wrong(imported)).toEqual([]);
    expect(imported.format).toBe('sswan');
    expect(imported.profile).toMatchObject({
      name: 'Lab',
      server: 'vpn.example.test',
      port: null,
      remoteIdentity: 'gw',
      authentication: { method: 'eap-mschapv2', username: 'alice' },
      serverCertificate: { authorities: [base64Encode(authorityDer)], revocation: 'strict' },
      proposals: { ike: ['aes256gcm16-prfsha384-ecp384'], esp: ['aes256gcm16'] },
      mobility: { enabled: true, outageSeconds: 1800 },
      network: {
        useDefaultGateway: false,
        routes: ['10.0.0.0/8', '192.0.2.1/32', '192.0.2.2/32'],
        dnsServers: ['10.0.0.53', '10.0.0.54'],
        mtu: 1400,
        ipv6: 'tunnel-or-block',
      },
      advanced: { natKeepaliveSeconds: 45 },
    });
    expect(imported.secrets).toEqual({ password: 'top-secret' });
    expect(JSON.stringify([imported.profile, imported.lines])).not.toContain('top-secret');
    expect([
      lineOf(imported, 'apps'),
      lineOf(imported, 'strange'),
      lineOf(imported, 'split-tunneling.excluded'),
      lineOf(imported, 'remote.addr'),
    ]).toEqual([['ignored'], ['ignored'], ['ignored'], ['understood']]);
  });

  test.each([
    ['ikev2-cert', 'machine-certificate'],
    ['ikev2-eap-tls', 'eap-tls'],
  ])('%s is %s; without a certificate it is asked for', async (type, method) => {
    const imported = await one(JSON.stringify({ name: 'x', type, remote: { addr: 'a.test' } }));
    expect(imported.profile?.authentication.method).toBe(method);
    expect(imported.lines.filter(({ outcome }) => outcome === 'missing')).toHaveLength(1);
  });

  test.each([
    ['unsupported type', { type: 'ikev2-byod-eap' }, 'type'],
    ['no name', { name: undefined }, 'name'],
    ['bad server', { remote: { addr: 'a b' } }, 'remote.addr'],
    ['no server', { remote: {} }, 'server'],
    ['certificate of noise', { remote: { addr: 'a.test', cert: 'AAAA' } }, 'remote.cert[0]'],
    ['subnets of numbers', { 'split-tunneling': { subnets: [1] } }, 'split-tunneling.subnets'],
    ['range backwards', { 'split-tunneling': { subnets: ['10.0.0.9-10.0.0.1'] } }, 'split-tunneling.subnets[0]'],
    ['unknown proposal', { 'ike-proposal': 'rot13' }, 'ike-proposal[0]'],
    ['mtu as text', { mtu: '1400' }, 'mtu'],
    ['secret as number', { local: { shared_secret: 5 } }, 'local.shared_secret'],
  ])('%s is wrong, under the file’s own key', async (_name, change, key) => {
    const imported = await one(JSON.stringify({ ...file, ...change }));
    expect(imported.profile).toBeNull();
    expect(wrong(imported)).toContain(key);
  });
});

describe('Apple .mobileconfig', () => {
  const ikev2 = {
    RemoteAddress: 'vpn.example.test',
    RemoteIdentifier: 'vpn.example.test',
    LocalIdentifier: '',
    AuthenticationMethod: 'Certificate',
    ExtendedAuthEnabled: 1,
    AuthName: 'alice',
    AuthPassword: 'top-secret',
    DisableMOBIKE: 0,
    DeadPeerDetectionRate: 'Medium',
    NATKeepAliveInterval: 25,
    EnablePFS: 1,
    ServerCertificateCommonName: 'gw',
    ServerCertificateIssuerCommonName: 'Test CA',
    OnDemandEnabled: 0,
    IKESecurityAssociationParameters: {
      EncryptionAlgorithm: 'AES-256-GCM',
      IntegrityAlgorithm: 'SHA2-384',
      DiffieHellmanGroup: 20,
      LifeTimeInMinutes: 60,
    },
    ChildSecurityAssociationParameters: {
      EncryptionAlgorithm: 'AES-256',
      IntegrityAlgorithm: 'SHA2-256',
      DiffieHellmanGroup: 19,
    },
  };
  const file = (change: object = {}, more: object[] = [], vpn: object = {}) => ({
    PayloadType: 'Configuration',
    PayloadDisplayName: 'Profile',
    PayloadContent: [
      {
        PayloadType: 'com.apple.vpn.managed',
        VPNType: 'IKEv2',
        UserDefinedName: 'Office',
        IKEv2: { ...ikev2, ...change },
        DNS: { ServerAddresses: ['10.0.0.53'], SupplementalMatchDomains: ['corp.example'] },
        ...vpn,
      },
      { PayloadType: 'com.apple.security.root', PayloadContent: Buffer.from(authorityDer) },
      ...more,
    ],
  });
  const xml = (change: object = {}, more: object[] = [], vpn: object = {}) => build(file(change, more, vpn) as never);

  const expected = {
    name: 'Office',
    server: 'vpn.example.test',
    remoteIdentity: 'vpn.example.test',
    localIdentity: null,
    authentication: { method: 'eap-mschapv2', username: 'alice' },
    serverCertificate: { authorities: [base64Encode(authorityDer)], commonName: 'gw' },
    mobility: { enabled: true },
    network: {
      useDefaultGateway: true,
      routes: [],
      dnsServers: ['10.0.0.53'],
      splitDns: ['corp.example'],
      killSwitch: false,
    },
    proposals: { ike: ['aes256gcm16-prfsha384-ecp384'], esp: ['aes256-sha256-ecp256'] },
    advanced: { dpdSeconds: 600, natKeepaliveSeconds: 25 },
  };

  test('in XML', async () => {
    const imported = await one(xml());
    expect(wrong(imported)).toEqual([]);
    expect(imported.profile).toMatchObject(expected);
    expect(imported.secrets).toEqual({ password: 'top-secret' });
    expect(JSON.stringify([imported.profile, imported.lines])).not.toContain('top-secret');
    expect([lineOf(imported, 'ServerCertificateIssuerCommonName'), lineOf(imported, 'OnDemandEnabled')]).toEqual([
      ['ignored'],
      ['ignored'],
    ]);
  });

  test('in binary', async () => {
    const imported = await one(new Uint8Array(buildBinary(file() as never)));
    expect(imported.profile).toMatchObject(expected);
  });

  test('inside of a signature, which is not checked and said so', async () => {
    const imported = await one(
      concat(new Uint8Array([0x30, 0x82, 1, 2, 6, 9]), utf8Encode(xml()), new Uint8Array([0xa0, 0x82, 0xff, 0xfe])),
    );
    expect(imported.profile?.name).toBe('Office');
    expect(lineOf(imported, '(signature)')).toEqual(['ignored']);
  });

  test.each([
    [
      { AuthenticationMethod: 'SharedSecret', ExtendedAuthEnabled: 0, SharedSecret: 'top-secret' },
      'psk',
      { psk: 'top-secret', password: 'top-secret' },
    ],
    [
      { AuthenticationMethod: 'Certificate', ExtendedAuthEnabled: 0, PayloadCertificateUUID: 'u', AuthPassword: '' },
      'machine-certificate',
      { passphrase: 'open' },
    ],
    [
      { AuthenticationMethod: 'None', ExtendedAuthEnabled: 1, PayloadCertificateUUID: 'u', AuthPassword: '' },
      'eap-tls',
      { passphrase: 'open' },
    ],
  ])('%j is %s', async (change, method, secrets) => {
    const imported = await one(
      xml(change, [
        {
          PayloadType: 'com.apple.security.pkcs12',
          PayloadUUID: 'u',
          Password: 'open',
          PayloadContent: Buffer.from([0x30, 3, 1, 1, 255]),
        },
      ]),
    );
    expect(imported.profile?.authentication.method).toBe(method);
    expect(imported.secrets).toEqual(secrets);
    if (method !== 'psk') expect(imported.profile?.authentication.certificate).toBe('MAMBAf8=');
  });

  test('everything through the tunnel is the kill switch', async () => {
    expect((await one(xml({ IncludeAllNetworks: 1, ExcludeLocalNetworks: 0 }))).profile?.network).toMatchObject({
      useDefaultGateway: true,
      killSwitch: true,
      allowLan: false,
    });
    expect((await one(xml({ DisableMOBIKE: 1 }))).profile?.mobility.enabled).toBe(false);
    expect((await one(xml({ DisconnectOnIdle: 1, DisconnectOnIdleTimer: 600 }))).profile?.dialing.idleSeconds).toBe(
      600,
    );
    expect(
      (await one(xml({ DisconnectOnIdle: 0, DisconnectOnIdleTimer: 600 }))).profile?.dialing.idleSeconds,
    ).toBeNull();
  });

  test('algorithms that are not offered here are named, the usual ones stand in', async () => {
    const imported = await one(xml({ IKESecurityAssociationParameters: { EncryptionAlgorithm: '3DES' } }));
    expect(imported.profile?.proposals.ike).toEqual([]);
    expect(lineOf(imported, 'IKESecurityAssociationParameters')).toEqual(['ignored']);
  });

  test('two VPN payloads are two connections', async () => {
    const imported = await importBytes(
      utf8Encode(xml({}, [{ PayloadType: 'com.apple.vpn.managed', VPNType: 'L2TP', UserDefinedName: 'Old' }])),
    );
    expect(imported.map(({ name, profile }) => [name, profile !== null])).toEqual([
      ['Office', true],
      ['Old', false],
    ]);
  });

  test('an entity bomb is refused unread', async () => {
    const bomb = xml()
      .replace(/<!DOCTYPE[^>]*>/, '<!DOCTYPE plist [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>')
      .replace('Office', '&b;');
    expect((await one(bomb)).profile).toBeNull();
  });

  test.each([
    '<?xml version="1.0"?>com.apple.vpn.managed</plist>',
    'bplist00',
    'bplist00\u0000\u0001',
    '<?xml?><plist><dict><key>a</dict>com.apple.vpn.managed</plist>',
  ])('%j is refused, not thrown', async (text) => {
    const imported = await importBytes(utf8Encode(text));
    expect(imported.every(({ profile }) => profile === null)).toBe(true);
  });

  test('a name as octets is wrong, quickly', async () => {
    const imported = await one(xml({}, [], { UserDefinedName: Buffer.alloc(300_000) }));
    expect(wrong(imported)).toEqual(['UserDefinedName']);
  });
});

describe('rasphone.pbk', () => {
  const entry = (name: string, change: Readonly<Record<string, string>> = {}, phone = 'vpn.example.test') => {
    const own = {
      Encoding: '1',
      PBVersion: '6',
      Type: '2',
      VpnStrategy: '7',
      AuthRestrictions: '128',
      CustomAuthKey: '26',
      DisableMobility: '0',
      NetworkOutageTime: '0',
      IpPrioritizeRemote: '1',
      IpNameAssign: '1',
      DisableIKENameEkuCheck: '0',
      IdleDisconnectSeconds: '0',
      ...change,
    };
    return [
      `[${name}]`,
      ...Object.entries(own).map(([key, value]) => `${key}=${value}`),
      '',
      'NETCOMPONENTS=',
      'ms_msclient=1',
      '',
      'MEDIA=rastapi',
      'Port=VPN1-0',
      'Device=WAN Miniport (IKEv2)',
      '',
      'DEVICE=vpn',
      `PhoneNumber=${phone}`,
      'AreaCode=',
      '',
    ].join('\r\n');
  };

  test('one entry', async () => {
    const imported = await one(entry('Contoso'));
    expect(wrong(imported)).toEqual([]);
    expect(imported.format).toBe('rasphone');
    expect(imported.profile).toMatchObject({
      name: 'Contoso',
      server: 'vpn.example.test',
      authentication: { method: 'eap-mschapv2' },
      mobility: { enabled: true, outageSeconds: 1800 },
      network: { useDefaultGateway: true, dhcpInform: true },
      serverCertificate: { extendedKeyUsage: 'serverAuth' },
    });
    expect(imported.profile?.dialing.idleSeconds).toBeNull();
    expect(lineOf(imported, 'IdleDisconnectSeconds')).toEqual(['understood']);
  });

  test.each([
    [{ AuthRestrictions: '2048' }, { authentication: { method: 'machine-certificate' } }],
    [{ CustomAuthKey: '13' }, { authentication: { method: 'eap-tls' } }],
    [{ CustomAuthKey: '25' }, { authentication: { method: 'peap-mschapv2' } }],
    [{ CustomAuthKey: '21' }, { authentication: { method: 'eap-ttls' } }],
    [{ DisableMobility: '1' }, { mobility: { enabled: false } }],
    [{ NetworkOutageTime: '600' }, { mobility: { outageSeconds: 600 } }],
    [{ IpPrioritizeRemote: '0' }, { network: { useDefaultGateway: false } }],
    [
      { IpNameAssign: '2', IpDnsAddress: '10.0.0.53', IpDns2Address: '0.0.0.0' },
      { network: { dnsServers: ['10.0.0.53'] } },
    ],
    [{ Disable_IKEv2_Fragmentation: '1' }, { advanced: { fragmentation: false } }],
    [{ DisableIKENameEkuCheck: '1' }, { serverCertificate: { extendedKeyUsage: null } }],
    [
      { ShowDialingProgress: '0', PreviewUserPw: '1', PreviewDomain: '1' },
      { dialing: { showProgress: false, promptForCredentials: true, includeDomain: true } },
    ],
    [
      { RedialAttempts: '7', RedialSeconds: '0', RedialOnLinkFailure: '0', IdleDisconnectSeconds: '1200' },
      { dialing: { redialAttempts: 7, redialSeconds: 1, redialOnLinkFailure: false, idleSeconds: 1200 } },
    ],
    [{ IdleDisconnectSeconds: '5', RedialAttempts: '100000' }, { dialing: { idleSeconds: 60, redialAttempts: 999 } }],
    [{ IdleDisconnectSeconds: '4294967295' }, { dialing: { idleSeconds: null } }],
    [{ IDR: 'gw.test' }, { remoteIdentity: 'gw.test' }],
    [{ VpnStrategy: '14' }, { server: 'vpn.example.test' }],
  ])('%j', async (change, expected) => {
    expect((await one(entry('x', change))).profile).toMatchObject(expected);
  });

  test.each([
    [{ Type: '1' }, 'Type'],
    [{ VpnStrategy: '1' }, 'VpnStrategy'],
    [{ VpnStrategy: '3' }, 'VpnStrategy'],
    [{ VpnStrategy: '2' }, 'VpnStrategy'],
    [{ VpnStrategy: '5' }, 'VpnStrategy'],
    [{ VpnStrategy: '9' }, 'VpnStrategy'],
    [{ VpnStrategy: '12' }, 'VpnStrategy'],
    [{ VpnStrategy: '13' }, 'VpnStrategy'],
    [{ CustomAuthKey: '23' }, 'CustomAuthKey'],
  ])('%j is wrong', async (change, key) => {
    const imported = await one(entry('x', change));
    expect(imported.profile).toBeNull();
    expect(wrong(imported)).toContain(key);
  });

  test.each([
    [{ VpnStrategy: '0' }, 'VpnStrategy', {}],
    [{ VpnStrategy: '4' }, 'VpnStrategy', {}],
    [{ VpnStrategy: '6' }, 'VpnStrategy', {}],
    [{ VpnStrategy: '8' }, 'VpnStrategy', {}],
    [{ NetworkOutageTime: '5' }, 'NetworkOutageTime', { mobility: { outageSeconds: 60 } }],
    [{ NetworkOutageTime: '90' }, 'NetworkOutageTime', { mobility: { outageSeconds: 120 } }],
    [{ NetworkOutageTime: '86400' }, 'NetworkOutageTime', { mobility: { outageSeconds: 28_800 } }],
    [{ NetworkOutageTime: 'x' }, 'NetworkOutageTime', { mobility: { outageSeconds: 1800 } }],
    [{ IdleDisconnectSeconds: 'x' }, 'IdleDisconnectSeconds', { dialing: { idleSeconds: null } }],
    [{ RedialSeconds: 'x' }, 'RedialSeconds', { dialing: { redialSeconds: 60 } }],
    [{ CustomIPSecPolicies: '00', NumCustomPolicy: '1' }, 'CustomIPSecPolicies', { proposals: { ike: [], esp: [] } }],
    [{ AlwaysOnCapable: '1' }, 'AlwaysOnCapable', {}],
    [{ NumRoutes: '2' }, 'NumRoutes', {}],
    [{ AutoLogon: '1' }, 'AutoLogon', {}],
    [
      { CustomAuthKey: '25', CustomAuthData: '31444243' },
      'CustomAuthData',
      { authentication: { method: 'peap-mschapv2' } },
    ],
  ])('%j is taken, and said', async (change, key, expected) => {
    const imported = await one(entry('x', change));
    expect(imported.profile).toMatchObject(expected);
    const [line] = imported.lines.filter((other) => other.key === key);
    expect(line?.message?.key).not.toMatch(/^(taken|not-used|not-known)$/);
  });

  test('keys and values of any case; what stands in lines of the same name is one value', async () => {
    const lower = entry('x', { CustomAuthKey: '13', DisableMobility: '1' }).toLowerCase();
    expect((await one(lower)).profile).toMatchObject({
      server: 'vpn.example.test',
      authentication: { method: 'eap-tls' },
      mobility: { enabled: false },
    });
  });

  test('further servers are tried after the first', async () => {
    const more = `${entry('x')}PhoneNumber=b.test\r\nPhoneNumber=not a host\r\n`.replace(
      'PBVersion=6',
      'PBVersion=6\r\nNumServers=2\r\nServerListServerName=vpn.example.test\r\nServerListServerName=c.test',
    );
    expect((await one(more)).profile).toMatchObject({
      server: 'vpn.example.test',
      alternativeServers: ['b.test', 'c.test'],
    });
  });

  test('a name of more than 64 characters is cut, and a profile of the Connection Manager is not a phone book', async () => {
    expect((await one(entry('x'.repeat(67)))).profile?.name).toHaveLength(64);
    const cms = '[Connection Manager]\nServiceName=A\n[Networking&A]\nVpnStrategy=7\n[Server&A]\nType=1\n';
    expect((await importBytes(utf8Encode(cms))).map(({ format }) => format)).not.toContain('rasphone');
  });

  test('several entries, a broken one among them', async () => {
    const imported = await importBytes(
      utf8Encode(entry('One') + entry('Two', { VpnStrategy: '3' }) + entry('Three', {}, '')),
    );
    expect(imported.map(({ name, profile }) => [name, profile !== null])).toEqual([
      ['One', true],
      ['Two', false],
      ['Three', false],
    ]);
  });

  test('UTF-16, UTF-8 with a mark, and CP-1252', async () => {
    const text = entry('Büro');
    expect((await one(concat(new Uint8Array([0xff, 0xfe]), new Uint8Array(Buffer.from(text, 'utf16le'))))).name).toBe(
      'Büro',
    );
    expect((await one(`\ufeff${text}`)).name).toBe('Büro');
    expect((await one(new Uint8Array(Buffer.from(text, 'latin1')))).name).toBe('Büro');
  });

  test('a file of 1 MiB of sections or keys is read in bounds', { timeout: 60_000 }, async () => {
    expect((await importBytes(utf8Encode(entry('a') + '[x]\r\nType=2\r\n'.repeat(60_000)))).length).toBe(1001);
    const left = (await importBytes(utf8Encode('[x]\r\nPBVersion=1\r\n'.repeat(10_000)))).at(-1);
    expect(left).toMatchObject({
      profile: null,
      lines: [{ outcome: 'wrong', message: { values: { count: '9000' } } }],
    });
    const imported = await one(entry('a') + '[b]\r\n'.slice(0, 0) + 'Key=1\r\n'.repeat(100_000));
    expect(imported.lines.length).toBeLessThan(600);
  });
});

test('a file of no known format says what can be read', async () => {
  const imported = await one('hello world');
  expect(imported).toMatchObject({ format: 'unknown', profile: null });
  expect(imported.lines[0]?.text).toContain('.sswan');
});
