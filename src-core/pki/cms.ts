import { hash, type HashAlgorithm } from '../crypto/hash';
import { parseAlgorithmIdentifier } from '../crypto/algorithm-identifier';
import { verifyData } from '../crypto/signatures';
import type { SignatureHash, SignatureScheme } from '../crypto/signature-scheme';
import { berToDer } from './ber';
import { type Certificate, parseCertificate } from './certificate';
import { contextTag, decodeOid, derChildren, derTag, DerReader } from './der-reader';
import { parsePem } from './pem';

/**
 * Cryptographic Message Syntax (RFC 5652), as far as signed files of others need it: BER with indefinite lengths and
 * content in pieces, DER, and both as PEM.
 */
export type CmsContent =
  | {
      readonly type: 'signed';
      readonly content: Uint8Array;
      /** The certificate of the first signer, where it is in the message. */
      readonly signer: Certificate | null;
      /**
       * Whether the signature is that of `signer` over `content`. null: it cannot be told, since the certificate is
       * missing or the algorithm is not accepted. Nothing is said of who the signer is.
       */
      readonly intact: boolean | null;
    }
  | { readonly type: 'encrypted' };

const oid = {
  signedData: '1.2.840.113549.1.7.2',
  envelopedData: '1.2.840.113549.1.7.3',
  authEnvelopedData: '1.2.840.113549.1.9.16.1.23',
  messageDigest: '1.2.840.113549.1.9.4',
  rsaEncryption: '1.2.840.113549.1.1.1',
  ecPublicKey: '1.2.840.10045.2.1',
} as const;

const hashes: Readonly<Record<string, HashAlgorithm & SignatureHash>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

const pemLabels: ReadonlySet<string> = new Set(['CMS', 'PKCS7', 'PKCS #7 SIGNED DATA', 'SIGNED DATA']);
const where = 'CMS';
const mostCertificates = 64;

/** null: not CMS, or not in a form that can be read. Never throws. */
export function readCms(octets: Uint8Array): CmsContent | null {
  try {
    const contentInfo = new DerReader(toDer(octets), where).enter(derTag.sequence, 'ContentInfo');
    const type = decodeOid(contentInfo.expect(derTag.objectIdentifier, 'contentType').content, where);
    if (type === oid.envelopedData || type === oid.authEnvelopedData) return { type: 'encrypted' };
    if (type !== oid.signedData) return null;
    const signed = contentInfo.enter(contextTag(0, true), 'content').enter(derTag.sequence, 'SignedData');
    return readSignedData(signed);
  } catch {
    return null;
  }
}

function toDer(octets: Uint8Array): Uint8Array {
  if (octets[0] !== derTag.sequence) {
    const text = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('latin1');
    const block = parsePem(text).find(({ label }) => pemLabels.has(label));
    return berToDer(block?.der ?? octets);
  }
  try {
    return berToDer(octets);
  } catch (error) {
    // Programs that save texts end them with a line end.
    let end = octets.length;
    while (end > 0 && (octets[end - 1] === 0x0a || octets[end - 1] === 0x0d)) end--;
    if (end === octets.length) throw error;
    return berToDer(octets.subarray(0, end));
  }
}

function readSignedData(reader: DerReader): CmsContent {
  reader.expect(derTag.integer, 'version');
  reader.expect(derTag.set, 'digestAlgorithms');
  const encapsulated = reader.enter(derTag.sequence, 'encapContentInfo');
  encapsulated.expect(derTag.objectIdentifier, 'eContentType');
  const content = encapsulated.enter(contextTag(0, true), 'eContent').expect(derTag.octetString, 'eContent').content;
  const certificates = certificatesOf(reader.optional(contextTag(0, true))?.content ?? new Uint8Array());
  reader.optional(contextTag(1, true));
  const [signerInfo] = derChildren(reader.expect(derTag.set, 'signerInfos').content, where, mostCertificates);
  if (signerInfo === undefined) return { type: 'signed', content, signer: null, intact: null };
  return { type: 'signed', content, ...judge(new DerReader(signerInfo.content, where), content, certificates) };
}

