import type { Profile } from '../../src-core/profiles/profile';

/** Replaces each distinct find by the same numbered word, so that a masked log can still be followed. */
class Masks {
  readonly #words = new Map<string, string>();

  word(kind: string, found: string): string {
    const key = `${kind} ${found.toLowerCase()}`;
    const known = this.#words.get(key);
    if (known !== undefined) return known;
    const count = [...this.#words.keys()].filter((other) => other.startsWith(`${kind} `)).length + 1;
    const word = `<${kind}-${count}>`;
    this.#words.set(key, word);
    return word;
  }
}

const ipv4 = /\b(?:\d{1,3}\.){3}\d{1,3}\b/g;
/**
 * Two colons at least: times such as 12:30:45 have two as well, so a hexadecimal letter, "::" or more groups are asked
 * for.
 */
const ipv6 = /(?<![\w:.])(?=[0-9a-f:]*(?:::|[a-f]|(?::[0-9a-f]+){5}))[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])/gi;
/** Only from the beginning of a word, so that a long word without "@" is looked through once. */
const mail = /(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b/g;

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A function that hides addresses, server and account names of the profiles, for a log that goes to somebody else. */
export function createMask(profiles: readonly Profile[]): (text: string) => string {
  const masks = new Masks();
  const names = (kind: string, list: readonly (string | null)[]): readonly (readonly [RegExp, string])[] =>
    list.flatMap((name) =>
      name === null || name.length < 2
        ? []
        : [[new RegExp(`(?<![\\w.-])${escaped(name)}(?![\\w-]|\\.\\w)`, 'gi'), kind] as const],
    );
  const rules = [
    [mail, 'account'] as const,
    ...names(
      'account',
      profiles.flatMap(({ authentication, localIdentity }) => [
        authentication.username,
        authentication.anonymousIdentity,
        authentication.domain,
        localIdentity,
      ]),
    ),
    ...names(
      'server',
      profiles.flatMap(({ server, remoteIdentity }) => [server, remoteIdentity]),
    ),
    ...names(
      'connection',
      profiles.map(({ name }) => name),
    ),
    [ipv6, 'address'] as const,
    [ipv4, 'address'] as const,
  ];
  return (text) =>
    rules.reduce((masked, [pattern, kind]) => masked.replace(pattern, (found) => masks.word(kind, found)), text);
}
