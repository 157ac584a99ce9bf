import type { Adapter, AdapterKind, Adapters, RouteAnswer, RouteQuestion } from '../../src-core/ports/adapters';
import type {
  DatagramSocket,
  DatagramSocketOptions,
  Datagrams,
  SendResult,
  SocketAddress,
} from '../../src-core/ports/datagrams';
import type { DemoAdapter } from '../api/contract';

interface Plug {
  readonly name: string;
  readonly label: string;
  readonly kind: AdapterKind;
  readonly address: string;
  plugged: boolean;
}

/** Two adapters on loopback that can be unplugged: real UDP underneath, and nothing passes while the cable is out. */
export class DemoNetwork implements Adapters, Datagrams {
  readonly #datagrams: Datagrams;
  readonly #plugs: readonly Plug[] = [
    { name: 'demo-eth', label: 'Ethernet', kind: 'ethernet', address: '127.0.0.2', plugged: true },
    { name: 'demo-wlan', label: 'Wi-Fi', kind: 'wifi', address: '127.0.0.3', plugged: true },
  ];
  readonly #watchers = new Set<() => void>();

  /** `datagrams` opens sockets without an adapter. */
  constructor(datagrams: Datagrams) {
    this.#datagrams = datagrams;
  }

  get plugs(): readonly DemoAdapter[] {
    return this.#plugs.map(({ name, label, plugged }) => ({ name, label, plugged }));
  }

  /** False: there is no such adapter. */
  setPlugged(name: string, plugged: boolean): boolean {
    const plug = this.#plugs.find((entry) => entry.name === name);
    if (plug === undefined) return false;
    if (plug.plugged === plugged) return true;
    plug.plugged = plugged;
    for (const listener of [...this.#watchers]) listener();
    return true;
  }

  snapshot(): readonly Adapter[] {
    return this.#plugs.map(({ name, label, kind, address, plugged }, position) => ({
      name,
      index: position + 1,
      kind,
      label,
      up: true,
      carrier: plugged,
      mtu: 1500,
      addresses: [{ address, prefixLength: 8, family: 4, scope: 'global', temporary: false, usable: true }],
    }));
  }

  watch(listener: () => void): () => void {
    this.#watchers.add(listener);
    return () => void this.#watchers.delete(listener);
  }

  lookupRoute({ destination, adapter, source }: RouteQuestion): RouteAnswer | null {
    if (!destination.startsWith('127.')) return null;
    const plug = this.#plugs.find(
      (entry) =>
        (adapter === undefined || entry.name === adapter) && (source === undefined || entry.address === source),
    );
    return plug === undefined ? null : { adapter: plug.name, source: plug.address, nextHop: null, mtu: 1500 };
  }

  async open(options: DatagramSocketOptions): Promise<DatagramSocket> {
    const plug = this.#plugs.find((entry) => entry.name === options.adapter);
    if (plug === undefined || plug.address !== options.localAddress)
      throw Object.assign(new Error('there is no such demo adapter'), { code: 'ENODEV' });
    return new DemoSocket(await this.#datagrams.open({ ...options, adapter: null }), plug);
  }
}

class DemoSocket implements DatagramSocket {
  readonly adapter: string;
  readonly local: SocketAddress;
  readonly #inner: DatagramSocket;
  readonly #plug: Plug;

  constructor(inner: DatagramSocket, plug: Plug) {
    this.#inner = inner;
    this.#plug = plug;
    this.adapter = plug.name;
    this.local = inner.local;
  }

  /** As with a pulled cable: the system takes the datagram and nobody gets it. */
  send(datagram: Uint8Array, to: SocketAddress): SendResult {
    return this.#plug.plugged ? this.#inner.send(datagram, to) : 'sent';
  }

  sendWhole(datagram: Uint8Array, to: SocketAddress): SendResult {
    return this.#plug.plugged ? this.#inner.sendWhole(datagram, to) : 'sent';
  }

  allowFragments(allow: boolean): void {
    this.#inner.allowFragments(allow);
  }

  onDatagram(listener: (datagram: Uint8Array, from: SocketAddress) => void): void {
    this.#inner.onDatagram((datagram, from) => {
      if (this.#plug.plugged) listener(datagram, from);
    });
  }

  onError(listener: (code: string, mtu: number | null) => void): void {
    this.#inner.onError(listener);
  }

  close(): void {
    this.#inner.close();
  }
}
