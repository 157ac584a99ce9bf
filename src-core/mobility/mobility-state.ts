import type { RoamReason } from '../connection/status';
import type {
  MobilityEffect,
  MobilityInput,
  MobilityModel,
  MobilityPolicy,
  MobilityState,
  MobilityTimer,
  Step,
} from './mobility-model';
import {
  cancel,
  fail,
  goDormant,
  join,
  later,
  move,
  nextRound,
  probeAll,
  renew,
  same,
  toWaiting,
  wait,
} from './mobility-steps';
import type { PathCandidate } from './path-candidates';
import { bestPath, carries, distrust, findUsable, lossReason, rememberLoss, trust, usablePaths } from './path-memory';
import { considerPreferred, proved, proveOnce } from './preferred-adapter';

function lost(model: MobilityModel, path: PathCandidate, reason: RoamReason, at: number, policy: MobilityPolicy): Step {
  const remembered = rememberLoss(model, path, at, policy);
  const next = usablePaths(remembered, at)[0];
  const endsAt = at + policy.outageMs;
  if (next === undefined) return goDormant(remembered, path, reason, at, endsAt, at);
  return carries(remembered, next, policy)
    ? move(remembered, path, next, reason, at, at, policy)
    : wait(remembered, next, { last: path, lostAt: at, endsAt, reason, startedAt: at }, at, policy);
}

/** A fresh look at adapters, routes and gateway addresses. */
function onCandidates(
  before: MobilityModel,
  given: readonly PathCandidate[],
  at: number,
  policy: MobilityPolicy,
): Step {
  const candidates = policy.moves === 'never' ? onlyHome(before, given, policy) : given;
  const known = new Set(candidates.map((entry) => entry.id));
  const model: MobilityModel = {
    ...before,
    candidates,
    paths: new Map([...before.paths].filter(([id]) => known.has(id))),
  };
  const { state } = model;
  switch (state.type) {
    case 'Connected': {
      const current = findUsable(model, state.path.id);
      if (current === null || !carries(model, current, policy)) {
        // A second loss before the first update was answered is one outage for the person.
        const step = lost(model, state.path, lossReason(candidates, state.path), at, policy);
        if (state.move === null) return step;
        const { from, startedAt } = state.move;
        const next = step.model.state;
        if (next.type === 'Connected' && next.move !== null)
          return { ...step, model: { ...step.model, state: { ...next, move: { ...next.move, from, startedAt } } } };
        return next.type === 'Dormant' && from !== null
          ? { ...step, model: { ...step.model, state: { ...next, last: from } } }
          : step;
      }
      return considerPreferred({ ...model, state: { ...state, path: current } }, at, policy);
    }
    case 'Dormant': {
      const next = bestPath(model, at, policy);
      return next === undefined ? same(model) : wait(model, next, { ...state, startedAt: at }, at, policy);
    }
    case 'WaitingToReconnect': {
      const current = findUsable(model, state.path.id);
      const usable = usablePaths(model, at);
      const best = bestPath(model, at, policy);
      if (best === undefined) return goDormant(model, state.last, state.reason, state.lostAt, state.endsAt, at);
      const isHomeBack = carries(model, best, policy) && (current === null || !carries(model, current, policy));
      if (current === null || isHomeBack) return wait(model, best, state, at, policy);
      const appeared = usable.some((entry) => !before.candidates.some((old) => old.id === entry.id && old.usable));
      const kept: MobilityModel = { ...model, state: { ...state, path: current } };
      return appeared ? probeAll(kept, 'find', current, at, policy) : same(kept);
    }
    case 'Failed':
      return same(model);
  }
}

/** The addresses of the first IKE_AUTH stay those of the SA (M-10, M-23): every other pair is out. */
function onlyHome(
  model: MobilityModel,
  given: readonly PathCandidate[],
  policy: MobilityPolicy,
): readonly PathCandidate[] {
  return given.map((entry) =>
    !entry.usable || carries(model, entry, policy) ? entry : { ...entry, usable: false, reason: 'mobility-off' },
  );
}

