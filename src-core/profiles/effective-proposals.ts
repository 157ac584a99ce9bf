import {
  defaultEspProposals,
  defaultIkeProposals,
  legacyWindowsEspProposals,
  legacyWindowsIkeProposals,
} from '../ikev2/proposals';
import type { Profile } from './profile';

/** a second key exchange that a quantum computer does not break. */
const postQuantumExchange = 'ke1_mlkem768';

/**
 * What a profile really offers: its own lists, or the usual ones, or those for Windows servers nobody hardened (W-3).
 * `postQuantum` "prefer" offers the
 * usual ones with ML-KEM-768 first and leaves own lists as they are written; "require" offers nothing without it.
 */
export function effectiveProposals(profile: Pick<Profile, 'proposals' | 'advanced'>): {
  readonly ike: readonly string[];
  readonly esp: readonly string[];
} {
  const { proposals, advanced } = profile;
  const legacy = advanced.legacyWindows;
  const esp = proposals.esp.length > 0 ? proposals.esp : legacy ? legacyWindowsEspProposals : defaultEspProposals;
  const own = proposals.ike.flatMap((keyword) => (keyword.trim() === 'default' ? defaultIkeProposals : [keyword]));
  const ike = own.length > 0 ? own : legacy ? legacyWindowsIkeProposals : defaultIkeProposals;
  if (advanced.postQuantum === 'require') return { ike: ike.map(withPostQuantum), esp };
  const preferred = advanced.postQuantum === 'prefer' && advanced.fragmentation && own.length === 0 && !legacy;
  return { ike: preferred ? [...ike.map(withPostQuantum), ...ike] : ike, esp };
}

function withPostQuantum(keyword: string): string {
  return keyword.split('-').some((token) => token.trim().startsWith('ke1_'))
    ? keyword
    : `${keyword}-${postQuantumExchange}`;
}
