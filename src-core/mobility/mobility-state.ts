import type { RoamReason } from '../connection/status';
import type { PathCandidate, UnusableReason } from './path-candidates';

/**
 * The mobility manager as data (windows7-ux.md 4.2): Connected, Dormant, WaitingToReconnect, Failed, a pure transition function
 * and effects for the driver. Times are Clock.now() milliseconds; nothing here reads a clock.
 */

export interface MobilityPolicy {
  /** Both ends speak MOBIKE and the profile allows it. Otherwise only the pair the session began with may carry it (M-23). */
  readonly mobility: boolean;
  /** Network outage time. */
  readonly outageMs: number;
  readonly returnToPreferred: boolean;
  /** An update unanswered for so long: every pair is probed at once. */
  readonly confirmMs: number;
  readonly probeTimeoutMs: number;
  /** Between two rounds without answer: shortest, share of the outage so far, longest. */
  readonly roundMs: number;
  readonly roundShare: number;
  readonly longestRoundMs: number;
  /** How long a preferred path must prove itself, and by how many answered probes, before a planned move. */
  readonly holdDownMs: number;
  readonly provingProbes: number;
  /** A preferred adapter that was lost within this time after we moved to it is flapping: its hold-down doubles. */
  readonly flapWindowMs: number;
  readonly longestHoldDownMs: number;
  /** How long a path that did not answer, or that the gateway refused, ranks behind all others. */
  readonly distrustMs: number;
  /** What is left of the outage time after the machine slept (C-13): one fresh attempt is always made. */
  readonly resumeGraceMs: number;
}

export const defaultMobilityPolicy: MobilityPolicy = {
  mobility: true,
  outageMs: 1_800_000,
  returnToPreferred: true,
  confirmMs: 300,
  probeTimeoutMs: 1_500,
  roundMs: 250,
  roundShare: 1 / 30,
  longestRoundMs: 15_000,
  holdDownMs: 2_000,
  provingProbes: 3,
  flapWindowMs: 60_000,
  longestHoldDownMs: 300_000,
  distrustMs: 10_000,
  resumeGraceMs: 30_000,
};

/** A move whose UPDATE_SA_ADDRESSES is not answered yet. */
export interface Move {
  readonly from: PathCandidate | null;
  readonly reason: RoamReason;
  readonly startedAt: number;
}

/** A preferred path that proves itself before a planned move. */
export interface Challenger {
  readonly id: string;
  readonly since: number;
  readonly answers: number;
}

export type MobilityState =
  | { readonly type: 'Connected'; readonly path: PathCandidate; readonly move: Move | null; readonly challenger: Challenger | null }
  /** No usable pair. SAs, tunnel adapter, addresses, routes and DNS stay; packets are held at the tunnel. */
  | { readonly type: 'Dormant'; readonly last: PathCandidate; readonly lostAt: number; readonly endsAt: number; readonly reason: RoamReason }
  /** There is a path and the gateway has not confirmed it yet. */
  | {
      readonly type: 'WaitingToReconnect';
      readonly path: PathCandidate;
      readonly last: PathCandidate;
      readonly lostAt: number;
      readonly endsAt: number;
      readonly reason: RoamReason;
      readonly startedAt: number;
      readonly rounds: number;
    }
  | { readonly type: 'Failed'; readonly failure: MobilityFailure; readonly at: number };

export type MobilityFailure = 'outage-over' | 'peer-silent';

/** What is remembered of a pair or an adapter between decisions. */
export interface PathMemory {
  /** Ranks last until then. */
  readonly distrustedUntil: number;
  readonly distrust: 'silent' | 'refused' | null;
}

export interface AdapterMemory {
  /** How often it was lost soon after we had moved to it. */
  readonly flaps: number;
  readonly movedToAt: number;
  /** No new proving before. */
  readonly notBefore: number;
}

export interface Probing {
  readonly generation: number;
  readonly purpose: 'find' | 'prove' | 'resume';
}

export interface MobilityModel {
  readonly state: MobilityState;
  /** All pairs in order of preference. */
  readonly candidates: readonly PathCandidate[];
  readonly paths: ReadonlyMap<string, PathMemory>;
  readonly adapters: ReadonlyMap<string, AdapterMemory>;
  readonly probing: Probing | null;
  readonly generation: number;
}

export type MobilityTimer = 'confirm' | 'round' | 'prove' | 'outage';

