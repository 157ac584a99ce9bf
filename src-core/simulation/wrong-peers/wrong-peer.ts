import type { FailedRule } from '../../ports/failed-rule';
import type { AuthenticationMethod } from '../../profiles/profile';
import type { Arrangement } from './scene';
import type { Sighting, Stage } from './sent-secrets';
import type { TestPki } from './test-pki';

/** One row of the table of wrong servers and wrong clients. */
export interface WrongPeer {
  readonly what: string;
  readonly method: AuthenticationMethod;
  readonly arrange: (pki: TestPki) => Arrangement;
  /** How far the client went before it stopped. */
  readonly stage: Stage;
  /** docs/windows7.md 4.5. */
  readonly code: number;
  readonly rule: FailedRule;
  /** Everything secret that had left, exactly. */
  readonly sent: readonly Sighting[];
}

/** Rows that share where they are refused. */
export type Common = Omit<WrongPeer, 'what' | 'arrange' | 'rule'>;
export type Short = readonly [what: string, rule: FailedRule, arrange: WrongPeer['arrange'], differs?: Partial<Common>];

export function rowsOf(common: Common, rows: readonly Short[]): readonly WrongPeer[] {
  return rows.map(([what, rule, arrange, differs]) => ({ ...common, what, rule, arrange, ...differs }));
}
