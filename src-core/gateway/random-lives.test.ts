import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../simulation';
import { testLength } from '../simulation/lengths';
import { watchOutstandingRequests } from '../simulation/outstanding-requests';
import { gatewayAddress, Scene } from '../simulation/scene';

/**
 * How many random lives; each is reproducible by its seed: LIFE_SEED=n plays only that one.
 */
const count = testLength('LIVES', 30, 100_000);
const only = process.env['LIFE_SEED'];

type Action = (scene: Scene, random: SeededRandom) => void;

const adapters = ['eth0', 'wlan0'] as const;
const home: Readonly<Record<(typeof adapters)[number], string>> = { eth0: '203.0.113.5', wlan0: '10.1.0.5' };

function restart(scene: Scene): void {
  scene.gateway.crash();
  scene.gateway = scene.startGateway();
}

const actions: readonly (readonly [string, Action])[] = [
  ['cable', (scene, random) => scene.host.adapter(random.pick(adapters)).setCarrier(random.chance(0.5))],
  ['switch', (scene, random) => scene.host.adapter(random.pick(adapters)).setUp(random.chance(0.5))],
  [
    'address',
    (scene, random) => {
      const name = random.pick(adapters);
      scene.host.adapter(name).setAddresses(random.chance(0.6) ? [home[name]] : []);
    },
  ],
  [
    'flapping',
    (scene, random) => {
      const adapter = scene.host.adapter(random.pick(adapters));
      const period = random.pick([1, 9, 70, 400]);
      for (let turn = 0; turn < 20; turn++)
        scene.clock.setTimer(turn * period, 'flap', () => adapter.setCarrier(turn % 2 === 1));
    },
  ],
  [
    'loss',
    (scene, random) => scene.host.adapter(random.pick(adapters)).setConditions({ loss: random.pick([0, 0.2, 1]) }),
  ],
  ['new NAT mapping', (scene) => scene.nat.rebind()],
  ['gateway restarts', restart],
  [
    'gateway away for a while',
    (scene, random) => {
      scene.gateway.crash();
      scene.clock.setTimer(random.pick([500, 5_000, 60_000]), 'gateway back', () => restart(scene));
    },
  ],
  ['sleep', (scene, random) => scene.clock.sleep(random.pick([2_000, 600_000, 28_800_000]))],
  ['stopped', (scene, random) => scene.clock.stall(random.pick([100, 20_000, 400_000]))],
  ['look again', (scene) => scene.connection.resume()],
];

const alive: ReadonlySet<string> = new Set(['Connected', 'Dormant', 'WaitingToReconnect']);

/** One random life of a connection, from Connect on. */
async function live(seed: number, mobike: boolean): Promise<void> {
  const random = new SeededRandom(seed);
  const trace: string[] = [];
  const where = (): string => `LIFE_SEED=${String(seed)}: ${trace.join(', ')}`;
  const outageSeconds = random.pick([300, 1800, 28_800]);
  const scene = new Scene({
    seed,
    outageSeconds,
    pingMs: random.pick([200, 2_000, 30_000]),
    conditions: { latency: random.integer(1, 80), loss: random.pick([0, 0, 0.05]) },
    psk: { client: 'Shared-Secret-7', gateway: 'Shared-Secret-7' },
    gateway: { mobike },
  });
  const requests = watchOutstandingRequests(scene.network, gatewayAddress);
  expect(await scene.connect(), where()).toBeNull();
  const { connectedSince, tunnelAddresses } = scene.status;

  for (let step = random.integer(4, 14); step > 0 && scene.status.state !== 'Disconnected'; step--) {
    const [name, act] = random.pick(actions);
    trace.push(`${name} at ${String(Math.round(scene.clock.now()))}`);
    act(scene, random);
    await scene.clock.run(random.pick([0, 3, 60, 700, 6_000, 45_000, 200_000]));
    const { state, error } = scene.status;
    expect(alive.has(state) || error?.code === 829, `${where()} is ${state} ${JSON.stringify(error)}`).toBe(true);
  }

  // Everything is well again: it comes back, or had failed for its reason.
  for (const name of adapters) {
    const adapter = scene.host.adapter(name);
    adapter.setConditions({ loss: 0 });
    adapter.setAddresses([home[name]]);
    adapter.setUp(true);
    adapter.setCarrier(true);
  }
  await scene.clock.run(90_000);
  const { state, error } = scene.status;
  expect(requests.violations, where()).toEqual([]);
  expect(scene.questions, where()).toEqual([null]);
  if (state === 'Disconnected') {
    expect(error?.code, where()).toBe(829);
    expect(
      scene.statuses.filter((status) => status.state === 'Disconnected'),
      where(),
    ).toHaveLength(1);
    return;
  }
  expect(scene.status, where()).toMatchObject({ state: 'Connected', connectedSince });
  // Without MOBIKE a gateway that did not hear the goodbye of the old IKE SA gives the new one another address (M-23).
  if (mobike) expect(scene.status, where()).toMatchObject({ tunnelAddresses });
  const { length } = scene.samples;
  await scene.clock.run(65_000);
  expect(
    scene.samples.slice(length).some((sample) => sample !== null),
    `${where()}: traffic flows`,
  ).toBe(true);
  await disconnect(scene);
  if (mobike) expect(scene.clients).toBe(0);
}

async function disconnect(scene: Scene): Promise<void> {
  let done = false;
  void scene.connection.disconnect().then(() => {
    done = true;
  });
  expect(await scene.clock.runUntil(() => done, 5_000)).toBe(true);
  await scene.clock.run(100);
}

describe('random lives', { timeout: 60_000 + count * 1_000 }, () => {
  it.each([true, false])(
    `${only ?? String(count)} of them, MOBIKE %s: connected or on its way or failed for a stated reason, never two outstanding requests`,
    async (mobike) => {
      if (only !== undefined) return live(Number(only), mobike);
      for (let seed = 1; seed <= count; seed++) await live(seed, mobike);
    },
  );

  it('eight hours without a cable and Connected a moment after one is back', async () => {
    const scene = new Scene({ outageSeconds: 28_800, pingMs: 60_000 });
    await scene.connect();
    for (const name of adapters) scene.host.adapter(name).setCarrier(false);
    await scene.clock.run(28_790_000);
    expect(scene.status.state).toBe('Dormant');
    scene.host.adapter('wlan0').setCarrier(true);
    await scene.clock.run(500);
    expect(scene.status).toMatchObject({ state: 'Connected', adapter: 'wlan0' });
    expect(scene.questions).toEqual([null]);
  });
});
