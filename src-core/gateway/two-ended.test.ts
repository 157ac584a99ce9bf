import { describe, expect, it } from 'vitest';
import { gatewayAddress, Scene } from '../simulation/scene';

describe('a client and a gateway', { timeout: 60_000 }, () => {
  it('connect, ping, disconnect: the gateway has nobody left, no timer is left, no secret was said', async () => {
    const scene = new Scene();
    expect(await scene.connect()).toBeNull();
    expect(scene.status).toMatchObject({
      state: 'Connected',
      adapter: 'eth0',
      tunnelAddresses: ['10.77.0.1/32'],
      authentication: 'EAP-MSCHAPv2',
      mobikeSupported: true,
      natDetected: false,
    });
    await scene.clock.run(1000);
    expect(scene.samples.length).toBeGreaterThan(45);
    expect(scene.lost).toBe(0);
    expect(scene.clients).toBe(1);
    const closing = scene.connection.disconnect();
    await scene.clock.run(100);
    await closing;
    expect(scene.clients).toBe(0);
    expect(scene.gateway.sessions).toHaveLength(0);
    void scene.gateway.close(0);
    await scene.clock.run(100_000);
    expect(scene.clock.pendingTimers()).toEqual([]);
    const said = JSON.stringify([scene.logs, scene.statuses]);
    expect(said).not.toContain('Correct-Horse-9');
  });

  it.each([
    [
      'the adapter is set down',
      'adapter-lost',
      (it: Scene) => it.host.adapter('eth0').setUp(false),
      (it: Scene) => it.host.adapter('eth0').setUp(true),
    ],
    [
      'the cable is pulled',
      'carrier-lost',
      (it: Scene) => it.host.adapter('eth0').setCarrier(false),
      (it: Scene) => it.host.adapter('eth0').setCarrier(true),
    ],
  ] as const)(
    '%s: the tunnel moves behind the NAT and back, SPIs and addresses stay',
    async (_, reason, lose, back) => {
      const scene = new Scene();
      await scene.connect();
      const before = scene.status;
      await scene.clock.run(500);
      lose(scene);
      await scene.clock.run(500);
      expect(scene.status).toMatchObject({
        state: 'Connected',
        adapter: 'wlan0',
        natDetected: true,
        lastRoam: { reason },
        tunnelAddresses: before.tunnelAddresses,
        ike: before.ike,
        connectedSince: before.connectedSince,
      });
      // What was on its way by the lost adapter is gone; nothing else.
      expect(scene.lost).toBeLessThanOrEqual(1);
      back(scene);
      await scene.clock.run(10_000);
      expect(scene.status).toMatchObject({
        adapter: 'eth0',
        natDetected: false,
        roams: 2,
        lastRoam: { reason: 'preferred-adapter' },
        ike: before.ike,
      });
    },
  );

  it('the planned return to the preferred adapter loses no ping', async () => {
    const scene = new Scene({ pingMs: 3 });
    await scene.connect();
    scene.host.adapter('eth0').setCarrier(false);
    await scene.clock.run(3_000);
    const lostBefore = scene.lost;
    scene.host.adapter('eth0').setCarrier(true);
    await scene.clock.run(6_000);
    expect(scene.status.adapter).toBe('eth0');
    expect(scene.samples.length).toBeGreaterThan(2_000);
    expect(scene.lost).toBe(lostBefore);
  });

  it('is Dormant for twenty minutes and comes back within a round trip, without a question', async () => {
    const scene = new Scene({ pingMs: 5_000 });
    await scene.connect();
    const before = scene.status;
    for (const adapter of ['eth0', 'wlan0']) scene.host.adapter(adapter).setUp(false);
    await scene.clock.run(1_000);
    expect(scene.status).toMatchObject({ state: 'Dormant', tunnelAddresses: before.tunnelAddresses });
    let ours = 0;
    scene.network.tap(({ to }) => (ours += to.address === gatewayAddress ? 1 : 0));
    await scene.clock.run(1_200_000);
    expect(ours).toBe(0);
    scene.host.adapter('wlan0').setUp(true);
    await scene.clock.run(50);
    expect(scene.status).toMatchObject({
      state: 'Connected',
      adapter: 'wlan0',
      ike: { spiInitiator: before.ike!.spiInitiator },
    });
    expect(scene.questions).toEqual([null]);
  });

  it('fails once with 829 when the outage time is over', async () => {
    const scene = new Scene({ outageSeconds: 300, pingMs: 5_000 });
    await scene.connect();
    for (const adapter of ['eth0', 'wlan0']) scene.host.adapter(adapter).setUp(false);
    await scene.clock.run(310_000);
    expect(scene.status).toMatchObject({ state: 'Disconnected', error: { code: 829, symbol: 'LINK_FAILURE' } });
    expect(scene.statuses.filter((status) => status.state === 'Disconnected')).toHaveLength(1);
  });

  it('a link that lies: carrier is there and nothing passes; the other path is found', async () => {
    const scene = new Scene({ pingMs: 1_000 });
    await scene.connect();
    scene.host.adapter('eth0').setConditions({ loss: 1 });
    await scene.clock.run(120_000);
    expect(scene.status).toMatchObject({ state: 'Connected', adapter: 'wlan0', lastRoam: { reason: 'path-silent' } });
  });

  it('a NAT that forgets its mapping is noticed and repaired', async () => {
    const scene = new Scene({ pingMs: 500 });
    await scene.connect();
    scene.host.adapter('eth0').setUp(false);
    await scene.clock.run(1_000);
    scene.nat.rebind();
    await scene.clock.run(3_000);
    const { length } = scene.samples;
    await scene.clock.run(10_000);
    expect(scene.samples.slice(length + 6)).not.toContain(null);
    expect(scene.status).toMatchObject({ state: 'Connected', adapter: 'wlan0' });
  });

  it.each([
    ['that the connection moved to', true],
    ['that the connection began on', false],
  ])('a NAT %s forgets its mapping under traffic: answers again within a second', async (_, moves) => {
    const scene = new Scene({ pingMs: 20, conditions: { latency: 20 } });
    if (!moves) scene.host.adapter('eth0').setUp(false);
    await scene.connect();
    scene.host.adapter('eth0').setUp(false);
    await scene.clock.run(5_000);
    scene.nat.rebind();
    // What was under way arrives still.
    await scene.clock.run(100);
    const since = scene.samples.length;
    expect(await scene.clock.runUntil(() => scene.samples.slice(since).some((sample) => sample !== null), 900)).toBe(
      true,
    );
    expect(scene.status).toMatchObject({ state: 'Connected', adapter: 'wlan0' });
  });

  it('a gateway that crashed and came back: Connected again within three seconds, the same address, nobody asked', async () => {
    const scene = new Scene({ pingMs: 100 });
    await scene.connect();
    const before = scene.status;
    scene.gateway.crash();
    await scene.clock.run(20_000);
    scene.gateway = scene.startGateway();
    const since = scene.clock.now();
    expect(
      await scene.clock.runUntil(
        () => scene.status.state === 'Connected' && scene.status.ike!.spiInitiator !== before.ike!.spiInitiator,
        60_000,
      ),
    ).toBe(true);
    expect(scene.clock.now() - since).toBeLessThan(3_000);
    await scene.clock.run(2_000);
    expect(scene.status).toMatchObject({
      tunnelAddresses: before.tunnelAddresses,
      connectedSince: before.connectedSince,
    });
    const { length } = scene.samples;
    await scene.clock.run(2_000);
    expect(scene.samples.slice(length + 12)).not.toContain(null);
    expect(scene.questions).toEqual([null]);
  });

  it('a gateway that comes back after the silence was noticed: Connected again within three seconds', async () => {
    const scene = new Scene({ pingMs: 1_000 });
    await scene.connect();
    scene.gateway.crash();
    await scene.clock.run(90_000);
    expect(scene.status.state).toBe('WaitingToReconnect');
    scene.gateway = scene.startGateway();
    await scene.clock.run(3_000);
    expect(scene.status.state).toBe('Connected');
  });

  it('sleeps for eight hours and goes on with the same IKE SA, one probe first, nobody asked', async () => {
    const scene = new Scene({ pingMs: 100 });
    await scene.connect();
    await scene.clock.run(1_000);
    const before = scene.status;
    const logged = scene.logs.length;
    scene.clock.sleep(8 * 3_600_000);
    await scene.clock.run(1_500);
    const sent = scene.logs
      .slice(logged)
      .flatMap(({ exchange }) =>
        exchange?.direction === 'sent' && !exchange.response
          ? [
              exchange.payloads.flatMap(({ fields }) =>
                fields.filter(({ name }) => name === 'notify').map(({ value }) => value),
              ),
            ]
          : [],
      );
    expect(sent).toHaveLength(2);
    expect(sent[0]).not.toContain('UPDATE_SA_ADDRESSES');
    expect(sent[1]).toContain('UPDATE_SA_ADDRESSES');
    expect(scene.status).toMatchObject({
      state: 'Connected',
      ike: { spiInitiator: before.ike!.spiInitiator },
      connectedSince: before.connectedSince,
    });
    expect(scene.questions).toEqual([null]);
  });

  it('sleeps while the gateway restarts and the NAT forgets: signs in again by itself, nobody asked', async () => {
    const scene = new Scene({ pingMs: 1_000 });
    await scene.connect();
    scene.host.adapter('eth0').setUp(false);
    await scene.clock.run(2_000);
    const before = scene.status;
    scene.clock.sleep(3_600_000);
    scene.nat.rebind();
    scene.gateway.crash();
    scene.gateway = scene.startGateway();
    expect(
      await scene.clock.runUntil(
        () => scene.status.state === 'Connected' && scene.status.ike!.spiInitiator !== before.ike!.spiInitiator,
        6_000,
      ),
    ).toBe(true);
    expect(scene.status).toMatchObject({
      tunnelAddresses: before.tunnelAddresses,
      connectedSince: before.connectedSince,
    });
    expect(scene.questions).toEqual([null]);
  });

  it('stopped past the outage time while Dormant: looks once more before it fails (C-13)', async () => {
    const scene = new Scene({ outageSeconds: 300, pingMs: 5_000 });
    await scene.connect();
    for (const adapter of ['eth0', 'wlan0']) scene.host.adapter(adapter).setUp(false);
    await scene.clock.run(1_000);
    scene.clock.stall(3_600_000);
    await scene.clock.run(1_000);
    expect(scene.status.state).toBe('Dormant');
    scene.host.adapter('eth0').setUp(true);
    await scene.clock.run(1_000);
    expect(scene.status.state).toBe('Connected');
    for (const adapter of ['eth0', 'wlan0']) scene.host.adapter(adapter).setUp(false);
    await scene.clock.run(310_000);
    expect(scene.status).toMatchObject({ state: 'Disconnected', error: { code: 829 } });
  });

  it('a gateway that says goodbye and comes back: Connected again within three seconds', async () => {
    const scene = new Scene({ pingMs: 100 });
    await scene.connect();
    const before = scene.status;
    const closing = scene.gateway.close();
    await scene.clock.run(1_000);
    await closing;
    expect(scene.status).toMatchObject({ state: 'WaitingToReconnect', tunnelAddresses: before.tunnelAddresses });
    await scene.clock.run(30_000);
    scene.gateway = scene.startGateway();
    await scene.clock.run(3_000);
    expect(scene.status).toMatchObject({
      state: 'Connected',
      tunnelAddresses: before.tunnelAddresses,
      connectedSince: before.connectedSince,
    });
    expect(scene.clients).toBe(1);
  });

  it.each([
    ['a wrong password', { password: 'Wrong-Horse-8' }, 691],
    ['a server name that the certificate does not hold', { server: 'other.contoso.test' }, 13801],
    ['a wrong pre-shared key', { psk: { client: 'one', gateway: 'two' } }, 811],
  ] as const)('%s ends in its code and leaves nothing behind', async (_, options, code) => {
    const scene = new Scene(options);
    expect(await scene.connect()).toMatchObject({ code });
    expect(scene.status).toMatchObject({ state: 'Disconnected', error: { code } });
    expect(scene.clients).toBe(0);
    expect(JSON.stringify([scene.logs, scene.statuses])).not.toMatch(/Wrong-Horse-8/);
  });

  it('connects with a pre-shared key', async () => {
    const scene = new Scene({ psk: { client: 'Shared-Secret-7', gateway: 'Shared-Secret-7' } });
    expect(await scene.connect()).toBeNull();
    expect(scene.status).toMatchObject({ state: 'Connected', authentication: 'Pre-shared key' });
  });

  it.each([1, 2, 3, 4, 5, 6])(
    'with a third of everything lost, duplicates and reordering, seed %i: connects and roams all the same',
    async (seed) => {
      const scene = new Scene({
        seed,
        pingMs: 200,
        conditions: { latency: 20, jitter: 15, loss: 0.3, duplicate: 0.1, reorder: 0.2, reorderDelay: 60 },
      });
      expect(await scene.connect(600_000)).toBeNull();
      scene.host.adapter('eth0').setUp(false);
      await scene.clock.run(60_000);
      expect(scene.status).toMatchObject({ state: 'Connected', adapter: 'wlan0' });
      const { length } = scene.samples;
      await scene.clock.run(10_000);
      const recent = scene.samples.slice(length);
      expect(recent.filter((sample) => sample !== null).length).toBeGreaterThan(recent.length / 4);
    },
  );
});