function onConfirmed(model: MobilityModel, id: string, at: number, policy: MobilityPolicy): Step {
  const { state } = model;
  switch (state.type) {
    case 'Connected': {
      if (state.path.id !== id) return movedByGateway(model, state, id, at, policy);
      if (state.move === null) return same(trust(model, id));
      const { from, reason, startedAt } = state.move;
      const settled = trust({ ...model, probing: null, state: { ...state, move: null } }, id);
      const effects: readonly MobilityEffect[] = [
        cancel('confirm'),
        cancel('round'),
        { type: 'roamed', from, to: state.path, reason, milliseconds: at - startedAt },
      ];
      return join({ model: settled, effects }, (next) => considerPreferred(next, at, policy));
    }
    case 'WaitingToReconnect': {
      if (state.path.id !== id || !carries(model, state.path, policy)) return same(trust(model, id));
      const roamed: readonly MobilityEffect[] =
        state.last.id === id
          ? []
          : [
              {
                type: 'roamed',
                from: state.last,
                to: state.path,
                reason: state.reason,
                milliseconds: at - state.startedAt,
              },
            ];
      const settled = trust(
        { ...model, probing: null, state: { type: 'Connected', path: state.path, move: null, challenger: null } },
        id,
      );
      return join(
        { model: settled, effects: [cancel('confirm'), cancel('round'), cancel('outage'), ...roamed] },
        (next) => considerPreferred(next, at, policy),
      );
    }
    case 'Dormant':
    case 'Failed':
      return same(model);
  }
}

/** The session followed the gateway to another of its addresses (M-8): so do we, and say it once more for good. */
function movedByGateway(
  model: MobilityModel,
  state: Extract<MobilityState, { type: 'Connected' }>,
  id: string,
  at: number,
  policy: MobilityPolicy,
): Step {
  const path = findUsable(model, id);
  if (path === null || path.destination === state.path.destination) return same(trust(model, id));
  return move(
    trust(model, id),
    state.move?.from ?? state.path,
    path,
    'gateway-address',
    state.move?.startedAt ?? at,
    at,
    policy,
  );
}

/** UNACCEPTABLE_ADDRESSES (M-21): the previous pair if it still works, else the next one. */
function onRefused(before: MobilityModel, id: string, at: number, policy: MobilityPolicy): Step {
  const { state } = before;
  // Only an update is refused.
  if (policy.moves !== 'by-update') return same(before);
  if ((state.type !== 'Connected' && state.type !== 'WaitingToReconnect') || state.path.id !== id) return same(before);
  const model = distrust(before, id, 'refused', at, policy);
  const previous = state.type === 'Connected' ? (state.move?.from ?? null) : state.last;
  const fallback =
    (previous === null || previous.id === id ? null : findUsable(model, previous.id)) ??
    usablePaths(model, at).find((entry) => entry.id !== id) ??
    null;
  if (state.type === 'Connected') {
    return fallback === null
      ? toWaiting(model, state.path, state.path, 'requested', at, policy)
      : move(model, state.path, fallback, 'requested', at, at, policy);
  }
  return fallback === null ? nextRound(model, at, policy) : wait(model, fallback, state, at, policy);
}

