import { closeSync, read, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { concat, uint16Octets, uint32Octets } from '../src-core/bytes';
import { createEspTransform } from '../src-core/crypto/esp-transform';
import { decapsulate, encapsulate } from '../src-core/esp/esp-packet';
import { parseInnerPacket } from '../src-core/esp/inner-packet';
import { internetChecksum } from '../src-core/esp/packet-too-big';
import { ipv4Packet, ipv6Packet } from '../src-core/esp/test-packets';
import { SystemClock } from '../src-main/system/linux/clock';
import { LinuxDatagrams, type NativeDatagramSocket } from '../src-main/system/linux/datagrams';
import type { NativeDataPathHandle, NativeSa } from './datapath';
import { loadAddon } from './index';

// The header of struct virtio_net_hdr in front of each packet, on a socket pair instead of a TUN: what a TUN with
// IFF_VNET_HDR does.
const readDescriptor = promisify(read);
const addon = (() => {
  const found = loadAddon();
  if (found === null) throw new Error('the addon is not built: npm run build:native');
  return found;
})();

const gso = { none: 0, tcpv4: 1, tcpv6: 4, udp: 5 } as const;
const needsChecksum = 1;

interface VirtioHeader {
  readonly flags?: number;
  readonly gsoType?: number;
  readonly headerLength?: number;
  readonly gsoSize?: number;
  readonly checksumStart?: number;
  readonly checksumOffset?: number;
}

/** Little-endian fields: tests run on machines of that kind. */
function virtio(h: VirtioHeader): Uint8Array {
  const bytes = new Uint8Array(10);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, h.flags ?? 0);
  view.setUint8(1, h.gsoType ?? 0);
  view.setUint16(2, h.headerLength ?? 0, true);
  view.setUint16(4, h.gsoSize ?? 0, true);
  view.setUint16(6, h.checksumStart ?? 0, true);
  view.setUint16(8, h.checksumOffset ?? 0, true);
  return bytes;
}

const four = { source: '10.77.0.1', destination: '10.99.0.5' };
const six = { source: '2001:db8:77::1', destination: '2001:db8:99::2' };

interface TcpOptions {
  readonly sequence: number;
  readonly data: Uint8Array;
  readonly flags?: number;
  readonly acknowledgement?: number;
  readonly options?: Uint8Array;
}

function tcpHeader({
  sequence,
  flags = 0x10,
  acknowledgement = 77,
  options = Uint8Array.from([1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2]),
}: TcpOptions): Uint8Array {
  const rest = Uint8Array.from([((20 + options.length) / 4) << 4, flags, 1, 0, 0, 0, 0, 0]);
  return concat(
    uint16Octets(40_000),
    uint16Octets(5201),
    uint32Octets(sequence),
    uint32Octets(acknowledgement),
    rest,
    options,
  );
}

/** An IP packet with TCP inside and right checksums; `reverse` for what comes from the far side. */
function tcpPacket(family: 4 | 6, options: TcpOptions, reverse = false): Uint8Array {
  const ends = family === 4 ? four : six;
  const addresses = reverse ? { source: ends.destination, destination: ends.source } : ends;
  const segment = concat(tcpHeader(options), options.data);
  const packet =
    family === 4
      ? ipv4Packet({ ...addresses, protocol: 6, payload: segment, dontFragment: true })
      : ipv6Packet({ ...addresses, next: 6, payload: segment });
  const upper = packet.length - segment.length;
  new DataView(packet.buffer).setUint16(upper + 16, upperChecksum(packet, upper));
  return packet;
}

/** The checksum that the upper layer header at `offset` should carry, its own field being as it is. 0: it is right. */
function upperChecksum(packet: Uint8Array, offset: number): number {
  const parsed = parseInnerPacket(packet)!;
  const pseudo = concat(
    parsed.source,
    parsed.destination,
    Uint8Array.of(0, parsed.protocol),
    uint32Octets(packet.length - offset),
  );
  return internetChecksum(concat(pseudo, packet.subarray(offset)));
}

function octets(length: number, first = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (first + index * 7) & 0xff);
}

const everything = (family: 4 | 6) => ({
  family,
  protocol: 0,
  startPort: 0,
  endPort: 65535,
  start: new Uint8Array(family === 4 ? 4 : 16),
  end: new Uint8Array(family === 4 ? 4 : 16).fill(255),
});
const selectors = [everything(4), everything(6)];
const key = octets(20, 3);
const sa = (spi: number): NativeSa => ({
  spi,
  cipher: 0,
  keyBits: 128,
  integrity: 0,
  esn: false,
  encryptionKey: key,
  integrityKey: new Uint8Array(0),
  local: selectors,
  remote: selectors,
});
const transform = createEspTransform(
  { cipher: 'aes-gcm-16', keyBits: 128, integrity: null, esn: false },
  key,
  new Uint8Array(0),
);

