import { Connection } from '../../src-core/connection/connection';
import { internetPath } from '../../src-core/mobility/internet-paths';
import { idleStatus } from '../../src-core/connection/status-object';
import type { ConnectionPorts } from '../../src-core/connection/ports';
import type { Remembered } from '../../src-core/connection/questions';
import type { StatusObject } from '../../src-core/connection/status';
import type { Adapters } from '../../src-core/ports/adapters';
import type { Clock, Timer } from '../../src-core/ports/clock';
import type { Trace } from '../../src-core/ports/trace';
import { VpnError } from '../../src-core/ports/vpn-error';
import { sameProfileName } from '../../src-core/profiles/checks';
import type { Profile } from '../../src-core/profiles/profile';
import type { ProfileStore } from '../../src-core/profiles/store';
import type { AdapterView, ApiPush, ApiRequests, LogEntry, Snapshot } from '../api/contract';
import { ApiError, type ApiService } from '../api/service';
import type { ControlledHost } from './control-server';
import { CapturePoint, type Capture } from './captures';
import { Diagnoses } from './diagnoses';
import type { ConnectionEnvironment, DemoEnvironment } from './environment';
import { inspectCertificates } from './certificate-view';
import { exportProfile, Imports } from './imports';
import { LeftKillSwitch } from './left-kill-switch';
import { LogRing } from './log-ring';
import type { LoginItem } from './login-item';
import { ConnectionPerson, withDecision, type Person } from './person';
import { Prompts } from './prompts';
import { RoundTrips, type RoundTripTarget } from './round-trips';
import { SessionSecretStore, type SecretStore } from './secret-store';
import type { Wireless } from './wireless';

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

/** One profile and, once used, its connection. */
interface Entry {
  profile: Profile;
  readonly environment: ConnectionEnvironment;
  readonly kind: 'saved' | 'demo' | 'transient';
  connection: Connection | null;
  /** Where a capture is attached; made with the connection. */
  capturePoint: CapturePoint | null;
  /** A capture that shall begin with the next attempt. */
  captureNext: string | null;
  /** Name of its tunnel adapter, kept from the first connection on. */
  tunnelName: string | null;
  status: StatusObject;
  readonly roundTrips: RoundTrips;
}

/** A snapshot brings the newest entries; older ones stay in the ring for `log`. */
const snapshotEntries = 5_000;
const logBatchMs = 100;
const counterMs = 1_000;

/** What every host drives: profiles, secrets, connections, the log. It knows no window. */
export class VpnService implements ApiService, ControlledHost {
  readonly log = new LogRing();
  readonly #options: VpnServiceOptions;
  readonly #entries: Entry[] = [];
  readonly #prompts = new Prompts();
  readonly #demoSecrets = new SessionSecretStore();
  readonly #imports = new Imports();
  readonly #diagnoses: Diagnoses;
  readonly #left: LeftKillSwitch;
  readonly #listeners = new Set<(push: ApiPush) => void>();
  readonly #statusListeners = new Set<(status: StatusObject) => void>();
  #logBatch: LogEntry[] = [];
  #logTimer: Timer | null = null;
  #counterTimer: Timer | null = null;
  #unwatch: () => void;
  #visible = false;
  #closed = false;

