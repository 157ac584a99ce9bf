import { describe, expect, it } from 'vitest';
import { SeededRandom, TwoEnds } from '../../simulation';
import { testLength } from '../../simulation/lengths';

/** How many random schedules; each is reproducible by its seed: SCHEDULE_SEED=n plays only that one. */
const count = testLength('SCHEDULES', 400, 20_000);
const only = process.env['SCHEDULE_SEED'];

type Action = (ends: TwoEnds, random: SeededRandom) => void;

const actions: readonly (readonly [string, Action])[] = [
  ['move to wifi', (ends) => ends.client.setPath(ends.wifi)],
  ['move to ethernet', (ends) => ends.client.setPath(ends.ethernet)],
  ['hold', (ends) => ends.client.holdPath()],
  ['rebind the NAT', (ends) => ends.nat.rebind()],
  ['pull the cable', (ends) => ends.clientHost.adapter('eth0').setCarrier(false)],
  ['plug the cable', (ends) => ends.clientHost.adapter('eth0').setCarrier(true)],
  [
    'client rekeys CHILD',
    (ends, random) =>
      ends.client.children.length > 0 && ends.client.rekeyChild(random.pick(ends.client.children).spiIn),
  ],
  ['client rekeys IKE', (ends) => ends.client.rekeyIke()],
  [
    'gateway rekeys CHILD',
    (ends, random) =>
      ends.responder.sessions.length > 0 &&
      ends.gateway.children.length > 0 &&
      ends.gateway.rekeyChild(random.pick(ends.gateway.children).spiIn),
  ],
  ['gateway rekeys IKE', (ends) => ends.responder.sessions.length > 0 && ends.gateway.rekeyIke()],
  ['client asks', (ends) => void ends.client.checkLiveness(3000)],
  ['gateway asks', (ends) => ends.responder.sessions.length > 0 && void ends.gateway.checkLiveness(3000)],
  ['probe', (ends) => void ends.client.probe([ends.ethernet, ends.wifi], 2000)],
  ['packets', (ends) => ends.clientData.sendTestPacket(Uint8Array.of(1))],
];

/** Plays one random life of a connection. Returns false when it could not even connect, which the loss may cause. */
async function live(seed: number): Promise<boolean> {
  const random = new SeededRandom(seed);
  const trace: string[] = [];
  const where = (): string => `SCHEDULE_SEED=${String(seed)}: ${trace.join(', ')}`;
  const conditions = {
    latency: random.integer(1, 60),
    jitter: random.pick([0, 20, 150]),
    loss: random.pick([0, 0.1, 0.3]),
    duplicate: random.pick([0, 0.2]),
    reorder: random.pick([0, 0.2]),
    reorderDelay: 400,
  };
  const ends = new TwoEnds({
    seed,
    conditions,
    client: { natKeepaliveSeconds: random.pick([0, 20]) },
    gateway: { cookieThreshold: random.pick([null, 0]) },
  });
  ends.client.connect(ends.to(random.pick([ends.ethernet, ends.wifi]), 500), [ends.to(ends.ethernet, 4500)]);
  await ends.clock.runUntil(
    () => ends.event('established') !== undefined || ends.event('ended') !== undefined,
    120_000,
  );
  const failed = ends.event('ended');
  if (failed !== undefined) {
    expect(failed.error?.code, where()).toBe(809);
    return false;
  }
  const steps = random.integer(3, 12);
  for (let step = 0; step < steps; step++) {
    const [name, act] = random.pick(actions);
    const pause = random.pick([0, 1, 30, 300, 3000]);
    trace.push(`${name} at ${String(Math.round(ends.clock.now()))}`);
    act(ends, random);
    await ends.clock.run(pause);
  }
  // The network is well again and the client has a path.
  ends.clientHost.adapter('eth0').setCarrier(true);
  for (const name of ['eth0', 'wlan0'])
    ends.clientHost.adapter(name).setConditions({ loss: 0, duplicate: 0, jitter: 0, reorder: 0 });
  ends.client.setPath(random.pick([ends.ethernet, ends.wifi]));
  await ends.clock.run(150_000);
  if (process.env['SCHEDULE_LOG'] !== undefined) {
    for (const { at, text } of ends.timeline) console.log(at.toFixed(1), text);
  }
  expect(ends.event('ended'), where()).toBeUndefined();
  expect(ends.responder.sessions.length, where()).toBe(1);
  expect([ends.client.children.length, ends.gateway.children.length], where()).toEqual([1, 1]);
  expect([ends.client.children[0]?.spiIn, ends.client.children[0]?.spiOut], where()).toEqual([
    ends.gateway.children[0]?.spiOut,
    ends.gateway.children[0]?.spiIn,
  ]);
  expect([ends.client.ike?.spiInitiator, ends.client.ike?.spiResponder], where()).toEqual([
    ends.gateway.ike?.spiInitiator,
    ends.gateway.ike?.spiResponder,
  ]);
  expect(
    [
      ends.clientData.inbound.size,
      ends.clientData.outbound.length,
      ends.gatewayPath.inbound.size,
      ends.gatewayPath.outbound.length,
    ],
    where(),
  ).toEqual([1, 1, 1, 1]);
  expect(await ends.exchangePackets(), where()).toEqual({ up: 1, down: 1 });
  const closing = ends.client.close(2000);
  await ends.clock.run(2000);
  expect(await closing, where()).toBe(true);
  expect(
    [ends.clientData.inbound.size, ends.gatewayPath.inbound.size, ends.responder.sessions.length],
    where(),
  ).toEqual([0, 0, 0]);
  expect(ends.clock.pendingTimers(), where()).toEqual([]);
  return true;
}

describe('random schedules: loss, duplicates, reordering, NAT rebinding, roaming and rekeys end in one working tunnel', () => {
  it(`${String(count)} schedules, each by its seed`, { timeout: count * 1_000 }, async () => {
    const seeds = only === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(only)];
    let connected = 0;
    for (const seed of seeds) if (await live(seed)) connected++;
    expect(connected).toBeGreaterThanOrEqual(Math.floor(seeds.length * 0.95));
  });
});
