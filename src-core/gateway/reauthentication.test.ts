import { describe, expect, it } from 'vitest';
import { Scene, type SceneOptions } from '../simulation/scene';

/** The client signs in anew when half of it is over. */
const lifetime: SceneOptions = { pingMs: 20, gateway: { authLifetimeSeconds: 60 } };
const due = 30_000;

async function connected(options: SceneOptions = lifetime): Promise<Scene> {
  const scene = new Scene(options);
  expect(await scene.connect()).toBeNull();
  return scene;
}

const spi = (scene: Scene): string => scene.status.ike?.spiInitiator ?? '';

/** Runs until shortly before the new sign-in. */
async function almostDue(scene: Scene): Promise<void> {
  await scene.clock.run(due - 100);
}

describe('a new sign-in beside the old IKE SA (RFC 7296 section 2.8.3, C-65)', { timeout: 120_000 }, () => {
  it('loses no ping, keeps the address, asks nobody; the gateway has one client afterwards', async () => {
    const scene = await connected({ ...lifetime, pingMs: 3, conditions: { latency: 15, jitter: 6 } });
    const before = scene.status;
    await almostDue(scene);
    const { length } = scene.samples;
    await scene.clock.run(5_000);
    expect(spi(scene)).not.toBe(before.ike?.spiInitiator);
    expect(scene.status).toMatchObject({
      state: 'Connected',
      since: before.since,
      connectedSince: before.connectedSince,
      tunnelAddresses: before.tunnelAddresses,
      authentication: 'EAP-MSCHAPv2',
    });
    expect(scene.statuses.slice(1).filter(({ state }) => state !== 'Connected' && state !== 'Connecting')).toEqual([]);
    expect(scene.samples.length).toBeGreaterThan(length + 1_000);
    expect(scene.lost).toBe(0);
    expect(scene.gateway.sessions).toHaveLength(1);
    expect(scene.clients).toBe(1);
    expect(scene.questions).toEqual([null]);
    // And again, for as long as it lasts.
    const second = spi(scene);
    await scene.clock.run(due);
    expect(spi(scene)).not.toBe(second);
    expect(scene.lost).toBe(0);
    expect(scene.gateway.sessions).toHaveLength(1);
  });

  it('by the connection itself, with a gateway that never asks', async () => {
    const scene = await connected({ pingMs: 10, advanced: { reauthenticationSeconds: 60 } });
    const before = scene.status;
    await scene.clock.run(65_000);
    expect(spi(scene)).not.toBe(before.ike?.spiInitiator);
    expect(scene.status.tunnelAddresses).toEqual(before.tunnelAddresses);
    expect(scene.lost).toBe(0);
    expect(scene.gateway.sessions).toHaveLength(1);
  });

  it('says nothing of INITIAL_CONTACT, which would end the old IKE SA too early', async () => {
    const scene = await connected();
    await scene.clock.run(due + 5_000);
    const requests = scene.logs.flatMap(({ exchange }) =>
      exchange?.name === 'IKE_AUTH' && exchange.direction === 'sent' ? [JSON.stringify(exchange)] : [],
    );
    expect(requests.length).toBeGreaterThan(2);
    expect(requests.join()).not.toContain('INITIAL_CONTACT');
  });

  it('goes by the path in use, also where another adapter is preferred', async () => {
    const scene = await connected({ ...lifetime, pingMs: 20 });
    scene.host.adapter('eth0').setConditions({ loss: 1 });
    await scene.clock.runUntil(() => scene.status.adapter === 'wlan0', 20_000);
    // What was lost with the path has been counted by then.
    await scene.clock.run(3_000);
    const old = scene.status;
    const lost = scene.lost;
    await scene.clock.runUntil(() => spi(scene) !== old.ike?.spiInitiator, due);
    await scene.clock.run(3_000);
    expect(scene.status).toMatchObject({ state: 'Connected', adapter: 'wlan0', tunnelAddresses: old.tunnelAddresses });
    expect(scene.lost).toBe(lost);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'with loss, duplicates and reordering, seed %i: exactly one IKE SA is left, and traffic goes on',
    async (seed) => {
      const scene = await connected({
        ...lifetime,
        seed,
        pingMs: 100,
        conditions: { latency: 20, jitter: 15, loss: 0.2, duplicate: 0.1, reorder: 0.2, reorderDelay: 60 },
      });
      const first = spi(scene);
      await scene.clock.run(due + 25_000);
      expect(spi(scene)).not.toBe(first);
      expect(scene.status.state).toBe('Connected');
      expect(scene.gateway.sessions).toHaveLength(1);
      const { length } = scene.samples;
      await scene.clock.run(10_000);
      const recent = scene.samples.slice(length);
      expect(recent.filter((sample) => sample !== null).length).toBeGreaterThan(recent.length / 3);
    },
  );

  it.each([0, 50, 100, 101, 103, 110, 130, 200, 1_000])(
    'a rekey of the gateway %i ms into it: nothing is lost',
    async (delay) => {
      const scene = await connected({ ...lifetime, pingMs: 5, conditions: { latency: 10 } });
      const before = scene.status;
      await almostDue(scene);
      await scene.clock.run(delay);
      for (const session of scene.gateway.sessions) {
        session.rekeyIke();
        for (const child of session.children) session.rekeyChild(child.spiIn);
      }
      await scene.clock.run(10_000);
      expect(spi(scene)).not.toBe(before.ike?.spiInitiator);
      expect(scene.status).toMatchObject({ state: 'Connected', tunnelAddresses: before.tunnelAddresses });
      expect(scene.status.children).toHaveLength(1);
      expect(scene.lost).toBe(0);
      expect(scene.gateway.sessions).toHaveLength(1);
    },
  );

  it('a gateway that deletes the old IKE SA in the middle: Connected again at once, the same address', async () => {
    const scene = await connected({ ...lifetime, conditions: { latency: 40 } });
    const before = scene.status;
    await scene.clock.run(due + 60);
    expect(spi(scene)).toBe(before.ike?.spiInitiator);
    void scene.gateway.sessions[0]?.close(500);
    await scene.clock.run(5_000);
    expect(scene.status).toMatchObject({
      state: 'Connected',
      connectedSince: before.connectedSince,
      tunnelAddresses: before.tunnelAddresses,
    });
    expect(spi(scene)).not.toBe(before.ike?.spiInitiator);
    expect(scene.gateway.sessions).toHaveLength(1);
  });

  it('the adapter is lost in the middle: the tunnel moves, and the sign-in follows', async () => {
    const scene = await connected({ ...lifetime, conditions: { latency: 40 } });
    const before = scene.status;
    await scene.clock.run(due + 60);
    scene.host.adapter('eth0').setUp(false);
    await scene.clock.run(15_000);
    expect(scene.status).toMatchObject({ state: 'Connected', adapter: 'wlan0', connectedSince: before.connectedSince });
    expect(spi(scene)).not.toBe(before.ike?.spiInitiator);
    await scene.clock.run(5_000);
    expect(scene.gateway.sessions).toHaveLength(1);
    const { length } = scene.samples;
    await scene.clock.run(2_000);
    expect(scene.samples.slice(length).filter((sample) => sample === null)).toEqual([]);
  });

  it('the adapter is lost just after it: the old IKE SA says goodbye by the way that works', async () => {
    const scene = await connected({ ...lifetime, conditions: { latency: 10 } });
    const before = spi(scene);
    await scene.clock.runUntil(() => spi(scene) !== before, due + 10_000);
    scene.host.adapter('eth0').setUp(false);
    await scene.clock.run(10_000);
    expect(scene.status).toMatchObject({ state: 'Connected', adapter: 'wlan0' });
    expect(scene.gateway.sessions).toHaveLength(1);
  });

  it('disconnect in the middle leaves nothing behind', async () => {
    const scene = await connected({ ...lifetime, conditions: { latency: 40 } });
    const before = spi(scene);
    await scene.clock.runUntil(() => spi(scene) !== before, due + 10_000);
    const closing = scene.connection.disconnect();
    await scene.clock.run(2_500);
    await closing;
    expect(scene.gateway.sessions).toHaveLength(0);
    expect(scene.clients).toBe(0);
    expect(scene.status.state).toBe('Disconnected');
    void scene.gateway.close(0);
    await scene.clock.run(200_000);
    expect(scene.clock.pendingTimers()).toEqual([]);
  });
});
