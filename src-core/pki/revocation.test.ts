import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { OCSPRequest } from 'pkijs';
import { describe, expect, it } from 'vitest';
import { crlStatus, parseCrl } from './crl';
import { contextTag, derElement, derSequence, derSmallInteger } from './der';
import { encodeOcspRequest, ocspStatus, parseOcspResponse } from './ocsp';
import { PkiError } from './pki-error';
import { checkRevocation, type RevocationEvidence, revocationQuestions } from './revocation';
import {
  day,
  testCertificate,
  testCrl,
  type TestCrl,
  testExtension,
  testNow,
  testOcsp,
  type TestOcsp,
  testRoot,
  type TestAuthority,
} from './testing';

const root = testRoot();
const issuing = testCertificate({ subject: [['CN', 'Issuing']], ca: true }, root);
const leaf = testCertificate({ subject: [['CN', 'vpn.contoso.test']] }, issuing);
const sibling = testCertificate({ subject: [['CN', 'other.contoso.test']] }, issuing);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

const distributionPoint = (url: string): Uint8Array =>
  derElement(contextTag(0, true), derElement(contextTag(0, true), derElement(contextTag(6, false), text(url))));
const withCrlUrl = (url: string, ca = false): TestAuthority =>
  testCertificate(
    {
      subject: [['CN', 'with CRL']],
      ca,
      extraExtensions: [{ oid: '2.5.29.31', critical: false, value: derSequence(derSequence(distributionPoint(url))) }],
    },
    issuing,
  );

