import { sanitizeText } from '../../bytes';
import { englishImportText, say, type ImportMessage } from '../../ports/import-message';
import type { Draft } from '../draft';
import type { ImportedSecrets, ImportFormat, ImportLine } from '../import-report';

/** A sentence as data, or English text that no other language has. */
export type ImportText = string | ImportMessage;

/** A line of a report; what it fills in comes from the file and is made harmless. */
export function importLine(key: string, outcome: ImportLine['outcome'], text: ImportText): ImportLine {
  if (typeof text === 'string') return { key: sanitizeText(key), outcome, text };
  const values = Object.fromEntries(Object.entries(text.values).map(([name, value]) => [name, sanitizeText(value)]));
  const message: ImportMessage = { key: text.key, values };
  return { key: sanitizeText(key), outcome, text: englishImportText(message), message };
}

/** Of one connection. */
const mostLines = 500;

/** Collects, key by key, what an importer takes from a foreign file, in the form of our own. */
export class DraftBuilder {
  readonly #format: ImportFormat;
  readonly #content: Record<string, unknown> = { version: 1 };
  readonly #lines: ImportLine[] = [];
  #unlisted = 0;
  readonly #keys = new Map<string, string>();
  readonly #secrets: Record<string, string> = {};

  constructor(format: ImportFormat) {
    this.#format = format;
  }

  /** Sets `path` of our form from `key` of the file. The value is checked later, with the rules of every profile. */
  take(key: string, path: string, value: unknown, text: ImportText = say('taken')): void {
    this.#set(key, path, value);
    this.#line(key, 'understood', text);
  }

  #set(key: string, path: string, value: unknown): void {
    const steps = path.split('.');
    const last = steps.pop() as string;
    let target = this.#content;
    for (const step of steps) target = (target[step] ??= {}) as Record<string, unknown>;
    target[last] = value;
    this.#keys.set(path, key);
  }

  /** A value that the format implies and no key of the file says. */
  imply(path: string, value: unknown, key: string): void {
    this.#set(key, path, value);
  }

  secret(key: string, kind: keyof ImportedSecrets, value: unknown): void {
    if (typeof value !== 'string' || value === '') return this.wrong(key, say('must-be-text'));
    this.#secrets[kind] = value;
    this.#line(key, 'understood', say('secret-stored'));
  }

  /** A key that sets nothing by itself and is part of what was read. */
  understood(key: string, text: ImportText): void {
    this.#line(key, 'understood', text);
  }

  ignore(key: string, text: ImportText): void {
    this.#line(key, 'ignored', text);
  }

  /** `file`: the base name of a file that may be given along. */
  missing(key: string, text: ImportText, file?: string): void {
    this.#line(key, 'missing', text, file === undefined ? {} : { file });
  }

  wrong(key: string, text: ImportText): void {
    this.#line(key, 'wrong', text);
  }

  finish(): Draft {
    return {
      format: this.#format,
      content: this.#content,
      secrets: this.#secrets,
      lines: [
        ...this.#lines,
        ...(this.#unlisted === 0
          ? []
          : [importLine('(file)', 'ignored', say('keys-not-listed', { count: String(this.#unlisted) }))]),
      ],
      keyOf: (path) => this.#keyOf(path),
    };
  }

  /** The file's key for a path of ours, with the index kept: "network.routes[2]" is "Route[2]". */
  #keyOf(path: string): string {
    const [, base = path, rest = ''] = /^([^[]*)(.*)$/.exec(path) ?? [];
    const key = this.#keys.get(base);
    return key === undefined ? path : key + rest;
  }

  #line(key: string, outcome: ImportLine['outcome'], text: ImportText, more: Pick<ImportLine, 'file'> = {}): void {
    // Nobody reads a report of thousands of lines. What is wrong is in it all the same: it decides.
    if (this.#lines.length < (outcome === 'wrong' ? 2 * mostLines : mostLines))
      this.#lines.push({ ...importLine(key, outcome, text), ...more });
    else this.#unlisted++;
  }
}
