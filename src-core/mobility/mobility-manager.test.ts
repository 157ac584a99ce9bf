import { beforeEach, describe, expect, it } from 'vitest';
import type { IkePath, IkeSessionEvent } from '../ikev2/session';
import type { OuterPath } from '../ports/data-path';
import { perfectLink, SeededRandom, settle, SimulatedNetwork, VirtualClock, type SimulatedHost } from '../simulation';
import { MobilityManager, type Renewal, type Roam } from './mobility-manager';
import { defaultMobilityPolicy, type MobilityFailure, type MobilityPolicy, type MobilityState } from './mobility-model';
import { findPathCandidates } from './path-candidates';
import { PathSockets } from './path-sockets';

const gateway = '10.10.0.1';

/** A session whose gateway answers on every path that really works. It counts what is on its way. */
class ReachableSession {
  readonly clock: VirtualClock;
  readonly host: SimulatedHost;
  readonly dead = new Set<string>();
  onEvent: (event: IkeSessionEvent) => void = () => undefined;
  path: IkePath | null = null;
  updates = 0;
  outstanding = 0;
  mostOutstanding = 0;

  constructor(clock: VirtualClock, host: SimulatedHost) {
    this.clock = clock;
    this.host = host;
  }

  works(path: IkePath): boolean {
    const adapter = this.host.adapter(path.socket.adapter ?? '');
    return (
      adapter.up &&
      adapter.carrier &&
      adapter.addresses.includes(path.socket.local.address) &&
      !this.dead.has(adapter.name)
    );
  }

  setPath(path: IkePath): void {
    this.path = path;
    this.updates++;
    this.clock.setTimer(3, 'update answered', () => {
      if (this.path === path && this.works(path)) this.onEvent({ type: 'path-confirmed', path, natDetected: false });
    });
  }

  holdPath(): void {
    this.path = null;
  }

  probe(paths: readonly IkePath[], timeoutMs: number): Promise<IkePath | null> {
    this.outstanding++;
    this.mostOutstanding = Math.max(this.mostOutstanding, this.outstanding);
    return new Promise((resolve) => {
      const done = (result: IkePath | null) => () => {
        this.outstanding--;
        resolve(result);
      };
      const answering = paths.find((path) => this.works(path));
      this.clock.setTimer(answering === undefined ? timeoutMs : 3, 'probe', done(answering ?? null));
    });
  }
}

class Scene {
  readonly clock = new VirtualClock();
  readonly random: SeededRandom;
  readonly network: SimulatedNetwork;
  readonly host: SimulatedHost;
  readonly session: ReachableSession;
  readonly outer: (OuterPath | null)[] = [];
  readonly states: MobilityState[] = [];
  readonly roams: Roam[] = [];
  readonly renewals: Renewal[] = [];
  readonly failures: MobilityFailure[] = [];
  readonly innerMtus: number[] = [];
  manager!: MobilityManager;
  sockets!: PathSockets;

  constructor(seed = 1) {
    this.random = new SeededRandom(seed);
    this.network = new SimulatedNetwork(this.clock, this.random);
    this.host = this.network.addHost('client');
    this.host.addAdapter({ name: 'eth0', addresses: ['10.10.0.2'], conditions: perfectLink });
    this.host.addAdapter({ name: 'eth1', addresses: ['10.20.0.2'], conditions: perfectLink });
    this.session = new ReachableSession(this.clock, this.host);
  }

  async start(policy: Partial<MobilityPolicy> = {}, adapterOrder: readonly string[] = ['eth0', 'eth1']): Promise<void> {
    this.sockets = new PathSockets({
      clock: this.clock,
      datagrams: this.host,
      onDatagram: () => undefined,
      onError: () => undefined,
      onReadiness: () => this.manager.look(),
    });
    const found = findPathCandidates({
      adapters: this.host.snapshot(),
      lookupRoute: (question) => this.host.lookupRoute(question),
      gatewayAddresses: [gateway],
      adapterOrder,
      current: null,
    });
    this.manager = new MobilityManager(
      {
        clock: this.clock,
        adapters: this.host,
        sockets: this.sockets,
        session: this.session,
        dataPath: {
          setPath: (path) => void this.outer.push(path),
          setInnerMtu: (mtu) => void this.innerMtus.push(mtu),
        },
        trace: { log: () => undefined },
        policy: { ...defaultMobilityPolicy, ...policy },
        adapterOrder,
        gatewayAddresses: [gateway],
        port: 4500,
        innerMtu: (path) => path.mtu - 62,
        isBehindTunnel: (address) => address.startsWith('10.99.'),
        onChange: (state) => void this.states.push(state),
        onRoam: (roam) => void this.roams.push(roam),
        onRenew: (renewal) => void this.renewals.push(renewal),
        onFailed: (failure) => void this.failures.push(failure),
        beforeOutageEnds: () => undefined,
      },
      found[0]!,
    );
    this.session.onEvent = (event) => this.manager.handle(event);
    await this.sockets.open(found[0]!);
    this.manager.start();
    await this.clock.run(10);
  }

