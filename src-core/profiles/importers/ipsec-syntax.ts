import { linesOf } from './ini';
import { unquoted } from './identities';

/**
 * The syntax of ipsec.conf and ipsec.secrets, which strongSwan and libreswan have from FreeS/WAN: sections that begin
 * at the left edge ("conn NAME"), indented "key=value" lines, "#" comments, `also=` and "conn %default" to share
 * values, `include FILE`.
 */

export interface IpsecSection {
  readonly type: 'conn' | 'ca' | 'config';
  readonly name: string;
  /** Keys in lower case, in the order of the file; the last value of a key counts. */
  readonly values: Map<string, string>;
  /** Other sections whose values it takes where it has none. */
  readonly also: string[];
}

export interface IpsecFile {
  readonly sections: readonly IpsecSection[];
  readonly includes: readonly string[];
}

export function parseIpsecConf(text: string): IpsecFile {
  const sections: IpsecSection[] = [];
  const includes: string[] = [];
  for (const raw of linesOf(text)) {
    const line = withoutComment(raw);
    const trimmed = line.trim();
    if (trimmed === '') continue;
    const [word = '', ...rest] = trimmed.split(/\s+/, 2);
    const equals = trimmed.indexOf('=');
    if (equals < 0 && (word === 'conn' || word === 'ca' || word === 'config')) {
      sections.push({ type: word, name: unquoted(rest[0] ?? ''), values: new Map(), also: [] });
      continue;
    }
    if (equals < 0 && word === 'include') includes.push(unquoted(trimmed.slice(word.length).trim()));
    const section = sections.at(-1);
    if (equals < 1 || section === undefined) continue;
    const key = trimmed.slice(0, equals).trim().toLowerCase();
    const value = unquoted(trimmed.slice(equals + 1).trim());
    if (key === 'also') section.also.push(value);
    else section.values.set(key, value);
  }
  return { sections, includes };
}

/** A "#" begins a comment at the beginning of a line or behind a blank; not in quotes. */
function withoutComment(line: string): string {
  if (!line.includes('#')) return line;
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at);
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '#' && (at === 0 || /\s/.test(line.charAt(at - 1)))) return line.slice(0, at);
  }
  return line;
}

const mostAlso = 64;

/** A connection with what it takes from others and from "conn %default"; whoever takes from itself ends there. */
export function valuesOf(section: IpsecSection, all: ReadonlyMap<string, IpsecSection>): ReadonlyMap<string, string> {
  const parts = new Set<IpsecSection>();
  const collect = (part: IpsecSection | undefined): void => {
    if (part === undefined || parts.has(part) || parts.size >= mostAlso) return;
    parts.add(part);
    for (const name of part.also.slice(0, mostAlso)) collect(all.get(name));
  };
  collect(section);
  collect(all.get('%default'));
  const values = new Map<string, string>();
  for (const part of parts) for (const [key, value] of part.values) if (!values.has(key)) values.set(key, value);
  return values;
}

export interface IpsecSecret {
  readonly ids: readonly string[];
  /** PSK, RSA, EAP, … in capitals. */
  readonly type: string;
  readonly words: readonly { readonly text: string; readonly quoted: boolean }[];
}

/**
 * "ID ID : TYPE word word"; an indented line goes on with the one before, unless that is whole and a new one begins
 * with its colon.
 */
export function parseIpsecSecrets(text: string): {
  readonly secrets: readonly IpsecSecret[];
  readonly includes: readonly string[];
} {
  const entries: { readonly lines: string[]; hasColon: boolean }[] = [];
  const includes: string[] = [];
  for (const line of linesOf(text)) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const before = entries.at(-1);
    const hasColon = /(^|\s):\s/.test(trimmed);
    if (/^include\s/.test(line)) includes.push(trimmed.slice('include'.length).trim());
    else if (before === undefined || !/^\s/.test(line) || (trimmed.startsWith(':') && before.hasColon))
      entries.push({ lines: [trimmed], hasColon });
    else {
      before.lines.push(trimmed);
      before.hasColon ||= hasColon;
    }
  }
  const secrets = entries.flatMap(({ lines }): IpsecSecret[] => {
    const words = wordsOf(lines.join(' '));
    const colon = words.findIndex(({ text: word, quoted }) => word === ':' && !quoted);
    const type = words[colon + 1]?.text.toUpperCase();
    if (colon < 0 || type === undefined) return [];
    return [{ ids: words.slice(0, colon).map(({ text: word }) => word), type, words: words.slice(colon + 2) }];
  });
  return { secrets, includes };
}

/** A word is quoted or goes to the next blank; "#" before a word begins a comment. */
function wordsOf(line: string): readonly { readonly text: string; readonly quoted: boolean }[] {
  const words: { text: string; quoted: boolean }[] = [];
  for (const match of line.matchAll(/"([^"]*)"?|'([^']*)'?|[^\s"'#][^\s]*|#.*/g)) {
    const [whole, double, single] = match;
    if (whole.startsWith('#')) break;
    words.push({ text: double ?? single ?? whole, quoted: double !== undefined || single !== undefined });
  }
  return words;
}
