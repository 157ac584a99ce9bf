import { canonicalIp, sanitizeText } from '../bytes';
import { failures } from '../connection/failures';
import type { ConnectionPorts, SessionCredentials } from '../connection/ports';
import { sessionConfig } from '../connection/session-config';
import type { StatusObject } from '../connection/status';
import { createTypeScriptDataPath } from '../esp/data-path';
import { noAuthAnswer } from '../ikev2/exchanges/failures';
import { ProposalError } from '../ikev2/proposals';
import type { IkePath, IkeSession, IkeSessionConfig, IkeSessionEvent, PeerAuthentication } from '../ikev2/session';
import { exchangeType, payloadType } from '../ikev2/wire/constants';
import { findPathCandidates, unusableText, type PathCandidate } from '../mobility/path-candidates';
import { PathSockets } from '../mobility/path-sockets';
import type { Timer } from '../ports/clock';
import { VpnError } from '../ports/vpn-error';
import type { Profile } from '../profiles/profile';
import {
  attemptFailed,
  type AuthTraffic,
  certificateFailed,
  certificatePassed,
  fragmentedInitLength,
  fragmentFinding,
  fragmentsLost,
  nameFailed,
  namePassed,
  noWay,
  portFinding,
  trafficSilent,
  unreadableSettings,
  unusablePhrases,
} from './findings';
import { InnerProbe } from './inner-probe';
import { insideTargets } from './inside-targets';
import { liveFindings } from './live-findings';
import { observedDatagrams } from './observed-datagrams';
import { probePort } from './port-probe';
import { DiagnosisRecord, failedStep, passed, skipped, type DiagnosisStepName, type StepResult } from './steps';

export interface DiagnoseOptions {
  readonly profile: Profile;
  /**
   * Of a connection of this profile; its network settings and its data path are not used: nothing on the computer
   * changes.
   */
  readonly ports: Omit<ConnectionPorts, 'networkSettings' | 'createDataPath'>;
  /** The status of the connection where it is up: it is asked then, and no second one is made. */
  readonly live: StatusObject | null;
  readonly onSteps: (steps: readonly StepResult[]) => void;
  readonly signal?: AbortSignal;
}

/** Paths that are probed, best first. */
const mostPaths = 4;
const probeMs = 6_000;
const paddedProbeMs = 3_000;
const attemptMs = 60_000;
const firstAnswerMs = 8_000;
const trafficMs = 5_000;
const livenessMs = 3_000;
const deleteWaitMs = 1_000;
const askInsideMs = 700;

class Stopped extends Error {}

/**
 * Tries step by step what a connection needs: the name, both ports, large messages, the server's certificate, the
 * sign-in, the addresses, and traffic through
 * a tunnel whose end is in this process. A connection is made and ended again; no adapter, route or name server of the
 * computer is touched. Resolves with
 * the steps, also when it is stopped; it asks for secrets as a connection does.
 */
export async function diagnose(options: DiagnoseOptions): Promise<readonly StepResult[]> {
  const { clock } = options.ports;
  const record = new DiagnosisRecord(() => clock.now(), options.onSteps);
  const { signal } = options;
  let stop: () => void = () => undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(new Stopped());
  });
  stopped.catch(() => undefined);
  signal?.addEventListener('abort', stop);
  if (signal?.aborted === true) stop();
  const run = new Run(options, record, stopped);
  try {
    await Promise.race([run.all(), stopped]);
  } catch (error) {
    if (!(error instanceof Stopped)) {
      const reason = error instanceof VpnError ? error : failures.unexpected(error);
      const step = record.steps.find((one) => record.isOpen(one.step))?.step;
      if (step !== undefined) record.end(step, attemptFailed(step, reason));
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    await run.close();
  }
  record.skipRest({ key: signal?.aborted === true ? 'stopped' : 'not-reached', values: {} });
  return record.steps;
}

type Established = Extract<IkeSessionEvent, { type: 'established' }>;

