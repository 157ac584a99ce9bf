import type { DiagnosisAdvice, DiagnosisFinding } from '../ports/diagnosis';
import type { VpnError, VpnErrorInfo, VpnErrorSymbol } from '../ports/vpn-error';

/** What a diagnosis looks at, in this order. */
export const diagnosisStepNames = [
  'name',
  'udp-500',
  'udp-4500',
  'proposals',
  'fragments',
  'certificate',
  'authentication',
  'addresses',
  'traffic',
] as const;
export type DiagnosisStepName = (typeof diagnosisStepNames)[number];

/**
 * `warning`: it works, or may work, but something should be known. `skipped`: an earlier step failed, or it does not
 * apply.
 */
export type DiagnosisOutcome = 'waiting' | 'running' | 'passed' | 'warning' | 'failed' | 'skipped';

/** How a step stands, as data; its sentences are made of it in src-text. */
export interface StepResult {
  readonly step: DiagnosisStepName;
  readonly outcome: DiagnosisOutcome;
  /** What was found; null while it waits or runs. */
  readonly finding: DiagnosisFinding | null;
  /** What to do about it; null where nothing is to be done. */
  readonly adviceKey: DiagnosisAdvice | null;
  readonly error: VpnErrorInfo | null;
  readonly milliseconds: number | null;
}

/** A step's end. */
export interface StepEnd {
  readonly outcome: 'passed' | 'warning' | 'failed' | 'skipped';
  readonly finding: DiagnosisFinding;
  readonly advice?: DiagnosisAdvice;
  readonly error?: VpnErrorInfo;
}

export const passed = (finding: DiagnosisFinding): StepEnd => ({ outcome: 'passed', finding });
export const warning = (finding: DiagnosisFinding, advice: DiagnosisAdvice): StepEnd => ({
  outcome: 'warning',
  finding,
  advice,
});
export const failed = (finding: DiagnosisFinding, advice: DiagnosisAdvice, error: VpnError): StepEnd => ({
  outcome: 'failed',
  finding,
  advice,
  error: error.info(),
});
export const skipped = (finding: DiagnosisFinding): StepEnd => ({ outcome: 'skipped', finding });

/** The list of steps as it fills; every change is told. */
export class DiagnosisRecord {
  readonly #onChange: (steps: readonly StepResult[]) => void;
  readonly #now: () => number;
  readonly #begun = new Map<DiagnosisStepName, number>();
  #steps: readonly StepResult[] = diagnosisStepNames.map((step) => ({
    step,
    outcome: 'waiting',
    finding: null,
    adviceKey: null,
    error: null,
    milliseconds: null,
  }));

  /** `now` in milliseconds. */
  constructor(now: () => number, onChange: (steps: readonly StepResult[]) => void) {
    this.#now = now;
    this.#onChange = onChange;
    onChange(this.#steps);
  }

  get steps(): readonly StepResult[] {
    return this.#steps;
  }

  isOpen(step: DiagnosisStepName): boolean {
    return this.#steps.some((one) => one.step === step && (one.outcome === 'waiting' || one.outcome === 'running'));
  }

  begin(step: DiagnosisStepName): void {
    if (!this.isOpen(step) || this.#begun.has(step)) return;
    this.#begun.set(step, this.#now());
    this.#replace(step, { outcome: 'running' });
  }

  /** Ends a step that is open; a step ends once. */
  end(step: DiagnosisStepName, { outcome, finding, advice, error }: StepEnd): void {
    if (!this.isOpen(step)) return;
    const begun = this.#begun.get(step);
    this.#replace(step, {
      outcome,
      finding,
      adviceKey: advice ?? null,
      error: error ?? null,
      milliseconds: begun === undefined ? null : Math.round((this.#now() - begun) * 10) / 10,
    });
  }

  skipRest(finding: DiagnosisFinding): void {
    for (const { step } of this.#steps) this.end(step, skipped(finding));
  }

  #replace(step: DiagnosisStepName, change: Partial<StepResult>): void {
    this.#steps = this.#steps.map((one) => (one.step === step ? { ...one, ...change } : one));
    this.#onChange(this.#steps);
  }
}

const certificateSymbols: ReadonlySet<VpnErrorSymbol> = new Set([
  'IKE_NO_CERT',
  'VPN_BAD_CERT',
  'VALIDATING_SERVER_CERT',
]);
const addressSymbols: ReadonlySet<VpnErrorSymbol> = new Set([
  'INTERNAL_ADDRESS_FAILURE',
  'FAILED_CP_REQUIRED',
  'TS_UNACCEPTABLE',
]);

/** The step that an error of the attempt belongs to, when the attempt got as far as `reached`. */
export function failedStep(
  symbol: VpnErrorSymbol,
  reached: DiagnosisStepName,
  isOpen: (step: DiagnosisStepName) => boolean,
): DiagnosisStepName {
  // NO_PROPOSAL_CHOSEN once more, for the CHILD SA, comes behind the sign-in.
  if (symbol === 'IKE_POLICY_MATCH') return isOpen('proposals') ? 'proposals' : 'addresses';
  if (addressSymbols.has(symbol)) return 'addresses';
  if (certificateSymbols.has(symbol) && isOpen('certificate')) return 'certificate';
  const from = diagnosisStepNames.indexOf(reached);
  return diagnosisStepNames.find((step, index) => index >= from && isOpen(step)) ?? reached;
}