export type MobilityInput =
  | { readonly type: 'candidates'; readonly candidates: readonly PathCandidate[] }
  | { readonly type: 'path-confirmed'; readonly id: string }
  | { readonly type: 'path-refused'; readonly id: string }
  | { readonly type: 'path-silent'; readonly id: string }
  | { readonly type: 'probe-result'; readonly generation: number; readonly id: string | null }
  | { readonly type: 'timer'; readonly timer: MobilityTimer }
  | { readonly type: 'resume' }
  /** The person or the service asked for a fresh look. */
  | { readonly type: 'recheck' }
  | { readonly type: 'peer-silent' };

export type MobilityEffect =
  /** Outbound ESP and IKE leave here from now on, the gateway is told (M-12). Also for an unchanged pair: say it again. */
  | { readonly type: 'use-path'; readonly path: PathCandidate }
  | { readonly type: 'hold' }
  /** One INFORMATIONAL on all pairs (M-16). Answered by a `probe-result` of the same generation. */
  | { readonly type: 'probe'; readonly generation: number; readonly paths: readonly PathCandidate[]; readonly timeoutMs: number }
  | { readonly type: 'set-timer'; readonly timer: MobilityTimer; readonly afterMs: number }
  | { readonly type: 'cancel-timer'; readonly timer: MobilityTimer }
  | { readonly type: 'roamed'; readonly from: PathCandidate | null; readonly to: PathCandidate; readonly reason: RoamReason; readonly milliseconds: number }
  | { readonly type: 'failed'; readonly failure: MobilityFailure };

export interface Step {
  readonly model: MobilityModel;
  readonly effects: readonly MobilityEffect[];
}

export function initialModel(path: PathCandidate, candidates: readonly PathCandidate[]): MobilityModel {
  return { state: { type: 'Connected', path, move: null, challenger: null }, candidates, paths: new Map(), adapters: new Map(), probing: null, generation: 0 };
}

// ---- choosing --------------------------------------------------------------------------------------------------------------------------------

function isDistrusted(model: MobilityModel, id: string, at: number): boolean {
  return (model.paths.get(id)?.distrustedUntil ?? -Infinity) > at;
}

/** Usable pairs, the trusted ones first, each group in order of preference. */
export function usablePaths(model: MobilityModel, at: number): readonly PathCandidate[] {
  const usable = model.candidates.filter((entry) => entry.usable);
  return [...usable.filter((entry) => !isDistrusted(model, entry.id, at)), ...usable.filter((entry) => isDistrusted(model, entry.id, at))];
}

function findUsable(model: MobilityModel, id: string): PathCandidate | null {
  return model.candidates.find((entry) => entry.id === id && entry.usable) ?? null;
}

/** Why a pair that was in use went away, in the words of the status object. */
export function lossReason(candidates: readonly PathCandidate[], lost: PathCandidate): RoamReason {
  const now = candidates.find((entry) => entry.id === lost.id);
  const reasons: Readonly<Record<UnusableReason, RoamReason>> = {
    'adapter-down': 'adapter-lost',
    'no-carrier': 'carrier-lost',
    'no-address': 'address-lost',
    'address-not-ready': 'address-lost',
    'link-local-only': 'address-lost',
    'no-route': 'adapter-lost',
    'socket-opening': 'address-lost',
    'socket-failed': 'address-lost',
    'gateway-withdrew-address': 'gateway-address',
  };
  if (now?.reason) return reasons[now.reason];
  const sameAdapter = candidates.find((entry) => entry.adapter === lost.adapter);
  if (sameAdapter === undefined) return candidates.some((entry) => entry.destination === lost.destination) || candidates.length === 0 ? 'adapter-lost' : 'gateway-address';
  if (sameAdapter.reason === 'adapter-down') return 'adapter-lost';
  if (sameAdapter.reason === 'no-carrier') return 'carrier-lost';
  if (candidates.every((entry) => entry.destination !== lost.destination)) return 'gateway-address';
  return 'address-lost';
}

// ---- building blocks -------------------------------------------------------------------------------------------------------------------------

const cancel = (timer: MobilityTimer): MobilityEffect => ({ type: 'cancel-timer', timer });
const later = (timer: MobilityTimer, afterMs: number): MobilityEffect => ({ type: 'set-timer', timer, afterMs: Math.max(0, afterMs) });
const same = (model: MobilityModel): Step => ({ model, effects: [] });

