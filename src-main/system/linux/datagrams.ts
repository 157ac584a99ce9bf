import type { NativeAddon } from '../../../native';
import type {
  DatagramSocket,
  DatagramSocketOptions,
  Datagrams,
  SendResult,
  SocketAddress,
} from '../../../src-core/ports';

/** A socket whose descriptor the native data path may read and send on. */
export interface NativeDatagramSocket extends DatagramSocket {
  /** -1 after close. */
  readonly fd: number;
}

/** Gives sockets the mark that leads past the tunnel, where this process may not do so itself. */
export interface SocketMarker {
  /** Resolves when it has it, or when it will have it before any network setting is made. */
  mark(socket: { readonly fd: number }): Promise<void>;
}

/** UDP sockets of the addon, one a path, bound to their adapter and with it marked as the physical side's. */
export class LinuxDatagrams implements Datagrams {
  private readonly addon: NativeAddon;
  private readonly marker: SocketMarker | null;

  constructor(addon: NativeAddon, marker: SocketMarker | null = null) {
    this.addon = addon;
    this.marker = marker;
  }

  /** The same, for one connection: its helper marks what this process may not. */
  markedBy(marker: SocketMarker): LinuxDatagrams {
    return new LinuxDatagrams(this.addon, marker);
  }

  async open(options: DatagramSocketOptions): Promise<NativeDatagramSocket> {
    const opened = this.addon.openUdp(options.adapter, options.localAddress, options.localPort ?? 0);
    const socket = new UdpSocket(
      this.addon,
      options.adapter,
      { address: opened.address, port: opened.port },
      opened.fd,
    );
    if (options.adapter === null || opened.marked || this.marker === null) return socket;
    try {
      await this.marker.mark(socket);
    } catch (error) {
      socket.close();
      throw error;
    }
    return socket;
  }
}

/** Takes a bound descriptor over. */
export class UdpSocket implements NativeDatagramSocket {
  readonly adapter: string | null;
  readonly local: SocketAddress;
  fd: number;
  private readonly addon: NativeAddon;
  private readonly stop: () => void;
  private datagramListener: ((datagram: Uint8Array, from: SocketAddress) => void) | null = null;
  private errorListener: ((code: string, mtu: number | null) => void) | null = null;

  constructor(addon: NativeAddon, adapter: string | null, local: SocketAddress, fd: number) {
    this.addon = addon;
    this.adapter = adapter;
    this.local = local;
    this.fd = fd;
    try {
      this.stop = addon.readUdp(fd, (datagram, addressOrCode, portOrMtu) => {
        if (this.fd < 0) return;
        if (datagram === null) this.errorListener?.(addressOrCode, portOrMtu === 0 ? null : portOrMtu);
        else this.datagramListener?.(datagram, { address: addressOrCode, port: portOrMtu });
      });
    } catch (error) {
      addon.closeDescriptor(fd);
      throw error;
    }
  }

  send(datagram: Uint8Array, to: SocketAddress): SendResult {
    if (this.fd < 0) return 'EBADF';
    return this.addon.sendUdp(this.fd, datagram, to.address, to.port, false) ?? 'sent';
  }

  sendWhole(datagram: Uint8Array, to: SocketAddress): SendResult {
    if (this.fd < 0) return 'EBADF';
    return this.addon.sendUdp(this.fd, datagram, to.address, to.port, true) ?? 'sent';
  }

  allowFragments(allow: boolean): void {
    if (this.fd >= 0) this.addon.allowUdpFragments(this.fd, this.local.address.includes(':'), allow);
  }

  onDatagram(listener: (datagram: Uint8Array, from: SocketAddress) => void): void {
    this.datagramListener = listener;
  }

  onError(listener: (code: string, mtu: number | null) => void): void {
    this.errorListener = listener;
  }

  close(): void {
    if (this.fd < 0) return;
    const fd = this.fd;
    this.fd = -1;
    this.stop();
    this.addon.closeDescriptor(fd);
  }
}
