import type { NativeAddon } from '../../../native';
import type { DatagramSocket, DatagramSocketOptions, Datagrams, SendResult, SocketAddress } from '../../../src-core/ports';

/** A socket whose descriptor the native data path may read and send on. */
export interface NativeDatagramSocket extends DatagramSocket {
  /** -1 after close. */
  readonly fd: number;
}

/** UDP sockets of the addon, one a path, bound to their adapter. */
export class LinuxDatagrams implements Datagrams {
  private readonly addon: NativeAddon;

  constructor(addon: NativeAddon) {
    this.addon = addon;
  }

  async open(options: DatagramSocketOptions): Promise<NativeDatagramSocket> {
    const opened = this.addon.openUdp(options.adapter, options.localAddress, options.localPort ?? 0);
    return new UdpSocket(this.addon, options.adapter, { address: opened.address, port: opened.port }, opened.fd);
  }
}

class UdpSocket implements NativeDatagramSocket {
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
    return this.addon.sendUdp(this.fd, datagram, to.address, to.port) ?? 'sent';
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
