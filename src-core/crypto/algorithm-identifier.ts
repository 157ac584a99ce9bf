import { CryptoError } from './crypto-error';
import { hashLength } from './hash';
import type { SignatureHash, SignatureScheme } from './signature-scheme';

/**
 * The AlgorithmIdentifier of RFC 7427 authentication (method 14), as DER. What may come is a short closed list, so it
 * is written
 * down here octet by octet (RFC 7427 appendix A, RFC 8420 appendix A) and nothing is parsed that is not on it.
 */
export interface ParsedSignatureScheme extends SignatureScheme {
  /** Octets; RSA-PSS only. */
  readonly saltLength?: number;
}

type KeyHash = Exclude<SignatureHash, 'identity'>;

const oid = {
  rsaPkcs1: {
    sha1: '06092a864886f70d010105',
    sha256: '06092a864886f70d01010b',
    sha384: '06092a864886f70d01010c',
    sha512: '06092a864886f70d01010d',
  },
  ecdsa: {
    sha1: '06072a8648ce3d0401',
    sha256: '06082a8648ce3d040302',
    sha384: '06082a8648ce3d040303',
    sha512: '06082a8648ce3d040304',
  },
  rsaPss: '06092a864886f70d01010a',
  mgf1: '06092a864886f70d010108',
  hash: {
    sha1: '06052b0e03021a',
    sha256: '0609608648016503040201',
    sha384: '0609608648016503040202',
    sha512: '0609608648016503040203',
  },
  ed25519: '06032b6570',
  ed448: '06032b6571',
} as const;

const keyHashes: readonly KeyHash[] = ['sha1', 'sha256', 'sha384', 'sha512'];
const nullParameters = '0500';
/** CVE-2021-41990: a salt length is capped before anything is computed with it. No hash of ours is longer. */
const saltLengthCap = 64;

/**
 * DER of the AlgorithmIdentifier we send. `keyType` tells Ed25519 from Ed448. Throws CryptoError
 * `unsupported-algorithm`.
 */
export function encodeAlgorithmIdentifier(
  scheme: SignatureScheme,
  keyType: 'ed25519' | 'ed448' | (string & {}) = 'ed25519',
): Uint8Array {
  return new Uint8Array(Buffer.from(algorithmIdentifierHex(scheme, keyType), 'hex'));
}

function algorithmIdentifierHex(scheme: SignatureScheme, keyType: string): string {
  const { algorithm, hash } = scheme;
  if (algorithm === 'eddsa' && hash === 'identity') return sequence(keyType === 'ed448' ? oid.ed448 : oid.ed25519);
  if (algorithm === 'eddsa' || hash === 'identity')
    throw new CryptoError('unsupported-algorithm', `${algorithm} with hash ${hash}`);
  switch (algorithm) {
    case 'rsa-pkcs1':
      return sequence(oid.rsaPkcs1[hash] + nullParameters);
    case 'ecdsa':
      return sequence(oid.ecdsa[hash]);
    case 'rsa-pss':
      return pssIdentifierHex(hash, hashLength[hash], nullParameters);
  }
}

/**
 * RSASSA-PSS-params with hash, MGF1 over the same hash and the salt length explicit, trailer by default (RFC 4055
 * section 3.1).
 */
function pssIdentifierHex(hash: KeyHash, saltLength: number | null, hashParameters: string): string {
  const hashAlgorithm = sequence(oid.hash[hash] + hashParameters);
  const salt = saltLength === null ? '' : tagged('a2', `0201${octet(saltLength)}`);
  return sequence(
    oid.rsaPss + sequence(tagged('a0', hashAlgorithm) + tagged('a1', sequence(oid.mgf1 + hashAlgorithm)) + salt),
  );
}

/** The defaults of RSASSA-PSS-params are SHA-1, MGF1 with SHA-1 and 20 octets of salt: an empty SEQUENCE. */
const pssDefaults = sequence(oid.rsaPss + sequence(''));

