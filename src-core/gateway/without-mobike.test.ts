import { describe, expect, it } from 'vitest';
import { gatewayAddress, Scene, type SceneOptions } from '../simulation/scene';

const outageSeconds = 300;

async function connected(options: SceneOptions = {}): Promise<Scene> {
  const scene = new Scene({ outageSeconds, ...options });
  expect(await scene.connect()).toBeNull();
  await scene.clock.run(1_000);
  return scene;
}

const withoutMobike: SceneOptions = { gateway: { mobike: false } };
const withMobilityOff: SceneOptions = { mobility: { enabled: false } };

/** Datagrams from the client to the gateway's port 4500 that are IKE. */
function countIke(scene: Scene): () => number {
  let count = 0;
  scene.network.tap(({ to, bytes }) => {
    if (
      to.address === gatewayAddress &&
      to.port === 4500 &&
      bytes.length > 32 &&
      bytes.subarray(0, 4).every((octet) => octet === 0)
    )
      count++;
  });
  return () => count;
}

/** Milliseconds without a successful ping from now on, at most: pings leave every `pingMs`. */
async function longestGap(scene: Scene, pingMs: number, milliseconds: number): Promise<number> {
  const { length } = scene.samples;
  await scene.clock.run(milliseconds);
  let longest = 0;
  let current = 0;
  for (const sample of scene.samples.slice(length)) {
    current = sample === null ? current + pingMs : 0;
    longest = Math.max(longest, current);
  }
  return longest;
}

/** Pings leave at least ten times a second. */
async function passes(scene: Scene): Promise<void> {
  const { length } = scene.samples;
  await scene.clock.run(3_000);
  expect(scene.samples.slice(length).filter((sample) => sample !== null).length).toBeGreaterThan(20);
}

describe.each([
  ['a gateway without MOBIKE', withoutMobike],
  ['Mobility turned off', withMobilityOff],
])('M-23: %s, the adapter comes back', { timeout: 60_000 }, (_what, options) => {
  it.each([
    ['its cable', (scene: Scene, there: boolean) => scene.host.adapter('eth0').setCarrier(there)],
    ['its switch', (scene: Scene, there: boolean) => scene.host.adapter('eth0').setUp(there)],
    [
      'its address',
      (scene: Scene, there: boolean) => scene.host.adapter('eth0').setAddresses(there ? ['203.0.113.5'] : []),
    ],
  ])('%s: Connected at the first answer, the same IKE SA, hardly a message, for good', async (_way, set) => {
    const scene = await connected({ ...options, pingMs: 100 });
    scene.host.adapter('wlan0').setUp(false);
    const before = scene.status;
    set(scene, false);
    await scene.clock.run(5_000);
    expect(scene.status.state).toBe('Dormant');
    const ike = countIke(scene);
    set(scene, true);
    await scene.clock.run(200);
    expect(scene.status).toMatchObject({
      state: 'Connected',
      adapter: 'eth0',
      ike: before.ike,
      connectedSince: before.connectedSince,
      tunnelAddresses: before.tunnelAddresses,
      outageEndsAt: null,
    });
    await passes(scene);
    expect(ike()).toBeLessThan(5);
    await scene.clock.run(2 * outageSeconds * 1_000);
    expect(scene.status).toMatchObject({ state: 'Connected', ike: before.ike });
    await passes(scene);
    expect(scene.questions).toEqual([null]);
  });

  it('and the gateway is silent for a while: Connected as soon as it answers', async () => {
    const scene = await connected({ ...options, pingMs: 100 });
    scene.host.adapter('wlan0').setUp(false);
    const before = scene.status;
    scene.network.filter = ({ from }) => (from.address === gatewayAddress ? 'drop' : 'pass');
    scene.host.adapter('eth0').setCarrier(false);
    await scene.clock.run(2_000);
    scene.host.adapter('eth0').setCarrier(true);
    await scene.clock.run(30_000);
    expect(scene.status.state).toBe('WaitingToReconnect');
    scene.network.filter = () => 'pass';
    await scene.clock.runUntil(() => scene.status.state === 'Connected', 10_000);
    expect(scene.status).toMatchObject({ state: 'Connected', connectedSince: before.connectedSince });
    await passes(scene);
  });
});

