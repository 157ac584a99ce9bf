import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import fc from 'fast-check';
import { Certificate as PkijsCertificate } from 'pkijs';
import { describe, expect, it } from 'vitest';
import { certificateRequestHash, fingerprint, parseCertificate, spkiPin } from './certificate';
import { derElement, derSequence } from './der';
import { attributeValues, formatName } from './distinguished-name';
import { parsePem } from './pem';
import { PkiError } from './pki-error';
import { testCertificate, testRoot } from './testing';

const root = testRoot();
const sample = testCertificate(
  {
    subject: [
      ['C', 'DE'],
      ['O', 'Contoso Größe'],
      ['OU', 'first'],
      ['OU', 'second'],
      ['CN', 'vpn.contoso.test'],
    ],
    dnsNames: ['vpn.contoso.test', '*.contoso.test'],
    addresses: ['192.0.2.1', '2001:db8::1'],
    emails: ['admin@contoso.test'],
    uris: ['http://contoso.test/'],
    extendedKeyUsage: ['serverAuth', 'ipsecIKE'],
    keyUsage: ['digitalSignature', 'decipherOnly'],
  },
  root,
);

describe('certificate', () => {
  it('is read as OpenSSL reads it', () => {
    const { certificate } = sample;
    const other = new X509Certificate(certificate.der);
    expect(other.subject.split('\n')).toEqual([
      'C=DE',
      'O=Contoso Größe',
      'OU=first',
      'OU=second',
      'CN=vpn.contoso.test',
    ]);
    expect(certificate.subject.rdns.flat().map(({ value }) => value)).toEqual([
      'DE',
      'Contoso Größe',
      'first',
      'second',
      'vpn.contoso.test',
    ]);
    expect(attributeValues(certificate.subject, 'OU')).toEqual(['first', 'second']);
    expect(formatName(certificate.subject)).toBe('CN=vpn.contoso.test, OU=second, OU=first, O=Contoso Größe, C=DE');
    expect(other.subjectAltName).toBe(
      'DNS:vpn.contoso.test, DNS:*.contoso.test, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1, email:admin@contoso.test, URI:http://contoso.test/',
    );
    expect(certificate.subjectAltNames.map(({ type }) => type)).toEqual(['dns', 'dns', 'ip', 'ip', 'email', 'uri']);
    expect(certificate.extendedKeyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.17']);
    expect(other.keyUsage).toEqual(certificate.extendedKeyUsage);
    expect([...certificate.keyUsage!]).toEqual(['digitalSignature', 'decipherOnly']);
    expect(new Date(other.validFrom).getTime()).toBe(certificate.notBefore);
    expect(new Date(other.validTo).getTime()).toBe(certificate.notAfter);
    expect(other.fingerprint256).toBe(fingerprint(certificate));
    expect(Buffer.from(other.publicKey.export({ format: 'der', type: 'spki' })).equals(certificate.spki)).toBe(true);
    expect(other.ca).toBe(false);
    expect(new X509Certificate(root.certificate.der).ca).toBe(true);
    expect(root.certificate.basicConstraints).toEqual({ ca: true, pathLength: null });
    expect(Buffer.from(certificate.authorityKeyIdentifier!).equals(root.certificate.subjectKeyIdentifier!)).toBe(true);
    expect(other.verify(new X509Certificate(root.certificate.der).publicKey)).toBe(true);
  });

  it('times before 2050 and after are read', () => {
    const { certificate } = testCertificate(
      { subject: [['CN', 'x']], notBefore: Date.UTC(1999, 11, 31, 23, 59, 59), notAfter: Date.UTC(2050, 0, 1) },
      root,
    );
    expect([certificate.notBefore, certificate.notAfter]).toEqual([
      Date.UTC(1999, 11, 31, 23, 59, 59),
      Date.UTC(2050, 0, 1),
    ]);
  });

  it('every root that Node ships is read, and as pkijs reads it', () => {
    expect(rootCertificates.length).toBeGreaterThan(100);
    for (const pem of rootCertificates) {
      const { der } = parsePem(pem)[0]!;
      const certificate = parseCertificate(der);
      const other = PkijsCertificate.fromBER(Uint8Array.from(der));
      expect(certificate.notAfter).toBe(other.notAfter.value.getTime());
      expect(certificate.subject.rdns.flat().map(({ value }) => value)).toEqual(
        other.subject.typesAndValues.map(({ value }) => value.valueBlock.value),
      );
      expect(certificate.extensions.map(({ oid, critical }) => [oid, critical])).toEqual(
        (other.extensions ?? []).map(({ extnID, critical }) => [extnID, critical]),
      );
      expect(Buffer.from(certificate.tbs).equals(Buffer.from(other.tbsView))).toBe(true);
      expect(fingerprint(certificate)).toBe(new X509Certificate(pem).fingerprint256);
    }
  });

  it('the CERTREQ hash is SHA-1 of the SubjectPublicKeyInfo (C-31), the pin its SHA-256', () => {
    // ISRG Root X1: published pin of its key.
    const isrg = rootCertificates
      .map((pem) => parseCertificate(parsePem(pem)[0]!.der))
      .find(({ subject }) => attributeValues(subject, 'CN').includes('ISRG Root X1'))!;
    expect(spkiPin(isrg)).toBe('C5+lpZ7tcVwmwQIMcRtPbsQtWLABXhQzejna0wHFr8M=');
    expect(certificateRequestHash(isrg)).toHaveLength(20);
  });
});

describe('hostile certificates (H-22, P-11)', () => {
  const { der } = sample.certificate;
  const reasonOf = (bytes: Uint8Array): string => {
    try {
      parseCertificate(bytes);
    } catch (error) {
      if (error instanceof PkiError) return error.reason;
      throw error;
    }
    return 'none';
  };

  it('any octets give a certificate or a PkiError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) =>
        ['none', 'malformed', 'limit'].includes(reasonOf(bytes)),
      ),
      { numRuns: 300 },
    );
  });

  it('any one octet changed gives a certificate or a PkiError', () => {
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (index, change) => {
        const changed = der.slice();
        changed[index]! ^= change;
        return ['none', 'malformed', 'limit'].includes(reasonOf(changed));
      }),
      { numRuns: 1000 },
    );
  });

  it('every truncation and every appended octet is malformed', () => {
    for (let length = 0; length < der.length; length += 1) expect(reasonOf(der.subarray(0, length))).toBe('malformed');
    expect(reasonOf(Uint8Array.from([...der, 0]))).toBe('malformed');
  });

  it('nesting without end is refused without recursion', () => {
    let nested: Uint8Array = new Uint8Array(0);
    for (let depth = 0; depth < 12_000; depth += 1) nested = derSequence(nested);
    expect(reasonOf(nested)).toBe('malformed');
  });

  it('indefinite lengths, padded lengths and more than 64 KiB are refused', () => {
    expect(reasonOf(Uint8Array.from([0x30, 0x80, 0, 0]))).toBe('malformed');
    expect(reasonOf(Uint8Array.from([0x30, 0x81, 1, 0]))).toBe('malformed');
    expect(reasonOf(derElement(0x30, new Uint8Array(70_000)))).toBe('limit');
  });

  it('a NUL in a name is refused, in the subject as in the SAN (P-10)', () => {
    expect(() => testCertificate({ subject: [['CN', 'vpn.contoso.test\0.evil.test']] }, root)).toThrow(PkiError);
    expect(() => testCertificate({ subject: [['CN', 'x']], dnsNames: ['vpn.contoso.test\0.evil.test'] }, root)).toThrow(
      PkiError,
    );
  });

  it('an empty subject, repeated attributes, BMPString and empty strings are read and stay apart', () => {
    expect(testCertificate({ subject: [], dnsNames: ['a.test'] }, root).certificate.subject.rdns).toEqual([]);
    const { certificate } = testCertificate(
      {
        subject: [
          ['CN', ''],
          ['CN', 'a'],
          ['CN', 'a'],
        ],
      },
      root,
    );
    expect(attributeValues(certificate.subject, 'CN')).toEqual(['', 'a', 'a']);
  });

  it('the same extension twice is refused (RFC 5280 section 4.2)', () => {
    const twice = { oid: '1.2.3.4', critical: false, value: new Uint8Array(1) };
    expect(() => testCertificate({ subject: [['CN', 'x']], extraExtensions: [twice, twice] }, root)).toThrow(PkiError);
  });

  it('two different signature algorithms are refused (RFC 5280 section 4.1.1.2)', () => {
    const changed = der.slice();
    // The outer AlgorithmIdentifier comes after the signed part: ecdsa-with-SHA256 becomes SHA384.
    const outer = Buffer.from(changed).lastIndexOf(Buffer.from('2a8648ce3d040302', 'hex'));
    changed[outer + 7] = 3;
    expect(reasonOf(changed)).toBe('malformed');
  });
});
