import { ApiError, type ApiService } from '../../src-main/api/service';
import type {
  AdapterView,
  ApiPush,
  ApiRequests,
  DemoAdapter,
  LogEntry,
  Prompt,
  PromptAnswer,
  RoundTripSample,
  Snapshot,
  TokenView,
} from '../../src-main/api/contract';
import { sampleCertificate, sampleDiagnosis } from './samples';
import type { StatusObject } from '../../src-core/connection/status';
import type { Profile } from '../../src-core/profiles/profile';

/** A profile with every default, for tests of the user interface. */
export function sampleProfile(name: string, change: Partial<Profile> = {}): Profile {
  return {
    version: 1,
    name,
    server: 'vpn.contoso.test',
    alternativeServers: [],
    port: null,
    remoteIdentity: null,
    localIdentity: null,
    authentication: {
      method: 'eap-mschapv2',
      username: 'alice',
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
    },
    mobility: {
      enabled: true,
      outageSeconds: 1800,
      adapterOrder: [],
      returnToPreferred: true,
      connectivityCheck: null,
    },
    network: {
      useDefaultGateway: false,
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
    },
    dialing: {
      showProgress: true,
      promptForCredentials: false,
      includeDomain: false,
      redialAttempts: 3,
      redialSeconds: 60,
      redialOnLinkFailure: true,
      idleSeconds: null,
    },
    proposals: { ike: ['aes256gcm16-prfsha384-ecp256'], esp: ['aes128gcm16'] },
    advanced: {
      postQuantum: 'off',
      fragmentation: true,
      natKeepaliveSeconds: 20,
      dpdSeconds: 30,
      ikeLifetimeSeconds: 28_800,
      childLifetimeSeconds: 3_600,
      reauthenticationSeconds: null,
      tcpFallback: false,
      legacyWindows: false,
    },
    ...change,
  };
}

export function sampleStatus(connection: string, change: Partial<StatusObject> = {}): StatusObject {
  return {
    connection,
    state: 'Disconnected',
    since: new Date(0).toISOString(),
    connectedSince: null,
    server: 'vpn.contoso.test',
    adapter: null,
    adapterLabel: null,
    originAddress: null,
    destinationAddress: null,
    natDetected: false,
    mobikeSupported: false,
    tunnelAdapter: null,
    tunnelAddresses: [],
    dnsServers: [],
    authentication: null,
    ike: null,
    children: [],
    roams: 0,
    lastRoam: null,
    outageEndsAt: null,
    waitingFor: null,
    phase: null,
    paths: [],
    error: null,
    ...change,
  };
}

/**
 * A service that only behaves like the demo: for states of the user interface that a real engine reaches rarely or
 * slowly
 * (an outage of thirty minutes, every error). What the product does is tested with the real service.
 */
