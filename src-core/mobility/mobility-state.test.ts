import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testLength } from '../simulation/lengths';
import {
  defaultMobilityPolicy,
  initialModel,
  type MobilityEffect,
  type MobilityInput,
  type MobilityModel,
  type MobilityPolicy,
  type MobilityState,
  type MobilityTimer,
} from './mobility-model';
import { mobilityStep } from './mobility-state';
import type { PathCandidate, UnusableReason } from './path-candidates';
import { carries, holdDown } from './path-memory';

const policy: MobilityPolicy = { ...defaultMobilityPolicy, outageMs: 300_000 };

function path(
  adapter: string,
  preference: number,
  reason: UnusableReason | null = null,
  destination = '10.10.0.1',
): PathCandidate {
  return {
    id: `${adapter} > ${destination}`,
    adapter,
    adapterIndex: preference + 2,
    label: adapter,
    source: `10.${preference}.0.2`,
    destination,
    family: 4,
    preference,
    mtu: 1500,
    usable: reason === null,
    reason,
  };
}

const wired = path('eth0', 0);
const wireless = path('wlan0', 1);

/** Runs the machine as a driver would: timers, probe generations, and what was told to the session. */
class Bench {
  at = 0;
  model: MobilityModel;
  readonly timers = new Map<MobilityTimer, number>();
  readonly log: MobilityEffect[] = [];
  inUse: string | null;
  openProbes = 0;
  readonly rules: MobilityPolicy;

  constructor(start: PathCandidate, candidates: readonly PathCandidate[], rules: MobilityPolicy = policy) {
    this.rules = rules;
    this.model = initialModel(start, candidates);
    this.inUse = start.id;
    this.see(...candidates);
  }

  get state(): MobilityState {
    return this.model.state;
  }

  give(input: MobilityInput): readonly MobilityEffect[] {
    const { model, effects } = mobilityStep(this.model, input, this.at, this.rules);
    this.model = model;
    for (const effect of effects) {
      this.log.push(effect);
      if (effect.type === 'set-timer') this.timers.set(effect.timer, this.at + effect.afterMs);
      if (effect.type === 'cancel-timer') this.timers.delete(effect.timer);
      if (effect.type === 'use-path') this.inUse = effect.path.id;
      if (effect.type === 'hold') this.inUse = null;
    }
    return effects;
  }

  see(...candidates: readonly PathCandidate[]): readonly MobilityEffect[] {
    return this.give({ type: 'candidates', candidates });
  }

  answer(id: string | null): readonly MobilityEffect[] {
    const { probing } = this.model;
    if (probing === null) throw new Error('nothing is being probed');
    return this.give({ type: 'probe-result', generation: probing.generation, id });
  }

  /** Fires the timers that are due within `milliseconds`, answering probes with `reply`. */
  run(milliseconds: number, reply: (paths: readonly PathCandidate[]) => string | null = () => null): void {
    const end = this.at + milliseconds;
    for (let guard = 0; guard < 1_000_000; guard++) {
      let next: [MobilityTimer, number] | null = null;
      for (const entry of this.timers) if (next === null || entry[1] < next[1]) next = entry;
      if (next === null || next[1] > end) break;
      this.timers.delete(next[0]);
      this.at = Math.max(this.at, next[1]);
      const effects = this.give({ type: 'timer', timer: next[0] });
      const probe = effects.find((effect) => effect.type === 'probe');
      if (probe?.type === 'probe') {
        const id = reply(probe.paths);
        this.at += id === null ? probe.timeoutMs : 3;
        this.answer(id);
      }
    }
    this.at = Math.max(this.at, end);
  }
}

const kinds = (effects: readonly MobilityEffect[]): readonly string[] => effects.map((effect) => effect.type);

