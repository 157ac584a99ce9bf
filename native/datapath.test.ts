import { closeSync, read, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createEspTransform, EspSuiteError, espKeyLengths } from '../src-core/crypto/esp-transform';
import { decapsulate, encapsulate } from '../src-core/esp/esp-packet';
import { ipv4Packet, ipv6Packet, udp } from '../src-core/esp/test-packets';
import { createTypeScriptDataPath } from '../src-core/esp/data-path';
import type {
  DataPath,
  DataPathEvent,
  EspSa,
  EspSuite,
  SocketAddress,
  TrafficSelector,
  TunnelDevice,
} from '../src-core/ports';
import { SystemClock } from '../src-main/system/linux/clock';
import { LinuxDatagrams, type NativeDatagramSocket } from '../src-main/system/linux/datagrams';
import { createNativeDataPath, type NativeDataPath } from './datapath';
import { loadAddon } from './index';

const readDescriptor = promisify(read);
const clock = new SystemClock();
const addon = (() => {
  const found = loadAddon();
  if (found === null) throw new Error('the addon is not built: npm run build:native');
  return found;
})();

const clientAddress = '10.77.0.1';
const serverAddress = '10.99.0.5';
const gcm: EspSuite = { cipher: 'aes-gcm-16', keyBits: 128, integrity: null, esn: false };

const suites: readonly EspSuite[] = [
  ...[128, 192, 256].map((keyBits) => ({ cipher: 'aes-gcm-16', keyBits, integrity: null }) as const),
  { cipher: 'chacha20-poly1305', keyBits: 256, integrity: null } as const,
  ...([128, 192, 256] as const).map(
    (keyBits) => ({ cipher: 'aes-cbc', keyBits, integrity: 'hmac-sha2-256-128' }) as const,
  ),
  { cipher: 'aes-cbc', keyBits: 256, integrity: 'hmac-sha1-96' } as const,
  { cipher: 'aes-cbc', keyBits: 128, integrity: 'hmac-sha2-384-192' } as const,
  { cipher: 'aes-cbc', keyBits: 256, integrity: 'hmac-sha2-512-256' } as const,
  { cipher: 'null', keyBits: 0, integrity: 'hmac-sha2-256-128' } as const,
].flatMap((suite) => [false, true].map((esn) => ({ ...suite, esn })));

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

function sa(spi: number, suite = gcm): EspSa {
  const lengths = espKeyLengths(suite);
  return {
    spi,
    suite,
    encryptionKey: octets(lengths.encryption, spi),
    integrityKey: octets(lengths.integrity, spi + 64),
    localSelectors: [selector(clientAddress), selector('2001:db8:77::1')],
    remoteSelectors: [selector('10.99.0.0', '10.99.0.255'), selector('2001:db8:99::', '2001:db8:99::ffff')],
  };
}

/** Datagrams for an inbound SA as its peer makes them, by the TypeScript reference. */
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

const outgoing = (length = 8) =>
  ipv4Packet({ source: clientAddress, destination: serverAddress, payload: udp(1, 2, length) });
const incoming = (length = 8) =>
  ipv4Packet({ source: serverAddress, destination: clientAddress, payload: udp(2, 1, length) });

/** A tunnel whose far end the test holds: one message is one packet, as with a TUN. */
class Tunnel implements TunnelDevice {
  readonly name = 'socketpair';
  readonly fd: number;
  readonly #far: number;

