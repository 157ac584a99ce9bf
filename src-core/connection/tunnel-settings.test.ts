import { build } from 'plist';
import { describe, expect, it } from 'vitest';
import { utf8Encode } from '../bytes';
import type { ConfigurationReply } from '../ikev2/session';
import type { TrafficSelector } from '../ports/data-path';
import type { DhcpOptions } from '../dhcp/options';
import { importProfiles } from '../profiles';
import { connectionId } from './connection-id';
import { exampleProfile } from './example-profile';
import { tunnelRoutes, tunnelSettings } from './tunnel-settings';

const range = (startAddress: string, endAddress: string): TrafficSelector => ({
  family: startAddress.includes(':') ? 6 : 4,
  protocol: 0,
  startPort: 0,
  endPort: 65535,
  startAddress,
  endAddress,
});
const all4 = range('0.0.0.0', '255.255.255.255');
const all6 = range('::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff');
const reply = (more: Partial<ConfigurationReply> = {}): ConfigurationReply => ({
  ipv4Addresses: ['10.77.0.1'],
  ipv6Addresses: [],
  dnsServers: [],
  subnets: [],
  dnsDomains: [],
  dhcpServers: [],
  ...more,
});
const routes = (
  network: Parameters<typeof exampleProfile>[0]['network'],
  selectors: readonly TrafficSelector[],
  configuration = reply(),
): readonly string[] =>
  tunnelRoutes(exampleProfile({ network }), { children: [{ remoteSelectors: selectors }], configuration, dhcp: null });
const withDhcp = (
  network: Parameters<typeof exampleProfile>[0]['network'],
  dhcp: DhcpOptions,
  configuration = reply(),
  selectors = [all4],
) =>
  tunnelSettings(exampleProfile({ network }), {
    tunnelName: 'avpn0',
    mtu: 1400,
    configuration,
    dhcp,
    children: [{ remoteSelectors: selectors }],
    gatewayAddresses: ['192.0.2.1'],
    gatewayPort: 4500,
  });
const settings = (
  network: Parameters<typeof exampleProfile>[0]['network'],
  selectors: readonly TrafficSelector[],
  configuration = reply(),
) =>
  tunnelSettings(exampleProfile({ network }), {
    tunnelName: 'avpn0',
    mtu: 1400,
    configuration,
    dhcp: null,
    children: [{ remoteSelectors: selectors }],
    gatewayAddresses: ['192.0.2.1', '2001:db8::1'],
    gatewayPort: 4500,
  });

describe('an imported Apple profile', () => {
  const imported = async (change: object) => {
    const ikev2 = {
      RemoteAddress: 'vpn.example.test',
      AuthenticationMethod: 'Certificate',
      ExtendedAuthEnabled: 1,
      ...change,
    };
    const file = {
      PayloadType: 'com.apple.vpn.managed',
      VPNType: 'IKEv2',
      UserDefinedName: 'x',
      IKEv2: ikev2,
      IPv4: { OverridePrimary: 1 },
    };
    const [first] = await importProfiles({ name: 'x', content: utf8Encode(build(file)) });
    return first!.profile!;
  };
  const routesOf = async (change: object, selectors: readonly TrafficSelector[], configuration = reply()) =>
    tunnelRoutes(await imported(change), { children: [{ remoteSelectors: selectors }], configuration, dhcp: null });

  it('sends into the tunnel all that the CHILD SAs carry', async () => {
    expect(await routesOf({}, [all4])).toEqual(['0.0.0.0/0']);
    expect(await routesOf({ UseConfigurationAttributeInternalIPSubnet: 0 }, [all4])).toEqual(['0.0.0.0/0']);
    expect(await routesOf({}, [range('10.99.0.0', '10.99.0.255')])).toEqual(['10.99.0.0/24']);
  });

  it('takes the announced subnets instead where it says so', async () => {
    const configuration = reply({ subnets: ['10.99.0.0/24'] });
    expect(await routesOf({ UseConfigurationAttributeInternalIPSubnet: 1 }, [all4], configuration)).toEqual([
      '10.99.0.0/24',
    ]);
  });
});

describe('routes into the tunnel (C-56)', () => {
  it('are what the server narrowed to', () => {
    expect(routes({}, [range('10.99.0.0', '10.99.0.255'), range('10.100.0.0', '10.100.0.2')])).toEqual([
      '10.99.0.0/24',
      '10.100.0.0/31',
      '10.100.0.2/32',
    ]);
    expect(routes({}, [all4])).toEqual(['0.0.0.0/0']);
  });

  it('leave out loopback, link-local and multicast', () => {
    expect(routes({}, [range('127.0.0.0', '127.0.0.255')])).toEqual([]);
    expect(routes({}, [range('223.255.255.0', '239.255.255.255')])).toEqual(['223.255.255.0/24']);
  });

  it('serve only the family that got an address (C-55)', () => {
    expect(routes({}, [all4, all6])).toEqual(['0.0.0.0/0']);
    expect(
      routes({}, [all4, all6], reply({ ipv6Addresses: [{ address: '2001:db8:77::1', prefixLength: 64 }] })),
    ).toEqual(['0.0.0.0/0', '::/0']);
  });

  it('without the default gateway: the routes of the profile, cut to the selectors (C-51)', () => {
    expect(
      routes({ useDefaultGateway: false, routes: ['10.99.0.0/16', '198.51.100.0/24'] }, [
        range('10.0.0.0', '10.255.255.255'),
      ]),
    ).toEqual(['10.99.0.0/16']);
  });

  it('without the default gateway and without routes: never the default route', () => {
    const network = { useDefaultGateway: false };
    expect(routes(network, [all4], reply({ subnets: ['10.99.0.0/24'] }))).toEqual(['10.99.0.0/24']);
    expect(routes(network, [all4])).toEqual(['10.0.0.0/8']);
    expect(routes(network, [range('10.99.0.0', '10.99.0.255')])).toEqual(['10.99.0.0/24']);
  });
});

