import { hash } from '../crypto/hash';
import {
  contextTag,
  decodeBitStringOctets,
  decodeBoolean,
  decodeIntegerOctets,
  decodeNamedBits,
  decodeOid,
  decodeSmallInteger,
  decodeTime,
  type DerElement,
  derChildren,
  DerReader,
  derTag,
} from './der-reader';
import { type DistinguishedName, parseDistinguishedName } from './distinguished-name';
import { type GeneralName, parseGeneralName } from './general-name';
import { accessMethodOid, extensionOid, nameOfOid } from './object-identifiers';
import { PkiError } from './pki-error';

/** Bits of the key usage extension in their order (RFC 5280 section 4.2.1.3). */
export const keyUsages = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;
export type KeyUsage = (typeof keyUsages)[number];

export interface NameConstraints {
  readonly permitted: readonly GeneralName[];
  readonly excluded: readonly GeneralName[];
}

export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  /** Content of extnValue. */
  readonly value: Uint8Array;
}

/** An X.509 certificate as it was parsed; nothing in it was verified. Octet fields are views of `der`. */
export interface Certificate {
  readonly der: Uint8Array;
  /** What the issuer signed. */
  readonly tbs: Uint8Array;
  readonly version: 1 | 2 | 3;
  /** Octets of the INTEGER. */
  readonly serialNumber: Uint8Array;
  /** DER of the AlgorithmIdentifier; the one inside the signed part is checked to be the same. */
  readonly signatureAlgorithm: Uint8Array;
  readonly signature: Uint8Array;
  readonly issuer: DistinguishedName;
  readonly subject: DistinguishedName;
  /** Milliseconds since the Unix epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  /** Content of subjectPublicKey: what OCSP hashes. */
  readonly publicKeyBits: Uint8Array;
  readonly extensions: readonly Extension[];
  /** null: the extension is absent. */
  readonly basicConstraints: { readonly ca: boolean; readonly pathLength: number | null } | null;
  readonly keyUsage: ReadonlySet<KeyUsage> | null;
  readonly extendedKeyUsage: readonly string[] | null;
  readonly subjectAltNames: readonly GeneralName[];
  readonly nameConstraints: NameConstraints | null;
  readonly policies: readonly string[];
  readonly subjectKeyIdentifier: Uint8Array | null;
  readonly authorityKeyIdentifier: Uint8Array | null;
  readonly ocspUrls: readonly string[];
  readonly crlUrls: readonly string[];
}

/** Larger certificates are refused unread (P-1: a message has 64 KiB for all). */
export const largestCertificate = 64 * 1024;
const mostExtensions = 64;
const mostNames = 1024;

/** Parses DER. Any octets give a certificate or a PkiError `malformed` or `limit` (H-22). */
export function parseCertificate(der: Uint8Array): Certificate {
  const where = 'certificate';
  if (der.length > largestCertificate)
    throw new PkiError('limit', `certificate: ${der.length} octets, at most ${largestCertificate} are read`);
  const outer = new DerReader(der, where);
  const certificate = outer.enter(derTag.sequence, 'Certificate');
  outer.end();
  const tbsElement = certificate.expect(derTag.sequence, 'tbsCertificate');
  const signatureAlgorithm = certificate.expect(derTag.sequence, 'signatureAlgorithm').raw;
  const signature = decodeBitStringOctets(
    certificate.expect(derTag.bitString, 'signatureValue').content,
    `${where}, signatureValue`,
  );
  certificate.end();

  const tbs = new DerReader(tbsElement.content, where);
  const versionElement = tbs.optional(contextTag(0, true));
  const version = versionElement === null ? 1 : parseVersion(versionElement);
  const serialNumber = decodeIntegerOctets(
    tbs.expect(derTag.integer, 'serialNumber').content,
    `${where}, serialNumber`,
  );
  if (Buffer.compare(tbs.expect(derTag.sequence, 'signature').raw, signatureAlgorithm) !== 0)
    throw new PkiError('malformed', 'certificate: the two signature algorithms differ');
  const issuer = parseDistinguishedName(tbs.expect(derTag.sequence, 'issuer').raw, `${where}, issuer`);
  const validity = tbs.enter(derTag.sequence, 'validity');
  const notBefore = decodeTime(validity.next(), `${where}, notBefore`);
  const notAfter = decodeTime(validity.next(), `${where}, notAfter`);
  validity.end();
  const subject = parseDistinguishedName(tbs.expect(derTag.sequence, 'subject').raw, `${where}, subject`);
  const spkiElement = tbs.expect(derTag.sequence, 'subjectPublicKeyInfo');
  const spki = new DerReader(spkiElement.content, `${where}, subjectPublicKeyInfo`);
  spki.expect(derTag.sequence, 'algorithm');
  const publicKeyBits = decodeBitStringOctets(
    spki.expect(derTag.bitString, 'subjectPublicKey').content,
    `${where}, subjectPublicKey`,
  );
  spki.end();
  tbs.optional(contextTag(1, false));
  tbs.optional(contextTag(2, false));
  const extensionsElement = tbs.optional(contextTag(3, true));
  tbs.end();
  if (extensionsElement !== null && version !== 3)
    throw new PkiError('malformed', 'certificate: extensions in a certificate that is not version 3');
  const extensions = extensionsElement === null ? [] : parseExtensions(extensionsElement.content, where);

  const extensionValue = (oid: string): Uint8Array | null =>
    extensions.find((extension) => extension.oid === oid)?.value ?? null;
  const read = <T>(oid: string, parse: (value: Uint8Array, where: string) => T): T | null => {
    const value = extensionValue(oid);
    return value === null ? null : parse(value, `${where}, ${nameOfOid(oid)}`);
  };
  return {
    der,
    tbs: tbsElement.raw,
    version,
    serialNumber,
    signatureAlgorithm,
    signature,
    issuer,
    subject,
    notBefore,
    notAfter,
    spki: spkiElement.raw,
    publicKeyBits,
    extensions,
    basicConstraints: read(extensionOid.basicConstraints, parseBasicConstraints),
    keyUsage: read(extensionOid.keyUsage, parseKeyUsage),
    extendedKeyUsage: read(extensionOid.extendedKeyUsage, parseExtendedKeyUsage),
    subjectAltNames: read(extensionOid.subjectAltName, parseGeneralNames) ?? [],
    nameConstraints: read(extensionOid.nameConstraints, parseNameConstraints),
    policies: read(extensionOid.certificatePolicies, parsePolicies) ?? [],
    subjectKeyIdentifier: read(extensionOid.subjectKeyIdentifier, parseKeyIdentifier),
    authorityKeyIdentifier: read(extensionOid.authorityKeyIdentifier, parseAuthorityKeyIdentifier),
    ocspUrls: read(extensionOid.authorityInfoAccess, parseOcspUrls) ?? [],
    crlUrls: read(extensionOid.crlDistributionPoints, parseCrlUrls) ?? [],
  };
}

