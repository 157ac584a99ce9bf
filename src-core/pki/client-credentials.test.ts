import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SignatureScheme } from '../crypto/signature-scheme';
import { verifyData } from '../crypto/signatures';
import { berToDer } from './ber';
import {
  type ClientCertificateSource,
  clientCertificateProblem,
  clientCredentialsError,
  loadClientCredentials,
} from './client-credentials';
import { encodePem, parsePem } from './pem';
import { parsePkcs12 } from './pkcs12';
import { PkiError, type PkiErrorReason } from './pki-error';
import { day, testCertificate, testNow, testRoot, type TestAuthority } from './testing';
import files from './vectors/client-files.json';

const data = new TextEncoder().encode('what AUTH signs');
const root = testRoot();
const issuing = testCertificate({ subject: [['CN', 'Issuing']], ca: true }, root);
const pem = ({ certificate }: TestAuthority): string => encodePem('CERTIFICATE', certificate.der);

function reasonOf(action: () => unknown): PkiErrorReason | 'none' {
  try {
    action();
  } catch (error) {
    if (error instanceof PkiError) return error.reason;
    throw error;
  }
  return 'none';
}

const load = (
  certificate: string,
  privateKey: string | null = null,
  passphrase: string | null = null,
): ReturnType<typeof loadClientCredentials> => loadClientCredentials({ certificate, privateKey, passphrase });

async function proves(source: ClientCertificateSource, scheme: SignatureScheme): Promise<boolean> {
  const { signer, leaf } = loadClientCredentials(source);
  return verifyData(scheme, leaf.spki, data, await signer.sign(data, scheme));
}

describe('keys in PEM', () => {
  const kinds = [
    ['rsa', generateKeyPairSync('rsa', { modulusLength: 2048 }), 'pkcs1', { algorithm: 'rsa-pkcs1', hash: 'sha256' }],
    ['ecdsa-p256', generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'sec1', { algorithm: 'ecdsa', hash: 'sha256' }],
    ['ecdsa-p384', generateKeyPairSync('ec', { namedCurve: 'P-384' }), 'sec1', { algorithm: 'ecdsa', hash: 'sha384' }],
    ['ed25519', generateKeyPairSync('ed25519'), null, { algorithm: 'eddsa', hash: 'identity' }],
  ] as const;
  for (const [keyType, keys, traditional, scheme] of kinds) {
    const certificate = pem(testCertificate({ subject: [['CN', 'alice']] }, issuing, { keys }));
    const exported = (options: object): string =>
      keys.privateKey.export({ format: 'pem', ...options } as { format: 'pem'; type: 'pkcs8' }).toString();

    it(`${keyType}: PKCS#8, beside the certificate or behind it`, async () => {
      const key = exported({ type: 'pkcs8' });
      expect(load(certificate, key).signer.keyType).toBe(keyType);
      expect(await proves({ certificate, privateKey: key, passphrase: null }, scheme)).toBe(true);
      expect(await proves({ certificate: certificate + key, privateKey: null, passphrase: null }, scheme)).toBe(true);
      const bare = Buffer.from(parsePem(key)[0]!.der).toString('base64');
      expect(
        await proves(
          {
            certificate: Buffer.from(parsePem(certificate)[0]!.der).toString('base64'),
            privateKey: bare,
            passphrase: null,
          },
          scheme,
        ),
      ).toBe(true);
    });

    it(`${keyType}: encrypted PKCS#8 wants its passphrase`, async () => {
      const key = exported({ type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'secret' });
      expect(await proves({ certificate, privateKey: key, passphrase: 'secret' }, scheme)).toBe(true);
      const bare = Buffer.from(parsePem(key)[0]!.der).toString('base64');
      expect(await proves({ certificate, privateKey: bare, passphrase: 'secret' }, scheme)).toBe(true);
      for (const text of [key, bare]) {
        expect(reasonOf(() => load(certificate, text))).toBe('passphrase');
        // One wrong passphrase in 256 leaves a padding that looks right; then it is the key that cannot be read.
        expect(['passphrase', 'unsupported', 'malformed']).toContain(reasonOf(() => load(certificate, text, 'wrong')));
      }
    });

    if (traditional !== null) {
      it(`${keyType}: ${traditional}, plain and in OpenSSL's old encryption`, async () => {
        expect(
          await proves({ certificate, privateKey: exported({ type: traditional }), passphrase: null }, scheme),
        ).toBe(true);
        const encrypted = exported({ type: traditional, cipher: 'aes-128-cbc', passphrase: 'secret' });
        expect(encrypted).toContain('Proc-Type: 4,ENCRYPTED');
        expect(await proves({ certificate, privateKey: encrypted, passphrase: 'secret' }, scheme)).toBe(true);
        expect(reasonOf(() => load(certificate, encrypted))).toBe('passphrase');
        expect(reasonOf(() => load(certificate, encrypted, 'wrong'))).toBe('passphrase');
      });
    }
  }

  it('encrypted with RC2-128', () => {
    expect(load(files.certificate, files.keyRc2, 'secret').signer.keyType).toBe('ecdsa-p256');
  });
});