describe('loss of the path in use', () => {
  it.each([
    ['adapter-down', 'adapter-lost'],
    ['no-carrier', 'carrier-lost'],
    ['no-address', 'address-lost'],
    ['no-route', 'adapter-lost'],
    ['gateway-withdrew-address', 'gateway-address'],
  ] as const)('%s moves to the other path in the same step and says %s', (reason, said) => {
    const bench = new Bench(wired, [wired, wireless]);
    bench.at = 1000;
    const effects = bench.see(path('eth0', 0, reason), wireless);
    expect(effects[0]).toEqual({ type: 'use-path', path: wireless });
    expect(bench.state).toMatchObject({
      type: 'Connected',
      path: wireless,
      move: { from: wired, reason: said, startedAt: 1000 },
    });
    bench.at = 1004;
    expect(bench.give({ type: 'path-confirmed', id: wireless.id })).toContainEqual({
      type: 'roamed',
      from: wired,
      to: wireless,
      reason: said,
      milliseconds: 4,
    });
    expect(bench.state).toMatchObject({ type: 'Connected', move: null });
  });

  it('a removed adapter is an adapter lost', () => {
    const bench = new Bench(wired, [wired, wireless]);
    bench.see(wireless);
    expect(bench.state).toMatchObject({ move: { reason: 'adapter-lost' } });
  });

  it('an update without answer after 300 ms probes every pair, the one in use first (M-16)', () => {
    const third = path('wwan0', 2);
    const bench = new Bench(wired, [wired, wireless, third]);
    bench.see(path('eth0', 0, 'no-carrier'), wireless, third);
    expect(bench.timers.get('confirm')).toBe(300);
    bench.at = 300;
    const effects = bench.give({ type: 'timer', timer: 'confirm' });
    expect(effects).toEqual([
      { type: 'probe', generation: 1, paths: [wireless, third], timeoutMs: policy.probeTimeoutMs },
    ]);
    bench.answer(third.id);
    expect(bench.state).toMatchObject({
      type: 'Connected',
      path: third,
      move: { from: wired, reason: 'carrier-lost', startedAt: 0 },
    });
  });

  it('a second loss before the first update was answered is one roam', () => {
    const third = path('wwan0', 2);
    const bench = new Bench(wired, [wired, wireless, third]);
    bench.see(path('eth0', 0, 'no-carrier'), wireless, third);
    bench.at = 50;
    bench.see(path('eth0', 0, 'no-carrier'), path('wlan0', 1, 'no-carrier'), third);
    bench.at = 60;
    expect(bench.give({ type: 'path-confirmed', id: third.id })).toContainEqual({
      type: 'roamed',
      from: wired,
      to: third,
      reason: 'carrier-lost',
      milliseconds: 60,
    });
  });

  it('without another path it is Dormant at once; everything is kept and held (M-20)', () => {
    const bench = new Bench(wired, [wired]);
    expect(kinds(bench.see(path('eth0', 0, 'no-carrier')))[0]).toBe('hold');
    expect(bench.state).toMatchObject({ type: 'Dormant', last: wired, lostAt: 0, endsAt: 300_000 });
    expect([...bench.timers.keys()]).toEqual(['outage']);
  });
});

