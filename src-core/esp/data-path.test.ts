import { beforeEach, describe, expect, test } from 'vitest';
import { createEspTransform, EspSuiteError, espKeyLengths } from '../crypto/esp-transform';
import type { Clock } from '../ports/clock';
import type {
  DataPath,
  DataPathEvent,
  EspSa,
  EspSuite,
  OuterPath,
  TrafficSelector,
  TunnelDevice,
} from '../ports/data-path';
import type { DatagramSocket, SendResult, SocketAddress } from '../ports/datagrams';
import { replayWindowSize } from './anti-replay';
import { createTypeScriptDataPath, heldPacketLimit } from './data-path';
import { encapsulate } from './esp-packet';
import { parseInnerPacket } from './inner-packet';
import { internetChecksum } from './packet-too-big';
import { ipv4Packet, ipv6Packet, udp } from './test-packets';

const gcm: EspSuite = { cipher: 'aes-gcm-16', keyBits: 128, integrity: null, esn: false };
const clientAddress = '10.77.0.1';
const serverAddress = '10.99.0.5';
const gateway: SocketAddress = { address: '192.0.2.1', port: 4500 };
const from: SocketAddress = gateway;

class ManualClock implements Clock {
  time = 1000;
  now(): number {
    return this.time;
  }
  bootTime(): number {
    return this.time;
  }
  wallTime(): number {
    return this.time;
  }
  setTimer(): { cancel(): void } {
    throw new Error('the data path sets no timers');
  }
}

class Device implements TunnelDevice {
  readonly name = 'tun-test';
  readonly fd = null;
  readonly received: Uint8Array[] = [];
  #listener: ((packet: Uint8Array) => void) | null = null;
  onPacket(listener: (packet: Uint8Array) => void): void {
    this.#listener = listener;
  }
  inject(packet: Uint8Array): void {
    this.#listener?.(packet);
  }
  write(packet: Uint8Array): void {
    this.received.push(Uint8Array.from(packet));
  }
  close(): void {
    this.#listener = null;
  }
}

class Socket implements DatagramSocket {
  readonly adapter = 'eth0';
  readonly local = { address: '192.0.2.99', port: 45000 };
  readonly sent: { datagram: Uint8Array; to: SocketAddress }[] = [];
  result: SendResult = 'sent';
  send(datagram: Uint8Array, to: SocketAddress): SendResult {
    if (this.result === 'sent') this.sent.push({ datagram: Uint8Array.from(datagram), to });
    return this.result;
  }
  sendWhole(): SendResult {
    throw new Error('the data path asks nothing about sizes');
  }
  allowFragments(): void {
    throw new Error('the data path leaves fragments to the connection');
  }
  onDatagram(): void {
    throw new Error('the data path leaves the listener to IKE');
  }
  onError(): void {
    throw new Error('the data path leaves the listener to IKE');
  }
  close(): void {
    this.result = 'EBADF';
  }
}

function selector(startAddress: string, endAddress = startAddress): TrafficSelector {
  return {
    family: startAddress.includes(':') ? 6 : 4,
    protocol: 0,
    startPort: 0,
    endPort: 65535,
    startAddress,
    endAddress,
  };
}

function octets(length: number, first: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (first + index) & 0xff);
}

/** An SA as the client holds it; `seed` makes its keys. */
function sa(spi: number, suite = gcm, seed = spi): EspSa {
  const lengths = espKeyLengths(suite);
  return {
    spi,
    suite,
    encryptionKey: octets(lengths.encryption, seed),
    integrityKey: octets(lengths.integrity, seed + 64),
    localSelectors: [selector(clientAddress), selector('2001:db8:77::1')],
    remoteSelectors: [selector('10.99.0.0', '10.99.0.255'), selector('2001:db8:99::', '2001:db8:99::ffff')],
  };
}

/** The same SA seen from the gateway. */
function mirrored(original: EspSa): EspSa {
  return { ...original, localSelectors: original.remoteSelectors, remoteSelectors: original.localSelectors };
}

