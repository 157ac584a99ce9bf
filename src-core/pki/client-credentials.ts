import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { sanitizeText } from '../bytes';
import { signatureKeyType, signData } from '../crypto/signatures';
import type { Signer } from '../ikev2/session';
import { VpnError, type VpnErrorSymbol } from '../ports/vpn-error';
import { type Certificate, parseCertificate, sameCertificate } from './certificate';
import { derTag, DerReader } from './der-reader';
import { formatName, sameName } from './distinguished-name';
import { clockTolerance, validatePath } from './path-validation';
import { decodeBase64, isPem, parsePem } from './pem';
import { decryptPrivateKeyInfo, parsePkcs12 } from './pkcs12';
import { PkiError } from './pki-error';

/** What a profile holds for `authentication.certificate` and `privateKey`, and what the person typed. */
export interface ClientCertificateSource {
  /** PEM (certificate, its chain, perhaps its key), or base64 of DER or PKCS#12. */
  readonly certificate: string;
  /** PEM of the key: PKCS#8, PKCS#1 or SEC 1, plain or encrypted. null: it is in `certificate`. */
  readonly privateKey: string | null;
  /** null: not asked yet. */
  readonly passphrase: string | null;
}

/** A certificate that can sign. */
export interface ClientCredentials {
  readonly leaf: Certificate;
  /** DER, leaf first, without the root: what goes into CERT payloads. */
  readonly certificates: readonly Uint8Array[];
  /** What else was there, a root perhaps. */
  readonly others: readonly Certificate[];
  readonly signer: Signer;
  /** The key, for TLS-based EAP methods. */
  readonly privateKey: KeyObject;
}

/**
 * Reads certificate and key and finds the certificate that belongs to the key. Throws PkiError: `passphrase` means ask
 * and come again
 * (no passphrase was given, or a wrong one), `mismatch` that key and certificate do not belong together or one is
 * missing.
 */
export function loadClientCredentials(source: ClientCertificateSource): ClientCredentials {
  return listClientCredentials(source)[0]!;
}

/** As `loadClientCredentials`, for every key that has its certificate there; at least one (P-20). */
export function listClientCredentials(source: ClientCertificateSource): readonly ClientCredentials[] {
  const material = readMaterial(source);
  if (material.certificates.length === 0) throw new PkiError('mismatch', 'there is no certificate in it');
  if (material.keys.length === 0) throw new PkiError('mismatch', 'there is no private key in it');
  const found = material.keys.flatMap((key): ClientCredentials[] => {
    const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
    const leaf = material.certificates.find((certificate) => Buffer.compare(certificate.spki, spki) === 0);
    if (leaf === undefined) return [];
    return [
      {
        leaf,
        certificates: chainOf(leaf, material.certificates).map(({ der }) => der),
        others: material.certificates.filter((certificate) => certificate !== leaf),
        signer: keySigner(key),
        privateKey: key,
      },
    ];
  });
  if (found.length === 0) throw new PkiError('mismatch', 'the private key does not belong to the certificate');
  return found;
}

/** A Signer over a key in memory. Throws PkiError `unsupported` for keys that do not sign. */
export function keySigner(key: KeyObject): Signer {
  const keyType = signatureKeyType(key);
  if (keyType === null)
    throw new PkiError('unsupported', `keys of type ${key.asymmetricKeyType ?? key.type} do not sign`);
  return { keyType, sign: (data, scheme) => Promise.resolve().then(() => signData(scheme, key, data)) };
}

/** Where a client certificate is shown: in IKE itself (13806), or inside EAP-TLS and PEAP (798, 853, 854). */
export type ClientCertificateUse = 'ike' | 'eap';

/**
 * Whether the person's certificate is fit to be shown (P-21): in date, for signing, not for something else only. Gives
 * a VpnError, or null.
 */
export function clientCertificateProblem(
  leaf: Certificate,
  wallTime: number,
  use: ClientCertificateUse = 'ike',
): VpnError | null {
  const name = sanitizeText(formatName(leaf.subject));
  const symbol = (eap: VpnErrorSymbol): VpnErrorSymbol => (use === 'ike' ? 'IKE_NO_CERT' : eap);
  if (wallTime - clockTolerance > leaf.notAfter) {
    return new VpnError(
      symbol('USER_CERT_EXPIRED'),
      'Your certificate has expired. Get a new one from the administrator.',
      { detail: `client certificate ${name} expired on ${new Date(leaf.notAfter).toISOString()}`, rule: 'expired' },
    );
  }
  if (wallTime + clockTolerance < leaf.notBefore) {
    return new VpnError(
      symbol('USER_CERT_INVALID'),
      'Your certificate is not valid yet. Check the date and time of this computer.',
      {
        detail: `client certificate ${name} is valid from ${new Date(leaf.notBefore).toISOString()}`,
        rule: 'not-yet-valid',
      },
    );
  }
  // Judged as if it were trusted: the path is the server's business.
  const usage = validatePath(leaf, [], [leaf], { wallTime, purpose: 'client', legacy: true });
  if (usage.ok) return null;
  return new VpnError(
    symbol('USER_CERT_INVALID'),
    'Your certificate is not meant for signing in to a VPN. Choose another one.',
    {
      detail: `client certificate ${name}: ${usage.failure.rule}: ${sanitizeText(usage.failure.detail)}`,
      rule: usage.failure.rule,
    },
  );
}

