import type { DataPath, DataPathEvent, EspSa, OuterPath, SaCounters, TunnelDevice } from '../ports/data-path';
import type { SocketAddress } from '../ports/datagrams';

/** Which client's data path an SPI belongs to: all clients of a gateway share its sockets. */
export class SpiTable {
  readonly #owners = new Map<number, DataPath>();

  isFree(spi: number): boolean {
    return !this.#owners.has(spi);
  }

  /** An ESP datagram. False: no client has this SPI. */
  receive(datagram: Uint8Array, from: SocketAddress): boolean {
    if (datagram.length < 8) return false;
    const spi = new DataView(datagram.buffer, datagram.byteOffset).getUint32(0);
    const owner = this.#owners.get(spi);
    owner?.receive(datagram, from);
    return owner !== undefined;
  }

  /** `inner` with its inbound SPIs written down here. */
  register(inner: DataPath): DataPath {
    return new RegisteredDataPath(inner, this.#owners);
  }
}

class RegisteredDataPath implements DataPath {
  readonly #inner: DataPath;
  readonly #owners: Map<number, DataPath>;

  constructor(inner: DataPath, owners: Map<number, DataPath>) {
    this.#inner = inner;
    this.#owners = owners;
  }

  expectInbound(spi: number): void {
    this.#inner.expectInbound(spi);
    this.#owners.set(spi, this.#inner);
  }

  installInbound(sa: EspSa): void {
    this.#inner.installInbound(sa);
    this.#owners.set(sa.spi, this.#inner);
  }

  removeInbound(spi: number): void {
    this.#inner.removeInbound(spi);
    if (this.#owners.get(spi) === this.#inner) this.#owners.delete(spi);
  }

  close(): void {
    for (const [spi, owner] of this.#owners) if (owner === this.#inner) this.#owners.delete(spi);
    this.#inner.close();
  }

  attachTunnel(device: TunnelDevice): void {
    this.#inner.attachTunnel(device);
  }

  installOutbound(sa: EspSa): void {
    this.#inner.installOutbound(sa);
  }

  removeOutbound(spi: number): void {
    this.#inner.removeOutbound(spi);
  }

  setPath(path: OuterPath | null): void {
    this.#inner.setPath(path);
  }

  receive(datagram: Uint8Array, from: SocketAddress): void {
    this.#inner.receive(datagram, from);
  }

  setInnerMtu(mtu: number): void {
    this.#inner.setInnerMtu(mtu);
  }

  inboundCounters(spi: number): SaCounters | null {
    return this.#inner.inboundCounters(spi);
  }

  outboundCounters(spi: number): SaCounters | null {
    return this.#inner.outboundCounters(spi);
  }

  lastSentAt(): number | null {
    return this.#inner.lastSentAt();
  }

  onEvent(listener: (event: DataPathEvent) => void): void {
    this.#inner.onEvent(listener);
  }
}
