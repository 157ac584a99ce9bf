import type { DiagnosisAdvice, DiagnosisFindingKey, DiagnosisPhraseKey } from '../src-core/ports/diagnosis';

/**
 * The sentences of a diagnosis in one language; `{name}` marks what the finding, or the step's error, fills in. Records
 * are complete.
 */
export interface DiagnosisCatalogue {
  readonly findings: Readonly<Record<DiagnosisFindingKey, string>>;
  readonly phrases: Readonly<Record<DiagnosisPhraseKey, string>>;
  readonly advice: Readonly<Record<DiagnosisAdvice, string>>;
}
