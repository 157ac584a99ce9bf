import { encryptionId, esnId, integrityId, keyExchangeId, prfId, transformType } from '../wire/constants';

/** One algorithm of a proposal: a transform (RFC 7296 section 3.3.2) without wire details. */
export interface Algorithm {
  readonly transformType: number;
  readonly id: number;
  /** Bits, for ciphers with variable key length only (C-16). */
  readonly keyLength: number | null;
}

const { ENCR, PRF, INTEG, KE, ESN, ADDKE1 } = transformType;

const algorithm = (type: number, id: number, keyLength: number | null = null): Algorithm => ({
  transformType: type,
  id,
  keyLength,
});

/**
 * Keywords as strongSwan spells them. The first keyword of an algorithm is how we print it.
 * What is not implemented is not listed, whatever its number (CVE-2014-9221).
 */
const table: readonly (readonly [Algorithm, ...string[]])[] = [
  [algorithm(ENCR, encryptionId.AES_GCM_16, 128), 'aes128gcm16', 'aes128gcm128', 'aesgcm16'],
  [algorithm(ENCR, encryptionId.AES_GCM_16, 192), 'aes192gcm16', 'aes192gcm128'],
  [algorithm(ENCR, encryptionId.AES_GCM_16, 256), 'aes256gcm16', 'aes256gcm128'],
  [algorithm(ENCR, encryptionId.CHACHA20_POLY1305), 'chacha20poly1305', 'chacha20poly1305compat'],
  [algorithm(ENCR, encryptionId.AES_CBC, 128), 'aes128', 'aes'],
  [algorithm(ENCR, encryptionId.AES_CBC, 192), 'aes192'],
  [algorithm(ENCR, encryptionId.AES_CBC, 256), 'aes256'],
  [algorithm(ENCR, encryptionId['3DES']), '3des'],
  [algorithm(ENCR, encryptionId.NULL), 'null'],
  [algorithm(INTEG, integrityId.HMAC_SHA1_96), 'sha1', 'sha'],
  [algorithm(INTEG, integrityId.HMAC_SHA2_256_128), 'sha256', 'sha2_256'],
  [algorithm(INTEG, integrityId.HMAC_SHA2_384_192), 'sha384', 'sha2_384'],
  [algorithm(INTEG, integrityId.HMAC_SHA2_512_256), 'sha512', 'sha2_512'],
  [algorithm(PRF, prfId.HMAC_SHA1), 'prfsha1'],
  [algorithm(PRF, prfId.HMAC_SHA2_256), 'prfsha256'],
  [algorithm(PRF, prfId.HMAC_SHA2_384), 'prfsha384'],
  [algorithm(PRF, prfId.HMAC_SHA2_512), 'prfsha512'],
  [algorithm(KE, keyExchangeId.MODP_1024), 'modp1024'],
  [algorithm(KE, keyExchangeId.MODP_2048), 'modp2048'],
  [algorithm(KE, keyExchangeId.MODP_3072), 'modp3072'],
  [algorithm(KE, keyExchangeId.MODP_4096), 'modp4096'],
  [algorithm(KE, keyExchangeId.ECP_256), 'ecp256'],
  [algorithm(KE, keyExchangeId.ECP_384), 'ecp384'],
  [algorithm(KE, keyExchangeId.ECP_521), 'ecp521'],
  [algorithm(KE, keyExchangeId.CURVE25519), 'x25519', 'curve25519'],
  [algorithm(ADDKE1, keyExchangeId.ML_KEM_768), 'ke1_mlkem768'],
  [algorithm(ESN, esnId.NO_ESN), 'noesn'],
  [algorithm(ESN, esnId.ESN), 'esn'],
];

const byKeyword: ReadonlyMap<string, Algorithm> = new Map(
  table.flatMap(([entry, ...keywords]) => keywords.map((keyword) => [keyword, entry] as const)),
);

export function algorithmOf(keyword: string): Algorithm | null {
  return byKeyword.get(keyword) ?? null;
}

export function keywordOf(entry: Algorithm): string {
  const found = table.find(([known]) => sameAlgorithm(known, entry));
  return (
    found?.[1] ??
    `${String(entry.transformType)}/${String(entry.id)}${entry.keyLength === null ? '' : `/${String(entry.keyLength)}`}`
  );
}

export function sameAlgorithm(a: Algorithm, b: Algorithm): boolean {
  return a.transformType === b.transformType && a.id === b.id && a.keyLength === b.keyLength;
}

export function isAead(entry: Algorithm): boolean {
  return (
    entry.transformType === ENCR &&
    (entry.id === encryptionId.AES_GCM_16 || entry.id === encryptionId.CHACHA20_POLY1305)
  );
}

/** "aes256-sha256" names no PRF: the one of the same hash is meant. */
const prfOfIntegrity: ReadonlyMap<number, number> = new Map([
  [integrityId.HMAC_SHA1_96, prfId.HMAC_SHA1],
  [integrityId.HMAC_SHA2_256_128, prfId.HMAC_SHA2_256],
  [integrityId.HMAC_SHA2_384_192, prfId.HMAC_SHA2_384],
  [integrityId.HMAC_SHA2_512_256, prfId.HMAC_SHA2_512],
]);

export function prfForIntegrity(integrity: Algorithm): Algorithm {
  const id = prfOfIntegrity.get(integrity.id);
  if (id === undefined) throw new RangeError(`integrity algorithm ${String(integrity.id)} has no PRF`);
  return algorithm(PRF, id);
}
