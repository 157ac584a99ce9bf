import { parseAlgorithmIdentifier } from '../crypto/algorithm-identifier';
import { verifyData } from '../crypto/signatures';
import type { PathRule } from '../ports/failed-rule';
import { type Certificate, type KeyUsage, sameCertificate } from './certificate';
import { formatName, sameName } from './distinguished-name';
import { nameConstraintViolation } from './name-constraints';
import { extendedKeyUsageOid, extensionOid, nameOfOid } from './object-identifiers';
import { keyWeakness } from './public-key';

export interface PathFailure {
  readonly rule: PathRule;
  /** The certificate that failed the check. */
  readonly certificate: Certificate;
  /** Names and values: "expired on 2026-01-02T03:04:05Z". No secret in it. */
  readonly detail: string;
}

export type PathResult =
  /** `path` is leaf first, anchor last; a leaf that is itself an anchor is the only one. */
  | { readonly ok: true; readonly leaf: Certificate; readonly path: readonly Certificate[] }
  | { readonly ok: false; readonly failure: PathFailure };

/** What the leaf shall prove: a VPN gateway (P-6), an AAA server, a client, or nothing but its chain. */
export type PathPurpose = 'gateway' | 'server' | 'client' | 'any';

export interface PathRules {
  /** Wall-clock milliseconds. */
  readonly wallTime: number;
  readonly purpose: PathPurpose;
  /** Demand serverAuth of a gateway, as Windows does (P-6, strict option). */
  readonly requireServerAuth?: boolean;
  /** RSA of 1024 bits is accepted (P-3). */
  readonly legacy?: boolean;
}

/** Clock tolerance in milliseconds (P-2). */
export const clockTolerance = 5 * 60_000;
export const deepestPath = 8;
/** Signature checks for one validation: crossing certificates may not make work without end. */
const mostSignatureChecks = 64;

const acceptedUsages: Readonly<Record<PathPurpose, readonly string[] | null>> = {
  gateway: [extendedKeyUsageOid.serverAuth, extendedKeyUsageOid.ipsecIKE, extendedKeyUsageOid.ikeIntermediate],
  server: [extendedKeyUsageOid.serverAuth],
  client: [
    extendedKeyUsageOid.clientAuth,
    extendedKeyUsageOid.ipsecIKE,
    extendedKeyUsageOid.ikeIntermediate,
    extendedKeyUsageOid.smartcardLogon,
  ],
  any: null,
};

/** Extensions whose meaning is processed here, or that cannot make a path invalid as we use it. */
const processedExtensions: ReadonlySet<string> = new Set([
  extensionOid.keyUsage,
  extensionOid.subjectAltName,
  extensionOid.issuerAltName,
  extensionOid.basicConstraints,
  extensionOid.nameConstraints,
  extensionOid.extendedKeyUsage,
  extensionOid.subjectKeyIdentifier,
  extensionOid.authorityKeyIdentifier,
  extensionOid.crlDistributionPoints,
  // Without a required explicit policy any policy tree is acceptable (RFC 5280 section 6.1.1 d, e).
  extensionOid.certificatePolicies,
  extensionOid.policyMappings,
  extensionOid.inhibitAnyPolicy,
]);

/**
 * Builds and validates a path from `leaf` over `intermediates` (in any order, some of them perhaps useless) to one of
 * `anchors`;
 * RFC 5280 section 6 with the limits of P-1 to P-6. The first valid path wins; otherwise the failure of the path that
 * came furthest is told.
 * Pure: no clock, no network.
 */
export function validatePath(
  leaf: Certificate,
  intermediates: readonly Certificate[],
  anchors: readonly Certificate[],
  rules: PathRules,
): PathResult {
  if (anchors.some((anchor) => sameCertificate(anchor, leaf))) {
    // The very certificate is trusted: no issuer has a say in it.
    const failure = checkValidity(leaf, rules) ?? checkKey(leaf, rules) ?? checkLeafUsage(leaf, rules);
    return failure === null ? { ok: true, leaf, path: [leaf] } : { ok: false, failure };
  }
  const search: Search = { intermediates, anchors, rules, signatureChecks: 0, best: null };
  const path = extend(search, [leaf]);
  if (path !== null) return { ok: true, leaf, path };
  return {
    ok: false,
    failure: search.best?.failure ?? {
      rule: 'trust-anchor',
      certificate: leaf,
      detail: `no trusted authority issued it; it says it was issued by ${formatName(leaf.issuer)}`,
    },
  };
}

interface Search {
  readonly intermediates: readonly Certificate[];
  readonly anchors: readonly Certificate[];
  readonly rules: PathRules;
  signatureChecks: number;
  best: { readonly progress: number; readonly failure: PathFailure } | null;
}

