import { describe, expect, it, vi } from 'vitest';
import { concat, hexEncode, utf8Encode } from '../../bytes';
import { prf } from '../../crypto/prf';
import { testKey } from '../../simulation';
import type { Signer } from '../session';
import {
  announcedHashes,
  authenticatedOctets,
  checkSignature,
  chooseSignatureScheme,
  createSignature,
  sharedKeyAuthentication,
  verifySharedKey,
} from './authentication';

// Virtual time costs real time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

const octets = utf8Encode('what AUTH covers');

describe('AUTH', () => {
  it('C-23: message | nonce | prf(SK_p, ID body)', () => {
    const [message, nonce, skP, id] = [utf8Encode('message'), utf8Encode('nonce'), utf8Encode('key'), utf8Encode('id')];
    expect(authenticatedOctets('hmac-sha2-256', message, nonce, skP, id)).toEqual(
      concat(message, nonce, prf('hmac-sha2-256', skP, id)),
    );
  });

  it('C-24: prf(prf(secret, "Key Pad for IKEv2"), octets), an independent computation', () => {
    const secret = utf8Encode('secret');
    const inner = prf('hmac-sha2-256', secret, utf8Encode('Key Pad for IKEv2'));
    const payload = sharedKeyAuthentication('hmac-sha2-256', secret, octets);
    expect(hexEncode(payload.data)).toBe(hexEncode(prf('hmac-sha2-256', inner, octets)));
    expect(verifySharedKey(payload, 'hmac-sha2-256', secret, octets)).toBe(true);
    expect(verifySharedKey(payload, 'hmac-sha2-256', utf8Encode('Secret'), octets)).toBe(false);
    expect(verifySharedKey({ ...payload, method: 14 }, 'hmac-sha2-256', secret, octets)).toBe(false);
    expect(verifySharedKey({ ...payload, data: payload.data.slice(1) }, 'hmac-sha2-256', secret, octets)).toBe(false);
  });

  it('C-27: a key of 32 octets and the same padded with zeros to 64 are one key to an HMAC', () => {
    const short = new Uint8Array(32).fill(9);
    const padded = concat(short, new Uint8Array(32));
    expect(sharedKeyAuthentication('hmac-sha2-256', short, octets)).toEqual(
      sharedKeyAuthentication('hmac-sha2-256', padded, octets),
    );
  });

  it('X-9: the scheme follows key and peer', () => {
    expect(chooseSignatureScheme('rsa', [1, 2, 3, 4])).toEqual({ algorithm: 'rsa-pkcs1', hash: 'sha256' });
    expect(chooseSignatureScheme('rsa', [4])).toEqual({ algorithm: 'rsa-pkcs1', hash: 'sha512' });
    expect(chooseSignatureScheme('rsa', [1])).toBeNull();
    expect(chooseSignatureScheme('rsa-pss', [2])).toEqual({ algorithm: 'rsa-pss', hash: 'sha256' });
    expect(chooseSignatureScheme('ecdsa-p384', [2, 3, 4])).toEqual({ algorithm: 'ecdsa', hash: 'sha384' });
    expect(chooseSignatureScheme('ed25519', [2, 3, 4])).toBeNull();
    expect(chooseSignatureScheme('ed25519', [5])).toEqual({ algorithm: 'eddsa', hash: 'identity' });
  });

  it.each<[Signer['keyType'], readonly number[] | null, number]>([
    ['rsa', announcedHashes, 14],
    ['rsa', null, 1],
    ['rsa-pss', announcedHashes, 14],
    ['ecdsa-p256', announcedHashes, 14],
    ['ecdsa-p256', null, 9],
    ['ecdsa-p384', null, 10],
    ['ecdsa-p521', null, 11],
    ['ed25519', announcedHashes, 14],
    ['ed448', announcedHashes, 14],
  ])(
    '%s with hashes %j signs with method %d; only this key and these octets verify',
    async (keyType, hashes, method) => {
      const key = testKey(keyType);
      const payload = await createSignature(key.signer, hashes, octets);
      expect(payload.method).toBe(method);
      expect(checkSignature(payload, key.spki, octets, true)).toBeNull();
      expect(checkSignature(payload, key.spki, utf8Encode('something else'), true)).toMatchObject({
        rule: 'auth-signature',
      });
      expect(checkSignature(payload, testKey('ecdsa-p256', 'other').spki, octets, true)).not.toBeNull();
      const data = payload.data.slice();
      data[data.length - 1]! ^= 1;
      expect(checkSignature({ ...payload, data }, key.spki, octets, true)).not.toBeNull();
    },
  );

  it('W-6, H-45: method 1 means SHA-1 and is refused unless the profile allows it', async () => {
    const key = testKey('rsa');
    const payload = await createSignature(key.signer, null, octets);
    expect(checkSignature(payload, key.spki, octets, false)).toMatchObject({ rule: 'auth-sha1' });
  });

  it('a key that the server cannot verify is named', async () => {
    await expect(createSignature(testKey('ed25519').signer, null, octets)).rejects.toThrow('ed25519');
  });
});
