import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createCredentialsSource } from '../connection/credentials';
import { exampleProfile } from '../connection/example-profile';
import { idleStatus } from '../connection/status-object';
import type { StatusObject } from '../connection/status';
import { createGatewayIdentity, type KeyPair } from '../gateway/gateway-certificates';
import { EmbeddedGateway } from '../gateway/gateway';
import { createInitiatorSession, createResponder } from '../ikev2/sa';
import type { LogRecord } from '../ports/trace';
import { perfectLink, SeededRandom, SimulatedNetwork, VirtualClock, type LinkConditions } from '../simulation';
import { diagnose } from './diagnose';
import { padInit, withoutCommitment } from './init-probe';
import { englishDiagnosis } from '../../src-text/diagnosis';
import { diagnosisStepNames, type StepResult } from './steps';

/** A step with its sentences. */
type SaidStep = StepResult & ReturnType<typeof englishDiagnosis>;

const gatewayAddress = '198.51.100.1';
const name = 'vpn.contoso.test';
const keys = (): KeyPair => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pairs = [keys(), keys()] as const;

interface SceneOptions {
  readonly password?: string | null;
  readonly server?: string;
  readonly authorities?: readonly string[];
  readonly ike?: readonly string[];
  readonly port?: number;
  readonly conditions?: Partial<LinkConditions>;
  readonly resolves?: boolean;
  readonly live?: StatusObject;
}

/** A computer with two adapters, a gateway, and a diagnosis between them on a virtual clock. */
class Scene {
  readonly clock = new VirtualClock();
  readonly random = new SeededRandom(4);
  readonly network = new SimulatedNetwork(this.clock, this.random.fork());
  readonly host = this.network.addHost('client');
  readonly gateway: EmbeddedGateway;
  readonly logs: LogRecord[] = [];
  readonly told: (readonly StepResult[])[] = [];
  readonly stop = new AbortController();
  clients = 0;
  mostClients = 0;
  readonly #options: SceneOptions;
  readonly #authority: string;

  constructor(options: SceneOptions = {}) {
    this.#options = options;
    const conditions = { ...perfectLink, ...options.conditions };
    this.host.addAdapter({ name: 'eth0', label: 'Ethernet', addresses: ['203.0.113.5'], conditions });
    this.host.addAdapter({ name: 'wlan0', kind: 'wifi', label: 'Wi-Fi', addresses: ['203.0.113.9'], conditions });
    const far = this.network.addHost('gateway');
    far.addAdapter({ name: 'wan', addresses: [gatewayAddress], conditions: perfectLink });
    const identity = createGatewayIdentity({
      random: this.random,
      now: this.clock.wallTime(),
      name,
      address: gatewayAddress,
      keys: pairs,
    });
    this.#authority = identity.authority;
    this.gateway = new EmbeddedGateway({
      clock: this.clock,
      random: this.random.fork(),
      trace: { log: () => undefined },
      createResponder,
      name,
      identity,
      accounts: { alice: 'Correct-Horse-9' },
      presharedKey: null,
      pool: ['10.77.0.1', '10.77.0.9'],
      innerHost: '10.99.0.1',
      network: ['10.99.0.0', '10.99.0.255'],
      onClients: (count) => {
        this.clients = count;
        this.mostClients = Math.max(this.mostClients, count);
      },
    });
    for (const localPort of [500, 4500])
      this.gateway.listen(far.openNow({ adapter: null, localAddress: gatewayAddress, localPort }));
  }

