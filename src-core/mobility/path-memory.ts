import type { RoamReason } from '../connection/status';
import type { AdapterMemory, MobilityModel, MobilityPolicy } from './mobility-model';
import type { PathCandidate, UnusableReason } from './path-candidates';

export function isDistrusted(model: MobilityModel, id: string, at: number): boolean {
  return (model.paths.get(id)?.distrustedUntil ?? -Infinity) > at;
}

/** Usable pairs, the trusted ones first, each group in order of preference. */
export function usablePaths(model: MobilityModel, at: number): readonly PathCandidate[] {
  const usable = model.candidates.filter((entry) => entry.usable);
  return [
    ...usable.filter((entry) => !isDistrusted(model, entry.id, at)),
    ...usable.filter((entry) => isDistrusted(model, entry.id, at)),
  ];
}

/**
 * Whether the IKE SA works on this pair. An adapter that was plugged in again has another socket, so that a gateway
 * without MOBIKE would go on sending to the port of the old one.
 */
export function carries({ home }: MobilityModel, { id, adapterIndex }: PathCandidate, policy: MobilityPolicy): boolean {
  switch (policy.moves) {
    case 'by-update':
      return true;
    case 'by-new-ike-sa':
      return id === home.id && adapterIndex === home.adapterIndex;
    case 'never':
      return id === home.id;
  }
}

/** The pair to turn to while nothing works: one that the IKE SA works on comes first. */
export function bestPath(model: MobilityModel, at: number, policy: MobilityPolicy): PathCandidate | undefined {
  const usable = usablePaths(model, at);
  return usable.find((entry) => carries(model, entry, policy)) ?? usable[0];
}

export function findUsable(model: MobilityModel, id: string): PathCandidate | null {
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
    // Only pairs that were never in use are out for this reason.
    'mobility-off': 'address-lost',
  };
  if (now?.reason) return reasons[now.reason];
  const sameAdapter = candidates.find((entry) => entry.adapter === lost.adapter);
  if (sameAdapter === undefined)
    return candidates.some((entry) => entry.destination === lost.destination) || candidates.length === 0
      ? 'adapter-lost'
      : 'gateway-address';
  if (sameAdapter.reason === 'adapter-down') return 'adapter-lost';
  if (sameAdapter.reason === 'no-carrier') return 'carrier-lost';
  if (candidates.every((entry) => entry.destination !== lost.destination)) return 'gateway-address';
  return 'address-lost';
}

export function withAdapter(model: MobilityModel, name: string, change: Partial<AdapterMemory>): MobilityModel {
  const known = model.adapters.get(name) ?? { flaps: 0, movedToAt: -Infinity, notBefore: -Infinity };
  return { ...model, adapters: new Map(model.adapters).set(name, { ...known, ...change }) };
}

export function distrust(
  model: MobilityModel,
  id: string,
  why: 'silent' | 'refused',
  at: number,
  policy: MobilityPolicy,
): MobilityModel {
  return { ...model, paths: new Map(model.paths).set(id, { distrustedUntil: at + policy.distrustMs, distrust: why }) };
}

export function trust(model: MobilityModel, id: string): MobilityModel {
  if (!model.paths.has(id)) return model;
  const paths = new Map(model.paths);
  paths.delete(id);
  return { ...model, paths };
}

/** A lost adapter that we had moved to only a moment ago is flapping; its next hold-down is longer. */
export function rememberLoss(
  model: MobilityModel,
  lost: PathCandidate,
  at: number,
  policy: MobilityPolicy,
): MobilityModel {
  const memory = model.adapters.get(lost.adapter);
  if (memory === undefined) return model;
  const flaps = at - memory.movedToAt <= policy.flapWindowMs ? memory.flaps + 1 : 0;
  return withAdapter(model, lost.adapter, { flaps });
}

export function holdDown(model: MobilityModel, adapter: string, policy: MobilityPolicy): number {
  const flaps = model.adapters.get(adapter)?.flaps ?? 0;
  return Math.min(policy.holdDownMs * 2 ** Math.min(flaps, 20), policy.longestHoldDownMs);
}
