import { describe, expect, it } from 'vitest';
import type { ConfigurationReply } from '../ikev2/session';
import type { TrafficSelector } from '../ports/data-path';
import { exampleProfile } from './example-profile';
import { tunnelRoutes, tunnelSettings } from './tunnel-settings';

const range = (startAddress: string, endAddress: string): TrafficSelector => ({ family: startAddress.includes(':') ? 6 : 4, protocol: 0, startPort: 0, endPort: 65535, startAddress, endAddress });
const all4 = range('0.0.0.0', '255.255.255.255');
const all6 = range('::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff');
const reply = (more: Partial<ConfigurationReply> = {}): ConfigurationReply => ({ ipv4Addresses: ['10.77.0.1'], ipv6Addresses: [], dnsServers: [], subnets: [], dnsDomains: [], dhcpServers: [], ...more });
const routes = (network: Parameters<typeof exampleProfile>[0]['network'], selectors: readonly TrafficSelector[], configuration = reply()): readonly string[] =>
  tunnelRoutes(exampleProfile({ network }), { children: [{ remoteSelectors: selectors }], configuration });
const settings = (network: Parameters<typeof exampleProfile>[0]['network'], selectors: readonly TrafficSelector[], configuration = reply()) =>
  tunnelSettings(exampleProfile({ network }), { tunnelName: 'avpn0', mtu: 1400, configuration, children: [{ remoteSelectors: selectors }], gatewayAddresses: ['192.0.2.1', '2001:db8::1'], gatewayPort: 4500 });

describe('routes into the tunnel (C-56)', () => {
  it('are what the server narrowed to', () => {
    expect(routes({}, [range('10.99.0.0', '10.99.0.255'), range('10.100.0.0', '10.100.0.2')])).toEqual(['10.99.0.0/24', '10.100.0.0/31', '10.100.0.2/32']);
    expect(routes({}, [all4])).toEqual(['0.0.0.0/0']);
  });

  it('leave out loopback, link-local and multicast', () => {
    expect(routes({}, [range('127.0.0.0', '127.0.0.255')])).toEqual([]);
    expect(routes({}, [range('223.255.255.0', '239.255.255.255')])).toEqual(['223.255.255.0/24']);
  });

  it('serve only the family that got an address (C-55)', () => {
    expect(routes({}, [all4, all6])).toEqual(['0.0.0.0/0']);
    expect(routes({}, [all4, all6], reply({ ipv6Addresses: [{ address: '2001:db8:77::1', prefixLength: 64 }] }))).toEqual(['0.0.0.0/0', '::/0']);
  });

  it('without the default gateway: the routes of the profile, cut to the selectors (C-51)', () => {
    expect(routes({ useDefaultGateway: false, routes: ['10.99.0.0/16', '198.51.100.0/24'] }, [range('10.0.0.0', '10.255.255.255')])).toEqual(['10.99.0.0/16']);
  });

  it('without the default gateway and without routes: never the default route', () => {
    const network = { useDefaultGateway: false };
    expect(routes(network, [all4], reply({ subnets: ['10.99.0.0/24'] }))).toEqual(['10.99.0.0/24']);
    expect(routes(network, [all4])).toEqual(['10.0.0.0/8']);
    expect(routes(network, [range('10.99.0.0', '10.99.0.255')])).toEqual(['10.99.0.0/24']);
  });
});

describe('settings of the tunnel', () => {
  it('keep the outer addresses of the gateway out of the tunnel', () => {
    expect(settings({}, [all4]).excludedRoutes).toEqual(['192.0.2.1/32', '2001:db8::1/128']);
  });

  it('stop IPv6 where the tunnel takes the default route and cannot carry it', () => {
    expect(settings({}, [all4]).ipv6).toBe('block');
    expect(settings({ ipv6: 'tunnel-or-leave' }, [all4]).ipv6).toBe('leave');
    expect(settings({}, [range('10.99.0.0', '10.99.0.255')]).ipv6).toBe('leave');
    expect(settings({}, [all4, all6], reply({ ipv6Addresses: [{ address: '2001:db8:77::1', prefixLength: 64 }] })).ipv6).toBe('leave');
  });

  it('take DNS from the server or from the profile, never a loopback or multicast one', () => {
    expect(settings({}, [all4]).dns).toBeNull();
    expect(settings({}, [all4], reply({ dnsServers: ['10.99.0.53', '127.0.0.1', '224.0.0.251'], dnsDomains: ['corp.example'] })).dns).toEqual({ servers: ['10.99.0.53'], searchDomains: ['corp.example'], splitDomains: [] });
    expect(settings({ dnsServers: ['9.9.9.9'], splitDns: ['corp.example'] }, [all4], reply({ dnsServers: ['10.99.0.53'], dnsDomains: ['evil.example'] })).dns).toEqual({ servers: ['9.9.9.9'], searchDomains: [], splitDomains: ['corp.example'] });
    expect(settings({ useDefaultGateway: false }, [range('10.99.0.0', '10.99.0.255')], reply({ dnsServers: ['10.99.0.53'], dnsDomains: ['corp.example'] })).dns?.splitDomains).toEqual(['corp.example']);
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
