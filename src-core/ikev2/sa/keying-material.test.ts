import { describe, expect, it, vi } from 'vitest';
import { concat, hexDecode, hexEncode } from '../../bytes';
import vectors from '../../crypto/vectors/ikev2-kdf.json';
import type { PrfAlgorithm } from '../../crypto/prf';
import { parseProposal } from '../proposals/proposal';
import { childSuite, ikeSuite } from '../proposals/suites';
import { deriveChildKeys, expandIkeKeys, initialKeySeed, rekeyedKeySeed } from './keying-material';

// Virtual time costs real time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

const octets = (hex: string): Uint8Array => hexDecode(hex) ?? new Uint8Array(0);
const half = (bytes: Uint8Array): [Uint8Array, Uint8Array] => [
  bytes.slice(0, bytes.length / 2),
  bytes.slice(bytes.length / 2),
];

/** One suite a PRF, one with integrity keys and one with salts: the order of all seven keys shows. */
const suitesOf: Readonly<Record<string, readonly string[]>> = {
  'hmac-sha2-256': ['aes256-sha256-modp2048', 'aes128gcm16-prfsha256-x25519'],
  'hmac-sha2-384': ['aes256-sha384-modp3072', 'aes256gcm16-prfsha384-ecp384'],
  'hmac-sha2-512': ['aes256-sha512-modp4096', 'chacha20poly1305-prfsha512-ecp521'],
};

describe(`key derivation against ${vectors.source}`, () => {
  vectors.skeyseed.forEach(({ prf, key, seed, output }, index) => {
    it(`SKEYSEED = prf(Ni | Nr, g^ir), ${prf} ${String(index)}`, () => {
      // In this set "seed" is Ni | Nr, which keys the PRF, and "key" is g^ir.
      const [nonceI, nonceR] = half(octets(seed));
      expect(hexEncode(initialKeySeed(prf as PrfAlgorithm, nonceI, nonceR, octets(key)))).toBe(output);
    });

    it(`C-63: SKEYSEED of a rekey = prf(SK_d, g^ir | Ni | Nr), ${prf} ${String(index)}`, () => {
      const [secret, nonces] = half(octets(key));
      const [nonceI, nonceR] = half(nonces);
      expect(hexEncode(rekeyedKeySeed(prf as PrfAlgorithm, octets(seed), secret, nonceI, nonceR))).toBe(output);
    });
  });

  vectors.keys.forEach(({ prf, key, seed, output }, index) => {
    for (const keyword of suitesOf[prf] ?? []) {
      it(`SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr, ${prf} ${String(index)}, ${keyword}`, () => {
        const suite = ikeSuite(parseProposal('ike', keyword).algorithms);
        const all = octets(seed);
        const nonces = all.slice(0, -16);
        const [nonceI, nonceR] = half(nonces);
        const keys = expandIkeKeys(suite, octets(key), {
          nonceI,
          nonceR,
          spiI: all.slice(-16, -8),
          spiR: all.slice(-8),
        });
        const stream = hexEncode(concat(keys.skD, keys.skAi, keys.skAr, keys.skEi, keys.skEr, keys.skPi, keys.skPr));
        const shared = Math.min(stream.length, output.length);
        expect(shared).toBeGreaterThan(200);
        expect(stream.slice(0, shared)).toBe(output.slice(0, shared));
      });
    }

    it(`E-10: KEYMAT = prf+(SK_d, [g^ir |] Ni | Nr), initiator's direction first, encryption before integrity, ${prf} ${String(index)}`, () => {
      const all = octets(seed);
      for (const withSecret of [true, false]) {
        for (const keyword of ['aes256-sha256', 'aes256gcm16', 'chacha20poly1305', 'null-sha256']) {
          const suite = childSuite(parseProposal('esp', keyword).algorithms).esp;
          const secret = withSecret ? all.slice(0, 8) : null;
          const [nonceI, nonceR] = half(withSecret ? all.slice(8) : all);
          const { fromInitiator, fromResponder } = deriveChildKeys(
            prf as PrfAlgorithm,
            octets(key),
            secret,
            nonceI,
            nonceR,
            suite,
          );
          const stream = hexEncode(
            concat(
              fromInitiator.encryption,
              fromInitiator.integrity,
              fromResponder.encryption,
              fromResponder.integrity,
            ),
          );
          expect(stream.slice(0, output.length)).toBe(output.slice(0, stream.length));
        }
      }
    });
  });

  it('lengths: AEAD keys end with a salt of 4 octets, integrity keys are as long as their hash', () => {
    const lengths = (keyword: string): number[] => {
      const suite = ikeSuite(parseProposal('ike', keyword).algorithms);
      const keys = expandIkeKeys(suite, new Uint8Array(32), {
        nonceI: new Uint8Array(32),
        nonceR: new Uint8Array(32),
        spiI: new Uint8Array(8),
        spiR: new Uint8Array(8),
      });
      return [keys.skD, keys.skAi, keys.skEi, keys.skPi].map((one) => one.length);
    };
    expect(lengths('aes128gcm16-prfsha256-x25519')).toEqual([32, 0, 20, 32]);
    expect(lengths('aes256gcm16-prfsha384-x25519')).toEqual([48, 0, 36, 48]);
    expect(lengths('aes256-sha512-x25519')).toEqual([64, 64, 32, 64]);
    expect(lengths('aes128-sha1-modp1024')).toEqual([20, 20, 16, 20]);
  });
});