describe('CRL (P-18)', () => {
  const status = (
    crl: TestCrl,
    certificate: TestAuthority = leaf,
    issuer: TestAuthority = issuing,
    signer: TestAuthority = issuing,
  ): string => {
    const result = crlStatus(parseCrl(testCrl(signer, crl)), certificate.certificate, issuer.certificate, testNow);
    return result.status === 'unknown' ? `unknown: ${result.why}` : result.status;
  };

  it('good, revoked, and somebody else revoked', () => {
    expect(status({})).toBe('good');
    expect(status({ revoked: [{ certificate: leaf.certificate }] })).toBe('revoked');
    expect(status({ revoked: [{ certificate: sibling.certificate }] })).toBe('good');
    expect(
      status({
        revoked: [
          {
            certificate: leaf.certificate,
            entryExtensions: [testExtension('2.5.29.21', false, Uint8Array.of(10, 1, 1))],
          },
        ],
      }),
    ).toBe('revoked');
  });

  it('another issuer, a forged signature, an issuer without cRLSign, SHA-1', () => {
    expect(status({}, leaf, issuing, root)).toBe('unknown: the CRL is of another issuer');
    const impostor = testCertificate({ subject: [['CN', 'Issuing']], ca: true }, root);
    expect(status({}, leaf, issuing, impostor)).toBe(
      'unknown: the CRL: its signature does not verify with the key of its issuer',
    );
    const unfit = testCertificate({ subject: [['CN', 'Unfit']], ca: true, keyUsage: ['keyCertSign'] }, root);
    expect(status({}, testCertificate({ subject: [['CN', 'x']] }, unfit), unfit, unfit)).toBe(
      'unknown: the issuer may not sign CRLs',
    );
    expect(status({ hash: 'sha1' })).toMatch(/SHA-1/);
  });

  it('out of date, from the future, without next update', () => {
    expect(status({ nextUpdate: testNow - 6 * 60_000 })).toBe('unknown: the CRL is out of date');
    expect(status({ nextUpdate: testNow - 4 * 60_000 })).toBe('good');
    expect(status({ nextUpdate: null })).toBe('unknown: the CRL is out of date');
    expect(status({ thisUpdate: testNow + 6 * 60_000 })).toBe('unknown: the CRL is from the future');
  });

  it('delta and indirect CRLs and unknown critical extensions are not used', () => {
    expect(status({ extensions: [testExtension('2.5.29.27', true, derSmallInteger(1))] })).toMatch(/delta/);
    expect(status({ extensions: [testExtension('1.2.3', true, Uint8Array.of(5, 0))] })).toMatch(/critical/);
    expect(status({ extensions: [testExtension('1.2.3', false, Uint8Array.of(5, 0))] })).toBe('good');
    expect(
      status({
        extensions: [
          testExtension('2.5.29.28', true, derSequence(derElement(contextTag(4, false), Uint8Array.of(0xff)))),
        ],
      }),
    ).toMatch(/does not cover/);
    expect(
      status({
        revoked: [
          { certificate: sibling.certificate, entryExtensions: [testExtension('2.5.29.29', true, derSequence())] },
        ],
      }),
    ).toMatch(/critical/);
  });

  it('the scope of the issuing distribution point', () => {
    const scoped = (...parts: Uint8Array[]): Uint8Array[] => [testExtension('2.5.29.28', true, derSequence(...parts))];
    const flag = (number: number): Uint8Array => derElement(contextTag(number, false), Uint8Array.of(0xff));
    expect(status({ extensions: scoped(flag(1)) })).toBe('good');
    expect(status({ extensions: scoped(flag(2)) })).toMatch(/does not cover/);
    expect(status({ extensions: scoped(flag(1)) }, issuing, root, root)).toMatch(/does not cover/);
    expect(status({ extensions: scoped(flag(2)) }, issuing, root, root)).toBe('good');
    const url = 'http://crl.contoso.test/1.crl';
    expect(status({ extensions: scoped(distributionPoint(url)) }, withCrlUrl(url))).toBe('good');
    expect(status({ extensions: scoped(distributionPoint(url)) }, withCrlUrl('http://crl.contoso.test/2.crl'))).toMatch(
      /does not cover/,
    );
    const reasons = scoped(derElement(contextTag(3, false), Uint8Array.of(6, 0x40)));
    expect(status({ extensions: reasons })).toMatch(/some reasons/);
    expect(status({ extensions: reasons, revoked: [{ certificate: leaf.certificate }] })).toBe('revoked');
  });

  it('any octets give a CRL or a PkiError', () => {
    const der = testCrl(issuing, { revoked: [{ certificate: leaf.certificate }] });
    const readable = (octets: Uint8Array): boolean => {
      try {
        parseCrl(octets);
      } catch (error) {
        return error instanceof PkiError;
      }
      return true;
    };
    expect(readable(text('<html>Please sign in to this network</html>'))).toBe(true);
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (index, change) => {
        const changed = der.slice();
        changed[index]! ^= change;
        return readable(changed);
      }),
      { numRuns: 500 },
    );
  });
});