/** What a person reads when the certificate or key cannot be used: VpnError 13806, or 798 for EAP. */
export function clientCredentialsError(error: PkiError, use: ClientCertificateUse = 'ike'): VpnError {
  const message = {
    passphrase: 'The passphrase of your certificate was not accepted. Type it again.',
    mismatch: 'Your certificate and its private key do not belong together, or one is missing. Choose the file again.',
    malformed: 'The file with your certificate cannot be read. Choose it again.',
    limit: 'The file with your certificate is too large or too complex. Choose another one.',
    unsupported:
      'Your certificate or its key is of a kind that is not supported. Ask the administrator for another one.',
  }[error.reason];
  return new VpnError(use === 'ike' ? 'IKE_NO_CERT' : 'NO_EAPTLS_CERTIFICATE', message, {
    detail: `client certificate: ${error.message}`,
    rule: 'client-key',
    cause: error,
  });
}

interface Material {
  readonly certificates: readonly Certificate[];
  readonly keys: readonly KeyObject[];
}

function readMaterial({ certificate, privateKey, passphrase }: ClientCertificateSource): Material {
  const first = readText(certificate, 'certificate', passphrase);
  if (privateKey === null) return first;
  const second = readText(privateKey, 'private key', passphrase);
  return { certificates: [...first.certificates, ...second.certificates], keys: [...second.keys, ...first.keys] };
}

function readText(text: string, where: string, passphrase: string | null): Material {
  if (isPem(text)) return readPem(text, passphrase);
  const der = decodeBase64(text, where);
  // A certificate begins with a SEQUENCE in a SEQUENCE, a PKCS#12 file with version 3 in a SEQUENCE, a PKCS#8 key with
  // version 0 or 1.
  const inner = innerTag(der);
  if (inner === derTag.sequence) {
    try {
      return { certificates: [parseCertificate(der)], keys: [] };
    } catch (error) {
      if (!(error instanceof PkiError)) throw error;
      return {
        certificates: [],
        keys: [importKey(decryptWith(passphrase, (phrase) => decryptPrivateKeyInfo(der, phrase)))],
      };
    }
  }
  if (isPrivateKeyInfo(der)) return { certificates: [], keys: [importKey(der)] };
  const content = parsePkcs12(der, passphrase ?? '');
  return { certificates: content.certificates, keys: content.privateKeys.map(importKey) };
}

function readPem(text: string, passphrase: string | null): Material {
  const certificates: Certificate[] = [];
  const keys: KeyObject[] = [];
  for (const { label, der, text: block } of parsePem(text)) {
    if (label === 'CERTIFICATE' || label === 'X509 CERTIFICATE') certificates.push(parseCertificate(der));
    else if (label === 'PRIVATE KEY') keys.push(importKey(der));
    else if (label === 'ENCRYPTED PRIVATE KEY')
      keys.push(importKey(decryptWith(passphrase, (phrase) => decryptPrivateKeyInfo(der, phrase))));
    else if (label === 'RSA PRIVATE KEY' || label === 'EC PRIVATE KEY') keys.push(importTraditional(block, passphrase));
    else if (label === 'PKCS12') {
      const content = parsePkcs12(der, passphrase ?? '');
      certificates.push(...content.certificates);
      keys.push(...content.privateKeys.map(importKey));
    }
  }
  return { certificates, keys };
}

function decryptWith<T>(passphrase: string | null, decrypt: (passphrase: string) => T): T {
  if (passphrase === null) throw new PkiError('passphrase', 'the private key needs a passphrase');
  return decrypt(passphrase);
}

/** PKCS#8; the octets are wiped. */
function importKey(der: Uint8Array): KeyObject {
  try {
    return createPrivateKey({
      key: Buffer.from(der.buffer, der.byteOffset, der.byteLength),
      format: 'der',
      type: 'pkcs8',
    });
  } catch (error) {
    throw new PkiError('unsupported', 'the private key cannot be read', error);
  } finally {
    der.fill(0);
  }
}

/** PKCS#1 and SEC 1, also in OpenSSL's old encrypted form with its headers. */
function importTraditional(pem: string, passphrase: string | null): KeyObject {
  const encrypted = pem.includes('Proc-Type: 4,ENCRYPTED');
  if (encrypted && passphrase === null) throw new PkiError('passphrase', 'the private key needs a passphrase');
  try {
    return createPrivateKey(
      encrypted ? { key: pem, format: 'pem', passphrase: passphrase ?? '' } : { key: pem, format: 'pem' },
    );
  } catch (error) {
    throw encrypted
      ? new PkiError('passphrase', 'the passphrase is wrong, or the file is damaged', error)
      : new PkiError('malformed', 'the private key cannot be read', error);
  }
}

function innerTag(der: Uint8Array): number | null {
  try {
    return new DerReader(der, 'file').enter(derTag.sequence, 'SEQUENCE').peek();
  } catch {
    return null;
  }
}

function isPrivateKeyInfo(der: Uint8Array): boolean {
  try {
    const reader = new DerReader(der, 'file').enter(derTag.sequence, 'PrivateKeyInfo');
    const version = reader.expect(derTag.integer, 'version').content;
    return version.length === 1 && version[0]! <= 1;
  } catch {
    return false;
  }
}

/** From the leaf upwards as far as the bag goes, without a self-signed root. */
function chainOf(leaf: Certificate, bag: readonly Certificate[]): Certificate[] {
  const chain = [leaf];
  while (chain.length < 8) {
    const top = chain.at(-1)!;
    const issuer = bag.find(
      (candidate) => sameName(candidate.subject, top.issuer) && !chain.some((used) => sameCertificate(used, candidate)),
    );
    if (issuer === undefined || sameName(issuer.subject, issuer.issuer)) break;
    chain.push(issuer);
  }
  return chain;
}
