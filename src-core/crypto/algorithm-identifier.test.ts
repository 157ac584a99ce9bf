import { describe, expect, it } from 'vitest';
import {
  encodeAlgorithmIdentifier,
  encodeDigitalSignature,
  parseAlgorithmIdentifier,
  parseDigitalSignature,
} from './algorithm-identifier';
import { CryptoError } from './crypto-error';
import type { SignatureScheme } from './signature-scheme';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));

/** RFC 7427 appendix A, RFC 8420 appendix A. */
const appendix: readonly (readonly [string, SignatureScheme, string])[] = [
  ['A.1.1 sha1WithRSAEncryption', { algorithm: 'rsa-pkcs1', hash: 'sha1' }, '300d06092a864886f70d0101050500'],
  ['A.1.2 sha256WithRSAEncryption', { algorithm: 'rsa-pkcs1', hash: 'sha256' }, '300d06092a864886f70d01010b0500'],
  ['A.1.3 sha384WithRSAEncryption', { algorithm: 'rsa-pkcs1', hash: 'sha384' }, '300d06092a864886f70d01010c0500'],
  ['A.1.4 sha512WithRSAEncryption', { algorithm: 'rsa-pkcs1', hash: 'sha512' }, '300d06092a864886f70d01010d0500'],
  ['A.3.1 ecdsa-with-SHA1', { algorithm: 'ecdsa', hash: 'sha1' }, '300906072a8648ce3d0401'],
  ['A.3.2 ecdsa-with-SHA256', { algorithm: 'ecdsa', hash: 'sha256' }, '300a06082a8648ce3d040302'],
  ['A.3.3 ecdsa-with-SHA384', { algorithm: 'ecdsa', hash: 'sha384' }, '300a06082a8648ce3d040303'],
  ['A.3.4 ecdsa-with-SHA512', { algorithm: 'ecdsa', hash: 'sha512' }, '300a06082a8648ce3d040304'],
  [
    'A.4.3 RSASSA-PSS with SHA-256',
    { algorithm: 'rsa-pss', hash: 'sha256' },
    '304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120',
  ],
  ['Ed25519', { algorithm: 'eddsa', hash: 'identity' }, '300506032b6570'],
];

describe('AlgorithmIdentifier, RFC 7427 appendix A', () => {
  it.each(appendix)('%s', (_, scheme, der) => {
    expect(hex(encodeAlgorithmIdentifier(scheme))).toBe(der);
    expect(parseAlgorithmIdentifier(bytes(der))).toMatchObject(scheme);
  });

  it('A.4.2 RSASSA-PSS with default parameters is SHA-1', () => {
    expect(parseAlgorithmIdentifier(bytes('300d06092a864886f70d01010a3000'))).toEqual({
      algorithm: 'rsa-pss',
      hash: 'sha1',
      saltLength: 20,
    });
  });

  it('RSA PKCS#1 with absent parameters is accepted (X-8)', () => {
    expect(parseAlgorithmIdentifier(bytes('300b06092a864886f70d01010b'))).toEqual({
      algorithm: 'rsa-pkcs1',
      hash: 'sha256',
    });
  });

  it('RSASSA-PSS with absent hash parameters and every salt length up to 64 is accepted (X-8)', () => {
    expect(
      parseAlgorithmIdentifier(
        bytes(
          '303d06092a864886f70d01010a3030a00d300b0609608648016503040203a11a301806092a864886f70d010108300b0609608648016503040203a203020140',
        ),
      ),
    ).toEqual({
      algorithm: 'rsa-pss',
      hash: 'sha512',
      saltLength: 64,
    });
  });

  it('a salt of the default 20 octets may be left out', () => {
    expect(
      parseAlgorithmIdentifier(
        bytes(
          '303c06092a864886f70d01010a302fa00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500',
        ),
      ),
    ).toMatchObject({ saltLength: 20 });
  });

  it.each([
    ['empty', ''],
    ['RSA with octets behind', '300d06092a864886f70d01010b050000'],
    ['RSA with other parameters', '300e06092a864886f70d01010b020100'],
    ['MD5 with RSA', '300d06092a864886f70d0101040500'],
    ['rsaEncryption', '300d06092a864886f70d0101010500'],
    ['ECDSA with NULL parameters', '300c06082a8648ce3d0403020500'],
    [
      'PSS with another hash in MGF1',
      '304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402020500a203020120',
    ],
    [
      'PSS with salt 65',
      '304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020141',
    ],
    [
      'PSS with salt 2^31 (CVE-2021-41990)',
      '304506092a864886f70d01010a3038a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a20702050080000000',
    ],
    [
      'PSS with a trailer field',
      '304606092a864886f70d01010a3039a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120a303020101',
    ],
    ['PSS without parameters', '300b06092a864886f70d01010a'],
    ['an indefinite length', '308006092a864886f70d01010b05000000'],
  ])('%s is refused', (_, der) => {
    expect(() => parseAlgorithmIdentifier(bytes(der))).toThrow(CryptoError);
  });

  it('EdDSA goes with the identity hash only', () => {
    expect(() => encodeAlgorithmIdentifier({ algorithm: 'eddsa', hash: 'sha256' })).toThrow(CryptoError);
    expect(() => encodeAlgorithmIdentifier({ algorithm: 'ecdsa', hash: 'identity' })).toThrow(CryptoError);
    expect(hex(encodeAlgorithmIdentifier({ algorithm: 'eddsa', hash: 'identity' }, 'ed448'))).toBe('300506032b6571');
  });
});

describe('AUTH data of method 14 (RFC 7427 section 3)', () => {
  it('is length, AlgorithmIdentifier, signature', () => {
    const data = encodeDigitalSignature({ algorithm: 'ecdsa', hash: 'sha256' }, 'ecdsa-p256', bytes('aabbcc'));
    expect(hex(data)).toBe('0c300a06082a8648ce3d040302aabbcc');
    const { scheme, signature } = parseDigitalSignature(data);
    expect(scheme).toEqual({ algorithm: 'ecdsa', hash: 'sha256' });
    expect(hex(signature)).toBe('aabbcc');
  });

  it('an AlgorithmIdentifier longer than the data and an empty signature are refused (H-24)', () => {
    const data = encodeDigitalSignature({ algorithm: 'rsa-pkcs1', hash: 'sha512' }, 'rsa', bytes('aa'));
    for (let length = 0; length < data.length; length += 1)
      expect(() => parseDigitalSignature(data.subarray(0, length))).toThrow(CryptoError);
    expect(() => parseDigitalSignature(Uint8Array.from([255, ...data]))).toThrow(CryptoError);
  });
});