describe('Dormant and WaitingToReconnect', () => {
  const dormant = (): Bench => {
    const bench = new Bench(wired, [wired, wireless]);
    bench.see(path('eth0', 0, 'no-carrier'), path('wlan0', 1, 'no-carrier'));
    return bench;
  };

  it('a path back means waiting for the answer, the answer means Connected', () => {
    const bench = dormant();
    bench.at = 60_000;
    expect(bench.see(path('eth0', 0, 'no-carrier'), wireless)[0]).toEqual({ type: 'use-path', path: wireless });
    expect(bench.state.type).toBe('WaitingToReconnect');
    bench.at = 60_005;
    const effects = bench.give({ type: 'path-confirmed', id: wireless.id });
    expect(effects).toContainEqual({
      type: 'roamed',
      from: wired,
      to: wireless,
      reason: 'carrier-lost',
      milliseconds: 5,
    });
    expect(bench.state).toMatchObject({ type: 'Connected', path: wireless, move: null });
    expect(bench.timers.has('outage')).toBe(false);
  });

  it('the same path back is no roam', () => {
    const bench = dormant();
    bench.at = 5000;
    bench.see(wired, path('wlan0', 1, 'no-carrier'));
    expect(kinds(bench.give({ type: 'path-confirmed', id: wired.id }))).not.toContain('roamed');
    expect(bench.state).toMatchObject({ type: 'Connected', path: wired });
  });

  it('fails once, exactly at the outage time', () => {
    const bench = dormant();
    bench.run(299_999);
    expect(bench.state.type).toBe('Dormant');
    bench.run(1);
    expect(bench.state).toEqual({ type: 'Failed', failure: 'outage-over', at: 300_000 });
    bench.run(1_000_000);
    bench.see(wired);
    expect(bench.log.filter((effect) => effect.type === 'failed')).toHaveLength(1);
  });

  it('the outage time runs on through a path that came back and did not answer', () => {
    const bench = dormant();
    bench.run(200_000);
    bench.see(wired);
    bench.run(50_000);
    bench.see(path('eth0', 0, 'no-carrier'));
    expect(bench.state).toMatchObject({ type: 'Dormant', lostAt: 0, endsAt: 300_000 });
    bench.run(50_000);
    expect(bench.state.type).toBe('Failed');
  });

  it('eight hours without an adapter cost no probe and no timer but one', () => {
    const bench = new Bench(wired, [wired], { ...policy, outageMs: 28_800_000 });
    bench.see(path('eth0', 0, 'no-carrier'));
    const before = bench.log.length;
    bench.run(28_799_000);
    expect(bench.log.length).toBe(before);
    bench.see(wired);
    bench.give({ type: 'path-confirmed', id: wired.id });
    expect(bench.state.type).toBe('Connected');
  });

  it('eight hours with a link and no answer: rounds back off to one in 15 s, then the failure', () => {
    const bench = new Bench(wired, [wired], { ...policy, outageMs: 28_800_000 });
    bench.give({ type: 'path-silent', id: wired.id });
    bench.answer(null);
    expect(bench.state.type).toBe('WaitingToReconnect');
    bench.run(28_900_000);
    expect(bench.state).toMatchObject({ type: 'Failed', failure: 'outage-over' });
    const probes = bench.log.filter((effect) => effect.type === 'probe').length;
    expect(probes).toBeGreaterThan(1500);
    expect(probes).toBeLessThan(1800);
  });

  it('a path that appears while another one is silent is probed at once', () => {
    const bench = new Bench(wired, [wired]);
    bench.give({ type: 'path-silent', id: wired.id });
    bench.answer(null);
    const effects = bench.see(wired, wireless);
    expect(effects).toMatchObject([{ type: 'probe', paths: [{ id: wired.id }, { id: wireless.id }] }]);
    bench.answer(wireless.id);
    expect(bench.state).toMatchObject({ type: 'WaitingToReconnect', path: wireless });
  });

  it('after sleep there is a fresh attempt although the outage time is over (C-13)', () => {
    const bench = dormant();
    bench.at = 400_000;
    bench.give({ type: 'resume' });
    bench.give({ type: 'timer', timer: 'outage' });
    expect(bench.state).toMatchObject({ type: 'Dormant', endsAt: 430_000 });
  });
});

describe('silence on a path that is there', () => {
  it('moves to the path that answers', () => {
    const bench = new Bench(wired, [wired, wireless], { ...policy, returnToPreferred: false });
    const [probe] = bench.give({ type: 'path-silent', id: wired.id });
    expect(probe).toMatchObject({ type: 'probe', paths: [wired, wireless] });
    bench.answer(wireless.id);
    expect(bench.state).toMatchObject({
      type: 'Connected',
      path: wireless,
      move: { reason: 'path-silent', from: wired },
    });
  });

  it('stays when the path in use answers', () => {
    const bench = new Bench(wired, [wired, wireless]);
    bench.give({ type: 'path-silent', id: wired.id });
    bench.answer(wired.id);
    expect(bench.state).toMatchObject({ type: 'Connected', path: wired, move: null });
  });

  it('repeated reports start one probe only', () => {
    const bench = new Bench(wired, [wired, wireless]);
    expect(kinds(bench.give({ type: 'path-silent', id: wired.id }))).toEqual(['probe']);
    expect(bench.give({ type: 'path-silent', id: wired.id })).toEqual([]);
  });

  it('the result of a forgotten probe changes nothing', () => {
    const bench = new Bench(wired, [wired, wireless]);
    bench.give({ type: 'path-silent', id: wired.id });
    bench.see(path('eth0', 0, 'no-carrier'), wireless);
    const before = bench.model;
    bench.give({ type: 'probe-result', generation: 1, id: null });
    expect(bench.model).toBe(before);
  });

  it('after resume the path in use is told again, the mapping may be a new one (M-17)', () => {
    const bench = new Bench(wired, [wired, wireless]);
    bench.give({ type: 'resume' });
    expect(bench.answer(wired.id)[0]).toEqual({ type: 'use-path', path: wired });
    expect(bench.state.type).toBe('Connected');
  });
});