class Run {
  readonly #options: DiagnoseOptions;
  readonly #record: DiagnosisRecord;
  readonly #stopped: Promise<never>;
  readonly #sockets: PathSockets;
  readonly #dataPath;
  readonly #traffic: AuthTraffic & { answered: boolean } = {
    sent: { messages: 0, parts: 0, largestDatagram: 0 },
    received: { messages: 0, parts: 0, largestDatagram: 0 },
    answered: false,
  };
  #session: IkeSession | null = null;
  #credentials: SessionCredentials | null = null;
  #device: InnerProbe | null = null;
  #reached: DiagnosisStepName = 'proposals';
  #ipFragments = false;

  constructor(options: DiagnoseOptions, record: DiagnosisRecord, stopped: Promise<never>) {
    this.#options = options;
    this.#record = record;
    this.#stopped = stopped;
    const { clock, datagrams, trace } = options.ports;
    this.#dataPath = createTypeScriptDataPath({ clock, trace });
    const observed = observedDatagrams(datagrams, ({ direction, header, message }) => {
      if (header.exchangeType === exchangeType.IKE_AUTH)
        this.#count(direction, message.length, header.nextPayload === payloadType.SKF);
      return true;
    });
    this.#sockets = new PathSockets({
      clock,
      datagrams: observed,
      onDatagram: (datagram, from, socket) => {
        const path: IkePath = { socket, remote: from };
        if (this.#session?.receive(datagram, path) !== true) this.#dataPath.receive(datagram, from);
      },
      onError: () => undefined,
      onReadiness: () => undefined,
    });
  }

  async all(): Promise<void> {
    const { profile, live } = this.#options;
    const record = this.#record;
    record.begin('name');
    const addresses = await this.#resolve();
    if (addresses === null) return;
    const paths = this.#paths(addresses);
    if (paths === null) return;
    if (!(await this.#probePorts(paths))) return;
    if (live !== null) {
      for (const [step, finding] of liveFindings(live)) record.end(step, finding);
      return;
    }
    record.begin('proposals');
    const credentials = await this.#options.ports.credentials({ profile, reason: null, refused: null });
    if (credentials === null)
      return record.end('authentication', attemptFailed('authentication', failures.cancelled()));
    this.#credentials = credentials;
    const established = await this.#connect(credentials, paths);
    if (established !== null) await this.#tryTraffic(established);
  }

  /** Says goodbye to the server and wipes. Idempotent. */
  async close(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    this.#device?.close();
    if (session !== null) {
      if (session.ike !== null) await session.close(deleteWaitMs);
      session.abandon();
    }
    this.#dataPath.close();
    this.#sockets.close();
    this.#credentials?.wipe();
    this.#credentials = null;
  }

  async #resolve(): Promise<readonly string[] | null> {
    const { server } = this.#options.profile;
    try {
      const found = (await this.#options.ports.resolver.resolve(server))
        .map((address) => canonicalIp(address))
        .filter((address) => address !== null);
      if (found.length === 0) throw new Error('the name has no address');
      const addresses = [...new Set(found)];
      this.#record.end('name', namePassed(server, addresses));
      return addresses;
    } catch (error) {
      this.#record.end('name', nameFailed(server, failures.nameNotFound(server, error)));
      return null;
    }
  }

  #paths(gatewayAddresses: readonly string[]): readonly PathCandidate[] | null {
    const { adapters } = this.#options.ports;
    const found = findPathCandidates({
      adapters: adapters.snapshot(),
      lookupRoute: (question) => adapters.lookupRoute(question),
      gatewayAddresses,
      adapterOrder: this.#options.profile.mobility.adapterOrder,
      current: null,
    });
    const usable = found.filter((candidate) => candidate.usable).slice(0, mostPaths);
    if (usable.length > 0) return usable;
    const step = this.#options.profile.port === null ? 'udp-500' : 'udp-4500';
    this.#record.end(
      step,
      noWay(
        unusablePhrases(found),
        failures.noPath(
          found.map((entry) => `${entry.label}: ${entry.reason === null ? 'ready' : unusableText(entry.reason)}`),
        ),
      ),
    );
    return null;
  }

  /** Both ports by every path at once. False: the server cannot be reached. */
  async #probePorts(paths: readonly PathCandidate[]): Promise<boolean> {
    const { profile, ports } = this.#options;
    const record = this.#record;
    const config = this.#probeConfig(paths[0]!);
    const probe = async (port: number) =>
      Promise.all(
        paths.map((candidate) => probePort(ports, config, { candidate, port, paddedTo: null, timeoutMs: probeMs })),
      );
    try {
      if (profile.port !== null) {
        record.end('udp-500', skipped({ key: 'port-only', values: { port: profile.port } }));
        record.begin('udp-4500');
        const answers = await probe(profile.port);
        record.end('udp-4500', portFinding(profile.port, answers, false));
        return (
          answers.some((answer) => answer.milliseconds !== null) &&
          (await this.#probeFragments(config, answers[0]!.candidate, profile.port))
        );
      }
      record.begin('udp-500');
      record.begin('udp-4500');
      const [first, second] = await Promise.all([probe(500), probe(4500)]);
      const by = (answers: typeof first) => answers.find((answer) => answer.milliseconds !== null);
      record.end('udp-500', portFinding(500, first, by(second) !== undefined));
      record.end('udp-4500', portFinding(4500, second, by(first) !== undefined));
      const best = by(second) ?? by(first);
      return (
        best !== undefined &&
        (await this.#probeFragments(config, best.candidate, by(second) === undefined ? 500 : 4500))
      );
    } catch (error) {
      if (!(error instanceof ProposalError)) throw error;
      record.end('proposals', unreadableSettings(error));
      return false;
    }
  }

  async #probeFragments(config: IkeSessionConfig, candidate: PathCandidate, port: number): Promise<true> {
    if (this.#options.live !== null) return true;
    const answer = await probePort(this.#options.ports, config, {
      candidate,
      port,
      paddedTo: fragmentedInitLength,
      timeoutMs: paddedProbeMs,
    });
    this.#ipFragments = answer.milliseconds !== null;
    return true;
  }

  /** IKE_SA_INIT carries nothing of the credentials, so a probe has none. */
  #probeConfig(candidate: PathCandidate): IkeSessionConfig {
    const { profile, ports } = this.#options;
    const nobody: SessionCredentials = {
      label: '',
      localIdentity: null,
      remoteIdentity: null,
      local: { method: 'psk', secret: new Uint8Array(1) },
      peer: { method: 'psk', secret: new Uint8Array(1), identity: null },
      wipe: () => undefined,
    };
    return sessionConfig(profile, nobody, {
      originAddress: candidate.source,
      adapters: ports.adapters.snapshot(),
      previousAddresses: [],
    });
  }

  async #connect(credentials: SessionCredentials, paths: readonly PathCandidate[]): Promise<Established | null> {
    const { profile, ports } = this.#options;
    const record = this.#record;
    const opened = (
      await Promise.allSettled(
        paths.map(async (candidate) => ({ candidate, socket: await this.#sockets.open(candidate) })),
      )
    ).flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    if (opened.length === 0) {
      record.end('proposals', noWay([{ key: 'no-socket', values: {} }], failures.noPath(['no socket can be opened'])));
      return null;
    }
    const gatewayPorts = profile.port === null ? [500, 4500] : [profile.port];
    const pairs = opened.flatMap(({ candidate, socket }) =>
      gatewayPorts.map((port): IkePath => ({ socket, remote: { address: candidate.destination, port } })),
    );
    const config = sessionConfig(
      profile,
      { ...credentials, peer: this.#watchedPeer(credentials.peer) },
      { originAddress: opened[0]!.candidate.source, adapters: ports.adapters.snapshot(), previousAddresses: [] },
    );
    let timer: Timer | null = null;
    try {
      const established = await Promise.race([
        this.#stopped,
        new Promise<Established>((resolve, reject) => {
          timer = ports.clock.setTimer(attemptMs, 'diagnosis', () => reject(failures.noAnswer()));
          const session = ports.createSession(config, {
            clock: ports.clock,
            random: ports.random,
            dataPath: this.#dataPath,
            trace: ports.trace,
            onEvent: (event) => {
              if (event.type === 'established') resolve(event);
              else if (event.type === 'ended') reject(event.error ?? failures.serverDisconnected());
              else if (event.type === 'progress' && event.phase === 'auth') {
                this.#initAnswered();
                // A connection asks for longer; here the first silence is the finding.
                timer?.cancel();
                timer = ports.clock.setTimer(firstAnswerMs, 'first answer to IKE_AUTH', () => {
                  if (!this.#traffic.answered) return reject(noAuthAnswer());
                  timer = ports.clock.setTimer(attemptMs, 'diagnosis', () => reject(failures.noAnswer()));
                });
              }
            },
          });
          this.#session = session;
          session.connect(pairs[0]!, pairs.slice(1));
        }),
      ]);
      this.#authAnswered();
      const { ipv4Addresses, ipv6Addresses } = established.configuration;
      record.end('certificate', skipped({ key: 'certificate-none', values: {} }));
      record.end(
        'authentication',
        passed({ key: 'signed-in', values: { method: sanitizeText(established.authentication) } }),
      );
      record.end(
        'addresses',
        passed({
          key: 'addresses-given',
          values: { addresses: [...ipv4Addresses, ...ipv6Addresses.map(({ address }) => address)] },
        }),
      );
      return established;
    } catch (error) {
      if (error instanceof Stopped) throw error;
      const reason = error instanceof VpnError ? error : failures.unexpected(error);
      if (this.#traffic.answered) this.#authAnswered();
      if (reason.symbol === 'VPN_TIMEOUT' && this.#reached === 'fragments' && !this.#traffic.answered)
        record.end('fragments', fragmentsLost(reason, this.#traffic, this.#ipFragments));
      else this.#fail(reason);
      return null;
    } finally {
      (timer as Timer | null)?.cancel();
    }
  }

  #fail(error: VpnError): void {
    // The judge of the certificate has said more than the session's end does.
    if (this.#record.steps.some(({ step, outcome }) => step === 'certificate' && outcome === 'failed')) return;
    const step = failedStep(error.symbol, this.#reached, (one) => this.#record.isOpen(one));
    if (step === 'addresses') this.#record.end('authentication', passed({ key: 'sign-in-accepted', values: {} }));
    this.#record.end(step, attemptFailed(step, error));
  }

  #initAnswered(): void {
    this.#record.end('proposals', passed({ key: 'settings-agreed', values: {} }));
    this.#reached = 'fragments';
    this.#record.begin('fragments');
  }

  #authAnswered(): void {
    this.#record.end('fragments', fragmentFinding(this.#traffic, this.#ipFragments));
    if (this.#reached === 'fragments') this.#reached = 'certificate';
  }

  #watchedPeer(peer: PeerAuthentication): PeerAuthentication {
    if (peer.method === 'psk') return peer;
    return {
      ...peer,
      verify: async (shown) => {
        this.#authAnswered();
        this.#record.begin('certificate');
        try {
          const verified = await peer.verify(shown);
          this.#record.end('certificate', certificatePassed(shown.certificates[0]));
          this.#reached = 'authentication';
          this.#record.begin('authentication');
          return verified;
        } catch (error) {
          const reason = error instanceof VpnError ? error : failures.unexpected(error);
          this.#record.end('certificate', certificateFailed(reason));
          throw error;
        }
      },
    };
  }

  async #tryTraffic({ configuration, child }: Established): Promise<void> {
    const { clock } = this.#options.ports;
    const record = this.#record;
    record.begin('traffic');
    const addresses = [...configuration.ipv4Addresses, ...configuration.ipv6Addresses.map(({ address }) => address)];
    const targets = insideTargets(configuration.dnsServers, child.remoteSelectors, addresses);
    const device = new InnerProbe({ clock, addresses, targets, intervalMs: askInsideMs });
    this.#device = device;
    this.#dataPath.attachTunnel(device);
    device.start();
    let timer: Timer | null = null;
    const late = new Promise<null>((resolve) => {
      timer = clock.setTimer(targets.length === 0 ? 0 : trafficMs, 'traffic', () => resolve(null));
    });
    const answer = await Promise.race([device.answer, late]);
    (timer as Timer | null)?.cancel();
    if (answer !== null)
      return record.end(
        'traffic',
        passed({ key: 'traffic-answered', values: { address: answer.from, milliseconds: answer.milliseconds } }),
      );
    const alive = (await this.#session?.checkLiveness(livenessMs)) ?? false;
    record.end(
      'traffic',
      trafficSilent(
        targets.map(({ address }) => address),
        alive,
      ),
    );
  }

  #count(direction: 'sent' | 'received', length: number, part: boolean): void {
    const before = this.#traffic[direction];
    const after = {
      messages: before.messages + 1,
      parts: before.parts + (part ? 1 : 0),
      largestDatagram: Math.max(before.largestDatagram, length),
    };
    Object.assign(this.#traffic, { [direction]: after });
    if (direction === 'received') this.#traffic.answered = true;
  }
}