function withAdapter(model: MobilityModel, name: string, change: Partial<AdapterMemory>): MobilityModel {
  const known = model.adapters.get(name) ?? { flaps: 0, movedToAt: -Infinity, notBefore: -Infinity };
  return { ...model, adapters: new Map(model.adapters).set(name, { ...known, ...change }) };
}

function distrust(model: MobilityModel, id: string, why: 'silent' | 'refused', at: number, policy: MobilityPolicy): MobilityModel {
  return { ...model, paths: new Map(model.paths).set(id, { distrustedUntil: at + policy.distrustMs, distrust: why }) };
}

function trust(model: MobilityModel, id: string): MobilityModel {
  if (!model.paths.has(id)) return model;
  const paths = new Map(model.paths);
  paths.delete(id);
  return { ...model, paths };
}

/** Starts one probe; a running one is forgotten (its result carries an old generation). */
function probe(model: MobilityModel, purpose: Probing['purpose'], paths: readonly PathCandidate[], policy: MobilityPolicy): Step {
  const generation = model.generation + 1;
  return {
    model: { ...model, generation, probing: { generation, purpose } },
    effects: [{ type: 'probe', generation, paths, timeoutMs: policy.probeTimeoutMs }],
  };
}

/** The pair in use first, then all others. */
function probeAll(model: MobilityModel, purpose: Probing['purpose'], current: PathCandidate, at: number, policy: MobilityPolicy): Step {
  const usable = usablePaths(model, at);
  return probe(model, purpose, [...usable.filter((entry) => entry.id === current.id), ...usable.filter((entry) => entry.id !== current.id)], policy);
}

function join(first: Step, next: (model: MobilityModel) => Step): Step {
  const second = next(first.model);
  return { model: second.model, effects: [...first.effects, ...second.effects] };
}

/** A lost adapter that we had moved to only a moment ago is flapping; its next hold-down is longer. */
function rememberLoss(model: MobilityModel, lost: PathCandidate, at: number, policy: MobilityPolicy): MobilityModel {
  const memory = model.adapters.get(lost.adapter);
  if (memory === undefined) return model;
  const flaps = at - memory.movedToAt <= policy.flapWindowMs ? memory.flaps + 1 : 0;
  return withAdapter(model, lost.adapter, { flaps });
}

export function holdDown(model: MobilityModel, adapter: string, policy: MobilityPolicy): number {
  const flaps = model.adapters.get(adapter)?.flaps ?? 0;
  return Math.min(policy.holdDownMs * 2 ** Math.min(flaps, 20), policy.longestHoldDownMs);
}

/** Leaves the current pair for another one at once; the update follows (RFC 4555 section 3.5). Connected stays Connected. */
function move(model: MobilityModel, from: PathCandidate, to: PathCandidate, reason: RoamReason, startedAt: number, at: number, policy: MobilityPolicy): Step {
  const moved = withAdapter(model, to.adapter, to.adapter === from.adapter ? {} : { movedToAt: at });
  return {
    model: { ...moved, probing: null, state: { type: 'Connected', path: to, move: { from, reason, startedAt }, challenger: null } },
    effects: [{ type: 'use-path', path: to }, cancel('prove'), cancel('round'), later('confirm', policy.confirmMs)],
  };
}

function goDormant(model: MobilityModel, last: PathCandidate, reason: RoamReason, lostAt: number, endsAt: number, at: number): Step {
  return {
    model: { ...model, probing: null, state: { type: 'Dormant', last, lostAt, endsAt, reason } },
    effects: [{ type: 'hold' }, cancel('confirm'), cancel('round'), cancel('prove'), later('outage', endsAt - at)],
  };
}

function wait(
  model: MobilityModel,
  path: PathCandidate,
  outage: { readonly last: PathCandidate; readonly lostAt: number; readonly endsAt: number; readonly reason: RoamReason; readonly startedAt: number },
  at: number,
  policy: MobilityPolicy,
): Step {
  return {
    model: {
      ...model,
      probing: null,
      state: { type: 'WaitingToReconnect', path, last: outage.last, lostAt: outage.lostAt, endsAt: outage.endsAt, reason: outage.reason, startedAt: outage.startedAt, rounds: 0 },
    },
    effects: [{ type: 'use-path', path }, cancel('prove'), cancel('round'), later('confirm', policy.confirmMs), later('outage', outage.endsAt - at)],
  };
}