describe('the gateway speaks from another of its addresses and the session followed (M-8)', () => {
  const other = path('eth0', 0, null, '10.10.0.9');

  it('so does the machine, told once more and reported as the server having moved', () => {
    const bench = new Bench(wired, [wired, other]);
    bench.give({ type: 'path-confirmed', id: other.id });
    expect(bench.state).toMatchObject({
      type: 'Connected',
      path: other,
      move: { from: wired, reason: 'gateway-address' },
    });
    bench.give({ type: 'path-confirmed', id: other.id });
    expect(bench.state).toMatchObject({ type: 'Connected', path: other, move: null });
    expect(bench.log.filter(({ type }) => type === 'use-path')).toHaveLength(1);
    expect(bench.log.filter(({ type }) => type === 'roamed')).toMatchObject([
      { from: wired, to: other, reason: 'gateway-address' },
    ]);
  });

  it('a late word about another adapter to the same address moves nothing', () => {
    const bench = new Bench(wired, [wired, wireless]);
    bench.give({ type: 'path-confirmed', id: wireless.id });
    expect(bench.state).toMatchObject({ path: wired, move: null });
  });
});

describe('addresses refused by the gateway (M-21)', () => {
  it('goes back to the previous pair when that still works', () => {
    const bench = new Bench(wired, [wired, wireless], { ...policy, returnToPreferred: false });
    bench.give({ type: 'path-silent', id: wired.id });
    bench.answer(wireless.id);
    expect(bench.give({ type: 'path-refused', id: wireless.id })[0]).toEqual({ type: 'use-path', path: wired });
  });

  it('takes the next one otherwise', () => {
    const third = path('wwan0', 2);
    const bench = new Bench(wired, [wired, wireless, third]);
    bench.see(path('eth0', 0, 'no-carrier'), wireless, third);
    expect(bench.give({ type: 'path-refused', id: wireless.id })[0]).toEqual({ type: 'use-path', path: third });
  });

  it('waits when there is none', () => {
    const bench = new Bench(wired, [wired, wireless]);
    bench.see(path('eth0', 0, 'no-carrier'), wireless);
    bench.give({ type: 'path-refused', id: wireless.id });
    expect(bench.state.type).toBe('WaitingToReconnect');
  });
});

