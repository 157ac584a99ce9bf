import { equal, ipToOctets } from '../bytes';
import { freshIv } from '../crypto/esp-transform';
import type { Clock } from '../ports/clock';
import type { DataPath, DataPathEvent, EspSa, OuterPath, SaCounters, TunnelDevice } from '../ports/data-path';
import type { SocketAddress } from '../ports/datagrams';
import type { Random } from '../ports/random';
import type { Trace } from '../ports/trace';
import { decapsulate, encapsulate, hasEspShape, nextHeader, readEspHeader } from './esp-packet';
import { EarlyPackets } from './early-packets';
import { HeldPackets } from './held-packets';
import { parseInnerPacket, type InnerPacket } from './inner-packet';
import { fragmentIpv4 } from './ipv4-fragments';
import { minimumIpv6Mtu, packetTooBig } from './packet-too-big';
import { countersOf, SaDatabase, takeSequence, type InboundSa, type OutboundSa } from './sa-database';
import { matchesInbound } from './traffic-selectors';

export interface TypeScriptDataPathOptions {
  readonly clock: Clock;
  /** IVs of AES-CBC. Absent: the system's generator. */
  readonly random?: Random;
  readonly trace?: Trace;
}

/** Packets from the tunnel kept while there is no path, and sealed ones kept while the path refuses. */
export const heldPacketLimit = 512;
/** A sealed packet waits this long, in milliseconds, for a path that takes it (docs/data-path.md 6.5). */
export const holdTime = 1000;
const eventInterval = 1000;
const defaultInnerMtu = 1400;

/**
 * The adapter, its address or its route is gone (EINVAL: of the bound address): the next path will carry what this one
 * could not.
 */
export const pathLossErrors: ReadonlySet<string> = new Set([
  'ENETUNREACH',
  'ENETDOWN',
  'ENODEV',
  'EADDRNOTAVAIL',
  'EHOSTUNREACH',
  'ENXIO',
  'EPERM',
  'EINVAL',
]);

/** The reference data path: ESP in TypeScript between a TunnelDevice and DatagramSockets. */
export function createTypeScriptDataPath(options: TypeScriptDataPathOptions): DataPath {
  return new TypeScriptDataPath(options);
}

class TypeScriptDataPath implements DataPath {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #trace: Trace | null;
  readonly #database = new SaDatabase();
  /** Inner packets that arrived without a path (Dormant). */
  readonly #early = new EarlyPackets();
  readonly #waiting = new HeldPackets(heldPacketLimit);
  /** Sealed packets that the current path refused. */
  readonly #refused = new HeldPackets(heldPacketLimit);
  readonly #eventTimes = new Map<string, number>();
  #device: TunnelDevice | null = null;
  #path: OuterPath | null = null;
  #remoteAddress: Uint8Array | null = null;
  #innerMtu = defaultInnerMtu;
  #lastSentAt: number | null = null;
  #listener: ((event: DataPathEvent) => void) | null = null;
  #closed = false;

  constructor({ clock, random, trace }: TypeScriptDataPathOptions) {
    this.#clock = clock;
    this.#random = random ?? { bytes: freshIv };
    this.#trace = trace ?? null;
  }