describe('what DHCP through the tunnel adds (W-26)', () => {
  const dhcp: DhcpOptions = {
    routes: ['10.100.0.0/24', '127.0.0.0/8', '224.0.0.0/4', '0.0.0.0/0', '0.0.0.0/1', '128.0.0.0/1'],
    dnsServers: ['10.99.0.54'],
    domains: ['corp.example'],
  };

  it('routes inside the selectors, never a default gateway, loopback or multicast', () => {
    expect(withDhcp({ useDefaultGateway: false }, dhcp).routes).toEqual(['10.100.0.0/24', '10.0.0.0/8']);
    expect(withDhcp({ useDefaultGateway: false, routes: ['10.99.0.0/24'] }, dhcp).routes).toEqual([
      '10.99.0.0/24',
      '10.100.0.0/24',
    ]);
    expect(withDhcp({ useDefaultGateway: false }, dhcp, reply(), [range('10.99.0.0', '10.99.0.255')]).routes).toEqual([
      '10.99.0.0/24',
    ]);
    expect(withDhcp({}, dhcp).routes).toEqual(['0.0.0.0/0']);
  });

  it('name servers where the gateway gave none, and its domain', () => {
    expect(withDhcp({}, dhcp).dns).toEqual({
      servers: ['10.99.0.54'],
      searchDomains: ['corp.example'],
      splitDomains: [],
    });
    expect(withDhcp({}, dhcp, reply({ dnsServers: ['10.99.0.53'], dnsDomains: ['other.example'] })).dns).toEqual({
      servers: ['10.99.0.53'],
      searchDomains: ['other.example', 'corp.example'],
      splitDomains: [],
    });
    expect(withDhcp({ dnsServers: ['9.9.9.9'] }, dhcp).dns).toEqual({
      servers: ['9.9.9.9'],
      searchDomains: [],
      splitDomains: [],
    });
  });
});

describe('settings of the tunnel', () => {
  it('name their connection without saying its name', () => {
    expect(settings({}, [all4]).owner).toMatch(/^[0-9a-f]{32}$/);
    expect(connectionId('Contoso')).toBe(connectionId('CONTOSO'));
    expect(connectionId('Contoso')).not.toBe(connectionId('Contoso 2'));
  });

  it('stop IPv6 where the tunnel takes the default route and cannot carry it', () => {
    expect(settings({}, [all4]).ipv6).toBe('block');
    expect(settings({ ipv6: 'tunnel-or-leave' }, [all4]).ipv6).toBe('leave');
    expect(settings({}, [range('10.99.0.0', '10.99.0.255')]).ipv6).toBe('leave');
    expect(
      settings({}, [all4, all6], reply({ ipv6Addresses: [{ address: '2001:db8:77::1', prefixLength: 64 }] })).ipv6,
    ).toBe('leave');
  });

  it('take DNS from the server or from the profile, never a loopback or multicast one', () => {
    expect(settings({}, [all4]).dns).toBeNull();
    expect(
      settings(
        {},
        [all4],
        reply({ dnsServers: ['10.99.0.53', '127.0.0.1', '224.0.0.251'], dnsDomains: ['corp.example'] }),
      ).dns,
    ).toEqual({ servers: ['10.99.0.53'], searchDomains: ['corp.example'], splitDomains: [] });
    expect(
      settings(
        { dnsServers: ['9.9.9.9'], splitDns: ['corp.example'] },
        [all4],
        reply({ dnsServers: ['10.99.0.53'], dnsDomains: ['evil.example'] }),
      ).dns,
    ).toEqual({ servers: ['9.9.9.9'], searchDomains: [], splitDomains: ['corp.example'] });
    expect(
      settings(
        { useDefaultGateway: false },
        [range('10.99.0.0', '10.99.0.255')],
        reply({ dnsServers: ['10.99.0.53'], dnsDomains: ['corp.example'] }),
      ).dns?.splitDomains,
    ).toEqual(['corp.example']);
  });

  it('leave excluded networks outside', () => {
    expect(settings({ excludedRoutes: ['10.1.2.3/8', '2001:db8::/32', '10.0.0.0/8'] }, [all4]).excluded).toEqual([
      '10.0.0.0/8',
      '2001:db8::/32',
    ]);
  });

  it('complete short names by the domains of the profile first', () => {
    const configuration = reply({ dnsServers: ['10.0.0.53'], dnsDomains: ['corp.example'] });
    const dns = (network: Parameters<typeof settings>[0]) => settings(network, [all4], configuration).dns;
    expect(dns({ searchDomains: ['a.example', '.corp.example'] })).toEqual({
      servers: ['10.0.0.53'],
      searchDomains: ['a.example', 'corp.example'],
      splitDomains: [],
    });
    expect(dns({ searchDomains: ['a.example'], useDefaultGateway: false })?.splitDomains).toEqual([
      'a.example',
      'corp.example',
    ]);
    expect(dns({ searchDomains: ['a.example'], dnsServers: ['9.9.9.9'] })?.searchDomains).toEqual(['a.example']);
  });

  it('open the kill switch for our own traffic only', () => {
    expect(settings({}, [all4]).killSwitch).toBeNull();
    expect(settings({ killSwitch: true, allowLan: false }, [all4]).killSwitch).toEqual({
      endpoints: [
        { address: '192.0.2.1', port: 500 },
        { address: '192.0.2.1', port: 4500 },
        { address: '2001:db8::1', port: 500 },
        { address: '2001:db8::1', port: 4500 },
      ],
      allowLan: false,
    });
  });
});
