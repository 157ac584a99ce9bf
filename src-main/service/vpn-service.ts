import type { Remembered } from '../../src-core/connection/questions';
import type { StatusObject } from '../../src-core/connection/status';
import type { Clock, Timer } from '../../src-core/ports/clock';
import type { Profile } from '../../src-core/profiles/profile';
import type { ProfileStore } from '../../src-core/profiles/store';
import type { AdapterView, ApiPush, ApiRequests, Snapshot } from '../api/contract';
import { ApiError, type ApiService } from '../api/service';
import { adapterViews } from './adapter-views';
import type { Capture } from './capture-files';
import { inspectCertificates } from './certificate-view';
import type { ControlledHost } from './control-server';
import { Diagnoses } from './diagnoses';
import type { ConnectionEnvironment, DemoEnvironment } from './environment';
import { exportProfile, Imports } from './imports';
import { KillSwitches } from './kill-switches';
import { LeftKillSwitch } from './left-kill-switch';
import { LogRing } from './log-ring';
import type { LoginItem } from './login-item';
import { ManagedConnection, type ConnectionHost } from './managed-connection';
import { ManagedConnections } from './managed-connections';
import type { Person } from './person';
import { ProfileChanges } from './profile-changes';
import { createProfileReader } from './profile-reader';
import { Prompts } from './prompts';
import { Pushes } from './pushes';
import { SessionSecretStore, type SecretStore } from './secret-store';
import { askWireless, type Wireless } from './wireless';

export interface VpnServiceOptions {
  readonly version: string;
  readonly host: 'electron' | 'browser';
  /** BCP 47. */
  readonly language: string;
  readonly clock: Clock;
  /** Loaded. */
  readonly profiles: ProfileStore;
  readonly secretStore: SecretStore;
  readonly system: ConnectionEnvironment;
  readonly demo: DemoEnvironment | null;
  /** Absent: prompts of the user interface. */
  readonly askPerson?: Person;
  /** Absent: this host cannot be started at login. */
  readonly loginItem?: LoginItem;
  /** Absent: this host shows no wireless networks. */
  readonly wireless?: Wireless;
}

/** A snapshot brings the newest entries; older ones stay in the ring for `log`. */
const snapshotEntries = 5_000;
const counterMs = 1_000;

/** What every host drives: profiles, secrets, connections, the log. It knows no window. */
export class VpnService implements ApiService, ControlledHost {
  readonly log = new LogRing();
  readonly #options: VpnServiceOptions;
  readonly #pushes: Pushes;
  readonly #connections = new ManagedConnections();
  readonly #prompts = new Prompts();
  readonly #demoSecrets = new SessionSecretStore();
  readonly #imports = new Imports(createProfileReader());
  readonly #diagnoses: Diagnoses;
  readonly #left: LeftKillSwitch;
  readonly #killSwitches: KillSwitches;
  readonly #changes: ProfileChanges;
  readonly #unwatch: () => void;
  #counterTimer: Timer | null = null;
  #visible = false;
  #closed = false;