/** Depth first: `path` is leaf first. Gives a whole valid path or null. */
function extend(search: Search, path: readonly Certificate[]): readonly Certificate[] | null {
  const top = path.at(-1)!;
  // An authority without a name cannot be told from another one (RFC 5280 section 4.1.2.6): the empty name issues
  // nothing.
  const issued = (candidate: Certificate): boolean =>
    top.issuer.rdns.length > 0 && sameName(candidate.subject, top.issuer) && keyIdentifiersAgree(candidate, top);
  for (const anchor of search.anchors) {
    if (!issued(anchor)) continue;
    const complete = [...path, anchor];
    const failure = checkSignature(search, top, anchor) ?? checkPath(complete, search.rules);
    if (failure === null) return complete;
    // A path that reaches an anchor says more than one that does not.
    note(search, 1000 + complete.length, failure);
  }
  const issuers = search.intermediates.filter(
    (candidate) => issued(candidate) && !path.some((used) => sameCertificate(used, candidate)),
  );
  if (issuers.length === 0) {
    const detail =
      path.length === 1
        ? `no trusted authority issued it; it says it was issued by ${formatName(top.issuer)}`
        : `the chain ends at ${formatName(top.subject)}, issued by ${formatName(top.issuer)}, which is not trusted here`;
    note(search, path.length, { rule: 'trust-anchor', certificate: top, detail });
  }
  for (const issuer of issuers) {
    if (path.length + 1 >= deepestPath) {
      note(search, path.length, {
        rule: 'depth',
        certificate: issuer,
        detail: `a chain of more than ${deepestPath} certificates`,
      });
      continue;
    }
    const failure = checkSignature(search, top, issuer);
    if (failure !== null) {
      note(search, path.length, failure);
      continue;
    }
    const found = extend(search, [...path, issuer]);
    if (found !== null) return found;
  }
  return null;
}

function note(search: Search, progress: number, failure: PathFailure): void {
  if (search.best === null || progress > search.best.progress) search.best = { progress, failure };
}

/** Identifiers that are both there and differ rule an issuer out; they are hints for building, not proof. */
function keyIdentifiersAgree(issuer: Certificate, subject: Certificate): boolean {
  const [key, wanted] = [issuer.subjectKeyIdentifier, subject.authorityKeyIdentifier];
  return key === null || wanted === null || Buffer.compare(key, wanted) === 0;
}

function checkSignature(search: Search, certificate: Certificate, issuer: Certificate): PathFailure | null {
  search.signatureChecks += 1;
  if (search.signatureChecks > mostSignatureChecks)
    return { rule: 'depth', certificate, detail: 'too many possible chains' };
  return checkCertificateSignature(certificate, issuer);
}

/** The signature of `certificate` by `issuer`, or what is wrong with it. */
export function checkCertificateSignature(certificate: Certificate, issuer: Certificate): PathFailure | null {
  const result = checkSignedObject(certificate.signatureAlgorithm, certificate.tbs, certificate.signature, issuer.spki);
  return result === null ? null : { ...result, certificate };
}

/** Signature over anything a CA signs: certificates, CRLs, OCSP responses. SHA-1 is refused (P-3). */
export function checkSignedObject(
  signatureAlgorithm: Uint8Array,
  signed: Uint8Array,
  signature: Uint8Array,
  spki: Uint8Array,
): { readonly rule: 'algorithm' | 'key' | 'signature'; readonly detail: string } | null {
  let scheme;
  try {
    scheme = parseAlgorithmIdentifier(signatureAlgorithm);
  } catch {
    return { rule: 'algorithm', detail: 'signed with an algorithm that is not accepted' };
  }
  if (scheme.hash === 'sha1')
    return { rule: 'algorithm', detail: `signed with ${scheme.algorithm} and SHA-1, which is not accepted` };
  try {
    if (verifyData(scheme, spki, signed, signature)) return null;
  } catch {
    return { rule: 'key', detail: 'the public key of its issuer cannot be read' };
  }
  return { rule: 'signature', detail: 'its signature does not verify with the key of its issuer' };
}

/** RFC 5280 section 6.1.3 to 6.1.5 over a path whose signatures hold, anchor down to leaf. */
function checkPath(path: readonly Certificate[], rules: PathRules): PathFailure | null {
  let remaining = Number.POSITIVE_INFINITY;
  for (let index = path.length - 1; index >= 0; index -= 1) {
    const certificate = path[index]!;
    const isLeaf = index === 0;
    const isAnchor = index === path.length - 1;
    const failure = checkValidity(certificate, rules) ?? checkKey(certificate, rules) ?? checkExtensions(certificate);
    if (failure !== null) return failure;
    const selfIssued = sameName(certificate.subject, certificate.issuer);
    for (const above of path.slice(index + 1)) {
      if (above.nameConstraints === null || (selfIssued && !isLeaf)) continue;
      const violation = nameConstraintViolation(certificate, above.nameConstraints, isLeaf);
      if (violation !== null)
        return {
          rule: 'name-constraints',
          certificate,
          detail: `${violation}, as ${formatName(above.subject)} demands`,
        };
    }
    if (isLeaf) return checkLeafUsage(certificate, rules);
    const issuerFailure = checkIssuer(certificate, isAnchor, rules);
    if (issuerFailure !== null) return issuerFailure;
    if (!isAnchor && !selfIssued) {
      if (remaining <= 0)
        return { rule: 'path-length', certificate, detail: 'a certificate above allows no further authority below it' };
      remaining -= 1;
    }
    const pathLength = certificate.basicConstraints?.pathLength ?? null;
    if (pathLength !== null) remaining = Math.min(remaining, pathLength);
  }
  return null;
}

