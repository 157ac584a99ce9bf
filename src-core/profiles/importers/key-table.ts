import { say, type ImportMessage } from '../../ports/import-message';
import type { DraftBuilder } from './draft-builder';

/**
 * The keys of a foreign format as a table: what each may set in the profile, or why it sets nothing. The importer reads
 * by the table, and the table of all formats in the documentation is written from it, so the two cannot differ.
 */
export interface KeyRule<Given> {
  /** Paths of the profile and kinds of secrets that the key may set; empty: none. */
  readonly sets: readonly string[];
  /** What is said where the key sets nothing. */
  readonly says: ImportMessage | null;
  readonly read: (given: Given) => void | Promise<void>;
}

export type KeyTable<Given> = Readonly<Record<string, KeyRule<Given>>>;

/** The least that a rule is given. */
export interface GivenKey {
  readonly draft: DraftBuilder;
  /** As the report names it. */
  readonly key: string;
  readonly value: string;
}

/** A key that is ignored, and why. */
export function ignored(says: ImportMessage): KeyRule<GivenKey> {
  return { sets: [], says, read: ({ draft, key }) => draft.ignore(key, says) };
}

export const notUsed = ignored(say('not-used'));

/** A key that is read by itself. */
export function sets<Given>(
  paths: readonly string[],
  read: (given: Given) => void | Promise<void>,
  says: ImportMessage | null = null,
): KeyRule<Given> {
  return { sets: paths, says, read };
}

/** A key that is read together with others, by whom the report is told. */
export function readBefore(paths: readonly string[]): KeyRule<unknown> {
  return { sets: paths, says: null, read: () => undefined };
}

/** A text that is taken as it is; an empty one is as if it were not there. */
export function text(path: string): KeyRule<GivenKey> {
  return sets([path], ({ draft, key, value }) => {
    if (value.trim() !== '') draft.take(key, path, value.trim());
  });
}

/**
 * The rule of a key, without case; digits fit `<n>`. Without one the key is not known, which is what the report says.
 */
export function ruleOf<Given>(table: KeyTable<Given>, key: string): KeyRule<Given> | null {
  const name = key.toLowerCase();
  for (const candidate of [name, name.replace(/[0-9]+$/, '<n>')])
    if (Object.hasOwn(table, candidate)) return table[candidate] as KeyRule<Given>;
  return null;
}

export async function readKey<Given extends GivenKey>(
  table: KeyTable<Given>,
  name: string,
  given: Given,
): Promise<void> {
  const rule = ruleOf(table, name);
  if (rule === null) given.draft.ignore(given.key, say('not-known'));
  else await rule.read(given);
}