const known: ReadonlyMap<string, ParsedSignatureScheme> = new Map(
  (function* (): Generator<[string, ParsedSignatureScheme]> {
    yield [sequence(oid.ed25519), { algorithm: 'eddsa', hash: 'identity' }];
    yield [sequence(oid.ed448), { algorithm: 'eddsa', hash: 'identity' }];
    yield [pssDefaults, { algorithm: 'rsa-pss', hash: 'sha1', saltLength: 20 }];
    for (const hash of keyHashes) {
      yield [sequence(oid.rsaPkcs1[hash] + nullParameters), { algorithm: 'rsa-pkcs1', hash }];
      yield [sequence(oid.rsaPkcs1[hash]), { algorithm: 'rsa-pkcs1', hash }];
      yield [sequence(oid.ecdsa[hash]), { algorithm: 'ecdsa', hash }];
      // A salt of 20 octets is the default, which DER leaves out.
      yield [pssIdentifierHex(hash, null, nullParameters), { algorithm: 'rsa-pss', hash, saltLength: 20 }];
      yield [pssIdentifierHex(hash, null, ''), { algorithm: 'rsa-pss', hash, saltLength: 20 }];
      for (let saltLength = 0; saltLength <= saltLengthCap; saltLength += 1) {
        yield [pssIdentifierHex(hash, saltLength, nullParameters), { algorithm: 'rsa-pss', hash, saltLength }];
        yield [pssIdentifierHex(hash, saltLength, ''), { algorithm: 'rsa-pss', hash, saltLength }];
      }
    }
  })(),
);

/** The longest on the list has 67 octets. */
const longestIdentifier = Math.max(...[...known.keys()].map((hex) => hex.length / 2));

/**
 * Reads the DER of an AlgorithmIdentifier. Throws CryptoError `unsupported-algorithm` for whatever is not on the list
 * (X-8, H-24).
 */
export function parseAlgorithmIdentifier(der: Uint8Array): ParsedSignatureScheme {
  const scheme = der.length > longestIdentifier ? undefined : known.get(Buffer.from(der).toString('hex'));
  if (scheme === undefined) {
    throw new CryptoError(
      'unsupported-algorithm',
      `signature AlgorithmIdentifier ${Buffer.from(der.subarray(0, 80)).toString('hex') || '(empty)'} is not known`,
    );
  }
  return scheme;
}

/** Authentication data of method 14: one octet length, AlgorithmIdentifier, signature (RFC 7427 section 3). */
export function encodeDigitalSignature(scheme: SignatureScheme, keyType: string, signature: Uint8Array): Uint8Array {
  const identifier = encodeAlgorithmIdentifier(scheme, keyType);
  const data = new Uint8Array(1 + identifier.length + signature.length);
  data[0] = identifier.length;
  data.set(identifier, 1);
  data.set(signature, 1 + identifier.length);
  return data;
}

/** Takes authentication data of method 14 apart. Throws CryptoError `bad-encoding` or `unsupported-algorithm`. */
export function parseDigitalSignature(data: Uint8Array): {
  readonly scheme: ParsedSignatureScheme;
  readonly signature: Uint8Array;
} {
  const length = data[0];
  if (length === undefined || 1 + length >= data.length)
    throw new CryptoError(
      'bad-encoding',
      'AUTH data of method 14 is shorter than its AlgorithmIdentifier and a signature',
    );
  return { scheme: parseAlgorithmIdentifier(data.subarray(1, 1 + length)), signature: data.slice(1 + length) };
}

function octet(value: number): string {
  return value.toString(16).padStart(2, '0');
}

/** Contents here stay below 128 octets, so lengths are short form. */
function tagged(tag: string, content: string): string {
  return tag + octet(content.length / 2) + content;
}

function sequence(content: string): string {
  return tagged('30', content);
}