const outgoing = (length = 8) =>
  ipv4Packet({ source: clientAddress, destination: serverAddress, payload: udp(1, 2, length) });
const incoming = (length = 8) =>
  ipv4Packet({ source: serverAddress, destination: clientAddress, payload: udp(2, 1, length) });

let clock: ManualClock;
let path: DataPath;
let device: Device;
let socket: Socket;
let events: DataPathEvent[];

function start(): OuterPath {
  const outer = { socket, remote: gateway };
  path.attachTunnel(device);
  path.setPath(outer);
  return outer;
}

beforeEach(() => {
  clock = new ManualClock();
  path = createTypeScriptDataPath({ clock });
  device = new Device();
  socket = new Socket();
  events = [];
  path.onEvent((event) => events.push(event));
});

/** Datagrams for inbound SA `inbound` as its peer makes them. */
function peer(inbound: EspSa) {
  const transform = createEspTransform(inbound.suite, inbound.encryptionKey, inbound.integrityKey);
  return (sequence: bigint, payload: Uint8Array, nextHeader = 4): Uint8Array =>
    encapsulate({
      transform,
      spi: inbound.spi,
      sequence,
      esn: inbound.suite.esn,
      iv: octets(transform.ivLength, Number(sequence & 0xffn)),
      payload,
      nextHeader,
    });
}

describe('two data paths back to back', () => {
  const suites: readonly EspSuite[] = [
    gcm,
    { ...gcm, keyBits: 256, esn: true },
    { cipher: 'chacha20-poly1305', keyBits: 256, integrity: null, esn: true },
    { cipher: 'aes-cbc', keyBits: 256, integrity: 'hmac-sha1-96', esn: false },
    { cipher: 'aes-cbc', keyBits: 128, integrity: 'hmac-sha2-256-128', esn: true },
    { cipher: 'null', keyBits: 0, integrity: 'hmac-sha2-256-128', esn: true },
  ];

  test.each(suites)('carry packets of every size both ways: $cipher $keyBits $integrity esn=$esn', (suite) => {
    const far = createTypeScriptDataPath({ clock });
    const farDevice = new Device();
    const farSocket = new Socket();
    const out = sa(0x1000, suite);
    const back = sa(0x2000, suite);
    start();
    path.installInbound(back);
    path.installOutbound(out);
    far.attachTunnel(farDevice);
    far.setPath({ socket: farSocket, remote: { address: '192.0.2.99', port: 45000 } });
    far.installInbound(mirrored(out));
    far.installOutbound(mirrored(back));
    for (let length = 0; length < 200; length += 1) {
      device.inject(outgoing(length));
      farDevice.inject(incoming(length));
      far.receive(socket.sent.at(-1)!.datagram, from);
      path.receive(farSocket.sent.at(-1)!.datagram, from);
      expect(farDevice.received.at(-1)).toEqual(outgoing(length));
      expect(device.received.at(-1)).toEqual(incoming(length));
    }
    const bytes = Array.from({ length: 200 }, (_, length) => 28 + length).reduce((sum, length) => sum + length, 0);
    expect(path.outboundCounters(0x1000)).toMatchObject({ packets: 200, bytes, sequence: 201n, lastPacketAt: 1000 });
    expect(path.inboundCounters(0x2000)).toMatchObject({
      packets: 200,
      bytes,
      sequence: 200n,
      lastPacketAt: 1000,
      droppedAuth: 0,
      droppedReplay: 0,
    });
    expect(socket.sent.every(({ to }) => to === gateway)).toBe(true);
  });

  test('IPv6 inside travels with next header 41', () => {
    const packet = ipv6Packet({ source: '2001:db8:77::1', destination: '2001:db8:99::2' });
    start();
    const out = sa(0x1000);
    path.installOutbound(out);
    device.inject(packet);
    const far = createTypeScriptDataPath({ clock });
    const farDevice = new Device();
    far.attachTunnel(farDevice);
    far.installInbound(mirrored(out));
    far.receive(socket.sent[0]!.datagram, from);
    expect(farDevice.received).toEqual([packet]);
  });
});

