import { type KeyObject } from 'node:crypto';
import { ipToOctets, utf8Encode } from '../bytes';
import { encodeAlgorithmIdentifier } from '../crypto/algorithm-identifier';
import { hash } from '../crypto/hash';
import type { SignatureHash, SignatureScheme } from '../crypto/signature-scheme';
import { signatureKeyType, signData } from '../crypto/signatures';
import { type Certificate, type KeyUsage, keyUsages, parseCertificate } from './certificate';
import {
  contextTag,
  derBitString,
  derElement,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derSet,
  derSmallInteger,
  derTag,
  derTime,
  derTrue,
  derUnsigned,
  derUtf8,
} from './der';
import { attributeOid, extendedKeyUsageOid, extensionOid } from './object-identifiers';
import { PkiError } from './pki-error';

/** Attributes in order, each its own RDN: [['O', 'Contoso'], ['CN', 'vpn.contoso.test']]. */
export type NameText = readonly (readonly [keyof typeof attributeOid, string])[];

export interface NameConstraintText {
  readonly type: 'dns' | 'email' | 'uri' | 'ip' | 'directory';
  /** "contoso.test", "10.0.0.0/8" and the like; a directory base is given as `name`. */
  readonly value?: string;
  readonly name?: NameText;
}

export interface CertificateRequest {
  readonly subject: NameText;
  readonly publicKey: KeyObject;
  /** Milliseconds since the Unix epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** At most 20 octets, the first below 0x80 and not zero. */
  readonly serialNumber: Uint8Array;
  readonly dnsNames?: readonly string[];
  readonly addresses?: readonly string[];
  readonly emails?: readonly string[];
  readonly uris?: readonly string[];
  readonly ca?: boolean;
  readonly pathLength?: number;
  /** Defaults: keyCertSign and cRLSign for a CA, digitalSignature otherwise; null leaves the extension out. */
  readonly keyUsage?: readonly KeyUsage[] | null;
  readonly extendedKeyUsage?: readonly (keyof typeof extendedKeyUsageOid)[];
  readonly permitted?: readonly NameConstraintText[];
  readonly excluded?: readonly NameConstraintText[];
  /** null leaves basicConstraints out although `ca` is set or not. */
  readonly basicConstraints?: null;
  readonly extraExtensions?: readonly {
    readonly oid: string;
    readonly critical: boolean;
    readonly value: Uint8Array;
  }[];
}

/** Who signs: the certificate's own key (a self-signed certificate), or an authority. */
export interface CertificateIssuer {
  readonly privateKey: KeyObject;
  /** null: self-signed. */
  readonly certificate: Certificate | null;
  /** Default SHA-256, and none for Ed25519. */
  readonly hash?: SignatureHash;
  readonly padding?: 'pkcs1' | 'pss';
}

/**
 * Issues an X.509 version 3 certificate: for the embedded gateway's own authority and for tests. Not a CA product: it
 * signs what it is told.
 * Throws PkiError `unsupported` for keys that do not sign, CryptoError for schemes that do not fit them.
 */
export function issueCertificate(request: CertificateRequest, issuer: CertificateIssuer): Certificate {
  const scheme = schemeFor(issuer);
  const keyType = signatureKeyType(issuer.privateKey) ?? '';
  const algorithm = encodeAlgorithmIdentifier(scheme, keyType);
  const spki = new Uint8Array(request.publicKey.export({ format: 'der', type: 'spki' }));
  const subject = encodeName(request.subject);
  const tbs = derSequence(
    derElement(contextTag(0, true), derSmallInteger(2)),
    derUnsigned(request.serialNumber),
    algorithm,
    issuer.certificate?.subject.der ?? subject,
    derSequence(derTime(request.notBefore), derTime(request.notAfter)),
    subject,
    spki,
    derElement(contextTag(3, true), derSequence(...extensionsOf(request, spki, issuer.certificate))),
  );
  return parseCertificate(derSequence(tbs, algorithm, derBitString(signData(scheme, issuer.privateKey, tbs))));
}

/** The scheme a CA key signs with unless told otherwise. */
export function schemeFor({
  privateKey,
  hash: wanted,
  padding,
}: Pick<CertificateIssuer, 'privateKey' | 'hash' | 'padding'>): SignatureScheme {
  switch (signatureKeyType(privateKey)) {
    case 'rsa':
      return { algorithm: padding === 'pss' ? 'rsa-pss' : 'rsa-pkcs1', hash: wanted ?? 'sha256' };
    case 'rsa-pss':
      return { algorithm: 'rsa-pss', hash: wanted ?? 'sha256' };
    case 'ecdsa-p256':
      return { algorithm: 'ecdsa', hash: wanted ?? 'sha256' };
    case 'ecdsa-p384':
      return { algorithm: 'ecdsa', hash: wanted ?? 'sha384' };
    case 'ecdsa-p521':
      return { algorithm: 'ecdsa', hash: wanted ?? 'sha512' };
    case 'ed25519':
    case 'ed448':
      return { algorithm: 'eddsa', hash: 'identity' };
    case null:
      throw new PkiError('unsupported', 'a key of this kind does not sign certificates');
  }
}