/** SHA-1 of the SubjectPublicKeyInfo, 20 octets: what CERTREQ lists (RFC 7296 section 3.7, C-31). */
export function certificateRequestHash(certificate: Certificate): Uint8Array {
  return hash('sha1', certificate.spki);
}

/** SHA-256 of the certificate in upper-case hexadecimal with colons, as people compare it. */
export function fingerprint(certificate: Certificate): string {
  return Buffer.from(hash('sha256', certificate.der)).toString('hex').toUpperCase().match(/../g)!.join(':');
}

/** SHA-1 of the certificate, hexadecimal in lower case: how Windows names one. */
export function thumbprint(certificate: Certificate): string {
  return Buffer.from(hash('sha1', certificate.der)).toString('hex');
}

/** SHA-256 of the SubjectPublicKeyInfo in base64: a pin. */
export function spkiPin(certificate: Certificate): string {
  return Buffer.from(hash('sha256', certificate.spki)).toString('base64');
}

export function sameCertificate(a: Certificate, b: Certificate): boolean {
  return Buffer.compare(a.der, b.der) === 0;
}

function parseVersion(element: DerElement): 1 | 2 | 3 {
  const reader = new DerReader(element.content, 'certificate, version');
  const version = decodeSmallInteger(reader.expect(derTag.integer, 'version').content, 'certificate, version');
  reader.end();
  if (version !== 1 && version !== 2) throw new PkiError('malformed', 'certificate, version: neither 2 nor 3');
  return version === 1 ? 2 : 3;
}

/** Extensions of certificates, CRLs and OCSP responses: each at most once (RFC 5280 section 4.2). */
export function parseExtensions(content: Uint8Array, where: string): Extension[] {
  const outer = new DerReader(content, where);
  const list = outer.expect(derTag.sequence, 'extensions');
  outer.end();
  const extensions = derChildren(list.content, `${where}, extensions`, mostExtensions).map((element): Extension => {
    if (element.tag !== derTag.sequence) throw new PkiError('malformed', `${where}: an extension is not a SEQUENCE`);
    const reader = new DerReader(element.content, `${where}, extension`);
    const oid = decodeOid(reader.expect(derTag.objectIdentifier, 'extnID').content, `${where}, extnID`);
    const critical = reader.optional(derTag.boolean);
    const value = reader.expect(derTag.octetString, 'extnValue').content;
    reader.end();
    return { oid, critical: critical !== null && decodeBoolean(critical.content, `${where}, critical`), value };
  });
  if (new Set(extensions.map(({ oid }) => oid)).size !== extensions.length)
    throw new PkiError('malformed', `${where}: an extension occurs twice`);
  return extensions;
}

function sequenceOf(value: Uint8Array, where: string, most: number): DerElement[] {
  const reader = new DerReader(value, where);
  const list = reader.expect(derTag.sequence, 'SEQUENCE');
  reader.end();
  return derChildren(list.content, where, most);
}