let handle: NativeDataPathHandle;
let near: number;
let far: number;
let socket: NativeDatagramSocket;
let gateway: NativeDatagramSocket;
let arrived: Uint8Array[];
let sequence: bigint;

beforeEach(async () => {
  const datagrams = new LinuxDatagrams(addon);
  const open = () => datagrams.open({ adapter: null, localAddress: '127.0.0.1' });
  [near, far] = addon.socketPair();
  [socket, gateway] = await Promise.all([open(), open()]);
  arrived = [];
  gateway.onDatagram((datagram) => arrived.push(datagram));
  handle = addon.createDataPath(() => undefined);
  handle.attachTunnel(near, true);
  handle.setInnerMtu(1500);
  handle.installOutbound(sa(0x1000));
  handle.installInbound(sa(0x2000));
  handle.setPath(socket.fd, gateway.local.address, gateway.local.port);
  sequence = 0n;
});

afterEach(() => {
  handle.close();
  socket.close();
  gateway.close();
  closeSync(near);
  closeSync(far);
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Writes one read of the TUN and returns the inner packets that reached the gateway. */
async function send(header: Uint8Array, packet: Uint8Array, count: number): Promise<Uint8Array[]> {
  writeSync(far, concat(header, packet));
  await until(() => arrived.length >= count);
  return arrived.splice(0).map((datagram) => {
    const opened = decapsulate(datagram, transform, null);
    if (typeof opened === 'string') throw new Error(opened);
    return opened.payload;
  });
}

/** One write to the TUN. */
async function next(): Promise<{ header: DataView; packet: Uint8Array }> {
  const buffer = new Uint8Array(70_000);
  const { bytesRead } = await readDescriptor(far, buffer, 0, buffer.length, null);
  return { header: new DataView(buffer.buffer, 0, 10), packet: buffer.slice(10, bytesRead) };
}

/** The ESP of the next packet on an SA, as the gateway makes it. */
function sealed(packet: Uint8Array, spi = 0x2000): Uint8Array {
  sequence += 1n;
  return encapsulate({
    transform,
    spi,
    sequence,
    esn: false,
    iv: uint64(sequence),
    payload: packet,
    nextHeader: packet[0]! >> 4 === 4 ? 4 : 41,
  });
}

/** The packets arrive in a burst, mostly in one batch. At most 9: the socket pair holds no more unread writes. */
function receiveTogether(packets: readonly Uint8Array[]): void {
  for (const packet of packets) gateway.send(sealed(packet), socket.local);
}

function uint64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}

describe.each([4, 6] as const)('IPv%s super-packets from the TUN', (family) => {
  const upper = family === 4 ? 20 : 40;

  test.each([
    [1, 1348],
    [1348 * 3, 1348],
    [1348 * 3 + 1, 1348],
    [60_000, 1348],
    [997, 100],
    [1000, 1],
  ])('TCP: %d octets in segments of %d carry everything, with right headers', async (length, size) => {
    const data = octets(length);
    // FIN, PSH and CWR: the first two are the last segment's, the third the first one's.
    const whole = tcpPacket(family, { sequence: 0xffff_ff00, data, flags: 0x99 });
    const count = Math.ceil(length / size);
    const segments = await send(
      virtio({
        flags: needsChecksum,
        gsoType: (family === 4 ? gso.tcpv4 : gso.tcpv6) | 0x80,
        gsoSize: size,
        checksumStart: upper,
        checksumOffset: 16,
      }),
      whole,
      count,
    );
    expect(segments.length).toBe(count);
    const carried: Uint8Array[] = [];
    for (const [index, segment] of segments.entries()) {
      const view = new DataView(segment.buffer, segment.byteOffset);
      expect(parseInnerPacket(segment)!.bytes.length).toBe(segment.length);
      if (family === 4) {
        expect(internetChecksum(segment.subarray(0, 20))).toBe(0);
        expect(view.getUint16(4)).toBe((0x1234 + index) & 0xffff);
      }
      expect(upperChecksum(segment, upper)).toBe(0);
      expect(view.getUint32(upper + 4)).toBe((0xffff_ff00 + index * size) >>> 0);
      expect(segment[upper + 13]).toBe(0x10 | (index === 0 ? 0x80 : 0) | (index === count - 1 ? 0x09 : 0));
      expect(segment.subarray(upper + 20, upper + 32)).toEqual(whole.subarray(upper + 20, upper + 32));
      carried.push(segment.subarray(upper + 32));
    }
    expect(concat(...carried)).toEqual(data);
  });

  test('UDP: each segment gets its length and checksum', async () => {
    const data = octets(2500, 5);
    const header = concat(uint16Octets(4000), uint16Octets(443), uint16Octets(8 + data.length), uint16Octets(0));
    const whole =
      family === 4
        ? ipv4Packet({ ...four, payload: concat(header, data) })
        : ipv6Packet({ ...six, payload: concat(header, data) });
    const segments = await send(
      virtio({ flags: needsChecksum, gsoType: gso.udp, gsoSize: 1200, checksumStart: upper, checksumOffset: 6 }),
      whole,
      3,
    );
    expect(segments.map((segment) => segment.length - upper - 8)).toEqual([1200, 1200, 100]);
    for (const segment of segments) {
      expect(new DataView(segment.buffer, segment.byteOffset).getUint16(upper + 4)).toBe(segment.length - upper);
      expect(upperChecksum(segment, upper)).toBe(0);
    }
    expect(concat(...segments.map((segment) => segment.subarray(upper + 8)))).toEqual(data);
  });

  test('a checksum the kernel left to us is completed', async () => {
    const packet = tcpPacket(family, { sequence: 1, data: octets(333) });
    const expected = Uint8Array.from(packet);
    // What the kernel leaves: the sum of the pseudo header, not inverted.
    const parsed = parseInnerPacket(packet)!;
    const pseudo = concat(parsed.source, parsed.destination, Uint8Array.of(0, 6), uint32Octets(packet.length - upper));
    new DataView(packet.buffer).setUint16(upper + 16, ~internetChecksum(pseudo) & 0xffff);
    expect(await send(virtio({ flags: needsChecksum, checksumStart: upper, checksumOffset: 16 }), packet, 1)).toEqual([
      expected,
    ]);
  });

  test('segments larger than the inner MTU are answered, not sent', async () => {
    handle.setInnerMtu(1300);
    const whole = tcpPacket(family, { sequence: 1, data: octets(5000) });
    writeSync(
      far,
      concat(
        virtio({
          flags: needsChecksum,
          gsoType: family === 4 ? gso.tcpv4 : gso.tcpv6,
          gsoSize: 1348,
          checksumStart: upper,
          checksumOffset: 16,
        }),
        whole,
      ),
    );
    const { packet } = await next();
    expect(parseInnerPacket(packet)).toMatchObject(
      family === 4 ? { protocol: 1, sourcePort: 0x0304 } : { protocol: 58, sourcePort: 0x0200 },
    );
    expect(arrived).toEqual([]);
  });

  test('TCP segments that arrive together leave as one write that cuts into the same segments', async () => {
    const size = 700;
    const segments = Array.from({ length: 9 }, (_, index) =>
      tcpPacket(
        family,
        {
          sequence: 1000 + index * size,
          data: octets(index === 8 ? 300 : size, index),
          flags: index === 8 ? 0x18 : 0x10,
        },
        true,
      ),
    );
    receiveTogether(segments);
    const received: Uint8Array[] = [];
    while (received.length < segments.length) {
      const { header, packet } = await next();
      if (header.getUint8(1) === gso.none) {
        received.push(packet);
        continue;
      }
      expect(header.getUint8(0)).toBe(needsChecksum);
      expect(header.getUint8(1)).toBe(family === 4 ? gso.tcpv4 : gso.tcpv6);
      expect(header.getUint16(2, true)).toBe(upper + 32);
      expect(header.getUint16(4, true)).toBe(size);
      expect([header.getUint16(6, true), header.getUint16(8, true)]).toEqual([upper, 16]);
      expect(parseInnerPacket(packet)!.bytes.length).toBe(packet.length);
      if (family === 4) expect(internetChecksum(packet.subarray(0, 20))).toBe(0);
      // The field holds the pseudo header's sum: with it, the checksum over everything comes out as the kernel will
      // write it.
      const parsed = parseInnerPacket(packet)!;
      const pseudo = concat(
        parsed.source,
        parsed.destination,
        Uint8Array.of(0, 6),
        uint32Octets(packet.length - upper),
      );
      const view = new DataView(packet.buffer, packet.byteOffset);
      expect(view.getUint16(upper + 16)).toBe(~internetChecksum(pseudo) & 0xffff);
      const data = packet.subarray(upper + 32);
      for (let offset = 0; offset < data.length; offset += size) {
        const last = offset + size >= data.length;
        const flags = last ? packet[upper + 13]! : packet[upper + 13]! & ~0x08;
        received.push(
          tcpPacket(
            family,
            { sequence: view.getUint32(upper + 4) + offset, data: data.slice(offset, offset + size), flags },
            true,
          ),
        );
      }
    }
    expect(received).toEqual(segments);
  });
});

test('joined writes do happen, and what differs is never joined', async () => {
  const size = 500;
  const segment = (index: number, more: Partial<TcpOptions> = {}) =>
    tcpPacket(4, { sequence: 1000 + index * size, data: octets(size, index), ...more }, true);
  const stream: Uint8Array[] = [];
  for (let index = 0; index < 200; index += 1) {
    stream.push(
      segment(
        index,
        index % 50 === 20
          ? { acknowledgement: 78 + index }
          : index % 50 === 30
            ? { flags: 0x18 }
            : index % 50 === 40
              ? { options: octets(8) }
              : {},
      ),
    );
    if (index % 50 === 45) stream.push(ipv4Packet({ source: four.destination, destination: four.source }));
  }
  const broken = segment(300);
  broken[60]! ^= 1;
  stream.push(segment(299), broken, segment(301));
  const received: Uint8Array[] = [];
  let joined = 0;
  let sent = 0;
  while (received.length < stream.length) {
    if (received.length === sent) {
      receiveTogether(stream.slice(sent, sent + 9));
      sent = Math.min(sent + 9, stream.length);
    }
    const { header, packet } = await next();
    if (header.getUint8(1) === gso.none) {
      received.push(packet);
      continue;
    }
    joined += 1;
    const upper = parseInnerPacket(packet)!.payloadOffset;
    const head = upper + (packet[upper + 12]! >> 4) * 4;
    const view = new DataView(packet.buffer, packet.byteOffset);
    for (let offset = head; offset < packet.length; offset += size) {
      const last = offset + size >= packet.length;
      received.push(
        tcpPacket(
          4,
          {
            sequence: view.getUint32(upper + 4) + offset - head,
            data: packet.slice(offset, offset + size),
            flags: last ? packet[upper + 13]! : packet[upper + 13]! & ~0x08,
            acknowledgement: view.getUint32(upper + 8),
            options: packet.slice(upper + 20, head),
          },
          true,
        ),
      );
    }
  }
  expect(received).toEqual(stream);
  expect(joined).toBeGreaterThan(0);
  expect(handle.statistics()).toMatchObject({ coalescedWrites: joined, tunWriteDrops: 0 });
});

test('packets that waited for their SA are joined like all others, each with its own octets', async () => {
  const size = 400;
  // Two flows and a packet that is joined with none, so that writes begin and end in the midst of what waited.
  const stream = Array.from({ length: 24 }, (_, index) =>
    index === 12
      ? ipv4Packet({ source: four.destination, destination: four.source })
      : tcpPacket(index < 12 ? 4 : 6, { sequence: 1000 + index * size, data: octets(size, index) }, true),
  );
  handle.expectInbound(0x3000);
  for (const packet of stream) handle.receive(sealed(packet, 0x3000));
  handle.installInbound(sa(0x3000));
  const received: Uint8Array[] = [];
  while (received.length < stream.length) {
    const { header, packet } = await next();
    if (header.getUint8(1) === gso.none) {
      received.push(packet);
      continue;
    }
    const parsed = parseInnerPacket(packet)!;
    const head = parsed.payloadOffset + 32;
    const first = new DataView(packet.buffer, packet.byteOffset).getUint32(parsed.payloadOffset + 4);
    for (let offset = head; offset < packet.length; offset += size)
      received.push(
        tcpPacket(parsed.family, { sequence: first + offset - head, data: packet.slice(offset, offset + size) }, true),
      );
  }
  expect(received).toEqual(stream);
  expect(handle.statistics()).toMatchObject({ coalescedWrites: 2, coalescedPackets: 23, tunWriteDrops: 0 });
});

test('malformed headers from the TUN are harmless', async () => {
  let state = 12345;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * below);
  };
  const clock = new SystemClock();
  const end = clock.now() + 4000;
  for (let count = 0; count < 4000 && clock.now() < end; count += 1) {
    const packet =
      count % 3 === 0
        ? octets(random(300), random(256))
        : tcpPacket(count % 2 === 0 ? 4 : 6, { sequence: 1, data: octets(random(4000)) });
    for (let change = random(3); change > 0 && packet.length > 0; change -= 1)
      packet[random(Math.min(packet.length, 70))] = random(256);
    const header = Uint8Array.from({ length: 10 }, () => random(256));
    header.set([random(2), [0, 1, 4, 5, 0x81, 0x84][random(6)]!]);
    if (random(2) === 0) header.set([random(256), random(8), random(80), 0, random(30), 0], 4);
    const whole = concat(header, packet);
    writeSync(far, count % 50 === 0 ? whole.subarray(0, random(whole.length)) : whole);
    if (count % 64 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  arrived.length = 0;
  const good = tcpPacket(4, { sequence: 4242, data: octets(10) });
  writeSync(far, concat(virtio({}), good));
  await until(() => {
    const last = arrived.at(-1);
    const opened = last === undefined ? 'auth' : decapsulate(last, transform, null);
    return typeof opened !== 'string' && Buffer.from(opened.payload).equals(good);
  });
});
