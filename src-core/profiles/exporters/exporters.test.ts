import { describe, expect, test } from 'vitest';
import { exampleProfile } from '../../connection/example-profile';
import { base64Encode, utf8Decode } from '../../bytes';
import { parsePem } from '../../pki/pem';
import { exportConnection, exportFormats, type ExportFormat } from '../export-formats';
import { importProfiles } from '../import';
import type { AuthenticationMethod, Profile } from '../profile';
import { testAuthority } from '../testing/certificate';

const authorityDer = base64Encode(parsePem(testAuthority)[0]!.der);
const pkcs12 = base64Encode(Uint8Array.of(0x30, 3, 2, 1, 3));

async function exported(profile: Profile, format: ExportFormat) {
  const result = await exportConnection(profile, format);
  if (!result.ok) throw new Error(`${result.key}: ${result.text}`);
  const [imported] = await importProfiles({ name: 'x', content: result.content });
  if (imported?.profile == null) throw new Error('cannot be read back');
  return {
    ...result,
    text: utf8Decode(result.content) ?? '',
    imported,
    profile: imported.profile,
    lost: result.notExpressed.map(({ key }) => key).sort(),
  };
}

const office = exampleProfile({
  name: 'Büro [Nord] "1"',
  server: 'vpn.contoso.test',
  remoteIdentity: 'vpn.contoso.test',
  localIdentity: 'alice@contoso.test',
  authentication: { method: 'eap-mschapv2', username: 'alice' },
  serverCertificate: { authorities: [testAuthority], commonName: 'gw', revocation: 'relaxed' },
  mobility: { enabled: false, outageSeconds: 3600, adapterOrder: ['eth0'] },
  network: {
    useDefaultGateway: false,
    routes: ['10.0.0.0/8', '192.0.2.0/24'],
    dnsServers: ['10.0.0.53', '10.0.0.54'],
    splitDns: ['contoso.test'],
    mtu: 1380,
    killSwitch: true,
  },
  dialing: { redialAttempts: 5, idleSeconds: 600 },
  proposals: { ike: ['aes256gcm16-prfsha384-ecp384', 'aes256-sha256-modp2048'], esp: ['aes256gcm16-ecp384'] },
  advanced: { natKeepaliveSeconds: 45, dpdSeconds: 600, fragmentation: false },
});

