import type { RoamReason } from '../connection/status';
import type { PathCandidate } from './path-candidates';

/**
 * The mobility manager as data (docs/windows7.md 4.2): Connected, Dormant, WaitingToReconnect, Failed, what comes in and
 * which effects the
 * driver carries out. The transition is in mobility-state.ts. Times are Clock.now() milliseconds; nothing here reads a
 * clock.
 */

export interface MobilityPolicy {
  /**
   * How the connection gets to another pair: UPDATE_SA_ADDRESSES; a new IKE SA, where the gateway has no MOBIKE (M-23);
   * not at all, where the profile turned mobility off. In the last two cases only the pair that the IKE SA was made on
   * carries it.
   */
  readonly moves: 'by-update' | 'by-new-ike-sa' | 'never';
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
  moves: 'by-update',
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
  | {
      readonly type: 'Connected';
      readonly path: PathCandidate;
      readonly move: Move | null;
      readonly challenger: Challenger | null;
    }
  /** No usable pair. SAs, tunnel adapter, addresses, routes and DNS stay; packets are held at the tunnel. */
  | {
      readonly type: 'Dormant';
      readonly last: PathCandidate;
      readonly lostAt: number;
      readonly endsAt: number;
      readonly reason: RoamReason;
    }
  /** There is a path and the gateway has not confirmed it yet, or a new IKE SA is needed for it. */
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
  /** The pair that the IKE SA was made on. */
  readonly home: PathCandidate;
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
  /**
   * Outbound ESP and IKE leave here from now on, the gateway is told (M-12). Also for an unchanged pair: say it again.
   */
  | { readonly type: 'use-path'; readonly path: PathCandidate }
  /** Nothing may leave. `for`: a pair that works but takes a new IKE SA; null: there is none. */
  | { readonly type: 'hold'; readonly for: PathCandidate | null }
  /** The gateway answers on this pair, and only a new IKE SA can use it. */
  | { readonly type: 'renew'; readonly path: PathCandidate; readonly move: Move; readonly endsAt: number }
  /** One INFORMATIONAL on all pairs (M-16). Answered by a `probe-result` of the same generation. */
  | {
      readonly type: 'probe';
      readonly generation: number;
      readonly paths: readonly PathCandidate[];
      readonly timeoutMs: number;
    }
  | { readonly type: 'set-timer'; readonly timer: MobilityTimer; readonly afterMs: number }
  | { readonly type: 'cancel-timer'; readonly timer: MobilityTimer }
  | {
      readonly type: 'roamed';
      readonly from: PathCandidate | null;
      readonly to: PathCandidate;
      readonly reason: RoamReason;
      readonly milliseconds: number;
    }
  | { readonly type: 'failed'; readonly failure: MobilityFailure };

export interface Step {
  readonly model: MobilityModel;
  readonly effects: readonly MobilityEffect[];
}

export function initialModel(path: PathCandidate, candidates: readonly PathCandidate[]): MobilityModel {
  return {
    state: { type: 'Connected', path, move: null, challenger: null },
    home: path,
    candidates,
    paths: new Map(),
    adapters: new Map(),
    probing: null,
    generation: 0,
  };
}
