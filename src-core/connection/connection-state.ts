import type { VpnErrorInfo } from '../ports/vpn-error';

/**
 * One connection from Connect to Disconnect as data. While `up`, mobility decides what people see: Connected, Dormant
 * or WaitingToReconnect.
 */
export type ConnectionPhase =
  | { readonly type: 'down'; readonly error: VpnErrorInfo | null }
  | { readonly type: 'connecting'; readonly step: 'resolving' | 'connecting' | 'authenticating' | 'registering' }
  | { readonly type: 'up' }
  /** `error`: why it goes down, null when the person wants it. */
  | { readonly type: 'disconnecting'; readonly error: VpnErrorInfo | null };

export type ConnectionInput =
  | { readonly type: 'connect' }
  /** The server's addresses are known, IKE_SA_INIT leaves. */
  | { readonly type: 'negotiate' }
  | { readonly type: 'authenticate' }
  /** IKE SA and CHILD SA are there; addresses, routes and DNS are being set. */
  | { readonly type: 'register' }
  | { readonly type: 'registered' }
  | { readonly type: 'disconnect' }
  | { readonly type: 'fail'; readonly error: VpnErrorInfo }
  /** Everything was put back. */
  | { readonly type: 'closed' };

const steps = ['resolving', 'connecting', 'authenticating', 'registering'] as const;

/** The next phase, or the same object where the input does not concern the phase. */
export function connectionStep(phase: ConnectionPhase, input: ConnectionInput): ConnectionPhase {
  switch (phase.type) {
    case 'down':
      return input.type === 'connect' ? { type: 'connecting', step: 'resolving' } : phase;
    case 'connecting':
      switch (input.type) {
        case 'negotiate':
          return forward(phase, 'connecting');
        case 'authenticate':
          return forward(phase, 'authenticating');
        case 'register':
          return forward(phase, 'registering');
        case 'registered':
          return { type: 'up' };
        case 'disconnect':
          return { type: 'disconnecting', error: null };
        case 'fail':
          return { type: 'disconnecting', error: input.error };
        default:
          return phase;
      }
    case 'up':
      if (input.type === 'disconnect') return { type: 'disconnecting', error: null };
      return input.type === 'fail' ? { type: 'disconnecting', error: input.error } : phase;
    case 'disconnecting':
      if (input.type === 'closed') return { type: 'down', error: phase.error };
      // The person no longer wants to hear why.
      return input.type === 'disconnect' && phase.error !== null ? { type: 'disconnecting', error: null } : phase;
  }
}

/** Progress only goes forward within one attempt; a new attempt with other credentials begins at `connecting` again. */
function forward(
  phase: Extract<ConnectionPhase, { type: 'connecting' }>,
  step: (typeof steps)[number],
): ConnectionPhase {
  if (step === phase.step) return phase;
  const restart = step === 'connecting' && phase.step === 'authenticating';
  return restart || steps.indexOf(step) > steps.indexOf(phase.step) ? { type: 'connecting', step } : phase;
}
