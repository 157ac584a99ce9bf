import { describe, expect, it } from 'vitest';
import type { TrafficSelector } from '../../ports/data-path';
import {
  acceptSelectors,
  coversAddress,
  everyIpv4,
  everyIpv6,
  hostSelector,
  isWithin,
  narrow,
} from './traffic-selectors';

const range = (startAddress: string, endAddress: string, more: Partial<TrafficSelector> = {}): TrafficSelector => ({
  ...everyIpv4,
  startAddress,
  endAddress,
  ...more,
});

describe('traffic selectors (RFC 7296 section 2.9)', () => {
  it('narrows to what both sides want', () => {
    expect(narrow([everyIpv4, everyIpv6], [hostSelector('10.77.0.1')])).toEqual([hostSelector('10.77.0.1')]);
    expect(narrow([range('10.0.0.0', '10.255.255.255')], [range('10.99.0.0', '11.0.0.255')])).toEqual([
      range('10.99.0.0', '10.255.255.255'),
    ]);
    expect(narrow([everyIpv4], [everyIpv6])).toEqual([]);
    expect(narrow([everyIpv4], [])).toEqual([]);
  });

  it('narrows protocols and ports', () => {
    const web = range('0.0.0.0', '255.255.255.255', { protocol: 6, startPort: 80, endPort: 443 });
    expect(narrow([everyIpv4], [web])).toEqual([web]);
    expect(narrow([web], [range('10.0.0.1', '10.0.0.1', { protocol: 6, startPort: 100, endPort: 1000 })])).toEqual([
      range('10.0.0.1', '10.0.0.1', { protocol: 6, startPort: 100, endPort: 443 }),
    ]);
    expect(narrow([web], [range('10.0.0.1', '10.0.0.1', { protocol: 17 })])).toEqual([]);
    expect(narrow([web], [range('10.0.0.1', '10.0.0.1', { protocol: 6, startPort: 444, endPort: 500 })])).toEqual([]);
  });

  it('says nothing twice', () => {
    expect(narrow([everyIpv4, range('10.0.0.0', '10.0.0.255')], [range('10.0.0.0', '10.0.0.255')])).toEqual([
      range('10.0.0.0', '10.0.0.255'),
    ]);
  });

  it('C-55: an answer lies within the offer, in every dimension', () => {
    expect(isWithin([hostSelector('10.1.2.3')], [everyIpv4])).toBe(true);
    expect(isWithin([everyIpv4], [hostSelector('10.1.2.3')])).toBe(false);
    expect(isWithin([everyIpv4, everyIpv6], [everyIpv4])).toBe(false);
    expect(isWithin([everyIpv4], [{ ...everyIpv4, protocol: 6 }])).toBe(false);
    expect(isWithin([everyIpv4], [{ ...everyIpv4, endPort: 100 }])).toBe(false);
  });

  it('an address is covered by its own family only', () => {
    expect(coversAddress([everyIpv4], '10.0.0.1')).toBe(true);
    expect(coversAddress([everyIpv4], 'fd00::1')).toBe(false);
    expect(coversAddress([], '10.0.0.1')).toBe(false);
  });

  it('H-25: what cannot be used is not taken for less', () => {
    expect(
      acceptSelectors({ type: 'TSr', selectors: [hostSelector('10.0.0.1')], unsupported: [] }, [everyIpv4]),
    ).toEqual([hostSelector('10.0.0.1')]);
    expect(
      acceptSelectors(
        {
          type: 'TSr',
          selectors: [hostSelector('10.0.0.1')],
          unsupported: [{ selectorType: 9, body: new Uint8Array(4) }],
        },
        [everyIpv4],
      ),
    ).toContain('not offered');
    expect(acceptSelectors({ type: 'TSr', selectors: [], unsupported: [] }, [everyIpv4])).toContain('empty');
    expect(acceptSelectors({ type: 'TSr', selectors: [everyIpv6], unsupported: [] }, [everyIpv4])).toContain('wider');
  });
});