  get adapter(): string | null {
    const { state } = this.manager;
    return state.type === 'Connected' ? state.path.adapter : null;
  }
}

describe('the mobility manager', { timeout: 60_000 }, () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
  });

  it('keeps a socket open on every usable path before it is needed', async () => {
    await scene.start();
    expect(scene.manager.paths().map((path) => [path.adapter, path.state, path.why])).toEqual([
      ['eth0', 'in-use', 'in-use'],
      ['eth1', 'standby', 'not-preferred'],
    ]);
    scene.host.adapter('eth1').setCarrier(false);
    await scene.clock.run(1_000);
    expect(scene.manager.paths().find((path) => path.adapter === 'eth1')).toMatchObject({
      state: 'unusable',
      why: 'no-carrier',
    });
  });

  it.each([
    ['set down', 'adapter-lost', (it: Scene) => it.host.adapter('eth0').setUp(false)],
    ['cable pulled', 'carrier-lost', (it: Scene) => it.host.adapter('eth0').setCarrier(false)],
    ['address removed', 'address-lost', (it: Scene) => it.host.adapter('eth0').setAddresses([])],
  ] as const)(
    '%s: the other path is in use within the same event, without a promise in between',
    async (_, reason, lose) => {
      await scene.start();
      lose(scene);
      scene.clock.advance(0);
      expect(scene.outer.at(-1)).toMatchObject({
        socket: { adapter: 'eth1' },
        remote: { address: gateway, port: 4500 },
      });
      expect(scene.session.path?.socket.adapter).toBe('eth1');
      await scene.clock.run(5);
      expect(scene.roams).toMatchObject([
        { from: { adapter: 'eth0' }, to: { adapter: 'eth1' }, reason, milliseconds: 3 },
      ]);
      expect(scene.states.map((state) => state.type)).not.toContain('Dormant');
    },
  );

  it('both cables out is Dormant at once; one back is Connected after one round trip', async () => {
    await scene.start();
    scene.host.adapter('eth1').setCarrier(false);
    await scene.clock.run(1000);
    scene.host.adapter('eth0').setCarrier(false);
    await scene.clock.run(1);
    expect(scene.manager.state.type).toBe('Dormant');
    expect(scene.outer.at(-1)).toBeNull();
    expect(scene.session.path).toBeNull();
    await scene.clock.run(300_000);
    scene.host.adapter('eth1').setCarrier(true);
    await scene.clock.run(20);
    expect(scene.adapter).toBe('eth1');
  });

  it('returns to the preferred adapter by itself, without a moment without path', async () => {
    await scene.start();
    scene.host.adapter('eth0').setCarrier(false);
    await scene.clock.run(1000);
    scene.host.adapter('eth0').setCarrier(true);
    await scene.clock.run(5000);
    expect(scene.adapter).toBe('eth0');
    expect(scene.roams.at(-1)).toMatchObject({ reason: 'preferred-adapter', to: { adapter: 'eth0' } });
    expect(scene.outer).not.toContain(null);
  });

  it('does not return to a preferred adapter that has a link and reaches nobody', async () => {
    await scene.start();
    scene.host.adapter('eth0').setCarrier(false);
    await scene.clock.run(1000);
    scene.session.dead.add('eth0');
    scene.host.adapter('eth0').setCarrier(true);
    await scene.clock.run(120_000);
    expect(scene.adapter).toBe('eth1');
    expect(scene.manager.paths().find((path) => path.adapter === 'eth0')?.state).toMatch(/silent|probing|standby/);
  });

  it('keeps the path that works, not the one that merely has a link', async () => {
    await scene.start({ returnToPreferred: false });
    scene.session.dead.add('eth0');
    scene.manager.handle({
      type: 'path-silent',
      path: { socket: await scene.sockets.open(initial(scene)), remote: { address: gateway, port: 4500 } },
      tries: 2,
      silentMs: 4000,
    });
    await scene.clock.run(10);
    expect(scene.adapter).toBe('eth1');
    expect(scene.roams.at(-1)?.reason).toBe('path-silent');
  });

  it('after the outage time the failure is reported once and nothing is left ticking', async () => {
    await scene.start({ outageMs: 300_000 });
    scene.host.adapter('eth0').setUp(false);
    scene.host.adapter('eth1').setUp(false);
    await scene.clock.run(299_000);
    expect(scene.failures).toEqual([]);
    await scene.clock.run(2_000);
    expect(scene.failures).toEqual(['outage-over']);
    scene.manager.stop();
    scene.sockets.close();
    await scene.clock.run(1_000_000);
    expect(scene.failures).toHaveLength(1);
    expect(scene.clock.pendingTimers()).toEqual([]);
  });

  it('after sleep one probe, then one update on the path in use', async () => {
    await scene.start();
    const before = scene.session.updates;
    scene.manager.resume();
    await scene.clock.run(6_000);
    expect(scene.session.updates).toBe(before + 1);
    expect(scene.adapter).toBe('eth0');
  });

  it('the gateway announces another address and withdraws this one (M-8): fails over when it dies', async () => {
    await scene.start({ returnToPreferred: false });
    scene.manager.handle({ type: 'peer-addresses', addresses: ['10.99.0.1', '10.10.0.9'] });
    await scene.clock.run(10);
    expect(scene.manager.paths().map((path) => path.destinationAddress)).toEqual(
      expect.arrayContaining(['10.10.0.9', gateway]),
    );
    expect(scene.manager.paths().map((path) => path.destinationAddress)).not.toContain('10.99.0.1');
    expect(scene.manager.state).toMatchObject({ type: 'Connected', path: { destination: gateway } });
  });

  it('the inner MTU is set before the path is (docs/data-path.md 4.3)', async () => {
    await scene.start();
    scene.host.adapter('eth0').setUp(false);
    await scene.clock.run(5);
    expect(scene.innerMtus).toEqual([1438]);
  });

  it('1,000 adapter events a second for a minute: one probe at a time and a bounded number of updates', async () => {
    await scene.start();
    const noise = scene.host.addAdapter({ name: 'noise', addresses: [] });
    for (let tick = 0; tick < 60_000; tick++) {
      noise.setAddresses(tick % 2 === 0 ? ['10.99.9.9'] : []);
      scene.clock.advance(1);
      if (tick % 100 === 0) await settle();
    }
    expect(scene.session.mostOutstanding).toBeLessThanOrEqual(1);
    expect(scene.session.updates).toBe(0);
    expect(scene.adapter).toBe('eth0');
  });

  it('an adapter that flaps at any rate never leaves the connection without a way on', async () => {
    for (const period of [1, 7, 40, 250, 1500, 9000]) {
      const flapping = new Scene(period);
      await flapping.start();
      for (let round = 0; round < 200; round++) {
        flapping.host.adapter('eth0').setCarrier(round % 2 === 1);
        await flapping.clock.run(period);
        expect(flapping.manager.state.type).toBe('Connected');
      }
      flapping.host.adapter('eth0').setCarrier(false);
      await flapping.clock.run(100);
      expect(flapping.adapter).toBe('eth1');
      expect(flapping.session.mostOutstanding).toBeLessThanOrEqual(2);
    }
  });
});

