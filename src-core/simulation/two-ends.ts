import { utf8Encode } from '../bytes';
import { createInitiatorSession } from '../ikev2/sa/initiator-session';
import { createResponder } from '../ikev2/sa/responder';
import { everyIpv4, everyIpv6 } from '../ikev2/exchanges/traffic-selectors';
import type {
  AddressRequest,
  IkePath,
  IkeSession,
  IkeSessionConfig,
  IkeSessionEvent,
  Responder,
  ResponderConfig,
} from '../ikev2/session';
import type { SocketAddress } from '../ports/datagrams';
import type { LogRecord, Trace } from '../ports/trace';
import { RecordingDataPath } from './recording-data-path';
import { SeededRandom } from './seeded-random';
import {
  type LinkConditions,
  type NatBox,
  type SimulatedHost,
  SimulatedNetwork,
  type SimulatedSocket,
} from './simulated-network';
import { VirtualClock } from './virtual-clock';

export const simulatedPsk = utf8Encode('a pre-shared key of some length');
export const gatewayAddress = '192.0.2.1';
export const secondGatewayAddress = '192.0.2.2';

export interface TwoEndsOptions {
  readonly seed?: number;
  readonly client?: Partial<IkeSessionConfig>;
  readonly gateway?: Partial<ResponderConfig>;
  /** Of the client's both adapters. */
  readonly conditions?: Partial<LinkConditions>;
}

/**
 * A client with two adapters ("eth0" on the Internet, "wlan0" behind a NAT box) and a gateway with two addresses, both
 * with the real engine,
 * on a simulated network and a virtual clock.
 */
export class TwoEnds {
  readonly clock = new VirtualClock();
  readonly random: SeededRandom;
  readonly network: SimulatedNetwork;
  readonly nat: NatBox;
  readonly clientHost: SimulatedHost;
  readonly gatewayHost: SimulatedHost;
  readonly clientData: RecordingDataPath;
  readonly gatewayData: RecordingDataPath[] = [];
  readonly events: IkeSessionEvent[] = [];
  readonly gatewayEvents: IkeSessionEvent[] = [];
  readonly logs: LogRecord[] = [];
  /** What both ends did and when, for a person who looks into a failed schedule. */
  readonly timeline: { readonly at: number; readonly text: string }[] = [];
  readonly client: IkeSession;
  readonly responder: Responder;
  /** Paths over eth0 and wlan0 to the gateway's port 4500. */
  readonly ethernet: IkePath;
  readonly wifi: IkePath;
  readonly #trace: Trace = {
    log: (record) => {
      this.logs.push(record);
      this.#note('client', record);
    },
  };

  constructor(options: TwoEndsOptions = {}) {
    this.random = new SeededRandom(options.seed ?? 1);
    this.network = new SimulatedNetwork(this.clock, this.random.fork());
    this.nat = this.network.addNat({ outside: '198.51.100.1' });
    this.clientHost = this.network.addHost('client');
    const conditions = options.conditions === undefined ? {} : { conditions: options.conditions };
    this.clientHost.addAdapter({ name: 'eth0', addresses: ['203.0.113.5'], ...conditions });
    this.clientHost.addAdapter({ name: 'wlan0', addresses: ['10.1.0.5'], behind: this.nat, ...conditions });
    this.gatewayHost = this.network.addHost('gateway');
    this.gatewayHost.addAdapter({ name: 'eth0', addresses: [gatewayAddress, secondGatewayAddress] });
    this.clientData = new RecordingDataPath(this.clock);
    this.client = createInitiatorSession(
      {
        clock: this.clock,
        random: this.random.fork(),
        dataPath: this.clientData,
        trace: this.#trace,
        onEvent: (event) => this.#event('client', this.events, event),
      },
      { ...clientDefaults, ...options.client },
    );
    let nextHost = 1;
    const assign = (request: AddressRequest) => {
      const previous = request.previousAddresses.find((address) => address.startsWith('10.77.'));
      return {
        type: 'assigned' as const,
        configuration: {
          ipv4Addresses: request.ipv4 ? [previous ?? `10.77.0.${String(nextHost++)}`] : [],
          ipv6Addresses: request.ipv6 ? [{ address: 'fd77::1', prefixLength: 128 }] : [],
          dnsServers: ['10.77.255.53'],
          subnets: [],
          dnsDomains: [],
          dhcpServers: [],
        },
      };
    };
    this.responder = createResponder(
      {
        clock: this.clock,
        random: this.random.fork(),
        trace: { log: (record) => this.#note('gateway', record) },
        accept: () => {
          const dataPath = new RecordingDataPath(this.clock);
          this.gatewayData.push(dataPath);
          return { dataPath, onEvent: (event) => this.#event('gateway', this.gatewayEvents, event) };
        },
      },
      { ...gatewayDefaults, assign, ...options.gateway },
    );
    for (const address of [gatewayAddress, secondGatewayAddress]) {
      for (const localPort of [500, 4500])
        this.#listen(this.gatewayHost.openNow({ adapter: null, localAddress: address, localPort }));
    }
    this.ethernet = this.clientPath('eth0', '203.0.113.5');
    this.wifi = this.clientPath('wlan0', '10.1.0.5');
  }

  /** The gateway's session of the client, once it is authenticated. */
  get gateway(): IkeSession {
    const session = this.responder.sessions.at(-1);
    if (session === undefined) throw new Error('the gateway has no authenticated client');
    return session;
  }

  get gatewayPath(): RecordingDataPath {
    const dataPath = this.gatewayData.at(-1);
    if (dataPath === undefined) throw new Error('the gateway has no authenticated client');
    return dataPath;
  }

  /** A fresh client socket on an adapter, wired to the session and the data path. */
  clientPath(
    adapter: string,
    localAddress: string,
    remote: SocketAddress = { address: gatewayAddress, port: 4500 },
  ): IkePath {
    const socket = this.clientHost.openNow({ adapter, localAddress });
    socket.onDatagram((datagram, from) => {
      if (!this.client.receive(datagram, { socket, remote: from })) this.clientData.receive(datagram, from);
    });
    return { socket, remote };
  }

  /** Another session from a socket of its own, with the first one's configuration but for `changes`. */
  secondClient(changes: Partial<IkeSessionConfig>): { readonly session: IkeSession; connect(): void } {
    const socket = this.clientHost.openNow({ adapter: 'eth0', localAddress: '203.0.113.5' });
    const dataPath = new RecordingDataPath(this.clock);
    const session = createInitiatorSession(
      { clock: this.clock, random: this.random.fork(), dataPath, trace: this.#trace, onEvent: () => undefined },
      { ...clientDefaults, ...changes },
    );
    socket.onDatagram((datagram, from) => session.receive(datagram, { socket, remote: from }));
    return { session, connect: () => session.connect({ socket, remote: { address: gatewayAddress, port: 500 } }, []) };
  }

  /** The same socket to another port or address. */
  to(path: IkePath, port: number, address: string = path.remote.address): IkePath {
    return { socket: path.socket, remote: { address, port } };
  }

  /** Connects from eth0 and runs until it is up. Throws with the reason when it does not come up. */
  async connect(
    path: IkePath = this.to(this.ethernet, 500),
    alternatives: readonly IkePath[] = [],
    limit = 60_000,
  ): Promise<void> {
    this.client.connect(path, alternatives);
    await this.clock.runUntil(() => this.events.some(({ type }) => type === 'established' || type === 'ended'), limit);
    const ended = this.events.find((event) => event.type === 'ended');
    if (ended !== undefined)
      throw new Error(`not connected: ${ended.error?.message ?? 'ended'} (${ended.error?.detail ?? ''})`);
    if (!this.events.some(({ type }) => type === 'established')) throw new Error('not connected in time');
  }

  event<T extends IkeSessionEvent['type']>(type: T): Extract<IkeSessionEvent, { type: T }> | undefined {
    return this.events.findLast((event): event is Extract<IkeSessionEvent, { type: T }> => event.type === type);
  }

  /** How many test packets arrive at the other end out of one each way now. */
  async exchangePackets(): Promise<{ up: number; down: number }> {
    let up = 0;
    let down = 0;
    this.gatewayPath.onReceived = () => up++;
    this.clientData.onReceived = () => down++;
    this.clientData.sendTestPacket(Uint8Array.of(1));
    this.gatewayPath.sendTestPacket(Uint8Array.of(2));
    await this.clock.run(200);
    return { up, down };
  }

  #note(end: string, { text, exchange }: LogRecord): void {
    const payloads =
      exchange?.payloads
        .map(
          ({ name, fields }) => `${name}${fields.length > 0 ? `(${fields.map(({ value }) => value).join(' ')})` : ''}`,
        )
        .join(' ') ?? '';
    this.timeline.push({ at: this.clock.now(), text: `${end}: ${text} ${payloads}` });
  }

  #event(end: string, list: IkeSessionEvent[], event: IkeSessionEvent): void {
    list.push(event);
    this.timeline.push({ at: this.clock.now(), text: `${end}: event ${event.type}` });
  }

  #listen(socket: SimulatedSocket): void {
    socket.onDatagram((datagram, from) => {
      // On port 4500 a datagram that does not begin with the non-ESP marker is ESP.
      const esp =
        socket.local.port === 4500 &&
        datagram.length > 8 &&
        (datagram[0] ?? 0) + (datagram[1] ?? 0) + (datagram[2] ?? 0) + (datagram[3] ?? 0) !== 0;
      if (esp) {
        const spi = new DataView(datagram.buffer, datagram.byteOffset).getUint32(0);
        (this.gatewayData.find((dataPath) => dataPath.inbound.has(spi)) ?? this.gatewayData.at(-1))?.receive(
          datagram,
          from,
        );
      } else this.responder.receive(datagram, { socket, remote: from });
    });
  }
}

