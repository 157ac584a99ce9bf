import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../simulation';
import { AddressPool } from './address-pool';
import { createInnerHost, hostAnswer } from './inner-host';
import {
  decodeIcmpEcho,
  decodeUdp,
  encodeIcmpEcho,
  encodeIpv4,
  encodeUdp,
  icmpType,
  internetChecksum,
} from './ip-packets';
import { PingDevice } from './ping-device';

const octets = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

describe('IPv4, ICMP and UDP', () => {
  it('checksum of the example in RFC 1071 section 3', () => {
    expect(internetChecksum(octets('0001 f203 f4f5 f6f7'))).toBe(~0xddf2 & 0xffff);
  });

  it('header as iputils sends it', () => {
    const packet = encodeIpv4({
      source: '192.168.0.1',
      destination: '192.168.0.199',
      protocol: 17,
      payload: new Uint8Array(95),
      identification: 0,
    });
    // The well-known example 4500 0073 0000 4000 4011 b861 c0a8 0001 c0a8 00c7.
    expect(Buffer.from(packet.subarray(0, 20)).toString('hex')).toBe('45000073000040004011b861c0a80001c0a800c7');
  });

  it('a damaged echo message is none', () => {
    const echo = encodeIcmpEcho({ type: icmpType.echoRequest, identifier: 1, sequence: 2, data: octets('0102') });
    expect(decodeIcmpEcho(echo)).toMatchObject({ identifier: 1, sequence: 2 });
    for (let index = 0; index < echo.length; index++) {
      const damaged = echo.slice();
      damaged[index]! ^= 0x10;
      expect(decodeIcmpEcho(damaged)).toBeNull();
    }
    expect(decodeIcmpEcho(echo.subarray(0, 7))).toBeNull();
  });
});

describe('the host behind the gateway', () => {
  const request = encodeIpv4({
    source: '10.77.0.1',
    destination: '10.99.0.1',
    protocol: 1,
    payload: encodeIcmpEcho({ type: 8, identifier: 9, sequence: 3, data: octets('aabb') }),
  });

  it('answers pings and UDP echo, and nothing else', () => {
    const answer = hostAnswer(request, '10.99.0.1')!;
    expect(Buffer.from(answer.subarray(12, 20)).toString('hex')).toBe('0a6300010a4d0001');
    expect(decodeIcmpEcho(answer.subarray(20))).toEqual({ type: 0, identifier: 9, sequence: 3, data: octets('aabb') });
    const udp = (port: number): Uint8Array =>
      encodeIpv4({
        source: '10.77.0.1',
        destination: '10.99.0.1',
        protocol: 17,
        payload: encodeUdp({ sourcePort: 4000, destinationPort: port, payload: octets('beef') }),
      });
    expect(decodeUdp(hostAnswer(udp(7), '10.99.0.1')!.subarray(20))).toEqual({
      sourcePort: 7,
      destinationPort: 4000,
      payload: octets('beef'),
    });
    expect(hostAnswer(udp(53), '10.99.0.1')).toBeNull();
    expect(hostAnswer(request, '10.99.0.2')).toBeNull();
    expect(hostAnswer(octets('00'), '10.99.0.1')).toBeNull();
    expect(hostAnswer(answer, '10.77.0.1')).toBeNull();
  });

  it('measures round trips and counts what is lost', () => {
    const clock = new VirtualClock();
    const samples: (number | null)[] = [];
    const device = new PingDevice({
      clock,
      name: 'demo',
      target: '10.99.0.1',
      intervalMs: 250,
      timeoutMs: 1000,
      onSample: ({ milliseconds }) => void samples.push(milliseconds),
    });
    const host = createInnerHost('10.99.0.1');
    let works = true;
    device.onPacket((packet) => {
      if (works) clock.setTimer(4, 'there', () => host.write(packet));
    });
    host.onPacket((packet) => void clock.setTimer(3, 'back', () => device.write(packet)));
    clock.advance(1000);
    expect(samples).toEqual([]);
    device.setAddress('10.77.0.1');
    clock.advance(600);
    expect(samples).toEqual([7, 7, 7]);
    works = false;
    clock.advance(1500);
    expect(samples).toContain(null);
    device.close();
    clock.advance(5000);
    expect(clock.pendingTimers()).toEqual([]);
  });
});

describe('the address pool', () => {
  it('gives the wanted address while it is free, and none when all are taken', () => {
    const pool = new AddressPool('10.77.0.1', '10.77.0.3');
    expect(pool.take(['10.77.0.2'])).toBe('10.77.0.2');
    expect(pool.take(['10.77.0.2', '10.78.0.1', '2001:db8::1'])).toBe('10.77.0.1');
    expect(pool.take([])).toBe('10.77.0.3');
    expect(pool.take([])).toBeNull();
    pool.release('10.77.0.2');
    expect(pool.take([])).toBe('10.77.0.2');
    expect(() => new AddressPool('10.77.0.3', '10.77.0.1')).toThrow(RangeError);
  });
});
