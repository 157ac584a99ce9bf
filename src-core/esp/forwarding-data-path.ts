import type { DataPath, DataPathEvent, EspSa, OuterPath, SaCounters, TunnelDevice } from '../ports/data-path';
import type { SocketAddress } from '../ports/datagrams';

/**
 * A data path that hands everything on to another one: what stands around a data path changes only what it is there
 * for. Everything but `tap`, which a
 * port need not have: a capture is attached to the innermost one, which sees the packets, before anything is put around
 * it.
 */
export class ForwardingDataPath implements DataPath {
  protected readonly inner: DataPath;

  constructor(inner: DataPath) {
    this.inner = inner;
  }

  attachTunnel(device: TunnelDevice): void {
    this.inner.attachTunnel(device);
  }

  expectInbound(spi: number): void {
    this.inner.expectInbound(spi);
  }

  installInbound(sa: EspSa): void {
    this.inner.installInbound(sa);
  }

  installOutbound(sa: EspSa): void {
    this.inner.installOutbound(sa);
  }

  removeInbound(spi: number): void {
    this.inner.removeInbound(spi);
  }

  removeOutbound(spi: number): void {
    this.inner.removeOutbound(spi);
  }

  setPath(path: OuterPath | null): void {
    this.inner.setPath(path);
  }

  receive(datagram: Uint8Array, from: SocketAddress): void {
    this.inner.receive(datagram, from);
  }

  setInnerMtu(mtu: number): void {
    this.inner.setInnerMtu(mtu);
  }

  inboundCounters(spi: number): SaCounters | null {
    return this.inner.inboundCounters(spi);
  }

  outboundCounters(spi: number): SaCounters | null {
    return this.inner.outboundCounters(spi);
  }

  lastSentAt(): number | null {
    return this.inner.lastSentAt();
  }

  onEvent(listener: (event: DataPathEvent) => void): void {
    this.inner.onEvent(listener);
  }

  close(): void {
    this.inner.close();
  }
}
