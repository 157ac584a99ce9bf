import { type Certificate, type Extension, parseExtensions } from './certificate';
import {
  contextTag,
  decodeBitStringOctets,
  decodeBoolean,
  decodeIntegerOctets,
  decodeTime,
  derChildren,
  derTag,
  DerReader,
} from './der-reader';
import { type DistinguishedName, parseDistinguishedName, sameName } from './distinguished-name';
import { parseGeneralName } from './general-name';
import { extensionOid } from './object-identifiers';
import { checkSignedObject, clockTolerance } from './path-validation';
import { PkiError } from './pki-error';

/** A certificate revocation list as it was parsed, RFC 5280 section 5; nothing in it was verified. */
export interface CertificateRevocationList {
  readonly tbs: Uint8Array;
  readonly signatureAlgorithm: Uint8Array;
  readonly signature: Uint8Array;
  readonly issuer: DistinguishedName;
  /** Milliseconds since the Unix epoch. */
  readonly thisUpdate: number;
  readonly nextUpdate: number | null;
  /** Serial numbers in hexadecimal, with the date of revocation. */
  readonly revoked: ReadonlyMap<string, number>;
  readonly extensions: readonly Extension[];
  /** An entry has a critical extension that is not understood: nobody knows which certificate is meant. */
  readonly hasUnknownEntries: boolean;
}

/** P-16. */
export const largestCrl = 16 * 1024 * 1024;

/** Parses DER. Throws PkiError `malformed` or `limit`. */
export function parseCrl(der: Uint8Array): CertificateRevocationList {
  const where = 'CRL';
  if (der.length > largestCrl) throw new PkiError('limit', `CRL: ${der.length} octets, at most ${largestCrl} are read`);
  const outer = new DerReader(der, where);
  const list = outer.enter(derTag.sequence, 'CertificateList');
  outer.end();
  const tbsElement = list.expect(derTag.sequence, 'tbsCertList');
  const signatureAlgorithm = list.expect(derTag.sequence, 'signatureAlgorithm').raw;
  const signature = decodeBitStringOctets(list.expect(derTag.bitString, 'signatureValue').content, where);
  list.end();

  const tbs = new DerReader(tbsElement.content, where);
  tbs.optional(derTag.integer);
  if (Buffer.compare(tbs.expect(derTag.sequence, 'signature').raw, signatureAlgorithm) !== 0)
    throw new PkiError('malformed', 'CRL: the two signature algorithms differ');
  const issuer = parseDistinguishedName(tbs.expect(derTag.sequence, 'issuer').raw, `${where}, issuer`);
  const thisUpdate = decodeTime(tbs.next(), `${where}, thisUpdate`);
  const nextUpdate =
    tbs.peek() === derTag.utcTime || tbs.peek() === derTag.generalizedTime
      ? decodeTime(tbs.next(), `${where}, nextUpdate`)
      : null;
  const revoked = new Map<string, number>();
  let hasUnknownEntries = false;
  const entries = tbs.optional(derTag.sequence);
  if (entries !== null) {
    const reader = new DerReader(entries.content, `${where}, revokedCertificates`);
    while (!reader.done) {
      const entry = reader.enter(derTag.sequence, 'entry');
      const serial = serialKey(decodeIntegerOctets(entry.expect(derTag.integer, 'serial number').content, where));
      revoked.set(serial, decodeTime(entry.next(), `${where}, revocationDate`));
      const extensions = entry.done
        ? []
        : parseExtensions(entry.expect(derTag.sequence, 'crlEntryExtensions').raw, where);
      entry.end();
      hasUnknownEntries ||= extensions.some(({ oid, critical }) => critical && oid !== extensionOid.reasonCode);
    }
  }
  const extensionsElement = tbs.optional(contextTag(0, true));
  tbs.end();
  const extensions = extensionsElement === null ? [] : parseExtensions(extensionsElement.content, where);
  return {
    tbs: tbsElement.raw,
    signatureAlgorithm,
    signature,
    issuer,
    thisUpdate,
    nextUpdate,
    revoked,
    extensions,
    hasUnknownEntries,
  };
}