describe('return to the preferred adapter', () => {
  const roamed = (): Bench => {
    const bench = new Bench(wired, [wired, wireless]);
    bench.see(path('eth0', 0, 'no-carrier'), wireless);
    bench.give({ type: 'path-confirmed', id: wireless.id });
    return bench;
  };
  const alive = (paths: readonly PathCandidate[]): string => paths[0]!.id;

  it('happens after the hold-down and three answered probes, make before break', () => {
    const bench = roamed();
    bench.see(wired, wireless);
    bench.run(1_900, alive);
    expect(bench.state).toMatchObject({ type: 'Connected', path: wireless });
    bench.run(1_000, alive);
    expect(bench.state).toMatchObject({
      type: 'Connected',
      path: wired,
      move: { from: wireless, reason: 'preferred-adapter' },
    });
    expect(bench.log.filter((effect) => effect.type === 'hold')).toHaveLength(0);
  });

  it('does not happen when the profile says no, nor to an adapter that is only as good', () => {
    const bench = new Bench(wireless, [wired, wireless], { ...policy, returnToPreferred: false });
    bench.run(100_000, alive);
    expect(bench.state).toMatchObject({ path: wireless });
    const equal = { ...wireless, preference: 0 };
    const still = new Bench(equal, [wired, equal]);
    still.run(100_000, alive);
    expect(still.state).toMatchObject({ path: { id: wireless.id } });
  });

  it('a preferred path that has a link and no answer is left alone and tried again later', () => {
    const bench = roamed();
    bench.see(wired, wireless);
    let works = false;
    bench.run(30_000, (paths) => (works ? paths[0]!.id : null));
    expect(bench.state).toMatchObject({ path: wireless, move: null });
    works = true;
    bench.run(30_000, (paths) => (works ? paths[0]!.id : null));
    expect(bench.state).toMatchObject({ path: wired });
  });

  it('a flapping adapter waits twice as long each time, at most five minutes', () => {
    const bench = roamed();
    const waits: number[] = [];
    for (let round = 0; round < 10; round++) {
      const from = bench.at;
      bench.see(wired, wireless);
      for (
        let guard = 0;
        guard < 1000 && (bench.state.type !== 'Connected' || bench.state.path.id !== wired.id);
        guard++
      )
        bench.run(1000, alive);
      waits.push(bench.at - from);
      bench.give({ type: 'path-confirmed', id: wired.id });
      bench.see(path('eth0', 0, 'no-carrier'), wireless);
      bench.give({ type: 'path-confirmed', id: wireless.id });
    }
    for (let index = 1; index < 7; index++) expect(waits[index]! / waits[index - 1]!).toBeGreaterThan(1.4);
    expect(Math.max(...waits)).toBeLessThanOrEqual(320_000);
    expect(holdDown(bench.model, 'eth0', policy)).toBe(300_000);
  });

  it('an adapter that stayed longer than the flap window starts anew', () => {
    const bench = roamed();
    bench.see(wired, wireless);
    bench.run(5_000, alive);
    bench.give({ type: 'path-confirmed', id: wired.id });
    bench.run(61_000, alive);
    bench.see(path('eth0', 0, 'no-carrier'), wireless);
    expect(holdDown(bench.model, 'eth0', policy)).toBe(policy.holdDownMs);
  });
});

describe('without MOBIKE (M-23)', () => {
  const pulled = path('eth0', 0, 'no-carrier');
  const byNewIkeSa: MobilityPolicy = { ...policy, moves: 'by-new-ike-sa' };
  const never: MobilityPolicy = { ...policy, moves: 'never' };

  it('mobility off: only the original pair carries the connection, and the others say why they do not', () => {
    const bench = new Bench(wired, [wired, wireless], never);
    bench.see(pulled, wireless);
    expect(bench.state.type).toBe('Dormant');
    expect(bench.model.candidates.map(({ reason }) => reason)).toEqual(['no-carrier', 'mobility-off']);
    bench.see(wired, wireless);
    expect(bench.state).toMatchObject({ type: 'WaitingToReconnect', path: wired });
    bench.give({ type: 'path-confirmed', id: wired.id });
    expect(bench.state).toMatchObject({ type: 'Connected', path: wired });
    expect([...bench.timers.keys()]).toEqual([]);
  });

  it('another pair is asked before anything leaves there, and its answer asks for a new IKE SA', () => {
    const bench = new Bench(wired, [wired, wireless], byNewIkeSa);
    bench.at = 1000;
    const effects = bench.see(pulled, wireless);
    expect(effects[0]).toEqual({ type: 'hold', for: wireless });
    expect(effects.at(-1)).toMatchObject({ type: 'probe', paths: [wireless] });
    expect(kinds(effects)).not.toContain('use-path');
    bench.at = 1030;
    expect(bench.answer(wireless.id)).toContainEqual({
      type: 'renew',
      path: wireless,
      move: { from: wired, reason: 'carrier-lost', startedAt: 1000 },
      endsAt: 301_000,
    });
    // Nothing comes of it: it is asked again.
    expect(bench.timers.has('round')).toBe(true);
    bench.run(1_000, (paths) => paths[0]?.id ?? null);
    expect(bench.log.filter(({ type }) => type === 'renew').length).toBeGreaterThan(1);
  });

  it('the original pair comes back before that: it is used, and its first answer means Connected', () => {
    const bench = new Bench(wired, [wired, wireless], byNewIkeSa);
    bench.see(pulled, wireless);
    const effects = bench.see(wired, wireless);
    expect(effects[0]).toEqual({ type: 'use-path', path: wired });
    bench.give({ type: 'path-confirmed', id: wired.id });
    expect(bench.state).toMatchObject({ type: 'Connected', path: wired });
    expect(bench.log.some(({ type }) => type === 'roamed' || type === 'renew')).toBe(false);
  });

  it('out of Dormant the original pair comes first, whatever is preferred', () => {
    const bench = new Bench(wireless, [wireless], byNewIkeSa);
    bench.see();
    expect(bench.see(wired, wireless)[0]).toEqual({ type: 'use-path', path: wireless });
  });

  it('silence in use: the pair alone is asked first, then all; another answer asks for a new IKE SA', () => {
    const bench = new Bench(wired, [wired, wireless], byNewIkeSa);
    expect(bench.give({ type: 'path-silent', id: wired.id })).toContainEqual(
      expect.objectContaining({ type: 'probe', paths: [wired] }),
    );
    bench.answer(null);
    expect(bench.state.type).toBe('WaitingToReconnect');
    bench.run(300, (paths) => paths.find(({ id }) => id === wireless.id)?.id ?? null);
    expect(bench.log.at(-1)).toMatchObject({ type: 'renew', path: wireless, move: { from: wired } });
  });

  it('an adapter that was plugged in again has another socket, which takes a new IKE SA', () => {
    const again = { ...wired, adapterIndex: 99 };
    const bench = new Bench(wired, [wired], byNewIkeSa);
    bench.see();
    bench.see(again);
    expect(bench.answer(again.id).at(-1)).toMatchObject({ type: 'renew', path: again });
    const still = new Bench(wired, [wired], never);
    still.see();
    expect(still.see(again)[0]).toEqual({ type: 'use-path', path: again });
  });

  it('there is no planned return to a preferred adapter', () => {
    for (const rules of [byNewIkeSa, never]) {
      const bench = new Bench(wireless, [wireless], rules);
      bench.see(wired, wireless);
      bench.run(60_000, (paths) => paths[0]?.id ?? null);
      expect(bench.state).toMatchObject({ type: 'Connected', path: wireless });
      expect(bench.log.some(({ type }) => type === 'probe')).toBe(false);
    }
  });
});

