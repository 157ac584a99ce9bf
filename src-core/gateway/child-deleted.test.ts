import { describe, expect, it } from 'vitest';
import type { SessionCore } from '../ikev2/sa/session-core';
import { Scene, type SceneOptions } from '../simulation/scene';

const pingMs = 10;

async function connected(options: SceneOptions = {}): Promise<Scene> {
  const scene = new Scene({ pingMs, conditions: { latency: 10 }, ...options });
  expect(await scene.connect()).toBeNull();
  await scene.clock.run(500);
  return scene;
}

/** The gateway's end of the connection in use. */
function gatewaySession(scene: Scene): SessionCore {
  return scene.gateway.sessions.at(-1) as SessionCore;
}

/** The gateway deletes every CHILD SA and keeps the IKE SA. */
function deleteChildren(scene: Scene): void {
  const session = gatewaySession(scene);
  for (const child of session.childSas.list) session.deleteChild(child);
}

/** Pings sent in the last `milliseconds` whose answer came. */
async function answeredDuring(scene: Scene, milliseconds: number): Promise<number> {
  const { length } = scene.samples;
  await scene.clock.run(milliseconds);
  return scene.samples.slice(length).filter((sample) => sample !== null).length;
}

describe('the gateway deletes the CHILD SA and keeps the IKE SA', { timeout: 60_000 }, () => {
  it('a new CHILD SA on the same IKE SA within a second, a line in the log, no question', async () => {
    const scene = await connected();
    const before = scene.status;
    deleteChildren(scene);
    await scene.clock.run(1_000);
    expect(await answeredDuring(scene, 1_000)).toBeGreaterThan(90);
    expect(scene.status).toMatchObject({
      state: 'Connected',
      connectedSince: before.connectedSince,
      tunnelAddresses: before.tunnelAddresses,
      ike: before.ike,
    });
    expect(scene.status.children).toHaveLength(1);
    expect(scene.status.children[0]?.spiIn).not.toBe(before.children[0]?.spiIn);
    expect(scene.statuses.filter(({ state }) => state === 'WaitingToReconnect')).toEqual([]);
    expect(scene.logs.map(({ text }) => text).join('\n')).toMatch(/deleted CHILD SA/);
    expect(scene.questions).toEqual([null]);
  });

  it('again and again, as an idle gateway does: always the same IKE SA', async () => {
    const scene = await connected();
    const before = scene.status;
    for (let round = 0; round < 20; round++) {
      deleteChildren(scene);
      await scene.clock.run(5_000);
    }
    expect(await answeredDuring(scene, 1_000)).toBeGreaterThan(90);
    expect(scene.status.ike?.spiInitiator).toBe(before.ike?.spiInitiator);
    expect(scene.status.children).toHaveLength(1);
  });

  it.each(['refuses every new one', 'deletes every new one at once'])(
    'a gateway that %s: a new sign-in, and when that does not help either the connection ends and says why',
    async (how) => {
      const scene = await connected();
      const first = scene.status.ike?.spiInitiator;
      const misbehave = (): void => {
        for (const session of scene.gateway.sessions as readonly SessionCore[]) {
          if (how === 'refuses every new one') session.permittedSelectors = { local: [], remote: [] };
          for (const child of session.childSas.list) session.deleteChild(child);
        }
      };
      misbehave();
      await scene.clock.run(3_000);
      if (how === 'refuses every new one') {
        expect(scene.status).toMatchObject({ state: 'Connected', tunnelAddresses: ['10.77.0.1/32'] });
        expect(scene.status.ike?.spiInitiator).not.toBe(first);
        expect(await answeredDuring(scene, 1_000)).toBeGreaterThan(90);
        await scene.clock.run(60_000);
        expect(scene.gateway.sessions).toHaveLength(1);
      }
      for (let at = 0; at < 60_000 && scene.status.state !== 'Disconnected'; at += 20) {
        misbehave();
        await scene.clock.run(20);
      }
      expect(scene.status).toMatchObject({ state: 'Disconnected', error: { symbol: 'SERVER_DISCONNECTED' } });
      await scene.clock.run(5_000);
      expect(scene.gateway.sessions).toHaveLength(0);
      expect(scene.questions).toEqual([null]);
    },
  );

  it('while it is made anew by a new sign-in the state is honest', async () => {
    const scene = await connected();
    const session = gatewaySession(scene);
    session.permittedSelectors = { local: [], remote: [] };
    // The sign-in gets no answer for a while.
    scene.network.filter = ({ bytes, to }) =>
      to.port === 500 || (bytes.length > 22 && bytes[0] === 0 && bytes[22] === 34) ? 'drop' : 'pass';
    deleteChildren(scene);
    await scene.clock.run(2_000);
    expect(scene.status).toMatchObject({ state: 'WaitingToReconnect', children: [] });
    scene.network.filter = () => 'pass';
    await scene.clock.run(15_000);
    expect(scene.status.state).toBe('Connected');
    expect(await answeredDuring(scene, 1_000)).toBeGreaterThan(90);
  });

  it('a new one that carries less: what is routed into the tunnel stays there until a new sign-in', async () => {
    const scene = await connected();
    const { routes } = scene.settings.at(-1)!;
    const session = gatewaySession(scene);
    const [network] = session.permittedSelectors.local;
    session.permittedSelectors = {
      ...session.permittedSelectors,
      local: [{ ...network!, startAddress: '10.99.0.0', endAddress: '10.99.0.127' }],
    };
    scene.network.filter = ({ bytes, to }) =>
      to.port === 500 || (bytes.length > 22 && bytes[0] === 0 && bytes[22] === 34) ? 'drop' : 'pass';
    deleteChildren(scene);
    await scene.clock.run(500);
    expect(scene.status.children[0]?.remote).toEqual(['10.99.0.0/25']);
    // A move asks for the settings again.
    scene.host.adapter('eth0').setUp(false);
    await scene.clock.run(1_000);
    expect(scene.status).toMatchObject({ state: 'Connected', adapter: 'wlan0' });
    expect(scene.settings.at(-1)?.routes).toEqual(routes);
    scene.network.filter = () => 'pass';
    await scene.clock.run(15_000);
    expect(scene.status.children[0]?.remote).toEqual(['10.99.0.0/24']);
  });

  it('without mobility in the profile too', async () => {
    const scene = await connected({ mobility: { enabled: false } });
    deleteChildren(scene);
    await scene.clock.run(1_000);
    expect(await answeredDuring(scene, 1_000)).toBeGreaterThan(90);
    const session = gatewaySession(scene);
    session.permittedSelectors = { local: [], remote: [] };
    deleteChildren(scene);
    await scene.clock.run(3_000);
    expect(await answeredDuring(scene, 1_000)).toBeGreaterThan(90);
    expect(scene.status.state).toBe('Connected');
  });

  it('hard lifetime of the gateway without traffic: a new CHILD SA is there before anybody needs it', async () => {
    const scene = await connected({ pingMs: 3_600_000 });
    deleteChildren(scene);
    await scene.clock.run(1_000);
    expect(scene.status.children).toHaveLength(1);
  });

  it.each([1, 2, 3, 4, 5, 6])('with loss, duplicates and reordering, seed %i', async (seed) => {
    const scene = await connected({
      seed,
      conditions: { latency: 20, jitter: 15, loss: 0.2, duplicate: 0.1, reorder: 0.2, reorderDelay: 60 },
    });
    for (let round = 0; round < 5; round++) {
      deleteChildren(scene);
      await scene.clock.run(8_000);
      expect(await answeredDuring(scene, 1_000)).toBeGreaterThan(20);
      expect(scene.status.children).toHaveLength(1);
    }
  });

  it('while nothing reaches the gateway and then by another adapter: made anew on the new path', async () => {
    const scene = await connected();
    scene.host.adapter('eth0').setConditions({ loss: 1 });
    await scene.clock.run(10);
    scene.host.adapter('eth0').setConditions({ loss: 0 });
    deleteChildren(scene);
    await scene.clock.run(11);
    scene.host.adapter('eth0').setUp(false);
    await scene.clock.run(1_500);
    expect(await answeredDuring(scene, 1_000)).toBeGreaterThan(90);
    expect(scene.status).toMatchObject({ state: 'Connected', adapter: 'wlan0' });
    expect(scene.status.children).toHaveLength(1);
  });
});