describe('inbound', () => {
  const inbound = sa(0x2000);
  const make = peer(inbound);

  beforeEach(() => {
    start();
    path.installInbound(inbound);
  });

  test('H-59 a replay, a number too old and the number 0 are refused before and after they would be opened', () => {
    const first = make(1n, incoming());
    path.receive(first, from);
    path.receive(first, from);
    path.receive(make(0n, incoming()), from);
    path.receive(make(BigInt(replayWindowSize) + 1n, incoming()), from);
    path.receive(make(1n, incoming()), from);
    path.receive(make(2n, incoming()), from);
    expect(device.received.length).toBe(3);
    expect(path.inboundCounters(0x2000)).toMatchObject({
      droppedReplay: 3,
      packets: 3,
      sequence: BigInt(replayWindowSize) + 1n,
    });
  });

  test('H-59 E-4 a far jump moves the window only when its ICV is good', () => {
    path.receive(make(1n, incoming()), from);
    const forged = make(1n << 31n, incoming());
    forged[forged.length - 1]! ^= 1;
    path.receive(forged, from);
    expect(path.inboundCounters(0x2000)).toMatchObject({ droppedAuth: 1, sequence: 1n });
    path.receive(make(2n, incoming()), from);
    expect(path.inboundCounters(0x2000)).toMatchObject({ packets: 2, sequence: 2n });
    path.receive(make(1n << 31n, incoming()), from);
    expect(path.inboundCounters(0x2000)).toMatchObject({ packets: 3, sequence: 1n << 31n });
  });

  test.each([
    [
      'H-60 inner source outside the remote selectors',
      make(1n, ipv4Packet({ source: '10.98.0.1', destination: clientAddress })),
      'droppedPolicy',
    ],
    [
      'H-60 inner destination that is not ours',
      make(1n, ipv4Packet({ source: serverAddress, destination: '10.77.0.2' })),
      'droppedPolicy',
    ],
    ['H-60 next header 41 with version 4', make(1n, incoming(), 41), 'droppedMalformed'],
    [
      'H-60 next header 4 with version 6',
      make(1n, ipv6Packet({ source: '2001:db8:99::2', destination: '2001:db8:77::1' })),
      'droppedMalformed',
    ],
    ['H-60 inner length beyond the payload', make(1n, incoming().subarray(0, 30)), 'droppedMalformed'],
    ['H-60 no inner packet at all', make(1n, new Uint8Array(0)), 'droppedMalformed'],
    ['E-1 next header 6: transport mode', make(1n, incoming(), 6), 'droppedMalformed'],
    ['E-1 next header 1', make(1n, incoming(), 1), 'droppedMalformed'],
  ] as const)('%s is dropped and counted', (_, datagram, counter) => {
    path.receive(datagram, from);
    expect(device.received).toEqual([]);
    expect(path.inboundCounters(0x2000)).toMatchObject({ packets: 0, bytes: 0, [counter]: 1, lastPacketAt: 1000 });
  });

  test('E-1 a dummy packet is dropped without being counted, and proves life', () => {
    path.receive(make(1n, octets(50, 0), 59), from);
    expect(device.received).toEqual([]);
    expect(path.inboundCounters(0x2000)).toEqual({
      bytes: 0,
      packets: 0,
      lastPacketAt: 1000,
      droppedReplay: 0,
      droppedAuth: 0,
      droppedPolicy: 0,
      droppedMalformed: 0,
      sequence: 1n,
    });
  });

  test('E-2 traffic flow confidentiality bytes are cut', () => {
    path.receive(make(1n, Uint8Array.from([...incoming(), ...octets(333, 9)])), from);
    expect(device.received).toEqual([incoming()]);
    expect(path.inboundCounters(0x2000)?.bytes).toBe(incoming().length);
  });

  test('H-12 H-62 short packets, reserved SPIs, keepalives and IKE leave no trace', () => {
    for (const datagram of [
      [],
      [0xff],
      [0xff, 0xff],
      [0, 0, 0, 0],
      [0, 0, 0, 0, 1, 2, 3, 4, 5],
      [0, 0, 0, 255, 0, 0, 0, 1, 9, 9],
    ])
      path.receive(Uint8Array.from(datagram), from);
    expect(events).toEqual([]);
    expect(path.inboundCounters(0x2000)).toMatchObject({ droppedMalformed: 0, lastPacketAt: null });
    const whole = make(1n, incoming());
    for (let length = 8; length < whole.length; length += 1) path.receive(whole.subarray(0, length), from);
    expect(device.received).toEqual([]);
    expect(path.inboundCounters(0x2000)).toMatchObject({ packets: 0, lastPacketAt: null, sequence: 0n });
  });

  test('an unknown SPI is reported at most once a second', () => {
    const stranger = peer(sa(0x7777))(1n, incoming());
    path.receive(stranger, from);
    clock.time += 999;
    path.receive(stranger, from);
    clock.time += 1;
    path.receive(stranger, from);
    expect(events).toEqual([
      { type: 'unknown-spi', spi: 0x7777 },
      { type: 'unknown-spi', spi: 0x7777 },
    ]);
  });

  test('what comes for a proposed SPI waits for its SA, in order and bounded, and is judged like all others', () => {
    const proposed = sa(0x2002);
    const send = peer(proposed);
    path.expectInbound(0x2002);
    const forged = send(700n, incoming());
    forged[forged.length - 1]! ^= 1;
    path.receive(forged, from);
    for (let sequence = 1n; sequence <= 600n; sequence++) path.receive(send(sequence, incoming()), from);
    expect(device.received.length).toBe(0);
    expect(events).toEqual([]);
    path.installInbound(proposed);
    expect(path.inboundCounters(0x2002)).toMatchObject({ packets: 511, droppedAuth: 1, droppedReplay: 0 });
    expect(device.received.length).toBe(511);
    path.removeInbound(0x2002);
    path.expectInbound(0x2002);
    path.receive(send(601n, incoming()), from);
    path.removeInbound(0x2002);
    path.installInbound(sa(0x2002));
    expect(path.inboundCounters(0x2002)).toMatchObject({ packets: 0 });
  });

  test('E-12 several inbound SAs live side by side until removed', () => {
    const newer = sa(0x2001);
    path.installInbound(newer);
    path.receive(peer(newer)(1n, incoming()), from);
    path.receive(make(1n, incoming()), from);
    path.removeInbound(0x2000);
    path.receive(make(2n, incoming()), from);
    expect(device.received.length).toBe(2);
    expect(path.inboundCounters(0x2000)).toBeNull();
    expect(events).toEqual([{ type: 'unknown-spi', spi: 0x2000 }]);
    path.removeInbound(0x2000);
  });

  test('E-6 with ESN the stream goes on past 2^32 and late packets from before are still taken', () => {
    const extended = sa(0x3000, { ...gcm, esn: true });
    path.installInbound(extended);
    const send = peer(extended);
    const around = 1n << 32n;
    for (const sequence of [1n, around / 2n, around - 3n, around + 2n, around - 1n, around, around + 1n, around - 2n])
      path.receive(send(sequence, incoming()), from);
    expect(path.inboundCounters(0x3000)).toMatchObject({ packets: 8, sequence: around + 2n, droppedAuth: 0 });
    path.receive(send(around - 1n, incoming()), from);
    expect(path.inboundCounters(0x3000)).toMatchObject({ packets: 8, droppedReplay: 1 });
  });
});