function fail(model: MobilityModel, failure: MobilityFailure, at: number): Step {
  return {
    model: { ...model, probing: null, state: { type: 'Failed', failure, at } },
    effects: [cancel('confirm'), cancel('round'), cancel('prove'), cancel('outage'), { type: 'failed', failure }],
  };
}

// ---- the preferred adapter -------------------------------------------------------------------------------------------------------------------

/** The pair that is strictly more wanted than the one in use. */
function preferredOver(model: MobilityModel, current: PathCandidate, at: number, policy: MobilityPolicy): PathCandidate | null {
  if (!policy.returnToPreferred || !policy.mobility) return null;
  const best = usablePaths(model, at)[0];
  return best !== undefined && best.preference < current.preference && !isDistrusted(model, best.id, at) ? best : null;
}

/** Starts, keeps or drops the proving of a preferred path. */
function considerPreferred(model: MobilityModel, at: number, policy: MobilityPolicy): Step {
  const { state } = model;
  if (state.type !== 'Connected' || state.move !== null) return same(model);
  const better = preferredOver(model, state.path, at, policy);
  if (better === null) {
    // A distrusted preferred path is looked at again when the distrust ends.
    const reviewAt = policy.returnToPreferred && policy.mobility ? nextReview(model, state.path, at) : null;
    const timer = reviewAt === null ? cancel('prove') : later('prove', reviewAt - at);
    return { model: state.challenger === null ? model : { ...model, state: { ...state, challenger: null } }, effects: [timer] };
  }
  if (state.challenger?.id === better.id) return same(model);
  const notBefore = model.adapters.get(better.adapter)?.notBefore ?? -Infinity;
  const challenger: Challenger = { id: better.id, since: at, answers: 0 };
  return { model: { ...model, state: { ...state, challenger } }, effects: [later('prove', notBefore - at)] };
}

function nextReview(model: MobilityModel, current: PathCandidate, at: number): number | null {
  let soonest: number | null = null;
  for (const entry of model.candidates) {
    if (!entry.usable || entry.preference >= current.preference) continue;
    const until = model.paths.get(entry.id)?.distrustedUntil ?? -Infinity;
    if (until > at && (soonest === null || until < soonest)) soonest = until;
  }
  return soonest;
}

function proveOnce(model: MobilityModel, at: number, policy: MobilityPolicy): Step {
  const { state } = model;
  if (state.type !== 'Connected' || state.move !== null || state.challenger === null) return considerPreferred(model, at, policy);
  if (model.probing !== null) return { model, effects: [later('prove', policy.probeTimeoutMs)] };
  const path = findUsable(model, state.challenger.id);
  return path === null ? considerPreferred({ ...model, state: { ...state, challenger: null } }, at, policy) : probe(model, 'prove', [path], policy);
}

function proved(model: MobilityModel, id: string | null, at: number, policy: MobilityPolicy): Step {
  const { state } = model;
  if (state.type !== 'Connected' || state.move !== null || state.challenger === null) return considerPreferred(model, at, policy);
  const challenger = state.challenger;
  const path = findUsable(model, challenger.id);
  if (path === null) return considerPreferred({ ...model, state: { ...state, challenger: null } }, at, policy);
  if (id !== challenger.id) {
    // It has a link and does not answer: looked at again later, the pair in use stays.
    const shy = distrust({ ...model, state: { ...state, challenger: null } }, challenger.id, 'silent', at, policy);
    return considerPreferred(withAdapter(shy, path.adapter, { notBefore: at + policy.distrustMs }), at, policy);
  }
  const needed = holdDown(model, path.adapter, policy);
  const answers = challenger.answers + 1;
  if (answers >= policy.provingProbes && at - challenger.since >= needed) return move(model, state.path, path, 'preferred-adapter', at, at, policy);
  const interval = Math.max(needed / policy.provingProbes, 50);
  return { model: { ...model, state: { ...state, challenger: { ...challenger, answers } } }, effects: [later('prove', interval)] };
}

// ---- inputs ----------------------------------------------------------------------------------------------------------------------------------