function parseBasicConstraints(value: Uint8Array, where: string): { ca: boolean; pathLength: number | null } {
  const outer = new DerReader(value, where);
  const reader = outer.enter(derTag.sequence, 'BasicConstraints');
  outer.end();
  const ca = reader.optional(derTag.boolean);
  const pathLength = reader.optional(derTag.integer);
  reader.end();
  return {
    ca: ca !== null && decodeBoolean(ca.content, where),
    pathLength: pathLength === null ? null : decodeSmallInteger(pathLength.content, where),
  };
}

function parseKeyUsage(value: Uint8Array, where: string): ReadonlySet<KeyUsage> {
  const reader = new DerReader(value, where);
  const bits = decodeNamedBits(reader.expect(derTag.bitString, 'KeyUsage').content, where);
  reader.end();
  return new Set(keyUsages.filter((_, index) => bits[index] === true));
}

function parseExtendedKeyUsage(value: Uint8Array, where: string): string[] {
  return sequenceOf(value, where, 64).map((element) => {
    if (element.tag !== derTag.objectIdentifier) throw new PkiError('malformed', `${where}: not a key purpose`);
    return decodeOid(element.content, where);
  });
}

function parseGeneralNames(value: Uint8Array, where: string): GeneralName[] {
  return sequenceOf(value, where, mostNames).map((element) => {
    const name = parseGeneralName(element, where);
    if (name.type === 'ip' && name.octets.length !== 4 && name.octets.length !== 16)
      throw new PkiError('malformed', `${where}: an address of ${name.octets.length} octets`);
    return name;
  });
}

function parseNameConstraints(value: Uint8Array, where: string): NameConstraints {
  const outer = new DerReader(value, where);
  const reader = outer.enter(derTag.sequence, 'NameConstraints');
  outer.end();
  const permitted = reader.optional(contextTag(0, true));
  const excluded = reader.optional(contextTag(1, true));
  reader.end();
  const subtrees = (element: DerElement | null): GeneralName[] =>
    element === null
      ? []
      : derChildren(element.content, where, mostNames).map((subtree) => {
          if (subtree.tag !== derTag.sequence) throw new PkiError('malformed', `${where}: not a GeneralSubtree`);
          const inside = new DerReader(subtree.content, where);
          const base = parseGeneralName(inside.next(), where);
          // RFC 5280 section 4.2.1.10: minimum is 0 (in DER absent) and maximum absent.
          inside.end();
          if (base.type === 'ip' && base.octets.length !== 8 && base.octets.length !== 32)
            throw new PkiError('malformed', `${where}: an address range of ${base.octets.length} octets`);
          return base;
        });
  const constraints = { permitted: subtrees(permitted), excluded: subtrees(excluded) };
  if (constraints.permitted.length + constraints.excluded.length === 0)
    throw new PkiError('malformed', `${where}: neither permitted nor excluded names`);
  return constraints;
}

function parsePolicies(value: Uint8Array, where: string): string[] {
  return sequenceOf(value, where, 64).map((element) => {
    if (element.tag !== derTag.sequence) throw new PkiError('malformed', `${where}: not a PolicyInformation`);
    return decodeOid(
      new DerReader(element.content, where).expect(derTag.objectIdentifier, 'policyIdentifier').content,
      where,
    );
  });
}

function parseKeyIdentifier(value: Uint8Array, where: string): Uint8Array {
  const reader = new DerReader(value, where);
  const identifier = reader.expect(derTag.octetString, 'KeyIdentifier').content;
  reader.end();
  return identifier;
}

function parseAuthorityKeyIdentifier(value: Uint8Array, where: string): Uint8Array | null {
  const outer = new DerReader(value, where);
  const reader = outer.enter(derTag.sequence, 'AuthorityKeyIdentifier');
  outer.end();
  return reader.optional(contextTag(0, false))?.content ?? null;
}

function parseOcspUrls(value: Uint8Array, where: string): string[] {
  return sequenceOf(value, where, 64).flatMap((element) => {
    if (element.tag !== derTag.sequence) throw new PkiError('malformed', `${where}: not an AccessDescription`);
    const reader = new DerReader(element.content, where);
    const method = decodeOid(reader.expect(derTag.objectIdentifier, 'accessMethod').content, where);
    const location = parseGeneralName(reader.next(), where);
    return method === accessMethodOid.ocsp && location.type === 'uri' ? [location.value] : [];
  });
}

function parseCrlUrls(value: Uint8Array, where: string): string[] {
  return sequenceOf(value, where, 64).flatMap((element) => {
    if (element.tag !== derTag.sequence) throw new PkiError('malformed', `${where}: not a DistributionPoint`);
    const point = new DerReader(element.content, where).optional(contextTag(0, true));
    if (point === null) return [];
    const fullName = new DerReader(point.content, where).optional(contextTag(0, true));
    return fullName === null
      ? []
      : derChildren(fullName.content, where, 64)
          .flatMap((name) => (name.tag === contextTag(6, false) ? [parseGeneralName(name, where)] : []))
          .flatMap((name) => (name.type === 'uri' ? [name.value] : []));
  });
}
