import type { Profile } from '../profiles/profile';

type Change = {
  readonly [K in keyof Profile]?: Profile[K] extends readonly unknown[]
    ? Profile[K]
    : Profile[K] extends object
      ? Partial<Profile[K]>
      : Profile[K];
};

/** A complete profile with the defaults of docs/contract.md; for tests and the demo. */
export function exampleProfile(change: Change): Profile {
  return {
    version: 1,
    name: change.name ?? 'Example',
    server: change.server ?? 'vpn.example.test',
    alternativeServers: change.alternativeServers ?? [],
    port: change.port ?? null,
    remoteIdentity: change.remoteIdentity ?? null,
    localIdentity: change.localIdentity ?? null,
    authentication: {
      method: 'eap-mschapv2',
      username: null,
      domain: null,
      anonymousIdentity: null,
      certificate: null,
      privateKey: null,
      serverNames: [],
      serverAuthorities: [],
      ttlsInner: 'mschapv2',
      eapOnly: false,
      machineCertificate: null,
      machinePrivateKey: null,
      requireCryptobinding: false,
      fastReconnect: false,
      chosenCertificate: null,
      acceptedServerCertificates: [],
      ...change.authentication,
    },
    serverCertificate: {
      authorities: [],
      subjectAltName: null,
      commonName: null,
      organization: null,
      organizationalUnit: null,
      extendedKeyUsage: 'serverAuth',
      revocation: 'relaxed',
      acceptedCertificates: [],
      ...change.serverCertificate,
    },
    mobility: {
      enabled: true,
      outageSeconds: 1800,
      adapterOrder: [],
      returnToPreferred: true,
      connectivityCheck: 'http://connectivity-check.ubuntu.com/',
      ...change.mobility,
    },
    network: {
      useDefaultGateway: true,
      routes: [],
      excludedRoutes: [],
      dnsServers: 'server',
      splitDns: [],
      searchDomains: [],
      ipv6: 'tunnel-or-block',
      killSwitch: false,
      allowLan: true,
      mtu: 'auto',
      dhcpInform: false,
      ...change.network,
    },
    dialing: {
      showProgress: true,
      promptForCredentials: false,
      includeDomain: false,
      redialAttempts: 3,
      redialSeconds: 60,
      redialOnLinkFailure: true,
      idleSeconds: null,
      ...change.dialing,
    },
    proposals: { ike: ['aes256gcm16-prfsha384-ecp256'], esp: ['aes128gcm16'], ...change.proposals },
    advanced: {
      postQuantum: 'prefer',
      fragmentation: true,
      natKeepaliveSeconds: 20,
      dpdSeconds: 30,
      ikeLifetimeSeconds: 28_800,
      childLifetimeSeconds: 3_600,
      reauthenticationSeconds: null,
      tcpFallback: true,
      legacyWindows: false,
      ...change.advanced,
    },
  };
}
