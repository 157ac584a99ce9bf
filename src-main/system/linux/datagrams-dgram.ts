import { createSocket, type Socket } from 'node:dgram';
import type {
  DatagramSocket,
  DatagramSocketOptions,
  Datagrams,
  SendResult,
  SocketAddress,
} from '../../../src-core/ports';

/**
 * UDP by Node alone, for machines without the addon: enough for the demo on loopback. Node cannot bind to an adapter
 * without
 * the addon, so `adapter` other than null is refused (EOPNOTSUPP) rather than ignored: a packet could leave through the
 * wrong one.
 */
export class NodeDatagrams implements Datagrams {
  open(options: DatagramSocketOptions): Promise<DatagramSocket> {
    if (options.adapter !== null) {
      return Promise.reject(
        Object.assign(new Error('binding to an adapter needs the native addon'), { code: 'EOPNOTSUPP' }),
      );
    }
    const socket = createSocket({
      type: options.localAddress.includes(':') ? 'udp6' : 'udp4',
      ipv6Only: options.localAddress.includes(':'),
    });
    return new Promise((resolve, reject) => {
      const failed = (error: Error): void => {
        socket.close();
        reject(error);
      };
      socket.once('error', failed);
      socket.bind({ address: options.localAddress, port: options.localPort ?? 0 }, () => {
        socket.off('error', failed);
        resolve(new NodeDatagramSocket(socket));
      });
    });
  }
}

class NodeDatagramSocket implements DatagramSocket {
  readonly adapter = null;
  readonly local: SocketAddress;
  private readonly socket: Socket;
  private open = true;
  private errorListener: ((code: string, mtu: number | null) => void) | null = null;

  constructor(socket: Socket) {
    this.socket = socket;
    const { address, port } = socket.address();
    this.local = { address, port };
    socket.on('error', (error: NodeJS.ErrnoException) => this.errorListener?.(error.code ?? 'EIO', null));
  }

  send(datagram: Uint8Array, to: SocketAddress): SendResult {
    if (!this.open) return 'EBADF';
    if (to.port === 0) return 'EINVAL';
    // Node sends later: a refusal comes as a path error.
    this.socket.send(datagram, to.port, to.address, (error) => {
      if (error !== null && this.open) this.errorListener?.((error as NodeJS.ErrnoException).code ?? 'EIO', null);
    });
    return 'sent';
  }

  /** Node has no way to set DF. */
  sendWhole(): SendResult {
    return 'EOPNOTSUPP';
  }

  allowFragments(): void {
    // Without the addon the kernel decides by what it has learned.
  }

  onDatagram(listener: (datagram: Uint8Array, from: SocketAddress) => void): void {
    this.socket.removeAllListeners('message');
    this.socket.on('message', (message, from) =>
      listener(new Uint8Array(message.buffer, message.byteOffset, message.byteLength), {
        address: from.address,
        port: from.port,
      }),
    );
  }

  onError(listener: (code: string, mtu: number | null) => void): void {
    this.errorListener = listener;
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    this.socket.close();
  }
}
