import { describe, expect, it } from 'vitest';
import type { Connectivity, ConnectivityQuestion } from '../ports/connectivity';
import { SeededRandom, SimulatedNetwork, VirtualClock } from '../simulation';
import { ConnectivityWatch } from './connectivity-watch';
import { internetPaths } from './internet-paths';

const url = 'http://check.test/';

class Scene {
  readonly clock = new VirtualClock();
  readonly host = new SimulatedNetwork(this.clock, new SeededRandom(1)).addHost('client');
  readonly asked: ConnectivityQuestion[] = [];
  readonly answers: Record<string, Connectivity> = { eth0: 'captive-portal', wlan0: 'no-internet' };
  readonly log: string[] = [];
  changes = 0;
  readonly watch: ConnectivityWatch;

  constructor() {
    this.host.addAdapter({ name: 'eth0', addresses: ['10.10.0.2'] });
    this.host.addAdapter({ name: 'wlan0', kind: 'wifi', addresses: ['10.20.0.2'] });
    this.watch = new ConnectivityWatch({
      clock: this.clock,
      adapters: this.host,
      url,
      probe: {
        probe: (question) => {
          this.asked.push(question);
          return new Promise((resolve) => {
            this.clock.setTimer(100, 'page', () => resolve(this.answers[question.adapter] ?? 'no-internet'));
          });
        },
      },
      onChange: () => void this.changes++,
      log: (text) => void this.log.push(text),
    });
  }
}

describe('the connectivity watch', () => {
  it('asks nobody while the server answers, nor in the first moments of silence', async () => {
    const scene = new Scene();
    scene.watch.follow(false);
    await scene.clock.run(60_000);
    scene.watch.follow(true);
    await scene.clock.run(1_400);
    scene.watch.follow(false);
    await scene.clock.run(60_000);
    expect(scene.asked).toEqual([]);
    expect(scene.clock.pendingTimers()).toEqual([]);
  });

  it('asks by every adapter with a way out, each from its own address', async () => {
    const scene = new Scene();
    scene.watch.follow(true);
    await scene.clock.run(2_000);
    expect(scene.asked).toEqual([
      { adapter: 'eth0', source: '10.10.0.2', url },
      { adapter: 'wlan0', source: '10.20.0.2', url },
    ]);
    expect(scene.watch.of('eth0')).toBe('captive-portal');
    expect(scene.watch.of('wlan0')).toBe('no-internet');
    expect(scene.changes).toBe(1);
    expect(scene.log).toHaveLength(2);
  });

  it.each([
    [{ eth0: 'captive-portal', wlan0: 'no-internet' }, 'captive-portal'],
    [{ eth0: 'no-internet', wlan0: 'no-internet' }, 'no-internet'],
    [{ eth0: 'captive-portal', wlan0: 'internet' }, null],
  ] as const)('%j: the reason is %s', async (answers, reason) => {
    const scene = new Scene();
    Object.assign(scene.answers, answers);
    scene.watch.follow(true);
    expect(scene.watch.reason).toBeNull();
    await scene.clock.run(2_000);
    expect(scene.watch.reason).toBe(reason);
  });

  it('asks more and more rarely, at most once a minute', async () => {
    const scene = new Scene();
    scene.host.adapter('wlan0').setUp(false);
    scene.watch.follow(true);
    await scene.clock.run(3_600_000);
    expect(scene.asked.length).toBeGreaterThan(55);
    expect(scene.asked.length).toBeLessThan(66);
  });

  it('forgets what it found when the wait is over, and an answer that comes later', async () => {
    const scene = new Scene();
    scene.watch.follow(true);
    await scene.clock.run(1_550);
    scene.watch.follow(false);
    await scene.clock.run(1_000);
    expect(scene.watch.reason).toBeNull();
    scene.watch.follow(true);
    await scene.clock.run(2_000);
    expect(scene.watch.reason).toBe('captive-portal');
    scene.watch.follow(false);
    expect(scene.watch.of('eth0')).toBeNull();
  });

  it('an adapter that loses its way out is no reason any more; a new one is asked soon', async () => {
    const scene = new Scene();
    scene.host.adapter('wlan0').setUp(false);
    scene.watch.follow(true);
    await scene.clock.run(2_000);
    expect(scene.watch.reason).toBe('captive-portal');
    scene.host.adapter('eth0').setCarrier(false);
    scene.clock.advance(0);
    expect(scene.watch.reason).toBeNull();
    scene.host.adapter('wlan0').setUp(true);
    await scene.clock.run(5_500);
    expect(scene.watch.reason).toBe('no-internet');
  });
});

describe('a way to the Internet', () => {
  it('is an adapter with carrier, an address and a route to anywhere', () => {
    const { host } = new Scene();
    expect(internetPaths(host).map(({ adapter }) => adapter)).toEqual(['eth0', 'wlan0']);
    host.adapter('eth0').setCarrier(false);
    host.adapter('wlan0').setAddresses([]);
    expect(internetPaths(host)).toEqual([]);
    const lan = { snapshot: () => host.snapshot(), lookupRoute: () => null };
    host.adapter('eth0').setCarrier(true);
    expect(internetPaths(lan)).toEqual([]);
  });
});