describe('a connection written in another format', () => {
  test('.sswan: everything it can say comes back; what it cannot say is named', async () => {
    const { profile, lost, fileName } = await exported(office, 'sswan');
    expect(fileName).toBe('Büro [Nord] _1_.sswan');
    expect(profile).toMatchObject({
      name: office.name,
      server: office.server,
      remoteIdentity: 'vpn.contoso.test',
      localIdentity: 'alice@contoso.test',
      authentication: { method: 'eap-mschapv2', username: 'alice' },
      serverCertificate: { authorities: [authorityDer], revocation: 'relaxed' },
      network: {
        useDefaultGateway: false,
        routes: office.network.routes,
        dnsServers: office.network.dnsServers,
        mtu: 1380,
        ipv6: 'tunnel-or-block',
      },
      proposals: { ike: ['aes256gcm16-prfsha384-ecp384'], esp: ['aes256gcm16-ecp384'] },
      advanced: { natKeepaliveSeconds: 45 },
    });
    expect(lost).toEqual([
      'advanced.dpdSeconds',
      'advanced.fragmentation',
      'dialing.idleSeconds',
      'dialing.redialAttempts',
      'mobility.adapterOrder',
      'mobility.enabled',
      'mobility.outageSeconds',
      'network.killSwitch',
      'network.splitDns',
      'proposals.ike',
      'serverCertificate.commonName',
      'serverCertificate.extendedKeyUsage',
    ]);
  });

  test('.mobileconfig: mobility, certificates and DNS come back', async () => {
    const { profile, lost } = await exported(office, 'mobileconfig');
    expect(profile).toMatchObject({
      name: office.name,
      remoteIdentity: 'vpn.contoso.test',
      localIdentity: 'alice@contoso.test',
      authentication: { method: 'eap-mschapv2', username: 'alice' },
      serverCertificate: { authorities: [authorityDer], commonName: 'gw' },
      mobility: { enabled: false },
      network: {
        dnsServers: office.network.dnsServers,
        splitDns: ['contoso.test'],
        mtu: 1380,
        useDefaultGateway: false,
      },
      proposals: { ike: ['aes256gcm16-prfsha384-ecp384'], esp: ['aes256gcm16-ecp384'] },
      dialing: { redialAttempts: 3, idleSeconds: 600 },
      advanced: { natKeepaliveSeconds: 45, dpdSeconds: 600 },
    });
    expect(lost).toEqual([
      'advanced.fragmentation',
      'dialing.redialAttempts',
      'mobility.adapterOrder',
      'mobility.outageSeconds',
      'network.killSwitch',
      'network.routes',
      'proposals.ike',
      'serverCertificate.extendedKeyUsage',
    ]);
  });

  test('.mobileconfig: the default gateway comes back, given or not', async () => {
    for (const useDefaultGateway of [true, false]) {
      const network = { ...office.network, useDefaultGateway, routes: [], killSwitch: false };
      expect((await exported({ ...office, network }, 'mobileconfig')).lost).not.toContain('network.useDefaultGateway');
    }
  });

  test('.mobileconfig: everything through the tunnel with a kill switch is IncludeAllNetworks', async () => {
    const { text, lost } = await exported(
      {
        ...office,
        network: { ...office.network, useDefaultGateway: true, routes: [], killSwitch: true, allowLan: false },
      },
      'mobileconfig',
    );
    expect(text).toContain('<key>IncludeAllNetworks</key>');
    expect(lost.filter((key) => key.startsWith('network.'))).toEqual([]);
  });

  test('rasphone.pbk: mobility with its outage time comes back; certificates, routes and proposals are named as lost', async () => {
    const { profile, lost, text } = await exported({ ...office, name: 'Office' }, 'rasphone');
    expect(text).toContain('\r\nDEVICE=vpn\r\nPhoneNumber=vpn.contoso.test\r\n');
    expect(profile).toMatchObject({
      name: 'Office',
      server: 'vpn.contoso.test',
      remoteIdentity: 'vpn.contoso.test',
      authentication: { method: 'eap-mschapv2' },
      mobility: { enabled: false, outageSeconds: 3600 },
      network: { useDefaultGateway: false, dnsServers: ['10.0.0.53', '10.0.0.54'] },
      dialing: { redialAttempts: 5, idleSeconds: 600 },
      advanced: { fragmentation: false },
    });
    expect(lost).toEqual(
      expect.arrayContaining([
        'authentication.username',
        'serverCertificate.authorities',
        'network.routes',
        'proposals.ike',
        'proposals.esp',
        'network.killSwitch',
      ]),
    );
    expect(lost).not.toContain('mobility.outageSeconds');
  });

  test('rasphone.pbk: Windows goes on checking the purpose and the name of the server’s certificate', async () => {
    for (const extendedKeyUsage of [null, 'serverAuth', 'ipsecIKE']) {
      const serverCertificate = { ...office.serverCertificate, extendedKeyUsage };
      const { text, lost } = await exported({ ...office, serverCertificate }, 'rasphone');
      expect(text).toContain('\r\nDisableIKENameEkuCheck=0\r\n');
      expect(lost.includes('serverCertificate.extendedKeyUsage')).toBe(extendedKeyUsage !== 'serverAuth');
    }
  });

  test.each([
    ['eap-mschapv2', false, 'Certificate', 1],
    ['eap-tls', false, 'Certificate', 1],
    ['eap-tls', true, 'None', 1],
    ['machine-certificate', false, 'Certificate', 0],
    ['psk', false, 'SharedSecret', 0],
  ] as const)(
    '.mobileconfig: %s, EAP alone %s: AuthenticationMethod %s, ExtendedAuthEnabled %d',
    async (method, eapOnly, authenticationMethod, extended) => {
      const authentication = { ...office.authentication, method, eapOnly, certificate: pkcs12 };
      const { text, lost } = await exported({ ...office, authentication }, 'mobileconfig');
      expect(text).toMatch(
        new RegExp(`<key>AuthenticationMethod</key>\\s*<string>${authenticationMethod}</string>`, 'u'),
      );
      expect(text).toMatch(new RegExp(`<key>ExtendedAuthEnabled</key>\\s*<integer>${extended}</integer>`, 'u'));
      expect(lost).not.toContain('authentication.eapOnly');
    },
  );

  test('a name cannot end the section of a phone book or begin a key', async () => {
    const { profile, lost } = await exported(
      { ...office, name: 'a]\r\nDisableMobility=0\r\n[b', server: 'vpn.contoso.test' },
      'rasphone',
    );
    expect(profile.name).toBe('a___DisableMobility=0___b');
    expect(profile.mobility.enabled).toBe(false);
    expect(lost).toContain('name');
  });

  test('text of a profile is text in XML', async () => {
    const evil = { ...office, name: '</string><key>VPNType</key>&<![CDATA[', localIdentity: '<key>' };
    const { profile } = await exported(evil, 'mobileconfig');
    expect(profile).toMatchObject({ name: evil.name, localIdentity: '<key>' });
  });

  test('our own loses nothing', async () => {
    expect((await exported(office, 'agilevpn')).lost).toEqual([]);
  });

  test.each(['sswan', 'mobileconfig'] as const)(
    '%s takes a PKCS#12 along, and says when a certificate is of another kind',
    async (format) => {
      const machine = {
        ...office,
        authentication: {
          ...office.authentication,
          method: 'machine-certificate' as const,
          username: null,
          certificate: pkcs12,
        },
      };
      expect((await exported(machine, format)).profile.authentication.certificate).toBe(pkcs12);
      const pem = { ...machine, authentication: { ...machine.authentication, certificate: testAuthority } };
      expect((await exported(pem, format)).lost).toContain('authentication.certificate');
      const token = {
        ...machine,
        authentication: {
          ...machine.authentication,
          certificate: { pkcs11: { module: '/usr/lib/m.so', token: 't', id: '01' } },
        },
      };
      expect(
        (await exported(token, format)).notExpressed.find(({ key }) => key === 'authentication.certificate')?.text,
      ).toContain('a token');
    },
  );

  const sayable: Readonly<Record<Exclude<ExportFormat, 'agilevpn'>, readonly AuthenticationMethod[]>> = {
    sswan: ['eap-mschapv2', 'eap-tls', 'machine-certificate'],
    mobileconfig: ['eap-mschapv2', 'eap-tls', 'machine-certificate', 'psk'],
    rasphone: ['eap-mschapv2', 'eap-tls', 'peap-mschapv2', 'eap-ttls', 'machine-certificate', 'psk'],
  };
  const methods: readonly AuthenticationMethod[] = [
    'eap-mschapv2',
    'eap-tls',
    'peap-mschapv2',
    'peap-tls',
    'eap-ttls',
    'machine-certificate',
    'psk',
  ];
  const cases = (Object.keys(sayable) as (keyof typeof sayable)[]).flatMap((format) =>
    methods.map((method) => [format, method] as const),
  );
  test.each(cases)('%s and %s: taken or refused, never changed', async (format, method) => {
    const result = await exportConnection(
      { ...office, authentication: { ...office.authentication, method, certificate: pkcs12 } },
      format,
    );
    expect(result.ok).toBe(sayable[format].includes(method));
    if (!result.ok)
      expect(result).toMatchObject({ key: 'authentication.method', text: expect.stringContaining(method) as string });
  });

  test('the report shows no certificate and no key', async () => {
    for (const format of exportFormats) {
      const result = await exportConnection(
        { ...office, authentication: { ...office.authentication, privateKey: testAuthority } },
        format,
      );
      if (result.ok) expect(JSON.stringify(result.notExpressed)).not.toContain('MIIB');
    }
  });
});
