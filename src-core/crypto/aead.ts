import { createCipheriv, createDecipheriv, type CipherGCMTypes, getCiphers } from 'node:crypto';
import { gcm } from '@noble/ciphers/aes.js';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';

/**
 * AEAD with a 12 octet nonce and a 16 octet tag. Two back ends: node:crypto, and a library for what the
 * cryptography of the host lacks (Electron's has no raw ChaCha20-Poly1305, A-60).
 */
export type AeadName = 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';

export interface Aead {
  /** ciphertext | tag */
  seal(key: Uint8Array, nonce: Uint8Array, associatedData: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** The plaintext, or null when the tag is wrong. */
  open(key: Uint8Array, nonce: Uint8Array, associatedData: Uint8Array, sealed: Uint8Array): Uint8Array | null;
}

export const aeadTagLength = 16;

/** node:crypto behind an AEAD. */
export function nodeAead(name: AeadName): Aead {
  // One call shape serves both families: Node treats chacha20-poly1305 like GCM when authTagLength is given.
  const type = name as CipherGCMTypes;
  const options = { authTagLength: aeadTagLength };
  return {
    seal(key, nonce, associatedData, plaintext) {
      const cipher = createCipheriv(type, key, nonce, options);
      cipher.setAAD(associatedData);
      const output = new Uint8Array(plaintext.length + aeadTagLength);
      output.set(cipher.update(plaintext), 0);
      cipher.final();
      output.set(cipher.getAuthTag(), plaintext.length);
      return output;
    },
    open(key, nonce, associatedData, sealed) {
      const length = sealed.length - aeadTagLength;
      if (length < 0) return null;
      const decipher = createDecipheriv(type, key, nonce, options);
      decipher.setAAD(associatedData);
      decipher.setAuthTag(sealed.subarray(length));
      const plaintext = new Uint8Array(decipher.update(sealed.subarray(0, length)));
      try {
        decipher.final();
      } catch {
        plaintext.fill(0);
        return null;
      }
      return plaintext;
    },
  };
}

/** @noble/ciphers behind an AEAD. */
export function libraryAead(name: AeadName): Aead {
  const create = name === 'chacha20-poly1305' ? chacha20poly1305 : gcm;
  return {
    seal: (key, nonce, associatedData, plaintext) => create(key, nonce, associatedData).encrypt(plaintext),
    open(key, nonce, associatedData, sealed) {
      if (sealed.length < aeadTagLength) return null;
      try {
        return create(key, nonce, associatedData).decrypt(sealed);
      } catch {
        return null;
      }
    },
  };
}

const hostCiphers = new Set(getCiphers());

/** Whether the host really computes it; a listed name alone is not trusted. */
export function hostHasAead(name: AeadName): boolean {
  if (!hostCiphers.has(name)) return false;
  try {
    nodeAead(name).seal(
      new Uint8Array(name === 'aes-128-gcm' ? 16 : name === 'aes-192-gcm' ? 24 : 32),
      new Uint8Array(12),
      new Uint8Array(1),
      new Uint8Array(1),
    );
    return true;
  } catch {
    return false;
  }
}

const chosen = new Map<AeadName, Aead>();

/** The host's implementation, or the library's where the host has none. Probed once a name. */
export function aead(name: AeadName): Aead {
  let found = chosen.get(name);
  if (found === undefined) {
    found = hostHasAead(name) ? nodeAead(name) : libraryAead(name);
    chosen.set(name, found);
  }
  return found;
}
