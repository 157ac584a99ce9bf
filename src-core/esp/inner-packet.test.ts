import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { concat } from '../bytes';
import { parseInnerPacket } from './inner-packet';
import { ipv4Packet, ipv6Packet, udp } from './test-packets';

const v4 = { source: '10.0.0.1', destination: '10.0.0.2' };
const v6 = { source: '2001:db8::1', destination: '2001:db8::2' };

function changed(packet: Uint8Array, changes: Record<number, number>): Uint8Array {
  const copy = Uint8Array.from(packet);
  for (const [offset, value] of Object.entries(changes)) copy[Number(offset)] = value;
  return copy;
}

/** An options header (hop-by-hop or destination) of `units` times 8 octets. */
function optionsHeader(next: number, units = 1): Uint8Array {
  const header = new Uint8Array(units * 8);
  header.set([next, units - 1, 1, units * 8 - 4]);
  return header;
}

function fragmentHeader(next: number, offset: number, more: boolean): Uint8Array {
  return Uint8Array.from([next, 0, offset >> 8, (offset & 0xf8) | (more ? 1 : 0), 0, 0, 0, 9]);
}

describe('IPv4', () => {
  test('protocol and ports of a whole packet', () => {
    const packet = ipv4Packet({ ...v4, payload: udp(5353, 53) });
    expect(parseInnerPacket(packet)).toMatchObject({
      family: 4,
      protocol: 17,
      sourcePort: 5353,
      destinationPort: 53,
      payloadOffset: 20,
      fragmentOffset: 0,
      dontFragment: false,
    });
  });

  test('E-2 octets after the stated length are cut (TFC)', () => {
    const packet = ipv4Packet(v4);
    expect(parseInnerPacket(concat(packet, new Uint8Array(700)))!.bytes).toEqual(packet);
  });

  test('options lie before the ports', () => {
    expect(parseInnerPacket(ipv4Packet({ ...v4, options: new Uint8Array(8), payload: udp(7, 9) }))).toMatchObject({
      sourcePort: 7,
      destinationPort: 9,
      payloadOffset: 28,
    });
  });

  test('E-14 a later fragment has no ports', () => {
    expect(parseInnerPacket(ipv4Packet({ ...v4, fragmentOffset: 1480 }))).toMatchObject({
      protocol: 17,
      sourcePort: null,
      destinationPort: null,
      fragmentOffset: 1480,
    });
  });

  test('ICMP type and code stand in for ports; a cut upper header has none', () => {
    expect(parseInnerPacket(ipv4Packet({ ...v4, protocol: 1, payload: Uint8Array.of(8, 3, 0, 0) }))).toMatchObject({
      sourcePort: 0x0803,
      destinationPort: 0x0803,
    });
    expect(parseInnerPacket(ipv4Packet({ ...v4, protocol: 6, payload: Uint8Array.of(1, 2, 3) }))).toMatchObject({
      sourcePort: null,
    });
  });

  const good = ipv4Packet(v4);
  test.each([
    ['is shorter than a header', good.subarray(0, 19)],
    ['is empty', new Uint8Array(0)],
    ['states a header of 16 octets', changed(good, { 0: 0x44 })],
    ['states a header longer than the packet', changed(good, { 0: 0x4f, 3: 59 })],
    ['states more octets than there are', changed(good, { 2: 0xff, 3: 0xff })],
    ['states fewer octets than its header', changed(good, { 3: 19 })],
    ['is of version 0', changed(good, { 0: 0x05 })],
    ['is of version 5', changed(good, { 0: 0x55 })],
    ['would reassemble to more than 65535 octets', changed(good, { 6: 0x1f, 7: 0xff })],
  ])('H-60 is refused when it %s', (_, packet) => {
    expect(parseInnerPacket(packet)).toBeNull();
  });
});

