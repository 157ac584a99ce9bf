import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { describe, expect, it } from 'vitest';
import { CryptoError } from './crypto-error';
import { ecdsaDerToRaw, ecdsaRawToDer } from './ecdsa-encoding';
import type { SignatureHash, SignatureScheme } from './signature-scheme';
import {
  ecdsaAuthMethods,
  ecdsaAuthSignature,
  importSpki,
  schemeFitsKey,
  signatureKeyType,
  signData,
  verifyData,
  verifyEcdsaAuth,
} from './signatures';
import wycheproof from './vectors/wycheproof-signatures.json';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const spki = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ format: 'der', type: 'spki' }));
const data = new TextEncoder().encode('IKE AUTH octets');

describe('Wycheproof verification (T-10, H-24)', () => {
  for (const { file, scheme, keys, cases } of wycheproof.files) {
    it(`${file}: ${cases.length} signatures`, () => {
      const imported = keys.map((key) => importSpki(bytes(key)));
      for (const { id, comment, key, message, signature, valid } of cases) {
        expect([
          id,
          comment,
          verifyData(scheme as SignatureScheme, imported[key]!, bytes(message), bytes(signature)),
        ]).toEqual([id, comment, valid]);
      }
    });
  }
});

describe('Ed25519, RFC 8032 section 7.1', () => {
  it.each([
    [
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      '',
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    ],
    [
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      '72',
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    ],
  ])('public key %s', (publicKey, message, signature) => {
    const key = bytes(`302a300506032b6570032100${publicKey}`);
    expect(verifyData({ algorithm: 'eddsa', hash: 'identity' }, key, bytes(message), bytes(signature))).toBe(true);
    expect(verifyData({ algorithm: 'eddsa', hash: 'identity' }, key, bytes(`${message}00`), bytes(signature))).toBe(
      false,
    );
    expect(ed25519.verify(bytes(signature), bytes(message), bytes(publicKey))).toBe(true);
  });
});

const keyPairs = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  'rsa-pss': generateKeyPairSync('rsa-pss', { modulusLength: 2048 }),
  'ecdsa-p256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'ecdsa-p384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  'ecdsa-p521': generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  ed25519: generateKeyPairSync('ed25519'),
} as const;
type KeyName = keyof typeof keyPairs;

const schemes: readonly SignatureScheme[] = [
  ...(['rsa-pkcs1', 'rsa-pss', 'ecdsa'] as const).flatMap((algorithm) =>
    (['sha1', 'sha256', 'sha384', 'sha512'] as const).map((hash) => ({ algorithm, hash })),
  ),
  { algorithm: 'eddsa', hash: 'identity' },
];

describe('signatures', () => {
  for (const [name, { privateKey, publicKey }] of Object.entries(keyPairs)) {
    for (const scheme of schemes) {
      const fits = schemeFitsKey(scheme, name as KeyName);
      it(`${name} ${fits ? 'signs and verifies' : 'refuses'} ${scheme.algorithm} with ${scheme.hash}`, () => {
        expect(signatureKeyType(privateKey)).toBe(name);
        if (!fits) {
          expect(() => signData(scheme, privateKey, data)).toThrow(CryptoError);
          expect(verifyData(scheme, spki(publicKey), data, new Uint8Array(64).fill(1))).toBe(false);
          return;
        }
        const signature = signData(scheme, privateKey, data);
        expect(verifyData(scheme, spki(publicKey), data, signature)).toBe(true);
        expect(verifyData(scheme, spki(publicKey), data.subarray(1), signature)).toBe(false);
        signature[signature.length >> 1]! ^= 4;
        expect(verifyData(scheme, spki(publicKey), data, signature)).toBe(false);
        expect(verifyData(scheme, spki(publicKey), data, new Uint8Array(0))).toBe(false);
        for (const other of schemes) {
          if (other.hash !== scheme.hash)
            expect(verifyData(other, spki(publicKey), data, signData(scheme, privateKey, data))).toBe(false);
        }
      });
    }
  }

  it('a PSS signature is verified with its own salt length only', () => {
    const { privateKey, publicKey } = keyPairs.rsa;
    const scheme = { algorithm: 'rsa-pss', hash: 'sha256' } as const;
    const signature = signData(scheme, privateKey, data);
    expect(verifyData({ ...scheme, saltLength: 32 }, spki(publicKey), data, signature)).toBe(true);
    expect(verifyData({ ...scheme, saltLength: 20 }, spki(publicKey), data, signature)).toBe(false);
  });

  it('an unreadable public key is a CryptoError', () => {
    expect(() => importSpki(Uint8Array.of(0x30, 0))).toThrow(CryptoError);
    expect(() => verifyData({ algorithm: 'ecdsa', hash: 'sha256' }, new Uint8Array(0), data, data)).toThrow(
      CryptoError,
    );
  });
});

