import type { Challenger, MobilityModel, MobilityPolicy, Step } from './mobility-model';
import { cancel, later, move, probe, same } from './mobility-steps';
import type { PathCandidate } from './path-candidates';
import { distrust, findUsable, holdDown, isDistrusted, usablePaths, withAdapter } from './path-memory';

/** The pair that is strictly more wanted than the one in use. */
function preferredOver(
  model: MobilityModel,
  current: PathCandidate,
  at: number,
  policy: MobilityPolicy,
): PathCandidate | null {
  // A planned move is not worth a new sign-in.
  if (!policy.returnToPreferred || policy.moves !== 'by-update') return null;
  const best = usablePaths(model, at)[0];
  return best !== undefined && best.preference < current.preference && !isDistrusted(model, best.id, at) ? best : null;
}

/** Starts, keeps or drops the proving of a preferred path. */
export function considerPreferred(model: MobilityModel, at: number, policy: MobilityPolicy): Step {
  const { state } = model;
  if (state.type !== 'Connected' || state.move !== null) return same(model);
  const better = preferredOver(model, state.path, at, policy);
  if (better === null) {
    // A distrusted preferred path is looked at again when the distrust ends.
    const planned = policy.returnToPreferred && policy.moves === 'by-update';
    const reviewAt = planned ? nextReview(model, state.path, at) : null;
    const timer = reviewAt === null ? cancel('prove') : later('prove', reviewAt - at);
    return {
      model: state.challenger === null ? model : { ...model, state: { ...state, challenger: null } },
      effects: [timer],
    };
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

export function proveOnce(model: MobilityModel, at: number, policy: MobilityPolicy): Step {
  const { state } = model;
  if (state.type !== 'Connected' || state.move !== null || state.challenger === null)
    return considerPreferred(model, at, policy);
  if (model.probing !== null) return { model, effects: [later('prove', policy.probeTimeoutMs)] };
  const path = findUsable(model, state.challenger.id);
  return path === null
    ? considerPreferred({ ...model, state: { ...state, challenger: null } }, at, policy)
    : probe(model, 'prove', [path], policy);
}

export function proved(model: MobilityModel, id: string | null, at: number, policy: MobilityPolicy): Step {
  const { state } = model;
  if (state.type !== 'Connected' || state.move !== null || state.challenger === null)
    return considerPreferred(model, at, policy);
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
  if (answers >= policy.provingProbes && at - challenger.since >= needed)
    return move(model, state.path, path, 'preferred-adapter', at, at, policy);
  const interval = Math.max(needed / policy.provingProbes, 50);
  return {
    model: { ...model, state: { ...state, challenger: { ...challenger, answers } } },
    effects: [later('prove', interval)],
  };
}