describe('OCSP (P-17)', () => {
  const status = (ocsp: TestOcsp, nonce: Uint8Array | null = null, about: TestAuthority = leaf): string => {
    const result = ocspStatus(
      parseOcspResponse(testOcsp(about.certificate, issuing, ocsp)),
      leaf.certificate,
      issuing.certificate,
      testNow,
      nonce,
    );
    return result.status === 'unknown' ? `unknown: ${result.why}` : result.status;
  };
  const delegate = (change: object = {}): TestAuthority =>
    testCertificate({ subject: [['CN', 'Responder']], extendedKeyUsage: ['ocspSigning'], ...change }, issuing);
  const refused = 'unknown: the OCSP response: not signed by the issuer or its delegate';

  it('good, revoked, unknown; certificate ids by SHA-1 and SHA-256; responder by key and by name', () => {
    expect(status({})).toBe('good');
    expect(status({ status: 'revoked' })).toBe('revoked');
    expect(status({ status: 'unknown' })).toMatch(/does not know/);
    expect(status({ algorithm: 'sha256' })).toBe('good');
    expect(status({ byName: true })).toBe('good');
  });

  it('about another certificate', () => {
    expect(status({}, null, sibling)).toBe('unknown: the OCSP response is about another certificate');
  });

  it('a delegate of the same issuer with OCSPSigning may answer', () => {
    expect(status({ signer: delegate() })).toBe('good');
    expect(status({ signer: delegate(), byName: true, status: 'revoked' })).toBe('revoked');
  });

  it('nobody else may: the certificate itself, one without OCSPSigning, an expired one, one of another issuer', () => {
    expect(status({ signer: leaf })).toBe(refused);
    expect(status({ signer: delegate({ extendedKeyUsage: ['serverAuth'] }) })).toBe(refused);
    expect(status({ signer: delegate({ notAfter: testNow - day }) })).toBe(refused);
    expect(
      status({ signer: delegate({ extraExtensions: [{ oid: '1.2.3', critical: true, value: Uint8Array.of(5, 0) }] }) }),
    ).toBe(refused);
    expect(
      status({ signer: testCertificate({ subject: [['CN', 'Responder']], extendedKeyUsage: ['ocspSigning'] }, root) }),
    ).toBe(refused);
    expect(
      status({ signer: testCertificate({ subject: [['CN', 'Issuing']], ca: true }, root), byName: true }),
    ).not.toBe('good');
  });

  it('a changed response does not verify', () => {
    const der = testOcsp(leaf.certificate, issuing, { status: 'revoked' });
    const at = Buffer.from(der).indexOf(Buffer.from('20260530120000Z', 'latin1'));
    der[at + 3] = '5'.charCodeAt(0);
    expect(ocspStatus(parseOcspResponse(der), leaf.certificate, issuing.certificate, testNow)).toMatchObject({
      status: 'unknown',
    });
  });

  it('dates: out of date, from the future, none for a day', () => {
    expect(status({ nextUpdate: testNow - 6 * 60_000 })).toMatch(/out of date/);
    expect(status({ thisUpdate: testNow + 6 * 60_000 })).toMatch(/future/);
    expect(status({ thisUpdate: testNow - day / 2, nextUpdate: null })).toBe('good');
    expect(status({ thisUpdate: testNow - 2 * day, nextUpdate: null })).toMatch(/out of date/);
  });

  it('a nonce must agree when both sides have one', () => {
    const nonce = text('nonce');
    expect(status({ nonce }, nonce)).toBe('good');
    expect(status({ nonce: text('other') }, nonce)).toMatch(/nonce/);
    expect(status({}, nonce)).toBe('good');
  });

  it('error responses and garbage are PkiErrors', () => {
    for (const octets of [
      new Uint8Array(0),
      text('<html>'),
      Uint8Array.of(0x30, 3, 10, 1, 6),
      Uint8Array.of(0x30, 3, 10, 1, 0),
    ])
      expect(() => parseOcspResponse(octets)).toThrow(PkiError);
    const der = testOcsp(leaf.certificate, issuing);
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (index, change) => {
        const changed = der.slice();
        changed[index]! ^= change;
        try {
          parseOcspResponse(changed);
        } catch (error) {
          return error instanceof PkiError;
        }
        return true;
      }),
      { numRuns: 500 },
    );
  });

  it('pkijs reads our request as the certificate it asks about', () => {
    const request = OCSPRequest.fromBER(
      Uint8Array.from(encodeOcspRequest(leaf.certificate, issuing.certificate, text('12345678'))),
    ).tbsRequest;
    const hex = (octets: ArrayBuffer): string => Buffer.from(octets).toString('hex');
    expect(request.requestList).toHaveLength(1);
    const { hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber } = request.requestList[0]!.reqCert;
    expect(hashAlgorithm.algorithmId).toBe('1.3.14.3.2.26');
    expect(hex(serialNumber.valueBlock.valueHexView.slice().buffer)).toBe(
      Buffer.from(leaf.certificate.serialNumber).toString('hex'),
    );
    expect(hex(issuerNameHash.valueBlock.valueHexView.slice().buffer)).toBe(
      createHash('sha1').update(leaf.certificate.issuer.der).digest('hex'),
    );
    // The key identifier of our test authority is the SHA-1 of the SubjectPublicKeyInfo, the CertID's that of the key
    // bits alone.
    const point = issuing.certificate.spki.subarray(-65);
    expect(hex(issuerKeyHash.valueBlock.valueHexView.slice().buffer)).toBe(
      createHash('sha1').update(point).digest('hex'),
    );
    expect(request.requestExtensions?.map(({ extnID }) => extnID)).toEqual(['1.3.6.1.5.5.7.48.1.2']);
  });
});