function checkValidity(certificate: Certificate, { wallTime }: PathRules): PathFailure | null {
  const now = new Date(wallTime).toISOString();
  if (wallTime + clockTolerance < certificate.notBefore) {
    return {
      rule: 'not-yet-valid',
      certificate,
      detail: `valid from ${new Date(certificate.notBefore).toISOString()}, and it is ${now} by this computer's clock`,
    };
  }
  if (wallTime - clockTolerance > certificate.notAfter) {
    return {
      rule: 'expired',
      certificate,
      detail: `expired on ${new Date(certificate.notAfter).toISOString()}, and it is ${now} by this computer's clock`,
    };
  }
  return null;
}

function checkKey(certificate: Certificate, { legacy }: PathRules): PathFailure | null {
  let weakness;
  try {
    weakness = keyWeakness(certificate.spki, legacy === true ? 1024 : 2048);
  } catch {
    weakness = { detail: 'a public key that cannot be read' };
  }
  return weakness === null ? null : { rule: 'key', certificate, detail: weakness.detail };
}

function checkExtensions(certificate: Certificate): PathFailure | null {
  const unknown = certificate.extensions.find(({ oid, critical }) => critical && !processedExtensions.has(oid));
  return unknown === undefined
    ? null
    : {
        rule: 'critical-extension',
        certificate,
        detail: `critical extension ${nameOfOid(unknown.oid)} is not understood`,
      };
}

function checkIssuer(certificate: Certificate, isAnchor: boolean, rules: PathRules): PathFailure | null {
  const { basicConstraints, keyUsage, extendedKeyUsage } = certificate;
  // An anchor of version 1 has no extensions; that it is an authority is what trusting it says.
  if (basicConstraints?.ca !== true && !(isAnchor && certificate.version !== 3))
    return {
      rule: 'basic-constraints',
      certificate,
      detail: 'it issued a certificate but is no certification authority (CA:FALSE)',
    };
  if (keyUsage !== null && !keyUsage.has('keyCertSign'))
    return { rule: 'key-usage', certificate, detail: 'it issued a certificate but its key usage lacks keyCertSign' };
  // A purpose named in an authority's certificate limits what it may issue for, as Windows and browsers read it.
  if (!isAnchor && extendedKeyUsage !== null && !usageAccepted(extendedKeyUsage, rules.purpose))
    return usageFailure(certificate, extendedKeyUsage, acceptedUsages[rules.purpose]!);
  return null;
}

const signingUsages: readonly KeyUsage[] = ['digitalSignature', 'nonRepudiation'];

/** Key usage (P-5) and extended key usage (P-6) of the leaf. */
function checkLeafUsage(leaf: Certificate, rules: PathRules): PathFailure | null {
  const extensions = checkExtensions(leaf);
  if (extensions !== null) return extensions;
  if (rules.purpose === 'any') return null;
  if (leaf.keyUsage !== null && !signingUsages.some((usage) => leaf.keyUsage!.has(usage))) {
    return {
      rule: 'key-usage',
      certificate: leaf,
      detail: 'its key usage has neither digitalSignature nor nonRepudiation',
    };
  }
  const usage = leaf.extendedKeyUsage;
  if (rules.requireServerAuth === true && usage?.includes(extendedKeyUsageOid.serverAuth) !== true)
    return usageFailure(leaf, usage, [extendedKeyUsageOid.serverAuth]);
  // an AAA server must say that it is a server; elsewhere absence means any purpose.
  if (usage === null) return rules.purpose === 'server' ? usageFailure(leaf, usage, acceptedUsages.server!) : null;
  return usageAccepted(usage, rules.purpose) ? null : usageFailure(leaf, usage, acceptedUsages[rules.purpose]!);
}

function usageAccepted(usages: readonly string[], purpose: PathPurpose): boolean {
  const accepted = acceptedUsages[purpose];
  return (
    accepted === null ||
    usages.some((usage) => usage === extendedKeyUsageOid.anyExtendedKeyUsage || accepted.includes(usage))
  );
}

function usageFailure(
  certificate: Certificate,
  found: readonly string[] | null,
  wanted: readonly string[],
): PathFailure {
  const has =
    found === null ? 'no extended key usage' : `extended key usage ${found.slice(0, 8).map(nameOfOid).join(', ')}`;
  return {
    rule: 'extended-key-usage',
    certificate,
    detail: `${has}, but ${wanted.map(nameOfOid).join(' or ')} is needed`,
  };
}
