import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canonicalIp,
  compareIp,
  formatCidr,
  formatRange,
  intersectRanges,
  ipFamily,
  ipToOctets,
  numberToIp,
  octetsToIp,
  parseCidr,
  prefixContainsAddress,
  prefixToRange,
  rangeContains,
  rangeContainsAddress,
  rangeToPrefixes,
  sameIp,
  specialUse,
} from '.';

const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 });
/** Many zero groups, so that "::" is exercised. */
const sparseIpv6 = fc
  .array(fc.constantFrom(0, 0, 0, 1, 0xffff), { minLength: 8, maxLength: 8 })
  .map((groups) => new Uint8Array(groups.flatMap((group) => [group >> 8, group & 0xff])));

describe('IP addresses', () => {
  test('octets to text and back', () => {
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6, sparseIpv6), (octets) => {
        const text = octetsToIp(octets);
        expect(ipToOctets(text)).toEqual(octets);
        expect(isIP(text)).toBe(octets.length === 4 ? 4 : 6);
      }),
    );
  });

  test('agrees with the platform on what is an address', () => {
    const soup = fc
      .array(fc.constantFrom(':', '::', '.', '0', '1', '255', '256', 'ffff', 'g', '01', '%', '/'), { maxLength: 16 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(soup, (text) => {
        expect(ipFamily(text) ?? 0).toBe(isIP(text.includes('%') ? 'x' : text));
      }),
      { numRuns: 5000 },
    );
  });

  test('RFC 5952 section 4 canonical forms', () => {
    for (const [text, canonical] of [
      ['2001:0db8:0000:0000:0000:0000:0002:0001', '2001:db8::2:1'],
      ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
      ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
      ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
      ['2001:DB8::A', '2001:db8::a'],
      ['::', '::'],
      ['0:0:0:0:0:0:0:1', '::1'],
      ['fe80::0', 'fe80::'],
      ['::ffff:c000:0280', '::ffff:192.0.2.128'],
    ] as const)
      expect(canonicalIp(text)).toBe(canonical);
  });

  test('what is no address', () => {
    for (const text of [
      '',
      '1.2.3',
      '1.2.3.4.5',
      '01.2.3.4',
      '256.1.1.1',
      '1.2.3.-4',
      ' 1.2.3.4',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '::1::',
      ':1:2:3:4:5:6:7',
      '12345::',
      'fe80::1%eth0',
      '[::1]',
      '1.2.3.4:80',
      '1:2:3:4:5:6:7::8',
    ])
      expect(ipToOctets(text), text).toBeNull();
  });

  test('order, sameness, prefixes and ranges', () => {
    expect(compareIp('10.0.0.9', '10.0.0.10')).toBe(-1);
    expect(compareIp('255.255.255.255', '::')).toBe(-1);
    expect(sameIp('2001:DB8::1', '2001:db8:0::1')).toBe(true);
    expect(sameIp('1.2.3.4', '::ffff:1.2.3.4')).toBe(false);
    expect(parseCidr('10.1.2.3/8')).toEqual({ family: 4, address: '10.0.0.0', prefixLength: 8 });
    expect(parseCidr('2001:db8::1')).toEqual({ family: 6, address: '2001:db8::1', prefixLength: 128 });
    for (const bad of ['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/08', '10.0.0.0/8/8', 'x/8', '::/129', '/8', '1.2.3.4/-1'])
      expect(parseCidr(bad), bad).toBeNull();
    expect(prefixToRange({ family: 4, address: '10.0.0.0', prefixLength: 8 })).toEqual({
      family: 4,
      start: '10.0.0.0',
      end: '10.255.255.255',
    });
    expect(formatRange({ family: 6, start: '::', end: 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff' })).toBe('::/0');
    expect(formatRange({ family: 4, start: '10.0.0.1', end: '10.0.0.6' })).toBe('10.0.0.1-10.0.0.6');
    expect(rangeToPrefixes({ family: 4, start: '10.0.0.1', end: '10.0.0.6' }).map(formatCidr)).toEqual([
      '10.0.0.1/32',
      '10.0.0.2/31',
      '10.0.0.4/31',
      '10.0.0.6/32',
    ]);
    expect(rangeToPrefixes({ family: 4, start: '0.0.0.1', end: '255.255.255.254' })).toHaveLength(62);
    const eight = { family: 4, start: '10.0.0.0', end: '10.255.255.255' } as const;
    expect(rangeContains(eight, { family: 4, start: '10.1.0.0', end: '10.1.0.0' })).toBe(true);
    expect(rangeContains(eight, { family: 4, start: '9.255.255.255', end: '10.1.0.0' })).toBe(false);
    expect([
      rangeContainsAddress(eight, '10.0.0.0'),
      rangeContainsAddress(eight, '11.0.0.0'),
      rangeContainsAddress(eight, '::1'),
      rangeContainsAddress(eight, 'x'),
    ]).toEqual([true, false, false, false]);
    expect(prefixContainsAddress({ family: 4, address: '0.0.0.0', prefixLength: 0 }, '8.8.8.8')).toBe(true);
    expect(intersectRanges(eight, { family: 4, start: '10.200.0.0', end: '12.0.0.0' })).toEqual({
      family: 4,
      start: '10.200.0.0',
      end: '10.255.255.255',
    });
    expect(intersectRanges(eight, { family: 4, start: '11.0.0.0', end: '12.0.0.0' })).toBeNull();
    expect(intersectRanges(eight, { family: 6, start: '::', end: '::1' })).toBeNull();
  });

  test('the prefixes of a range cover exactly the range', () => {
    fc.assert(
      fc.property(fc.nat(0xffff), fc.nat(0xffff), (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const prefixes = rangeToPrefixes({
          family: 4,
          start: numberToIp(BigInt(low), 4),
          end: numberToIp(BigInt(high), 4),
        });
        let next = BigInt(low);
        for (const prefix of prefixes) {
          const range = prefixToRange(prefix);
          expect(range.start).toBe(numberToIp(next, 4));
          next += 1n << BigInt(32 - prefix.prefixLength);
        }
        expect(next).toBe(BigInt(high) + 1n);
      }),
    );
  });

  test('special use', () => {
    for (const [address, use] of [
      ['0.0.0.0', 'unspecified'],
      ['::', 'unspecified'],
      ['127.8.8.8', 'loopback'],
      ['::1', 'loopback'],
      ['169.254.169.254', 'linkLocal'],
      ['fe80::1', 'linkLocal'],
      ['224.0.0.1', 'multicast'],
      ['ff02::1', 'multicast'],
      ['255.255.255.255', 'broadcast'],
      ['10.0.0.1', 'private'],
      ['172.31.0.1', 'private'],
      ['192.168.1.1', 'private'],
      ['fd00::1', 'private'],
      ['::ffff:127.0.0.1', 'loopback'],
      ['8.8.8.8', null],
      ['172.32.0.1', null],
      ['2001:db8::1', null],
      ['x', null],
    ] as const)
      expect(specialUse(address), address).toBe(use);
  });
});