describe('M-23: a gateway without MOBIKE and another adapter', { timeout: 60_000 }, () => {
  it.each<[string, SceneOptions]>([
    ['EAP', {}],
    ['a pre-shared key', { psk: { client: 'Shared-Secret-7', gateway: 'Shared-Secret-7' } }],
    ['EAP over a long way', { conditions: { latency: 20 } }],
  ])('%s: a new IKE SA by the other one within a second, nobody asked, the same address', async (_what, options) => {
    const scene = await connected({ ...withoutMobike, ...options, pingMs: 20 });
    const before = scene.status;
    expect(before).toMatchObject({ adapter: 'eth0', mobikeSupported: false });
    scene.host.adapter('eth0').setCarrier(false);
    expect(await longestGap(scene, 20, 10_000)).toBeLessThan(1_000);
    expect(scene.status).toMatchObject({
      state: 'Connected',
      adapter: 'wlan0',
      connectedSince: before.connectedSince,
      tunnelAddresses: before.tunnelAddresses,
      roams: 1,
      lastRoam: { from: 'eth0', to: 'wlan0', reason: 'carrier-lost' },
    });
    expect(scene.status.ike?.spiInitiator).not.toBe(before.ike?.spiInitiator);
    expect(scene.questions).toEqual([null]);
    expect([scene.gateway.sessions.length, scene.clients]).toEqual([1, 1]);
    // And back, when this one goes.
    scene.host.adapter('eth0').setCarrier(true);
    await scene.clock.run(5_000);
    scene.host.adapter('wlan0').setUp(false);
    expect(await longestGap(scene, 20, 10_000)).toBeLessThan(1_000);
    expect(scene.status).toMatchObject({
      state: 'Connected',
      adapter: 'eth0',
      tunnelAddresses: before.tunnelAddresses,
    });
    expect(scene.clients).toBe(1);
  });

  it('the adapter goes while it was Dormant: the other one comes up and takes over', async () => {
    const scene = await connected({ ...withoutMobike, pingMs: 20 });
    const before = scene.status;
    scene.host.adapter('wlan0').setUp(false);
    scene.host.adapter('eth0').setUp(false);
    await scene.clock.run(60_000);
    expect(scene.status.state).toBe('Dormant');
    scene.host.adapter('wlan0').setUp(true);
    await scene.clock.run(1_000);
    expect(scene.status).toMatchObject({
      state: 'Connected',
      adapter: 'wlan0',
      tunnelAddresses: before.tunnelAddresses,
    });
    expect(scene.questions).toEqual([null]);
  });

  it('the path in use lies: a link, and nothing passes', async () => {
    const scene = await connected({ ...withoutMobike, pingMs: 20 });
    const before = scene.status;
    scene.host.adapter('eth0').setConditions({ loss: 1 });
    await scene.clock.runUntil(() => scene.status.adapter === 'wlan0' && scene.status.state === 'Connected', 10_000);
    expect(scene.status).toMatchObject({
      state: 'Connected',
      adapter: 'wlan0',
      tunnelAddresses: before.tunnelAddresses,
    });
    await passes(scene);
  });

  it('the other one reaches nobody: the old IKE SA is kept, and goes on when its adapter is back', async () => {
    const scene = await connected({ ...withoutMobike, pingMs: 20 });
    const before = scene.status;
    scene.host.adapter('wlan0').setConditions({ loss: 1 });
    scene.host.adapter('eth0').setCarrier(false);
    await scene.clock.run(60_000);
    expect(scene.status.state).toBe('WaitingToReconnect');
    scene.host.adapter('eth0').setCarrier(true);
    await scene.clock.run(300);
    expect(scene.status).toMatchObject({ state: 'Connected', adapter: 'eth0', ike: before.ike });
    await passes(scene);
    expect(scene.questions).toEqual([null]);
  });

  it('the gateway restarted meanwhile: a new IKE SA by the other adapter', async () => {
    const scene = await connected({ ...withoutMobike, pingMs: 20 });
    const before = scene.status;
    scene.gateway.crash();
    scene.gateway = scene.startGateway();
    scene.host.adapter('eth0').setCarrier(false);
    await scene.clock.runUntil(() => scene.status.state === 'Connected' && scene.status.adapter === 'wlan0', 10_000);
    expect(scene.status).toMatchObject({ state: 'Connected', adapter: 'wlan0', connectedSince: before.connectedSince });
    await passes(scene);
  });

  it('nothing comes of it within the outage time: 829, once', async () => {
    const scene = await connected({ ...withoutMobike, pingMs: 1_000 });
    scene.host.adapter('wlan0').setConditions({ loss: 1 });
    scene.host.adapter('eth0').setCarrier(false);
    await scene.clock.run((outageSeconds + 5) * 1_000);
    expect(scene.status).toMatchObject({ state: 'Disconnected', error: { code: 829 } });
    expect(scene.statuses.filter(({ state }) => state === 'Disconnected')).toHaveLength(1);
  });

  it.each([1, 2, 3, 4, 5, 6])('adapters that come and go, with loss, seed %i: it is there in the end', async (seed) => {
    const scene = await connected({
      ...withoutMobike,
      seed,
      pingMs: 100,
      conditions: { latency: 15, jitter: 10, loss: 0.1, duplicate: 0.05 },
    });
    const before = scene.status;
    for (let turn = 0; turn < 30; turn++) {
      scene.host.adapter(scene.random.pick(['eth0', 'wlan0'])).setCarrier(scene.random.chance(0.5));
      await scene.clock.run(scene.random.pick([5, 50, 400, 3_000, 20_000]));
      expect(['Connected', 'Dormant', 'WaitingToReconnect']).toContain(scene.status.state);
    }
    for (const name of ['eth0', 'wlan0']) scene.host.adapter(name).setCarrier(true);
    await scene.clock.run(20_000);
    expect(scene.status).toMatchObject({ state: 'Connected', connectedSince: before.connectedSince });
    const { length } = scene.samples;
    await scene.clock.run(3_000);
    expect(scene.samples.slice(length).filter((sample) => sample !== null).length).toBeGreaterThan(10);
    expect(scene.questions).toEqual([null]);
    void scene.connection.disconnect();
    await scene.clock.run(5_000);
    expect(scene.status.state).toBe('Disconnected');
  });
});