  async run(): Promise<Record<(typeof diagnosisStepNames)[number], SaidStep>> {
    const {
      password = 'Correct-Horse-9',
      server = name,
      authorities,
      ike,
      port,
      resolves = true,
      live,
    } = this.#options;
    const trace = { log: (record: LogRecord) => void this.logs.push(record) };
    let steps: readonly StepResult[] | null = null;
    void diagnose({
      profile: exampleProfile({
        name: 'Contoso',
        server,
        ...(port === undefined ? {} : { port }),
        authentication: { method: 'eap-mschapv2', username: 'alice' },
        serverCertificate: { authorities: authorities ?? [this.#authority], revocation: 'off' },
        mobility: { adapterOrder: ['eth0', 'wlan0'] },
        ...(ike === undefined ? {} : { proposals: { ike } }),
      }),
      live: live ?? null,
      onSteps: (each) => void this.told.push(each),
      signal: this.stop.signal,
      ports: {
        clock: this.clock,
        random: this.random.fork(),
        adapters: this.host,
        datagrams: this.host,
        resolver: {
          resolve: () => (resolves ? Promise.resolve([gatewayAddress]) : Promise.reject(new Error('NXDOMAIN'))),
        },
        trace,
        credentials: createCredentialsSource({
          random: this.random.fork(),
          trace,
          secrets: { request: () => Promise.resolve(password === null ? null : { secret: password, save: false }) },
          acceptance: { wallTime: () => this.clock.wallTime(), systemAuthorities: () => [] },
          tls: null,
        }),
        createSession: (config, dependencies) => createInitiatorSession(dependencies, config),
      },
    }).then((done) => (steps = done));
    await this.clock.runUntil(() => steps !== null, 300_000);
    if (steps === null) throw new Error('the diagnosis did not end');
    return Object.fromEntries(
      (steps as readonly StepResult[]).map((step) => [step.step, { ...step, ...englishDiagnosis(step) }]),
    ) as Record<(typeof diagnosisStepNames)[number], SaidStep>;
  }

  /** Loses what goes to or comes from this port of the gateway. */
  block(port: number): void {
    this.network.filter = ({ from, to }) => (to.port === port || from.port === port ? 'drop' : 'pass');
  }
}

const outcomes = (steps: Record<string, SaidStep>): string =>
  Object.values(steps)
    .map(({ outcome }) => outcome)
    .join(' ');

describe('a diagnosis', { timeout: 60_000 }, () => {
  it('passes every step, asks inside the tunnel, leaves nobody at the gateway, no timer and no secret behind', async () => {
    const scene = new Scene();
    const steps = await scene.run();
    expect(outcomes(steps)).toBe('passed passed passed passed passed passed passed passed passed');
    expect(steps.name.text).toBe(`${name} is ${gatewayAddress}.`);
    expect(steps['udp-500'].text).toContain('Ethernet (203.0.113.5)');
    expect(steps['udp-500'].text).toContain('Wi-Fi (203.0.113.9)');
    expect(steps.certificate.text).toContain(name);
    expect(steps.authentication.text).toContain('EAP-MSCHAPv2');
    expect(steps.addresses.text).toContain('10.77.0.1');
    expect(steps.traffic.text).toMatch(/^10\.99\.0\.1 answered through the tunnel after /);
    expect(steps['udp-500'].finding).toEqual({
      key: 'port-answers',
      values: {
        port: 500,
        ways: ['Ethernet', 'Wi-Fi'].map((label) => ({
          key: 'way-answered',
          values: { label, address: expect.any(String) as string, milliseconds: expect.any(Number) as number },
        })),
      },
    });
    expect(
      Object.values(steps)
        .map(({ text }) => text)
        .join('\n'),
    ).not.toMatch(/[{}]|undefined/);
    expect(scene.mostClients).toBe(1);
    expect(scene.clients).toBe(0);
    void scene.gateway.close(0);
    await scene.clock.run(100_000);
    expect(scene.clock.pendingTimers()).toEqual([]);
    expect(JSON.stringify([scene.logs, scene.told])).not.toContain('Correct-Horse-9');
  });

  it('tells each change, from all waiting to none', async () => {
    const scene = new Scene();
    await scene.run();
    expect(scene.told[0]?.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual(
      diagnosisStepNames.map((step) => `${step} waiting`),
    );
    expect(scene.told.some((steps) => steps.find(({ step }) => step === 'certificate')?.outcome === 'running')).toBe(
      true,
    );
    expect(scene.told.at(-1)?.some(({ outcome }) => outcome === 'waiting' || outcome === 'running')).toBe(false);
  });

  it('a name without address fails at the name', async () => {
    const steps = await new Scene({ resolves: false }).run();
    expect(outcomes(steps)).toBe('failed skipped skipped skipped skipped skipped skipped skipped skipped');
    expect(steps.name.error).toMatchObject({ code: 868 });
  });

  it('no adapter: says so and does not blame the server', async () => {
    const scene = new Scene();
    scene.host.adapter('eth0').setUp(false);
    scene.host.adapter('wlan0').setUp(false);
    const steps = await scene.run();
    expect(steps['udp-500']).toMatchObject({
      outcome: 'failed',
      advice: 'Plug in a cable or join a wireless network.',
    });
    expect(steps.certificate.outcome).toBe('skipped');
  });

  it('port 500 blocked: a warning, and the rest passes by 4500', async () => {
    const scene = new Scene();
    scene.block(500);
    const steps = await scene.run();
    expect(outcomes(steps)).toBe('passed warning passed passed passed passed passed passed passed');
  });

  it('port 4500 blocked: the port fails, and the attempt shows that large messages are not answered', async () => {
    const scene = new Scene();
    scene.block(4500);
    const steps = await scene.run();
    expect(steps['udp-500'].outcome).toBe('passed');
    expect(steps['udp-4500']).toMatchObject({ outcome: 'failed', error: { code: 809 } });
    expect(steps.proposals.outcome).toBe('passed');
    expect(steps.fragments).toMatchObject({ outcome: 'failed', error: { code: 809 } });
    expect(steps.certificate.outcome).toBe('skipped');
  });

  it('a silent server fails both ports', async () => {
    const scene = new Scene();
    scene.network.filter = () => 'drop';
    expect(outcomes(await scene.run())).toBe('passed failed failed skipped skipped skipped skipped skipped skipped');
  });

  it('one adapter whose network blocks the server is named', async () => {
    const scene = new Scene();
    scene.network.filter = ({ from, to }) =>
      from.address === '203.0.113.9' || to.address === '203.0.113.9' ? 'drop' : 'pass';
    const steps = await scene.run();
    expect(steps['udp-4500']).toMatchObject({ outcome: 'warning' });
    expect(steps['udp-4500'].text).toContain('It does not by Wi-Fi (203.0.113.9)');
    expect(steps.traffic.outcome).toBe('passed');
  });

  it('a network that drops IP fragments is seen; the sign-in passes nevertheless', async () => {
    const steps = await new Scene({ conditions: { mtu: 1500 } }).run();
    expect(steps.fragments.text).toContain('This network drops IP fragments');
    expect(steps.traffic.outcome).toBe('passed');
  });

  it('a network that drops what is large: small messages pass, the sign-in is not answered', async () => {
    const steps = await new Scene({ conditions: { mtu: 700 } }).run();
    expect(steps.proposals.outcome).toBe('passed');
    expect(steps.fragments).toMatchObject({ outcome: 'failed', error: { code: 809 } });
    expect(steps.fragments.text).toContain('This network drops IP fragments');
  });

  it('other encryption settings fail at the proposals', async () => {
    const steps = await new Scene({ ike: ['aes128-sha1-modp2048'] }).run();
    expect(outcomes(steps)).toBe('passed passed passed failed skipped skipped skipped skipped skipped');
    expect(steps.proposals.error).toMatchObject({ code: 13868 });
  });

  it('settings that cannot be read fail at the proposals, by their keyword', async () => {
    const steps = await new Scene({ ike: ['rot13-crc32'] }).run();
    expect(steps.proposals).toMatchObject({ outcome: 'failed', error: { code: 13868 } });
    expect(steps.proposals.error?.detail).toContain('rot13');
  });

  it('another name than the certificate has fails at the certificate, and no password is sent', async () => {
    const scene = new Scene({ server: 'vpn.fabrikam.test' });
    const steps = await scene.run();
    expect(steps.certificate).toMatchObject({ outcome: 'failed', error: { code: 13801 } });
    expect(steps.certificate.text).toContain('vpn.fabrikam.test');
    expect(steps.authentication.outcome).toBe('skipped');
    expect(
      scene.logs.some(
        (record) =>
          record.exchange?.direction === 'sent' && record.exchange.payloads.some((payload) => payload.name === 'EAP'),
      ),
    ).toBe(false);
  });

  it('a wrong password fails at the authentication', async () => {
    const steps = await new Scene({ password: 'wrong' }).run();
    expect(steps.certificate.outcome).toBe('passed');
    expect(steps.authentication).toMatchObject({ outcome: 'failed', error: { code: 691 } });
    expect(steps.addresses.outcome).toBe('skipped');
  });

  it('a question that is cancelled is said to be', async () => {
    const steps = await new Scene({ password: null }).run();
    expect(steps.authentication).toMatchObject({ outcome: 'failed', error: { code: 1223 } });
  });

  it('a port of its own is the only one tried', async () => {
    const scene = new Scene({ port: 4500 });
    const asked = new Set<number>();
    scene.network.tap(({ to }) => void (to.address === gatewayAddress && asked.add(to.port)));
    const steps = await scene.run();
    expect(steps['udp-500'].outcome).toBe('skipped');
    expect(steps.traffic.outcome).toBe('passed');
    expect([...asked]).toEqual([4500]);
  });

  it('a connection that is up is asked, and no second one is made', async () => {
    const live: StatusObject = {
      ...idleStatus('Contoso', name, 0),
      state: 'Dormant',
      waitingFor: 'no-route',
      authentication: 'EAP-MSCHAPv2',
      tunnelAddresses: ['10.77.0.1/32'],
    };
    const scene = new Scene({ live });
    const steps = await scene.run();
    expect(steps.authentication.text).toContain('EAP-MSCHAPv2');
    expect(steps.traffic).toMatchObject({ outcome: 'failed' });
    expect(steps.traffic.text).toContain('no adapter has a route to the server');
    expect(scene.mostClients).toBe(0);
  });

  it('can be stopped at any time', async () => {
    const scene = new Scene();
    scene.network.filter = () => 'drop';
    scene.clock.setTimer(2_000, 'the person', () => scene.stop.abort());
    const steps = await scene.run();
    expect(steps.name.outcome).toBe('passed');
    expect(steps.traffic).toMatchObject({ outcome: 'skipped', text: 'Stopped.' });
    expect(scene.clock.now()).toBeLessThan(3_000);
  });
});

describe('an IKE_SA_INIT that probes', () => {
  // Header, one Nonce payload of 20 octets.
  const request = new Uint8Array(28 + 20);
  request[16] = 40;
  request[17] = 0x20;
  request[18] = 34;
  request[28 + 3] = 20;
  request[27] = 48;

  it('ends with a Vendor ID and has the right lengths', () => {
    const padded = padInit(request, 1800)!;
    const view = new DataView(padded.buffer);
    expect([padded.length, view.getUint32(24), padded[16], padded[28], padded[48], view.getUint16(50)]).toEqual([
      1800, 1800, 40, 43, 0, 1752,
    ]);
  });

  it('asks for a key exchange that nobody has', () => {
    // Header, KE payload of 8 octets with group 19.
    const exchange = new Uint8Array(28 + 8);
    exchange.set([34, 0x20, 34], 16);
    exchange[27] = 36;
    exchange.set([0, 0, 0, 8, 0, 19], 28);
    const changed = withoutCommitment(exchange)!;
    expect([...changed.slice(28)]).toEqual([0, 0, 0, 8, 1023 >> 8, 1023 & 255, 0, 0]);
    expect(exchange[33]).toBe(19);
    expect(withoutCommitment(request)).toBeNull();
  });

  it('is not made of anything else', () => {
    const other = request.slice();
    other[18] = 35;
    expect(padInit(other, 1800)).toBeNull();
    expect(padInit(request, 50)).toBeNull();
    const broken = request.slice();
    broken[31] = 200;
    expect(padInit(broken, 1800)).toBeNull();
    expect(padInit(request.slice(0, 20), 1800)).toBeNull();
  });
});