function onProbeResult(
  before: MobilityModel,
  generation: number,
  id: string | null,
  at: number,
  policy: MobilityPolicy,
): Step {
  const { probing, state } = before;
  if (probing === null || probing.generation !== generation) return same(before);
  const model: MobilityModel = { ...before, probing: null };
  if (probing.purpose === 'prove') return proved(id === null ? model : trust(model, id), id, at, policy);
  const answered = id === null ? null : findUsable(model, id);
  switch (state.type) {
    case 'Connected': {
      if (answered === null) {
        const started = state.move?.startedAt ?? at;
        const last = state.move?.from ?? state.path;
        return toWaiting(
          distrust(model, state.path.id, 'silent', at, policy),
          state.path,
          last,
          state.move?.reason ?? 'path-silent',
          at,
          policy,
          started,
        );
      }
      if (answered.id !== state.path.id) {
        const shy = trust(distrust(model, state.path.id, 'silent', at, policy), answered.id);
        if (!carries(model, answered, policy))
          return join(toWaiting(shy, state.path, state.path, 'path-silent', at, policy), (next) =>
            renew(next, answered, at, policy),
          );
        return move(
          shy,
          state.move?.from ?? state.path,
          answered,
          state.move?.reason ?? 'path-silent',
          state.move?.startedAt ?? at,
          at,
          policy,
        );
      }
      // The pair in use answers. An update still on its way is said again; after sleep the mapping may be a new one
      // (M-17).
      const trusted = trust(model, answered.id);
      if (state.move !== null)
        return {
          model: trusted,
          effects: [{ type: 'use-path', path: answered }, later('confirm', policy.probeTimeoutMs)],
        };
      if (probing.purpose === 'resume' && policy.moves === 'by-update')
        return join({ model: trusted, effects: [{ type: 'use-path', path: answered }] }, (next) =>
          considerPreferred(next, at, policy),
        );
      return considerPreferred(trusted, at, policy);
    }
    case 'WaitingToReconnect': {
      if (answered === null) return nextRound(distrust(model, state.path.id, 'silent', at, policy), at, policy);
      const trusted = trust(model, answered.id);
      return carries(trusted, answered, policy)
        ? wait(trusted, answered, state, at, policy)
        : renew(trusted, answered, at, policy);
    }
    case 'Dormant':
    case 'Failed':
      return same(model);
  }
}

function onTimer(model: MobilityModel, timer: MobilityTimer, at: number, policy: MobilityPolicy): Step {
  const { state } = model;
  switch (timer) {
    case 'confirm':
      if (state.type === 'Connected' && state.move !== null) return probeAll(model, 'find', state.path, at, policy);
      return state.type === 'WaitingToReconnect' ? probeAll(model, 'find', state.path, at, policy) : same(model);
    case 'round':
      return state.type === 'WaitingToReconnect' ? probeAll(model, 'find', state.path, at, policy) : same(model);
    case 'prove':
      return proveOnce(model, at, policy);
    case 'outage':
      if (state.type !== 'Dormant' && state.type !== 'WaitingToReconnect') return same(model);
      return at < state.endsAt
        ? { model, effects: [later('outage', state.endsAt - at)] }
        : fail(model, 'outage-over', at);
  }
}

/** C-13: what passed while the machine slept is no outage; one fresh look and one fresh probe come first. */
function onResume(model: MobilityModel, at: number, policy: MobilityPolicy): Step {
  const { state } = model;
  switch (state.type) {
    case 'Connected':
      return probeAll(model, 'resume', state.path, at, policy);
    case 'Dormant':
    case 'WaitingToReconnect': {
      const endsAt = Math.max(state.endsAt, at + policy.resumeGraceMs);
      const extended: Step = {
        model: { ...model, state: { ...state, endsAt, ...(state.type === 'WaitingToReconnect' ? { rounds: 0 } : {}) } },
        effects: [later('outage', endsAt - at)],
      };
      return state.type === 'Dormant'
        ? extended
        : join(extended, (next) => probeAll(next, 'resume', state.path, at, policy));
    }
    case 'Failed':
      return same(model);
  }
}

/** The transition. Every pair of state and input is defined; what does not concern a state changes nothing. */
export function mobilityStep(model: MobilityModel, input: MobilityInput, at: number, policy: MobilityPolicy): Step {
  const { state } = model;
  switch (input.type) {
    case 'candidates':
      return onCandidates(model, input.candidates, at, policy);
    case 'path-confirmed':
      return onConfirmed(model, input.id, at, policy);
    case 'path-refused':
      return onRefused(model, input.id, at, policy);
    case 'path-silent':
      // While a move or a search is under way its own timers decide.
      if (state.type !== 'Connected' || state.move !== null || state.path.id !== input.id) return same(model);
      return model.probing !== null && model.probing.purpose !== 'prove'
        ? same(model)
        : probeAll(model, 'find', state.path, at, policy);
    case 'probe-result':
      return onProbeResult(model, input.generation, input.id, at, policy);
    case 'timer':
      return onTimer(model, input.timer, at, policy);
    case 'resume':
    case 'recheck':
      return onResume(model, at, policy);
    case 'peer-silent':
      return state.type === 'Failed' ? same(model) : fail(model, 'peer-silent', at);
  }
}