export type RevocationStatus =
  | { readonly status: 'good' }
  | { readonly status: 'revoked'; readonly at: number }
  | { readonly status: 'unknown'; readonly why: string };

const unknown = (why: string): RevocationStatus => ({ status: 'unknown', why });

const processedExtensions: ReadonlySet<string> = new Set([
  extensionOid.authorityKeyIdentifier,
  extensionOid.crlNumber,
  extensionOid.issuingDistributionPoint,
  extensionOid.issuerAltName,
]);

/** What a CRL says of a certificate issued by `issuer` (P-18): RFC 5280 section 6.3 without indirect and delta CRLs. */
export function crlStatus(
  crl: CertificateRevocationList,
  certificate: Certificate,
  issuer: Certificate,
  wallTime: number,
): RevocationStatus {
  if (!sameName(crl.issuer, issuer.subject)) return unknown('the CRL is of another issuer');
  if (issuer.keyUsage !== null && !issuer.keyUsage.has('cRLSign')) return unknown('the issuer may not sign CRLs');
  const failure = checkSignedObject(crl.signatureAlgorithm, crl.tbs, crl.signature, issuer.spki);
  if (failure !== null) return unknown(`the CRL: ${failure.detail}`);
  if (crl.thisUpdate > wallTime + clockTolerance) return unknown('the CRL is from the future');
  if (crl.nextUpdate === null || crl.nextUpdate + clockTolerance < wallTime) return unknown('the CRL is out of date');
  if (crl.extensions.some(({ oid }) => oid === extensionOid.deltaCrlIndicator)) return unknown('the CRL is a delta');
  if (crl.hasUnknownEntries || crl.extensions.some(({ oid, critical }) => critical && !processedExtensions.has(oid)))
    return unknown('the CRL has a critical extension that is not understood');
  const scope = scopeOf(crl);
  if (scope === null || !inScope(scope, certificate)) return unknown('the CRL does not cover this certificate');
  const at = crl.revoked.get(serialKey(certificate.serialNumber));
  if (at !== undefined) return { status: 'revoked', at };
  return scope.someReasons ? unknown('the CRL covers some reasons only') : { status: 'good' };
}

interface Scope {
  readonly urls: readonly string[] | null;
  readonly userOnly: boolean;
  readonly caOnly: boolean;
  readonly someReasons: boolean;
}

/** Issuing distribution point, RFC 5280 section 5.2.5; null: one that cannot be used. */
function scopeOf(crl: CertificateRevocationList): Scope | null {
  const extension = crl.extensions.find(({ oid }) => oid === extensionOid.issuingDistributionPoint);
  if (extension === undefined) return { urls: null, userOnly: false, caOnly: false, someReasons: false };
  const where = 'CRL, issuingDistributionPoint';
  try {
    const reader = new DerReader(extension.value, where).enter(derTag.sequence, 'IssuingDistributionPoint');
    const point = reader.optional(contextTag(0, true));
    const flag = (number: number): boolean => {
      const element = reader.optional(contextTag(number, false));
      return element !== null && decodeBoolean(element.content, where);
    };
    const userOnly = flag(1);
    const caOnly = flag(2);
    const someReasons = reader.optional(contextTag(3, false)) !== null;
    const indirect = flag(4);
    const attributesOnly = flag(5);
    reader.end();
    if (indirect || attributesOnly) return null;
    if (point === null) return { urls: null, userOnly, caOnly, someReasons };
    const fullName = new DerReader(point.content, where).optional(contextTag(0, true));
    if (fullName === null) return null;
    const urls = derChildren(fullName.content, where, 64).flatMap((element) => {
      const name = parseGeneralName(element, where);
      return name.type === 'uri' ? [name.value] : [];
    });
    return { urls, userOnly, caOnly, someReasons };
  } catch {
    return null;
  }
}

function inScope({ urls, userOnly, caOnly }: Scope, certificate: Certificate): boolean {
  const isCa = certificate.basicConstraints?.ca === true;
  if ((userOnly && isCa) || (caOnly && !isCa)) return false;
  return urls === null || urls.some((url) => certificate.crlUrls.includes(url));
}

export function serialKey(serialNumber: Uint8Array): string {
  return Buffer.from(serialNumber).toString('hex');
}
