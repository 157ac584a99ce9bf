import type { VpnError, VpnErrorInfo, VpnErrorSymbol } from '../ports/vpn-error';

/** What a diagnosis looks at, in this order. */
export const diagnosisStepNames = ['name', 'udp-500', 'udp-4500', 'proposals', 'fragments', 'certificate', 'authentication', 'addresses', 'traffic'] as const;
export type DiagnosisStepName = (typeof diagnosisStepNames)[number];

/** `warning`: it works, or may work, but something should be known. `skipped`: an earlier step failed, or it does not apply. */
export type DiagnosisOutcome = 'waiting' | 'running' | 'passed' | 'warning' | 'failed' | 'skipped';

export interface DiagnosisStep {
  readonly step: DiagnosisStepName;
  readonly outcome: DiagnosisOutcome;
  /** What was found, in plain words; empty while it waits or runs. */
  readonly text: string;
  /** What to do about it; null where nothing is to be done. */
  readonly advice: string | null;
  readonly error: VpnErrorInfo | null;
  readonly milliseconds: number | null;
}

/** A step's end. */
export interface Finding {
  readonly outcome: 'passed' | 'warning' | 'failed' | 'skipped';
  readonly text: string;
  readonly advice?: string;
  readonly error?: VpnErrorInfo;
}

export const passed = (text: string): Finding => ({ outcome: 'passed', text });
export const warning = (text: string, advice: string): Finding => ({ outcome: 'warning', text, advice });
export const failed = (text: string, advice: string, error: VpnError): Finding => ({ outcome: 'failed', text, advice, error: error.info() });
export const skipped = (text: string): Finding => ({ outcome: 'skipped', text });

/** The list of steps as it fills; every change is told. */
export class DiagnosisRecord {
  readonly #onChange: (steps: readonly DiagnosisStep[]) => void;
  readonly #now: () => number;
  readonly #begun = new Map<DiagnosisStepName, number>();
  #steps: readonly DiagnosisStep[] = diagnosisStepNames.map((step) => ({ step, outcome: 'waiting', text: '', advice: null, error: null, milliseconds: null }));

  /** `now` in milliseconds. */
  constructor(now: () => number, onChange: (steps: readonly DiagnosisStep[]) => void) {
    this.#now = now;
    this.#onChange = onChange;
    onChange(this.#steps);
  }

  get steps(): readonly DiagnosisStep[] {
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
  end(step: DiagnosisStepName, { outcome, text, advice, error }: Finding): void {
    if (!this.isOpen(step)) return;
    const begun = this.#begun.get(step);
    this.#replace(step, { outcome, text, advice: advice ?? null, error: error ?? null, milliseconds: begun === undefined ? null : Math.round((this.#now() - begun) * 10) / 10 });
  }

  skipRest(text: string): void {
    for (const { step } of this.#steps) this.end(step, skipped(text));
  }

  #replace(step: DiagnosisStepName, change: Partial<DiagnosisStep>): void {
    this.#steps = this.#steps.map((one) => (one.step === step ? { ...one, ...change } : one));
    this.#onChange(this.#steps);
  }
}

const certificateSymbols: ReadonlySet<VpnErrorSymbol> = new Set(['IKE_NO_CERT', 'VPN_BAD_CERT', 'VALIDATING_SERVER_CERT']);
const addressSymbols: ReadonlySet<VpnErrorSymbol> = new Set(['INTERNAL_ADDRESS_FAILURE', 'FAILED_CP_REQUIRED', 'TS_UNACCEPTABLE']);

/** The step that an error of the attempt belongs to, when the attempt got as far as `reached`. */
export function failedStep(symbol: VpnErrorSymbol, reached: DiagnosisStepName, isOpen: (step: DiagnosisStepName) => boolean): DiagnosisStepName {
  // NO_PROPOSAL_CHOSEN once more, for the CHILD SA, comes behind the sign-in.
  if (symbol === 'IKE_POLICY_MATCH') return isOpen('proposals') ? 'proposals' : 'addresses';
  if (addressSymbols.has(symbol)) return 'addresses';
  if (certificateSymbols.has(symbol) && isOpen('certificate')) return 'certificate';
  const from = diagnosisStepNames.indexOf(reached);
  return diagnosisStepNames.find((step, index) => index >= from && isOpen(step)) ?? reached;
}
