import { createDecipheriv, hash as digestOnce, pbkdf2Sync } from 'node:crypto';
import { rc2CbcDecrypt } from '../crypto/rc2';
import { rc4 } from '../crypto/rc4';
import { utf8Encode } from '../bytes';
import { decodeOid, decodeSmallInteger, derTag, DerReader } from './der-reader';
import { PkiError } from './pki-error';

/** More iterations are refused: a file must not stop the program (P-20). */
export const mostIterations = 2_000_000;

/**
 * The hash of RFC 7292 appendix B.2 over a password as BMPString with its two zero octets. `id`: 1 key, 2 IV, 3 MAC
 * key.
 */
export function pkcs12Derive(
  hash: string,
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
  id: 1 | 2 | 3,
  length: number,
): Uint8Array {
  const v = hash === 'sha384' || hash === 'sha512' ? 128 : 64;
  const fill = (source: Uint8Array): Uint8Array => {
    const filled = new Uint8Array(Math.ceil(source.length / v) * v);
    for (let i = 0; i < filled.length; i += 1) filled[i] = source[i % source.length]!;
    return filled;
  };
  const diversifier = new Uint8Array(v).fill(id);
  const i = new Uint8Array([...fill(salt), ...fill(password)]);
  const output = new Uint8Array(length);
  for (let offset = 0; offset < length;) {
    let a = digest(hash, Buffer.concat([diversifier, i]));
    for (let round = 1; round < iterations; round += 1) a = digest(hash, a);
    output.set(a.subarray(0, Math.min(a.length, length - offset)), offset);
    offset += a.length;
    const b = fill(a.subarray(0, Math.min(a.length, v))).subarray(0, v);
    for (let block = 0; block < i.length; block += v) {
      let carry = 1;
      for (let j = v - 1; j >= 0; j -= 1) {
        carry += i[block + j]! + b[j]!;
        i[block + j] = carry & 0xff;
        carry >>= 8;
      }
    }
  }
  i.fill(0);
  return output;
}

/** One call for each of up to millions of rounds. */
function digest(hash: string, data: Uint8Array): Buffer {
  return digestOnce(hash, data, 'buffer');
}

/** A password as PKCS#12 takes it: UTF-16, big-endian, with a zero character at the end. */
export function bmpPassword(password: string): Uint8Array {
  const octets = new Uint8Array(2 * password.length + 2);
  for (let i = 0; i < password.length; i += 1) {
    octets[2 * i] = password.charCodeAt(i) >> 8;
    octets[2 * i + 1] = password.charCodeAt(i) & 0xff;
  }
  return octets;
}

type Pkcs12Cipher = {
  readonly keyLength: number;
  readonly ivLength: number;
  decrypt(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array;
};

const tripleDes = (key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array =>
  nodeDecrypt('des-ede3-cbc', key.length === 16 ? Uint8Array.from([...key, ...key.subarray(0, 8)]) : key, iv, data);

/** RFC 7292 appendix C: PBE with SHA-1. */
const pkcs12Ciphers: Readonly<Record<string, Pkcs12Cipher>> = {
  '1.2.840.113549.1.12.1.1': { keyLength: 16, ivLength: 0, decrypt: (key, _iv, data) => rc4(key, data) },
  '1.2.840.113549.1.12.1.2': { keyLength: 5, ivLength: 0, decrypt: (key, _iv, data) => rc4(key, data) },
  '1.2.840.113549.1.12.1.3': { keyLength: 24, ivLength: 8, decrypt: tripleDes },
  '1.2.840.113549.1.12.1.4': { keyLength: 16, ivLength: 8, decrypt: tripleDes },
  '1.2.840.113549.1.12.1.5': {
    keyLength: 16,
    ivLength: 8,
    decrypt: (key, iv, data) => unpad(rc2CbcDecrypt(key, 128, iv, data)),
  },
  '1.2.840.113549.1.12.1.6': {
    keyLength: 5,
    ivLength: 8,
    decrypt: (key, iv, data) => unpad(rc2CbcDecrypt(key, 40, iv, data)),
  },
};

const pbes2Oid = '1.2.840.113549.1.5.13';
const pbkdf2Oid = '1.2.840.113549.1.5.12';
const pbkdf2Hashes: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
};
const pbes2Ciphers: Readonly<Record<string, { readonly name: string; readonly keyLength: number }>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyLength: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', keyLength: 24 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', keyLength: 32 },
  '1.2.840.113549.3.7': { name: 'des-ede3-cbc', keyLength: 24 },
};

