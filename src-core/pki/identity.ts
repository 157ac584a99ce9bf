import { canonicalIp, ipToOctets, octetsToIp, utf8Decode, utf8Encode } from '../bytes';
import type { Identity } from '../ikev2/session';
import { derElement, derOid, derSequence, derSet, derTag, derUtf8 } from './der';
import { type DistinguishedName, foldedRdns, formatName, parseDistinguishedName } from './distinguished-name';
import { attributeOid } from './object-identifiers';
import { PkiError } from './pki-error';

/**
 * What a person writes for an identity, as an IKE identity (RFC 7296 section 3.5, P-7): an address, a distinguished
 * name ("CN=vpn, O=Contoso"),
 * an e-mail address, "#" and hexadecimal or "keyid:" text for KEY_ID; anything else is a host name, as is what follows
 * a leading "@".
 * Throws PkiError `malformed` for a distinguished name that cannot be read.
 */
export function parseIdentity(text: string): Identity {
  const trimmed = text.trim();
  const address = ipToOctets(trimmed);
  if (address !== null) return { type: address.length === 4 ? 'ipv4' : 'ipv6', value: address };
  if (trimmed.startsWith('keyid:')) return { type: 'key-id', value: utf8Encode(trimmed.slice(6)) };
  if (/^#([0-9a-f]{2})+$/i.test(trimmed))
    return { type: 'key-id', value: new Uint8Array(Buffer.from(trimmed.slice(1), 'hex')) };
  if (trimmed.startsWith('@')) return { type: 'fqdn', value: utf8Encode(trimmed.slice(1)) };
  if (/^\/?[A-Za-z][A-Za-z0-9.]*\s*=/.test(trimmed)) return { type: 'der-dn', value: encodeNameText(trimmed) };
  return { type: trimmed.includes('@') ? 'rfc822' : 'fqdn', value: utf8Encode(trimmed) };
}

/** For people and the log. */
export function formatIdentity({ type, value }: Identity): string {
  switch (type) {
    case 'ipv4':
    case 'ipv6':
      return value.length === 4 || value.length === 16 ? octetsToIp(value) : `(${value.length} octets)`;
    case 'fqdn':
    case 'rfc822':
      return utf8Decode(value) ?? '(not text)';
    case 'der-dn': {
      const name = decodeIdentityName(value);
      return name === null ? '(unreadable distinguished name)' : formatName(name);
    }
    case 'key-id':
      return `#${Buffer.from(value.subarray(0, 64)).toString('hex')}`;
  }
}

/** The distinguished name of a der-dn identity, null when it is none. */
export function decodeIdentityName(value: Uint8Array): DistinguishedName | null {
  try {
    return parseDistinguishedName(value, 'identity');
  } catch {
    return null;
  }
}

/** Same RDNs, read from either end: texts are written both ways round. */
export function sameNameEitherWay(a: DistinguishedName, b: DistinguishedName): boolean {
  const left = foldedRdns(a);
  const right = foldedRdns(b);
  if (left.length !== right.length || left.length === 0) return false;
  return (
    left.every((rdn, index) => rdn === right[index]) ||
    left.every((rdn, index) => rdn === right[right.length - 1 - index])
  );
}

/** Host names as they are compared: lower case, A-labels (RFC 5890), no dot at the end; addresses in canonical form. */
export function normalizeHost(host: string): string {
  const trimmed = host.trim().replace(/^\[(.*)\]$/, '$1');
  const address = canonicalIp(trimmed);
  if (address !== null) return address;
  const lower = trimmed.toLowerCase().replace(/\.$/, '');
  if (/^[\x20-\x7e]*$/.test(lower)) return lower;
  try {
    return new URL(`http://${lower}`).hostname;
  } catch {
    return lower;
  }
}

/**
 * RDNs in the order of the text, separated by commas or, with a leading slash, slashes; "\" escapes, "+" joins
 * attributes of one RDN.
 */
function encodeNameText(text: string): Uint8Array {
  const separator = text.startsWith('/') ? '/' : ',';
  const body = text.startsWith('/') ? text.slice(1) : text;
  const rdns = splitUnescaped(body, separator).map((rdn) => {
    const attributes = splitUnescaped(rdn, '+').map((attribute) => {
      const equals = attribute.indexOf('=');
      const key = attribute.slice(0, Math.max(0, equals)).trim();
      const oid = /^\d+(\.\d+)+$/.test(key)
        ? key
        : Object.entries(attributeOid).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1];
      if (oid === undefined)
        throw new PkiError(
          'malformed',
          `identity: "${key || attribute.trim()}" is no attribute of a distinguished name`,
        );
      const value = attribute
        .slice(equals + 1)
        .trim()
        .replace(/^"(.*)"$/, '$1')
        .replaceAll(/\\(.)/g, '$1');
      const ascii = /^[\x20-\x7e]*$/.test(value);
      const encoded =
        oid === attributeOid.C && ascii
          ? derElement(derTag.printableString, utf8Encode(value))
          : (oid === attributeOid.E || oid === attributeOid.DC) && ascii
            ? derElement(derTag.ia5String, utf8Encode(value))
            : derUtf8(value);
      return derSequence(derOid(oid), encoded);
    });
    return derSet(...attributes);
  });
  return derSequence(...rdns);
}

function splitUnescaped(text: string, separator: string): string[] {
  const parts: string[] = [''];
  let quoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i]!;
    if (character === '\\' && i + 1 < text.length) {
      parts[parts.length - 1] += character + text[i + 1]!;
      i += 1;
    } else if (character === separator && !quoted) parts.push('');
    else {
      if (character === '"') quoted = !quoted;
      parts[parts.length - 1] += character;
    }
  }
  return parts;
}
