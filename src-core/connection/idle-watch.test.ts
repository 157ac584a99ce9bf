import { beforeEach, describe, expect, it } from 'vitest';
import type { VpnError } from '../ports/vpn-error';
import { VirtualClock } from '../simulation';
import type { Attempt } from './attempt';
import type { ConnectionContext } from './connection-context';
import { exampleProfile } from './example-profile';
import { IdleWatch } from './idle-watch';

let clock: VirtualClock;
let lost: { readonly at: number; readonly error: VpnError; readonly goodbye: boolean | undefined }[];
let packets: Map<number, number>;
let children: { spiIn: number; spiOut: number }[];
let state: string;
let began: number;

function watch(idleSeconds: number | null): IdleWatch {
  const counters = (spi: number) => ({ packets: packets.get(spi) ?? 0 });
  const attempt = {
    ended: false,
    session: {
      get children() {
        return children;
      },
    },
    manager: {
      get state() {
        return { type: state };
      },
    },
    dataPath: { inboundCounters: counters, outboundCounters: counters },
  } as unknown as Attempt;
  const context = {
    profile: exampleProfile({ dialing: { idleSeconds } }),
    ports: { clock },
    lost: (error: VpnError, options?: { sayGoodbye: boolean }) =>
      void lost.push({ at: clock.now() - began, error, goodbye: options?.sayGoodbye }),
  } as unknown as ConnectionContext;
  return new IdleWatch(context, attempt);
}

beforeEach(() => {
  clock = new VirtualClock();
  lost = [];
  packets = new Map();
  children = [{ spiIn: 1, spiOut: 2 }];
  state = 'Connected';
  began = clock.now();
});

describe('a connection that nobody uses', () => {
  it('is disconnected after the idle time, the server is told, and the error is 828', async () => {
    watch(60).start();
    await clock.run(59_000);
    expect(lost).toEqual([]);
    await clock.run(1_000);
    expect(lost.map(({ at, error, goodbye }) => [at, error.code, error.symbol, goodbye])).toEqual([
      [60_000, 828, 'IDLE_TIMEOUT', true],
    ]);
    expect(lost[0]?.error.message).toContain('1 minute');
    expect(clock.pendingTimers()).toEqual([]);
  });

  it.each([
    ['in', 1],
    ['out', 2],
  ])('one packet %s begins the time anew', async (_direction, spi) => {
    watch(60).start();
    await clock.run(52_000);
    packets.set(spi, 1);
    await clock.run(60_000);
    expect(lost).toEqual([]);
    await clock.run(1_000);
    expect(lost.map(({ at }) => at)).toEqual([113_000]);
  });

  it('a rekey is no traffic, whichever SAs are there meanwhile (RFC 7296 section 2.8)', async () => {
    packets.set(1, 1_000).set(2, 1_000);
    watch(60).start();
    await clock.run(20_000);
    children = [...children, { spiIn: 3, spiOut: 4 }];
    await clock.run(20_000);
    children = children.slice(1);
    await clock.run(20_000);
    expect(lost).toHaveLength(1);
  });

  it('traffic on the SAs of a rekey counts', async () => {
    packets.set(1, 1_000).set(2, 1_000);
    watch(60).start();
    await clock.run(40_000);
    children = [{ spiIn: 3, spiOut: 4 }];
    packets.set(4, 1);
    await clock.run(40_000);
    expect(lost).toEqual([]);
  });

  it.each(['Dormant', 'WaitingToReconnect'])('time in which it is %s does not count', async (waiting) => {
    watch(60).start();
    await clock.run(40_000);
    state = waiting;
    await clock.run(600_000);
    expect(lost).toEqual([]);
    state = 'Connected';
    await clock.run(20_000);
    expect(lost).toHaveLength(1);
  });
});

it('never is never; stopped is stopped', async () => {
  watch(null).start();
  expect(clock.pendingTimers()).toEqual([]);
  const stopped = watch(60);
  stopped.start();
  stopped.stop();
  await clock.run(120_000);
  expect(lost).toEqual([]);
});