describe('random adapters', { timeout: 60_000 }, () => {
  it.each(Array.from({ length: 60 }, (_, seed) => seed + 1))(
    'seed %i: follows whatever works and ends Connected when something does',
    async (seed) => {
      const scene = new Scene(seed);
      await scene.start({ outageMs: 28_800_000 });
      const { random } = scene;
      for (let step = 0; step < 120; step++) {
        const adapter = scene.host.adapter(random.pick(['eth0', 'eth1']));
        switch (random.integer(0, 4)) {
          case 0:
            adapter.setCarrier(random.chance(0.6));
            break;
          case 1:
            adapter.setUp(random.chance(0.6));
            break;
          case 2:
            adapter.setAddresses(
              random.chance(0.7) ? [adapter.name === 'eth0' ? '10.10.0.2' : `10.20.0.${random.integer(2, 4)}`] : [],
            );
            break;
          case 3:
            if (random.chance(0.5)) scene.session.dead.add(adapter.name);
            else scene.session.dead.delete(adapter.name);
            break;
          default:
            if (random.chance(0.5)) scene.manager.resume();
        }
        await scene.clock.run(random.pick([0, 1, 5, 40, 300, 3000, 20_000, 600_000]));
        expect(['Connected', 'Dormant', 'WaitingToReconnect']).toContain(scene.manager.state.type);
      }
      scene.session.dead.clear();
      for (const name of ['eth0', 'eth1']) {
        scene.host.adapter(name).setAddresses([name === 'eth0' ? '10.10.0.2' : '10.20.0.2']);
        scene.host.adapter(name).setUp(true);
        scene.host.adapter(name).setCarrier(true);
      }
      await scene.clock.run(700_000);
      expect(scene.adapter).toBe('eth0');
      expect(scene.outer.at(-1)).toMatchObject({ socket: { adapter: 'eth0' } });
    },
  );
});

function initial(scene: Scene) {
  const { state } = scene.manager;
  if (state.type !== 'Connected') throw new Error(state.type);
  return state.path;
}
