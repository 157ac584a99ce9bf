import { createHmac } from 'node:crypto';
import { equalConstantTime } from '../crypto/constant-time';
import { berToDer } from './ber';
import { type Certificate, parseCertificate } from './certificate';
import { contextTag, decodeOid, decodeSmallInteger, derChildren, derTag, DerReader } from './der-reader';
import { bmpPassword, decryptWithPassword, mostIterations, pkcs12Derive } from './password-encryption';
import { PkiError } from './pki-error';

/** What a PKCS#12 file holds. Keys are DER PKCS#8; whoever takes them wipes them. */
export interface Pkcs12Content {
  readonly certificates: readonly Certificate[];
  readonly privateKeys: readonly Uint8Array[];
  /** false: the file has no MAC, so nobody vouches that it is whole. */
  readonly authenticated: boolean;
}

/** P-20. */
const largestFile = 1024 * 1024;

const oid = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  keyBag: '1.2.840.113549.1.12.10.1.1',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certBag: '1.2.840.113549.1.12.10.1.3',
  safeContentsBag: '1.2.840.113549.1.12.10.1.6',
  x509Certificate: '1.2.840.113549.1.9.22.1',
} as const;

const macHashes: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/**
 * Opens a PKCS#12 file, RFC 7292: BER or DER, PBES2 and the old PBE with 3DES, RC2 and RC4. Throws PkiError
 * `passphrase` when the passphrase
 * is wrong or missing, `malformed`, `limit` or `unsupported` otherwise.
 */
export function parsePkcs12(file: Uint8Array, passphrase: string): Pkcs12Content {
  const where = 'PKCS#12';
  if (file.length > largestFile)
    throw new PkiError('limit', `${where}: ${file.length} octets, at most ${largestFile} are read`);
  const outer = new DerReader(berToDer(file), where);
  const pfx = outer.enter(derTag.sequence, 'PFX');
  outer.end();
  const version = decodeSmallInteger(pfx.expect(derTag.integer, 'version').content, where);
  if (version !== 3) throw new PkiError('unsupported', `${where}: version ${version}`);
  const authSafe = readContentInfo(pfx.enter(derTag.sequence, 'authSafe'), where);
  if (authSafe.type !== oid.data) throw new PkiError('unsupported', `${where}: signed with a public key`);
  const safes = octetString(authSafe.content, where);
  const authenticated = pfx.peek() === derTag.sequence;
  if (authenticated) checkMac(pfx.enter(derTag.sequence, 'macData'), passphrase, safes);
  pfx.end();

  const found: Found = { certificates: [], privateKeys: [] };
  const authenticatedSafe = new DerReader(berToDer(safes), where).expect(derTag.sequence, 'AuthenticatedSafe');
  for (const element of derChildren(authenticatedSafe.content, where, 64)) {
    const { type, content } = readContentInfo(new DerReader(element.content, where), where);
    if (type === oid.data) readSafeContents(octetString(content, where), passphrase, found, 0);
    else if (type === oid.encryptedData) readSafeContents(decryptContent(content, passphrase), passphrase, found, 0);
    else throw new PkiError('unsupported', `${where}: content ${type}`);
  }
  return { ...found, authenticated };
}

interface Found {
  readonly certificates: Certificate[];
  readonly privateKeys: Uint8Array[];
}

function readContentInfo(reader: DerReader, where: string): { type: string; content: Uint8Array } {
  const type = decodeOid(reader.expect(derTag.objectIdentifier, 'contentType').content, where);
  return { type, content: reader.expect(contextTag(0, true), 'content').content };
}

function octetString(content: Uint8Array, where: string): Uint8Array {
  const reader = new DerReader(content, where);
  const octets = reader.expect(derTag.octetString, 'OCTET STRING').content;
  reader.end();
  return octets;
}