  constructor() {
    [this.fd, this.#far] = addon.socketPair();
  }

  inject(packet: Uint8Array): void {
    writeSync(this.#far, packet);
  }

  async next(): Promise<Uint8Array> {
    const buffer = new Uint8Array(65536);
    const { bytesRead } = await readDescriptor(this.#far, buffer, 0, buffer.length, null);
    return buffer.subarray(0, bytesRead);
  }

  onPacket(): void {
    throw new Error('the native data path reads the descriptor');
  }

  write(): void {
    throw new Error('the native data path writes to the descriptor');
  }

  close(): void {
    closeSync(this.fd);
    closeSync(this.#far);
  }
}

/** What arrives on a socket, in order. */
class Inbox {
  readonly #queue: Uint8Array[] = [];
  #waiting: ((datagram: Uint8Array) => void) | null = null;

  constructor(socket: NativeDatagramSocket) {
    socket.onDatagram((datagram) => {
      const waiting = this.#waiting;
      this.#waiting = null;
      if (waiting === null) this.#queue.push(datagram);
      else waiting(datagram);
    });
  }

  get length(): number {
    return this.#queue.length;
  }

  async next(): Promise<Uint8Array> {
    const first = this.#queue.shift();
    if (first !== undefined) return first;
    return new Promise((resolve) => (this.#waiting = resolve));
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

const datagrams = new LinuxDatagrams(addon);
const open = () => datagrams.open({ adapter: null, localAddress: '127.0.0.1' });

let path: NativeDataPath;
let tunnel: Tunnel;
/** Ours and the gateway's. */
let socket: NativeDatagramSocket;
let gateway: NativeDatagramSocket;
let atGateway: Inbox;
let events: DataPathEvent[];
let extra: { close(): void }[];

beforeEach(async () => {
  tunnel = new Tunnel();
  [socket, gateway] = await Promise.all([open(), open()]);
  atGateway = new Inbox(gateway);
  path = createNativeDataPath({ clock, addon });
  events = [];
  extra = [];
  path.onEvent((event) => events.push(event));
  path.attachTunnel(tunnel);
  path.setPath({ socket, remote: gateway.local });
});

afterEach(() => {
  for (const item of extra) item.close();
  path.close();
  socket.close();
  gateway.close();
  tunnel.close();
});

test('the addon runs the OpenSSL it carries, and shows none of it to others', async () => {
  const { execFileSync } = await import('node:child_process');
  const { nativeFolder } = await import('./index');
  expect(addon.cryptoVersion).toMatch(/^OpenSSL 3\./);
  const symbols = execFileSync('nm', ['-D', `${nativeFolder()}/agile_vpn.node`], { encoding: 'utf8' });
  expect(symbols).not.toMatch(/EVP_|OSSL_|SSL_|CRYPTO_/);
  expect(symbols).toMatch(/napi_register_module_v1/);
});

describe.each(suites)('packet by packet with the reference: $cipher $keyBits $integrity esn=$esn', (suite) => {
  const out = sa(0x1000, suite);
  const back = sa(0x2000, suite);
  const lengths = [
    ...Array.from({ length: 40 }, (_, index) => index),
    ...Array.from({ length: 25 }, (_, index) => 40 + ((index * 7919) % 1340)),
  ];

  test('sealed packets are those of the reference', async () => {
    const transform = createEspTransform(out.suite, out.encryptionKey, out.integrityKey);
    path.installOutbound(out);
    for (const [index, length] of lengths.entries()) {
      tunnel.inject(outgoing(length));
      const datagram = await atGateway.next();
      const sequence = BigInt(index + 1);
      const iv = datagram.slice(8, 8 + transform.ivLength);
      expect(datagram).toEqual(
        encapsulate({ transform, spi: 0x1000, sequence, esn: suite.esn, iv, payload: outgoing(length), nextHeader: 4 }),
      );
      // AEAD: the counter (E-7).
      if (transform.ivLength === 8) expect(new DataView(iv.buffer).getBigUint64(0)).toBe(sequence);
    }
    expect(path.outboundCounters(0x1000)).toMatchObject({
      packets: lengths.length,
      sequence: BigInt(lengths.length + 1),
    });
  });

  test('packets of the reference are opened', async () => {
    path.installInbound(back);
    const make = peer(back);
    for (const [index, length] of lengths.entries()) {
      const sequence = BigInt(index + 1);
      gateway.send(make(sequence, incoming(length)), socket.local);
      expect(await tunnel.next()).toEqual(incoming(length));
    }
    expect(path.inboundCounters(0x2000)).toMatchObject({
      packets: lengths.length,
      sequence: BigInt(lengths.length),
      droppedAuth: 0,
      droppedReplay: 0,
    });
  });
});

test('IPv6 inside travels with next header 41', async () => {
  const out = sa(0x1000);
  path.installOutbound(out);
  const packet = ipv6Packet({ source: '2001:db8:77::1', destination: '2001:db8:99::2' });
  tunnel.inject(packet);
  const opened = decapsulate(
    await atGateway.next(),
    createEspTransform(out.suite, out.encryptionKey, out.integrityKey),
    null,
  );
  expect(opened).toEqual({ nextHeader: 41, payload: packet });
});

test('the IV of CBC does not repeat', async () => {
  path.installOutbound(sa(0x1000, { cipher: 'aes-cbc', keyBits: 128, integrity: 'hmac-sha2-256-128', esn: false }));
  const seen = new Set<string>();
  for (let count = 0; count < 300; count += 1) {
    tunnel.inject(outgoing());
    seen.add(Buffer.from((await atGateway.next()).subarray(8, 24)).toString('hex'));
  }
  expect(seen.size).toBe(300);
});

describe('native and TypeScript count and refuse alike', () => {
  const inbound = sa(0x2000);
  const make = peer(inbound);
  const forged = make(1n << 31n, incoming());
  forged[forged.length - 1]! ^= 1;
  const badPadding = (() => {
    const transform = createEspTransform(inbound.suite, inbound.encryptionKey, inbound.integrityKey);
    const packet = new Uint8Array(16 + 32 + 16);
    packet.set([0, 0, 0x20, 0, 0, 0, 0, 40]);
    packet.set([9, 9, 9, 3, 4], 16 + 27);
    transform.seal(packet, null);
    return packet;
  })();
  const script: readonly (readonly [string, Uint8Array])[] = [
    ['H-59 the first', make(1n, incoming())],
    ['H-59 a replay', make(1n, incoming())],
    ['H-59 the number 0', make(0n, incoming())],
    ['H-59 a jump', make(9000n, incoming())],
    ['H-59 older than the window', make(808n, incoming())],
    ['H-59 just inside the window', make(809n, incoming())],
    ['H-59 a forged far jump', forged],
    ['H-59 what the forged jump would have outdated', make(9001n, incoming())],
    ['H-60 a foreign inner source', make(20n + 9000n, ipv4Packet({ source: '10.98.0.1', destination: clientAddress }))],
    [
      'H-60 a foreign inner destination',
      make(21n + 9000n, ipv4Packet({ source: serverAddress, destination: '10.77.0.2' })),
    ],
    ['H-60 next header 41 with version 4', make(22n + 9000n, incoming(), 41)],
    ['H-60 a cut inner packet', make(23n + 9000n, incoming().subarray(0, 30))],
    ['H-60 no inner packet', make(24n + 9000n, new Uint8Array(0))],
    ['E-1 transport mode', make(25n + 9000n, incoming(), 6)],
    ['E-1 a dummy', make(26n + 9000n, octets(50, 0), 59)],
    ['E-2 TFC bytes', make(27n + 9000n, Uint8Array.from([...incoming(), ...octets(200, 5)]))],
    ['H-63 wrong padding', badPadding],
    ['H-12 a cut packet', make(28n + 9000n, incoming()).subarray(0, 50)],
    ['H-12 only a header', make(29n + 9000n, incoming()).subarray(0, 8)],
  ];

  test('one packet after the other', async () => {
    const delivered: Uint8Array[] = [];
    const reference = createTypeScriptDataPath({ clock });
    reference.attachTunnel({
      name: 'reference',
      fd: null,
      onPacket() {},
      write: (packet) => delivered.push(Uint8Array.from(packet)),
      close() {},
    });
    reference.installInbound(inbound);
    path.installInbound(inbound);
    for (const [what, datagram] of script) {
      const before = delivered.length;
      reference.receive(datagram, gateway.local);
      path.receive(datagram, gateway.local);
      const counters = ({ lastPacketAt, ...others }: NonNullable<ReturnType<DataPath['inboundCounters']>>) => ({
        ...others,
        alive: lastPacketAt !== null,
      });
      expect([what, counters(path.inboundCounters(0x2000)!)]).toEqual([
        what,
        counters(reference.inboundCounters(0x2000)!),
      ]);
      if (delivered.length > before) expect([what, await tunnel.next()]).toEqual([what, delivered.at(-1)]);
    }
    expect(delivered.length).toBe(5);
  });
});

describe('packets that come before their SA', () => {
  const inbound = sa(0x2000);
  const make = peer(inbound);
  const early = [1n, 2n, 3n].map((sequence) => make(sequence, incoming(Number(sequence) * 10)));

  test('wait for it when its SPI was proposed, and go on in their order', async () => {
    path.expectInbound(0x2000);
    for (const datagram of early) path.receive(datagram, gateway.local);
    path.receive(peer(sa(0x3000))(1n, incoming()), gateway.local);
    expect(path.inboundCounters(0x2000)).toBeNull();
    path.installInbound(inbound);
    for (const length of [10, 20, 30]) expect(await tunnel.next()).toEqual(incoming(length));
    expect(path.inboundCounters(0x2000)).toMatchObject({ packets: 3, droppedReplay: 0 });
    await until(() => events.length > 0);
    // What nobody waits for is unknown, as ever.
    expect(events).toEqual([{ type: 'unknown-spi', spi: 0x3000 }]);
  });

  test('are forgotten with the SPI, and are judged like all others', () => {
    path.expectInbound(0x2000);
    path.receive(make(1n, incoming()), gateway.local);
    path.removeInbound(0x2000);
    path.expectInbound(0x2000);
    const forged = make(2n, incoming());
    forged[forged.length - 1]! ^= 1;
    path.receive(forged, gateway.local);
    path.installInbound(inbound);
    expect(path.inboundCounters(0x2000)).toMatchObject({ packets: 0, droppedAuth: 1 });
  });

  test('are no more than 512', () => {
    path.expectInbound(0x2000);
    for (let sequence = 1n; sequence <= 600n; sequence++) path.receive(make(sequence, incoming()), gateway.local);
    path.installInbound(inbound);
    expect(path.inboundCounters(0x2000)).toMatchObject({ packets: 512 });
  });
});

describe('one socket for IKE and ESP (RFC 3948)', () => {
  test('the marker and peer port 500 lead to JavaScript, the rest to the tunnel, keepalives nowhere', async () => {
    const ike = new Inbox(socket);
    path.installInbound(sa(0x2000));
    const marked = Uint8Array.from([0, 0, 0, 0, 1, 2, 3]);
    gateway.send(Uint8Array.of(0xff), socket.local);
    gateway.send(marked, socket.local);
    gateway.send(Uint8Array.of(0, 1), socket.local);
    gateway.send(peer(sa(0x2000))(1n, incoming()), socket.local);
    gateway.send(Uint8Array.from([0, 0, 0, 0, 9]), socket.local);
    expect(await ike.next()).toEqual(marked);
    expect(await ike.next()).toEqual(Uint8Array.from([0, 0, 0, 0, 9]));
    expect(await tunnel.next()).toEqual(incoming());
    expect(ike.length).toBe(0);
  });

  test('a socket no path was set on hands everything to JavaScript, and receive() takes it', async () => {
    const other = await open();
    extra.push(other);
    const inbox = new Inbox(other);
    path.installInbound(sa(0x2000));
    gateway.send(peer(sa(0x2000))(1n, incoming()), other.local);
    path.receive(await inbox.next(), gateway.local);
    expect(await tunnel.next()).toEqual(incoming());
  });

  test('C-45 the old socket stays readable after a move until it is closed', async () => {
    const other = await open();
    extra.push(other);
    path.installInbound(sa(0x2000));
    path.setPath({ socket: other, remote: gateway.local });
    const make = peer(sa(0x2000));
    gateway.send(make(1n, incoming(1)), socket.local);
    expect(await tunnel.next()).toEqual(incoming(1));
    gateway.send(make(2n, incoming(2)), other.local);
    expect(await tunnel.next()).toEqual(incoming(2));
    socket.close();
    gateway.send(make(3n, incoming(3)), other.local);
    expect(await tunnel.next()).toEqual(incoming(3));
  });

  test('an unknown SPI is reported at most once a second', async () => {
    for (let count = 0; count < 20; count += 1) gateway.send(peer(sa(0x7777))(1n, incoming()), socket.local);
    await until(() => events.length > 0);
    gateway.send(Uint8Array.from([0, 0, 0, 0, 1]), socket.local);
    await new Inbox(socket).next();
    expect(events).toEqual([{ type: 'unknown-spi', spi: 0x7777 }]);
  });
});

describe('outbound rules', () => {
  test('selectors, malformed packets and E-15', async () => {
    path.installOutbound({
      ...sa(0x1000),
      remoteSelectors: [selector('10.99.0.0', '10.99.0.255'), selector('127.0.0.1')],
    });
    tunnel.inject(ipv4Packet({ source: '10.77.0.9', destination: serverAddress }));
    tunnel.inject(ipv4Packet({ source: clientAddress, destination: '10.98.0.1' }));
    tunnel.inject(ipv4Packet({ source: clientAddress, destination: '127.0.0.1' }));
    tunnel.inject(Uint8Array.of(1, 2, 3));
    tunnel.inject(outgoing());
    await atGateway.next();
    expect(path.outboundCounters(0x1000)).toMatchObject({ packets: 1, droppedPolicy: 3, droppedMalformed: 1 });
  });

  test('the newest matching SA carries a packet', async () => {
    path.installOutbound(sa(0x1000));
    path.installOutbound({ ...sa(0x1001), remoteSelectors: [selector('10.99.0.200')] });
    tunnel.inject(outgoing());
    tunnel.inject(ipv4Packet({ source: clientAddress, destination: '10.99.0.200' }));
    const spi = async () => new DataView((await atGateway.next()).buffer).getUint32(0);
    expect([await spi(), await spi()]).toEqual([0x1000, 0x1001]);
  });

  test.each([
    [0xffff_ffffn, false],
    [0xffff_ffff_ffff_ffffn, true],
  ])('E-5 the last number %s is used, none after it', async (last, esn) => {
    path.close();
    path = createNativeDataPath({ clock, addon, firstSequence: last - 1n });
    path.onEvent((event) => events.push(event));
    path.attachTunnel(tunnel);
    path.setPath({ socket, remote: gateway.local });
    path.installOutbound(sa(0x1000, { ...gcm, esn }));
    for (let count = 0; count < 4; count += 1) tunnel.inject(outgoing(count));
    await atGateway.next();
    expect(new DataView((await atGateway.next()).buffer).getUint32(4)).toBe(0xffff_ffff);
    await until(() => events.length === 2);
    expect(events).toEqual([
      { type: 'sequence-soft-limit', spi: 0x1000 },
      { type: 'sequence-hard-limit', spi: 0x1000 },
    ]);
    expect(path.outboundCounters(0x1000)).toMatchObject({ packets: 2 });
    expect(atGateway.length).toBe(0);
  });

  test('E-6 with ESN the stream crosses 2^32 in both directions', async () => {
    path.close();
    path = createNativeDataPath({ clock, addon, firstSequence: (1n << 32n) - 3n });
    path.attachTunnel(tunnel);
    path.setPath({ socket, remote: gateway.local });
    const extended = sa(0x1000, { ...gcm, esn: true });
    path.installOutbound(extended);
    const transform = createEspTransform(extended.suite, extended.encryptionKey, extended.integrityKey);
    for (let sequence = (1n << 32n) - 3n; sequence < (1n << 32n) + 3n; sequence += 1n) {
      tunnel.inject(outgoing());
      expect(decapsulate(await atGateway.next(), transform, Number(sequence >> 32n))).toEqual({
        nextHeader: 4,
        payload: outgoing(),
      });
    }
    const inbound = sa(0x3000, { ...gcm, esn: true });
    path.installInbound(inbound);
    const make = peer(inbound);
    const around = 1n << 32n;
    for (const sequence of [1n, around / 2n, around - 3n, around + 2n, around - 1n, around, around + 1n, around - 2n]) {
      gateway.send(make(sequence, incoming()), socket.local);
      expect(await tunnel.next()).toEqual(incoming());
    }
    expect(path.inboundCounters(0x3000)).toMatchObject({ packets: 8, sequence: around + 2n, droppedAuth: 0 });
  });

  test('packets too big: ICMP back into the tunnel, IPv4 without DF in fragments, as the reference has them', async () => {
    const answers: Uint8Array[] = [];
    const sent: Uint8Array[] = [];
    let inject: (packet: Uint8Array) => void = () => undefined;
    const reference = createTypeScriptDataPath({ clock });
    reference.attachTunnel({
      name: 'reference',
      fd: null,
      onPacket: (listener) => (inject = listener),
      write: (packet) => answers.push(packet),
      close() {},
    });
    reference.setPath({
      socket: { ...socket, send: (datagram) => (sent.push(datagram), 'sent') },
      remote: gateway.local,
    });
    for (const either of [reference, path]) {
      either.setInnerMtu(600);
      either.installOutbound(sa(0x1000));
    }
    const six = { source: '2001:db8:77::1', destination: '2001:db8:99::2' };
    for (const packet of [
      ipv4Packet({ source: clientAddress, destination: serverAddress, payload: udp(1, 2, 1001), dontFragment: true }),
      ipv6Packet({ ...six, payload: udp(1, 2, 1300) }),
    ]) {
      inject(packet);
      tunnel.inject(packet);
      expect(await tunnel.next()).toEqual(answers.at(-1));
    }
    for (const packet of [
      ipv4Packet({
        source: clientAddress,
        destination: serverAddress,
        payload: udp(1, 2, 1700),
        options: new Uint8Array(4),
      }),
      ipv6Packet({ ...six, payload: udp(1, 2, 1200) }),
    ]) {
      sent.length = 0;
      inject(packet);
      tunnel.inject(packet);
      for (const datagram of sent) expect(await atGateway.next()).toEqual(datagram);
    }
    expect(atGateway.length).toBe(0);
  });
});

describe('paths', () => {
  const sequenceOf = (datagram: Uint8Array) => new DataView(datagram.buffer, datagram.byteOffset).getUint32(4);

  test('while Dormant packets are held, oldest dropped, and leave on the next path in order', async () => {
    path.installOutbound(sa(0x1000));
    path.setPath(null);
    for (let count = 0; count < 522; count += 1) {
      tunnel.inject(outgoing(count));
      if (count % 40 === 39) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await until(() => path.statistics()!.heldDropped === 10);
    path.setPath({ socket, remote: gateway.local });
    const lengths: number[] = [];
    for (let count = 0; count < 512; count += 1) {
      const datagram = await atGateway.next();
      expect(sequenceOf(datagram)).toBe(count + 1);
      lengths.push(datagram.length);
    }
    expect(lengths).toEqual([...lengths].sort((a, b) => a - b));
  });

  test('what the path refused leaves first on the next one, and the error is reported once', async () => {
    path.installOutbound(sa(0x1000));
    tunnel.inject(outgoing());
    await atGateway.next();
    // Loopback cannot reach an address elsewhere from 127.0.0.1: the kernel refuses each send.
    path.setPath({ socket, remote: { address: '203.0.113.1', port: 4500 } });
    for (let count = 0; count < 5; count += 1) tunnel.inject(outgoing());
    await until(() => events.length > 0);
    expect(events[0]).toMatchObject({ type: 'send-error' });
    const other = await open();
    extra.push(other);
    path.setPath({ socket: other, remote: gateway.local });
    tunnel.inject(outgoing());
    for (let sequence = 2; sequence <= 7; sequence += 1) expect(sequenceOf(await atGateway.next())).toBe(sequence);
    expect(events.length).toBe(1);
  });

  test('nothing is lost or reordered by a hundred moves under load', async () => {
    path.installOutbound(sa(0x1000));
    const others = [socket, await open()];
    extra.push(others[1]!);
    let expected = 1;
    for (let move = 0; move < 100; move += 1) {
      for (let count = 0; count < 20; count += 1) {
        tunnel.inject(outgoing(count));
        if (count === 10) path.setPath({ socket: others[move % 2]!, remote: gateway.local });
      }
      for (let count = 0; count < 20; count += 1) {
        expect(sequenceOf(await atGateway.next())).toBe(expected);
        expected += 1;
      }
    }
  });

  test('times are those of the clock, and lastSentAt is of the current path', async () => {
    path.installOutbound(sa(0x1000));
    expect(path.lastSentAt()).toBeNull();
    const before = clock.now();
    tunnel.inject(outgoing());
    await atGateway.next();
    // The datagram may be here before its thread has written down when it left.
    await until(() => path.lastSentAt() !== null);
    const sentAt = path.lastSentAt()!;
    expect(sentAt).toBeGreaterThanOrEqual(before);
    expect(sentAt).toBeLessThanOrEqual(clock.now());
    const sealedAt = path.outboundCounters(0x1000)!.lastPacketAt!;
    expect(sealedAt).toBeGreaterThanOrEqual(before);
    expect(sealedAt).toBeLessThanOrEqual(sentAt);
    path.setPath({ socket, remote: { ...gateway.local } });
    expect(path.lastSentAt()).toBe(sentAt);
    path.setPath({ socket, remote: { ...gateway.local, port: 9 } });
    expect(path.lastSentAt()).toBeNull();
  });

  test('segmented sends carry bursts of equal packets', async () => {
    path.installOutbound(sa(0x1000));
    path.setPath(null);
    // Every one of them was read, and waits, before there is a path.
    for (let count = 1; count <= 64; count += 1) {
      tunnel.inject(outgoing(1000));
      await until(() => path.statistics()!.tunReads === count);
    }
    path.setPath({ socket, remote: gateway.local });
    for (let sequence = 1; sequence <= 64; sequence += 1) expect(sequenceOf(await atGateway.next())).toBe(sequence);
    expect(path.statistics()).toMatchObject({ datagramsSent: 64, sendDrops: 0 });
    expect(path.statistics()!.sendCalls).toBeLessThan(10);
  });
});

describe('arguments', () => {
  test('bad SAs name the field and install nothing', () => {
    expect(() => path.installOutbound({ ...sa(0x1000), encryptionKey: octets(16, 0) })).toThrow(
      expect.objectContaining({ field: 'encryptionKey' }),
    );
    expect(() => path.installInbound(sa(255))).toThrow(EspSuiteError);
    expect(() => path.installInbound({ ...sa(0x2000), localSelectors: [selector('10.0.0.2', '10.0.0.1')] })).toThrow(
      EspSuiteError,
    );
    path.installInbound(sa(0x2000));
    expect(() => path.installInbound(sa(0x2000))).toThrow(expect.objectContaining({ field: 'spi' }));
    expect(path.outboundCounters(0x1000)).toBeNull();
  });

  test('a device without descriptor and a foreign socket are refused', () => {
    expect(() => path.attachTunnel({ name: 'demo', fd: null, onPacket() {}, write() {}, close() {} })).toThrow(
      TypeError,
    );
    const foreign = {
      adapter: null,
      local: socket.local,
      send: () => 'sent' as const,
      sendWhole: () => 'sent' as const,
      allowFragments() {},
      onDatagram() {},
      onError() {},
      close() {},
    };
    expect(() => path.setPath({ socket: foreign, remote: gateway.local })).toThrow(TypeError);
    socket.close();
    expect(() => path.setPath({ socket, remote: gateway.local })).toThrow(TypeError);
  });
});

describe('hostile datagrams', () => {
  // A small generator of its own keeps a failing run reproducible.
  function random(seed: number): () => number {
    let state = seed;
    return () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 0x1_0000_0000;
    };
  }

  test.each(suites.filter((suite) => suite.esn))(
    'random octets and mutated packets are harmless: $cipher $keyBits $integrity',
    async (suite) => {
      const inbound = sa(0x2000, suite);
      const make = peer(inbound);
      path.installInbound(inbound);
      const next = random(suite.keyBits + suite.cipher.length);
      const from: SocketAddress = gateway.local;
      for (let count = 0; count < 3000; count += 1) {
        const kind = count % 3;
        let datagram: Uint8Array;
        if (kind === 0) {
          datagram = Uint8Array.from({ length: Math.floor(next() * 120) }, () => Math.floor(next() * 256));
          if (datagram.length > 4 && next() < 0.8) datagram.set([0, 0, 0x20, 0]);
        } else {
          datagram = make(
            BigInt(1 + Math.floor(next() * 50_000)),
            kind === 1
              ? incoming(Math.floor(next() * 90))
              : Uint8Array.from({ length: Math.floor(next() * 90) }, () => Math.floor(next() * 256)),
            [4, 41, 59, 6][count % 4],
          );
          if (kind === 1) datagram[Math.floor(next() * datagram.length)]! ^= 1 << Math.floor(next() * 8);
          if (next() < 0.3) datagram = datagram.slice(0, Math.floor(next() * datagram.length));
        }
        path.receive(datagram, from);
      }
      gateway.send(make(60_000n, incoming(5)), socket.local);
      let packet: Uint8Array;
      do packet = await tunnel.next();
      while (packet.length !== incoming(5).length || !packet.every((octet, index) => octet === incoming(5)[index]));
      expect(path.inboundCounters(0x2000)!.droppedAuth).toBeGreaterThan(500);
    },
  );
});

describe('ends', () => {
  test('two hundred data paths come and go under traffic, and every descriptor with them', async () => {
    const { readdirSync } = await import('node:fs');
    const before = readdirSync('/proc/self/fd').length;
    for (let count = 0; count < 200; count += 1) {
      const one = createNativeDataPath({ clock, addon });
      const device = new Tunnel();
      one.attachTunnel(device);
      one.installOutbound(sa(0x1000));
      one.installInbound(sa(0x2000));
      one.setPath({ socket, remote: gateway.local });
      device.inject(outgoing());
      gateway.send(peer(sa(0x2000))(1n, incoming()), socket.local);
      if (count % 2 === 0) one.setPath(null);
      one.close();
      one.close();
      device.close();
    }
    expect(readdirSync('/proc/self/fd').length).toBe(before);
    expect(readdirSync('/proc/self/task').length).toBeLessThan(40);
  });

  test('after close every call is harmless', () => {
    path.close();
    path.installInbound(sa(0x2000));
    path.setPath({ socket, remote: gateway.local });
    path.setPath(null);
    path.removeInbound(1);
    path.removeOutbound(1);
    path.receive(octets(100, 1), gateway.local);
    expect([path.inboundCounters(0x2000), path.outboundCounters(1), path.lastSentAt(), path.statistics()]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });

  test('an environment that ends takes its data path along', async () => {
    const { Worker } = await import('node:worker_threads');
    const { nativeFolder } = await import('./index');
    const source = `
      const addon = require(${JSON.stringify(`${nativeFolder()}/agile_vpn.node`)});
      const path = addon.createDataPath(() => {});
      const { fd, port } = addon.openUdp(null, '127.0.0.1', 0);
      addon.readUdp(fd, () => {});
      const [near] = addon.socketPair();
      path.attachTunnel(near);
      path.setPath(fd, '127.0.0.1', port, true);
      require('node:worker_threads').parentPort.postMessage('up');
      setInterval(() => {}, 1000);`;
    for (let count = 0; count < 5; count += 1) {
      const worker = new Worker(source, { eval: true });
      await new Promise((resolve) => worker.once('message', resolve));
      expect(await worker.terminate()).toBe(1);
    }
  });
});