describe('outbound', () => {
  test('the newest SA whose selectors match carries a packet', () => {
    start();
    const narrow = { ...sa(0x1001), remoteSelectors: [selector('10.99.0.200')] };
    path.installOutbound(sa(0x1000));
    path.installOutbound(narrow);
    device.inject(outgoing());
    device.inject(ipv4Packet({ source: clientAddress, destination: '10.99.0.200' }));
    expect(socket.sent.map(({ datagram }) => new DataView(datagram.buffer).getUint32(0))).toEqual([0x1000, 0x1001]);
    path.removeOutbound(0x1000);
    device.inject(outgoing());
    expect(socket.sent.length).toBe(2);
    expect(path.outboundCounters(0x1000)).toBeNull();
    expect(path.outboundCounters(0x1001)).toMatchObject({ packets: 1, droppedPolicy: 1 });
  });

  test('selectors hold outbound too: other sources and destinations do not leave', () => {
    start();
    path.installOutbound(sa(0x1000));
    device.inject(ipv4Packet({ source: '10.77.0.9', destination: serverAddress }));
    device.inject(ipv4Packet({ source: clientAddress, destination: '10.98.0.1' }));
    device.inject(Uint8Array.of(1, 2, 3));
    expect(socket.sent).toEqual([]);
    expect(path.outboundCounters(0x1000)).toMatchObject({ packets: 0, droppedPolicy: 2, droppedMalformed: 1 });
  });

  test('E-15 a packet to the gateway itself does not go through its own tunnel', () => {
    start();
    path.installOutbound({ ...sa(0x1000), remoteSelectors: [selector('0.0.0.0', '255.255.255.255')] });
    device.inject(ipv4Packet({ source: clientAddress, destination: gateway.address }));
    expect(socket.sent).toEqual([]);
    device.inject(ipv4Packet({ source: clientAddress, destination: '192.0.2.2' }));
    expect(socket.sent.length).toBe(1);
  });

  test('E-7 the IV of an AEAD cipher is the sequence number: it never repeats', () => {
    start();
    path.installOutbound(sa(0x1000));
    for (let count = 0; count < 300; count += 1) device.inject(outgoing());
    const ivs = socket.sent.map(({ datagram }) => new DataView(datagram.buffer).getBigUint64(8));
    expect(ivs).toEqual(Array.from({ length: 300 }, (_, index) => BigInt(index + 1)));
  });

  test('E-9 the IV of CBC comes from the generator', () => {
    let calls = 0;
    path = createTypeScriptDataPath({
      clock,
      random: { bytes: (length) => new Uint8Array(length).fill((calls += 1)) },
    });
    start();
    path.installOutbound(sa(0x1000, { cipher: 'aes-cbc', keyBits: 128, integrity: 'hmac-sha2-256-128', esn: false }));
    device.inject(outgoing());
    device.inject(outgoing());
    expect(socket.sent.map(({ datagram }) => datagram.subarray(8, 24))).toEqual([
      new Uint8Array(16).fill(1),
      new Uint8Array(16).fill(2),
    ]);
  });

  test('installing bad keys or an SPI twice changes nothing', () => {
    start();
    expect(() => path.installOutbound({ ...sa(0x1000), encryptionKey: octets(16, 0) })).toThrow(EspSuiteError);
    expect(path.outboundCounters(0x1000)).toBeNull();
    path.installOutbound(sa(0x1000));
    expect(() => path.installOutbound(sa(0x1000))).toThrow(EspSuiteError);
    expect(() => path.installInbound(sa(255))).toThrow(expect.objectContaining({ field: 'spi' }));
    device.inject(outgoing());
    expect(socket.sent.length).toBe(1);
  });

  test('the data path works with its own copy of the keys', () => {
    start();
    const inbound = sa(0x2000);
    const datagram = peer(inbound)(1n, incoming());
    path.installInbound(inbound);
    inbound.encryptionKey.fill(0);
    path.receive(datagram, from);
    expect(device.received.length).toBe(1);
  });
});

