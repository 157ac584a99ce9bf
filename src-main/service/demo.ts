import { generateKeyPairSync } from 'node:crypto';
import type { Connection } from '../../src-core/connection/connection';
import { createCredentialsSource } from '../../src-core/connection/credentials';
import { createTypeScriptDataPath } from '../../src-core/esp/data-path';
import { EmbeddedGateway } from '../../src-core/gateway/gateway';
import { createGatewayIdentity } from '../../src-core/gateway/gateway-certificates';
import { createInitiatorSession, createResponder } from '../../src-core/ikev2/sa';
import type { Clock } from '../../src-core/ports/clock';
import type { DatagramSocket, Datagrams } from '../../src-core/ports/datagrams';
import type { Random } from '../../src-core/ports/random';
import type { Trace } from '../../src-core/ports/trace';
import { checkProfile, type Profile } from '../../src-core/profiles';
import type { DemoAdapter, RoundTripSample } from '../api/contract';
import { DemoNetwork } from './demo-network';
import { DemoSettings } from './demo-settings';
import type { DemoEnvironment } from './environment';

/** What the demo gateway is reached with; nothing of it is secret. */
export const demoAccount = { username: 'demo', password: 'demo' } as const;
export const demoName = 'Demo gateway';
const serverName = 'gateway.demo.test';
/** Behind the demo gateway; answers pings. */
export const innerHost = '10.99.0.1';
const ikePort = 4500;
export interface DemoSystem {
  readonly clock: Clock;
  readonly random: Random;
  /** Sockets that are bound to no adapter. */
  readonly datagrams: Datagrams;
}

export interface RunningGateway {
  readonly gateway: EmbeddedGateway;
  readonly address: string;
  readonly port: number;
  /** A connection to it, complete but for the password. */
  readonly profile: Profile;
}

export interface GatewayRequest {
  readonly address: string;
  /** null: 4500, or any free port when that is taken. */
  readonly port: number | null;
  readonly trace: Trace;
  readonly onClients?: (count: number) => void;
}

async function openGatewaySocket(datagrams: Datagrams, address: string, port: number | null): Promise<DatagramSocket> {
  if (port !== null) return datagrams.open({ adapter: null, localAddress: address, localPort: port });
  try {
    return await datagrams.open({ adapter: null, localAddress: address, localPort: ikePort });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return datagrams.open({ adapter: null, localAddress: address, localPort: 0 });
  }
}

/**
 * An embedded gateway on a loopback address with an authority of its own. Rejects with the system's error when the port
 * is taken.
 */
export async function startGateway(
  { clock, random, datagrams }: DemoSystem,
  request: GatewayRequest,
): Promise<RunningGateway> {
  const socket = await openGatewaySocket(datagrams, request.address, request.port);
  const keys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const identity = createGatewayIdentity({
    random,
    now: clock.wallTime(),
    name: serverName,
    address: request.address,
    keys: [keys(), keys()],
  });
  const gateway = new EmbeddedGateway({
    clock,
    random,
    trace: request.trace,
    createResponder,
    name: serverName,
    identity,
    accounts: { [demoAccount.username]: demoAccount.password },
    presharedKey: null,
    pool: ['10.77.0.1', '10.77.0.254'],
    innerHost,
    network: ['10.99.0.0', '10.99.0.255'],
    ...(request.onClients === undefined ? {} : { onClients: request.onClients }),
  });
  gateway.listen(socket);
  const { port } = socket.local;
  const { profile, problems } = checkProfile({
    version: 1,
    name: demoName,
    server: request.address,
    port,
    remoteIdentity: serverName,
    authentication: { method: 'eap-mschapv2', username: demoAccount.username },
    serverCertificate: { authorities: [identity.authority], revocation: 'off' },
    proposals: { ike: ['aes256gcm16-prfsha384-ecp256'], esp: ['aes128gcm16'] },
    network: { useDefaultGateway: false },
  });
  if (profile === null) throw new Error(`the demo profile is wrong: ${JSON.stringify(problems)}`);
  return { gateway, address: request.address, port, profile };
}

/** The demo of the app: no privileges, real UDP on loopback, real IKEv2 and ESP, a gateway in this process. */
export async function startDemo(system: DemoSystem, trace: Trace): Promise<DemoEnvironment> {
  const running = await startGateway(system, { address: '127.0.0.1', port: null, trace });
  const network = new DemoNetwork(system.datagrams);
  let onAdapters: (adapters: readonly DemoAdapter[]) => void = () => undefined;
  let onRoundTrip: (sample: RoundTripSample) => void = () => undefined;
  let followed: Connection | null = null;
  const settings = new DemoSettings(system.clock, innerHost, ({ at, milliseconds }) =>
    onRoundTrip({ at, milliseconds, adapter: followed?.status().adapter ?? null }),
  );
  network.watch(() => onAdapters(network.plugs));
  return {
    adapters: network,
    profile: {
      ...running.profile,
      mobility: { ...running.profile.mobility, adapterOrder: network.plugs.map((plug) => plug.name) },
    },
    password: demoAccount.password,
    unavailable: () => null,
    nextTunnelName: () => 'demo0',
    killSwitch: () => Promise.resolve(null),
    liftKillSwitch: () => Promise.resolve(false),
    rememberAddresses: () => undefined,
    createPorts: (_profile, { secrets, trace: connectionTrace }) => ({
      clock: system.clock,
      random: system.random,
      adapters: network,
      datagrams: network,
      resolver: { resolve: (host) => Promise.resolve([host]) },
      networkSettings: settings,
      trace: connectionTrace,
      credentials: createCredentialsSource({
        random: system.random,
        secrets,
        trace: connectionTrace,
        tls: null,
        acceptance: { wallTime: () => system.clock.wallTime(), systemAuthorities: () => [] },
      }),
      createDataPath: () => createTypeScriptDataPath({ clock: system.clock, trace: connectionTrace }),
      createSession: (config, dependencies) => createInitiatorSession(dependencies, config),
    }),
    get demoAdapters() {
      return network.plugs;
    },
    setPlugged: (name, plugged) => network.setPlugged(name, plugged),
    onAdapters: (listener) => {
      onAdapters = listener;
    },
    watchRoundTrips: (watched) => settings.watch(watched),
    onRoundTrip: (listener) => {
      onRoundTrip = listener;
    },
    follow: (connection) => {
      followed = connection;
    },
    close: () => running.gateway.close(),
  };
}
