import { hash } from '../crypto/hash';
import { type Certificate, parseCertificate, sameCertificate } from './certificate';
import {
  contextTag,
  decodeBitStringOctets,
  decodeIntegerOctets,
  decodeOid,
  decodeTime,
  derChildren,
  derTag,
  DerReader,
} from './der-reader';
import { derElement, derNull, derOctetString, derOid, derSequence } from './der-writer';
import { parseDistinguishedName, sameName } from './distinguished-name';
import { accessMethodOid, extendedKeyUsageOid, extensionOid } from './object-identifiers';
import { checkCertificateSignature, checkSignedObject, clockTolerance } from './path-validation';
import { PkiError } from './pki-error';
import type { RevocationStatus } from './crl';

/** P-16. */
export const largestOcspResponse = 1024 * 1024;
/** An answer that names no next update is believed this long, in milliseconds. */
const believedWithoutNextUpdate = 24 * 3_600_000;

const hashOids = { sha1: '1.3.14.3.2.26', sha256: '2.16.840.1.101.3.4.2.1' } as const;
type CertIdHash = keyof typeof hashOids;

/** CertID of RFC 6960 section 4.1.1, DER. */
export function encodeCertId(certificate: Certificate, issuer: Certificate, algorithm: CertIdHash): Uint8Array {
  return derSequence(
    derSequence(derOid(hashOids[algorithm]), derNull()),
    derOctetString(hash(algorithm, issuer.subject.der)),
    derOctetString(hash(algorithm, issuer.publicKeyBits)),
    derElement(derTag.integer, certificate.serialNumber),
  );
}

/**
 * OCSPRequest for one certificate, DER. SHA-1 in the CertID is what responders know (RFC 5019 section 2.1.1); `nonce`
 * may be null.
 */
export function encodeOcspRequest(certificate: Certificate, issuer: Certificate, nonce: Uint8Array | null): Uint8Array {
  const request = derSequence(encodeCertId(certificate, issuer, 'sha1'));
  const extensions =
    nonce === null
      ? []
      : [
          derElement(
            contextTag(2, true),
            derSequence(derSequence(derOid(accessMethodOid.ocspNonce), derOctetString(derOctetString(nonce)))),
          ),
        ];
  return derSequence(derSequence(derSequence(request), ...extensions));
}

interface SingleResponse {
  readonly hashOid: string;
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  readonly serialNumber: Uint8Array;
  readonly status: 'good' | 'revoked' | 'unknown';
  readonly revokedAt: number | null;
  readonly thisUpdate: number;
  readonly nextUpdate: number | null;
}

export interface OcspResponse {
  readonly tbs: Uint8Array;
  readonly signatureAlgorithm: Uint8Array;
  readonly signature: Uint8Array;
  readonly responder: { readonly name: Uint8Array } | { readonly keyHash: Uint8Array };
  readonly responses: readonly SingleResponse[];
  readonly nonce: Uint8Array | null;
  readonly certificates: readonly Certificate[];
}

/**
 * Parses a successful OCSPResponse with a BasicOCSPResponse, RFC 6960 section 4.2. Throws PkiError; `unsupported` for
 * an error response.
 */
