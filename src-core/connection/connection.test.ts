import { beforeEach, describe, expect, it } from 'vitest';
import type {
  IkePath,
  IkeSession,
  IkeSessionConfig,
  IkeSessionDependencies,
  IkeSessionEvent,
  SizeAnswer,
  SizeQuestion,
} from '../ikev2/session';
import type { NetworkSettings, SettingsReport, TunnelSettings } from '../ports/network-settings';
import type { TunnelDevice } from '../ports/data-path';
import type { SecretReason } from '../ports/secrets';
import { testRoot } from '../pki/testing';
import { UnknownServer } from '../pki/unknown-server';
import { TokenError } from '../ports/tokens';
import type { DatagramSocket } from '../ports/datagrams';
import { VpnError, type VpnErrorSymbol } from '../ports/vpn-error';
import type { LogRecord } from '../ports/trace';
import {
  perfectLink,
  RecordingDataPath,
  SeededRandom,
  SimulatedNetwork,
  VirtualClock,
  type SimulatedHost,
} from '../simulation';
import type { Profile } from '../profiles/profile';
import { Connection } from './connection';
import type { SessionCredentials } from './ports';
import type { StatusObject } from './status';
import { exampleProfile } from './example-profile';

const gateway = '10.10.0.1';

/** A session whose answers the test gives. */
class ScriptedSession implements IkeSession {
  readonly config: IkeSessionConfig;
  readonly dependencies: IkeSessionDependencies;
  readonly connects: { readonly path: IkePath; readonly alternatives: readonly IkePath[] }[] = [];
  path: IkePath | null = null;
  ike: IkeSession['ike'] = null;
  children: IkeSession['children'] = [];
  lastHeardAt: number | null = null;
  closed: 'no' | 'deleted' | 'abandoned' = 'no';
  /** What a size probe finds; `unsupported`: a gateway without IKE fragmentation. */
  sizeAnswer: (question: SizeQuestion) => SizeAnswer = () => ({ outcome: 'unsupported', octets: 0 });
  readonly sizeQuestions: SizeQuestion[] = [];

  constructor(config: IkeSessionConfig, dependencies: IkeSessionDependencies) {
    this.config = config;
    this.dependencies = dependencies;
  }

  emit(event: IkeSessionEvent): void {
    this.dependencies.onEvent(event);
  }

  connect(path: IkePath, alternatives: readonly IkePath[]): void {
    this.connects.push({ path, alternatives });
    this.path = path;
    this.emit({ type: 'progress', phase: 'init' });
  }

  establish(
    more: Partial<Extract<IkeSessionEvent, { type: 'established' }>> = {},
    remoteSelectors?: IkeSession['children'][number]['remoteSelectors'],
  ): void {
    this.path = { socket: this.path!.socket, remote: { address: gateway, port: 4500 } };
    this.emit({ type: 'progress', phase: 'auth' });
    this.ike = {
      spiInitiator: '0011223344556677',
      spiResponder: '8899aabbccddeeff',
      proposal: 'aes256gcm16-prfsha384-ecp256',
      establishedAt: this.dependencies.clock.wallTime(),
    };
    this.children = [
      {
        spiIn: 0xc0000001,
        spiOut: 0xc0000002,
        proposal: 'aes128gcm16',
        localSelectors: [
          { family: 4, protocol: 0, startPort: 0, endPort: 65535, startAddress: '10.77.0.1', endAddress: '10.77.0.1' },
        ],
        remoteSelectors: remoteSelectors ?? [
          {
            family: 4,
            protocol: 0,
            startPort: 0,
            endPort: 65535,
            startAddress: '10.99.0.0',
            endAddress: '10.99.0.255',
          },
        ],
        installedAt: 0,
      },
    ];
    this.emit({
      type: 'established',
      ike: this.ike,
      child: this.children[0]!,
      configuration: {
        ipv4Addresses: ['10.77.0.1'],
        ipv6Addresses: [],
        dnsServers: ['10.99.0.53'],
        subnets: [],
        dnsDomains: [],
        dhcpServers: [],
      },
      authentication: 'EAP-MSCHAPv2',
      mobikeSupported: true,
      natDetected: false,
      peerIdentity: { type: 'fqdn', value: new TextEncoder().encode('vpn.contoso.test') },
      authLifetimeSeconds: null,
      ...more,
    });
  }

  receive(): boolean {
    return false;
  }

  probeSize(question: SizeQuestion): Promise<SizeAnswer> {
    this.sizeQuestions.push(question);
    return Promise.resolve(this.sizeAnswer(question));
  }

  setPath(path: IkePath): void {
    this.path = path;
    this.dependencies.clock.setTimer(3, 'answer', () =>
      this.emit({ type: 'path-confirmed', path, natDetected: path.socket.adapter === 'eth1' }),
    );
  }