  constructor(options: VpnServiceOptions) {
    this.#options = options;
    const { clock, profiles, secretStore, demo, system, wireless } = options;
    const connections = this.#connections;
    const pushes = new Pushes(clock);
    this.#pushes = pushes;
    this.#diagnoses = new Diagnoses(clock, (diagnosis) => pushes.push({ type: 'diagnosis', diagnosis }));
    this.#left = new LeftKillSwitch(system, () => this.#killSwitchChanged());
    this.#killSwitches = new KillSwitches(this.#left, connections);
    this.#changes = new ProfileChanges({
      profiles,
      secretStore,
      connections,
      diagnoses: this.#diagnoses,
      create: (profile) => this.#systemConnection(profile, 'saved'),
    });
    for (const profile of profiles.profiles) connections.add(this.#systemConnection(profile, 'saved'));
    if (demo !== null) this.#addDemo(demo);
    this.#prompts.onOpened = (prompt) => pushes.push({ type: 'prompt', prompt });
    this.#prompts.onClosed = (id) => pushes.push({ type: 'prompt-closed', id });
    this.log.onEntry((entry) => pushes.log(entry));
    wireless?.onChange((networks) => pushes.push({ type: 'wireless', networks }));
    this.#unwatch = system.adapters.watch(() => this.#pushAdapters());
  }

  // ---- what the user interface asks ----

  getSnapshot(): Snapshot {
    // What an earlier run left shows as soon as it is known.
    this.#killSwitches.refresh();
    const { version, host, language, demo, secretStore, wireless, loginItem } = this.#options;
    const { profiles, statuses } = this.#connections;
    const measured = [...this.#connections].filter(({ roundTrips }) => !roundTrips.isEmpty);
    return {
      version,
      host,
      language,
      profiles,
      statuses,
      adapters: this.#adapterViews(),
      prompts: this.#prompts.open,
      demo: demo === null ? null : { adapters: demo.demoAdapters },
      log: this.log.read(null, snapshotEntries),
      roundTrips: Object.fromEntries(measured.map(({ name, roundTrips }) => [name, roundTrips.recent])),
      roundTripHistory: Object.fromEntries(measured.map(({ name, roundTrips }) => [name, roundTrips.history])),
      secretStorage: secretStore.storage,
      diagnoses: this.#diagnoses.all,
      strayKillSwitch: this.#killSwitches.stray,
      wireless: wireless?.networks ?? null,
      offeredImports: this.#imports.offered,
      startAtLogin: loginItem?.enabled ?? null,
    };
  }

  connect({ name }: ApiRequests['connect']['args']): null {
    const connection = this.#connections.require(name);
    if (connection.isLive) throw new ApiError('busy', 'failure.connected-already', 'name', { name });
    connection.personActs();
    // How it ends is in its status.
    this.#start(connection).catch(() => undefined);
    return null;
  }

  async disconnect({ name }: ApiRequests['disconnect']['args']): Promise<null> {
    const connection = this.#connections.require(name);
    connection.personActs();
    this.#prompts.cancelAll(connection.name);
    if (connection.isLive) await connection.disconnect();
    else if (connection.isBlocked) await this.#killSwitches.lift(connection.name);
    return null;
  }

  cancelRedial({ name }: ApiRequests['cancelRedial']['args']): null {
    this.#connections.require(name).personActs();
    return null;
  }

  async liftKillSwitch(): Promise<null> {
    await this.#killSwitches.lift(null);
    return null;
  }

  answerPrompt({ id, answer }: ApiRequests['answerPrompt']['args']): null {
    this.#prompts.answer(id, answer);
    return null;
  }

  async saveProfile({ profile, previousName }: ApiRequests['saveProfile']['args']): Promise<null> {
    try {
      await this.#changes.save(profile, previousName);
    } finally {
      this.#pushProfiles();
    }
    return null;
  }

  async removeProfile({ name }: ApiRequests['removeProfile']['args']): Promise<null> {
    await this.#changes.remove(this.#connections.require(name));
    this.#pushProfiles();
    return null;
  }

  forgetSecrets({ name }: ApiRequests['forgetSecrets']['args']): null {
    const { secrets, name: itsName } = this.#connections.require(name);
    secrets.forget(itsName);
    return null;
  }

  inspectImport({
    fileName,
    contentBase64,
  }: ApiRequests['inspectImport']['args']): Promise<ApiRequests['inspectImport']['result']> {
    return this.#imports.inspect(
      { name: fileName, content: new Uint8Array(Buffer.from(contentBase64, 'base64')) },
      (name) => this.#connections.find(name) !== null,
    );
  }

  async commitImport({ token, name }: ApiRequests['commitImport']['args']): Promise<null> {
    const { profile, secrets } = this.#imports.take(token);
    const replaced = this.#connections.find(name);
    if (replaced?.kind === 'demo') throw new ApiError('refused', 'failure.demo-name', 'name');
    await this.saveProfile({ profile: { ...profile, name }, previousName: replaced?.name ?? null });
    // The connection is saved: what cannot be saved beside it is said, and asked for when connecting.
    this.#dropImport(token);
    for (const [kind, secret] of Object.entries(secrets))
      this.#options.secretStore.set(name, kind as keyof typeof secrets, {
        username: profile.authentication.username,
        secret,
      });
    return null;
  }

  async exportProfile({
    name,
    format,
  }: ApiRequests['exportProfile']['args']): Promise<ApiRequests['exportProfile']['result']> {
    const { fileName, content, notExpressed } = await exportProfile(this.#connections.require(name).profile, format);
    return { fileName, contentBase64: Buffer.from(content).toString('base64'), notExpressed };
  }

  diagnose({ name }: ApiRequests['diagnose']['args']): Promise<ApiRequests['diagnose']['result']> {
    return this.diagnoseWith(name, null);
  }

  stopDiagnosis({ name }: ApiRequests['stopDiagnosis']['args']): null {
    const connection = this.#connections.require(name);
    this.#prompts.cancelAll(connection.name);
    this.#diagnoses.stop(connection.name);
    return null;
  }

  dismissImport({ token }: ApiRequests['dismissImport']['args']): null {
    this.#dropImport(token);
    return null;
  }

  async connectWireless({ id, automatically }: ApiRequests['connectWireless']['args']): Promise<null> {
    await askWireless(this.#options.wireless, 'id', (wireless) => wireless.connect(id, automatically));
    return null;
  }

  async disconnectWireless({ adapter }: ApiRequests['disconnectWireless']['args']): Promise<null> {
    await askWireless(this.#options.wireless, 'adapter', (wireless) => wireless.disconnect(adapter));
    return null;
  }

  setStartAtLogin({ enabled }: ApiRequests['setStartAtLogin']['args']): null {
    const { loginItem } = this.#options;
    if (loginItem === undefined) throw new ApiError('refused', 'failure.no-start-at-login');
    loginItem.set(enabled);
    this.#pushes.push({ type: 'start-at-login', enabled: loginItem.enabled });
    return null;
  }

  listClientCertificates({
    module,
  }: ApiRequests['listClientCertificates']['args']): ApiRequests['listClientCertificates']['result'] {
    return this.#options.system.listTokens?.(module) ?? { tokens: [], unusable: [] };
  }

  inspectCertificates({
    contentBase64,
  }: ApiRequests['inspectCertificates']['args']): ApiRequests['inspectCertificates']['result'] {
    return inspectCertificates(contentBase64);
  }

  refreshAdapters(): null {
    this.#pushAdapters();
    this.#killSwitches.refresh();
    this.#options.wireless?.scan();
    for (const connection of this.#connections) connection.resume();
    return null;
  }

  setDemoAdapter({ name, plugged }: ApiRequests['setDemoAdapter']['args']): null {
    const { demo } = this.#options;
    if (demo === null) throw new ApiError('refused', 'failure.no-demo');
    if (!demo.setPlugged(name, plugged)) throw new ApiError('not-found', 'failure.no-demo-adapter', 'name');
    return null;
  }

  watchRoundTrips({ names }: ApiRequests['watchRoundTrips']['args']): null {
    for (const { name, roundTrips } of this.#connections) roundTrips.watch(names.includes(name));
    this.#options.demo?.watchRoundTrips(names.includes(this.#options.demo.profile.name));
    return null;
  }

  setVisible({ visible }: ApiRequests['setVisible']['args']): null {
    this.#visible = visible;
    this.#counterTimer?.cancel();
    this.#counterTimer = null;
    if (visible) this.#tickCounters();
    return null;
  }

  onPush(listener: (push: ApiPush) => void): () => void {
    return this.#pushes.onPush(listener);
  }

  // ---- what the command line asks ----

  /** A profile as this host shall use it, saved or not; nothing is written. */
  useProfile(profile: Profile): void {
    const known = this.#connections.find(profile.name);
    if (known === null) this.#connections.add(this.#systemConnection(profile, 'transient'));
    else known.amendProfile(profile);
  }

  /** `elsewhere`: the status of this connection where another host of this user has it up. */
  async diagnoseWith(name: string, elsewhere: StatusObject | null): Promise<ApiRequests['diagnose']['result']> {
    const connection = this.#connections.require(name);
    const { phase } = connection;
    if (phase === 'changing') throw new ApiError('busy', 'failure.changing', 'name', { name });
    const missing = connection.environment.unavailable();
    if (missing !== null)
      throw new ApiError('refused', 'failure.missing-component', 'name', { problem: missing.message });
    return this.#diagnoses.run({
      profile: connection.profile,
      ports: connection.createPorts(),
      live: phase === 'up' ? connection.status : elsewhere,
    });
  }

  /** A file or link was opened with the program: the import page shows it; nothing is saved. */
  async offerImport(
    file: { readonly name: string; readonly content: Uint8Array },
    from: 'file' | 'link',
  ): Promise<void> {
    await this.#imports.offer(file, from, (name) => this.#connections.find(name) !== null);
    this.#pushes.push({ type: 'offered-imports', offered: this.#imports.offered });
  }

  /** Something is wrong with this host that stops nothing: the log says it. */
  note(problem: string): void {
    this.log.add({ level: 'warning', area: 'connection', text: problem }, null, this.#options.clock.wallTime());
  }

  /** Resolves when Connected, rejects with the VpnError of the attempt. */
  connectNow(name: string): Promise<void> {
    return this.#start(this.#connections.require(name));
  }

  statuses(name: string | null): readonly StatusObject[] {
    return (name === null ? this.#connections.live(null) : this.#connections.named(name)).map(({ status }) => status);
  }

  onStatus(listener: (status: StatusObject) => void): () => void {
    return this.#pushes.onStatus(listener);
  }

  async end(name: string | null): Promise<readonly string[]> {
    const names = this.#connections
      .named(name)
      .filter(({ isLive, isRedialDue }) => isLive || isRedialDue)
      .map((connection) => connection.name);
    await Promise.all(names.map((each) => this.disconnect({ name: each })));
    return names;
  }

  async unblock(name: string | null): Promise<readonly string[]> {
    const names = this.#connections
      .named(name)
      .filter(({ isBlocked, isLive }) => isBlocked && !isLive)
      .map((connection) => connection.name);
    for (const each of names) await this.#killSwitches.lift(each);
    return names;
  }

  /**
   * Writes packets and keys of this connection to files in `directory` until `stopCapture`: at once where it is up,
   * with its next attempt otherwise. `onProblem`: it ended because it could not be written.
   * Keys are the user's to ask for: no user interface can, only the command line of the same user. Throws ApiError.
   */
  capture(name: string, directory: string, onProblem: (capture: Capture) => void): Capture {
    return this.#connections.require(name).capture(directory, onProblem);
  }

  stopCapture(name: string): Capture | null {
    return this.#connections.find(name)?.stopCapture() ?? null;
  }

  /** Ends every connection with everything put back. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([this.#diagnoses.close(), this.end(null)]);
    await this.#changes.remembered();
    for (const connection of this.#connections) connection.close();
    this.#options.wireless?.close();
    this.#unwatch();
    this.#counterTimer?.cancel();
    this.#pushes.close();
    await this.#options.demo?.close();
  }

  // ---- connections ----

  #systemConnection(profile: Profile, kind: 'saved' | 'transient'): ManagedConnection {
    const { system, secretStore, askPerson } = this.#options;
    // Where no user interface is, nobody sees a chart.
    return new ManagedConnection(this.#host(), {
      profile,
      kind,
      environment: system,
      secrets: secretStore,
      left: this.#left,
      measured: askPerson === undefined,
      redials: askPerson === undefined,
    });
  }

  #addDemo(demo: DemoEnvironment): void {
    const { profile } = demo;
    if (this.#connections.find(profile.name) === null) {
      // It pings by itself.
      this.#connections.add(
        new ManagedConnection(this.#host(), {
          profile,
          kind: 'demo',
          environment: demo,
          secrets: this.#demoSecrets,
          left: null,
          measured: false,
          redials: true,
          onMade: (connection) => demo.follow(connection),
        }),
      );
      this.#demoSecrets.set(profile.name, 'password', {
        username: profile.authentication.username,
        secret: demo.password,
      });
    }
    demo.onAdapters((adapters) => {
      this.#pushes.push({ type: 'demo', adapters });
      this.#pushAdapters();
    });
    demo.onRoundTrip((sample) => this.#connections.find(profile.name)?.roundTrips.add(sample));
  }

  #host(): ConnectionHost {
    const { clock, version, askPerson } = this.#options;
    return {
      clock,
      version,
      prompts: this.#prompts,
      person: askPerson,
      log: (record, connection) => void this.log.add(record, connection, clock.wallTime()),
      changed: (status) => this.#pushes.status(status),
      sampled: (connection, sample) => this.#pushes.push({ type: 'round-trip', connection, sample }),
      remember: (connection, what) => void this.#remember(connection, what),
      redial: (connection) => {
        // How it ends is in its status.
        if (!connection.isLive) this.#start(connection).catch(() => undefined);
      },
      freeTunnelName: (environment) => this.#connections.freeTunnelName(environment),
    };
  }

  async #start(connection: ManagedConnection): Promise<void> {
    const stopped = await this.#killSwitches.stops(connection);
    if (stopped !== null) throw connection.refuse(stopped);
    await connection.start();
  }

  async #remember(connection: ManagedConnection, what: Remembered): Promise<void> {
    const saving = this.#changes.remember(connection, what);
    this.#pushProfiles();
    const problem = await saving;
    if (problem !== null)
      this.log.add(
        { level: 'warning', area: 'certificate', text: `The decision about a certificate was not saved: ${problem}` },
        connection.name,
        this.#options.clock.wallTime(),
      );
  }

  // ---- telling ----

  #killSwitchChanged(): void {
    this.#killSwitches.changed();
    this.#pushes.push({ type: 'kill-switch', stray: this.#killSwitches.stray });
  }

  #dropImport(token: string): void {
    if (this.#imports.drop(token)) this.#pushes.push({ type: 'offered-imports', offered: this.#imports.offered });
  }

  #tickCounters(): void {
    this.#counterTimer = this.#options.clock.setTimer(counterMs, 'counters', () => {
      for (const { status } of this.#connections.live(null)) this.#pushes.push({ type: 'status', status });
      if (this.#visible) this.#tickCounters();
    });
  }

  #pushProfiles(): void {
    const { profiles, statuses } = this.#connections;
    this.#pushes.push({ type: 'profiles', profiles, statuses });
  }

  #pushAdapters(): void {
    if (this.#pushes.isHeard) this.#pushes.push({ type: 'adapters', adapters: this.#adapterViews() });
  }

  #adapterViews(): readonly AdapterView[] {
    const { system, demo } = this.#options;
    return [...(demo === null ? [] : adapterViews(demo.adapters)), ...adapterViews(system.adapters)];
  }
}