/**
 * Decrypts what an AlgorithmIdentifier (DER) of password-based encryption says: PBES2 of RFC 8018, or the PBE of
 * PKCS#12.
 * Throws PkiError `passphrase` when the padding is wrong, `unsupported`, `limit` or `malformed`.
 */
export function decryptWithPassword(algorithm: Uint8Array, password: string, data: Uint8Array): Uint8Array {
  const where = 'encryption algorithm';
  const reader = new DerReader(algorithm, where).enter(derTag.sequence, 'AlgorithmIdentifier');
  const oid = decodeOid(reader.expect(derTag.objectIdentifier, 'algorithm').content, where);
  if (oid === pbes2Oid) return decryptPbes2(reader.enter(derTag.sequence, 'parameters'), password, data);
  const cipher = pkcs12Ciphers[oid];
  if (cipher === undefined) throw new PkiError('unsupported', `${where} ${oid} is not known`);
  const parameters = reader.enter(derTag.sequence, 'parameters');
  const salt = parameters.expect(derTag.octetString, 'salt').content;
  const iterations = decodeIterations(parameters);
  const bmp = bmpPassword(password);
  const key = pkcs12Derive('sha1', bmp, salt, iterations, 1, cipher.keyLength);
  const iv = pkcs12Derive('sha1', bmp, salt, iterations, 2, cipher.ivLength);
  bmp.fill(0);
  try {
    return cipher.decrypt(key, iv, data);
  } catch (error) {
    throw wrongPassphrase(error);
  } finally {
    key.fill(0);
  }
}

function decryptPbes2(parameters: DerReader, password: string, data: Uint8Array): Uint8Array {
  const where = 'PBES2';
  const derivation = parameters.enter(derTag.sequence, 'keyDerivationFunc');
  if (decodeOid(derivation.expect(derTag.objectIdentifier, 'algorithm').content, where) !== pbkdf2Oid)
    throw new PkiError('unsupported', `${where}: only PBKDF2 is known`);
  const pbkdf2 = derivation.enter(derTag.sequence, 'PBKDF2-params');
  const salt = pbkdf2.expect(derTag.octetString, 'salt').content;
  const iterations = decodeIterations(pbkdf2);
  pbkdf2.optional(derTag.integer);
  const prf =
    pbkdf2.peek() === derTag.sequence
      ? decodeOid(pbkdf2.enter(derTag.sequence, 'prf').expect(derTag.objectIdentifier, 'algorithm').content, where)
      : '1.2.840.113549.2.7';
  const hash = pbkdf2Hashes[prf];
  const scheme = parameters.enter(derTag.sequence, 'encryptionScheme');
  const cipher = pbes2Ciphers[decodeOid(scheme.expect(derTag.objectIdentifier, 'algorithm').content, where)];
  if (hash === undefined || cipher === undefined)
    throw new PkiError('unsupported', `${where}: PRF or cipher is not known`);
  const iv = scheme.expect(derTag.octetString, 'IV').content;
  const secret = utf8Encode(password);
  const key = pbkdf2Sync(secret, salt, iterations, cipher.keyLength, hash);
  secret.fill(0);
  try {
    return nodeDecrypt(cipher.name, key, iv, data);
  } catch (error) {
    throw wrongPassphrase(error);
  } finally {
    key.fill(0);
  }
}

function decodeIterations(reader: DerReader): number {
  const iterations = decodeSmallInteger(reader.expect(derTag.integer, 'iterations').content, 'iterations');
  if (iterations < 1 || iterations > mostIterations)
    throw new PkiError('limit', `${iterations} iterations, 1 to ${mostIterations} are accepted`);
  return iterations;
}

function nodeDecrypt(name: string, key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
  const decipher = createDecipheriv(name, key, iv);
  return new Uint8Array(Buffer.concat([decipher.update(data), decipher.final()]));
}

function unpad(padded: Uint8Array): Uint8Array {
  const count = padded.at(-1) ?? 0;
  if (count < 1 || count > 8 || padded.subarray(-count).some((octet) => octet !== count))
    throw new RangeError('padding');
  return padded.subarray(0, -count);
}

function wrongPassphrase(cause: unknown): PkiError {
  return new PkiError('passphrase', 'the passphrase is wrong, or the file is damaged', cause);
}