function certificatesOf(content: Uint8Array): readonly Certificate[] {
  return derChildren(content, where, mostCertificates).flatMap(({ tag, raw }) => {
    try {
      return tag === derTag.sequence ? [parseCertificate(raw)] : [];
    } catch {
      return [];
    }
  });
}

/** SignerInfo, RFC 5652 sections 5.3, 5.4 and 5.6. */
function judge(
  reader: DerReader,
  content: Uint8Array,
  certificates: readonly Certificate[],
): { readonly signer: Certificate | null; readonly intact: boolean | null } {
  reader.expect(derTag.integer, 'version');
  const signer = signerOf(reader, certificates);
  const digest = hashes[algorithmOf(reader.expect(derTag.sequence, 'digestAlgorithm').content)];
  const attributes = reader.optional(contextTag(0, true));
  const signatureAlgorithm = reader.expect(derTag.sequence, 'signatureAlgorithm');
  const signature = reader.expect(derTag.octetString, 'signature').content;
  if (signer === null || digest === undefined) return { signer, intact: null };
  const scheme = schemeOf(signatureAlgorithm.raw, signatureAlgorithm.content, digest);
  if (scheme === null || scheme.hash === 'sha1') return { signer, intact: null };
  if (attributes !== null) {
    const said = messageDigestOf(attributes.content);
    if (said === null || Buffer.compare(said, hash(digest, content)) !== 0) return { signer, intact: false };
  }
  // What is signed are the attributes, written as a SET.
  const signed = attributes === null ? content : Uint8Array.from(attributes.raw);
  if (attributes !== null) signed[0] = derTag.set;
  try {
    return { signer, intact: verifyData(scheme, signer.spki, signed, signature) };
  } catch {
    return { signer, intact: null };
  }
}

/** By issuer and serial number, or by key identifier. */
function signerOf(reader: DerReader, certificates: readonly Certificate[]): Certificate | null {
  const same = (a: Uint8Array, b: Uint8Array | null): boolean => b !== null && Buffer.compare(a, b) === 0;
  const identifier = reader.optional(contextTag(0, false));
  if (identifier !== null)
    return certificates.find((one) => same(identifier.content, one.subjectKeyIdentifier)) ?? null;
  const issuerAndSerial = reader.enter(derTag.sequence, 'issuerAndSerialNumber');
  const issuer = issuerAndSerial.expect(derTag.sequence, 'issuer').raw;
  const serial = issuerAndSerial.expect(derTag.integer, 'serialNumber').content;
  return certificates.find((one) => same(issuer, one.issuer.der) && same(serial, one.serialNumber)) ?? null;
}

function algorithmOf(content: Uint8Array): string {
  return decodeOid(new DerReader(content, where).expect(derTag.objectIdentifier, 'algorithm').content, where);
}

/** The algorithm of a key alone leaves the hash to digestAlgorithm (RFC 3370 section 3.2). */
function schemeOf(raw: Uint8Array, content: Uint8Array, digest: SignatureHash): SignatureScheme | null {
  const algorithm = algorithmOf(content);
  if (algorithm === oid.rsaEncryption) return { algorithm: 'rsa-pkcs1', hash: digest };
  if (algorithm === oid.ecPublicKey) return { algorithm: 'ecdsa', hash: digest };
  try {
    return parseAlgorithmIdentifier(raw);
  } catch {
    return null;
  }
}

function messageDigestOf(attributes: Uint8Array): Uint8Array | null {
  for (const { content } of derChildren(attributes, where, 64)) {
    const reader = new DerReader(content, where);
    if (decodeOid(reader.expect(derTag.objectIdentifier, 'attrType').content, where) !== oid.messageDigest) continue;
    return reader.enter(derTag.set, 'attrValues').expect(derTag.octetString, 'messageDigest').content;
  }
  return null;
}
