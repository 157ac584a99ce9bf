/**
 * The syntax of strongSwan's configuration files (strongswan.conf(5), swanctl.conf): nested sections, "key = value",
 * "#" comments, quoted strings, `section : base1, base2 { }` that inherits, `include FILE`. Read in one pass; depth and
 * number of sections are bounded.
 */

export interface ConfSection {
  readonly values: Map<string, string>;
  readonly sections: Map<string, ConfSection>;
  /** Paths of the sections it inherits from, the first one first. */
  readonly bases: string[];
}

export interface Include {
  readonly pattern: string;
  /** What the content of the file belongs to. */
  readonly into: ConfSection;
}

export type ParsedConf =
  { readonly ok: true; readonly includes: readonly Include[] } | { readonly ok: false; readonly line: number };

const deepest = 16;
const mostNodes = 50_000;

export const emptySection = (): ConfSection => ({ values: new Map(), sections: new Map(), bases: [] });

/** Reads `text` into `root`, as if it were included there. */
export function parseConf(text: string, root: ConfSection): ParsedConf {
  const includes: Include[] = [];
  const stack: ConfSection[] = [root];
  const source = new Source(text);
  for (let nodes = 0; ; nodes++) {
    source.skipBlank();
    const section = stack.at(-1)!;
    if (nodes > mostNodes) return { ok: false, line: source.line };
    if (source.atEnd) return stack.length === 1 ? { ok: true, includes } : { ok: false, line: source.line };
    if (source.take('}')) {
      if (stack.length === 1) return { ok: false, line: source.line };
      stack.pop();
      continue;
    }
    const name = source.name();
    if (name === '') return { ok: false, line: source.line };
    source.skipSpace();
    if (source.take('=')) {
      section.values.set(name, source.value());
      continue;
    }
    if (name === 'include' && !source.at('{') && !source.at(':')) {
      includes.push({ pattern: source.value(), into: section });
      continue;
    }
    const bases = source.take(':') ? source.names() : [];
    source.skipBlank();
    if (!source.take('{') || stack.length > deepest) return { ok: false, line: source.line };
    const inner = section.sections.get(name) ?? emptySection();
    section.sections.set(name, inner);
    inner.bases.push(...bases);
    stack.push(inner);
  }
}

const isSpace = (character: string): boolean => character === ' ' || character === '\t' || character === '\r';
const endsName = (character: string): boolean => isSpace(character) || '#{}=:,"\n'.includes(character);
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

class Source {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** Counted when something is wrong, not on the way. */
  get line(): number {
    return this.#text.slice(0, this.#at).split('\n').length;
  }

  at(character: string): boolean {
    return this.#text[this.#at] === character;
  }

  take(character: string): boolean {
    if (!this.at(character)) return false;
    this.#at++;
    return true;
  }

  skipSpace(): void {
    while (!this.atEnd && isSpace(this.#text.charAt(this.#at))) this.#at++;
  }

  /** Blanks, line ends and comments. */
  skipBlank(): void {
    for (;;) {
      this.skipSpace();
      if (this.at('#')) this.#skipComment();
      else if (!this.take('\n')) return;
    }
  }

  #skipComment(): void {
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end < 0 ? this.#text.length : end;
  }

  /** Names may be quoted. */
  name(): string {
    if (this.take('"')) return this.#quoted();
    const start = this.#at;
    while (!this.atEnd && !endsName(this.#text.charAt(this.#at))) this.#at++;
    return this.#text.slice(start, this.#at);
  }

  names(): readonly string[] {
    const names: string[] = [];
    do {
      this.skipBlank();
      const name = this.name();
      if (name === '') break;
      names.push(name);
      this.skipBlank();
    } while (this.take(','));
    return names;
  }

  /** Words and strings up to the end of the line, a comment or a closing brace, with one blank between them. */
  value(): string {
    const parts: string[] = [];
    for (;;) {
      this.skipSpace();
      if (this.atEnd || this.at('\n') || this.at('}')) return parts.join(' ');
      if (this.at('#')) {
        this.#skipComment();
        return parts.join(' ');
      }
      if (this.take('"')) parts.push(this.#quoted());
      else if (this.#takeContinuation()) continue;
      else parts.push(this.#word());
    }
  }

  #word(): string {
    const start = this.#at;
    while (!this.atEnd && !isSpace(this.#text.charAt(this.#at)) && !'#}"\n'.includes(this.#text.charAt(this.#at)))
      this.#at++;
    return this.#text.slice(start, this.#at);
  }

  /** A backslash before the end of the line joins the next one. */
  #takeContinuation(): boolean {
    const length = this.#text.startsWith('\\\r\n', this.#at) ? 3 : this.#text.startsWith('\\\n', this.#at) ? 2 : 0;
    this.#at += length;
    return length > 0;
  }

  /** Up to the closing quote, which may be lines away; without one, up to the end. */
  #quoted(): string {
    const parts: string[] = [];
    for (;;) {
      const start = this.#at;
      while (!this.atEnd && !this.at('"') && !this.at('\\')) this.#at++;
      parts.push(this.#text.slice(start, this.#at).replaceAll('\r', ''));
      if (this.atEnd || this.take('"')) return parts.join('');
      if (this.#takeContinuation()) continue;
      const escaped = this.#text.charAt(this.#at + 1);
      parts.push(escapes[escaped] ?? escaped);
      this.#at = Math.min(this.#at + 2, this.#text.length);
    }
  }
}

/** How many sections one may inherit from, over all steps. */
const mostBases = 64;

/** A section with what it inherits; its own values come first, then those of its bases in their order. */
export class ConfView {
  readonly #root: ConfSection;
  readonly #parts: readonly ConfSection[];

  private constructor(root: ConfSection, parts: readonly ConfSection[]) {
    this.#root = root;
    this.#parts = parts;
  }

  static of(root: ConfSection): ConfView {
    return new ConfView(root, [root]);
  }

  value(key: string): string | undefined {
    return this.#parts.find(({ values }) => values.has(key))?.values.get(key);
  }

  /** In the order of the file, inherited ones behind. */
  get keys(): readonly string[] {
    return [...new Set(this.#parts.flatMap(({ values }) => [...values.keys()]))];
  }

  get sectionNames(): readonly string[] {
    return [...new Set(this.#parts.flatMap(({ sections }) => [...sections.keys()]))];
  }

  section(name: string): ConfView {
    const found = new Set<ConfSection>();
    for (const part of this.#parts) {
      const inner = part.sections.get(name);
      if (inner !== undefined) this.#collect(inner, found);
    }
    return new ConfView(this.#root, [...found]);
  }

  /** A base that inherits from what inherits from it ends there. */
  #collect(section: ConfSection, into: Set<ConfSection>): void {
    if (into.has(section) || into.size >= mostBases) return;
    into.add(section);
    for (const path of section.bases.slice(0, mostBases)) {
      let base: ConfSection | undefined = this.#root;
      for (const step of path.split('.')) base = base?.sections.get(step);
      if (base !== undefined) this.#collect(base, into);
    }
  }
}