  constructor(options: VpnServiceOptions) {
    this.#options = options;
    const { demo } = options;
    this.#diagnoses = new Diagnoses(options.clock, (diagnosis) => this.#push({ type: 'diagnosis', diagnosis }));
    this.#left = new LeftKillSwitch(options.system, () => this.#killSwitchChanged());
    for (const profile of options.profiles.profiles) this.#entries.push(this.#entry(profile, options.system, 'saved'));
    if (demo !== null && this.#find(demo.profile.name) === null) {
      this.#entries.push(this.#entry(demo.profile, demo, 'demo'));
      this.#demoSecrets.set(demo.profile.name, 'password', { username: demo.profile.authentication.username, secret: demo.password });
    }
    this.#prompts.onOpened = (prompt) => this.#push({ type: 'prompt', prompt });
    this.#prompts.onClosed = (id) => this.#push({ type: 'prompt-closed', id });
    this.log.onEntry((entry) => this.#queueLog(entry));
    options.wireless?.onChange((networks) => this.#push({ type: 'wireless', networks }));
    this.#unwatch = options.system.adapters.watch(() => this.#pushAdapters());
    demo?.onAdapters((adapters) => {
      this.#push({ type: 'demo', adapters });
      this.#pushAdapters();
    });
    demo?.onRoundTrip((sample) => this.#find(demo.profile.name)?.roundTrips.add(sample));
  }

  // ---- what the user interface asks ----

  getSnapshot(): Snapshot {
    // What an earlier run left shows as soon as it is known.
    void this.#left.refresh();
    const { version, host, language, demo, secretStore } = this.#options;
    const measured = this.#entries.filter((entry) => !entry.roundTrips.isEmpty);
    return {
      version,
      host,
      language,
      profiles: this.#profiles(),
      statuses: this.#entries.map((entry) => this.#statusOf(entry)),
      adapters: this.#adapterViews(),
      prompts: this.#prompts.open,
      demo: demo === null ? null : { adapters: demo.demoAdapters },
      log: this.log.read(null, snapshotEntries),
      roundTrips: Object.fromEntries(measured.map((entry) => [entry.profile.name, entry.roundTrips.recent])),
      roundTripHistory: Object.fromEntries(measured.map((entry) => [entry.profile.name, entry.roundTrips.history])),
      secretStorage: secretStore.storage,
      diagnoses: this.#diagnoses.all,
      strayKillSwitch: this.#strayKillSwitch(),
      wireless: this.#options.wireless?.networks ?? null,
      offeredImports: this.#imports.offered,
      startAtLogin: this.#options.loginItem?.enabled ?? null,
    };
  }

  connect({ name }: ApiRequests['connect']['args']): null {
    const entry = this.#require(name);
    if (entry.connection !== null && !entry.connection.isDown) throw new ApiError('busy', 'failure.connected-already', 'name', { name });
    this.#start(entry).catch(() => undefined);
    return null;
  }

  async disconnect({ name }: ApiRequests['disconnect']['args']): Promise<null> {
    const entry = this.#require(name);
    this.#prompts.cancelAll(entry.profile.name);
    if (entry.connection !== null && !entry.connection.isDown) await entry.connection.disconnect();
    else if (this.#isBlocked(entry)) await this.#lift(entry.profile.name);
    return null;
  }

  async liftKillSwitch(): Promise<null> {
    await this.#lift(null);
    return null;
  }

  answerPrompt({ id, answer }: ApiRequests['answerPrompt']['args']): null {
    this.#prompts.answer(id, answer);
    return null;
  }

  async saveProfile({ profile, previousName }: ApiRequests['saveProfile']['args']): Promise<null> {
    const previous = previousName === null ? null : this.#require(previousName, 'previousName');
    if (previous !== null && previous.kind !== 'saved') throw new ApiError('refused', 'failure.demo-fixed', 'previousName');
    if (previous?.connection?.isDown === false) throw new ApiError('busy', 'failure.change-disconnect-first', 'previousName');
    if (previous !== null && this.#isBlocked(previous) && !sameProfileName(previous.profile.name, profile.name)) throw new ApiError('busy', 'failure.unblock-first', 'previousName');
    const taken = this.#find(profile.name);
    if (taken !== null && taken !== previous) throw new ApiError('refused', 'failure.name-taken', 'profile.name');
    const saved = await this.#options.profiles.save(profile, previousName);
    if (!saved.ok) throw new ApiError(saved.reason === 'not-found' ? 'not-found' : 'invalid-argument', 'failure.profile-wrong', saved.path === 'previousName' ? saved.path : `profile.${saved.path}`, { key: saved.path === '' ? 'The connection' : saved.path, problem: saved.text });
    if (previous === null) this.#entries.unshift(this.#entry(saved.profile, this.#options.system, 'saved'));
    else {
      if (previousName !== null && previousName !== saved.profile.name) this.#options.secretStore.rename(previousName, saved.profile.name);
      if (previousName !== null) this.#diagnoses.forget(previousName);
      previous.profile = saved.profile;
      previous.connection = null;
      previous.status = this.#idle(saved.profile);
    }
    this.#pushProfiles();
    return null;
  }

  async removeProfile({ name }: ApiRequests['removeProfile']['args']): Promise<null> {
    const entry = this.#require(name);
    if (entry.kind === 'demo') throw new ApiError('refused', 'failure.demo-belongs', 'name');
    if (entry.connection?.isDown === false) throw new ApiError('busy', 'failure.remove-disconnect-first', 'name');
    this.#diagnoses.forget(entry.profile.name);
    if (this.#isBlocked(entry)) throw new ApiError('busy', 'failure.unblock-first', 'name');
    await this.#options.profiles.remove(entry.profile.name);
    this.#options.secretStore.forget(entry.profile.name);
    this.#entries.splice(this.#entries.indexOf(entry), 1);
    this.#pushProfiles();
    return null;
  }

  forgetSecrets({ name }: ApiRequests['forgetSecrets']['args']): null {
    const entry = this.#require(name);
    this.#secretsOf(entry).forget(entry.profile.name);
    return null;
  }

  inspectImport({ fileName, contentBase64 }: ApiRequests['inspectImport']['args']): Promise<ApiRequests['inspectImport']['result']> {
    return this.#imports.inspect({ name: fileName, content: new Uint8Array(Buffer.from(contentBase64, 'base64')) }, (name) => this.#find(name) !== null);
  }

  async commitImport({ token, name }: ApiRequests['commitImport']['args']): Promise<null> {
    const { profile, secrets } = this.#imports.take(token);
    const renamed: Profile = { ...profile, name };
    const replaced = this.#find(name);
    if (replaced?.kind === 'demo') throw new ApiError('refused', 'failure.demo-name', 'name');
    await this.saveProfile({ profile: renamed, previousName: replaced === null ? null : replaced.profile.name });
    for (const [kind, secret] of Object.entries(secrets)) this.#options.secretStore.set(name, kind as keyof typeof secrets, { username: profile.authentication.username, secret });
    this.#dropImport(token);
    return null;
  }

  async exportProfile({ name, format }: ApiRequests['exportProfile']['args']): Promise<ApiRequests['exportProfile']['result']> {
    const { fileName, content, notExpressed } = await exportProfile(this.#require(name).profile, format);
    return { fileName, contentBase64: Buffer.from(content).toString('base64'), notExpressed };
  }

  diagnose({ name }: ApiRequests['diagnose']['args']): Promise<ApiRequests['diagnose']['result']> {
    return this.diagnoseWith(name, null);
  }

  stopDiagnosis({ name }: ApiRequests['stopDiagnosis']['args']): null {
    const entry = this.#require(name);
    this.#prompts.cancelAll(entry.profile.name);
    this.#diagnoses.stop(entry.profile.name);
    return null;
  }

  dismissImport({ token }: ApiRequests['dismissImport']['args']): null {
    this.#dropImport(token);
    return null;
  }

  async connectWireless({ id }: ApiRequests['connectWireless']['args']): Promise<null> {
    await this.#askWireless('id', (wireless) => wireless.connect(id));
    return null;
  }

  async disconnectWireless({ adapter }: ApiRequests['disconnectWireless']['args']): Promise<null> {
    await this.#askWireless('adapter', (wireless) => wireless.disconnect(adapter));
    return null;
  }

  setStartAtLogin({ enabled }: ApiRequests['setStartAtLogin']['args']): null {
    const { loginItem } = this.#options;
    if (loginItem === undefined) throw new ApiError('refused', 'failure.no-start-at-login');
    loginItem.set(enabled);
    this.#push({ type: 'start-at-login', enabled: loginItem.enabled });
    return null;
  }

  listClientCertificates({ module }: ApiRequests['listClientCertificates']['args']): ApiRequests['listClientCertificates']['result'] {
    return this.#options.system.listTokens?.(module) ?? { tokens: [], unusable: [] };
  }

  inspectCertificates({ contentBase64 }: ApiRequests['inspectCertificates']['args']): ApiRequests['inspectCertificates']['result'] {
    return inspectCertificates(contentBase64);
  }

  refreshAdapters(): null {
    this.#pushAdapters();
    void this.#left.refresh();
    this.#options.wireless?.scan();
    for (const entry of this.#entries) entry.connection?.resume();
    return null;
  }

  setDemoAdapter({ name, plugged }: ApiRequests['setDemoAdapter']['args']): null {
    const { demo } = this.#options;
    if (demo === null) throw new ApiError('refused', 'failure.no-demo');
    if (!demo.setPlugged(name, plugged)) throw new ApiError('not-found', 'failure.no-demo-adapter', 'name');
    return null;
  }

  watchRoundTrips({ names }: ApiRequests['watchRoundTrips']['args']): null {
    for (const entry of this.#entries) entry.roundTrips.watch(names.includes(entry.profile.name));
    this.#options.demo?.watchRoundTrips(names.includes(this.#options.demo.profile.name));
    return null;
  }

  setVisible({ visible }: ApiRequests['setVisible']['args']): null {
    this.#visible = visible;
    this.#counterTimer?.cancel();
    this.#counterTimer = null;
    if (visible) this.#tick();
    return null;
  }

  onPush(listener: (push: ApiPush) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  // ---- what the command line asks ----

  /** A profile as this host shall use it, saved or not; nothing is written. */
  useProfile(profile: Profile): void {
    const known = this.#find(profile.name);
    if (known === null) this.#entries.push(this.#entry(profile, this.#options.system, 'transient'));
    else known.profile = profile;
  }

  /** `elsewhere`: the status of this connection where another host of this user has it up. */
  async diagnoseWith(name: string, elsewhere: StatusObject | null): Promise<ApiRequests['diagnose']['result']> {
    const entry = this.#require(name);
    const { profile } = entry;
    const state = entry.connection === null ? null : stateKind(this.#statusOf(entry).state);
    if (state === 'changing') throw new ApiError('busy', 'failure.changing', 'name', { name });
    const missing = entry.environment.unavailable();
    if (missing !== null) throw new ApiError('refused', 'failure.missing-component', 'name', { problem: missing.message });
    const live = state === 'up' ? this.#statusOf(entry) : elsewhere;
    return this.#diagnoses.run({ profile, ports: this.#portsOf(entry), live });
  }

  /** A file or link was opened with the program: the import page shows it; nothing is saved. */
  async offerImport(file: { readonly name: string; readonly content: Uint8Array }): Promise<void> {
    await this.#imports.offer(file, (name) => this.#find(name) !== null);
    this.#push({ type: 'offered-imports', offered: this.#imports.offered });
  }

  /** Resolves when Connected, rejects with the VpnError of the attempt. */
  connectNow(name: string): Promise<void> {
    return this.#start(this.#require(name));
  }

  statuses(name: string | null): readonly StatusObject[] {
    return this.#entries.filter((entry) => (name === null ? entry.connection !== null && !entry.connection.isDown : sameProfileName(entry.profile.name, name))).map((entry) => this.#statusOf(entry));
  }

  onStatus(listener: (status: StatusObject) => void): () => void {
    this.#statusListeners.add(listener);
    return () => void this.#statusListeners.delete(listener);
  }

  async end(name: string | null): Promise<readonly string[]> {
    const live = this.#entries.filter((entry) => entry.connection !== null && !entry.connection.isDown && (name === null || sameProfileName(entry.profile.name, name)));
    await Promise.all(live.map((entry) => this.disconnect({ name: entry.profile.name })));
    return live.map((entry) => entry.profile.name);
  }

  async unblock(name: string | null): Promise<readonly string[]> {
    const blocked = this.#entries.filter((entry) => this.#isBlocked(entry) && entry.connection?.isDown !== false && (name === null || sameProfileName(entry.profile.name, name)));
    for (const entry of blocked) await this.#lift(entry.profile.name);
    return blocked.map((entry) => entry.profile.name);
  }

  /**
   * Writes packets and keys of this connection to files in `directory` until `stopCapture`: at once where it is up, with its next attempt otherwise (null).
   * Keys are the person's to ask for: no user interface can, only the command line of the same user. Throws what the system says about the folder.
   */
  capture(name: string, directory: string): Capture | null {
    const entry = this.#require(name);
    if (entry.connection !== null && !entry.connection.isDown && entry.capturePoint !== null) return entry.capturePoint.start(directory, this.#options.version);
    entry.captureNext = directory;
    return null;
  }

  stopCapture(name: string): Capture | null {
    return this.#find(name)?.capturePoint?.stop() ?? null;
  }

  /** Ends every connection with everything put back. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([this.#diagnoses.close(), this.end(null)]);
    for (const entry of this.#entries) entry.capturePoint?.stop();
    this.#options.wireless?.close();
    this.#unwatch();
    this.#counterTimer?.cancel();
    this.#logTimer?.cancel();
    for (const entry of this.#entries) entry.roundTrips.follow(null);
    await this.#options.demo?.close();
  }

  // ---- connections ----

  async #start(entry: Entry): Promise<void> {
    const { environment, profile } = entry;
    const missing = environment.unavailable();
    if (missing !== null) {
      entry.status = { ...this.#idle(profile), error: missing.info() };
      this.#publish(entry);
      throw missing;
    }
    const { name } = profile;
    if (entry.environment === this.#options.system && this.#left.inForce && !this.#left.isOf(name)) {
      await this.#left.refresh();
      if (this.#left.inForce && !this.#left.isOf(name)) {
        const other = this.#entries.find((each) => this.#left.isOf(each.profile.name))?.profile.name;
        const blocked = new VpnError('PORT_NOT_AVAILABLE', `Traffic is blocked by the kill switch of ${other ?? 'another connection'}. Disconnect that one first.`);
        entry.status = { ...this.#idle(profile), error: blocked.info() };
        this.#publish(entry);
        throw blocked;
      }
    }
    // A kill switch that this connection left lets no question for a name out.
    environment.rememberAddresses(profile.server, () => this.#left.addressesFor(name));
    if (entry.connection === null) {
      const tunnelName = (entry.tunnelName ??= this.#freeTunnelName(environment));
      const target: RoundTripTarget = { measure: (timeoutMs) => connection.measureRoundTrip(timeoutMs), adapter: () => entry.status.adapter };
      const point = new CapturePoint(this.#portsOf(entry));
      entry.capturePoint = point;
      const connection = new Connection({
        profile,
        tunnelName,
        ports: point.ports,
        onStatus: (status) => {
          if (entry.connection !== connection) return;
          const moved = status.roams !== entry.status.roams;
          entry.status = this.#withBlocking(entry, status);
          this.#publish(entry);
          // The demo pings by itself, and where no user interface is nobody sees a chart.
          if (entry.kind === 'demo' || this.#options.askPerson !== undefined) return;
          entry.roundTrips.follow(stateKind(status.state) === 'up' ? target : null);
          if (moved) entry.roundTrips.measureNow();
        },
      });
      entry.connection = connection;
      if (entry.kind === 'demo') this.#options.demo?.follow(connection);
    }
    if (entry.captureNext !== null) {
      entry.capturePoint?.start(entry.captureNext, this.#options.version);
      entry.captureNext = null;
    }
    try {
      await entry.connection.connect();
    } finally {
      if (this.#left.inForce || entry.connection.isDown) void this.#left.refresh();
    }
  }

  /** Its kill switch holds traffic back and it has no tunnel. */
  #isBlocked(entry: Entry): boolean {
    return entry.environment === this.#options.system && (this.#left.isOf(entry.profile.name) || entry.status.trafficBlocked === true);
  }

  /** One that none of the connections here left. */
  #strayKillSwitch(): boolean {
    return this.#left.inForce && !this.#entries.some((entry) => this.#left.isOf(entry.profile.name));
  }

  async #lift(name: string | null): Promise<void> {
    await this.#left.lift(name).catch((error: unknown) => {
      throw new ApiError('refused', 'failure.not-unblocked', 'name', { problem: error instanceof VpnError ? error.message : String(error) });
    });
    for (const entry of this.#entries) {
      if (entry.status.trafficBlocked !== true || (name !== null && !sameProfileName(entry.profile.name, name))) continue;
      entry.status = { ...entry.status, trafficBlocked: false };
      entry.connection?.unblocked();
      this.#publish(entry);
    }
  }

  #killSwitchChanged(): void {
    for (const entry of this.#entries) {
      const trafficBlocked = this.#left.isOf(entry.profile.name);
      if (entry.environment !== this.#options.system || (entry.connection?.isDown === false) || (entry.status.trafficBlocked === true) === trafficBlocked) continue;
      entry.status = { ...entry.status, trafficBlocked };
      if (!trafficBlocked) entry.connection?.unblocked();
      this.#publish(entry);
    }
    this.#push({ type: 'kill-switch', stray: this.#strayKillSwitch() });
  }

  /** A name that neither the system nor another connection of this host uses. */
  #freeTunnelName(environment: ConnectionEnvironment): string {
    return environment.nextTunnelName(new Set(this.#entries.flatMap(({ tunnelName }) => (tunnelName === null ? [] : [tunnelName]))));
  }

  async #askWireless(field: string, ask: (wireless: Wireless) => Promise<boolean>): Promise<void> {
    const { wireless } = this.#options;
    if (wireless === undefined || wireless.networks === null) throw new ApiError('refused', 'failure.no-network-manager');
    let done: boolean;
    try {
      done = await ask(wireless);
    } catch (error) {
      throw new ApiError('refused', 'failure.wireless-refused', field, { problem: error instanceof Error ? error.message : 'unknown' });
    }
    if (!done) throw new ApiError('not-found', 'failure.no-wireless-network', field);
  }

  #dropImport(token: string): void {
    if (this.#imports.drop(token)) this.#push({ type: 'offered-imports', offered: this.#imports.offered });
  }

  #trace(connection: string): Trace {
    return { log: (record) => void this.log.add(record, connection, this.#options.clock.wallTime()) };
  }

  #secretsOf(entry: Entry): SecretStore {
    return entry.kind === 'demo' ? this.#demoSecrets : this.#options.secretStore;
  }

  #portsOf(entry: Entry): ConnectionPorts {
    const { profile, environment } = entry;
    const person = new ConnectionPerson({ prompts: this.#prompts, other: this.#options.askPerson, store: this.#secretsOf(entry), profile: () => entry.profile });
    return environment.createPorts(profile, { secrets: person, questions: person, remember: (what) => void this.#remember(entry, what), trace: this.#trace(profile.name) });
  }

  /** In the profile of this host at once and, where it is saved, in its file: there without what only this host was told (a user name of the command line). */
  async #remember(entry: Entry, what: Remembered): Promise<void> {
    const { profiles } = this.#options;
    entry.profile = withDecision(entry.profile, what);
    this.#pushProfiles();
    const saved = entry.kind === 'saved' ? profiles.find(entry.profile.name) : null;
    if (saved === null) return;
    const problem = await profiles.save(withDecision(saved, what), saved.name).then(
      (result) => (result.ok ? null : result.text),
      (error: unknown) => (error instanceof Error ? error.message : 'unknown reason'),
    );
    if (problem !== null) this.log.add({ level: 'warning', area: 'certificate', text: `The decision about a certificate could not be saved: ${problem}.` }, saved.name, this.#options.clock.wallTime());
  }

  // ---- telling ----

  #entry(profile: Profile, environment: ConnectionEnvironment, kind: Entry['kind']): Entry {
    const entry: Entry = {
      profile,
      environment,
      kind,
      connection: null,
      capturePoint: null,
      captureNext: null,
      tunnelName: null,
      status: this.#idle(profile),
      roundTrips: new RoundTrips(this.#options.clock, (sample) => this.#push({ type: 'round-trip', connection: entry.profile.name, sample })),
    };
    return entry;
  }

  #idle(profile: Profile): StatusObject {
    return idleStatus(profile.name, profile.server, this.#options.clock.wallTime());
  }

  #find(name: string): Entry | null {
    return this.#entries.find((entry) => sameProfileName(entry.profile.name, name)) ?? null;
  }

  #require(name: string, field = 'name'): Entry {
    const entry = this.#find(name);
    if (entry === null) throw new ApiError('not-found', 'failure.connection-gone', field);
    return entry;
  }

  #profiles(): readonly Profile[] {
    return this.#entries.map((entry) => entry.profile);
  }

  /** Counters are read when somebody looks. */
  #statusOf(entry: Entry): StatusObject {
    if (entry.connection !== null && !entry.connection.isDown) entry.status = this.#withBlocking(entry, entry.connection.status());
    return entry.status;
  }

  /** What the connection knows of itself, and what another run left: until it is Connected, which replaces that. */
  #withBlocking(entry: Entry, status: StatusObject): StatusObject {
    const down = status.state === 'Disconnected' || status.state === 'Connecting';
    return down && entry.environment === this.#options.system && this.#left.isOf(entry.profile.name) ? { ...status, trafficBlocked: true } : status;
  }

  #publish(entry: Entry): void {
    this.#push({ type: 'status', status: entry.status });
    for (const listener of [...this.#statusListeners]) listener(entry.status);
  }

  #tick(): void {
    this.#counterTimer = this.#options.clock.setTimer(counterMs, 'counters', () => {
      for (const entry of this.#entries) {
        if (entry.connection === null || entry.connection.isDown) continue;
        entry.status = this.#withBlocking(entry, entry.connection.status());
        this.#push({ type: 'status', status: entry.status });
      }
      if (this.#visible) this.#tick();
    });
  }

  #queueLog(entry: LogEntry): void {
    if (this.#listeners.size === 0) return;
    this.#logBatch.push(entry);
    this.#logTimer ??= this.#options.clock.setTimer(logBatchMs, 'log', () => {
      this.#logTimer = null;
      const entries = this.#logBatch;
      this.#logBatch = [];
      this.#push({ type: 'log', entries });
    });
  }

  #pushProfiles(): void {
    this.#push({ type: 'profiles', profiles: this.#profiles(), statuses: this.#entries.map((entry) => this.#statusOf(entry)) });
  }

  #pushAdapters(): void {
    if (this.#listeners.size > 0) this.#push({ type: 'adapters', adapters: this.#adapterViews() });
  }

  #adapterViews(): readonly AdapterView[] {
    const { system, demo } = this.#options;
    return [...(demo === null ? [] : adapterViews(demo.adapters)), ...adapterViews(system.adapters)];
  }

  #push(push: ApiPush): void {
    for (const listener of [...this.#listeners]) listener(push);
  }
}

function stateKind(state: StatusObject['state']): 'up' | 'down' | 'changing' {
  if (state === 'Disconnected') return 'down';
  return state === 'Connecting' || state === 'Disconnecting' ? 'changing' : 'up';
}

function adapterViews(adapters: Adapters): readonly AdapterView[] {
  return adapters
    .snapshot()
    .filter((adapter) => adapter.kind !== 'loopback')
    .map((adapter) => ({
      name: adapter.name,
      label: adapter.label,
      kind: adapter.kind,
      connected: adapter.up && adapter.carrier && adapter.addresses.some((address) => address.usable && address.scope === 'global'),
      addresses: adapter.addresses.filter((address) => address.scope !== 'link').map((address) => address.address),
      signal: null,
      network: null,
      internet: internetPath(adapters, adapter) !== null,
    }));
}
