import type { RoamReason } from '../connection/status';
import type {
  MobilityEffect,
  MobilityFailure,
  MobilityModel,
  MobilityPolicy,
  MobilityTimer,
  Probing,
  Step,
} from './mobility-model';
import type { PathCandidate } from './path-candidates';
import { usablePaths, withAdapter } from './path-memory';

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

/** The pair in use first, then all others. */
export function probeAll(
  model: MobilityModel,
  purpose: Probing['purpose'],
  current: PathCandidate,
  at: number,
  policy: MobilityPolicy,
): Step {
  const usable = usablePaths(model, at);
  return probe(
    model,
    purpose,
    [...usable.filter((entry) => entry.id === current.id), ...usable.filter((entry) => entry.id !== current.id)],
    policy,
  );
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
    effects: [{ type: 'hold' }, cancel('confirm'), cancel('round'), cancel('prove'), later('outage', endsAt - at)],
  };
}

export function wait(
  model: MobilityModel,
  path: PathCandidate,
  outage: {
    readonly last: PathCandidate;
    readonly lostAt: number;
    readonly endsAt: number;
    readonly reason: RoamReason;
    readonly startedAt: number;
  },
  at: number,
  policy: MobilityPolicy,
): Step {
  return {
    model: {
      ...model,
      probing: null,
      state: {
        type: 'WaitingToReconnect',
        path,
        last: outage.last,
        lostAt: outage.lostAt,
        endsAt: outage.endsAt,
        reason: outage.reason,
        startedAt: outage.startedAt,
        rounds: 0,
      },
    },
    effects: [
      { type: 'use-path', path },
      cancel('prove'),
      cancel('round'),
      later('confirm', policy.confirmMs),
      later('outage', outage.endsAt - at),
    ],
  };
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
