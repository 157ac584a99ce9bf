import { utf8Encode } from '../../bytes';
import { Connection } from '../../connection/connection';
import { createCredentialsSource } from '../../connection/credentials';
import type { ClientCertificateQuestion } from '../../connection/questions';
import { exampleProfile } from '../../connection/example-profile';
import type { StatusObject } from '../../connection/status';
import { type MschapAccount, ntPasswordHash } from '../../eap';
import { createTypeScriptDataPath } from '../../esp/data-path';
import { EmbeddedGateway } from '../../gateway/gateway';
import { type GatewayEapMethod, gatewayConversation } from '../../gateway/gateway-eap';
import { PingDevice } from '../../gateway/ping-device';
import { createInitiatorSession, createResponder } from '../../ikev2/sa';
import type { EapServerConversation, Identity, IkeSession, ResponderConfig, Signer } from '../../ikev2/session';
import { certificateRequestHash } from '../../pki/certificate';
import { keySigner } from '../../pki/client-credentials';
import type { RevocationEvidence, RevocationQuestion } from '../../pki/revocation';
import { testNow, type TestAuthority } from '../../pki/testing';
import type { NetworkSettings } from '../../ports/network-settings';
import type { SecretKind } from '../../ports/secrets';
import type { TlsEngine, TlsVersion } from '../../ports/tls';
import type { Tokens } from '../../ports/tokens';
import type { LogRecord } from '../../ports/trace';
import type { VpnError } from '../../ports/vpn-error';
import type { AuthenticationMethod } from '../../profiles/profile';
import { SeededRandom } from '../seeded-random';
import { SimulatedNetwork } from '../simulated-network';
import { VirtualClock } from '../virtual-clock';
import { Capture, type CapturedMessage } from './capture';
import { IkeTap } from './ike-tap';
import type { ImpostorMeans } from './impostors';
import { type Rewrite, rewriting } from './rewriting-socket';
import { type Secrets, sentSecrets, type Sighting, type Stage, stageOf, tlsRecordsOf } from './sent-secrets';
import { TappedTls } from './tapped-tls';
import { authenticationServerName, gatewayName, keyDer, keyPem, pemOf, secretNumber, type TestPki } from './test-pki';

const gatewayAddress = '198.51.100.1';
export const account = {
  username: 'alice',
  password: 'Correct-Horse-9',
  presharedKey: 'Shared-Secret-of-Contoso-7',
} as const;

type ProfileChange = Parameters<typeof exampleProfile>[0];

/** What is not as it should be. Everything absent is right. */
export interface Arrangement {
  readonly profile?: ProfileChange;
  readonly gateway?: {
    /** Its certificate, the right one for its name when absent. */
    readonly certificate?: TestAuthority;
    /** DER, in place of the certificate, or behind it. */
    readonly shows?: readonly Uint8Array[];
    readonly chain?: readonly TestAuthority[];
    readonly signer?: Signer;
    readonly identity?: Identity;
    readonly config?: Partial<ResponderConfig>;
    /** Judges a client that shows its certificate in IKE_AUTH; the right one is accepted when absent. */
    readonly knowsClient?: boolean;
    readonly presharedKey?: string;
    /** Authorities that it asks for in IKE_SA_INIT. */
    readonly wanted?: readonly TestAuthority[];
  };
  readonly server?: {
    readonly certificate?: TestAuthority;
    readonly chain?: readonly TestAuthority[];
    readonly version?: TlsVersion;
    readonly account?: (username: string) => MschapAccount | null;
    readonly knowsClient?: boolean;
    /** Authorities that it asks for in TLS. */
    readonly wanted?: readonly TestAuthority[];
    /** Takes the place of the EAP server. */
    readonly conversation?: (means: ImpostorMeans, right: () => EapServerConversation) => EapServerConversation;
  };
  /** Changes what the gateway sends. */
  readonly rewrite?: Rewrite;
  readonly client?: {
    readonly certificate?: TestAuthority;
    /** In the same file, before the right one. */
    readonly others?: readonly TestAuthority[];
    /** A person who chooses; absent: nobody can be asked. */
    readonly choose?: (question: ClientCertificateQuestion) => number | null;
    readonly privateKey?: string;
    readonly password?: string;
    readonly tokens?: Tokens;
  };
  /** Goes on once Connected, before Disconnect. */
  readonly whileConnected?: (live: Live) => Promise<void>;
  /** What OCSP responders and distribution points answer. */
  readonly published?: RevocationEvidence;
}

