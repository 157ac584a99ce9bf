import { octetsToIp } from '../../bytes';
import { say } from '../../ports/import-message';
import type { DraftBuilder } from './draft-builder';

/**
 * Identities as strongSwan and libreswan write them, in the form of our profile (src-core/pki/identity.ts): "@vpn" is a
 * host name that is not looked up, "@#0a0b" and "@[text]" key identifiers, "@@a@b" an e-mail address, and a prefix
 * names the type where the text does not.
 */
export function identityText(text: string): string | null {
  const value = unquoted(text.trim());
  if (value === '' || value.startsWith('%')) return null;
  const prefixed = /^(?:xmpp-)?(ipv4|ipv6|rfc822|email|userfqdn|fqdn|dns|asn1dn|keyid):(#?)(.*)$/is.exec(value);
  if (prefixed !== null) {
    const [, type = '', hex, rest = ''] = prefixed;
    const octets = hex === '#' ? new Uint8Array(Buffer.from(rest, 'hex')) : null;
    if (octets === null) return type.toLowerCase() === 'keyid' ? `keyid:${rest}` : rest;
    if (/^ipv[46]$/i.test(type) && (octets.length === 4 || octets.length === 16)) return octetsToIp(octets);
    return type.toLowerCase() === 'keyid' ? `#${rest}` : Buffer.from(octets).toString('utf8');
  }
  if (value.startsWith('@#')) return value.slice(1);
  if (value.startsWith('@@')) return value.slice(2);
  const key = /^@\[(.*)\]$/s.exec(value)?.[1];
  if (key !== undefined) return `keyid:${key}`;
  return value.startsWith('@') ? value.slice(1) : value;
}

/** "%any", "%fromcert" and the like name nobody. */
export function takeIdentity(
  draft: DraftBuilder,
  key: string,
  path: 'localIdentity' | 'remoteIdentity',
  value: string,
): void {
  const identity = identityText(value);
  if (identity !== null && identity !== '')
    return draft.take(
      key,
      path,
      identity,
      identity === value.trim() ? say('taken') : say('taken-as', { value: identity }),
    );
  if (value.trim() !== '')
    draft.ignore(key, path === 'localIdentity' ? say('identity-of-certificate') : say('identity-of-server'));
}

export function unquoted(text: string): string {
  return /^(["']).*\1$/s.test(text) && text.length >= 2 ? text.slice(1, -1) : text;
}
