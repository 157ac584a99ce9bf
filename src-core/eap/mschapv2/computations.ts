import { concat, equalConstantTime, hexDecode, hexEncode, utf8Encode, wipe } from '../../bytes';
import { desEncryptBlock, hash, md4 } from '../../crypto';

/**
 * RFC 2759 section 8 and RFC 3079 section 3. A password lives only as its NT hash; that hash is as good as the password
 * and is wiped by whoever made it.
 */

/** RFC 2759 section 8.3: MD4 over UTF-16LE. 16 octets. Throws a RangeError over 256 characters. */
export function ntPasswordHash(password: string): Uint8Array {
  const text = utf16(password);
  const result = ntHashOf(text);
  wipe(text);
  return result;
}

/** The same of a password in UTF-16LE, which stays its owner's. */
export function ntHashOf(text: Uint8Array): Uint8Array {
  return md4(text);
}

/** UTF-16LE, surrogate pairs as they are. Throws a RangeError over 256 characters. */
export function utf16(password: string): Uint8Array {
  if (password.length > 256) throw new RangeError('a password has at most 256 characters');
  const octets = new Uint8Array(password.length * 2);
  const view = new DataView(octets.buffer);
  for (let i = 0; i < password.length; i++) view.setUint16(2 * i, password.charCodeAt(i), true);
  return octets;
}

/** The name without "DOMAIN\". */
export function withoutDomain(username: string): string {
  return username.slice(username.lastIndexOf('\\') + 1);
}

/** RFC 2759 section 8.2: 8 octets. The name counts without domain. */
export function challengeHash(
  peerChallenge: Uint8Array,
  authenticatorChallenge: Uint8Array,
  username: string,
): Uint8Array {
  return hash('sha1', peerChallenge, authenticatorChallenge, utf8Encode(withoutDomain(username))).slice(0, 8);
}

/** RFC 2759 section 8.5: DES of the 8 octets with the three parts of the hash. 24 octets. */
export function challengeResponse(challenge: Uint8Array, passwordHash: Uint8Array): Uint8Array {
  const padded = new Uint8Array(21);
  padded.set(passwordHash);
  const response = concat(...[0, 7, 14].map((at) => desEncryptBlock(padded.subarray(at, at + 7), challenge)));
  wipe(padded);
  return response;
}

/** RFC 2759 section 8.1. 24 octets. */
export function ntResponse(
  authenticatorChallenge: Uint8Array,
  peerChallenge: Uint8Array,
  username: string,
  passwordHash: Uint8Array,
): Uint8Array {
  return challengeResponse(challengeHash(peerChallenge, authenticatorChallenge, username), passwordHash);
}

const signing = utf8Encode('Magic server to client signing constant');
const iteration = utf8Encode('Pad to make it do more than one iteration');

/** RFC 2759 section 8.7: 20 octets. */
export function authenticatorResponse(
  passwordHash: Uint8Array,
  response: Uint8Array,
  peerChallenge: Uint8Array,
  authenticatorChallenge: Uint8Array,
  username: string,
): Uint8Array {
  const passwordHashHash = md4(passwordHash);
  const digest = hash('sha1', passwordHashHash, response, signing);
  wipe(passwordHashHash);
  return hash('sha1', digest, challengeHash(peerChallenge, authenticatorChallenge, username), iteration);
}

/** "S=" with 40 hexadecimal digits. */
export function formatAuthenticatorResponse(octets: Uint8Array): string {
  return `S=${hexEncode(octets).toUpperCase()}`;
}

/** `S=` and 40 hexadecimal digits of either case anywhere in the text; constant time. */
export function checkAuthenticatorResponse(text: string, expected: Uint8Array): boolean {
  const digits = /(?:^|[ ])S=([0-9a-fA-F]{40})(?![0-9a-fA-F])/.exec(text)?.[1];
  const octets = digits === undefined ? null : hexDecode(digits);
  return octets !== null && equalConstantTime(octets, expected);
}

const masterKeyMagic = utf8Encode('This is the MPPE Master Key');
const clientSendMagic = utf8Encode(
  'On the client side, this is the send key; on the server side, it is the receive key.',
);
const clientReceiveMagic = utf8Encode(
  'On the client side, this is the receive key; on the server side, it is the send key.',
);
const pad1 = new Uint8Array(40);
const pad2 = new Uint8Array(40).fill(0xf2);

/** RFC 3079 section 3.4: 16 octets. */
export function masterKey(passwordHash: Uint8Array, response: Uint8Array): Uint8Array {
  const passwordHashHash = md4(passwordHash);
  const key = hash('sha1', passwordHashHash, response, masterKeyMagic).slice(0, 16);
  wipe(passwordHashHash);
  return key;
}

/**
 * what EAP-MSCHAPv2 exports, 64 octets: the peer's send key, its receive key, 32 zeros. Both ends compute the
 * same.
 */
export function masterSessionKey(passwordHash: Uint8Array, response: Uint8Array): Uint8Array {
  const master = masterKey(passwordHash, response);
  const msk = new Uint8Array(64);
  for (const [at, magic] of [clientSendMagic, clientReceiveMagic].entries()) {
    const key = hash('sha1', master, pad1, magic, pad2);
    msk.set(key.subarray(0, 16), 16 * at);
    wipe(key);
  }
  wipe(master);
  return msk;
}