  attachTunnel(device: TunnelDevice): void {
    this.#device = device;
    device.onPacket((packet) => {
      if (!this.#closed && this.#device === device) this.#fromTunnel(packet);
    });
  }

  expectInbound(spi: number): void {
    if (!this.#closed) this.#early.expect(spi);
  }

  installInbound(sa: EspSa): void {
    if (this.#closed) return;
    this.#database.addInbound(sa);
    for (const packet of this.#early.take(sa.spi)) this.#receive(packet);
  }

  installOutbound(sa: EspSa): void {
    if (!this.#closed) this.#database.addOutbound(sa);
  }

  removeInbound(spi: number): void {
    this.#early.forget(spi);
    this.#database.removeInbound(spi);
  }

  removeOutbound(spi: number): void {
    this.#database.removeOutbound(spi);
  }

  setPath(path: OuterPath | null): void {
    if (this.#closed) return;
    const same =
      path !== null &&
      path.socket === this.#path?.socket &&
      path.remote.address === this.#path.remote.address &&
      path.remote.port === this.#path.remote.port;
    if (same) return;
    if (this.#path !== null) this.#dropStale();
    this.#path = path;
    this.#remoteAddress = path === null ? null : ipToOctets(path.remote.address);
    this.#lastSentAt = null;
    if (path === null) return;
    this.#retryRefused();
    for (const packet of this.#waiting.takeAll()) this.#fromTunnel(packet);
  }

  receive(datagram: Uint8Array, _from: SocketAddress): void {
    if (!this.#closed) this.#receive(datagram);
  }

  #receive(datagram: Uint8Array): void {
    const header = readEspHeader(datagram);
    // Keepalives, IKE and reserved SPIs are none of ours (RFC 3948 section 2, H-12, H-62).
    if (header === null || header.spi < 256) return;
    const sa = this.#database.inbound(header.spi);
    if (sa === null) {
      if (this.#early.hold(header.spi, datagram)) return;
      this.#emitLimited('unknown-spi', { type: 'unknown-spi', spi: header.spi });
      return;
    }
    const { statistics, window } = sa;
    if (!hasEspShape(datagram, sa.transform)) {
      statistics.droppedMalformed += 1;
      return;
    }
    const sequence = window.reconstruct(header.sequenceLow);
    if (sequence === null || !window.check(sequence)) {
      statistics.droppedReplay += 1;
      return;
    }
    const opened = decapsulate(datagram, sa.transform, sa.esn ? Number(sequence >> 32n) : null);
    if (opened === 'auth') {
      statistics.droppedAuth += 1;
      return;
    }
    window.accept(sequence);
    statistics.lastPacketAt = this.#clock.now();
    if (opened === 'padding') {
      statistics.droppedMalformed += 1;
      return;
    }
    if (opened.nextHeader === nextHeader.dummy) return;
    this.#toTunnel(sa, opened.nextHeader, opened.payload);
  }

  setInnerMtu(mtu: number): void {
    this.#innerMtu = mtu;
  }

  inboundCounters(spi: number): SaCounters | null {
    const sa = this.#database.inbound(spi);
    return sa === null ? null : countersOf(sa, sa.window.highest);
  }

  outboundCounters(spi: number): SaCounters | null {
    const sa = this.#database.outbound(spi);
    return sa === null ? null : countersOf(sa, sa.nextSequence);
  }

  lastSentAt(): number | null {
    return this.#lastSentAt;
  }

  onEvent(listener: (event: DataPathEvent) => void): void {
    this.#listener = listener;
  }

  close(): void {
    this.#closed = true;
    this.#database.clear();
    this.#early.clear();
    this.#waiting.takeAll();
    this.#refused.takeAll();
    this.#path = null;
    this.#device = null;
    this.#listener = null;
  }

  #toTunnel(sa: InboundSa, next: number, payload: Uint8Array): void {
    const packet = next === nextHeader.ipv4 || next === nextHeader.ipv6 ? parseInnerPacket(payload) : null;
    if (packet === null || packet.family !== (next === nextHeader.ipv4 ? 4 : 6)) {
      sa.statistics.droppedMalformed += 1;
      return;
    }
    if (!matchesInbound(packet, sa.selectors)) {
      sa.statistics.droppedPolicy += 1;
      return;
    }
    sa.statistics.packets += 1;
    sa.statistics.bytes += packet.bytes.length;
    this.#device?.write(packet.bytes);
  }

  #fromTunnel(bytes: Uint8Array): void {
    if (this.#path === null) {
      // The device may reuse its buffer.
      this.#waiting.push(Uint8Array.from(bytes), this.#clock.now());
      return;
    }
    const packet = parseInnerPacket(bytes);
    if (packet === null) {
      const newest = this.#database.newestOutbound();
      if (newest !== null) newest.statistics.droppedMalformed += 1;
      return;
    }
    const sa = this.#isForGateway(packet) ? null : this.#database.outboundFor(packet);
    if (sa === null) {
      const newest = this.#database.newestOutbound();
      if (newest !== null) newest.statistics.droppedPolicy += 1;
      return;
    }
    const limit = packet.family === 6 ? Math.max(this.#innerMtu, minimumIpv6Mtu) : this.#innerMtu;
    if (packet.bytes.length <= limit) {
      this.#seal(sa, packet.family, packet.bytes);
    } else if (packet.dontFragment) {
      const answer = packetTooBig(packet, limit);
      if (answer !== null) this.#device?.write(answer);
    } else {
      for (const fragment of fragmentIpv4(packet, limit)) this.#seal(sa, packet.family, fragment);
    }
  }

  /** E-15: what is addressed to the outer end of the tunnel must not go through it. */
  #isForGateway(packet: InnerPacket): boolean {
    return this.#remoteAddress !== null && equal(this.#remoteAddress, packet.destination);
  }

  #seal(sa: OutboundSa, family: 4 | 6, payload: Uint8Array): void {
    const { sequence, limit } = takeSequence(sa);
    if (limit !== null) this.#emit({ type: limit, spi: sa.spi });
    if (sequence === null) return;
    const { transform } = sa;
    const datagram = encapsulate({
      transform,
      spi: sa.spi,
      sequence,
      esn: sa.esn,
      iv: transform.randomIv ? this.#random.bytes(transform.ivLength) : counterIv(sequence, transform.ivLength),
      payload,
      nextHeader: family === 4 ? nextHeader.ipv4 : nextHeader.ipv6,
    });
    sa.statistics.packets += 1;
    sa.statistics.bytes += payload.length;
    sa.statistics.lastPacketAt = this.#clock.now();
    this.#dropStale();
    if (!this.#retryRefused() || !this.#send(datagram)) this.#refused.push(datagram, this.#clock.now());
  }

  /**
   * Packets leave in the order of their sequence numbers: nothing overtakes what was refused. true: nothing is left.
   */
  #retryRefused(): boolean {
    if (this.#refused.length === 0) return true;
    for (let packet = this.#refused.peek(); packet !== null; packet = this.#refused.peek()) {
      if (!this.#send(packet)) return false;
      this.#refused.drop();
    }
    return true;
  }

  #dropStale(): void {
    this.#refused.dropBefore(this.#clock.now() - holdTime);
  }

  /** false: the path is gone and the packet is worth keeping. */
  #send(datagram: Uint8Array): boolean {
    const path = this.#path;
    if (path === null) return false;
    const result = path.socket.send(datagram, path.remote);
    if (result === 'sent') {
      this.#lastSentAt = this.#clock.now();
      return true;
    }
    // A full socket buffer is the network's way to say "slower" (docs/data-path.md 6.4).
    if (result !== 'EAGAIN' && result !== 'ENOBUFS')
      this.#emitLimited(`send-error ${result}`, { type: 'send-error', code: result, mtu: null });
    return !pathLossErrors.has(result);
  }

  #emitLimited(key: string, event: DataPathEvent): void {
    const now = this.#clock.now();
    const last = this.#eventTimes.get(key);
    if (last !== undefined && now - last < eventInterval) return;
    this.#eventTimes.set(key, now);
    this.#emit(event);
  }

  #emit(event: DataPathEvent): void {
    this.#trace?.log({ level: 'debug', area: 'esp', text: eventText(event) });
    this.#listener?.(event);
  }
}

/** RFC 4106 section 3.1 asks for an IV that never repeats under a key; the sequence number is one. */
function counterIv(sequence: bigint, length: number): Uint8Array {
  const iv = new Uint8Array(length);
  if (length === 8) new DataView(iv.buffer).setBigUint64(0, sequence);
  return iv;
}

function eventText(event: DataPathEvent): string {
  switch (event.type) {
    case 'sequence-soft-limit':
      return `SA ${hex(event.spi)} has used three quarters of its sequence numbers`;
    case 'sequence-hard-limit':
      return `SA ${hex(event.spi)} has used its last sequence number and stopped sending`;
    case 'send-error':
      return `sending ESP failed: ${event.code}`;
    case 'unknown-spi':
      return `ESP for the unknown SPI ${hex(event.spi)}`;
  }
}

function hex(spi: number): string {
  return spi.toString(16).padStart(8, '0');
}