describe('paths', () => {
  test('while Dormant packets are held, oldest dropped, and leave on the next path in order', () => {
    const outer = start();
    path.installOutbound(sa(0x1000));
    path.setPath(null);
    for (let count = 0; count < heldPacketLimit + 10; count += 1) device.inject(outgoing(count));
    expect(socket.sent).toEqual([]);
    clock.time += 60_000;
    path.setPath(outer);
    expect(socket.sent.length).toBe(heldPacketLimit);
    expect(socket.sent.map(({ datagram }) => datagram.length)).toEqual(
      socket.sent.map(({ datagram }) => datagram.length).sort((a, b) => a - b),
    );
    // Numbers were given when they left, so the peer sees no hole.
    expect(new DataView(socket.sent[0]!.datagram.buffer).getUint32(4)).toBe(1);
  });

  test('a held packet is a copy: the device may reuse its buffer', () => {
    const outer = start();
    path.installOutbound(sa(0x1000));
    path.setPath(null);
    const buffer = outgoing();
    device.inject(buffer);
    buffer.fill(0);
    path.setPath(outer);
    expect(socket.sent.length).toBe(1);
  });

  test.each(['ENETUNREACH', 'ENETDOWN', 'ENODEV', 'EADDRNOTAVAIL'])(
    'what %s refused leaves first on the next path',
    (code) => {
      start();
      path.installOutbound(sa(0x1000));
      device.inject(outgoing());
      socket.result = code;
      for (let count = 0; count < 5; count += 1) device.inject(outgoing());
      expect(events).toEqual([{ type: 'send-error', code, mtu: null }]);
      const other = new Socket();
      path.setPath({ socket: other, remote: gateway });
      device.inject(outgoing());
      expect(other.sent.map(({ datagram }) => new DataView(datagram.buffer).getUint32(4))).toEqual([2, 3, 4, 5, 6, 7]);
    },
  );

  test('what was refused longer than a second ago is not sent any more, unless there was no path meanwhile', () => {
    const outer = start();
    path.installOutbound(sa(0x1000));
    socket.result = 'ENETDOWN';
    device.inject(outgoing());
    clock.time += 1001;
    device.inject(outgoing());
    path.setPath(null);
    clock.time += 5000;
    socket.result = 'sent';
    path.setPath(outer);
    expect(socket.sent.map(({ datagram }) => new DataView(datagram.buffer).getUint32(4))).toEqual([2]);
  });

  test('nothing overtakes a refused packet on a path that recovers', () => {
    start();
    path.installOutbound(sa(0x1000));
    socket.result = 'ENETUNREACH';
    device.inject(outgoing());
    socket.result = 'sent';
    device.inject(outgoing());
    expect(socket.sent.map(({ datagram }) => new DataView(datagram.buffer).getUint32(4))).toEqual([1, 2]);
  });

  test('other errors drop the packet and are reported once a second', () => {
    start();
    path.installOutbound(sa(0x1000));
    socket.result = 'EMSGSIZE';
    device.inject(outgoing());
    device.inject(outgoing());
    socket.result = 'EAGAIN';
    device.inject(outgoing());
    socket.result = 'sent';
    device.inject(outgoing());
    expect(events).toEqual([{ type: 'send-error', code: 'EMSGSIZE', mtu: null }]);
    expect(socket.sent.length).toBe(1);
  });

  test('lastSentAt speaks of the current path', () => {
    const outer = start();
    path.installOutbound(sa(0x1000));
    expect(path.lastSentAt()).toBeNull();
    device.inject(outgoing());
    expect(path.lastSentAt()).toBe(1000);
    path.setPath({ socket: outer.socket, remote: { ...outer.remote } });
    expect(path.lastSentAt()).toBe(1000);
    path.setPath({ ...outer, socket: new Socket() });
    expect(path.lastSentAt()).toBeNull();
  });

  test('after close nothing moves', () => {
    const outer = start();
    path.installOutbound(sa(0x1000));
    path.installInbound(sa(0x2000));
    const datagram = peer(sa(0x2000))(1n, incoming());
    path.close();
    path.close();
    device.inject(outgoing());
    path.receive(datagram, from);
    path.setPath(outer);
    expect(socket.sent).toEqual([]);
    expect(device.received).toEqual([]);
    expect(path.inboundCounters(0x2000)).toBeNull();
  });
});