/** DER Name. An empty list is the empty name. */
export function encodeName(name: NameText): Uint8Array {
  return derSequence(
    ...name.map(([type, value]) => {
      const text =
        type === 'C' || type === 'serialNumber'
          ? derElement(derTag.printableString, utf8Encode(value))
          : type === 'DC' || type === 'E'
            ? derElement(derTag.ia5String, utf8Encode(value))
            : derUtf8(value);
      return derSet(derSequence(derOid(attributeOid[type]), text));
    }),
  );
}

function extensionsOf(request: CertificateRequest, spki: Uint8Array, issuer: Certificate | null): Uint8Array[] {
  const ca = request.ca === true;
  const keyUsage =
    request.keyUsage === undefined
      ? ca
        ? (['keyCertSign', 'cRLSign'] as const)
        : (['digitalSignature'] as const)
      : request.keyUsage;
  const subjectKeyIdentifier = hash('sha1', spki);
  const extensions: Uint8Array[] = [
    extension(extensionOid.subjectKeyIdentifier, false, derOctetString(subjectKeyIdentifier)),
  ];
  const authorityKeyIdentifier = issuer === null ? subjectKeyIdentifier : issuer.subjectKeyIdentifier;
  if (authorityKeyIdentifier !== null)
    extensions.push(
      extension(
        extensionOid.authorityKeyIdentifier,
        false,
        derSequence(derElement(contextTag(0, false), authorityKeyIdentifier)),
      ),
    );
  if (request.basicConstraints !== null) {
    const pathLength = request.pathLength === undefined ? [] : [derSmallInteger(request.pathLength)];
    extensions.push(
      extension(extensionOid.basicConstraints, true, ca ? derSequence(derTrue(), ...pathLength) : derSequence()),
    );
  }
  if (keyUsage !== null) extensions.push(extension(extensionOid.keyUsage, true, encodeKeyUsage(keyUsage)));
  if (request.extendedKeyUsage !== undefined)
    extensions.push(
      extension(
        extensionOid.extendedKeyUsage,
        false,
        derSequence(...request.extendedKeyUsage.map((usage) => derOid(extendedKeyUsageOid[usage]))),
      ),
    );
  const altNames = [
    ...(request.dnsNames ?? []).map((name) => derElement(contextTag(2, false), utf8Encode(name))),
    ...(request.addresses ?? []).map((address) => derElement(contextTag(7, false), addressOctets(address))),
    ...(request.emails ?? []).map((email) => derElement(contextTag(1, false), utf8Encode(email))),
    ...(request.uris ?? []).map((uri) => derElement(contextTag(6, false), utf8Encode(uri))),
  ];
  if (altNames.length > 0)
    extensions.push(extension(extensionOid.subjectAltName, request.subject.length === 0, derSequence(...altNames)));
  const permitted = request.permitted ?? [];
  const excluded = request.excluded ?? [];
  if (permitted.length + excluded.length > 0) {
    const subtrees = (tag: number, bases: readonly NameConstraintText[]): Uint8Array[] =>
      bases.length === 0
        ? []
        : [derElement(contextTag(tag, true), ...bases.map((base) => derSequence(encodeConstraint(base))))];
    extensions.push(
      extension(extensionOid.nameConstraints, true, derSequence(...subtrees(0, permitted), ...subtrees(1, excluded))),
    );
  }
  extensions.push(
    ...(request.extraExtensions ?? []).map(({ oid, critical, value }) => extension(oid, critical, value)),
  );
  return extensions;
}

export function encodeKeyUsage(usages: readonly KeyUsage[]): Uint8Array {
  let bits = 0;
  for (const usage of usages) bits |= 0x8000 >> keyUsages.indexOf(usage);
  const octets = (bits & 0xff) === 0 ? [bits >> 8] : [bits >> 8, bits & 0xff];
  if (bits === 0) return derElement(derTag.bitString, Uint8Array.of(0));
  const last = octets.at(-1)!;
  return derElement(derTag.bitString, Uint8Array.of(31 - Math.clz32(last & -last), ...octets));
}

function encodeConstraint({ type, value = '', name = [] }: NameConstraintText): Uint8Array {
  switch (type) {
    case 'email':
      return derElement(contextTag(1, false), utf8Encode(value));
    case 'dns':
      return derElement(contextTag(2, false), utf8Encode(value));
    case 'uri':
      return derElement(contextTag(6, false), utf8Encode(value));
    case 'directory':
      return derElement(contextTag(4, true), encodeName(name));
    case 'ip': {
      const [address = '', length = ''] = value.split('/');
      const octets = addressOctets(address);
      const mask = octets.map((_, index) => (0xff00 >> Math.min(8, Math.max(0, Number(length) - 8 * index))) & 0xff);
      return derElement(contextTag(7, false), octets, mask);
    }
  }
}

function addressOctets(address: string): Uint8Array {
  const octets = ipToOctets(address);
  if (octets === null) throw new PkiError('malformed', `"${address}" is not an IP address`);
  return octets;
}

function extension(oid: string, critical: boolean, value: Uint8Array): Uint8Array {
  return derSequence(derOid(oid), ...(critical ? [derTrue()] : []), derOctetString(value));
}

/** AlgorithmIdentifier with NULL parameters, for CertID and the like. */
export function hashAlgorithmIdentifier(oid: string): Uint8Array {
  return derSequence(derOid(oid), derNull());
}
