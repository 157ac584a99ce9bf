import { say } from '../../ports/import-message';
import { readIpsecNames, suiteProposals } from '../windows/ipsec-suite';
import type { DraftBuilder } from './draft-builder';

export interface SuiteNames {
  readonly integrity: string;
  readonly encryption: string;
  readonly dhGroup: string;
  readonly cipher: string;
  readonly authentication: string;
  readonly pfsGroup: string;
}

/** The one set of algorithms that a Windows connection may be limited to. */
export function takeSuite(draft: DraftBuilder, key: string, names: SuiteNames): void {
  const suite = readIpsecNames(names);
  if (suite === null) return draft.ignore(key, say('proposals-none', { left: Object.values(names).join(', ') }));
  const { ike, esp, refused } = suiteProposals(suite);
  if (ike !== null) draft.take(key, 'proposals.ike', [ike], say('taken-as', { value: ike }));
  if (esp !== null) draft.take(key, 'proposals.esp', [esp], say('taken-as', { value: esp }));
  if (refused.length > 0) draft.ignore(key, say('proposals-none', { left: refused.join(', ') }));
}
