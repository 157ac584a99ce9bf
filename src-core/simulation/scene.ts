import { generateKeyPairSync } from 'node:crypto';
import { Connection } from '../connection/connection';
import { createCredentialsSource } from '../connection/credentials';
import { exampleProfile } from '../connection/example-profile';
import type { StatusObject } from '../connection/status';
import { createTypeScriptDataPath } from '../esp/data-path';
import { createInitiatorSession, createResponder } from '../ikev2/sa';
import type { ResponderConfig } from '../ikev2/session';
import type { NetworkSettings, TunnelSettings } from '../ports/network-settings';
import type { SecretReason } from '../ports/secrets';
import type { LogRecord } from '../ports/trace';
import type { VpnError } from '../ports/vpn-error';
import type { Profile } from '../profiles/profile';
import { EmbeddedGateway, type EmbeddedGatewayOptions } from '../gateway/gateway';
import { createGatewayIdentity, type GatewayIdentity, type KeyPair } from '../gateway/gateway-certificates';
import { PingDevice } from '../gateway/ping-device';
import { SeededRandom } from './seeded-random';
import {
  type LinkConditions,
  type NatBox,
  perfectLink,
  type SimulatedHost,
  SimulatedNetwork,
} from './simulated-network';
import { VirtualClock } from './virtual-clock';

export const gatewayAddress = '198.51.100.1';
/** Of the same machine: for whoever a false name leads to. */
export const otherAddress = '198.51.100.66';
const name = 'vpn.contoso.test';
const keys = (): KeyPair => generateKeyPairSync('ec', { namedCurve: 'P-256' });
/** Key pairs are slow to make and the same for every scene. */
const pairs = [keys(), keys()] as const;
const impostorPairs = [keys(), keys()] as const;

export interface SceneOptions {
  readonly seed?: number;
  readonly conditions?: Partial<LinkConditions>;
  readonly password?: string;
  readonly server?: string;
  readonly outageSeconds?: number;
  /** Between two pings, milliseconds. */
  readonly pingMs?: number;
  /** Of the embedded gateway. */
  readonly gateway?: Partial<ResponderConfig>;
  readonly advanced?: Partial<Profile['advanced']>;
  readonly psk?: { readonly client: string; readonly gateway: string };
  readonly mobility?: Partial<Profile['mobility']>;
  readonly proposals?: Partial<Profile['proposals']>;
}

/**
 * A whole client and a whole gateway: IKEv2, EAP, certificates, ESP and mobility, on a simulated network and a virtual
 * clock.
 */
export class Scene {
  readonly clock = new VirtualClock();
  readonly random: SeededRandom;
  readonly network: SimulatedNetwork;
  readonly host: SimulatedHost;
  readonly nat: NatBox;
  gateway: EmbeddedGateway;
  readonly connection: Connection;
  readonly statuses: StatusObject[] = [];
  readonly logs: LogRecord[] = [];
  readonly samples: (number | null)[] = [];
  readonly questions: (SecretReason | null)[] = [];
  /** The network settings asked for, the latest last. */
  readonly settings: TunnelSettings[] = [];
  clients = 0;
  readonly #gatewayHost: SimulatedHost;
  /** A gateway at the gateway's address, or at another one; what `changes` leaves out is as the right one has it. */
  readonly startGateway: (changes?: Partial<EmbeddedGatewayOptions>, address?: string) => EmbeddedGateway;
  /** The gateway's name in a certificate of an authority that the profile does not know. */
  readonly wrongIdentity: GatewayIdentity;
  /** What the gateway's name leads to. */
  resolve: () => Promise<readonly string[]> = () => Promise.resolve([gatewayAddress]);

