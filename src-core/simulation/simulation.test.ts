import { describe, expect, it } from 'vitest';
import { SeededRandom, SimulatedNetwork, VirtualClock } from './index';

function world(seed = 1) {
  const clock = new VirtualClock();
  const network = new SimulatedNetwork(clock, new SeededRandom(seed));
  return { clock, network };
}

describe('VirtualClock', () => {
  it('fires timers by time, then by the order in which they were set', () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    clock.setTimer(20, 'c', () => seen.push('c'));
    clock.setTimer(10, 'a', () => {
      seen.push('a');
      clock.setTimer(10, 'd', () => seen.push('d'));
    });
    clock.setTimer(10, 'b', () => seen.push('b'));
    clock.setTimer(15, 'x', () => seen.push('x')).cancel();
    clock.advance(20);
    expect(seen).toEqual(['a', 'b', 'c', 'd']);
    expect(clock.now()).toBe(20);
    expect(clock.pendingTimers()).toEqual([]);
  });

  it('runs promises between timers', async () => {
    const clock = new VirtualClock();
    let done = false;
    clock.setTimer(5, 'a', () => void Promise.resolve().then(() => clock.setTimer(5, 'b', () => (done = true))));
    expect(await clock.runUntil(() => done, 100)).toBe(true);
    expect(clock.now()).toBe(10);
  });
});

describe('SeededRandom', () => {
  it('repeats itself for one seed and differs for another', () => {
    expect(new SeededRandom(7).bytes(13)).toEqual(new SeededRandom(7).bytes(13));
    expect(new SeededRandom(7).bytes(13)).not.toEqual(new SeededRandom(8).bytes(13));
  });
});

describe('SimulatedNetwork', () => {
  it('carries datagrams through a NAT box and back, and drops the way back after a rebinding', () => {
    const { clock, network } = world();
    const nat = network.addNat({ outside: '198.51.100.1' });
    const client = network.addHost('client');
    client.addAdapter({ name: 'wlan0', addresses: ['10.0.0.2'], behind: nat });
    const server = network.addHost('server');
    server.addAdapter({ name: 'eth0', addresses: ['192.0.2.1'] });
    const a = client.openNow({ adapter: 'wlan0', localAddress: '10.0.0.2' });
    const b = server.openNow({ adapter: null, localAddress: '192.0.2.1', localPort: 4500 });
    const sources: string[] = [];
    let answers = 0;
    b.onDatagram((bytes, from) => {
      sources.push(`${from.address}:${String(from.port)}`);
      b.send(bytes, from);
    });
    a.onDatagram(() => answers++);
    expect(a.send(Uint8Array.of(1), b.local)).toBe('sent');
    clock.advance(10);
    nat.rebind();
    b.send(Uint8Array.of(2), { address: '198.51.100.1', port: 40000 });
    clock.advance(10);
    expect(answers).toBe(1);
    a.send(Uint8Array.of(1), b.local);
    clock.advance(10);
    expect(sources).toEqual(['198.51.100.1:40000', '198.51.100.1:40001']);
    expect(answers).toBe(2);
  });

  it('refuses to send on an adapter that is down and loses datagrams without carrier', () => {
    const { clock, network } = world();
    const host = network.addHost('h');
    const adapter = host.addAdapter({ name: 'eth0', addresses: ['192.0.2.2'] });
    const peer = network.addHost('p');
    peer.addAdapter({ name: 'eth0', addresses: ['192.0.2.1'] });
    const to = peer.openNow({ adapter: null, localAddress: '192.0.2.1', localPort: 500 });
    let heard = 0;
    to.onDatagram(() => heard++);
    const socket = host.openNow({ adapter: 'eth0', localAddress: '192.0.2.2' });
    let events = 0;
    host.watch(() => events++);
    adapter.setCarrier(false);
    expect(socket.send(Uint8Array.of(1), to.local)).toBe('sent');
    clock.advance(10);
    expect([heard, events]).toEqual([0, 1]);
    expect(host.lookupRoute({ destination: '192.0.2.1' })?.adapter).toBe('eth0');
    adapter.setUp(false);
    expect(socket.send(Uint8Array.of(1), to.local)).toBe('ENETUNREACH');
    expect(host.lookupRoute({ destination: '192.0.2.1' })).toBeNull();
    adapter.setUp(true);
    adapter.setCarrier(true);
    socket.send(Uint8Array.of(1), to.local);
    clock.advance(10);
    expect(heard).toBe(1);
  });

  it('loses, duplicates, reorders and drops what is too big, reproducibly', () => {
    const run = (seed: number): number[] => {
      const { clock, network } = world(seed);
      const host = network.addHost('h');
      host.addAdapter({
        name: 'eth0',
        addresses: ['192.0.2.2'],
        conditions: { loss: 0.3, duplicate: 0.2, jitter: 20, mtu: 100 },
      });
      const peer = network.addHost('p');
      peer.addAdapter({ name: 'eth0', addresses: ['192.0.2.1'] });
      const to = peer.openNow({ adapter: null, localAddress: '192.0.2.1', localPort: 500 });
      const seen: number[] = [];
      to.onDatagram((bytes) => seen.push(bytes[0]!));
      const socket = host.openNow({ adapter: 'eth0', localAddress: '192.0.2.2' });
      for (let index = 0; index < 100; index++) socket.send(Uint8Array.of(index), to.local);
      socket.send(new Uint8Array(73).fill(255), to.local);
      clock.advance(100);
      return seen;
    };
    const seen = run(3);
    expect(run(3)).toEqual(seen);
    expect(run(4)).not.toEqual(seen);
    expect(new Set(seen).size).toBeLessThan(95);
    expect(seen.length).toBeGreaterThan(new Set(seen).size);
    expect([...seen].sort((a, b) => a - b)).not.toEqual(seen);
    expect(seen).not.toContain(255);
  });
});