const clientDefaults: IkeSessionConfig = {
  ikeProposals: ['aes256gcm16-prfsha256-x25519'],
  espProposals: ['aes256gcm16'],
  localIdentity: { type: 'rfc822', value: utf8Encode('user@example.com') },
  remoteIdentity: null,
  local: { method: 'psk', secret: simulatedPsk },
  peer: { method: 'psk', secret: simulatedPsk, identity: null },
  requestIpv4: true,
  requestIpv6: false,
  previousAddresses: [],
  mobike: true,
  fragmentation: true,
  initialContact: false,
  livenessSeconds: 20,
  ikeLifetimeSeconds: 14_400,
  childLifetimeSeconds: 3600,
  natKeepaliveSeconds: 20,
  retransmitBudgetMs: 1_800_000,
};

const gatewayDefaults: Omit<ResponderConfig, 'assign'> = {
  ikeProposals: ['aes256gcm16-prfsha256-x25519', 'aes128-sha256-modp2048-ecp256'],
  espProposals: ['aes256gcm16', 'aes128-sha256'],
  localIdentity: { type: 'fqdn', value: utf8Encode('vpn.example.com') },
  signature: null,
  clients: { psk: () => simulatedPsk, certificate: null, eap: null },
  localSelectors: [everyIpv4, everyIpv6],
  mobike: true,
  fragmentation: true,
  livenessSeconds: 60,
  ikeLifetimeSeconds: 86_400,
  childLifetimeSeconds: 28_800,
  retransmitBudgetMs: 1_800_000,
  cookieThreshold: null,
  authLifetimeSeconds: null,
  additionalAddresses: [],
};
