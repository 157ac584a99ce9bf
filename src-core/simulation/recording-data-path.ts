import { EarlyPackets } from '../esp/early-packets';
import type { DataPath, DataPathEvent, EspSa, OuterPath, SaCounters, TunnelDevice } from '../ports/data-path';
import type { SocketAddress } from '../ports/datagrams';
import type { Clock } from '../ports/clock';

interface Installed {
  readonly sa: EspSa;
  readonly installedAt: number;
  bytes: number;
  packets: number;
  lastPacketAt: number | null;
  sequence: number;
}

/**
 * A data path that keeps what it was told and carries test packets in clear: [SPI][sequence][octet of the
 * key][payload].
 * The octet of the key tells whether both ends hold the same keys. For simulations only.
 */
export class RecordingDataPath implements DataPath {
  readonly inbound = new Map<number, Installed>();
  readonly outbound: Installed[] = [];
  /** Every call in order: "in+ 1a2b", "out- 3c4d", "path 192.0.2.1:4500". */
  readonly history: string[] = [];
  path: OuterPath | null = null;
  closed = false;
  /** Test packets that arrived for an SPI that is not installed, or with other keys. */
  lost = 0;
  readonly #early = new EarlyPackets();
  readonly #clock: Clock;
  readonly #listeners: ((event: DataPathEvent) => void)[] = [];
  #lastSentAt: number | null = null;
  onReceived: (payload: Uint8Array, spi: number) => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  attachTunnel(_device: TunnelDevice): void {
    this.history.push('tunnel');
  }

  expectInbound(spi: number): void {
    this.#early.expect(spi);
  }

  installInbound(sa: EspSa): void {
    if (this.inbound.has(sa.spi)) throw new Error(`inbound SPI ${hex(sa.spi)} is installed twice`);
    this.inbound.set(sa.spi, this.#installed(sa));
    this.history.push(`in+ ${hex(sa.spi)}`);
    for (const packet of this.#early.take(sa.spi)) this.receive(packet, { address: '', port: 0 });
  }

  installOutbound(sa: EspSa): void {
    if (this.outbound.some((entry) => entry.sa.spi === sa.spi))
      throw new Error(`outbound SPI ${hex(sa.spi)} is installed twice`);
    this.outbound.push(this.#installed(sa));
    this.history.push(`out+ ${hex(sa.spi)}`);
  }

  removeInbound(spi: number): void {
    this.#early.forget(spi);
    if (this.inbound.delete(spi)) this.history.push(`in- ${hex(spi)}`);
  }

  removeOutbound(spi: number): void {
    const index = this.outbound.findIndex((entry) => entry.sa.spi === spi);
    if (index < 0) return;
    this.outbound.splice(index, 1);
    this.history.push(`out- ${hex(spi)}`);
  }

  setPath(path: OuterPath | null): void {
    this.path = path;
    this.history.push(path === null ? 'path none' : `path ${path.remote.address}:${String(path.remote.port)}`);
  }

  /** The SA that carries packets now: the newest. */
  current(): EspSa | null {
    return this.outbound.at(-1)?.sa ?? null;
  }

  /** Sends one test packet through the newest outbound SA. False when there is no SA or no path. */
  sendTestPacket(payload: Uint8Array): boolean {
    const out = this.outbound.at(-1);
    if (out === undefined || this.path === null) return false;
    const datagram = new Uint8Array(9 + payload.length);
    const view = new DataView(datagram.buffer);
    view.setUint32(0, out.sa.spi);
    view.setUint32(4, ++out.sequence);
    datagram[8] = keyMark(out.sa);
    datagram.set(payload, 9);
    out.bytes += payload.length;
    out.packets++;
    out.lastPacketAt = this.#lastSentAt = this.#clock.now();
    this.path.socket.send(datagram, this.path.remote);
    return true;
  }

  receive(datagram: Uint8Array, _from: SocketAddress): void {
    if (datagram.length < 9) return;
    const spi = new DataView(datagram.buffer, datagram.byteOffset).getUint32(0);
    const entry = this.inbound.get(spi);
    if (entry === undefined && this.#early.hold(spi, datagram)) return;
    if (entry === undefined || datagram[8] !== keyMark(entry.sa)) {
      this.lost++;
      return;
    }
    entry.bytes += datagram.length - 9;
    entry.packets++;
    entry.lastPacketAt = this.#clock.now();
    this.onReceived(datagram.subarray(9), spi);
  }

  setInnerMtu(mtu: number): void {
    this.history.push(`mtu ${String(mtu)}`);
  }

  inboundCounters(spi: number): SaCounters | null {
    return counters(this.inbound.get(spi));
  }

  outboundCounters(spi: number): SaCounters | null {
    return counters(this.outbound.find((entry) => entry.sa.spi === spi));
  }

  lastSentAt(): number | null {
    return this.#lastSentAt;
  }

  onEvent(listener: (event: DataPathEvent) => void): void {
    this.#listeners.push(listener);
  }

  /** Plays an event of a data path. */
  emit(event: DataPathEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  close(): void {
    this.closed = true;
    this.inbound.clear();
    this.outbound.length = 0;
  }

  #installed(sa: EspSa): Installed {
    return {
      sa: { ...sa, encryptionKey: sa.encryptionKey.slice(), integrityKey: sa.integrityKey.slice() },
      installedAt: this.#clock.now(),
      bytes: 0,
      packets: 0,
      lastPacketAt: null,
      sequence: 0,
    };
  }
}

function counters(entry: Installed | undefined): SaCounters | null {
  if (entry === undefined) return null;
  return {
    bytes: entry.bytes,
    packets: entry.packets,
    lastPacketAt: entry.lastPacketAt,
    droppedReplay: 0,
    droppedAuth: 0,
    droppedPolicy: 0,
    droppedMalformed: 0,
    sequence: BigInt(entry.sequence),
  };
}

function keyMark(sa: EspSa): number {
  let mark = 0;
  for (const octet of sa.encryptionKey) mark = (mark * 31 + octet) & 0xff;
  for (const octet of sa.integrityKey) mark = (mark * 31 + octet) & 0xff;
  return mark;
}

function hex(spi: number): string {
  return spi.toString(16).padStart(8, '0');
}
