import type { Adapter, AdapterAddress, AdapterKind, Adapters, RouteAnswer, RouteQuestion } from '../ports/adapters';
import type { Clock } from '../ports/clock';
import type { Datagrams, DatagramSocket, DatagramSocketOptions, SendResult, SocketAddress } from '../ports/datagrams';
import type { SeededRandom } from './seeded-random';

/** What happens to datagrams on one link, each direction alike. Probabilities 0..1, times in milliseconds. */
export interface LinkConditions {
  readonly latency: number;
  /** Extra delay 0..jitter, uniform: more than the gap between two datagrams reorders them. */
  readonly jitter: number;
  readonly loss: number;
  readonly duplicate: number;
  /** Probability that a datagram is held back `reorderDelay` more. */
  readonly reorder: number;
  readonly reorderDelay: number;
  /** Whole IP datagram, octets. null: no limit. */
  readonly mtu: number | null;
  /** Whether larger ones that may be divided arrive in fragments; otherwise they vanish. IPv6 has no such routers. */
  readonly fragments: boolean;
  /** Whether the sender is told of larger ones that may not be divided (ICMP). */
  readonly icmp: boolean;
}

export const perfectLink: LinkConditions = {
  latency: 1,
  jitter: 0,
  loss: 0,
  duplicate: 0,
  reorder: 0,
  reorderDelay: 0,
  mtu: null,
  fragments: false,
  icmp: false,
};

export interface SimulatedDatagram {
  readonly from: SocketAddress;
  readonly to: SocketAddress;
  readonly bytes: Uint8Array;
  /** One IP packet that nobody may divide. */
  readonly whole?: boolean;
}

export type Fate = 'pass' | 'drop';

interface Endpoint {
  arrive(datagram: SimulatedDatagram): void;
}

/**
 * A flat Internet: public addresses belong to adapters or to NAT boxes; adapters hang on the Internet or behind a NAT
 * box.
 * Everything that is left to chance comes from the one seeded random source.
 */
export class SimulatedNetwork {
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #taps = new Set<(datagram: SimulatedDatagram) => void>();
  /** Judges each datagram as it crosses the Internet (after source NAT); replace it to lose chosen messages. */
  filter: (datagram: SimulatedDatagram) => Fate = () => 'pass';
  /** Datagrams that crossed the Internet. */
  carried = 0;

  constructor(clock: Clock, random: SeededRandom) {
    this.clock = clock;
    this.random = random;
  }

  addHost(name: string): SimulatedHost {
    return new SimulatedHost(this, name);
  }

  addNat(options: {
    readonly outside: string;
    readonly filtering?: 'none' | 'address' | 'address-and-port';
    readonly mappingLifetime?: number | null;
  }): NatBox {
    return new NatBox(this, options.outside, options.filtering ?? 'address-and-port', options.mappingLifetime ?? null);
  }

  /** Sees each datagram that the filter let pass. Returns the unsubscribe function. */
  tap(listener: (datagram: SimulatedDatagram) => void): () => void {
    this.#taps.add(listener);
    return () => this.#taps.delete(listener);
  }

  /** Puts a datagram on the Internet as if it came from anywhere: the attacker. */
  inject(datagram: SimulatedDatagram): void {
    this.#endpoints.get(datagram.to.address)?.arrive({ ...datagram, bytes: datagram.bytes.slice() });
  }

  /** @internal */
  claim(address: string, endpoint: Endpoint): void {
    this.#endpoints.set(address, endpoint);
  }

  /** @internal */
  release(address: string, endpoint: Endpoint): void {
    if (this.#endpoints.get(address) === endpoint) this.#endpoints.delete(address);
  }

  /** @internal */
  cross(datagram: SimulatedDatagram): void {
    if (this.filter(datagram) === 'drop') return;
    this.carried++;
    for (const listener of this.#taps) listener(datagram);
    this.#endpoints.get(datagram.to.address)?.arrive(datagram);
  }

  /** @internal Runs a datagram over one link; `tooBig` tells its sender. */
  over(
    conditions: LinkConditions,
    datagram: SimulatedDatagram,
    deliver: (datagram: SimulatedDatagram) => void,
    tooBig: (mtu: number) => void = () => undefined,
  ): void {
    const six = datagram.to.address.includes(':');
    const { mtu } = conditions;
    if (mtu !== null && datagram.bytes.length + (six ? 48 : 28) > mtu) {
      const divisible = !six && datagram.whole !== true;
      if (!divisible && conditions.icmp)
        this.clock.setTimer(2 * conditions.latency, 'packet too big', () => tooBig(mtu));
      if (!divisible || !conditions.fragments) return;
    }
    const copies = this.random.chance(conditions.duplicate) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (this.random.chance(conditions.loss)) continue;
      let delay = conditions.latency;
      if (conditions.jitter > 0) delay += conditions.jitter * this.random.fraction();
      if (this.random.chance(conditions.reorder)) delay += conditions.reorderDelay;
      this.clock.setTimer(delay, 'datagram', () => deliver({ ...datagram, bytes: datagram.bytes.slice() }));
    }
  }
}

/** A NAT box with endpoint-independent mapping; mappings can be forgotten to rebind every flow behind it. */
export class NatBox implements Endpoint {
  readonly #network: SimulatedNetwork;
  readonly #filtering: 'none' | 'address' | 'address-and-port';
  readonly #lifetime: number | null;
  #outside: string;
  #nextPort = 40_000;
  readonly #byInside = new Map<
    string,
    { readonly inside: SocketAddress; readonly port: number; readonly contacted: Set<string>; lastUsed: number }
  >();
  readonly #byPort = new Map<number, string>();
  readonly #inside = new Map<string, SimulatedAdapter>();

