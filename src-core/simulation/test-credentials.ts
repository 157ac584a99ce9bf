import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { equal } from '../bytes';
import { signData } from '../crypto/signatures';
import type { LocalAuthentication, PeerAuthentication, Signer } from '../ikev2/session';
import { VpnError } from '../ports/vpn-error';

/** A key with its "certificate": in simulations that is the bare SubjectPublicKeyInfo. */
export interface TestKey {
  readonly signer: Signer;
  readonly spki: Uint8Array;
}

/** Made once a process: key generation is slow. */
const made = new Map<string, TestKey>();

export function testKey(keyType: Signer['keyType'], name = 'default'): TestKey {
  const id = `${keyType} ${name}`;
  const known = made.get(id);
  if (known !== undefined) return known;
  const { privateKey, publicKey } = generate(keyType);
  const spki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));
  const key: TestKey = {
    spki,
    signer: { keyType, sign: (data, scheme) => Promise.resolve(signData(scheme, privateKey, data)) },
  };
  made.set(id, key);
  return key;
}

function generate(keyType: Signer['keyType']): { privateKey: KeyObject; publicKey: KeyObject } {
  switch (keyType) {
    case 'rsa':
      return generateKeyPairSync('rsa', { modulusLength: 2048 });
    case 'rsa-pss':
      return generateKeyPairSync('rsa-pss', { modulusLength: 2048 });
    case 'ed25519':
      return generateKeyPairSync('ed25519');
    case 'ed448':
      return generateKeyPairSync('ed448');
    case 'ecdsa-p256':
      return generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    case 'ecdsa-p384':
      return generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
    case 'ecdsa-p521':
      return generateKeyPairSync('ec', { namedCurve: 'secp521r1' });
  }
}

export function certificateLogin(
  key: TestKey,
  extra: readonly Uint8Array[] = [],
): Extract<LocalAuthentication, { method: 'signature' }> {
  return { method: 'signature', signer: key.signer, certificates: [key.spki, ...extra] };
}

/** Trusts exactly this key. */
export function trusting(key: TestKey, allowSha1Rsa = false): Extract<PeerAuthentication, { method: 'certificate' }> {
  return {
    method: 'certificate',
    certificateRequests: [new Uint8Array(20)],
    allowSha1Rsa,
    verify: ({ certificates }) => {
      const [first] = certificates;
      if (first === undefined || !equal(first, key.spki)) {
        return Promise.reject(
          new VpnError(
            'IKE_AUTH_FAIL',
            'The identities could not be verified: the certificate is not of a trusted authority.',
            { detail: 'untrusted' },
          ),
        );
      }
      return Promise.resolve({ publicKeySpki: first });
    },
  };
}