  constructor({
    seed = 1,
    conditions = {},
    password = 'Correct-Horse-9',
    server = name,
    outageSeconds = 1800,
    pingMs = 20,
    psk,
    gateway: change = {},
    advanced = {},
    mobility = {},
    proposals = {},
  }: SceneOptions = {}) {
    this.random = new SeededRandom(seed);
    this.network = new SimulatedNetwork(this.clock, this.random.fork());
    const link = { ...perfectLink, ...conditions };
    this.nat = this.network.addNat({ outside: '203.0.113.77' });
    this.host = this.network.addHost('client');
    this.host.addAdapter({ name: 'eth0', label: 'Ethernet', addresses: ['203.0.113.5'], conditions: link });
    this.host.addAdapter({
      name: 'wlan0',
      kind: 'wifi',
      label: 'Wi-Fi',
      addresses: ['10.1.0.5'],
      behind: this.nat,
      conditions: link,
    });
    this.#gatewayHost = this.network.addHost('gateway');
    this.#gatewayHost.addAdapter({ name: 'wan', addresses: [gatewayAddress, otherAddress], conditions: perfectLink });

    const makeIdentity = (random: SeededRandom, keyPairs: typeof pairs): GatewayIdentity =>
      createGatewayIdentity({ random, now: this.clock.wallTime(), name, address: gatewayAddress, keys: keyPairs });
    const identity = makeIdentity(this.random, pairs);
    this.wrongIdentity = makeIdentity(new SeededRandom(seed), impostorPairs);
    this.startGateway = (changes = {}, address = gatewayAddress) => {
      const gateway = new EmbeddedGateway({
        clock: this.clock,
        random: this.random.fork(),
        trace: { log: () => undefined },
        createResponder,
        name,
        identity,
        accounts: { alice: 'Correct-Horse-9' },
        presharedKey: psk === undefined ? null : new TextEncoder().encode(psk.gateway),
        pool: ['10.77.0.1', '10.77.0.9'],
        innerHost: '10.99.0.1',
        network: ['10.99.0.0', '10.99.0.255'],
        change,
        onClients: (count) => {
          this.clients = count;
        },
        ...changes,
      });
      for (const localPort of [500, 4500])
        gateway.listen(this.#gatewayHost.openNow({ adapter: null, localAddress: address, localPort }));
      return gateway;
    };
    this.gateway = this.startGateway();

    const trace = { log: (record: LogRecord) => void this.logs.push(record) };
    let device: PingDevice | null = null;
    const settings: NetworkSettings = {
      openTunnel: (tunnelName) => {
        device = new PingDevice({
          clock: this.clock,
          name: tunnelName,
          target: '10.99.0.1',
          intervalMs: pingMs,
          timeoutMs: 2000,
          onSample: ({ milliseconds }) => void this.samples.push(milliseconds),
        });
        return Promise.resolve(device);
      },
      apply: (wanted) => {
        this.settings.push(wanted);
        device?.setAddress(wanted.addresses[0]?.split('/')[0] ?? null);
        return Promise.resolve({ concerns: [] });
      },
      withdraw: () => {
        device?.setAddress(null);
        return Promise.resolve();
      },
      openDhcp: () => Promise.reject(new Error('there is no DHCP here')),
      onReport: () => undefined,
      onLost: () => undefined,
    };
    this.connection = new Connection({
      profile: exampleProfile({
        name: 'Contoso',
        server,
        remoteIdentity: psk === undefined ? null : name,
        authentication: { method: psk === undefined ? 'eap-mschapv2' : 'psk', username: 'alice' },
        serverCertificate: { authorities: [identity.authority], revocation: 'off' },
        mobility: { adapterOrder: ['eth0', 'wlan0'], outageSeconds, ...mobility },
        advanced,
        proposals,
      }),
      tunnelName: 'avpn0',
      onStatus: (status) => void this.statuses.push(status),
      ports: {
        clock: this.clock,
        random: this.random.fork(),
        adapters: this.host,
        datagrams: this.host,
        resolver: { resolve: () => this.resolve() },
        networkSettings: settings,
        trace,
        credentials: createCredentialsSource({
          random: this.random.fork(),
          trace,
          secrets: {
            request: ({ reason }) => {
              this.questions.push(reason);
              return Promise.resolve(reason === null ? { secret: psk?.client ?? password, save: false } : null);
            },
          },
          acceptance: { wallTime: () => this.clock.wallTime(), systemAuthorities: () => [] },
          tls: null,
        }),
        createDataPath: () => createTypeScriptDataPath({ clock: this.clock, random: this.random.fork() }),
        createSession: (config, dependencies) => createInitiatorSession(dependencies, config),
      },
    });
  }

  /** Runs until the attempt ended; null: Connected. */
  async connect(limit = 120_000): Promise<VpnError | null> {
    let result: VpnError | null | undefined;
    this.connection.connect().then(
      () => (result = null),
      (error: unknown) => (result = error as VpnError),
    );
    await this.clock.runUntil(() => result !== undefined, limit);
    if (result === undefined) throw new Error('neither connected nor failed in time');
    return result;
  }

  get status(): StatusObject {
    return this.connection.status();
  }

  get lost(): number {
    return this.samples.filter((sample) => sample === null).length;
  }
}
