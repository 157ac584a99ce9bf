import { iniLine, linesOf } from './ini';

/**
 * Files of `[section]` lines and `key=value` lines, as NetworkManager, Windows and the Connection Manager write them.
 * The `ini` package is not used: it ends a value at ";", which separates the entries of a list in a key file and stands
 * in Windows' values, splits section names at ".", and keeps one value of a key that repeats.
 */

export interface SectionEntry {
  readonly key: string;
  readonly value: string;
}

export interface Section {
  readonly name: string;
  readonly entries: readonly SectionEntry[];
}

/** Lines before the first section and lines without "=" are left out. Linear in the length of the text. */
export function parseSections(text: string, comments: string): readonly Section[] {
  const sections: { name: string; entries: SectionEntry[] }[] = [];
  for (const raw of linesOf(text)) {
    const first = raw.trimStart().charAt(0);
    const line = first !== '' && comments.includes(first) ? null : iniLine(raw);
    if (line?.type === 'section') sections.push({ name: line.name, entries: [] });
    else if (line?.type === 'key') sections.at(-1)?.entries.push({ key: line.key, value: line.value });
  }
  return sections;
}

/**
 * Entries of all sections of a name, by key without case; of a key that repeats the last one counts. `key` is as the
 * file spells it.
 */
export function entriesOf(sections: readonly Section[], name: string): ReadonlyMap<string, SectionEntry> {
  const wanted = name.toLowerCase();
  return new Map(
    sections
      .filter((section) => section.name.toLowerCase() === wanted)
      .flatMap(({ entries }) => entries.map((entry) => [entry.key.toLowerCase(), entry] as const)),
  );
}