  probe(): Promise<IkePath | null> {
    return Promise.resolve(null);
  }

  holdPath(): void {
    this.path = null;
  }

  alive = true;

  checkLiveness(): Promise<boolean> {
    return Promise.resolve(this.alive);
  }

  rekeyIke(): void {}

  rekeyChild(): void {}

  retire(): void {}

  close(): Promise<boolean> {
    this.closed = 'deleted';
    return Promise.resolve(true);
  }

  abandon(): void {
    if (this.closed === 'no') this.closed = 'abandoned';
  }
}

class RecordedSettings implements NetworkSettings {
  readonly calls: string[] = [];
  applied: TunnelSettings | null = null;
  openError: VpnError | null = null;
  applyError: VpnError | null = null;
  readonly device: TunnelDevice = {
    name: 'avpn0',
    fd: null,
    onPacket: () => undefined,
    write: () => undefined,
    close: () => void this.calls.push('close device'),
  };

  openTunnel(name: string): Promise<TunnelDevice> {
    this.calls.push(`open ${name}`);
    return this.openError === null ? Promise.resolve(this.device) : Promise.reject(this.openError);
  }

  apply(settings: TunnelSettings): Promise<SettingsReport> {
    this.calls.push('apply');
    if (this.applyError !== null) return Promise.reject(this.applyError);
    this.applied = settings;
    return Promise.resolve({ concerns: [{ concern: 'dns', inForce: true, detail: 'file' }] });
  }

  withdraw(keepKillSwitch = false): Promise<void> {
    this.calls.push(keepKillSwitch ? 'withdraw but for the kill switch' : 'withdraw');
    this.applied = null;
    return Promise.resolve();
  }

  readonly dhcp: Uint8Array[] = [];
  /** As if a DHCP server behind the tunnel said this. */
  answerDhcp: (datagram: Uint8Array) => void = () => undefined;

  openDhcp(): Promise<DatagramSocket> {
    this.calls.push('open DHCP');
    return Promise.resolve({
      adapter: null,
      local: { address: '0.0.0.0', port: 68 },
      send: (datagram, { address, port }) => {
        this.calls.push(`DHCP to ${address}:${port}`);
        this.dhcp.push(datagram.slice());
        return 'sent';
      },
      sendWhole: () => 'EOPNOTSUPP',
      allowFragments: () => undefined,
      onDatagram: (listener) => {
        this.answerDhcp = (datagram) => listener(datagram, { address: '10.99.0.1', port: 67 });
      },
      onError: () => undefined,
      close: () => void this.calls.push('close DHCP'),
    });
  }

  onReport(): void {}

  /** As if the helper had died and none could take its place. */
  lose: (error: VpnError) => void = () => undefined;

  onLost(listener: (error: VpnError) => void): void {
    this.lose = listener;
  }
}

class Scene {
  readonly clock = new VirtualClock();
  readonly random = new SeededRandom(7);
  readonly host: SimulatedHost;
  readonly settings = new RecordedSettings();
  readonly sessions: ScriptedSession[] = [];
  readonly dataPaths: RecordingDataPath[] = [];
  readonly statuses: StatusObject[] = [];
  readonly logs: LogRecord[] = [];
  readonly wiped: number[] = [];
  readonly questions: (SecretReason | null)[] = [];
  answers = 10;
  /** The token of the credentials that are given next; null: none is plugged in. */
  token: { present: boolean } | null | undefined = undefined;
  resolve: (host: string) => Promise<readonly string[]> = () => Promise.resolve([gateway]);
  readonly connection: Connection;

  constructor(mobility: Partial<Profile['mobility']> = {}, wanted: Partial<Profile['network']> = {}) {
    const network = new SimulatedNetwork(this.clock, this.random);
    this.host = network.addHost('client');
    this.host.addAdapter({ name: 'eth0', label: 'Ethernet', addresses: ['10.10.0.2'], conditions: perfectLink });
    this.host.addAdapter({ name: 'eth1', label: 'Wi-Fi', addresses: ['10.20.0.2'], conditions: perfectLink });
    this.connection = new Connection({
      profile: exampleProfile({
        name: 'Contoso',
        server: 'vpn.contoso.test',
        mobility: { adapterOrder: ['eth0', 'eth1'], outageSeconds: 300, ...mobility },
        network: wanted,
      }),
      tunnelName: 'avpn0',
      onStatus: (status) => void this.statuses.push(status),
      ports: {
        clock: this.clock,
        random: this.random,
        adapters: this.host,
        datagrams: this.host,
        resolver: { resolve: (host) => this.resolve(host) },
        networkSettings: this.settings,
        trace: { log: (record) => void this.logs.push(record) },
        credentials: ({ reason }) => {
          this.questions.push(reason);
          if (this.token === null)
            return Promise.reject(
              new VpnError('IKE_NO_CERT', 'Your token is not plugged in.', {
                cause: new TokenError('absent', 'no token has the label badge'),
              }),
            );
          return Promise.resolve(this.answers-- > 0 ? this.#credentials(this.questions.length) : null);
        },
        createDataPath: () => {
          const made = new RecordingDataPath(this.clock);
          this.dataPaths.push(made);
          return made;
        },
        createSession: (config, dependencies) => {
          const made = new ScriptedSession(config, dependencies);
          this.sessions.push(made);
          return made;
        },
      },
    });
  }

  #credentials(number: number): SessionCredentials {
    const { token } = this;
    const identity = { type: 'fqdn', value: new TextEncoder().encode('alice') } as const;
    return {
      label: 'EAP-MSCHAPv2',
      localIdentity: identity,
      remoteIdentity: null,
      local: { method: 'psk', secret: new Uint8Array(1) },
      peer: { method: 'psk', secret: new Uint8Array(1), identity: null },
      ...(token == null ? {} : { token: { label: 'badge', isPresent: () => token.present } }),
      wipe: () => void this.wiped.push(number),
    };
  }