function lost(model: MobilityModel, path: PathCandidate, reason: RoamReason, at: number, policy: MobilityPolicy): Step {
  const remembered = rememberLoss(model, path, at, policy);
  const next = usablePaths(remembered, at)[0];
  return next === undefined ? goDormant(remembered, path, reason, at, at + policy.outageMs, at) : move(remembered, path, next, reason, at, at, policy);
}

/** A fresh look at adapters, routes and gateway addresses. */
function onCandidates(before: MobilityModel, given: readonly PathCandidate[], at: number, policy: MobilityPolicy): Step {
  const candidates = policy.mobility ? given : onlyOriginalPair(before, given);
  const known = new Set(candidates.map((entry) => entry.id));
  const model: MobilityModel = { ...before, candidates, paths: new Map([...before.paths].filter(([id]) => known.has(id))) };
  const { state } = model;
  switch (state.type) {
    case 'Connected': {
      const current = findUsable(model, state.path.id);
      if (current === null) {
        // A second loss before the first update was answered is one outage for the person.
        const step = lost(model, state.path, lossReason(candidates, state.path), at, policy);
        if (state.move === null) return step;
        const { from, startedAt } = state.move;
        const next = step.model.state;
        if (next.type === 'Connected' && next.move !== null) return { ...step, model: { ...step.model, state: { ...next, move: { ...next.move, from, startedAt } } } };
        return next.type === 'Dormant' && from !== null ? { ...step, model: { ...step.model, state: { ...next, last: from } } } : step;
      }
      return considerPreferred({ ...model, state: { ...state, path: current } }, at, policy);
    }
    case 'Dormant': {
      const next = usablePaths(model, at)[0];
      return next === undefined ? same(model) : wait(model, next, { ...state, startedAt: at }, at, policy);
    }
    case 'WaitingToReconnect': {
      const current = findUsable(model, state.path.id);
      const usable = usablePaths(model, at);
      if (usable.length === 0) return goDormant(model, state.last, state.reason, state.lostAt, state.endsAt, at);
      if (current === null) return wait(model, usable[0]!, state, at, policy);
      const appeared = usable.some((entry) => !before.candidates.some((old) => old.id === entry.id && old.usable));
      const kept: MobilityModel = { ...model, state: { ...state, path: current } };
      return appeared ? probeAll(kept, 'find', current, at, policy) : same(kept);
    }
    case 'Failed':
      return same(model);
  }
}

/** Without MOBIKE the addresses of the first IKE_AUTH stay those of the SA (M-10, M-23): every other pair is out. */
function onlyOriginalPair(model: MobilityModel, given: readonly PathCandidate[]): readonly PathCandidate[] {
  const { state } = model;
  const id = state.type === 'Failed' ? null : state.type === 'Dormant' ? state.last.id : state.path.id;
  return given.filter((entry) => entry.id === id);
}

function onConfirmed(model: MobilityModel, id: string, at: number, policy: MobilityPolicy): Step {
  const { state } = model;
  switch (state.type) {
    case 'Connected': {
      if (state.path.id !== id) return movedByGateway(model, state, id, at, policy);
      if (state.move === null) return same(trust(model, id));
      const { from, reason, startedAt } = state.move;
      const settled = trust({ ...model, probing: null, state: { ...state, move: null } }, id);
      const effects: readonly MobilityEffect[] = [cancel('confirm'), cancel('round'), { type: 'roamed', from, to: state.path, reason, milliseconds: at - startedAt }];
      return join({ model: settled, effects }, (next) => considerPreferred(next, at, policy));
    }
    case 'WaitingToReconnect': {
      if (state.path.id !== id) return same(trust(model, id));
      const roamed: readonly MobilityEffect[] =
        state.last.id === id ? [] : [{ type: 'roamed', from: state.last, to: state.path, reason: state.reason, milliseconds: at - state.startedAt }];
      const settled = trust({ ...model, probing: null, state: { type: 'Connected', path: state.path, move: null, challenger: null } }, id);
      return join({ model: settled, effects: [cancel('confirm'), cancel('round'), cancel('outage'), ...roamed] }, (next) => considerPreferred(next, at, policy));
    }
    case 'Dormant':
    case 'Failed':
      return same(model);
  }
}

