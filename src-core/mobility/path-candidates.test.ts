import { describe, expect, it } from 'vitest';
import type { Adapter, AdapterAddress, RouteAnswer, RouteQuestion } from '../ports/adapters';
import { adapterPreference, findPathCandidates, type CandidateQuestion } from './path-candidates';

const address = (text: string, more: Partial<AdapterAddress> = {}): AdapterAddress => ({
  address: text,
  prefixLength: text.includes(':') ? 64 : 24,
  family: text.includes(':') ? 6 : 4,
  scope: text.startsWith('fe80') ? 'link' : 'global',
  temporary: false,
  usable: true,
  ...more,
});

const adapter = (name: string, index: number, more: Partial<Adapter> = {}): Adapter => ({
  name,
  index,
  kind: 'ethernet',
  label: name,
  up: true,
  carrier: true,
  mtu: 1500,
  addresses: [],
  ...more,
});

/**
 * A kernel that routes to everything by each adapter, from the first address of the family, adapters in the given
 * order.
 */
function kernel(adapters: readonly Adapter[], without: readonly string[] = []) {
  return (question: RouteQuestion): RouteAnswer | null => {
    const family = question.destination.includes(':') ? 6 : 4;
    for (const entry of adapters) {
      if (question.adapter !== undefined && entry.name !== question.adapter) continue;
      if (!entry.up || without.includes(entry.name)) continue;
      const source = entry.addresses.find(
        (known) => known.family === family && (question.source === undefined || known.address === question.source),
      );
      if (source !== undefined) return { adapter: entry.name, source: source.address, nextHop: null, mtu: null };
    }
    return null;
  };
}

function ask(adapters: readonly Adapter[], more: Partial<CandidateQuestion> = {}, without: readonly string[] = []) {
  return findPathCandidates({
    adapters,
    lookupRoute: kernel(adapters, without),
    gatewayAddresses: ['10.10.0.1'],
    adapterOrder: [],
    current: null,
    ...more,
  });
}

const eth0 = adapter('eth0', 2, { addresses: [address('10.10.0.2')] });
const eth1 = adapter('eth1', 3, { addresses: [address('10.20.0.2')] });

describe('path candidates', () => {
  it('names every pair and the reason why one cannot be used', () => {
    const adapters = [
      eth0,
      adapter('down', 4, { up: false, carrier: false, addresses: [address('10.1.0.2')] }),
      adapter('pulled', 5, { carrier: false, addresses: [address('10.2.0.2')] }),
      adapter('bare', 6),
      adapter('tentative', 7, { addresses: [address('10.3.0.2', { usable: false })] }),
      adapter('local', 8, { addresses: [address('169.254.3.3', { scope: 'link' })] }),
      adapter('unrouted', 9, { addresses: [address('10.4.0.2')] }),
      adapter('lo', 1, { kind: 'loopback', addresses: [address('127.0.0.1', { scope: 'host' })] }),
    ];
    const found = ask(adapters, {}, ['unrouted']);
    expect(found.map((entry) => [entry.adapter, entry.reason])).toEqual([
      ['eth0', null],
      ['down', 'adapter-down'],
      ['pulled', 'no-carrier'],
      ['bare', 'no-address'],
      ['tentative', 'address-not-ready'],
      ['local', 'link-local-only'],
      ['unrouted', 'no-route'],
    ]);
    expect(found[0]).toMatchObject({
      id: 'eth0 10.10.0.2 > 10.10.0.1',
      usable: true,
      source: '10.10.0.2',
      destination: '10.10.0.1',
      mtu: 1500,
    });
  });

  it('puts the adapters in the order of the profile, by kernel name or label', () => {
    const wifi = adapter('wlp2s0', 9, { kind: 'wifi', label: 'Wi-Fi', addresses: [address('10.30.0.2')] });
    expect(
      ask([eth0, eth1, wifi], { adapterOrder: ['wi-fi', 'eth1'] }).map((entry) => [entry.adapter, entry.preference]),
    ).toEqual([
      ['wlp2s0', 0],
      ['eth1', 1],
      ['eth0', 2],
    ]);
  });

  it('without an order takes wired before wireless and otherwise what the kernel would take', () => {
    const wifi = adapter('wlan0', 1, { kind: 'wifi', addresses: [address('10.30.0.2')] });
    expect(ask([eth1, wifi, eth0]).map((entry) => entry.adapter)).toEqual(['eth1', 'eth0', 'wlan0']);
    expect(adapterPreference(eth0, [])).toBe(adapterPreference(eth1, []));
  });

  it('tries the family in use first, then the other (M-5)', () => {
    const dual = adapter('eth0', 2, { addresses: [address('10.10.0.2'), address('2001:db8::2')] });
    const six = ask([dual], {
      gatewayAddresses: ['10.10.0.1', '2001:db8::1'],
      current: { adapter: 'eth0', source: '2001:db8::2', destination: '2001:db8::1' },
    });
    expect(six.map((entry) => entry.destination)).toEqual(['2001:db8::1', '10.10.0.1']);
  });

  it('keeps the source address in use although the kernel would now take another one', () => {
    const two = adapter('eth0', 2, { addresses: [address('10.10.0.2'), address('10.10.0.3')] });
    expect(ask([two], { current: { adapter: 'eth0', source: '10.10.0.3', destination: '10.10.0.1' } })[0]?.source).toBe(
      '10.10.0.3',
    );
  });

  it('takes a permanent IPv6 address before a temporary one', () => {
    const six = adapter('eth0', 2, {
      addresses: [address('2001:db8::aaaa', { temporary: true }), address('2001:db8::2')],
    });
    expect(ask([six], { gatewayAddresses: ['2001:db8::1'] })[0]?.source).toBe('2001:db8::2');
    const only = adapter('eth0', 2, { addresses: [address('2001:db8::aaaa', { temporary: true })] });
    expect(ask([only], { gatewayAddresses: ['2001:db8::1'] })[0]).toMatchObject({
      source: '2001:db8::aaaa',
      usable: true,
    });
  });

  it('does not believe a kernel answer that belongs to another adapter', () => {
    const found = findPathCandidates({
      adapters: [eth1],
      lookupRoute: () => ({ adapter: 'avpn0', source: '10.77.0.1', nextHop: null, mtu: 1400 }),
      gatewayAddresses: ['10.10.0.1'],
      adapterOrder: [],
      current: null,
    });
    expect(found[0]).toMatchObject({ usable: false, reason: 'no-route' });
  });
});
