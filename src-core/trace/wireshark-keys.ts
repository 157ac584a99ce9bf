import { hexEncode } from '../bytes';
import type { TracedKeys } from '../ports/trace';

/**
 * The lines of Wireshark's tables `ikev2_decryption_table` (epan/dissectors/packet-isakmp.c) and `esp_sa`
 * (packet-ipsec.c), by the names it gives to
 * algorithms. null: an algorithm that it has no name for.
 */

const ikeCiphers: Readonly<Record<string, string>> = {
  'aes-gcm-16-128': 'AES-GCM-128 with 16 octet ICV [RFC5282]',
  'aes-gcm-16-192': 'AES-GCM-192 with 16 octet ICV [RFC5282]',
  'aes-gcm-16-256': 'AES-GCM-256 with 16 octet ICV [RFC5282]',
  'aes-cbc-128': 'AES-CBC-128 [RFC3602]',
  'aes-cbc-192': 'AES-CBC-192 [RFC3602]',
  'aes-cbc-256': 'AES-CBC-256 [RFC3602]',
};
const ikeIntegrity: Readonly<Record<string, string>> = {
  none: 'NONE [RFC4306]',
  'hmac-sha1-96': 'HMAC_SHA1_96 [RFC2404]',
  'hmac-sha2-256-128': 'HMAC_SHA2_256_128 [RFC4868]',
  'hmac-sha2-384-192': 'HMAC_SHA2_384_192 [RFC4868]',
  'hmac-sha2-512-256': 'HMAC_SHA2_512_256 [RFC4868]',
};
const espCiphers: readonly (readonly [RegExp, string])[] = [
  [/^aes-gcm-16-/, 'AES-GCM with 16 octet ICV [RFC4106]'],
  [/^aes-cbc-/, 'AES-CBC [RFC3602]'],
  [/^null/, 'NULL'],
];
const espIntegrity: Readonly<Record<string, string>> = {
  none: 'NULL',
  'hmac-sha1-96': 'HMAC-SHA-1-96 [RFC2404]',
  'hmac-sha2-256-128': 'HMAC-SHA-256-128 [RFC4868]',
  'hmac-sha2-384-192': 'HMAC-SHA-384-192 [RFC4868]',
  'hmac-sha2-512-256': 'HMAC-SHA-512-256 [RFC4868]',
};

/** Keys of AEAD ciphers end with their salt, in Wireshark as here. */
export function ikeKeyLine(keys: Extract<TracedKeys, { type: 'ike' }>): string | null {
  const cipher = ikeCiphers[keys.encryption];
  const integrity = ikeIntegrity[keys.integrity];
  if (cipher === undefined || integrity === undefined) return null;
  return `${keys.spiInitiator},${keys.spiResponder},${hexEncode(keys.skEi)},${hexEncode(keys.skEr)},"${cipher}",${hexEncode(keys.skAi)},${hexEncode(keys.skAr)},"${integrity}"`;
}

/** `family` of the outer addresses; any of them, because a tunnel moves. */
export function espKeyLine(keys: Extract<TracedKeys, { type: 'esp' }>, family: 4 | 6): string | null {
  const cipher = espCiphers.find(([pattern]) => pattern.test(keys.encryption))?.[1];
  const integrity = espIntegrity[keys.integrity];
  if (cipher === undefined || integrity === undefined) return null;
  const hex = (key: Uint8Array): string => (key.length === 0 ? '' : `0x${hexEncode(key)}`);
  const spi = `0x${(keys.spi >>> 0).toString(16).padStart(8, '0')}`;
  return `"IPv${family}","*","*","${spi}","${cipher}","${hex(keys.encryptionKey)}","${integrity}","${hex(keys.integrityKey)}"`;
}