describe('what belongs together', () => {
  const alice = testCertificate({ subject: [['CN', 'alice']] }, issuing);
  const key = alice.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();

  it('the chain goes along, leaf first, without the root, whatever the order of the file', () => {
    const { certificates, leaf } = load(
      pem(root) + pem(issuing) + pem(testCertificate({ subject: [['CN', 'unrelated']] }, root)) + pem(alice),
      key,
    );
    expect(leaf.der).toEqual(alice.certificate.der);
    expect(certificates).toEqual([alice.certificate.der, issuing.certificate.der]);
  });

  it('another key, no key, no certificate and garbage are told apart', () => {
    expect(reasonOf(() => load(pem(root), key))).toBe('mismatch');
    expect(reasonOf(() => load(pem(alice)))).toBe('mismatch');
    expect(reasonOf(() => load(key))).toBe('mismatch');
    expect(reasonOf(() => load('garbage!'))).toBe('malformed');
    expect(reasonOf(() => load(''))).toBe('malformed');
    expect(reasonOf(() => load(pem(alice), encodePem('PRIVATE KEY', Uint8Array.of(1, 2))))).toBe('unsupported');
    expect(reasonOf(() => load(pem(alice), '-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----'))).toBe(
      'malformed',
    );
  });

  it('a key that does not sign is refused', () => {
    const agreement = generateKeyPairSync('x25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    expect(reasonOf(() => load(pem(alice), agreement))).toBe('mismatch');
  });

  it('each reason becomes 13806 with its own sentence', () => {
    const sentences = (['passphrase', 'mismatch', 'malformed', 'limit', 'unsupported'] as const).map((reason) => {
      const error = clientCredentialsError(new PkiError(reason, 'why'));
      expect([error.code, error.detail]).toEqual([13806, 'client certificate: why']);
      return error.message;
    });
    expect(new Set(sentences).size).toBe(5);
    expect(clientCredentialsError(new PkiError('mismatch', 'why'), 'eap').code).toBe(798);
  });
});

describe('PKCS#12 (P-20)', () => {
  const expected = parsePem(files.certificate)[0]!.der;
  for (const { name, passphrase, authenticated, file } of files.files) {
    const der = new Uint8Array(Buffer.from(file, 'base64'));

    it(`${name}: certificate, chain and key`, async () => {
      const { leaf, certificates, signer } = load(file, null, passphrase);
      expect(Buffer.from(leaf.der).equals(expected)).toBe(true);
      expect(certificates).toHaveLength(1);
      const scheme = { algorithm: 'ecdsa', hash: 'sha256' } as const;
      expect(verifyData(scheme, leaf.spki, data, await signer.sign(data, scheme))).toBe(true);
      const content = parsePkcs12(der, passphrase);
      expect([content.certificates.length, content.privateKeys.length, content.authenticated]).toEqual([
        2,
        1,
        authenticated,
      ]);
    });

    it(`${name}: as BER with indefinite lengths and octet strings in pieces`, () => {
      const ber = indefinite(der);
      expect(ber.length).toBeGreaterThan(der.length);
      expect(Buffer.from(berToDer(ber)).equals(berToDer(der))).toBe(true);
      expect(parsePkcs12(ber, passphrase).certificates).toHaveLength(2);
    });

    if (authenticated) {
      it(`${name}: a wrong passphrase, none, and a damaged file are told`, () => {
        expect(reasonOf(() => parsePkcs12(der, `${passphrase}x`))).toBe('passphrase');
        if (passphrase !== '') expect(reasonOf(() => load(file))).toBe('passphrase');
        const damaged = der.slice();
        damaged[der.length >> 1]! ^= 1;
        expect(reasonOf(() => parsePkcs12(damaged, passphrase))).not.toBe('none');
      });
    }
  }

  it('any octets give content or a PkiError', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        (octets) => typeof reasonOf(() => parsePkcs12(octets, 'x')) === 'string',
      ),
      { numRuns: 300 },
    );
    const der = new Uint8Array(Buffer.from(files.files[5]!.file, 'base64'));
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (index, change) => {
        const changed = der.slice();
        changed[index]! ^= change;
        return typeof reasonOf(() => parsePkcs12(changed, 'secret')) === 'string';
      }),
      { numRuns: 80 },
    );
  });

  it('more than 1 MiB and nesting without end are refused', () => {
    expect(reasonOf(() => parsePkcs12(new Uint8Array(1024 * 1024 + 1), ''))).toBe('limit');
    expect(
      reasonOf(() =>
        parsePkcs12(
          new Uint8Array(2000).fill(0x30).map((octet, index) => (index % 2 === 0 ? octet : 0x80)),
          '',
        ),
      ),
    ).toBe('limit');
  });
});