describe('modes (P-14)', () => {
  const path = [leaf.certificate, issuing.certificate, root.certificate];
  const none: RevocationEvidence = { ocspResponses: [], crls: [] };
  const good: RevocationEvidence = { ocspResponses: [testOcsp(leaf.certificate, issuing)], crls: [testCrl(root)] };
  const judge = (mode: 'off' | 'relaxed' | 'strict', evidence: RevocationEvidence): string => {
    const failure = checkRevocation(path, evidence, { mode, wallTime: testNow });
    return failure === null ? 'ok' : failure.revoked ? 'revoked' : 'unknown';
  };

  it('relaxed fails on revoked only, strict on unknown too, off never', () => {
    const revoked = { ...good, ocspResponses: [testOcsp(leaf.certificate, issuing, { status: 'revoked' })] };
    expect(['off', 'relaxed', 'strict'].map((mode) => judge(mode as 'off', none))).toEqual(['ok', 'ok', 'unknown']);
    expect(['off', 'relaxed', 'strict'].map((mode) => judge(mode as 'off', good))).toEqual(['ok', 'ok', 'ok']);
    expect(['off', 'relaxed', 'strict'].map((mode) => judge(mode as 'off', revoked))).toEqual([
      'ok',
      'revoked',
      'revoked',
    ]);
  });

  it('every certificate but the anchor is judged', () => {
    expect(judge('strict', { ...good, crls: [] })).toBe('unknown');
    expect(
      judge('relaxed', { ...good, crls: [testCrl(root, { revoked: [{ certificate: issuing.certificate }] })] }),
    ).toBe('revoked');
  });

  it('revoked by one source outweighs good by another, and a login page is no evidence', () => {
    expect(
      judge('relaxed', {
        ocspResponses: good.ocspResponses,
        crls: [testCrl(issuing, { revoked: [{ certificate: leaf.certificate }] })],
      }),
    ).toBe('revoked');
    expect(judge('strict', { ocspResponses: [text('<html>')], crls: [text('<html>')] })).toBe('unknown');
    expect(judge('relaxed', { ocspResponses: [text('<html>')], crls: [text('<html>')] })).toBe('ok');
  });

  it('what is asked, and whom: plain http only, nothing that is settled (P-16)', () => {
    const access = derSequence(
      ...['http://ocsp.contoso.test/', 'https://ocsp.contoso.test/', 'ldap://x', 'http://user@evil.test/'].map((url) =>
        derSequence(Uint8Array.of(6, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 1), derElement(contextTag(6, false), text(url))),
      ),
    );
    const asking = testCertificate(
      { subject: [['CN', 'asking']], extraExtensions: [{ oid: '1.3.6.1.5.5.7.1.1', critical: false, value: access }] },
      issuing,
    );
    const questions = revocationQuestions([asking.certificate, issuing.certificate, root.certificate], none, testNow);
    expect(questions.map(({ ocspUrls, crlUrls }) => [ocspUrls, crlUrls])).toEqual([
      [['http://ocsp.contoso.test/'], []],
    ]);
    const settled: RevocationEvidence = { ocspResponses: [testOcsp(asking.certificate, issuing)], crls: [] };
    expect(revocationQuestions([asking.certificate, issuing.certificate, root.certificate], settled, testNow)).toEqual(
      [],
    );
  });
});
