import type { DiagnosisFinding } from '../src-core/ports/diagnosis';
import { de } from './de';
import { findingSentence, type Filling } from './diagnosis';
import type { DiagnosisCatalogue } from './diagnosis-catalogue';
import { diagnosisDe } from './diagnosis-de';
import { diagnosisEn } from './diagnosis-en';
import { en, type Catalogue, type TextKey } from './en';
import type { ErrorCatalogue } from './errors';
import { errorsDe } from './errors-de';
import { importDe } from './import-de';
import { safeText } from './safe';

export { safeText } from './safe';
export type { TextKey } from './en';

const catalogues: Readonly<Record<string, Catalogue>> = { en, de };

const errorCatalogues: Readonly<Record<string, ErrorCatalogue>> = { de: errorsDe };

const importCatalogues: Readonly<Record<string, Readonly<Record<string, string>>>> = { de: importDe };

const diagnosisCatalogues: Readonly<Record<string, DiagnosisCatalogue>> = { en: diagnosisEn, de: diagnosisDe };

/** By their own names, as people look for them. */
export const languages: Readonly<Record<string, string>> = { en: 'English', de: 'Deutsch' };

let catalogue: Catalogue = en;
let errors: ErrorCatalogue | null = null;
let imports: Readonly<Record<string, string>> = {};
let diagnosis: DiagnosisCatalogue = diagnosisEn;
let locale = 'en';

/** Switches every text. Unknown languages are English. Returns the code that is in force. */
export function setLanguage(language: string): string {
  const primary = language.split(/[-_]/)[0]?.toLowerCase() ?? 'en';
  const known = catalogues[primary];
  catalogue = known ?? en;
  errors = errorCatalogues[primary] ?? null;
  imports = importCatalogues[primary] ?? {};
  diagnosis = diagnosisCatalogues[primary] ?? diagnosisEn;
  locale = known === undefined ? 'en' : language.replace('_', '-');
  return known === undefined ? 'en' : primary;
}

export function currentLocale(): string {
  return locale;
}

type Values = Readonly<Record<string, string | number>>;

function fill(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? formatNumber(value) : safeText(value);
  });
}

/** The text of a key. Everything filled in is made safe on the way: no caller can forget it. */
export function t(key: TextKey, values: Values = {}): string {
  return fill(catalogue[key], values);
}

const own = <T>(record: Readonly<Record<string, T>>, key: string): T | null =>
  Object.hasOwn(record, key) ? (record[key] ?? null) : null;

/**
 * Why a connection failed, as one paragraph in the language in force: the sentence of its symbol and that of the check
 * that failed.
 * English, and whatever a newer service says that this catalogue does not know, is the service's own sentence.
 */
export function errorText(
  error: { readonly symbol: string; readonly message: string; readonly rule?: string | null },
  values: { readonly name: string; readonly server: string },
): string {
  const sentence = errors === null ? null : own(errors.symbols, error.symbol);
  if (errors === null || sentence === null) return safeText(error.message, 600);
  const rule = error.rule === undefined || error.rule === null ? null : own(errors.rules, error.rule);
  return fill(rule === null ? sentence : together(errors, error.symbol, error.rule ?? '', sentence, rule), values);
}

function together({ pairs }: ErrorCatalogue, symbol: string, rule: string, ofSymbol: string, ofRule: string): string {
  const said = own(own(pairs, symbol) ?? {}, rule);
  if (said === null) return `${ofSymbol} ${ofRule}`;
  return said === 'symbol' ? ofSymbol : said === 'rule' ? ofRule : said.text;
}

/** Why a request was refused, in the language in force. */
export function failureText(failure: {
  readonly message: string;
  readonly text?: { readonly key: string; readonly values: Values } | null;
}): string {
  const { text } = failure;
  return text !== undefined && text !== null && Object.hasOwn(catalogue, text.key)
    ? t(text.key as TextKey, text.values)
    : safeText(failure.message, 600);
}

/**
 * What an import says of a key, in the language in force. English, and what this catalogue does not know, is the
 * service's own sentence.
 */
export function importLineText(line: {
  readonly text: string;
  readonly message?: { readonly key: string; readonly values: Values };
}): string {
  const sentence = line.message === undefined ? null : own(imports, line.message.key);
  return sentence === null ? safeText(line.text, 600) : fill(sentence, line.message?.values ?? {});
}

const safeFilling: Filling = {
  text: (value) => safeText(value),
  // A port is no quantity: no grouping.
  number: (value, fractionDigits) =>
    value.toLocaleString(locale, {
      minimumFractionDigits: fractionDigits,
      maximumFractionDigits: fractionDigits,
      useGrouping: false,
    }),
};

/** What a step of a diagnosis says, with the service's own English words for what this catalogue does not know. */
interface SaidStep {
  readonly text: string;
  readonly advice: string | null;
  readonly finding: DiagnosisFinding | null;
  readonly adviceKey: string | null;
  readonly error: {
    readonly symbol: string;
    readonly message: string;
    readonly detail: string | null;
    readonly rule: string | null;
  } | null;
}

/** What a step of a diagnosis found, in the language in force; empty where there is nothing yet. */
export function findingText(
  { finding, text, error }: SaidStep,
  where: { readonly name: string; readonly server: string },
): string {
  if (finding === null || !Object.hasOwn(diagnosis.findings, finding.key)) return safeText(text, 600);
  const words = error === null ? null : { error: errorText(error, where), detail: safeText(error.detail ?? '') };
  return safeText(findingSentence(finding, words, diagnosis, safeFilling), 900);
}

/** What to do about it, in the language in force; null: nothing. */
export function adviceText({ adviceKey, advice }: SaidStep): string | null {
  const known = adviceKey === null ? null : own(diagnosis.advice, adviceKey);
  return known ?? (advice === null ? null : safeText(advice, 600));
}

export function formatNumber(value: number, fractionDigits = 0): string {
  return value.toLocaleString(locale, { minimumFractionDigits: fractionDigits, maximumFractionDigits: fractionDigits });
}

/** A text whose key is put together; falls back to the raw value, made safe, for what the catalogue does not know. */
export function tOr(key: string, fallback: string): string {
  return key in catalogue ? t(key as TextKey) : safeText(fallback);
}