describe('ECDSA methods 9, 10, 11 (RFC 4754)', () => {
  it('RFC 4754 section 8.1: P-256 with SHA-256 over "abc"', () => {
    const point =
      '2442a5cc0ecd015fa3ca31dc8e2bbc70bf42d60cbca20085e0822cb04235e9706fc98bd7e50211a4a27102fa3549df79ebcb4bf246b80945cddfe7d509bbfd7d';
    const signature =
      'cb28e0999b9c7715fd0a80d8e47a77079716cbbf917dd72e97566ea1c066957c86fa3bb4e26cad5bf90b7f81899256ce7594bb1ea0c89212748bff3b3d5b0315';
    const key = bytes(`3059301306072a8648ce3d020106082a8648ce3d03010703420004${point}`);
    expect(verifyEcdsaAuth(9, key, new TextEncoder().encode('abc'), bytes(signature))).toBe(true);
    expect(verifyEcdsaAuth(9, key, new TextEncoder().encode('abd'), bytes(signature))).toBe(false);
  });

  const methods = [
    [9, 'ecdsa-p256', p256, 'sha256'],
    [10, 'ecdsa-p384', p384, 'sha384'],
    [11, 'ecdsa-p521', p521, 'sha512'],
  ] as const;
  for (const [method, keyName, curve, hash] of methods) {
    it(`method ${method}: r | s of both back ends verify in the other, ${ecdsaAuthMethods[method].integerLength} octets each`, () => {
      const { privateKey, publicKey } = keyPairs[keyName];
      const digest = createHash(hash).update(data).digest();
      const jwk = publicKey.export({ format: 'jwk' });
      const point = Uint8Array.from([4, ...Buffer.from(jwk.x!, 'base64url'), ...Buffer.from(jwk.y!, 'base64url')]);
      const raw = ecdsaAuthSignature(method, signData({ algorithm: 'ecdsa', hash }, privateKey, data));
      expect(raw).toHaveLength(2 * ecdsaAuthMethods[method].integerLength);
      expect(verifyEcdsaAuth(method, spki(publicKey), data, raw)).toBe(true);
      expect(curve.verify(raw, digest, point, { prehash: false, lowS: false })).toBe(true);
      const secret = Uint8Array.from(Buffer.from(privateKey.export({ format: 'jwk' }).d!, 'base64url'));
      expect(verifyEcdsaAuth(method, spki(publicKey), data, curve.sign(digest, secret, { prehash: false }))).toBe(true);
    });

    it(`method ${method}: wrong length, zero r and s, and keys of other curves are refused (H-24)`, () => {
      const { publicKey } = keyPairs[keyName];
      const length = 2 * ecdsaAuthMethods[method].integerLength;
      for (const bad of [0, length - 1, length + 1, length - 2, length + 2, length])
        expect(verifyEcdsaAuth(method, spki(publicKey), data, new Uint8Array(bad))).toBe(false);
      for (const [other, pair] of Object.entries(keyPairs)) {
        if (other !== keyName)
          expect(verifyEcdsaAuth(method, spki(pair.publicKey), data, new Uint8Array(length).fill(1))).toBe(false);
      }
    });
  }
});

describe('ECDSA signature encodings', () => {
  it('r | s and DER convert into one another, leading zeros and high bits included', () => {
    for (const raw of [
      '00'.repeat(31) + '01' + 'ff'.repeat(32),
      '80'.repeat(32) + '00'.repeat(30) + '00ff',
      '7f'.repeat(64),
      `00${'ff'.repeat(65)}01${'02'.repeat(65)}`,
    ]) {
      expect(hex(ecdsaDerToRaw(ecdsaRawToDer(bytes(raw)), raw.length / 4))).toBe(raw);
    }
    expect(hex(ecdsaRawToDer(bytes('00800001')))).toBe('3007020200800201' + '01');
  });

  it.each([
    ['empty', ''],
    ['not a SEQUENCE', '3106020101020101'],
    ['longer than its length', '300602010102010100'],
    ['shorter than its length', '30070201010201'],
    ['a negative integer', '3006020181020101'],
    ['a padded integer', '300702020001020101'],
    ['an empty integer', '30050200020101'],
    ['one integer', '3003020101'],
    ['three integers', '3009020101020101020101'],
    [
      'an integer longer than the curve',
      '30270222010000000000000000000000000000000000000000000000000000000000000000000201' + '01',
    ],
    ['a long length that fits the short form', '308106020101020101'],
    ['an indefinite length', '30800201010201010000'],
  ])('%s is not DER', (_, der) => {
    expect(() => ecdsaDerToRaw(bytes(der), 32)).toThrow(CryptoError);
  });

  it('odd and overlong r | s are refused', () => {
    for (const length of [0, 63, 134]) expect(() => ecdsaRawToDer(new Uint8Array(length))).toThrow(CryptoError);
  });
});

describe('schemes and keys', () => {
  it('no RSA or ECDSA key signs with the identity hash', () => {
    const identity: SignatureHash = 'identity';
    for (const algorithm of ['rsa-pkcs1', 'rsa-pss', 'ecdsa'] as const) {
      for (const name of Object.keys(keyPairs))
        expect(schemeFitsKey({ algorithm, hash: identity }, name as KeyName)).toBe(false);
    }
  });
});
