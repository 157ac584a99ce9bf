import type { FailedRule } from '../src-core/ports/failed-rule';
import type { VpnErrorSymbol } from '../src-core/ports/vpn-error';

/**
 * The errors of a connection in a language other than English: the engine writes one English sentence where an error is
 * made, for logs and the command line, and names the error by `symbol` and the check by `rule`. Those two are
 * translated.
 * Records are complete: a new symbol or rule without its sentence does not compile. `{name}` is the connection,
 * `{server}` its server.
 */
export interface ErrorCatalogue {
  readonly symbols: Readonly<Record<VpnErrorSymbol, string>>;
  readonly rules: Readonly<Record<FailedRule, string>>;
  /** Pairs whose two sentences do not go together; all others stand beside each other. */
  readonly pairs: Readonly<Partial<Record<VpnErrorSymbol, Readonly<Partial<Record<FailedRule, Together>>>>>>;
}

/**
 * What is said of a symbol and a rule that say the same, or whose sentences contradict each other: one of the two, or a
 * paragraph of its own.
 */
export type Together = 'symbol' | 'rule' | { readonly text: string };