/** The session followed the gateway to another of its addresses (M-8): so do we, and say it once more for good. */
function movedByGateway(model: MobilityModel, state: Extract<MobilityState, { type: 'Connected' }>, id: string, at: number, policy: MobilityPolicy): Step {
  const path = findUsable(model, id);
  if (path === null || path.destination === state.path.destination) return same(trust(model, id));
  return move(trust(model, id), state.move?.from ?? state.path, path, 'gateway-address', state.move?.startedAt ?? at, at, policy);
}

/** UNACCEPTABLE_ADDRESSES (M-21): the previous pair if it still works, else the next one. */
function onRefused(before: MobilityModel, id: string, at: number, policy: MobilityPolicy): Step {
  const { state } = before;
  if ((state.type !== 'Connected' && state.type !== 'WaitingToReconnect') || state.path.id !== id) return same(before);
  const model = distrust(before, id, 'refused', at, policy);
  const previous = state.type === 'Connected' ? (state.move?.from ?? null) : state.last;
  const fallback = (previous === null || previous.id === id ? null : findUsable(model, previous.id)) ?? usablePaths(model, at).find((entry) => entry.id !== id) ?? null;
  if (state.type === 'Connected') {
    return fallback === null ? toWaiting(model, state.path, state.path, 'requested', at, policy) : move(model, state.path, fallback, 'requested', at, at, policy);
  }
  return fallback === null ? nextRound(model, at, policy) : wait(model, fallback, state, at, policy);
}

/** The pair is there and nobody answers: the outage has begun. */
function toWaiting(model: MobilityModel, path: PathCandidate, last: PathCandidate, reason: RoamReason, at: number, policy: MobilityPolicy, lostAt = at): Step {
  const endsAt = Math.max(lostAt + policy.outageMs, at);
  return {
    model: { ...model, probing: null, state: { type: 'WaitingToReconnect', path, last, lostAt, endsAt, reason, startedAt: lostAt, rounds: 1 } },
    effects: [cancel('confirm'), cancel('prove'), later('round', policy.roundMs), later('outage', endsAt - at)],
  };
}

/** A short outage is looked at often, a long one rarely (C-10). */
function nextRound(model: MobilityModel, at: number, policy: MobilityPolicy): Step {
  const { state } = model;
  if (state.type !== 'WaitingToReconnect') return same(model);
  const pause = Math.min(Math.max(policy.roundMs, (at - state.lostAt) * policy.roundShare), policy.longestRoundMs);
  return { model: { ...model, probing: null, state: { ...state, rounds: state.rounds + 1 } }, effects: [cancel('confirm'), later('round', pause)] };
}

function onProbeResult(before: MobilityModel, generation: number, id: string | null, at: number, policy: MobilityPolicy): Step {
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
        return toWaiting(distrust(model, state.path.id, 'silent', at, policy), state.path, last, state.move?.reason ?? 'path-silent', at, policy, started);
      }
      if (answered.id !== state.path.id) {
        const shy = trust(distrust(model, state.path.id, 'silent', at, policy), answered.id);
        return move(shy, state.move?.from ?? state.path, answered, state.move?.reason ?? 'path-silent', state.move?.startedAt ?? at, at, policy);
      }
      // The pair in use answers. An update still on its way is said again; after sleep the mapping may be a new one (M-17).
      const trusted = trust(model, answered.id);
      if (state.move !== null) return { model: trusted, effects: [{ type: 'use-path', path: answered }, later('confirm', policy.probeTimeoutMs)] };
      if (probing.purpose === 'resume' && policy.mobility) return join({ model: trusted, effects: [{ type: 'use-path', path: answered }] }, (next) => considerPreferred(next, at, policy));
      return considerPreferred(trusted, at, policy);
    }
    case 'WaitingToReconnect': {
      if (answered === null) return nextRound(distrust(model, state.path.id, 'silent', at, policy), at, policy);
      return wait(trust(model, answered.id), answered, state, at, policy);
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
      return at < state.endsAt ? { model, effects: [later('outage', state.endsAt - at)] } : fail(model, 'outage-over', at);
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
      const extended: Step = { model: { ...model, state: { ...state, endsAt, ...(state.type === 'WaitingToReconnect' ? { rounds: 0 } : {}) } }, effects: [later('outage', endsAt - at)] };
      return state.type === 'Dormant' ? extended : join(extended, (next) => probeAll(next, 'resume', state.path, at, policy));
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
      return model.probing !== null && model.probing.purpose !== 'prove' ? same(model) : probeAll(model, 'find', state.path, at, policy);
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
