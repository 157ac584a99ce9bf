import { join } from 'node:path';
import { createTlsEngine } from '../../native/tls';
import { createTokens } from '../../native/tokens';
import { createCredentialsSource } from '../../src-core/connection/credentials';
import { createTypeScriptDataPath } from '../../src-core/esp/data-path';
import { EmbeddedGateway, type EmbeddedGatewayOptions } from '../../src-core/gateway/gateway';
import { createInitiatorSession, createResponder } from '../../src-core/ikev2/sa';
import { keySigner } from '../../src-core/pki/client-credentials';
import type { TestAuthority } from '../../src-core/pki/testing';
import { checkProfile, ProfileStore, type Profile } from '../../src-core/profiles';
import { DemoNetwork } from '../../src-main/service/demo-network';
import { DemoSettings } from '../../src-main/service/demo-settings';
import type { ConnectionEnvironment } from '../../src-main/service/environment';
import { createProfileFiles } from '../../src-main/service/profile-files';
import { FileSecretStore } from '../../src-main/service/secret-store';
import { VpnService } from '../../src-main/service/vpn-service';
import { SystemClock, SystemRandom } from '../../src-main/system/linux';
import { NodeDatagrams } from '../../src-main/system/linux/datagrams-dgram';
import { startWebHost } from '../../src-main/web/host';
import { certificate, connectionName, gatewayName, newAuthority, pem } from './certificates';

const address = '127.0.0.1';
const innerHost = '10.99.0.1';

/** What a test arranges: the gateway's ways to sign in, and the connection as it was saved. */
export interface Arrangement {
  readonly gateway: Partial<EmbeddedGatewayOptions>;
  /** Keys of the profile's file. Without `serverCertificate` it trusts the gateway's authority. */
  readonly profile: {
    readonly authentication: Readonly<Record<string, unknown>>;
    readonly serverCertificate?: Readonly<Record<string, unknown>>;
    readonly dialing?: Readonly<Record<string, unknown>>;
    readonly server?: string;
  };
  /** Of the gateway; one of the own authority for its name when absent. */
  readonly gatewayCertificate?: TestAuthority;
  readonly tokenModules?: readonly string[];
  /** Whether a name leads to the gateway at present. */
  readonly resolves?: () => boolean;
}

export interface SignInScene {
  readonly url: string;
  readonly authority: TestAuthority;
  /** As it is saved now. */
  profile(): Profile;
  /** Of pings through the tunnel. */
  answered(): number;
  /** Clients that the gateway serves. */
  clients(): number;
}

/**
 * The real browser host and service, the real engine over UDP on loopback, and the embedded gateway arranged by the
 * test;
 * nothing stands in for anything but the computer's network settings, which are the demo's.
 */
export async function startScene(
  directory: string,
  rendererDirectory: string,
  arrangement: Arrangement,
): Promise<SignInScene & { close(): Promise<void> }> {
  const clock = new SystemClock();
  const random = new SystemRandom();
  const datagrams = new NodeDatagrams();
  const authority = newAuthority('Contoso Root');
  const own =
    arrangement.gatewayCertificate ??
    certificate(
      {
        subject: [
          ['O', 'Contoso'],
          ['CN', gatewayName],
        ],
        dnsNames: [gatewayName],
        extendedKeyUsage: ['serverAuth'],
      },
      authority,
    );
  let clients = 0;
  const gateway = new EmbeddedGateway({
    clock,
    random,
    trace: { log: () => undefined },
    createResponder,
    name: gatewayName,
    identity: { authority: pem(authority), signer: keySigner(own.privateKey), certificates: [own.certificate.der] },
    accounts: {},
    presharedKey: null,
    pool: ['10.77.0.1', '10.77.0.254'],
    innerHost,
    network: ['10.99.0.0', '10.99.0.255'],
    onClients: (count) => (clients = count),
    ...arrangement.gateway,
  });
  const socket = await datagrams.open({ adapter: null, localAddress: address, localPort: 0 });
  gateway.listen(socket);

  const profiles = new ProfileStore(createProfileFiles(join(directory, 'profiles')));
  const { profile, problems } = checkProfile({
    version: 1,
    name: connectionName,
    server: address,
    port: socket.local.port,
    remoteIdentity: gatewayName,
    serverCertificate: { authorities: [pem(authority)], revocation: 'off' },
    network: { useDefaultGateway: false },
    ...arrangement.profile,
  });
  if (profile === null) throw new Error(`the profile is wrong: ${JSON.stringify(problems)}`);
  await profiles.save(profile, null);

  const network = new DemoNetwork(datagrams);
  let answered = 0;
  const settings = new DemoSettings(
    clock,
    innerHost,
    ({ milliseconds }) => (answered += milliseconds === null ? 0 : 1),
  );
  const tls = createTlsEngine();
  const tokens = createTokens();
  const environment: ConnectionEnvironment = {
    adapters: network,
    unavailable: () => null,
    nextTunnelName: () => 'test0',
    killSwitch: () => Promise.resolve(null),
    liftKillSwitch: () => Promise.resolve(false),
    rememberAddresses: () => undefined,
    createPorts: (_profile, { secrets, trace, questions, remember }) => ({
      clock,
      random,
      adapters: network,
      datagrams: network,
      resolver: {
        resolve: () =>
          arrangement.resolves?.() === false ? Promise.reject(new Error('no such name')) : Promise.resolve([address]),
      },
      networkSettings: settings,
      trace,
      credentials: createCredentialsSource({
        random,
        secrets,
        questions,
        remember,
        tokenModules: () => arrangement.tokenModules ?? [],
        trace,
        tls,
        tokens,
        acceptance: { wallTime: () => clock.wallTime(), systemAuthorities: () => [] },
      }),
      createDataPath: () => createTypeScriptDataPath({ clock, trace }),
      createSession: (config, dependencies) => createInitiatorSession(dependencies, config),
    }),
  };
  const service = new VpnService({
    version: 'test',
    host: 'browser',
    language: 'en',
    clock,
    profiles,
    secretStore: new FileSecretStore(
      join(directory, 'secrets'),
      (problem) => void process.stderr.write(`${problem}\n`),
    ),
    system: environment,
    demo: null,
  });
  const web = await startWebHost(service, { port: 0, rendererDirectory });
  return {
    url: web.url,
    authority,
    profile: () => {
      const saved = profiles.find(connectionName);
      if (saved === null) throw new Error('the profile is gone');
      return saved;
    },
    answered: () => answered,
    clients: () => clients,
    close: async () => {
      await web.close();
      await service.close();
      await gateway.close();
    },
  };
}
