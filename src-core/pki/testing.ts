import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { encodeAlgorithmIdentifier } from '../crypto/algorithm-identifier';
import { hash as hashOctets } from '../crypto/hash';
import { signData } from '../crypto/signatures';
import type { Certificate } from './certificate';
import { type CertificateIssuer, type CertificateRequest, issueCertificate, schemeFor } from './certificate-builder';
import {
  contextTag,
  derBitString,
  derElement,
  derOctetString,
  derOid,
  derSequence,
  derSmallInteger,
  derTag,
  derTime,
  derTrue,
} from './der';
import { encodeCertId } from './ocsp';

/** Certificates made in memory while a test runs. */
export interface TestAuthority {
  readonly certificate: Certificate;
  readonly privateKey: KeyObject;
}

export const day = 86_400_000;
/** 2026-06-01T12:00:00Z: the moment at which the certificates of the tests are valid. */
export const testNow = Date.UTC(2026, 5, 1, 12);

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** P-256 is quick to make; keys are not what most tests are about. */
export function testKeys(): KeyPair {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

let serial = 0x1000;

export type TestRequest = Partial<Omit<CertificateRequest, 'publicKey'>> & Pick<CertificateRequest, 'subject'>;

/** A certificate with its key. `issuer` null: self-signed. */
export function testCertificate(
  request: TestRequest,
  issuer: TestAuthority | null,
  options: { readonly keys?: KeyPair } & Pick<CertificateIssuer, 'hash' | 'padding'> = {},
): TestAuthority {
  const { keys = testKeys(), ...signing } = options;
  serial += 1;
  const certificate = issueCertificate(
    {
      notBefore: testNow - 30 * day,
      notAfter: testNow + 365 * day,
      serialNumber: Uint8Array.of(serial >> 8, serial & 0xff),
      publicKey: keys.publicKey,
      ...request,
    },
    { privateKey: issuer?.privateKey ?? keys.privateKey, certificate: issuer?.certificate ?? null, ...signing },
  );
  return { certificate, privateKey: keys.privateKey };
}

export function testRoot(commonName = 'Test Root', request: Partial<TestRequest> = {}): TestAuthority {
  return testCertificate(
    {
      subject: [
        ['O', 'Agile Test'],
        ['CN', commonName],
      ],
      ca: true,
      ...request,
    },
    null,
  );
}

export interface TestCrl {
  readonly thisUpdate?: number;
  readonly nextUpdate?: number | null;
  readonly revoked?: readonly { readonly certificate: Certificate; readonly entryExtensions?: readonly Uint8Array[] }[];
  readonly extensions?: readonly Uint8Array[];
  readonly hash?: 'sha1' | 'sha256';
}

export function testExtension(oid: string, critical: boolean, value: Uint8Array): Uint8Array {
  return derSequence(derOid(oid), ...(critical ? [derTrue()] : []), derOctetString(value));
}

/** A CRL (version 2), DER. */
export function testCrl(
  issuer: TestAuthority,
  { thisUpdate = testNow - day, nextUpdate = testNow + day, revoked = [], extensions = [], hash }: TestCrl = {},
): Uint8Array {
  const scheme = schemeFor({ privateKey: issuer.privateKey, ...(hash === undefined ? {} : { hash }) });
  const algorithm = encodeAlgorithmIdentifier(scheme);
  const entries = revoked.map(({ certificate, entryExtensions = [] }) =>
    derSequence(
      derElement(derTag.integer, certificate.serialNumber),
      derTime(testNow - 2 * day),
      ...(entryExtensions.length === 0 ? [] : [derSequence(...entryExtensions)]),
    ),
  );
  const tbs = derSequence(
    derSmallInteger(1),
    algorithm,
    issuer.certificate.subject.der,
    derTime(thisUpdate),
    ...(nextUpdate === null ? [] : [derTime(nextUpdate)]),
    ...(entries.length === 0 ? [] : [derSequence(...entries)]),
    ...(extensions.length === 0 ? [] : [derElement(contextTag(0, true), derSequence(...extensions))]),
  );
  return derSequence(tbs, algorithm, derBitString(signData(scheme, issuer.privateKey, tbs)));
}

/** Where a certificate says that its status is known. */
export function testRevocationUrls(ocsp: string, crl: string): NonNullable<CertificateRequest['extraExtensions']> {
  const uri = (url: string): Uint8Array => derElement(contextTag(6, false), Buffer.from(url, 'latin1'));
  return [
    {
      oid: '1.3.6.1.5.5.7.1.1',
      critical: false,
      value: derSequence(derSequence(derOid('1.3.6.1.5.5.7.48.1'), uri(ocsp))),
    },
    {
      oid: '2.5.29.31',
      critical: false,
      value: derSequence(derSequence(derElement(contextTag(0, true), derElement(contextTag(0, true), uri(crl))))),
    },
  ];
}

export interface TestOcsp {
  readonly status?: 'good' | 'revoked' | 'unknown';
  readonly thisUpdate?: number;
  readonly nextUpdate?: number | null;
  readonly algorithm?: 'sha1' | 'sha256';
  /** Who signs; the issuer by default. Its certificate goes along. */
  readonly signer?: TestAuthority;
  readonly byName?: boolean;
  readonly nonce?: Uint8Array;
}

function generalizedTime(milliseconds: number): Uint8Array {
  return derElement(
    derTag.generalizedTime,
    Buffer.from(new Date(milliseconds).toISOString().replaceAll(/[-:T]|\.\d+/g, ''), 'latin1'),
  );
}

/** An OCSP response for one certificate, DER. */
export function testOcsp(
  certificate: Certificate,
  issuer: TestAuthority,
  {
    status = 'good',
    thisUpdate = testNow - day,
    nextUpdate = testNow + day,
    algorithm = 'sha1',
    signer = issuer,
    byName = false,
    nonce,
  }: TestOcsp = {},
): Uint8Array {
  const scheme = schemeFor({ privateKey: signer.privateKey });
  const statusElement =
    status === 'good'
      ? derElement(contextTag(0, false))
      : status === 'unknown'
        ? derElement(contextTag(2, false))
        : derElement(contextTag(1, true), generalizedTime(testNow - 2 * day));
  const single = derSequence(
    encodeCertId(certificate, issuer.certificate, algorithm),
    statusElement,
    generalizedTime(thisUpdate),
    ...(nextUpdate === null ? [] : [derElement(contextTag(0, true), generalizedTime(nextUpdate))]),
  );
  const tbs = derSequence(
    byName
      ? derElement(contextTag(1, true), signer.certificate.subject.der)
      : derElement(contextTag(2, true), derOctetString(hashOctets('sha1', signer.certificate.publicKeyBits))),
    generalizedTime(thisUpdate),
    derSequence(single),
    ...(nonce === undefined
      ? []
      : [
          derElement(
            contextTag(1, true),
            derSequence(testExtension('1.3.6.1.5.5.7.48.1.2', false, derOctetString(nonce))),
          ),
        ]),
  );
  const basic = derSequence(
    tbs,
    encodeAlgorithmIdentifier(scheme),
    derBitString(signData(scheme, signer.privateKey, tbs)),
    derElement(contextTag(0, true), derSequence(signer.certificate.der)),
  );
  return derSequence(
    derElement(derTag.enumerated, Uint8Array.of(0)),
    derElement(contextTag(0, true), derSequence(derOid('1.3.6.1.5.5.7.48.1.1'), derOctetString(basic))),
  );
}
