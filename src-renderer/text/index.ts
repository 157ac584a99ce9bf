import { de } from './de';
import { en, type Catalogue, type TextKey } from './en';
import { safeText } from './safe';

export { safeText } from './safe';
export type { TextKey } from './en';

const catalogues: Readonly<Record<string, Catalogue>> = { en, de };

/** By their own names, as people look for them. */
export const languages: Readonly<Record<string, string>> = { en: 'English', de: 'Deutsch' };

let catalogue: Catalogue = en;
let locale = 'en';

/** Switches every text. Unknown languages are English. Returns the code that is in force. */
export function setLanguage(language: string): string {
  const primary = language.split(/[-_]/)[0]?.toLowerCase() ?? 'en';
  const known = catalogues[primary];
  catalogue = known ?? en;
  locale = known === undefined ? 'en' : language.replace('_', '-');
  return known === undefined ? 'en' : primary;
}

export function currentLocale(): string {
  return locale;
}

/** The text of a key. Everything filled in is made safe on the way: no caller can forget it. */
export function t(key: TextKey, values: Readonly<Record<string, string | number>> = {}): string {
  return catalogue[key].replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? formatNumber(value) : safeText(value);
  });
}

export function formatNumber(value: number, fractionDigits = 0): string {
  return value.toLocaleString(locale, { minimumFractionDigits: fractionDigits, maximumFractionDigits: fractionDigits });
}

/** A text whose key is put together; falls back to the raw value, made safe, for what the catalogue does not know. */
export function tOr(key: string, fallback: string): string {
  return key in catalogue ? t(key as TextKey) : safeText(fallback);
}
