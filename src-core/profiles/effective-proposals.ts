import { defaultEspProposals, defaultIkeProposals, legacyWindowsEspProposals, legacyWindowsIkeProposals } from '../ikev2/proposals';
import type { Profile } from './profile';

/** What a profile really offers: its own lists, or the usual ones, or those for Windows servers nobody hardened (W-3). */
export function effectiveProposals(profile: Pick<Profile, 'proposals' | 'advanced'>): { readonly ike: readonly string[]; readonly esp: readonly string[] } {
  const legacy = profile.advanced.legacyWindows;
  return {
    ike: profile.proposals.ike.length > 0 ? profile.proposals.ike : legacy ? legacyWindowsIkeProposals : defaultIkeProposals,
    esp: profile.proposals.esp.length > 0 ? profile.proposals.esp : legacy ? legacyWindowsEspProposals : defaultEspProposals,
  };
}