export function parseOcspResponse(der: Uint8Array): OcspResponse {
  const where = 'OCSP response';
  if (der.length > largestOcspResponse)
    throw new PkiError('limit', `${where}: ${der.length} octets, at most ${largestOcspResponse} are read`);
  const outer = new DerReader(der, where);
  const response = outer.enter(derTag.sequence, 'OCSPResponse');
  outer.end();
  const responseStatus = response.expect(derTag.enumerated, 'responseStatus').content;
  if (responseStatus.length !== 1 || responseStatus[0] !== 0)
    throw new PkiError('unsupported', `${where}: the responder answered with error ${responseStatus[0] ?? '?'}`);
  const bytes = response.enter(contextTag(0, true), 'responseBytes').enter(derTag.sequence, 'ResponseBytes');
  response.end();
  if (decodeOid(bytes.expect(derTag.objectIdentifier, 'responseType').content, where) !== accessMethodOid.ocspBasic)
    throw new PkiError('unsupported', `${where}: not a basic response`);
  const basicOuter = new DerReader(bytes.expect(derTag.octetString, 'response').content, where);
  const basic = basicOuter.enter(derTag.sequence, 'BasicOCSPResponse');
  basicOuter.end();
  const tbsElement = basic.expect(derTag.sequence, 'tbsResponseData');
  const signatureAlgorithm = basic.expect(derTag.sequence, 'signatureAlgorithm').raw;
  const signature = decodeBitStringOctets(basic.expect(derTag.bitString, 'signature').content, where);
  const certificatesElement = basic.optional(contextTag(0, true));
  basic.end();

  const tbs = new DerReader(tbsElement.content, where);
  tbs.optional(contextTag(0, true));
  const responderElement = tbs.next();
  let responder: OcspResponse['responder'];
  if (responderElement.tag === contextTag(1, true)) responder = { name: responderElement.content };
  else if (responderElement.tag === contextTag(2, true))
    responder = {
      keyHash: new DerReader(responderElement.content, where).expect(derTag.octetString, 'KeyHash').content,
    };
  else throw new PkiError('malformed', `${where}: responderID`);
  decodeTime(tbs.expect(derTag.generalizedTime, 'producedAt'), `${where}, producedAt`);
  const responses = derChildren(tbs.expect(derTag.sequence, 'responses').content, where, 256).map(({ content }) =>
    parseSingle(content, where),
  );
  const extensionsElement = tbs.optional(contextTag(1, true));
  tbs.end();
  return {
    tbs: tbsElement.raw,
    signatureAlgorithm,
    signature,
    responder,
    responses,
    nonce: extensionsElement === null ? null : nonceOf(extensionsElement.content, where),
    certificates: certificatesElement === null ? [] : certificatesOf(certificatesElement.content, where),
  };
}

function parseSingle(content: Uint8Array, where: string): SingleResponse {
  const reader = new DerReader(content, where);
  const certId = reader.enter(derTag.sequence, 'certID');
  const hashOid = decodeOid(
    certId.enter(derTag.sequence, 'hashAlgorithm').expect(derTag.objectIdentifier, 'algorithm').content,
    where,
  );
  const issuerNameHash = certId.expect(derTag.octetString, 'issuerNameHash').content;
  const issuerKeyHash = certId.expect(derTag.octetString, 'issuerKeyHash').content;
  const serialNumber = decodeIntegerOctets(certId.expect(derTag.integer, 'serialNumber').content, where);
  certId.end();
  const statusElement = reader.next();
  let status: SingleResponse['status'];
  let revokedAt: number | null = null;
  if (statusElement.tag === contextTag(0, false)) status = 'good';
  else if (statusElement.tag === contextTag(2, false)) status = 'unknown';
  else if (statusElement.tag === contextTag(1, true)) {
    status = 'revoked';
    revokedAt = decodeTime(
      new DerReader(statusElement.content, where).expect(derTag.generalizedTime, 'revocationTime'),
      where,
    );
  } else throw new PkiError('malformed', `${where}: certStatus`);
  const thisUpdate = decodeTime(reader.expect(derTag.generalizedTime, 'thisUpdate'), where);
  const nextElement = reader.optional(contextTag(0, true));
  const nextUpdate =
    nextElement === null
      ? null
      : decodeTime(new DerReader(nextElement.content, where).expect(derTag.generalizedTime, 'nextUpdate'), where);
  reader.optional(contextTag(1, true));
  reader.end();
  return { hashOid, issuerNameHash, issuerKeyHash, serialNumber, status, revokedAt, thisUpdate, nextUpdate };
}

function nonceOf(content: Uint8Array, where: string): Uint8Array | null {
  const list = new DerReader(content, where).expect(derTag.sequence, 'responseExtensions');
  for (const { content: extension } of derChildren(list.content, where, 16)) {
    const reader = new DerReader(extension, where);
    const oid = decodeOid(reader.expect(derTag.objectIdentifier, 'extnID').content, where);
    reader.optional(derTag.boolean);
    const value = reader.expect(derTag.octetString, 'extnValue').content;
    if (oid !== accessMethodOid.ocspNonce) continue;
    const inner = new DerReader(value, where);
    return inner.peek() === derTag.octetString ? inner.next().content : value;
  }
  return null;
}