  get session(): ScriptedSession {
    return this.sessions.at(-1)!;
  }

  get states(): readonly string[] {
    const names = this.statuses.map((status) => status.state);
    return names.filter((name, index) => name !== names[index - 1]);
  }

  async connect(): Promise<void> {
    const connected = this.connection.connect();
    await this.clock.run(1);
    this.session.establish();
    await this.clock.run(1);
    await connected;
    await this.clock.run(1);
  }
}

describe('a connection', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
  });

  it('goes from Connecting to Connected and says so in the status object', async () => {
    await scene.connect();
    expect(scene.states).toEqual(['Connecting', 'Connected']);
    expect([...new Set(scene.statuses.map((status) => status.phase))]).toEqual([
      'resolving',
      'connecting',
      'registering',
      null,
    ]);
    expect(scene.statuses.at(-1)).toMatchObject({
      connection: 'Contoso',
      state: 'Connected',
      adapter: 'eth0',
      adapterLabel: 'Ethernet',
      originAddress: '10.10.0.2',
      destinationAddress: gateway,
      tunnelAdapter: 'avpn0',
      tunnelAddresses: ['10.77.0.1/32'],
      dnsServers: ['10.99.0.53'],
      authentication: 'EAP-MSCHAPv2',
      mobikeSupported: true,
      children: [
        {
          spiIn: 'c0000001',
          spiOut: 'c0000002',
          proposal: 'aes128gcm16',
          local: ['10.77.0.1/32'],
          remote: ['10.99.0.0/24'],
        },
      ],
      roams: 0,
      error: null,
    });
    expect(scene.settings.applied).toMatchObject({
      tunnelName: 'avpn0',
      owner: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      mtu: 1400,
      addresses: ['10.77.0.1/32'],
      routes: ['10.99.0.0/24'],
    });
  });

  it('opens the tunnel adapter while the server is being talked to', async () => {
    void scene.connection.connect();
    await scene.clock.run(1);
    expect(scene.settings.calls).toEqual(['open avpn0']);
    expect(scene.sessions).toHaveLength(1);
  });

  it('offers port 500, then 4500, then every other path (C-43, M-9)', async () => {
    void scene.connection.connect();
    await scene.clock.run(1);
    const { path, alternatives } = scene.session.connects[0]!;
    expect(
      [path, ...alternatives].map((entry) => `${entry.socket.adapter} ${entry.remote.address}:${entry.remote.port}`),
    ).toEqual(['eth0 10.10.0.1:500', 'eth0 10.10.0.1:4500', 'eth1 10.10.0.1:500', 'eth1 10.10.0.1:4500']);
  });

  it('the adapter goes: another one carries it, the address and the duration stay', async () => {
    await scene.connect();
    const before = scene.connection.status();
    scene.host.adapter('eth0').setUp(false);
    await scene.clock.run(10);
    expect(scene.connection.status()).toMatchObject({
      state: 'Connected',
      adapter: 'eth1',
      originAddress: '10.20.0.2',
      natDetected: true,
      roams: 1,
      lastRoam: { from: 'eth0', to: 'eth1', reason: 'adapter-lost' },
      connectedSince: before.connectedSince,
      since: before.since,
      tunnelAddresses: before.tunnelAddresses,
      ike: before.ike,
    });
    expect(scene.states).toEqual(['Connecting', 'Connected']);
  });

  it('both gone is Dormant with everything kept; one back is Connected; the outage time ends it with 829', async () => {
    await scene.connect();
    for (const name of ['eth0', 'eth1']) scene.host.adapter(name).setCarrier(false);
    await scene.clock.run(10);
    const dormant = scene.connection.status();
    expect(dormant).toMatchObject({
      state: 'Dormant',
      adapter: null,
      waitingFor: 'no-adapter',
      tunnelAdapter: 'avpn0',
      tunnelAddresses: ['10.77.0.1/32'],
    });
    expect(Date.parse(dormant.outageEndsAt!) - scene.clock.wallTime()).toBeGreaterThan(299_000);
    expect(scene.settings.applied).not.toBeNull();
    scene.host.adapter('eth1').setCarrier(true);
    await scene.clock.run(100);
    expect(scene.connection.status()).toMatchObject({ state: 'Connected', adapter: 'eth1', outageEndsAt: null });
    expect(scene.states).toEqual(['Connecting', 'Connected', 'Dormant', 'WaitingToReconnect', 'Connected']);
    scene.host.adapter('eth1').setCarrier(false);
    await scene.clock.run(301_000);
    expect(scene.connection.status()).toMatchObject({
      state: 'Disconnected',
      error: { code: 829, symbol: 'LINK_FAILURE' },
    });
    expect(scene.statuses.filter((status) => status.state === 'Disconnected')).toHaveLength(1);
    expect(scene.settings.calls.slice(-2)).toEqual(['withdraw', 'close device']);
    expect(scene.session.closed).toBe('abandoned');
  });

  describe('with the kill switch', () => {
    beforeEach(() => {
      scene = new Scene({}, { killSwitch: true });
    });
    const loseEverything = async (): Promise<void> => {
      for (const name of ['eth0', 'eth1']) scene.host.adapter(name).setCarrier(false);
      await scene.clock.run(301_000);
    };
    const endpoints = (): readonly string[] =>
      (scene.settings.applied?.killSwitch?.endpoints ?? []).map(({ address, port }) => `${address}:${port}`);

    it('a failure leaves it in force and says so; the next success replaces it', async () => {
      await scene.connect();
      expect(scene.connection.status().trafficBlocked).toBe(false);
      await loseEverything();
      expect(scene.settings.calls.slice(-2)).toEqual(['withdraw but for the kill switch', 'close device']);
      expect(scene.connection.status()).toMatchObject({
        state: 'Disconnected',
        trafficBlocked: true,
        error: { code: 829 },
      });
      // An attempt that comes to nothing lifts nothing.
      await expect(scene.connection.connect()).rejects.toMatchObject({ symbol: 'VPN_TIMEOUT' });
      expect(scene.connection.status().trafficBlocked).toBe(true);
      for (const name of ['eth0', 'eth1']) scene.host.adapter(name).setCarrier(true);
      await scene.connect();
      expect(scene.connection.status()).toMatchObject({ state: 'Connected', trafficBlocked: false });
    });

    it('nobody left who watches over the settings: it fails for that reason, tells the server, and the kill switch stays', async () => {
      await scene.connect();
      scene.settings.lose(
        new VpnError('IPSEC_SERVICE_STOPPED', 'The privileged helper ended, and none could take its place.'),
      );
      await scene.clock.run(10);
      expect(scene.connection.status()).toMatchObject({
        state: 'Disconnected',
        trafficBlocked: true,
        error: { code: 827, message: 'The privileged helper ended, and none could take its place.' },
      });
      expect(scene.settings.calls.slice(-2)).toEqual(['withdraw but for the kill switch', 'close device']);
      expect(scene.session.closed).toBe('deleted');
      expect(scene.statuses.filter((status) => status.state === 'Disconnected')).toHaveLength(1);
    });

    it('is put back by an explicit disconnect, also from Dormant', async () => {
      await scene.connect();
      for (const name of ['eth0', 'eth1']) scene.host.adapter(name).setCarrier(false);
      await scene.clock.run(10);
      expect(scene.connection.status().state).toBe('Dormant');
      await scene.connection.disconnect();
      expect(scene.settings.calls.slice(-2)).toEqual(['withdraw', 'close device']);
      expect(scene.connection.status().trafficBlocked).toBe(false);
    });

    it('is not there when the first attempt fails', async () => {
      scene.settings.applyError = new VpnError('IPSEC_SERVICE_STOPPED', 'no');
      const connected = scene.connection.connect();
      await scene.clock.run(1);
      scene.session.establish();
      await expect(connected).rejects.toMatchObject({ symbol: 'IPSEC_SERVICE_STOPPED' });
      expect(scene.settings.calls).toContain('withdraw');
      expect(scene.connection.status().trafficBlocked).toBe(false);
    });

    it('lets packets to addresses that the gateway announces through before they are probed (RFC 4555 section 3.6)', async () => {
      await scene.connect();
      expect(endpoints()).toEqual(['10.10.0.1:500', '10.10.0.1:4500']);
      scene.session.emit({ type: 'peer-addresses', addresses: ['192.0.2.9'] });
      // Not a candidate before the firewall has it.
      expect(scene.connection.status().paths.some(({ destinationAddress }) => destinationAddress === '192.0.2.9')).toBe(
        false,
      );
      await scene.clock.run(1);
      expect(endpoints()).toEqual(['10.10.0.1:500', '10.10.0.1:4500', '192.0.2.9:500', '192.0.2.9:4500']);
      expect(scene.connection.status().paths.some(({ destinationAddress }) => destinationAddress === '192.0.2.9')).toBe(
        true,
      );
      // A new list replaces the old one (M-4).
      scene.session.emit({ type: 'peer-addresses', addresses: [] });
      await scene.clock.run(1);
      expect(endpoints()).toEqual(['10.10.0.1:500', '10.10.0.1:4500']);
    });

    it('lets packets to newly resolved addresses through before a new IKE SA begins there', async () => {
      await scene.connect();
      scene.resolve = () => Promise.resolve(['192.0.2.77']);
      const before = scene.sessions.length;
      scene.session.emit({ type: 'ended', by: 'peer', error: null });
      await scene.clock.run(50);
      expect(endpoints()).toContain('192.0.2.77:500');
      expect(scene.sessions.length).toBeGreaterThan(before);
      expect(scene.session.connects[0]!.path.remote.address).toBe('192.0.2.77');
    });
  });

  it('asks nothing of the system on a move that changes no setting, and sets the MTU of a smaller path', async () => {
    await scene.connect();
    const applied = (): number => scene.settings.calls.filter((call) => call === 'apply').length;
    expect(applied()).toBe(1);
    scene.host.adapter('eth0').setUp(false);
    await scene.clock.run(10);
    expect([scene.connection.status().adapter, applied(), scene.settings.applied?.mtu]).toEqual(['eth1', 1, 1400]);
  });

  it('says in the status what is not in force', async () => {
    await scene.connect();
    expect(scene.connection.status().settings).toEqual([{ concern: 'dns', inForce: true, detail: 'file' }]);
    await scene.connection.disconnect();
    expect(scene.connection.status().settings).toEqual([]);
  });

  describe('DHCPINFORM through the tunnel (W-20)', () => {
    const everything: IkeSession['children'][number]['remoteSelectors'] = [
      { family: 4, protocol: 0, startPort: 0, endPort: 65535, startAddress: '0.0.0.0', endAddress: '255.255.255.255' },
    ];
    const connect = async (selectors = everything): Promise<void> => {
      scene = new Scene({}, { dhcpInform: true, useDefaultGateway: false });
      const connected = scene.connection.connect();
      await scene.clock.run(1);
      scene.session.establish({}, selectors);
      await scene.clock.run(1);
      await connected;
    };
    const sent = (): number => scene.settings.dhcp.length;

    it('is asked at 0, 2, 4 and 8 s and then no more (W-23); what comes is set', async () => {
      await connect();
      await scene.clock.run(1);
      expect(sent()).toBe(1);
      await scene.clock.run(4_500);
      expect(sent()).toBe(3);
      const question = scene.settings.dhcp[0]!;
      const answer = Uint8Array.from([
        ...question.subarray(0, 240),
        53,
        1,
        5,
        121,
        8,
        24,
        10,
        100,
        0,
        10,
        99,
        0,
        1,
        15,
        12,
        ...new TextEncoder().encode('corp.example'),
        255,
      ]);
      answer[0] = 2;
      scene.settings.answerDhcp(answer);
      await scene.clock.run(10_000);
      expect(sent()).toBe(3);
      expect(scene.settings.applied?.routes).toContain('10.100.0.0/24');
      expect(scene.settings.applied?.dns).toMatchObject({ servers: ['10.99.0.53'], searchDomains: ['corp.example'] });
      expect(scene.settings.calls.at(-1)).toBe('apply');
      expect(scene.settings.calls).toContain('close DHCP');
    });

    it('gives up when nobody answers, is over with the connection, and is not asked again after a move', async () => {
      await connect();
      scene.host.adapter('eth0').setUp(false);
      await scene.clock.run(30_000);
      expect(sent()).toBe(4);
      await connect();
      await scene.clock.run(1);
      await scene.connection.disconnect();
      await scene.clock.run(30_000);
      expect(sent()).toBe(1);
      expect(scene.settings.calls).toContain('close DHCP');
    });

    it('is not asked where the tunnel does not carry it (W-21) or the profile does not want it', async () => {
      await connect([{ ...everything[0]!, startAddress: '10.99.0.0', endAddress: '10.99.0.255' }]);
      await scene.clock.run(1);
      expect(sent()).toBe(0);
      const plain = new Scene();
      await plain.connect();
      expect(plain.settings.calls).not.toContain('open DHCP');
    });
  });

  it('disconnect says goodbye, puts everything back and wipes the secrets', async () => {
    await scene.connect();
    await scene.connection.disconnect();
    await scene.clock.run(1);
    expect(scene.session.closed).toBe('deleted');
    expect(scene.settings.calls).toEqual(['open avpn0', 'apply', 'withdraw', 'close device']);
    expect(scene.wiped).toEqual([1]);
    expect(scene.states).toEqual(['Connecting', 'Connected', 'Disconnecting', 'Disconnected']);
    expect(scene.connection.status()).toMatchObject({
      state: 'Disconnected',
      error: null,
      tunnelAdapter: null,
      children: [],
      ike: null,
    });
    await scene.clock.run(100_000);
    expect(scene.clock.pendingTimers()).toEqual([]);
  });

  it('can be cancelled at any moment of connecting', async () => {
    for (const moment of [0, 1, 2]) {
      const cancelled = new Scene();
      const connected = cancelled.connection.connect().then(
        () => 'connected',
        (error: unknown) => (error as VpnError).symbol,
      );
      if (moment > 0) await cancelled.clock.run(1);
      if (moment > 1) cancelled.session.emit({ type: 'progress', phase: 'auth' });
      await cancelled.connection.disconnect();
      expect(await connected).toBe('CANCELLED');
      expect(cancelled.connection.status()).toMatchObject({ state: 'Disconnected', error: null });
      expect(cancelled.settings.calls).toEqual(moment === 0 ? [] : ['open avpn0', 'withdraw', 'close device']);
      await cancelled.clock.run(100_000);
      expect(cancelled.clock.pendingTimers()).toEqual([]);
    }
  });

  it.each<[string, VpnErrorSymbol, (it: Scene) => void]>([
    [
      'a name without address',
      'DNSNAME_NOT_RESOLVABLE',
      (it) => (it.resolve = () => Promise.reject(new Error('ENOTFOUND'))),
    ],
    ['no adapter', 'VPN_TIMEOUT', (it) => ['eth0', 'eth1'].forEach((name) => it.host.adapter(name).setCarrier(false))],
    [
      'no privilege for the tunnel',
      'IPSEC_SERVICE_STOPPED',
      (it) =>
        (it.settings.openError = new VpnError(
          'IPSEC_SERVICE_STOPPED',
          'The VPN service on this computer is not running.',
        )),
    ],
    ['nobody who knows the password', 'CANCELLED', (it) => (it.answers = 0)],
  ])('%s ends in %s with everything put back', async (_, symbol, arrange) => {
    arrange(scene);
    const failed = scene.connection.connect().catch((error: unknown) => error as VpnError);
    await scene.clock.run(100);
    expect(await failed).toMatchObject({ symbol });
    expect(scene.connection.status()).toMatchObject({ state: 'Disconnected', error: { symbol } });
    expect(scene.connection.status().error?.message).toMatch(/\.$/);
    // What never came to be is not put back.
    expect(scene.settings.calls).toEqual(symbol === 'IPSEC_SERVICE_STOPPED' ? ['open avpn0'] : []);
  });

  it('addresses that cannot be set: the server is told, everything is put back', async () => {
    scene.settings.applyError = new VpnError('PORT_NOT_AVAILABLE', 'The VPN adapter is in use by another connection.');
    const failed = scene.connection.connect().catch((error: unknown) => error as VpnError);
    await scene.clock.run(1);
    scene.session.establish();
    await scene.clock.run(10);
    expect(await failed).toMatchObject({ symbol: 'PORT_NOT_AVAILABLE' });
    expect(scene.session.closed).toBe('deleted');
  });

  it('a wrong password is asked for again with the reason, at most three times', async () => {
    const wrong = new VpnError(
      'AUTHENTICATION_FAILURE',
      'The user name or password was not accepted. Check them and try again.',
    );
    const failed = scene.connection.connect().catch((error: unknown) => error as VpnError);
    for (let attempt = 0; attempt < 3; attempt++) {
      await scene.clock.run(1);
      scene.session.emit({ type: 'ended', by: 'failure', error: wrong });
    }
    await scene.clock.run(1);
    expect(await failed).toBe(wrong);
    expect(scene.questions).toEqual([
      null,
      { type: 'refused', error: wrong.info() },
      { type: 'refused', error: wrong.info() },
    ]);
    expect(scene.sessions).toHaveLength(3);
    expect(scene.wiped).toEqual([1, 2, 3]);
  });

  it('a wrong password with nobody to ask ends at once with 691', async () => {
    scene.answers = 1;
    const failed = scene.connection.connect().catch((error: unknown) => error as VpnError);
    await scene.clock.run(1);
    scene.session.emit({
      type: 'ended',
      by: 'failure',
      error: new VpnError(
        'AUTHENTICATION_FAILURE',
        'The user name or password was not accepted. Check them and try again.',
      ),
    });
    await scene.clock.run(1);
    expect(await failed).toMatchObject({ code: 691 });
  });

  it('the server ends it: a new IKE SA is made with what is in memory, the same address is asked for, nobody is asked', async () => {
    await scene.connect();
    const before = scene.connection.status();
    scene.session.emit({ type: 'ended', by: 'peer', error: null });
    await scene.clock.run(10);
    expect(scene.connection.status()).toMatchObject({
      state: 'WaitingToReconnect',
      waitingFor: 'no-answer',
      tunnelAdapter: 'avpn0',
      tunnelAddresses: before.tunnelAddresses,
      connectedSince: before.connectedSince,
    });
    expect(scene.sessions).toHaveLength(2);
    expect(scene.session.config.previousAddresses).toEqual(['10.77.0.1']);
    scene.session.establish();
    await scene.clock.run(10);
    expect(scene.connection.status()).toMatchObject({
      state: 'Connected',
      connectedSince: before.connectedSince,
      adapter: 'eth0',
    });
    expect(scene.questions).toEqual([null]);
    // The same address, routes and DNS: nothing to ask of the system.
    expect(scene.settings.calls).toEqual(['open avpn0', 'apply']);
    expect(scene.wiped).toEqual([]);
  });

  it('a server that does not come back: new tries all the time, 829 at the end of the outage time', async () => {
    await scene.connect();
    scene.session.emit({ type: 'ended', by: 'peer', error: null });
    await scene.clock.run(30_000);
    expect(scene.sessions.length).toBeGreaterThan(6);
    expect(scene.sessions.slice(1, -1).every((session) => session.closed === 'abandoned')).toBe(true);
    await scene.clock.run(280_000);
    expect(scene.connection.status()).toMatchObject({ state: 'Disconnected', error: { code: 829 } });
    await scene.clock.run(100_000);
    expect(scene.clock.pendingTimers()).toEqual([]);
  });

  it('a server that ends it again and again means it: 629', async () => {
    await scene.connect();
    for (let round = 0; round < 4; round++) {
      scene.session.emit({ type: 'ended', by: 'peer', error: null });
      await scene.clock.run(200);
      if (round < 3) scene.session.establish();
      await scene.clock.run(200);
    }
    expect(scene.connection.status()).toMatchObject({ state: 'Disconnected', error: { code: 629 } });
    expect(scene.session.closed).toBe('abandoned');
    expect(scene.settings.calls).toContain('withdraw');
  });

  it('refused while it was away: tried again more slowly, then the person is asked (and here nobody answers)', async () => {
    await scene.connect();
    scene.answers = 0;
    const wrong = new VpnError(
      'AUTHENTICATION_FAILURE',
      'The user name or password was not accepted. Check them and try again.',
    );
    scene.session.emit({ type: 'ended', by: 'peer', error: null });
    const times: number[] = [];
    for (let step = 0; step < 300 && scene.connection.status().state !== 'Disconnected'; step++) {
      await scene.clock.run(100);
      if (scene.sessions.length - 1 === times.length) continue;
      times.push(scene.clock.now());
      scene.session.emit({ type: 'ended', by: 'peer', error: wrong });
    }
    expect(times.slice(1).map((at, index) => Math.round((at - times[index]!) / 1000))).toEqual([1, 2, 4, 8]);
    expect(scene.questions).toEqual([null, { type: 'refused', error: wrong.info() }]);
    expect(scene.connection.status()).toMatchObject({ state: 'Disconnected', error: { code: 691 } });
  });

  it('refused by somebody who has proved nothing: nobody is asked, tried again more and more slowly until 829', async () => {
    await scene.connect();
    scene.session.emit({ type: 'ended', by: 'peer', error: null });
    const refusals = [
      new VpnError('IKE_POLICY_MATCH', 'The server and this connection share no encryption settings.'),
      new VpnError('AUTHENTICATION_FAILURE', 'The user name or password was not accepted.'),
      new VpnError('VPN_BAD_PSK', 'The server does not know the pre-shared key of this connection.'),
      new UnknownServer('SERVER_ROOT_CERT_NOT_FOUND', {
        server: 'gateway',
        problem: 'changed',
        certificate: testRoot().certificate,
        acceptedBefore: [],
        expectedName: 'vpn.contoso.test',
      }),
    ];
    const times: number[] = [];
    while (scene.connection.status().state !== 'Disconnected') {
      await scene.clock.run(100);
      if (scene.sessions.length - 1 === times.length) continue;
      times.push(scene.clock.now());
      scene.session.emit({ type: 'ended', by: 'failure', error: refusals[times.length % refusals.length]! });
    }
    const pauses = times.slice(1).map((at, index) => Math.round((at - times[index]!) / 1000));
    expect(pauses.slice(0, 5)).toEqual([1, 2, 4, 8, 15]);
    expect(Math.max(...pauses)).toBe(15);
    expect(scene.questions).toEqual([null]);
    expect(scene.connection.status()).toMatchObject({ error: { code: 829 } });
    expect(scene.connection.status().error?.detail).toMatch(
      /used up; the last answer, which may not be the server's: /,
    );
    expect(scene.clock.now()).toBeGreaterThan(300_000);
  });

  it('the server wants a new sign-in: the new IKE SA is there before the old one goes', async () => {
    await scene.connect();
    const [old] = scene.sessions;
    scene.session.emit({ type: 'reauthenticate', reason: 'AUTH_LIFETIME' });
    await scene.clock.run(10);
    expect(old!.closed).toBe('no');
    expect(scene.connection.status().state).toBe('Connected');
    scene.session.establish();
    await scene.clock.run(900);
    // What is under way on the old one still arrives.
    expect(old!.closed).toBe('no');
    await scene.clock.run(200);
    expect(old!.closed).toBe('deleted');
    expect(scene.states).toEqual(['Connecting', 'Connected']);
    expect(scene.dataPaths).toHaveLength(1);
  });

  it('the token is taken out: the connection stays up and says so; a new sign-in waits for the token and asks for it again', async () => {
    const first = { present: true };
    scene.token = first;
    await scene.connect();
    expect(scene.connection.status().token).toEqual({ label: 'badge', present: true });
    first.present = false;
    await scene.clock.run(5_000);
    expect(scene.connection.status()).toMatchObject({ state: 'Connected', token: { label: 'badge', present: false } });
    expect(scene.logs.filter(({ text }) => text.includes('was taken out'))).toHaveLength(1);

    scene.token = null;
    scene.session.emit({ type: 'reauthenticate', reason: 'AUTH_LIFETIME' });
    await scene.clock.run(1);
    scene.session.emit({
      type: 'ended',
      by: 'failure',
      error: new VpnError('IKE_NO_CERT', 'Your token was taken out.'),
    });
    await scene.clock.run(1);
    expect(scene.questions).toHaveLength(2);
    expect(scene.sessions[0]!.closed).toBe('no');

    // Put back: its PIN is asked for, and the new IKE SA is made with it.
    scene.token = { present: true };
    for (let tries = 0; tries < 5 && scene.questions.length < 3; tries++) {
      await scene.clock.run(2_001);
      if (scene.questions.length < 3)
        scene.session.emit({
          type: 'ended',
          by: 'failure',
          error: new VpnError('IKE_NO_CERT', 'Your token was taken out.'),
        });
      await scene.clock.run(1);
    }
    expect(scene.questions).toHaveLength(3);
    scene.session.establish();
    await scene.clock.run(2_100);
    expect(scene.connection.status()).toMatchObject({ state: 'Connected', token: { label: 'badge', present: true } });
    expect(scene.states).toEqual(['Connecting', 'Connected']);
    expect(scene.wiped).toEqual([1]);
  });

  it('a hint that the server forgot us: it is asked, and only its silence leads to a new IKE SA (C-75, M-35)', async () => {
    await scene.connect();
    scene.session.emit({ type: 'peer-forgot-hint' });
    await scene.clock.run(2_000);
    expect(scene.sessions).toHaveLength(1);
    scene.session.alive = false;
    scene.session.emit({ type: 'peer-forgot-hint' });
    await scene.clock.run(1_000);
    expect(scene.sessions).toHaveLength(2);
    scene.sessions[0]!.emit({ type: 'path-confirmed', path: scene.sessions[0]!.path!, natDetected: false });
    expect(scene.sessions[1]!.closed).toBe('abandoned');
    expect(scene.connection.status().state).toBe('Connected');
  });

  it('without mobility the end is the end: 629', async () => {
    const fixed = new Scene({ enabled: false });
    await fixed.connect();
    fixed.session.emit({ type: 'ended', by: 'peer', error: null });
    await fixed.clock.run(10);
    expect(fixed.connection.status()).toMatchObject({ state: 'Disconnected', error: { code: 629 } });
  });

  it('a refusal of the kernel to send is a reason to look at the adapters now', async () => {
    await scene.connect();
    scene.host.adapter('eth0').setUp(false);
    scene.dataPaths[0]!.emit({ type: 'send-error', code: 'ENETUNREACH', mtu: null });
    expect(scene.session.path?.socket.adapter).toBe('eth1');
  });

  it('connects again after a disconnect, asking for the same address (C-48)', async () => {
    await scene.connect();
    await scene.connection.disconnect();
    await scene.connect();
    expect(scene.session.config.previousAddresses).toEqual(['10.77.0.1']);
    expect(scene.connection.status()).toMatchObject({ state: 'Connected', roams: 0 });
  });
});