/** A connection that is up. */
export interface Live {
  readonly clock: VirtualClock;
  readonly network: SimulatedNetwork;
  readonly connection: Connection;
  readonly gateway: EmbeddedGateway;
  /** The gateway's end of the IKE SA. */
  readonly session: () => IkeSession;
  /** Pings of the host behind the gateway: null was lost. */
  readonly samples: readonly (number | null)[];
  readonly messages: () => readonly CapturedMessage[];
}

export interface Outcome {
  /** null: Connected. */
  readonly error: VpnError | null;
  readonly status: StatusObject;
  readonly stage: Stage;
  readonly sent: readonly Sighting[];
  /** A TLS server was judged good: what the client had for such a one may leave. */
  readonly trustedTls: boolean;
  /** Content types of the client's TLS records outside of TLS: 22 with its handshake type, or the type alone. */
  readonly tlsRecords: readonly string[];
  readonly logs: readonly LogRecord[];
  readonly statuses: readonly StatusObject[];
  readonly questions: readonly SecretKind[];
  readonly revocationQuestions: readonly RevocationQuestion[];
  readonly clients: number;
  readonly pendingTimers: readonly string[];
}

export interface SceneMeans {
  readonly pki: TestPki;
  readonly engine: TlsEngine;
}

/**
 * A whole client and a whole gateway on a simulated network with every datagram recorded, from Connect to the end of
 * the attempt.
 */
