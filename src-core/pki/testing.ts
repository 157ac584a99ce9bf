import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Certificate } from './certificate';
import { type CertificateIssuer, type CertificateRequest, issueCertificate } from './certificate-builder';

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
export function testCertificate(request: TestRequest, issuer: TestAuthority | null, options: { readonly keys?: KeyPair } & Pick<CertificateIssuer, 'hash' | 'padding'> = {}): TestAuthority {
  const { keys = testKeys(), ...signing } = options;
  serial += 1;
  const certificate = issueCertificate(
    { notBefore: testNow - 30 * day, notAfter: testNow + 365 * day, serialNumber: Uint8Array.of(serial >> 8, serial & 0xff), publicKey: keys.publicKey, ...request },
    { privateKey: issuer?.privateKey ?? keys.privateKey, certificate: issuer?.certificate ?? null, ...signing },
  );
  return { certificate, privateKey: keys.privateKey };
}

export function testRoot(commonName = 'Test Root', request: Partial<TestRequest> = {}): TestAuthority {
  return testCertificate({ subject: [['O', 'Agile Test'], ['CN', commonName]], ca: true, ...request }, null);
}
