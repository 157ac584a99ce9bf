import { createHmac } from 'node:crypto';
import { concat, utf8Encode, wipe } from '../../bytes';

/** MS-PEAP 3.1.5.5 and 3.1.5.7. All of it is HMAC-SHA-1 by definition. */

function hmacSha1(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const hmac = createHmac('sha1', key);
  for (const part of parts) hmac.update(part);
  return new Uint8Array(hmac.digest());
}

/** PRF+ of MS-PEAP 3.1.5.5.2.2: T1 = HMAC(K, S | 01 00 00), Tn = HMAC(K, Tn-1 | S | n 00 00). */
function prfPlus(key: Uint8Array, seed: Uint8Array, length: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  let previous: Uint8Array = new Uint8Array(0);
  for (let counter = 1, have = 0; have < length; counter++, have += 20) {
    previous = hmacSha1(key, previous, seed, Uint8Array.of(counter, 0, 0));
    blocks.push(previous);
  }
  const all = concat(...blocks);
  const result = all.slice(0, length);
  wipe(all, ...blocks);
  return result;
}

export interface CompoundKeys {
  /** 40 octets. */
  readonly ipmk: Uint8Array;
  /** 20 octets. */
  readonly cmk: Uint8Array;
}

/**
 * `tunnelKey`: first 60 octets of the TLS key material. `innerMsk`: null for an inner method without key.
 */
export function compoundKeys(tunnelKey: Uint8Array, innerMsk: Uint8Array | null): CompoundKeys {
  const isk = new Uint8Array(32);
  if (innerMsk !== null) isk.set(innerMsk.subarray(0, 32));
  // No NUL after this label.
  const imck = prfPlus(tunnelKey.subarray(0, 40), concat(utf8Encode('Inner Methods Compound Keys'), isk), 60);
  const keys = { ipmk: imck.slice(0, 40), cmk: imck.slice(40, 60) };
  wipe(isk, imck);
  return keys;
}

/** of a resumed session, where no inner method made a key. `tunnelKey` as above. */
export function resumedKeys(tunnelKey: Uint8Array): CompoundKeys {
  return { ipmk: tunnelKey.slice(0, 40), cmk: tunnelKey.slice(40, 60) };
}

/** over the 60 octets of the TLV with its MAC zeroed, and the EAP type. 20 octets. */
export function compoundMac(cmk: Uint8Array, tlv: Uint8Array): Uint8Array {
  const zeroed = tlv.slice();
  zeroed.fill(0, 40, 60);
  return hmacSha1(cmk, zeroed, Uint8Array.of(0x19));
}

/** 64 octets. Here the label is followed by a NUL. */
export function compoundMsk(ipmk: Uint8Array): Uint8Array {
  const csk = prfPlus(ipmk, utf8Encode('Session Key Generating Function\0'), 128);
  const msk = csk.slice(0, 64);
  wipe(csk);
  return msk;
}