export function createFakeDemo(
  options: {
    readonly profiles?: readonly Profile[];
    readonly roundTrips?: Readonly<Record<string, readonly RoundTripSample[]>>;
    readonly roundTripHistory?: Snapshot['roundTripHistory'];
  } = {},
) {
  const listeners = new Set<(push: ApiPush) => void>();
  const push = (message: ApiPush): void => {
    for (const listener of listeners) listener(message);
  };
  let profiles: readonly Profile[] = options.profiles ?? [
    sampleProfile('Demo', {
      server: '127.0.0.1',
      mobility: { ...sampleProfile('Demo').mobility, adapterOrder: ['eth0', 'wlan0'] },
    }),
  ];
  const statuses = new Map(
    profiles.map((profile) => [profile.name, sampleStatus(profile.name, { server: profile.server })]),
  );
  const plugged = new Map([
    ['eth0', true],
    ['wlan0', true],
  ]);
  const addresses: Readonly<Record<string, string>> = { eth0: '127.0.0.2', wlan0: '127.0.0.3' };
  const labels: Readonly<Record<string, string>> = { eth0: 'Ethernet', wlan0: 'Wi-Fi' };
  const prompts = new Map<string, Prompt>();
  const answers: PromptAnswer[] = [];
  const saved: Profile[] = [];
  /** Tokens that are plugged in. */
  const tokens: TokenView[] = [];
  const joined: ApiRequests['connectWireless']['args'][] = [];
  const roundTrips = new Map<string, readonly RoundTripSample[]>(Object.entries(options.roundTrips ?? {}));
  const log: LogEntry[] = [];
  let seed = 7;
  const chance = (): number => (seed = (seed * 16807) % 2147483647) / 2147483647;

  const adapters = (): readonly AdapterView[] =>
    [...plugged].map(([name, connected]) => ({
      name,
      label: labels[name] ?? name,
      kind: name === 'wlan0' ? 'wifi' : 'ethernet',
      connected,
      addresses: connected ? [addresses[name] ?? ''] : [],
      signal: name === 'wlan0' ? 80 : null,
      network: null,
    }));
  const demo = (): readonly DemoAdapter[] =>
    [...plugged].map(([name, on]) => ({ name, label: labels[name] ?? name, plugged: on }));
  const note = (connection: string, text: string): void => {
    const entry: LogEntry = {
      id: log.length + 1,
      at: new Date().toISOString(),
      connection,
      level: 'info',
      area: 'connection',
      text,
    };
    log.push(entry);
    push({ type: 'log', entries: [entry] });
  };
  const setStatus = (name: string, change: Partial<StatusObject>): void => {
    const before = statuses.get(name);
    if (before === undefined) throw new ApiError('not-found', 'failure.connection-gone', 'name');
    const since = change.state === undefined || change.state === before.state ? before.since : new Date().toISOString();
    const status = { ...before, ...change, since };
    statuses.set(name, status);
    push({ type: 'status', status });
  };
  const paths = (used: string | null): StatusObject['paths'] =>
    [...plugged].map(([name, on]) => ({
      adapter: name,
      originAddress: addresses[name] ?? '',
      destinationAddress: '127.0.0.1',
      state: name === used ? 'in-use' : on ? 'standby' : 'unusable',
      reason: name === used ? 'answered in 1 ms' : on ? 'not preferred' : 'no carrier',
      roundTripMs: on ? 1 : null,
    }));
  const choose = (): string | null => [...plugged].find(([, on]) => on)?.[0] ?? null;

  const establish = async (name: string): Promise<void> => {
    setStatus(name, { state: 'Connecting', phase: 'authenticating', error: null });
    await new Promise((resolve) => setTimeout(resolve, 150));
    setStatus(name, { phase: 'registering' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const adapter = choose();
    setStatus(name, {
      state: 'Connected',
      phase: null,
      connectedSince: new Date().toISOString(),
      adapter,
      adapterLabel: adapter === null ? null : (labels[adapter] ?? null),
      originAddress: adapter === null ? null : (addresses[adapter] ?? null),
      destinationAddress: '127.0.0.1',
      mobikeSupported: true,
      tunnelAddresses: ['10.77.0.1/32'],
      dnsServers: ['10.99.0.53'],
      authentication: 'EAP-MSCHAPv2',
      children: [
        {
          spiIn: '0a',
          spiOut: '0b',
          proposal: 'aes128gcm16',
          local: ['10.77.0.1/32'],
          remote: ['10.99.0.0/24'],
          bytesIn: 0,
          bytesOut: 0,
          packetsIn: 0,
          packetsOut: 0,
          droppedReplay: 0,
          droppedAuth: 0,
        },
      ],
      paths: paths(adapter),
    });
    note(name, 'The connection is up.');
  };

  const timer = setInterval(() => {
    for (const status of statuses.values()) {
      if (status.state !== 'Connected' && status.state !== 'Dormant') continue;
      const base = status.adapter === 'wlan0' ? 2.4 : 0.8;
      const sample = {
        at: Date.now(),
        milliseconds: status.state === 'Dormant' ? null : base + chance() * base,
        adapter: status.adapter,
      };
      roundTrips.set(status.connection, [...(roundTrips.get(status.connection) ?? []), sample]);
      push({ type: 'round-trip', connection: status.connection, sample });
      const [child] = status.children;
      if (child !== undefined && status.state === 'Connected')
        setStatus(status.connection, {
          children: [
            {
              ...child,
              bytesIn: child.bytesIn + 84,
              bytesOut: child.bytesOut + 84,
              packetsIn: child.packetsIn + 1,
              packetsOut: child.packetsOut + 1,
            },
          ],
        });
    }
  }, 250);

  const service: ApiService = {
    getSnapshot: (): Snapshot => ({
      version: '0.1.0',
      host: 'browser',
      language: 'en',
      profiles,
      statuses: [...statuses.values()],
      adapters: adapters(),
      prompts: [...prompts.values()],
      demo: { adapters: demo() },
      log,
      roundTrips: Object.fromEntries(roundTrips),
      roundTripHistory: options.roundTripHistory ?? {},
      secretStorage: 'available',
      diagnoses: [],
      wireless: null,
      offeredImports: [],
      startAtLogin: null,
    }),
    connect: ({ name }) => {
      setStatus(name, { state: 'Connecting', phase: 'connecting', error: null });
      const prompt: Prompt = {
        id: `p-${name}`,
        type: 'credentials',
        connection: name,
        kind: 'password',
        username: 'demo',
        domain: null,
        reason: null,
        canSave: true,
        hasSaved: false,
      };
      prompts.set(prompt.id, prompt);
      push({ type: 'prompt', prompt });
      return null;
    },
    cancelRedial: ({ name }) => {
      setStatus(name, { redial: null });
      return null;
    },
    liftKillSwitch: () => null,
    disconnect: ({ name }) => {
      setStatus(name, {
        state: 'Disconnected',
        phase: null,
        connectedSince: null,
        adapter: null,
        adapterLabel: null,
        paths: [],
        children: [],
        outageEndsAt: null,
        waitingFor: null,
        trafficBlocked: false,
      });
      return null;
    },
    answerPrompt: ({ id, answer }) => {
      const prompt = prompts.get(id);
      if (prompt === undefined) throw new ApiError('not-found', 'failure.answered', 'id');
      prompts.delete(id);
      answers.push(answer);
      push({ type: 'prompt-closed', id });
      if (answer.type === 'cancel') setStatus(prompt.connection, { state: 'Disconnected', phase: null });
      else if (answer.type === 'credentials' && answer.secret === 'wrong')
        setStatus(prompt.connection, {
          state: 'Disconnected',
          phase: null,
          error: {
            code: 691,
            symbol: 'AUTHENTICATION_FAILURE',
            message: 'The user name or password was not accepted. Check them and try again.',
            detail: 'The server answered E=691 R=1 to EAP-MSCHAPv2.',
            ikeNotify: null,
            rule: null,
          },
        });
      else void establish(prompt.connection);
      return null;
    },
    saveProfile: ({ profile }) => {
      saved.push(profile);
      return null;
    },
    listClientCertificates: () => ({ tokens, unusable: [] }),
    inspectCertificates: () => ({ certificates: [sampleCertificate()] }),
    removeProfile: () => null,
    forgetSecrets: () => null,
    inspectImport: ({ fileName }) => ({
      token: 't1',
      format: 'Agile VPN profile',
      profileName: fileName.replace(/\..*$/, ''),
      replaces: false,
      acceptable: true,
      lines: [
        { key: 'server', outcome: 'understood', text: 'vpn.contoso.test' },
        { key: 'x-unknown', outcome: 'ignored', text: 'This key is not known.' },
      ],
    }),
    commitImport: () => null,
    exportProfile: ({ name, format }) => ({
      fileName: `${name}.${format}`,
      contentBase64: Buffer.from('{}').toString('base64'),
      notExpressed: format === 'agilevpn' ? [] : [{ key: 'mobility.adapterOrder', text: 'The file does not say it.' }],
    }),
    diagnose: ({ name }) => {
      const diagnosis = sampleDiagnosis(name);
      push({ type: 'diagnosis', diagnosis });
      return diagnosis;
    },
    stopDiagnosis: () => null,
    dismissImport: () => null,
    connectWireless: (args) => {
      joined.push(args);
      return null;
    },
    disconnectWireless: () => null,
    setStartAtLogin: () => null,
    refreshAdapters: () => {
      push({ type: 'adapters', adapters: adapters() });
      return null;
    },
    setDemoAdapter: ({ name, plugged: on }) => {
      plugged.set(name, on);
      push({ type: 'demo', adapters: demo() });
      push({ type: 'adapters', adapters: adapters() });
      for (const status of statuses.values()) {
        if (status.state !== 'Connected' && status.state !== 'Dormant') continue;
        const adapter = choose();
        if (adapter === null)
          setStatus(status.connection, {
            state: 'Dormant',
            waitingFor: 'no-adapter',
            outageEndsAt: new Date(Date.now() + 1_800_000).toISOString(),
            paths: paths(null),
          });
        else if (adapter !== status.adapter || status.state === 'Dormant')
          setStatus(status.connection, {
            state: 'Connected',
            waitingFor: null,
            outageEndsAt: null,
            adapter,
            adapterLabel: labels[adapter] ?? null,
            originAddress: addresses[adapter] ?? null,
            roams: status.roams + 1,
            lastRoam: {
              at: new Date().toISOString(),
              from: status.adapter,
              to: adapter,
              reason: on ? 'preferred-adapter' : 'carrier-lost',
              milliseconds: 3,
            },
            paths: paths(adapter),
          });
        else setStatus(status.connection, { paths: paths(adapter) });
      }
      return null;
    },
    watchRoundTrips: () => null,
    setVisible: () => null,
    onPush: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  /** Opens a question that an answer closes. */
  const ask = (prompt: Prompt): void => {
    prompts.set(prompt.id, prompt);
    push({ type: 'prompt', prompt });
  };
  const status = (name: string): StatusObject => statuses.get(name) ?? sampleStatus(name);
  const changeProfile = (name: string, change: (profile: Profile) => Profile): void => {
    profiles = profiles.map((profile) => (profile.name === name ? change(profile) : profile));
    push({ type: 'profiles', profiles, statuses: [...statuses.values()] });
  };
  return {
    service,
    push,
    setStatus,
    status,
    changeProfile,
    ask,
    answers,
    saved,
    joined,
    tokens,
    close: () => clearInterval(timer),
  };
}