export async function attempt(
  method: AuthenticationMethod,
  { pki, engine }: SceneMeans,
  arrangement: Arrangement,
): Promise<Outcome> {
  const { gateway: there = {}, server = {}, client = {}, profile = {} } = arrangement;
  const clock = new VirtualClock(testNow);
  const random = new SeededRandom(7);
  const network = new SimulatedNetwork(clock, random.fork());
  const ikeProposal = profile.proposals?.ike?.[0] ?? 'aes256gcm16-prfsha384-ecp256';
  const tap = new IkeTap(there.config?.ikeProposals?.[0] ?? ikeProposal, random.fork());
  const capture = new Capture(network, gatewayAddress, tap);
  const host = network.addHost('client');
  host.addAdapter({ name: 'eth0', label: 'Ethernet', addresses: ['203.0.113.5'] });
  const gatewayHost = network.addHost('gateway');
  gatewayHost.addAdapter({ name: 'wan', addresses: [gatewayAddress] });
  const tls = new TappedTls(engine);

  const clientCertificate = client.certificate ?? pki.client();
  const gatewayCertificate = there.certificate ?? pki.gateway();
  const serverCertificate = server.certificate ?? pki.server();
  const version = server.version ?? '1.2';
  const tunnel = {
    engine: tls,
    minVersion: version,
    maxVersion: version,
    certificates: [serverCertificate, ...(server.chain ?? [])].map(({ certificate }) => certificate.der),
    privateKey: keyDer(serverCertificate),
    ...(server.wanted === undefined
      ? {}
      : { wantedAuthorities: server.wanted.map(({ certificate }) => certificate.subject.der) }),
  } as const;
  const ntHash = ntPasswordHash(account.password);
  const eap = {
    methods: [
      method.startsWith('eap') || method.startsWith('peap') ? (method as GatewayEapMethod) : 'eap-mschapv2',
    ] as const,
    account: server.account ?? ((name: string) => (name === account.username ? { ntHash } : null)),
    tunnel,
    judge: (shown: readonly Uint8Array[]) =>
      Promise.resolve(
        server.knowsClient !== false &&
          shown[0] !== undefined &&
          Buffer.compare(shown[0], clientCertificate.certificate.der) === 0
          ? account.username
          : null,
      ),
  };
  const means: ImpostorMeans = {
    random: random.fork(),
    tunnel,
    username: account.username,
    password: account.password,
  };
  const right = (): EapServerConversation => gatewayConversation(eap, means.random);
  const createConversation = server.conversation;
  const { choose } = client;
  let clients = 0;
  const gateway = new EmbeddedGateway({
    clock,
    random: random.fork(),
    trace: { log: () => undefined },
    createResponder,
    name: gatewayName,
    identity: {
      authority: pemOf(pki.root),
      signer: there.signer ?? keySigner(gatewayCertificate.privateKey),
      certificates:
        there.shows ?? [gatewayCertificate, ...(there.chain ?? [])].map(({ certificate }) => certificate.der),
    },
    accounts: {},
    eap,
    presharedKey: method === 'psk' ? utf8Encode(there.presharedKey ?? account.presharedKey) : null,
    certificateClients: {
      method: 'certificate',
      certificateRequests: (there.wanted ?? []).map(({ certificate }) => certificateRequestHash(certificate)),
      allowSha1Rsa: false,
      verify: ({ certificates: [shown] }) =>
        there.knowsClient !== false &&
        shown !== undefined &&
        Buffer.compare(shown, clientCertificate.certificate.der) === 0
          ? Promise.resolve({ publicKeySpki: clientCertificate.certificate.spki })
          : Promise.reject(new Error('not known')),
    },
    pool: ['10.77.0.1', '10.77.0.9'],
    innerHost: '10.99.0.1',
    network: ['10.99.0.0', '10.99.0.255'],
    onClients: (count) => (clients = count),
    change: {
      fragmentation: false,
      ikeProposals: [ikeProposal],
      ...(there.identity === undefined ? {} : { localIdentity: there.identity }),
      ...(createConversation === undefined
        ? {}
        : { clients: { psk: null, certificate: null, eap: () => createConversation(means, right) } }),
      ...there.config,
    },
  });
  for (const localPort of [500, 4500]) {
    const socket = gatewayHost.openNow({ adapter: null, localAddress: gatewayAddress, localPort });
    gateway.listen(arrangement.rewrite === undefined ? socket : rewriting(socket, tap, arrangement.rewrite));
  }

  const logs: LogRecord[] = [];
  const statuses: StatusObject[] = [];
  const samples: (number | null)[] = [];
  const questions: SecretKind[] = [];
  const revocationQuestions: RevocationQuestion[] = [];
  const trace = {
    log: (record: LogRecord) => void logs.push(record),
    keys: (keys: Parameters<IkeTap['learn']>[0]) => tap.learn(keys),
  };
  const answers: Partial<Record<SecretKind, string>> = {
    password: client.password ?? account.password,
    psk: account.presharedKey,
    pin: '1234',
  };
  const usesCertificate = method === 'eap-tls' || method === 'peap-tls' || method === 'machine-certificate';
  const connection = new Connection({
    profile: exampleProfile({
      name: 'Contoso',
      server: gatewayName,
      // Nothing of the account shows in IDi, so that every trace of it is one that EAP left.
      localIdentity: 'laptop7.contoso.test',
      ...profile,
      authentication: {
        method,
        username: account.username,
        anonymousIdentity: 'anonymous',
        serverNames: [authenticationServerName],
        certificate: usesCertificate ? [...(client.others ?? []), clientCertificate].map(pemOf).join('\n') : null,
        privateKey: usesCertificate
          ? (client.privateKey ?? [...(client.others ?? []), clientCertificate].map(keyPem).join('\n'))
          : null,
        ...profile.authentication,
      },
      serverCertificate: {
        authorities: [pemOf(pki.root)],
        extendedKeyUsage: null,
        revocation: 'relaxed',
        ...profile.serverCertificate,
      },
    }),
    tunnelName: 'avpn0',
    onStatus: (status) => void statuses.push(status),
    ports: {
      clock,
      random: random.fork(),
      adapters: host,
      datagrams: host,
      resolver: { resolve: () => Promise.resolve([gatewayAddress]) },
      networkSettings: noSettings(clock, samples),
      trace,
      credentials: createCredentialsSource({
        random: random.fork(),
        trace,
        tls,
        ...(client.tokens === undefined ? {} : { tokens: client.tokens }),
        ...(choose === undefined
          ? {}
          : {
              questions: {
                acceptServer: () => Promise.resolve(false),
                chooseCertificate: (question: ClientCertificateQuestion) => Promise.resolve(choose(question)),
              },
            }),
        secrets: {
          request: ({ kind, reason }) => {
            questions.push(kind);
            const secret = reason === null ? answers[kind] : undefined;
            return Promise.resolve(secret === undefined ? null : { secret, save: false });
          },
        },
        acceptance: {
          wallTime: () => clock.wallTime(),
          systemAuthorities: () => [],
          fetchRevocation: (asked) => {
            revocationQuestions.push(...asked);
            return Promise.resolve(arrangement.published ?? { ocspResponses: [], crls: [] });
          },
        },
      }),
      createDataPath: () => createTypeScriptDataPath({ clock, random: random.fork() }),
      createSession: (config, dependencies) => createInitiatorSession(dependencies, config),
    },
  });

  let result: VpnError | null | undefined;
  connection.connect().then(
    () => (result = null),
    (error: unknown) => (result = error as VpnError),
  );
  await clock.runUntil(() => result !== undefined, 120_000);
  if (result === undefined) throw new Error('neither connected nor refused in time');
  // Last words, and traffic where there is a tunnel.
  await clock.run(1_000);
  const status = connection.status();
  if (result === null) {
    await arrangement.whileConnected?.({
      clock,
      network,
      connection,
      gateway,
      session: () => {
        const session = gateway.sessions.at(-1);
        if (session === undefined) throw new Error('the gateway has no client');
        return session;
      },
      samples,
      messages: () => capture.messages(),
    });
    const closing = connection.disconnect();
    await clock.run(1_000);
    await closing;
  }
  const messages = capture.messages();
  const secrets: Secrets = {
    username: profile.authentication?.username ?? account.username,
    password: client.password ?? account.password,
    clientCertificate: usesCertificate ? clientCertificate.certificate.der : null,
    privateKey: usesCertificate ? secretNumber(clientCertificate) : null,
    presharedKey: method === 'psk' ? account.presharedKey : null,
  };
  const outcome: Outcome = {
    error: result,
    status,
    stage: stageOf(messages, tls.sessions),
    sent: sentSecrets(
      capture.datagrams.filter(({ to }) => to.address === gatewayAddress).map(({ bytes }) => bytes),
      messages,
      tls.sessions,
      secrets,
    ),
    trustedTls: tls.sessions.some(({ judgedGood }) => judgedGood),
    tlsRecords: tlsRecordsOf(messages),
    logs,
    statuses,
    questions,
    revocationQuestions,
    clients,
    pendingTimers: [],
  };
  void gateway.close(0);
  await clock.run(100_000);
  return { ...outcome, clients, pendingTimers: clock.pendingTimers() };
}

/** Nothing on this computer is changed; whoever is connected pings the host behind the gateway. */
function noSettings(clock: VirtualClock, samples: (number | null)[]): NetworkSettings {
  let device: PingDevice | null = null;
  return {
    openTunnel: (name) => {
      device = new PingDevice({
        clock,
        name,
        target: '10.99.0.1',
        intervalMs: 100,
        timeoutMs: 1000,
        onSample: ({ milliseconds }) => void samples.push(milliseconds),
      });
      return Promise.resolve(device);
    },
    apply: ({ addresses }) => {
      device?.setAddress(addresses[0]?.split('/')[0] ?? null);
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
}