/** Unreadable certificates are left out: one that is needed will be missed. */
function certificatesOf(content: Uint8Array, where: string): Certificate[] {
  const list = new DerReader(content, where).expect(derTag.sequence, 'certs');
  return derChildren(list.content, where, 16).flatMap(({ raw }) => {
    try {
      return [parseCertificate(raw)];
    } catch {
      return [];
    }
  });
}

const unknown = (why: string): RevocationStatus => ({ status: 'unknown', why });

/**
 * What an OCSP response says of a certificate issued by `issuer` (P-17): the response is for this certificate, in date,
 * and signed by the issuer
 * or by a delegate that the same issuer certified for OCSPSigning. `nonce` is compared only when both sides have one.
 */
export function ocspStatus(
  response: OcspResponse,
  certificate: Certificate,
  issuer: Certificate,
  wallTime: number,
  nonce: Uint8Array | null = null,
): RevocationStatus {
  const single = response.responses.find((candidate) => isAbout(candidate, certificate, issuer));
  if (single === undefined) return unknown('the OCSP response is about another certificate');
  if (nonce !== null && response.nonce !== null && Buffer.compare(nonce, response.nonce) !== 0)
    return unknown('the OCSP response has another nonce');
  if (single.thisUpdate > wallTime + clockTolerance) return unknown('the OCSP response is from the future');
  if ((single.nextUpdate ?? single.thisUpdate + believedWithoutNextUpdate) + clockTolerance < wallTime)
    return unknown('the OCSP response is out of date');
  const signers = [issuer, ...response.certificates].filter(
    (candidate) => isResponder(response, candidate) && maySign(candidate, issuer, wallTime),
  );
  const failures = signers.map((signer) =>
    checkSignedObject(response.signatureAlgorithm, response.tbs, response.signature, signer.spki),
  );
  if (!failures.includes(null))
    return unknown(`the OCSP response: ${failures[0]?.detail ?? 'not signed by the issuer or its delegate'}`);
  switch (single.status) {
    case 'good':
      return { status: 'good' };
    case 'revoked':
      return { status: 'revoked', at: single.revokedAt ?? single.thisUpdate };
    case 'unknown':
      return unknown('the OCSP responder does not know the certificate');
  }
}

function isAbout(single: SingleResponse, certificate: Certificate, issuer: Certificate): boolean {
  const algorithm = (Object.keys(hashOids) as CertIdHash[]).find((name) => hashOids[name] === single.hashOid);
  if (algorithm === undefined) return false;
  return (
    Buffer.compare(single.serialNumber, certificate.serialNumber) === 0 &&
    Buffer.compare(single.issuerNameHash, hash(algorithm, issuer.subject.der)) === 0 &&
    Buffer.compare(single.issuerKeyHash, hash(algorithm, issuer.publicKeyBits)) === 0
  );
}

function isResponder({ responder }: OcspResponse, candidate: Certificate): boolean {
  if ('keyHash' in responder) return Buffer.compare(responder.keyHash, hash('sha1', candidate.publicKeyBits)) === 0;
  try {
    return sameName(parseDistinguishedName(responder.name, 'responderID'), candidate.subject);
  } catch {
    return false;
  }
}

/** RFC 6960 section 4.2.2.2: the issuer itself, or a certificate that the issuer signed for this purpose. */
function maySign(candidate: Certificate, issuer: Certificate, wallTime: number): boolean {
  if (sameCertificate(candidate, issuer)) return true;
  const inDate = wallTime + clockTolerance >= candidate.notBefore && wallTime - clockTolerance <= candidate.notAfter;
  const known = candidate.extensions.every(({ oid, critical }) => !critical || delegateExtensions.has(oid));
  return (
    inDate &&
    known &&
    sameName(candidate.issuer, issuer.subject) &&
    candidate.extendedKeyUsage?.includes(extendedKeyUsageOid.ocspSigning) === true &&
    (candidate.keyUsage === null || candidate.keyUsage.has('digitalSignature')) &&
    checkCertificateSignature(candidate, issuer) === null
  );
}

const delegateExtensions: ReadonlySet<string> = new Set([
  extensionOid.keyUsage,
  extensionOid.extendedKeyUsage,
  extensionOid.basicConstraints,
  extensionOid.subjectAltName,
  extensionOid.certificatePolicies,
]);
