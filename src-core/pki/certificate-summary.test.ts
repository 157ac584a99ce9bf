import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { summarizeCertificate } from './certificate-summary';
import { parseAuthorities } from './trust-anchors';
import { testCertificate, testNow, testRoot } from './testing';

describe('a certificate as a person reads it', () => {
  const root = testRoot();

  it('names, dates, key, signature, fingerprint', () => {
    const { certificate } = testCertificate(
      {
        subject: [
          ['O', 'Contoso'],
          ['CN', 'vpn'],
        ],
        dnsNames: ['vpn.test'],
        addresses: ['2001:db8::1'],
        extendedKeyUsage: ['serverAuth'],
        notAfter: testNow,
        serialNumber: Uint8Array.of(0x0a, 0xbc),
      },
      root,
      {
        keys: generateKeyPairSync('rsa', { modulusLength: 2048 }),
      },
    );
    const summary = summarizeCertificate(certificate);
    expect(summary).toMatchObject({
      subject: 'CN=vpn, O=Contoso',
      issuer: 'CN=Test Root, O=Agile Test',
      commonName: 'vpn',
      organization: 'Contoso',
      organizationalUnit: null,
      issuerName: 'Test Root',
      selfSigned: false,
      names: ['dns:vpn.test', 'ip:2001:db8::1'],
      notAfter: '2026-06-01T12:00:00.000Z',
      serialNumber: '0abc',
      publicKey: 'RSA 2048',
      signature: 'ecdsa with sha256',
      extendedKeyUsage: ['serverAuth'],
    });
    expect(summary.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    expect(parseAuthorities([summary.pin]).pins).toHaveLength(1);
  });

  it('the keys by their names', () => {
    const name = (keys: ReturnType<typeof generateKeyPairSync>): string =>
      summarizeCertificate(testCertificate({ subject: [['CN', 'x']] }, root, { keys }).certificate).publicKey;
    expect(name(generateKeyPairSync('ec', { namedCurve: 'P-521' }))).toBe('ECDSA P-521');
    expect(name(generateKeyPairSync('ed25519'))).toBe('Ed25519');
    expect(name(generateKeyPairSync('x25519'))).toBe('unknown');
    expect(name(generateKeyPairSync('rsa', { modulusLength: 2047 }))).toBe('RSA 2047');
  });

  it('a text that could change what is around it is made harmless', () => {
    const summary = summarizeCertificate(
      testCertificate({ subject: [['CN', 'vpn\u202e\n<b>x</b>']] }, root).certificate,
    );
    expect(summary.subject).not.toMatch(/[\u202e\n]/);
  });
});