describe('every pair of state and input', () => {
  const connected = new Bench(wired, [wired, wireless]).model;
  const bench = (change: (bench: Bench) => void): MobilityModel => {
    const made = new Bench(wired, [wired, wireless]);
    change(made);
    return made.model;
  };
  const states: Readonly<Record<string, MobilityModel>> = {
    Connected: connected,
    'Connected, moving': bench((made) => made.see(path('eth0', 0, 'no-carrier'), wireless)),
    'Connected, proving': new Bench(wireless, [wired, wireless]).model,
    'Connected, probing': bench((made) => made.give({ type: 'path-silent', id: wired.id })),
    Dormant: bench((made) => made.see(path('eth0', 0, 'no-carrier'))),
    WaitingToReconnect: bench((made) => {
      made.give({ type: 'path-silent', id: wired.id });
      made.answer(null);
    }),
    Failed: bench((made) => made.give({ type: 'peer-silent' })),
  };
  const inputs: readonly MobilityInput[] = [
    { type: 'candidates', candidates: [] },
    { type: 'candidates', candidates: [wired, wireless] },
    { type: 'candidates', candidates: [wireless] },
    { type: 'path-confirmed', id: wired.id },
    { type: 'path-confirmed', id: 'unknown' },
    { type: 'path-refused', id: wired.id },
    { type: 'path-silent', id: wired.id },
    { type: 'probe-result', generation: 1, id: null },
    { type: 'probe-result', generation: 1, id: wireless.id },
    { type: 'probe-result', generation: 99, id: wired.id },
    ...(['confirm', 'round', 'prove', 'outage'] as const).map((timer): MobilityInput => ({ type: 'timer', timer })),
    { type: 'resume' },
    { type: 'recheck' },
    { type: 'peer-silent' },
  ];
  const pairs = Object.keys(states).flatMap((name) =>
    inputs.map((input) => [name, JSON.stringify(input).slice(0, 60), input] as const),
  );

  it.each(pairs)('%s × %s keeps the invariant', (name, _, input) => {
    const before = states[name]!;
    const { model, effects } = mobilityStep(before, input, 100, policy);
    check(model);
    if (before.state.type === 'Failed') {
      expect(model.state).toBe(before.state);
      expect(effects).toEqual([]);
    }
  });
});

