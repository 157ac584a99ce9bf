import { ForwardingDataPath } from '../esp/forwarding-data-path';
import type { DataPath, EspSa } from '../ports/data-path';
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

class RegisteredDataPath extends ForwardingDataPath {
  readonly #owners: Map<number, DataPath>;

  constructor(inner: DataPath, owners: Map<number, DataPath>) {
    super(inner);
    this.#owners = owners;
  }

  override expectInbound(spi: number): void {
    super.expectInbound(spi);
    this.#owners.set(spi, this.inner);
  }

  override installInbound(sa: EspSa): void {
    super.installInbound(sa);
    this.#owners.set(sa.spi, this.inner);
  }

  override removeInbound(spi: number): void {
    super.removeInbound(spi);
    if (this.#owners.get(spi) === this.inner) this.#owners.delete(spi);
  }

  override close(): void {
    for (const [spi, owner] of this.#owners) if (owner === this.inner) this.#owners.delete(spi);
    super.close();
  }
}
