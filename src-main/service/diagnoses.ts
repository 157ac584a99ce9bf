import type { StatusObject } from '../../src-core/connection/status';
import { diagnose } from '../../src-core/diagnosis/diagnose';
import type { ConnectionPorts } from '../../src-core/connection/ports';
import type { Clock } from '../../src-core/ports/clock';
import type { StepResult } from '../../src-core/diagnosis/steps';
import type { Profile } from '../../src-core/profiles/profile';
import { englishDiagnosis } from '../../src-text/diagnosis';
import type { Diagnosis, DiagnosisStep } from '../api/contract';
import { ApiError } from '../api/service';

export interface DiagnosisQuestion {
  readonly profile: Profile;
  readonly ports: ConnectionPorts;
  /** Its status where the connection is up. */
  readonly live: StatusObject | null;
}

interface Entry {
  diagnosis: Diagnosis;
  readonly stop: AbortController;
  readonly done: Promise<unknown>;
}

const inEnglish = (steps: readonly StepResult[]): readonly DiagnosisStep[] =>
  steps.map((step) => ({ ...step, ...englishDiagnosis(step) }));

/** The diagnoses of a host, one a connection; the last one is kept for interfaces that come later. */
export class Diagnoses {
  readonly #entries = new Map<string, Entry>();
  readonly #clock: Clock;
  readonly #onChange: (diagnosis: Diagnosis) => void;

  constructor(clock: Clock, onChange: (diagnosis: Diagnosis) => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  get all(): readonly Diagnosis[] {
    return [...this.#entries.values()].map((entry) => entry.diagnosis);
  }

  isRunning(name: string): boolean {
    return this.#entries.get(name)?.diagnosis.running === true;
  }

  async run({ profile, ports, live }: DiagnosisQuestion): Promise<Diagnosis> {
    const { name } = profile;
    if (this.isRunning(name)) throw new ApiError('busy', 'failure.diagnosed-already', 'name', { name });
    const stop = new AbortController();
    const startedAt = new Date(this.#clock.wallTime()).toISOString();
    let tell = (diagnosis: Diagnosis): void => void diagnosis;
    const steps = diagnose({
      profile,
      ports,
      live,
      signal: stop.signal,
      onSteps: (now) => tell({ connection: name, running: true, startedAt, steps: inEnglish(now) }),
    });
    const entry: Entry = { diagnosis: { connection: name, running: true, startedAt, steps: [] }, stop, done: steps };
    this.#entries.set(name, entry);
    tell = (diagnosis) => {
      if (this.#entries.get(name) !== entry) return;
      entry.diagnosis = diagnosis;
      this.#onChange(diagnosis);
    };
    const result: Diagnosis = { connection: name, running: false, startedAt, steps: inEnglish(await steps) };
    tell(result);
    return result;
  }

  stop(name: string): void {
    this.#entries.get(name)?.stop.abort();
  }

  /** The connection was removed or renamed. */
  forget(name: string): void {
    this.stop(name);
    this.#entries.delete(name);
  }

  async close(): Promise<void> {
    for (const entry of this.#entries.values()) entry.stop.abort();
    await Promise.allSettled([...this.#entries.values()].map((entry) => entry.done));
  }
}
