import { base64Decode, hexDecode, utf8Decode } from '../../bytes';
import { say } from '../../ports/import-message';
import type { FileSecret, SignIn } from './charon';
import { identityText } from './identities';

/** Moves a secret into the report and the store. */
export function takeSecret(
  { draft, used }: SignIn,
  secret: FileSecret,
  kind: 'password' | 'psk' | 'passphrase' | 'pin',
): void {
  used.add(secret);
  if (secret.secret === null) draft.missing(secret.key, say('secret-not-text'));
  else if (secret.secret !== '') draft.secret(secret.key, kind, secret.secret);
}

/** A server's file may have thousands. */
const mostSaid = 16;

export function sayUnused({ draft, secrets, used }: SignIn): void {
  const others = secrets.filter((secret) => !used.has(secret));
  for (const { key } of others.slice(0, mostSaid)) draft.ignore(key, say('secret-of-others'));
  if (others.length > mostSaid)
    draft.ignore('secrets', say('more-secrets', { count: String(others.length - mostSaid) }));
}

export const sameId = (a: string, b: string): boolean => fold(a) === fold(b);
const fold = (id: string): string => (identityText(id) ?? '').toLowerCase().replaceAll(/\s*([,=])\s*/g, '$1');

/** "0x…" is hexadecimal and "0s…" base64 of the octets; null: those are no text, which is what is kept here. */
export function secretText(value: string): string | null {
  const octets = /^0x[0-9a-f]+$/i.test(value)
    ? hexDecode(value.slice(2))
    : /^0s[A-Za-z0-9+/=]+$/.test(value)
      ? base64Decode(value.slice(2))
      : undefined;
  return octets === undefined ? value : octets === null ? null : utf8Decode(octets);
}