  constructor(
    network: SimulatedNetwork,
    outside: string,
    filtering: 'none' | 'address' | 'address-and-port',
    lifetime: number | null,
  ) {
    this.#network = network;
    this.#outside = outside;
    this.#filtering = filtering;
    this.#lifetime = lifetime;
    network.claim(outside, this);
  }

  get outside(): string {
    return this.#outside;
  }

  /** Forgets every mapping: the next datagram of each flow gets another port, and a new outside address when given. */
  rebind(outside?: string): void {
    this.#byInside.clear();
    this.#byPort.clear();
    if (outside !== undefined && outside !== this.#outside) {
      this.#network.release(this.#outside, this);
      this.#outside = outside;
      this.#network.claim(outside, this);
    }
  }

  /** @internal */
  attach(address: string, adapter: SimulatedAdapter): void {
    this.#inside.set(address, adapter);
  }

  /** @internal */
  detach(address: string): void {
    this.#inside.delete(address);
  }

  /** @internal */
  leave(datagram: SimulatedDatagram): void {
    const key = endpointKey(datagram.from);
    let mapping = this.#byInside.get(key);
    const now = this.#network.clock.now();
    if (mapping !== undefined && this.#lifetime !== null && now - mapping.lastUsed > this.#lifetime) {
      this.#byInside.delete(key);
      this.#byPort.delete(mapping.port);
      mapping = undefined;
    }
    if (mapping === undefined) {
      mapping = { inside: datagram.from, port: this.#nextPort++, contacted: new Set(), lastUsed: now };
      this.#byInside.set(key, mapping);
      this.#byPort.set(mapping.port, key);
    }
    mapping.lastUsed = now;
    mapping.contacted.add(this.#contact(datagram.to));
    this.#network.cross({
      from: { address: this.#outside, port: mapping.port },
      to: datagram.to,
      bytes: datagram.bytes,
      ...(datagram.whole === undefined ? {} : { whole: datagram.whole }),
    });
  }

  arrive(datagram: SimulatedDatagram): void {
    const mapping = this.#byInside.get(this.#byPort.get(datagram.to.port) ?? '');
    if (mapping === undefined) return;
    if (this.#lifetime !== null && this.#network.clock.now() - mapping.lastUsed > this.#lifetime) return;
    if (this.#filtering !== 'none' && !mapping.contacted.has(this.#contact(datagram.from))) return;
    this.#inside.get(mapping.inside.address)?.arrive({ ...datagram, to: mapping.inside });
  }

  #contact(remote: SocketAddress): string {
    return this.#filtering === 'address-and-port' ? endpointKey(remote) : remote.address;
  }
}

export interface AdapterOptions {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly kind?: AdapterKind;
  readonly label?: string;
  /** Lower is preferred, as a route metric. */
  readonly metric?: number;
  /** Where it hangs; absent: directly on the Internet. */
  readonly behind?: NatBox;
  readonly conditions?: Partial<LinkConditions>;
  readonly mtu?: number;
}

export class SimulatedAdapter implements Endpoint {
  readonly host: SimulatedHost;
  readonly name: string;
  readonly index: number;
  readonly kind: AdapterKind;
  readonly label: string;
  readonly mtu: number;
  metric: number;
  conditions: LinkConditions;
  #addresses: string[];
  #up = true;
  #carrier = true;
  readonly #network: SimulatedNetwork;
  #behind: NatBox | null;

  constructor(network: SimulatedNetwork, host: SimulatedHost, index: number, options: AdapterOptions) {
    this.#network = network;
    this.host = host;
    this.index = index;
    this.name = options.name;
    this.kind = options.kind ?? 'ethernet';
    this.label = options.label ?? options.name;
    this.metric = options.metric ?? index * 100;
    this.mtu = options.mtu ?? 1500;
    this.conditions = { ...perfectLink, ...options.conditions };
    this.#behind = options.behind ?? null;
    this.#addresses = [...options.addresses];
    for (const address of this.#addresses) this.#attach(address);
  }

  get up(): boolean {
    return this.#up;
  }

  get carrier(): boolean {
    return this.#carrier;
  }

  get addresses(): readonly string[] {
    return this.#up ? this.#addresses : [];
  }

  /** Administratively down: its addresses and routes are gone, sockets bound to it get errors. */
  setUp(up: boolean): void {
    if (this.#up === up) return;
    this.#up = up;
    for (const address of this.#addresses) {
      if (up) this.#attach(address);
      else this.#detach(address);
    }
    this.host.changed();
  }

  /** The cable or the association. Without it addresses and routes stay, and datagrams vanish. */
  setCarrier(carrier: boolean): void {
    if (this.#carrier === carrier) return;
    this.#carrier = carrier;
    this.host.changed();
  }

  setAddresses(addresses: readonly string[]): void {
    if (this.#up) for (const address of this.#addresses) this.#detach(address);
    this.#addresses = [...addresses];
    if (this.#up) for (const address of this.#addresses) this.#attach(address);
    this.host.changed();
  }

  /** Moves the adapter to another network. */
  setBehind(nat: NatBox | null): void {
    for (const address of this.#addresses) this.#detach(address);
    this.#behind = nat;
    if (this.#up) for (const address of this.#addresses) this.#attach(address);
    this.host.changed();
  }

  /** Changes conditions from now on. */
  setConditions(conditions: Partial<LinkConditions>): void {
    this.conditions = { ...this.conditions, ...conditions };
  }

  /** @internal */
  transmit(datagram: SimulatedDatagram): void {
    if (!this.#carrier) return;
    this.#network.over(
      this.conditions,
      datagram,
      (copy) => {
        if (!this.#carrier || !this.#up) return;
        if (this.#behind === null) this.#network.cross(copy);
        else this.#behind.leave(copy);
      },
      (mtu) => this.host.tell(datagram.from, 'EMSGSIZE', mtu),
    );
  }

  arrive(datagram: SimulatedDatagram): void {
    if (!this.#carrier || !this.#up) return;
    this.#network.over(this.conditions, datagram, (copy) => {
      if (this.#carrier && this.#up) this.host.deliver(copy);
    });
  }

  #attach(address: string): void {
    if (this.#behind === null) this.#network.claim(address, this);
    else this.#behind.attach(address, this);
  }

  #detach(address: string): void {
    if (this.#behind === null) this.#network.release(address, this);
    else this.#behind.detach(address);
  }
}

/** One machine: adapters in, the ports Datagrams and Adapters out. */
export class SimulatedHost implements Datagrams, Adapters {
  readonly name: string;
  readonly #network: SimulatedNetwork;
  readonly #adapters: SimulatedAdapter[] = [];
  readonly #sockets = new Map<string, SimulatedSocket>();
  readonly #watchers = new Set<() => void>();
  #nextPort = 50_000;

  constructor(network: SimulatedNetwork, name: string) {
    this.#network = network;
    this.name = name;
  }

  addAdapter(options: AdapterOptions): SimulatedAdapter {
    const adapter = new SimulatedAdapter(this.#network, this, this.#adapters.length + 1, options);
    this.#adapters.push(adapter);
    this.changed();
    return adapter;
  }

  adapter(name: string): SimulatedAdapter {
    const found = this.#adapters.find((adapter) => adapter.name === name);
    if (found === undefined) throw new RangeError(`${this.name} has no adapter ${name}`);
    return found;
  }

  /** As `open`, without the promise. */
  openNow(options: DatagramSocketOptions): SimulatedSocket {
    const adapter = this.#adapters.find(
      (candidate) =>
        candidate.addresses.includes(options.localAddress) &&
        (options.adapter === null || candidate.name === options.adapter),
    );
    if (adapter === undefined)
      throw Object.assign(new Error(`${options.localAddress} is not an address of ${this.name}`), {
        code: 'EADDRNOTAVAIL',
      });
    let port = options.localPort ?? 0;
    if (port === 0) {
      do port = this.#nextPort++;
      while (this.#sockets.has(endpointKey({ address: options.localAddress, port })));
    }
    const local = { address: options.localAddress, port };
    if (this.#sockets.has(endpointKey(local)))
      throw Object.assign(new Error(`port ${String(port)} is in use`), { code: 'EADDRINUSE' });
    const socket = new SimulatedSocket(this, adapter, options.adapter, local);
    this.#sockets.set(endpointKey(local), socket);
    return socket;
  }

  open(options: DatagramSocketOptions): Promise<DatagramSocket> {
    try {
      return Promise.resolve(this.openNow(options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  snapshot(): readonly Adapter[] {
    return this.#adapters.map((adapter) => ({
      name: adapter.name,
      index: adapter.index,
      kind: adapter.kind,
      label: adapter.label,
      up: adapter.up,
      carrier: adapter.up && adapter.carrier,
      mtu: adapter.mtu,
      addresses: adapter.addresses.map(describeAddress),
    }));
  }

  watch(listener: () => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  /** As the kernel: the lowest metric wins, and a route stays while only the carrier is lost. */
  lookupRoute(question: RouteQuestion): RouteAnswer | null {
    const six = question.destination.includes(':');
    const candidates = this.#adapters
      .filter((adapter) => adapter.up && (question.adapter === undefined || adapter.name === question.adapter))
      .sort((a, b) => a.metric - b.metric);
    for (const adapter of candidates) {
      const source = adapter.addresses.find(
        (address) => address.includes(':') === six && (question.source === undefined || address === question.source),
      );
      if (source !== undefined) return { adapter: adapter.name, source, nextHop: null, mtu: adapter.mtu };
    }
    return null;
  }

  /** As ICMP messages about every socket would: hints that anybody can forge. */
  reportErrors(code: string): void {
    for (const socket of this.#sockets.values()) socket.reportError(code);
  }

  /** @internal Tells the watchers, after the change as a kernel would. */
  changed(): void {
    if (this.#watchers.size === 0) return;
    this.#network.clock.setTimer(0, 'adapter-event', () => {
      for (const listener of [...this.#watchers]) listener();
    });
  }

  /** @internal */
  deliver(datagram: SimulatedDatagram): void {
    this.#sockets.get(endpointKey(datagram.to))?.deliver(datagram);
  }

  /** @internal As an ICMP message about a datagram from there would. */
  tell(from: SocketAddress, code: string, mtu: number | null): void {
    this.#sockets.get(endpointKey(from))?.reportError(code, mtu);
  }

  /** @internal */
  forget(socket: SimulatedSocket): void {
    const key = endpointKey(socket.local);
    if (this.#sockets.get(key) === socket) this.#sockets.delete(key);
  }
}

export class SimulatedSocket implements DatagramSocket {
  readonly adapter: string | null;
  readonly local: SocketAddress;
  /** What `allowFragments` said last; the simulated IPv6 divides nothing. */
  fragmentsAllowed = false;
  readonly #host: SimulatedHost;
  readonly #device: SimulatedAdapter;
  #listener: ((datagram: Uint8Array, from: SocketAddress) => void) | null = null;
  #errorListener: ((code: string, mtu: number | null) => void) | null = null;
  #closed = false;

  constructor(host: SimulatedHost, device: SimulatedAdapter, adapter: string | null, local: SocketAddress) {
    this.#host = host;
    this.#device = device;
    this.adapter = adapter;
    this.local = local;
  }

  send(datagram: Uint8Array, to: SocketAddress): SendResult {
    return this.#send({ from: this.local, to, bytes: datagram.slice() });
  }

  sendWhole(datagram: Uint8Array, to: SocketAddress): SendResult {
    if (datagram.length + (to.address.includes(':') ? 48 : 28) > this.#device.mtu) return 'EMSGSIZE';
    return this.#send({ from: this.local, to, bytes: datagram.slice(), whole: true });
  }

  allowFragments(allow: boolean): void {
    this.fragmentsAllowed = allow;
  }

  #send(datagram: SimulatedDatagram): SendResult {
    if (this.#closed) return 'EBADF';
    if (!this.#device.up) return 'ENETUNREACH';
    if (!this.#device.addresses.includes(this.local.address)) return 'EADDRNOTAVAIL';
    this.#device.transmit(datagram);
    return 'sent';
  }

  onDatagram(listener: (datagram: Uint8Array, from: SocketAddress) => void): void {
    this.#listener = listener;
  }

  onError(listener: (code: string, mtu: number | null) => void): void {
    this.#errorListener = listener;
  }

  /** As an ICMP message would: a hint that anybody can forge. */
  reportError(code: string, mtu: number | null = null): void {
    this.#errorListener?.(code, mtu);
  }

  close(): void {
    this.#closed = true;
    this.#listener = null;
    this.#errorListener = null;
    this.#host.forget(this);
  }

  /** @internal */
  deliver(datagram: SimulatedDatagram): void {
    this.#listener?.(datagram.bytes, datagram.from);
  }
}

function endpointKey(address: SocketAddress): string {
  return `${address.address}#${String(address.port)}`;
}

function describeAddress(address: string): AdapterAddress {
  const six = address.includes(':');
  return {
    address,
    prefixLength: six ? 64 : 24,
    family: six ? 6 : 4,
    scope: address.toLowerCase().startsWith('fe80:')
      ? 'link'
      : address.startsWith('127.') || address === '::1'
        ? 'host'
        : 'global',
    temporary: false,
    usable: true,
  };
}
