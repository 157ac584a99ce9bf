import type { Certificate, NameConstraints } from './certificate';
import { attributeValues, type DistinguishedName, foldedRdns } from './distinguished-name';
import { formatGeneralName, type GeneralName } from './general-name';

/** Comparisons for one certificate and one authority above it: both bring lists as long as they like. */
const mostComparisons = 1 << 18;

/**
 * RFC 5280 section 4.2.1.10. Gives the first name of the certificate that breaks the constraints, as a sentence part,
 * or null.
 * Names compare without regard to case, excluded ones too (CVE-2026-35331).
 */
export function nameConstraintViolation(
  certificate: Certificate,
  constraints: NameConstraints,
  isLeaf: boolean,
): string | null {
  const names = constrainedNames(certificate, isLeaf);
  if (names.length * (constraints.permitted.length + constraints.excluded.length) > mostComparisons)
    return `there are ${String(names.length)} names, too many to compare with all constraints`;
  for (const name of names) {
    const excludedBy = constraints.excluded.find((base) => base.type === name.type && covers(base, name, 'excluded'));
    if (excludedBy !== undefined) return `${formatGeneralName(name)} is excluded by ${formatGeneralName(excludedBy)}`;
    const permitted = constraints.permitted.filter((base) => base.type === name.type);
    if (permitted.length > 0 && !permitted.some((base) => covers(base, name, 'permitted')))
      return `${formatGeneralName(name)} is not under ${permitted.slice(0, 8).map(formatGeneralName).join(', ')}`;
  }
  return null;
}

/**
 * The subject, the subject alternative names, and what stands in for them: emailAddress in the subject, and the CN that
 * a name match may fall back to.
 */
function constrainedNames(certificate: Certificate, isLeaf: boolean): GeneralName[] {
  const names: GeneralName[] = [...certificate.subjectAltNames];
  if (certificate.subject.rdns.length > 0) names.push({ type: 'directory', name: certificate.subject });
  if (!names.some(({ type }) => type === 'email'))
    names.push(...attributeValues(certificate.subject, 'E').map((value) => ({ type: 'email', value }) as const));
  if (isLeaf && !certificate.subjectAltNames.some(({ type }) => type === 'dns')) {
    names.push(
      ...attributeValues(certificate.subject, 'CN')
        .filter(looksLikeHostName)
        .map((value) => ({ type: 'dns', value }) as const),
    );
  }
  return names;
}

function looksLikeHostName(text: string): boolean {
  return /^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)+\.?$/i.test(text);
}

type Side = 'permitted' | 'excluded';

function covers(base: GeneralName, name: GeneralName, side: Side): boolean {
  switch (base.type) {
    case 'dns':
      return name.type === 'dns' && dnsCovers(base.value, name.value, side);
    case 'email':
      return name.type === 'email' && emailCovers(base.value, name.value, side);
    case 'uri':
      return name.type === 'uri' && uriCovers(base.value, name.value, side);
    case 'ip':
      return name.type === 'ip' && ipCovers(base.octets, name.octets);
    case 'directory':
      return name.type === 'directory' && directoryCovers(base.name, name.name);
    // Forms nobody can compare: an exclusion excludes, a permission permits nothing.
    case 'registered-id':
    case 'other':
      return side === 'excluded';
  }
}

function fold(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** A base covers itself and everything below; with a leading dot only what is below. */
function dnsCovers(base: string, name: string, side: Side): boolean {
  const foldedBase = fold(base);
  const foldedName = fold(name);
  if (foldedBase === '') return true;
  const suffix = foldedBase.startsWith('.') ? foldedBase : `.${foldedBase}`;
  if (foldedName === foldedBase || foldedName.endsWith(suffix)) return true;
  // A wildcard stands for names below it: one of them may be what is excluded.
  return side === 'excluded' && foldedName.startsWith('*.') && suffix.endsWith(foldedName.slice(1));
}

function emailCovers(base: string, name: string, side: Side): boolean {
  const at = name.lastIndexOf('@');
  if (at < 0) return side === 'excluded';
  const host = name.slice(at + 1);
  const baseAt = base.lastIndexOf('@');
  if (baseAt >= 0) {
    const [local, baseLocal] = [name.slice(0, at), base.slice(0, baseAt)];
    const sameLocal = side === 'excluded' ? local.toLowerCase() === baseLocal.toLowerCase() : local === baseLocal;
    return sameLocal && fold(host) === fold(base.slice(baseAt + 1));
  }
  return base.startsWith('.') ? fold(host).endsWith(fold(base)) : fold(host) === fold(base);
}

function uriCovers(base: string, name: string, side: Side): boolean {
  const host = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#:@[\]]+)(?::\d*)?(?:[/?#]|$)/i.exec(name)?.[1];
  // RFC 5280: a URI without a host name cannot satisfy a constraint.
  if (host === undefined || /^[\d.]+$/.test(host)) return side === 'excluded';
  return base.startsWith('.') ? fold(host).endsWith(fold(base)) : fold(host) === fold(base);
}

/** `base` is address and mask. */
function ipCovers(base: Uint8Array, address: Uint8Array): boolean {
  if (base.length !== 2 * address.length) return false;
  return address.every(
    (octet, index) => (octet & base[address.length + index]!) === (base[index]! & base[address.length + index]!),
  );
}

/** A name is below a base when it begins with all RDNs of the base. */
function directoryCovers(base: DistinguishedName, name: DistinguishedName): boolean {
  const baseRdns = foldedRdns(base);
  const nameRdns = foldedRdns(name);
  return baseRdns.every((rdn, index) => nameRdns[index] === rdn);
}
