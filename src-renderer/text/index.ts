import { en, type Catalogue, type TextKey } from './en';
import { safeText } from './safe';

export { safeText } from './safe';
export type { TextKey } from './en';

const catalogues: Readonly<Record<string, Catalogue>> = { en };

let catalogue: Catalogue = en;
let locale = 'en';

/** Switches every text. Unknown languages are English. */
export function setLanguage(language: string): void {
  const primary = language.split(/[-_]/)[0] ?? 'en';
  catalogue = catalogues[primary] ?? en;
  locale = catalogues[primary] === undefined ? 'en' : language.replace('_', '-');
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