describe('packets larger than the inner MTU', () => {
  beforeEach(() => {
    start();
    path.setInnerMtu(600);
    path.installOutbound(sa(0x1000));
  });

  test('IPv4 with DF: fragmentation needed comes back from the destination', () => {
    const packet = ipv4Packet({
      source: clientAddress,
      destination: serverAddress,
      payload: udp(1, 2, 1000),
      dontFragment: true,
    });
    device.inject(packet);
    expect(socket.sent).toEqual([]);
    const [answer] = device.received;
    const parsed = parseInnerPacket(answer!)!;
    expect(parsed).toMatchObject({ family: 4, protocol: 1, sourcePort: 0x0304 });
    expect([...parsed.source]).toEqual([10, 99, 0, 5]);
    expect([...parsed.destination]).toEqual([10, 77, 0, 1]);
    expect(new DataView(answer!.buffer).getUint16(26)).toBe(600);
    expect(answer!.subarray(28)).toEqual(packet.subarray(0, 548));
    expect(internetChecksum(answer!.subarray(0, 20))).toBe(0);
    expect(internetChecksum(answer!.subarray(20))).toBe(0);
  });

  test('IPv4 without DF is fragmented and the fragments carry every octet', () => {
    const packet = ipv4Packet({
      source: clientAddress,
      destination: serverAddress,
      payload: udp(1, 2, 1700),
      options: new Uint8Array(4),
    });
    const far = createTypeScriptDataPath({ clock });
    const farDevice = new Device();
    far.attachTunnel(farDevice);
    far.installInbound(mirrored(sa(0x1000)));
    device.inject(packet);
    for (const { datagram } of socket.sent) far.receive(datagram, from);
    expect(farDevice.received.length).toBe(3);
    let offset = 0;
    for (const fragment of farDevice.received) {
      expect(fragment.length).toBeLessThanOrEqual(600);
      expect(internetChecksum(fragment.subarray(0, 24))).toBe(0);
      const parsed = parseInnerPacket(fragment)!;
      expect(parsed.fragmentOffset).toBe(offset);
      expect(fragment.subarray(24)).toEqual(packet.subarray(24 + offset, 24 + offset + fragment.length - 24));
      offset += fragment.length - 24;
      expect((fragment[6]! & 0x20) !== 0).toBe(offset !== packet.length - 24);
    }
    expect(offset).toBe(packet.length - 24);
  });

  test('E-24 IPv6 gets packet too big, never below 1280', () => {
    device.inject(ipv6Packet({ source: '2001:db8:77::1', destination: '2001:db8:99::2', payload: udp(1, 2, 1000) }));
    expect(device.received).toEqual([]);
    expect(socket.sent.length).toBe(1);
    const packet = ipv6Packet({ source: '2001:db8:77::1', destination: '2001:db8:99::2', payload: udp(1, 2, 1300) });
    device.inject(packet);
    expect(socket.sent.length).toBe(1);
    const [answer] = device.received;
    const parsed = parseInnerPacket(answer!)!;
    expect(parsed).toMatchObject({ family: 6, protocol: 58, sourcePort: 0x0200 });
    expect(new DataView(answer!.buffer).getUint32(44)).toBe(1280);
    expect(answer!.length).toBe(1280);
    expect(internetChecksum(answer!.subarray(8), answer!.length - 40 + 58)).toBe(0);
  });

  test('no answer to ICMP errors, later fragments and group addresses (RFC 1122 section 3.2.2)', () => {
    path.installOutbound({ ...sa(0x1002), remoteSelectors: [selector('224.0.0.0', '239.255.255.255')] });
    const base = { source: clientAddress, destination: serverAddress, dontFragment: true };
    device.inject(ipv4Packet({ ...base, protocol: 1, payload: Uint8Array.from([3, 3, ...octets(1000, 0)]) }));
    device.inject(ipv4Packet({ ...base, fragmentOffset: 800, payload: octets(1000, 0) }));
    device.inject(ipv4Packet({ ...base, destination: '224.0.0.251', payload: udp(1, 2, 1000) }));
    expect(device.received).toEqual([]);
    expect(socket.sent).toEqual([]);
  });
});