describe('Mobility turned off and another adapter', { timeout: 60_000 }, () => {
  it('stays Dormant, says why, and goes on when its adapter is back', async () => {
    const scene = await connected({ ...withMobilityOff, pingMs: 20 });
    const before = scene.status;
    scene.host.adapter('eth0').setCarrier(false);
    await scene.clock.run(60_000);
    expect(scene.status).toMatchObject({ state: 'Dormant', waitingFor: 'mobility-off' });
    expect(scene.status.paths.find(({ adapter }) => adapter === 'wlan0')).toMatchObject({
      state: 'unusable',
      why: 'mobility-off',
    });
    expect(scene.logs.filter(({ text }) => /mobility is turned off/i.test(text)).length).toBeGreaterThan(0);
    scene.host.adapter('eth0').setCarrier(true);
    await scene.clock.run(200);
    expect(scene.status).toMatchObject({ state: 'Connected', adapter: 'eth0', ike: before.ike, waitingFor: null });
    await passes(scene);
  });

  it('a new sign-in does not move it either', async () => {
    const scene = await connected({ ...withMobilityOff, pingMs: 20, advanced: { reauthenticationSeconds: 60 } });
    const before = scene.status;
    const init = { eth0: 0, wlan0: 0 };
    scene.network.filter = ({ from, to, bytes }) => {
      const message = to.port === 500 ? bytes : bytes.subarray(4);
      if (to.address !== gatewayAddress || message[17] !== 0x20 || message[18] !== 34) return 'pass';
      init[from.address === '203.0.113.5' ? 'eth0' : 'wlan0']++;
      return from.address === '203.0.113.5' ? 'drop' : 'pass';
    };
    await scene.clock.run(120_000);
    expect(init.eth0).toBeGreaterThan(5);
    expect(init.wlan0).toBe(0);
    expect(scene.status).toMatchObject({ state: 'Connected', adapter: 'eth0', ike: before.ike });
  });
});