/** Connected or on its way, or failed for a stated reason. */
function check(model: MobilityModel): void {
  const { state } = model;
  const usable = model.candidates.filter((entry) => entry.usable).map((entry) => entry.id);
  switch (state.type) {
    case 'Connected':
    case 'WaitingToReconnect':
      expect(usable).toContain(state.path.id);
      return;
    case 'Dormant':
      expect(usable).toEqual([]);
      return;
    case 'Failed':
      expect(['outage-over', 'peer-silent']).toContain(state.failure);
  }
}

describe('random schedules', () => {
  const all = [path('eth0', 0), path('wlan0', 1), path('wwan0', 2), path('eth0', 0, null, '10.10.0.9')];
  const event = fc.oneof(
    { weight: 6, arbitrary: fc.record({ type: fc.constant('links' as const), mask: fc.integer({ min: 0, max: 15 }) }) },
    {
      weight: 6,
      arbitrary: fc.record({
        type: fc.constant('run' as const),
        ms: fc.integer({ min: 1, max: 20_000 }),
        works: fc.integer({ min: 0, max: 15 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('confirm' as const) }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('silent' as const) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('refuse' as const) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('resume' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({ type: fc.constant('answer' as const), works: fc.integer({ min: 0, max: 15 }) }),
    },
  );

  const runs = testLength('MOBILITY_RUNS', 5_000, 200_000);

  it.each(['by-update', 'by-new-ike-sa', 'never'] as const)(
    'connected or on its way or failed for a stated reason, and a timer or a probe always leads on; moves %s',
    (moves) => {
      fc.assert(
        fc.property(fc.array(event, { maxLength: 60 }), (events) => {
          const bench = new Bench(all[0]!, all, { ...policy, moves });
          const reply = (works: number) => (paths: readonly PathCandidate[]) =>
            paths.find((entry) => works & (1 << all.findIndex((known) => known.id === entry.id)))?.id ?? null;
          for (const step of events) {
            const { state } = bench;
            const id = state.type === 'Connected' || state.type === 'WaitingToReconnect' ? state.path.id : all[0]!.id;
            switch (step.type) {
              case 'links':
                bench.see(
                  ...all.map((entry, index) =>
                    step.mask & (1 << index) ? entry : { ...entry, usable: false, reason: 'no-carrier' as const },
                  ),
                );
                break;
              case 'run':
                if (bench.model.probing !== null) bench.answer(null);
                bench.run(step.ms, reply(step.works));
                break;
              case 'confirm':
                bench.give({ type: 'path-confirmed', id });
                break;
              case 'silent':
                bench.give({ type: 'path-silent', id });
                break;
              case 'refuse':
                bench.give({ type: 'path-refused', id });
                break;
              case 'resume':
                bench.give({ type: 'resume' });
                break;
              case 'answer':
                if (bench.model.probing !== null) bench.answer(reply(step.works)(all));
                break;
            }
            check(bench.model);
            const after = bench.state;
            if (after.type === 'Connected' || after.type === 'WaitingToReconnect')
              expect(bench.inUse).toBe(carries(bench.model, after.path, bench.rules) ? after.path.id : null);
            if (after.type === 'Connected' && moves !== 'by-update') expect(after.path.id).toBe(all[0]!.id);
            if (after.type === 'Dormant') expect(bench.inUse).toBeNull();
            const leads = bench.model.probing !== null || bench.timers.size > 0;
            if (after.type === 'WaitingToReconnect')
              expect(
                leads &&
                  bench.timers.has('outage') &&
                  (bench.model.probing !== null || bench.timers.has('confirm') || bench.timers.has('round')),
              ).toBe(true);
            if (after.type === 'Dormant') expect(bench.timers.has('outage')).toBe(true);
            if (after.type === 'Connected' && after.move !== null)
              expect(bench.model.probing !== null || bench.timers.has('confirm')).toBe(true);
            if (after.type === 'Failed') expect([...bench.timers.keys()]).toEqual([]);
          }
        }),
        { numRuns: runs, seed: 20_261_123 },
      );
    },
    runs * 10,
  );
});
