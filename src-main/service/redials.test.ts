import { beforeEach, describe, expect, it } from 'vitest';
import { exampleProfile } from '../../src-core/connection/example-profile';
import type { VpnErrorSymbol } from '../../src-core/ports/vpn-error';
import { VpnError } from '../../src-core/ports/vpn-error';
import { VirtualClock } from '../../src-core/simulation';
import { Redials } from './redials';

let clock: VirtualClock;
let dialled: number[];
let redials: Redials;
const { dialing } = exampleProfile({ dialing: { redialSeconds: 10, redialAttempts: 2 } });

const status = (state: 'Connected' | 'Disconnected', symbol: VpnErrorSymbol | null = null) => ({
  state,
  error: symbol === null ? null : new VpnError(symbol, 'why').info(),
});
const fails = (symbol: VpnErrorSymbol = 'VPN_TIMEOUT'): void => {
  redials.begin();
  redials.follow(status('Disconnected', symbol), dialing);
};

beforeEach(() => {
  clock = new VirtualClock();
  dialled = [];
  // What is dialled fails again.
  redials = new Redials(clock, () => {
    dialled.push(clock.now());
    fails();
  });
});

describe('a failure that may heal (windows7-ux 4.6)', () => {
  it('is dialled again after the time between redials, as often as the connection says, then no more', async () => {
    const began = clock.now();
    fails();
    expect(redials.due).toEqual({ attempt: 1, attempts: 2, at: new Date(clock.wallTime() + 10_000).toISOString() });
    await clock.run(10_000);
    expect(redials.due?.attempt).toBe(2);
    await clock.run(60_000);
    expect(dialled.map((at) => at - began)).toEqual([10_000, 20_000]);
    expect(redials.due).toBeNull();
    expect(clock.pendingTimers()).toEqual([]);
  });

  it('is dialled once, however often its status is told', async () => {
    fails();
    for (let more = 0; more < 3; more++) redials.follow(status('Disconnected', 'VPN_TIMEOUT'), dialing);
    await clock.run(10_000);
    expect(dialled).toHaveLength(1);
  });

  it('counts anew after it was connected', async () => {
    fails();
    await clock.run(10_000);
    redials.begin();
    redials.follow(status('Connected'), dialing);
    redials.follow(status('Disconnected', 'LINK_FAILURE'), dialing);
    expect(redials.due?.attempt).toBe(1);
  });

  it('a dropped line that shall not be redialled stays down, and its status may come again', () => {
    const { dialing: quiet } = exampleProfile({ dialing: { redialOnLinkFailure: false } });
    redials.begin();
    redials.follow(status('Connected'), quiet);
    for (let more = 0; more < 2; more++) redials.follow(status('Disconnected', 'LINK_FAILURE'), quiet);
    expect(redials.due).toBeNull();
  });
});

describe('the person', () => {
  it('calls it off', async () => {
    fails();
    redials.cancel();
    expect(redials.due).toBeNull();
    await clock.run(60_000);
    expect(dialled).toEqual([]);
  });

  it('dials sooner: what was due is not', async () => {
    fails();
    await clock.run(5_000);
    redials.cancel();
    redials.begin();
    expect(clock.pendingTimers()).toEqual([]);
    redials.follow(status('Disconnected', 'VPN_TIMEOUT'), dialing);
    expect(redials.due?.attempt).toBe(1);
  });

  it('ends it: nothing is due after a disconnect', () => {
    redials.begin();
    redials.follow(status('Connected'), dialing);
    redials.follow(status('Disconnected'), dialing);
    expect(redials.due).toBeNull();
  });
});