function checkMac(reader: DerReader, passphrase: string, safes: Uint8Array): void {
  const where = 'PKCS#12, macData';
  const digestInfo = reader.enter(derTag.sequence, 'mac');
  const algorithm = decodeOid(
    digestInfo.enter(derTag.sequence, 'digestAlgorithm').expect(derTag.objectIdentifier, 'algorithm').content,
    where,
  );
  const hash = macHashes[algorithm];
  if (hash === undefined) throw new PkiError('unsupported', `${where}: algorithm ${algorithm}`);
  const expected = digestInfo.expect(derTag.octetString, 'digest').content;
  const salt = reader.expect(derTag.octetString, 'macSalt').content;
  const iterationsElement = reader.optional(derTag.integer);
  const iterations = iterationsElement === null ? 1 : decodeSmallInteger(iterationsElement.content, where);
  if (iterations < 1 || iterations > mostIterations) throw new PkiError('limit', `${where}: ${iterations} iterations`);
  // No passphrase is written either as an empty string or as none at all.
  const passwords = passphrase === '' ? [bmpPassword(''), new Uint8Array(0)] : [bmpPassword(passphrase)];
  const right = passwords.some((password) => {
    const key = pkcs12Derive(hash, password, salt, iterations, 3, expected.length);
    const mac = createHmac(hash, key).update(safes).digest();
    key.fill(0);
    password.fill(0);
    return equalConstantTime(mac, expected);
  });
  if (!right)
    throw new PkiError(
      'passphrase',
      passphrase === '' ? 'the file needs a passphrase' : 'the passphrase is wrong, or the file is damaged',
    );
}

/** EncryptedData of RFC 5652 section 8 to the SafeContents in it. */
function decryptContent(content: Uint8Array, passphrase: string): Uint8Array {
  const where = 'PKCS#12, EncryptedData';
  const reader = new DerReader(content, where).enter(derTag.sequence, 'EncryptedData');
  reader.expect(derTag.integer, 'version');
  const info = reader.enter(derTag.sequence, 'encryptedContentInfo');
  info.expect(derTag.objectIdentifier, 'contentType');
  const algorithm = info.expect(derTag.sequence, 'contentEncryptionAlgorithm').raw;
  const encrypted = info.next();
  // [0] IMPLICIT OCTET STRING: primitive, or constructed of pieces that berToDer has joined.
  const data = encrypted.tag === contextTag(0, true) ? octetString(encrypted.content, where) : encrypted.content;
  return decryptWithPassword(algorithm, passphrase, data);
}

function readSafeContents(der: Uint8Array, passphrase: string, found: Found, depth: number): void {
  const where = 'PKCS#12, SafeContents';
  if (depth > 4) throw new PkiError('limit', `${where}: nested too deep`);
  const contents = new DerReader(berToDer(der), where).expect(derTag.sequence, 'SafeContents');
  for (const element of derChildren(contents.content, where, 64)) {
    const bag = new DerReader(element.content, where);
    const type = decodeOid(bag.expect(derTag.objectIdentifier, 'bagId').content, where);
    const value = bag.expect(contextTag(0, true), 'bagValue').content;
    switch (type) {
      case oid.keyBag:
        found.privateKeys.push(value.slice());
        break;
      case oid.shroudedKeyBag:
        found.privateKeys.push(decryptPrivateKeyInfo(value, passphrase));
        break;
      case oid.certBag: {
        const certBag = new DerReader(value, where).enter(derTag.sequence, 'CertBag');
        if (decodeOid(certBag.expect(derTag.objectIdentifier, 'certId').content, where) !== oid.x509Certificate) break;
        found.certificates.push(
          parseCertificate(octetString(certBag.expect(contextTag(0, true), 'certValue').content, where).slice()),
        );
        break;
      }
      case oid.safeContentsBag:
        readSafeContents(value, passphrase, found, depth + 1);
        break;
      // CRLs and secrets are not for us.
      default:
        break;
    }
  }
}

/** EncryptedPrivateKeyInfo (RFC 5958 section 3) to PKCS#8. */
export function decryptPrivateKeyInfo(der: Uint8Array, passphrase: string): Uint8Array {
  const reader = new DerReader(der, 'encrypted private key').enter(derTag.sequence, 'EncryptedPrivateKeyInfo');
  const algorithm = reader.expect(derTag.sequence, 'encryptionAlgorithm').raw;
  return decryptWithPassword(algorithm, passphrase, reader.expect(derTag.octetString, 'encryptedData').content);
}