describe('whether a certificate is fit to be shown (P-21)', () => {
  const problem = (change: object): string | null => {
    const error = clientCertificateProblem(
      testCertificate({ subject: [['CN', 'alice']], ...change }, issuing).certificate,
      testNow,
    );
    if (error !== null) expect(error.code).toBe(13806);
    return error?.detail ?? null;
  };

  it('in date, for clientAuth or no purpose in particular', () => {
    expect(problem({})).toBeNull();
    expect(problem({ extendedKeyUsage: ['clientAuth'] })).toBeNull();
    expect(problem({ notAfter: testNow - day })).toBe(
      'client certificate CN=alice expired on 2026-05-31T12:00:00.000Z',
    );
    expect(problem({ notBefore: testNow + day })).toBe(
      'client certificate CN=alice is valid from 2026-06-02T12:00:00.000Z',
    );
    expect(problem({ extendedKeyUsage: ['codeSigning'] })).toMatch(/extended-key-usage/);
    expect(problem({ keyUsage: ['keyEncipherment'] })).toMatch(/key-usage/);
  });

  it('inside EAP the codes are 854 for an expired certificate and 853 for one that does not fit', () => {
    const code = (change: object): number | undefined =>
      clientCertificateProblem(
        testCertificate({ subject: [['CN', 'alice']], ...change }, issuing).certificate,
        testNow,
        'eap',
      )?.code;
    expect(code({ notAfter: testNow - day })).toBe(854);
    expect(code({ notBefore: testNow + day })).toBe(853);
    expect(code({ extendedKeyUsage: ['codeSigning'] })).toBe(853);
    expect(code({})).toBeUndefined();
  });
});

/** Every constructed element with an indefinite length, every long OCTET STRING in two pieces. */
function indefinite(der: Uint8Array): Uint8Array {
  const out: number[] = [];
  let offset = 0;
  while (offset < der.length) {
    const tag = der[offset]!;
    const first = der[offset + 1]!;
    const count = first < 0x80 ? 0 : first & 0x7f;
    const length =
      count === 0 ? first : der.subarray(offset + 2, offset + 2 + count).reduce((sum, octet) => sum * 256 + octet, 0);
    const start = offset + 2 + count;
    const content = der.subarray(start, start + length);
    if ((tag & 0x20) !== 0) out.push(tag, 0x80, ...indefinite(content), 0, 0);
    else if (tag === 0x04 && length > 40)
      out.push(0x24, 0x80, ...piece(content.subarray(0, 20)), ...piece(content.subarray(20)), 0, 0);
    else out.push(...der.subarray(offset, start + length));
    offset = start + length;
  }
  return Uint8Array.from(out);
}

function piece(content: Uint8Array): number[] {
  return [0x04, 0x83, 0, content.length >> 8, content.length & 0xff, ...content];
}
