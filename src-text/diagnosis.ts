import type { DiagnosisAdvice, DiagnosisFinding, DiagnosisPhrase, DiagnosisValue } from '../src-core/ports/diagnosis';
import type { DiagnosisCatalogue } from './diagnosis-catalogue';
import { diagnosisEn } from './diagnosis-en';

/** How a language fills in. */
export interface Filling {
  readonly text: (value: string) => string;
  readonly number: (value: number, fractionDigits: number) => string;
}

/** What a step's error fills into `error` and `error-detail`. */
export interface ErrorWords {
  readonly error: string;
  readonly detail: string;
}

type Values = Readonly<Record<string, DiagnosisValue>>;

function fillIn(sentence: string, values: Values, phrases: DiagnosisCatalogue['phrases'], filling: Filling): string {
  const phrase = (value: string | DiagnosisPhrase): string =>
    typeof value === 'string'
      ? filling.text(value)
      : fillIn(Object.hasOwn(phrases, value.key) ? phrases[value.key] : value.key, value.values, phrases, filling);
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => {
    if (!Object.hasOwn(values, name)) return whole;
    const value = values[name]!;
    // A time below 10 ms says nothing without its first decimal; ports and octets are whole.
    if (typeof value === 'number') return filling.number(value, name === 'milliseconds' && value < 10 ? 1 : 0);
    // A list of reasons has commas of its own.
    return typeof value === 'string' || !Array.isArray(value)
      ? phrase(value as string | DiagnosisPhrase)
      : value.map(phrase).join(name === 'reasons' ? '; ' : ', ');
  });
}

/** The sentence of a finding in this language. `error`: of the step. */
export function findingSentence(
  { key, values }: DiagnosisFinding,
  error: ErrorWords | null,
  { findings, phrases }: DiagnosisCatalogue,
  filling: Filling,
): string {
  return fillIn(findings[key], error === null ? values : { ...values, ...error }, phrases, filling);
}

const plain: Filling = { text: (value) => value, number: (value, fractionDigits) => value.toFixed(fractionDigits) };

/** A step in English, as the command line and its JSON say it: nothing is made safe yet. */
export function englishDiagnosis({
  finding,
  adviceKey,
  error,
}: {
  readonly finding: DiagnosisFinding | null;
  readonly adviceKey: DiagnosisAdvice | null;
  readonly error: { readonly message: string; readonly detail: string | null } | null;
}): { readonly text: string; readonly advice: string | null } {
  const words = error === null ? null : { error: error.message, detail: error.detail ?? '' };
  return {
    text: finding === null ? '' : findingSentence(finding, words, diagnosisEn, plain),
    advice: adviceKey === null ? null : diagnosisEn.advice[adviceKey],
  };
}
