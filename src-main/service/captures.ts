import type { ConnectionPorts } from '../../src-core/connection/ports';
import type { IkeSession } from '../../src-core/ikev2/session';
import type { DataPath, TappedPacket, TunnelDevice } from '../../src-core/ports/data-path';
import type { DatagramSocket, SocketAddress } from '../../src-core/ports/datagrams';
import type { TracedKeys, Trace } from '../../src-core/ports/trace';
import { udpDatagram } from '../../src-core/trace/udp-datagram';
import type { Capture, CaptureFiles } from './capture-files';

/**
 * The place of one connection where a capture can be attached. While none runs, nothing is copied and no key leaves the
 * engine: `trace.keys` is not there.
 * A capture that begins on a live connection makes new keys by rekeying, because the old ones were handed to nobody.
 */
export class CapturePoint {
  readonly #ports: ConnectionPorts;
  readonly #dataPaths = new Set<DataPath>();
  readonly #sessions = new Set<IkeSession>();
  #files: CaptureFiles | null = null;

  constructor(ports: ConnectionPorts) {
    this.#ports = ports;
  }

  /** The ports that the connection shall use instead. */
  get ports(): ConnectionPorts {
    const { datagrams, createDataPath, createSession } = this.#ports;
    return {
      ...this.#ports,
      trace: this.#trace(),
      datagrams: { open: async (options) => this.#observeSocket(await datagrams.open(options)) },
      createDataPath: () => this.#observeDataPath(createDataPath()),
      createSession: (config, dependencies) => {
        const session = createSession(config, {
          ...dependencies,
          onEvent: (event) => {
            if (event.type === 'ended') this.#sessions.delete(session);
            dependencies.onEvent(event);
          },
        });
        this.#sessions.add(session);
        return session;
      },
    };
  }

  get isRunning(): boolean {
    return this.#files !== null;
  }

  /** Where none runs. The files are closed with it. */
  start(files: CaptureFiles): void {
    this.#files = files;
    for (const dataPath of this.#dataPaths) dataPath.tap?.((packet) => this.#tapped(packet));
    for (const session of this.#sessions) {
      if (session.ike === null) continue;
      for (const child of session.children) session.rekeyChild(child.spiIn);
      session.rekeyIke();
    }
  }

  stop(): Capture | null {
    const files = this.#files;
    if (files === null) return null;
    for (const dataPath of this.#dataPaths) dataPath.tap?.(null);
    this.#files = null;
    files.close(this.#ports.clock.wallTime());
    return files;
  }

  #trace(): Trace {
    const { trace } = this.#ports;
    const current = (): CaptureFiles | null => this.#files;
    return {
      log: (record) => trace.log(record),
      get keys() {
        const files = current();
        return files === null ? undefined : (keys: TracedKeys) => files.keys(keys);
      },
    };
  }

  #now(): number {
    return this.#ports.clock.wallTime();
  }

  #outer(
    direction: 'sent' | 'received',
    local: SocketAddress,
    remote: SocketAddress,
    payload: Uint8Array,
    at: number,
  ): void {
    const packet = direction === 'sent' ? udpDatagram(local, remote, payload) : udpDatagram(remote, local, payload);
    if (packet !== null) this.#files?.packet('outer', at, direction, packet);
  }

  #tapped({ kind, direction, at, bytes, path, dropped }: TappedPacket): void {
    const files = this.#files;
    if (files === null) return;
    files.dropped = dropped;
    if (kind === 'inner') files.packet('inner', at, direction, bytes);
    else if (path !== null) this.#outer(direction, path.socket.local, path.remote, bytes, at);
  }

  /** IKE always passes here; ESP only where no native data path takes it. */
  #observeSocket(inner: DatagramSocket): DatagramSocket {
    const seen = (direction: 'sent' | 'received', payload: Uint8Array, peer: SocketAddress): void => {
      if (this.#files !== null) this.#outer(direction, inner.local, peer, payload, this.#now());
    };
    const socket = {
      adapter: inner.adapter,
      local: inner.local,
      // The native data path sends on the descriptor itself.
      get fd(): unknown {
        return 'fd' in inner ? inner.fd : undefined;
      },
      send: (datagram: Uint8Array, to: SocketAddress) => {
        seen('sent', datagram, to);
        return inner.send(datagram, to);
      },
      sendWhole: (datagram: Uint8Array, to: SocketAddress) => {
        seen('sent', datagram, to);
        return inner.sendWhole(datagram, to);
      },
      allowFragments: (allow: boolean) => inner.allowFragments(allow),
      onDatagram: (listener: (datagram: Uint8Array, from: SocketAddress) => void) =>
        inner.onDatagram((datagram, from) => {
          seen('received', datagram, from);
          listener(datagram, from);
        }),
      onError: (listener: Parameters<DatagramSocket['onError']>[0]) => inner.onError(listener),
      close: () => inner.close(),
    };
    return socket;
  }

  #observeDataPath(dataPath: DataPath): DataPath {
    this.#dataPaths.add(dataPath);
    if (this.#files !== null) dataPath.tap?.((packet) => this.#tapped(packet));
    const close = dataPath.close.bind(dataPath);
    dataPath.close = () => {
      close();
      this.#dataPaths.delete(dataPath);
    };
    if (dataPath.tap !== undefined) return dataPath;
    const attach = dataPath.attachTunnel.bind(dataPath);
    dataPath.attachTunnel = (device) => attach(this.#observeDevice(device));
    return dataPath;
  }

  #observeDevice(device: TunnelDevice): TunnelDevice {
    const seen = (direction: 'sent' | 'received', packet: Uint8Array): void =>
      this.#files?.packet('inner', this.#now(), direction, packet);
    return {
      name: device.name,
      fd: device.fd,
      onPacket: (listener) =>
        device.onPacket((packet) => {
          seen('sent', packet);
          listener(packet);
        }),
      write: (packet) => {
        seen('received', packet);
        device.write(packet);
      },
      close: () => device.close(),
    };
  }
}
