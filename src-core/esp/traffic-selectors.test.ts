import { describe, expect, test } from 'vitest';
import { EspSuiteError } from '../crypto/esp-transform';
import type { TrafficSelector } from '../ports/data-path';
import { parseInnerPacket } from './inner-packet';
import { ipv4Packet, ipv6Packet, udp } from './test-packets';
import { compileSelectors, matchesInbound, matchesOutbound } from './traffic-selectors';

const any = { protocol: 0, startPort: 0, endPort: 65535 } as const;
const range = (
  startAddress: string,
  endAddress = startAddress,
  more: Partial<TrafficSelector> = {},
): TrafficSelector => ({
  family: startAddress.includes(':') ? 6 : 4,
  ...any,
  startAddress,
  endAddress,
  ...more,
});

function pair(local: readonly TrafficSelector[], remote: readonly TrafficSelector[]) {
  return { local: compileSelectors(local, 'localSelectors'), remote: compileSelectors(remote, 'remoteSelectors') };
}

const parsed = (bytes: Uint8Array) => parseInnerPacket(bytes)!;

describe('addresses', () => {
  const selectors = pair([range('10.77.0.1')], [range('10.99.0.0', '10.99.0.255'), range('192.0.2.7')]);

  test.each([
    ['10.77.0.1', '10.99.0.0', true],
    ['10.77.0.1', '10.99.0.255', true],
    ['10.77.0.1', '10.99.1.0', false],
    ['10.77.0.1', '10.98.255.255', false],
    ['10.77.0.1', '192.0.2.7', true],
    ['10.77.0.2', '10.99.0.1', false],
  ])('%s to %s outbound: %s; the answer inbound likewise', (local, remote, expected) => {
    expect(matchesOutbound(parsed(ipv4Packet({ source: local, destination: remote })), selectors)).toBe(expected);
    expect(matchesInbound(parsed(ipv4Packet({ source: remote, destination: local })), selectors)).toBe(expected);
  });

  test('H-60 direction matters: our own address as the source of an inbound packet is refused', () => {
    expect(matchesInbound(parsed(ipv4Packet({ source: '10.77.0.1', destination: '10.99.0.1' })), selectors)).toBe(
      false,
    );
  });

  test('H-60 an IPv6 packet does not fit an SA of IPv4 selectors', () => {
    const everything = pair([range('0.0.0.0', '255.255.255.255')], [range('0.0.0.0', '255.255.255.255')]);
    expect(matchesInbound(parsed(ipv6Packet({ source: '::', destination: '::1' })), everything)).toBe(false);
  });

  test('IPv6 ranges compare all 16 octets', () => {
    const six = pair([range('2001:db8::', '2001:db8::ff')], [range('::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff')]);
    expect(matchesOutbound(parsed(ipv6Packet({ source: '2001:db8::fe', destination: '2001:db8:1::1' })), six)).toBe(
      true,
    );
    expect(matchesOutbound(parsed(ipv6Packet({ source: '2001:db8::1:0', destination: '2001:db8:1::1' })), six)).toBe(
      false,
    );
  });
});

describe('protocols and ports', () => {
  const web = pair([range('10.0.0.1')], [range('10.0.0.2', '10.0.0.2', { protocol: 17, startPort: 80, endPort: 90 })]);
  const packet = (more: Partial<Parameters<typeof ipv4Packet>[0]>) =>
    parsed(ipv4Packet({ source: '10.0.0.1', destination: '10.0.0.2', ...more }));

  test('the remote port is the destination outbound and the source inbound', () => {
    expect(matchesOutbound(packet({ payload: udp(5000, 80) }), web)).toBe(true);
    expect(matchesOutbound(packet({ payload: udp(5000, 91) }), web)).toBe(false);
    expect(matchesOutbound(packet({ payload: udp(80, 5000) }), web)).toBe(false);
    expect(matchesOutbound(packet({ protocol: 6, payload: udp(5000, 80) }), web)).toBe(false);
    expect(
      matchesInbound(parsed(ipv4Packet({ source: '10.0.0.2', destination: '10.0.0.1', payload: udp(80, 5000) })), web),
    ).toBe(true);
  });

  test('E-14 later fragments pass selectors for all ports and only those', () => {
    const fragment = packet({ fragmentOffset: 1480, payload: new Uint8Array(100) });
    expect(matchesOutbound(fragment, web)).toBe(false);
    expect(
      matchesOutbound(fragment, pair([range('10.0.0.1')], [range('10.0.0.2', '10.0.0.2', { protocol: 17 })])),
    ).toBe(true);
    expect(matchesOutbound(fragment, pair([range('10.0.0.1')], [range('10.0.0.2')]))).toBe(true);
  });

  test('OPAQUE takes exactly what shows no ports (RFC 7296 section 3.13.1)', () => {
    const opaque = pair(
      [range('10.0.0.1')],
      [range('10.0.0.2', '10.0.0.2', { protocol: 17, startPort: 65535, endPort: 0 })],
    );
    expect(matchesOutbound(packet({ fragmentOffset: 1480, payload: new Uint8Array(100) }), opaque)).toBe(true);
    expect(matchesOutbound(packet({}), opaque)).toBe(false);
  });

  test('ICMP type and code are one number', () => {
    const echo = pair(
      [range('10.0.0.1')],
      [range('10.0.0.2', '10.0.0.2', { protocol: 1, startPort: 0x0800, endPort: 0x08ff })],
    );
    expect(matchesOutbound(packet({ protocol: 1, payload: Uint8Array.of(8, 0, 0, 0) }), echo)).toBe(true);
    expect(matchesOutbound(packet({ protocol: 1, payload: Uint8Array.of(13, 0, 0, 0) }), echo)).toBe(false);
  });
});

test.each([
  ['localSelectors[0].startAddress', { startAddress: '10.0.0.300' }],
  ['localSelectors[0].endAddress', { endAddress: '::1' }],
  ['localSelectors[0].endAddress', { startAddress: '10.0.0.2', endAddress: '10.0.0.1' }],
])('a bad selector names %s', (field, wrong) => {
  const attempt = () => compileSelectors([range('10.0.0.1', '10.0.0.1', wrong)], 'localSelectors');
  expect(attempt).toThrow(EspSuiteError);
  expect(attempt).toThrow(expect.objectContaining({ field }));
});
