import { describe, expect, it } from 'vitest';
import { hexDecode, hexEncode } from '../bytes';
import { enhancedPacket, interfaceDescription, interfaceStatistics, sectionHeader } from './pcapng';
import { udpDatagram } from './udp-datagram';
import { espKeyLine, ikeKeyLine } from './wireshark-keys';

describe('pcapng', () => {
  it('has blocks of the lengths they say at both ends, padded to four octets', () => {
    for (const block of [
      sectionHeader('x'),
      interfaceDescription('outer', 'what is outside'),
      enhancedPacket(1, 1_700_000_000_000.25, 'received', Uint8Array.of(1, 2, 3)),
      interfaceStatistics(0, 0, 7),
    ]) {
      const view = new DataView(block.buffer);
      expect(block.length % 4).toBe(0);
      expect([view.getUint32(4, true), view.getUint32(block.length - 4, true)]).toEqual([block.length, block.length]);
    }
  });
  it('puts time in microseconds, lengths and direction where readers look', () => {
    const view = new DataView(enhancedPacket(1, 1_700_000_000_000.25, 'received', Uint8Array.of(1, 2, 3)).buffer);
    expect((BigInt(view.getUint32(12, true)) << 32n) | BigInt(view.getUint32(16, true))).toBe(1_700_000_000_000_250n);
    expect([
      view.getUint32(8, true),
      view.getUint32(20, true),
      view.getUint32(24, true),
      view.getUint32(28, true) & 0xffffff,
    ]).toEqual([1, 3, 3, 0x030201]);
    // Option 2 (flags), 4 octets, 1 = inbound.
    expect([view.getUint16(32, true), view.getUint16(34, true), view.getUint32(36, true)]).toEqual([2, 4, 1]);
  });
});

describe('the IP packet around a UDP payload', () => {
  it('has right checksums in both families', () => {
    const sum = (bytes: Uint8Array): number => {
      let total = 0;
      for (let index = 0; index < bytes.length; index += 2) total += (bytes[index]! << 8) | (bytes[index + 1] ?? 0);
      while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
      return total;
    };
    const four = udpDatagram(
      { address: '192.0.2.1', port: 4500 },
      { address: '198.51.100.7', port: 500 },
      Uint8Array.of(1, 2, 3),
    )!;
    expect(sum(four.subarray(0, 20))).toBe(0xffff);
    expect(hexEncode(four.subarray(12, 31))).toBe(
      'c0000201c6336407119401f4000b' + hexEncode(four.subarray(26, 28)) + '010203',
    );
    const pseudo4 = new Uint8Array([...four.subarray(12, 20), 0, 17, 0, 11, ...four.subarray(20)]);
    expect(sum(pseudo4)).toBe(0xffff);
    const six = udpDatagram(
      { address: '2001:db8::1', port: 1 },
      { address: '2001:db8::2', port: 2 },
      Uint8Array.of(9),
    )!;
    const pseudo6 = new Uint8Array([...six.subarray(8, 40), 0, 0, 0, 9, 0, 0, 0, 17, ...six.subarray(40)]);
    expect(sum(pseudo6)).toBe(0xffff);
  });
  it('is not made of two families or too much', () => {
    expect(
      udpDatagram({ address: '192.0.2.1', port: 1 }, { address: '2001:db8::1', port: 1 }, new Uint8Array(1)),
    ).toBeNull();
    expect(
      udpDatagram({ address: '192.0.2.1', port: 1 }, { address: '192.0.2.2', port: 1 }, new Uint8Array(65_530)),
    ).toBeNull();
  });
});

describe('keys for Wireshark', () => {
  const key = (text: string): Uint8Array => hexDecode(text)!;
  it('IKE with AEAD and with HMAC', () => {
    const base = {
      type: 'ike',
      spiInitiator: '0011223344556677',
      spiResponder: '8899aabbccddeeff',
      skEi: key('aa'),
      skEr: key('bb'),
      skAi: key('cc'),
      skAr: key('dd'),
    } as const;
    expect(ikeKeyLine({ ...base, encryption: 'aes-gcm-16-256', integrity: 'none', skAi: key(''), skAr: key('') })).toBe(
      '0011223344556677,8899aabbccddeeff,aa,bb,"AES-GCM-256 with 16 octet ICV [RFC5282]",,,"NONE [RFC4306]"',
    );
    expect(ikeKeyLine({ ...base, encryption: 'aes-cbc-128', integrity: 'hmac-sha2-256-128' })).toBe(
      '0011223344556677,8899aabbccddeeff,aa,bb,"AES-CBC-128 [RFC3602]",cc,dd,"HMAC_SHA2_256_128 [RFC4868]"',
    );
    expect(ikeKeyLine({ ...base, encryption: 'chacha20-poly1305-256', integrity: 'none' })).toBeNull();
  });
  it('ESP, for any outer address', () => {
    const base = { type: 'esp', spi: 0xc0000001, encryptionKey: key('aabb'), integrityKey: key('') } as const;
    expect(espKeyLine({ ...base, encryption: 'aes-gcm-16-128', integrity: 'none' }, 4)).toBe(
      '"IPv4","*","*","0xc0000001","AES-GCM with 16 octet ICV [RFC4106]","0xaabb","NULL",""',
    );
    expect(
      espKeyLine({ ...base, encryption: 'aes-cbc-256', integrity: 'hmac-sha2-256-128', integrityKey: key('01') }, 6),
    ).toBe('"IPv6","*","*","0xc0000001","AES-CBC [RFC3602]","0xaabb","HMAC-SHA-256-128 [RFC4868]","0x01"');
  });
});