describe('IPv6', () => {
  test('protocol and ports behind extension headers', () => {
    const payload = concat(optionsHeader(43), optionsHeader(60, 2), optionsHeader(17), udp(1, 2));
    expect(parseInnerPacket(ipv6Packet({ ...v6, next: 0, payload }))).toMatchObject({
      family: 6,
      protocol: 17,
      sourcePort: 1,
      destinationPort: 2,
      payloadOffset: 72,
      dontFragment: true,
    });
  });

  test('E-14 a later fragment shows protocol only; the first one its ports', () => {
    const later = ipv6Packet({ ...v6, next: 44, payload: concat(fragmentHeader(17, 1480, false), new Uint8Array(13)) });
    expect(parseInnerPacket(later)).toMatchObject({ protocol: 17, sourcePort: null, fragmentOffset: 1480 });
    const first = ipv6Packet({ ...v6, next: 44, payload: concat(fragmentHeader(17, 0, true), udp(11, 12)) });
    expect(parseInnerPacket(first)).toMatchObject({
      protocol: 17,
      sourcePort: 11,
      destinationPort: 12,
      fragmentOffset: 0,
    });
  });

  test('what follows in a later fragment is not read as headers', () => {
    const later = ipv6Packet({
      ...v6,
      next: 44,
      payload: concat(fragmentHeader(60, 8, false), Uint8Array.of(17, 255, 0, 0)),
    });
    expect(parseInnerPacket(later)).toMatchObject({ protocol: 60, sourcePort: null });
  });

  test('E-2 octets after the stated length are cut (TFC)', () => {
    const packet = ipv6Packet(v6);
    expect(parseInnerPacket(concat(packet, Uint8Array.of(1)))!.bytes).toEqual(packet);
  });

  const good = ipv6Packet(v6);
  test.each([
    ['is shorter than a header', good.subarray(0, 39)],
    ['states more octets than there are', changed(good, { 4: 1 })],
    ['ends inside an extension header', ipv6Packet({ ...v6, next: 0, payload: Uint8Array.of(17, 0, 1, 4) })],
    [
      'has an extension header longer than the packet',
      ipv6Packet({ ...v6, next: 60, payload: changed(optionsHeader(17), { 1: 200 }) }),
    ],
    [
      'has hop-by-hop options in the middle',
      ipv6Packet({ ...v6, next: 60, payload: concat(optionsHeader(0), optionsHeader(17), udp()) }),
    ],
    [
      'has more extension headers than anyone sends',
      ipv6Packet({ ...v6, next: 60, payload: concat(...Array.from({ length: 17 }, () => optionsHeader(60)), udp()) }),
    ],
    [
      'is a middle fragment whose payload is not a multiple of 8',
      ipv6Packet({ ...v6, next: 44, payload: concat(fragmentHeader(17, 8, true), new Uint8Array(13)) }),
    ],
    [
      'would reassemble to more than 65535 octets',
      ipv6Packet({ ...v6, next: 44, payload: concat(fragmentHeader(17, 0xfff8, false), new Uint8Array(16)) }),
    ],
    ['ends inside the fragment header', ipv6Packet({ ...v6, next: 44, payload: Uint8Array.of(17, 0, 0, 0) })],
  ])('H-60 is refused when it %s', (_, packet) => {
    expect(parseInnerPacket(packet)).toBeNull();
  });
});

test('any octets give a packet within them, or nothing', () => {
  const nearlyPacket = fc
    .tuple(fc.constantFrom(0x45, 0x46, 0x60, 0x6f, 0x00), fc.uint8Array({ maxLength: 120 }))
    .map(([first, rest]) => {
      const packet = concat(Uint8Array.of(first), rest);
      if (packet.length > 6) packet.set([0, packet.length % 90], first >= 0x60 ? 4 : 2);
      return packet;
    });
  fc.assert(
    fc.property(nearlyPacket, (bytes) => {
      const packet = parseInnerPacket(bytes);
      if (packet === null) return;
      expect(packet.bytes.length).toBeLessThanOrEqual(bytes.length);
      expect(packet.payloadOffset).toBeLessThanOrEqual(packet.bytes.length);
      expect(packet.source.length).toBe(packet.family === 4 ? 4 : 16);
    }),
    { numRuns: 3000 },
  );
});
