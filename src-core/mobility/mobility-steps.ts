import type { RoamReason } from '../connection/status';
import type {
  MobilityEffect,
  MobilityFailure,
  MobilityModel,
  MobilityPolicy,
  MobilityState,
  MobilityTimer,
  Probing,
  Step,
} from './mobility-model';
import type { PathCandidate } from './path-candidates';
import { carries, usablePaths, withAdapter } from './path-memory';

export const cancel = (timer: MobilityTimer): MobilityEffect => ({ type: 'cancel-timer', timer });
export const later = (timer: MobilityTimer, afterMs: number): MobilityEffect => ({
  type: 'set-timer',
  timer,
  afterMs: Math.max(0, afterMs),
});
export const same = (model: MobilityModel): Step => ({ model, effects: [] });

/** Starts one probe; a running one is forgotten (its result carries an old generation). */
export function probe(
  model: MobilityModel,
  purpose: Probing['purpose'],
  paths: readonly PathCandidate[],
  policy: MobilityPolicy,
): Step {
  const generation = model.generation + 1;
  return {
    model: { ...model, generation, probing: { generation, purpose } },
    effects: [{ type: 'probe', generation, paths, timeoutMs: policy.probeTimeoutMs }],
  };
}

/** The pair in use first, then all others; alone while it may work and the others would take a new IKE SA. */
export function probeAll(
  model: MobilityModel,
  purpose: Probing['purpose'],
  current: PathCandidate,
  at: number,
  policy: MobilityPolicy,
): Step {
  const usable = usablePaths(model, at);
  const first = usable.filter((entry) => entry.id === current.id);
  const others =
    policy.moves !== 'by-update' && model.state.type === 'Connected'
      ? []
      : usable.filter((entry) => entry.id !== current.id);
  return probe(model, purpose, [...first, ...others], policy);
}

export function join(first: Step, next: (model: MobilityModel) => Step): Step {
  const second = next(first.model);
  return { model: second.model, effects: [...first.effects, ...second.effects] };
}

/**
 * Leaves the current pair for another one at once; the update follows (RFC 4555 section 3.5). Connected stays
 * Connected.
 */
export function move(
  model: MobilityModel,
  from: PathCandidate,
  to: PathCandidate,
  reason: RoamReason,
  startedAt: number,
  at: number,
  policy: MobilityPolicy,
): Step {
  const moved = withAdapter(model, to.adapter, to.adapter === from.adapter ? {} : { movedToAt: at });
  return {
    model: {
      ...moved,
      probing: null,
      state: { type: 'Connected', path: to, move: { from, reason, startedAt }, challenger: null },
    },
    effects: [{ type: 'use-path', path: to }, cancel('prove'), cancel('round'), later('confirm', policy.confirmMs)],
  };
}

export function goDormant(
  model: MobilityModel,
  last: PathCandidate,
  reason: RoamReason,
  lostAt: number,
  endsAt: number,
  at: number,
): Step {
  return {
    model: { ...model, probing: null, state: { type: 'Dormant', last, lostAt, endsAt, reason } },
    effects: [
      { type: 'hold', for: null },
      cancel('confirm'),
      cancel('round'),
      cancel('prove'),
      later('outage', endsAt - at),
    ],
  };
}

interface Outage {
  readonly last: PathCandidate;
  readonly lostAt: number;
  readonly endsAt: number;
  readonly reason: RoamReason;
  readonly startedAt: number;
}

/**
 * Turns to a pair and waits for its answer: the one to an update, or where the IKE SA does not work on it, to the
 * question whether the gateway is there at all.
 */
export function wait(
  model: MobilityModel,
  path: PathCandidate,
  { last, lostAt, endsAt, reason, startedAt }: Outage,
  at: number,
  policy: MobilityPolicy,
): Step {
  const state: MobilityState = { type: 'WaitingToReconnect', path, last, lostAt, endsAt, reason, startedAt, rounds: 0 };
  const waiting: MobilityModel = { ...model, probing: null, state };
  const timers = [cancel('prove'), cancel('round'), later('outage', endsAt - at)];
  if (carries(model, path, policy))
    return {
      model: waiting,
      effects: [{ type: 'use-path', path }, ...timers, later('confirm', policy.confirmMs)],
    };
  return join({ model: waiting, effects: [{ type: 'hold', for: path }, ...timers, cancel('confirm')] }, (next) =>
    probeAll(next, 'find', path, at, policy),
  );
}

/**
 * The gateway answers on a pair that takes a new IKE SA. The next round comes all the same, should nothing come of
 * that.
 */
export function renew(model: MobilityModel, path: PathCandidate, at: number, policy: MobilityPolicy): Step {
  const { state } = model;
  if (state.type !== 'WaitingToReconnect') return same(model);
  const { last, reason, startedAt, endsAt } = state;
  const hold: readonly MobilityEffect[] = carries(model, state.path, policy) ? [{ type: 'hold', for: path }] : [];
  return join(nextRound({ ...model, state: { ...state, path } }, at, policy), (next) => ({
    model: next,
    effects: [...hold, { type: 'renew', path, move: { from: last, reason, startedAt }, endsAt }],
  }));
}

export function fail(model: MobilityModel, failure: MobilityFailure, at: number): Step {
  return {
    model: { ...model, probing: null, state: { type: 'Failed', failure, at } },
    effects: [cancel('confirm'), cancel('round'), cancel('prove'), cancel('outage'), { type: 'failed', failure }],
  };
}

/** The pair is there and nobody answers: the outage has begun. */
export function toWaiting(
  model: MobilityModel,
  path: PathCandidate,
  last: PathCandidate,
  reason: RoamReason,
  at: number,
  policy: MobilityPolicy,
  lostAt = at,
): Step {
  const endsAt = Math.max(lostAt + policy.outageMs, at);
  return {
    model: {
      ...model,
      probing: null,
      state: { type: 'WaitingToReconnect', path, last, lostAt, endsAt, reason, startedAt: lostAt, rounds: 1 },
    },
    effects: [cancel('confirm'), cancel('prove'), later('round', policy.roundMs), later('outage', endsAt - at)],
  };
}

/** A short outage is looked at often, a long one rarely (C-10). */
export function nextRound(model: MobilityModel, at: number, policy: MobilityPolicy): Step {
  const { state } = model;
  if (state.type !== 'WaitingToReconnect') return same(model);
  const pause = Math.min(Math.max(policy.roundMs, (at - state.lostAt) * policy.roundShare), policy.longestRoundMs);
  return {
    model: { ...model, probing: null, state: { ...state, rounds: state.rounds + 1 } },
    effects: [cancel('confirm'), later('round', pause)],
  };
}
