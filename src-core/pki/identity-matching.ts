import { ipToOctets, utf8Decode } from '../bytes';
import type { Identity } from '../ikev2/session';
import { type Certificate, certificateRequestHash } from './certificate';
import { attributeValues, foldText, sameName } from './distinguished-name';
import { decodeIdentityName, normalizeHost, sameNameEitherWay } from './identity';
import type { attributeOid } from './object-identifiers';

/**
 * Whether a certificate may be known by its CN when it names no host in its SAN: needed for many RRAS servers (P-8).
 */
export interface MatchOptions {
  readonly commonNameFallback: boolean;
}

/**
 * Whether the certificate asserts an identity (P-7): a name in the SAN of the same type, or the whole subject for a
 * distinguished name.
 * KEY_ID is asserted only when it is the certificate's key identifier or the SHA-1 of its public key.
 */
export function certificateAsserts(certificate: Certificate, identity: Identity, options: MatchOptions): boolean {
  switch (identity.type) {
    case 'fqdn': {
      const host = utf8Decode(identity.value);
      return host !== null && certificateNamesHost(certificate, host, options);
    }
    case 'rfc822': {
      const address = utf8Decode(identity.value);
      return address !== null && certificateNamesEmail(certificate, address);
    }
    case 'ipv4':
    case 'ipv6':
      return certificateNamesAddress(certificate, identity.value);
    case 'der-dn': {
      const name = decodeIdentityName(identity.value);
      // An empty name asserts nothing (P-11).
      return (
        name !== null &&
        name.rdns.length > 0 &&
        (sameName(name, certificate.subject) || sameNameEitherWay(name, certificate.subject))
      );
    }
    case 'key-id': {
      const { value } = identity;
      const identifiers = [certificate.subjectKeyIdentifier, certificateRequestHash(certificate)];
      return (
        value.length >= 16 &&
        identifiers.some((identifier) => identifier !== null && Buffer.compare(identifier, value) === 0)
      );
    }
  }
}

/** A host name or an address as the person typed it (P-8). */
export function certificateNamesHost(certificate: Certificate, typed: string, options: MatchOptions): boolean {
  const host = normalizeHost(typed);
  if (host === '') return false;
  const dnsNames = certificate.subjectAltNames.flatMap((name) => (name.type === 'dns' ? [name.value] : []));
  const address = ipToOctets(host);
  if (address !== null) {
    // Windows requires the literal in a dNSName; others write iPAddress.
    return certificateNamesAddress(certificate, address) || dnsNames.some((name) => normalizeHost(name) === host);
  }
  if (dnsNames.some((pattern) => hostMatches(pattern, host))) return true;
  if (!options.commonNameFallback || dnsNames.length > 0) return false;
  return attributeValues(certificate.subject, 'CN').some((commonName) => hostMatches(commonName, host));
}

/**
 * `pattern` may be a wildcard, as the whole left-most label only, standing for exactly one label, with at least two
 * labels behind it. `host` is normalized.
 */
export function hostMatches(pattern: string, host: string): boolean {
  const normalized = normalizeHost(pattern);
  if (normalized === '' || normalized.startsWith('.')) return false;
  if (!normalized.includes('*')) return normalized === host;
  const suffix = normalized.slice(1);
  if (!normalized.startsWith('*.') || suffix.includes('*') || !suffix.slice(1).includes('.')) return false;
  return (
    host.endsWith(suffix) &&
    host.length > suffix.length &&
    !host.slice(0, -suffix.length).includes('.') &&
    ipToOctets(host) === null
  );
}

function certificateNamesAddress(certificate: Certificate, address: Uint8Array): boolean {
  return certificate.subjectAltNames.some((name) => name.type === 'ip' && Buffer.compare(name.octets, address) === 0);
}

/** Local part exactly, host without regard to case (RFC 5280 section 7.5). */
function certificateNamesEmail(certificate: Certificate, address: string): boolean {
  const fold = (text: string): string => {
    const at = text.lastIndexOf('@');
    return at < 0 ? '' : text.slice(0, at + 1) + text.slice(at + 1).toLowerCase();
  };
  const wanted = fold(address);
  return (
    wanted !== '' && certificate.subjectAltNames.some((name) => name.type === 'email' && fold(name.value) === wanted)
  );
}

/**
 * Whether any value of the attribute fits the pattern: whole value, case and white space folded, "*" standing for any
 * text (P-10).
 */
export function subjectHas(certificate: Certificate, attribute: keyof typeof attributeOid, pattern: string): boolean {
  return attributeValues(certificate.subject, attribute).some((value) => textMatches(pattern, value));
}

/** Whether any name in the SAN, of whatever type that has a text, fits the pattern. */
export function subjectAltNameHas(certificate: Certificate, pattern: string): boolean {
  const address = ipToOctets(pattern.trim());
  return certificate.subjectAltNames.some((name) => {
    switch (name.type) {
      case 'dns':
        return (
          hostMatches(name.value, normalizeHost(pattern)) ||
          textMatches(normalizeHost(pattern), normalizeHost(name.value))
        );
      case 'email':
      case 'uri':
        return textMatches(pattern, name.value);
      case 'ip':
        return address !== null && Buffer.compare(name.octets, address) === 0;
      default:
        return false;
    }
  });
}

/** Empty values and empty patterns never match (P-11). Linear in both lengths for each star. */
export function textMatches(pattern: string, value: string): boolean {
  const wanted = foldText(pattern);
  const found = foldText(value);
  if (wanted === '' || found === '') return false;
  const [first, ...rest] = wanted.split('*') as [string, ...string[]];
  if (rest.length === 0) return wanted === found;
  if (!found.startsWith(first)) return false;
  let position = first.length;
  const last = rest.pop()!;
  for (const part of rest) {
    const at = found.indexOf(part, position);
    if (at < 0) return false;
    position = at + part.length;
  }
  return found.length - last.length >= position && found.endsWith(last);
}
