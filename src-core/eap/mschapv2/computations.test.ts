import { describe, expect, test } from 'vitest';
import { hexDecode, hexEncode, utf8Encode } from '../../bytes';
import { expandDesKey, md4 } from '../../crypto';
import { decryptNewPasswordHash, encryptNewPassword, encryptOldHash, isOldHashUnderNew } from './change-password';
import {
  authenticatorResponse,
  challengeHash,
  challengeResponse,
  checkAuthenticatorResponse,
  formatAuthenticatorResponse,
  masterKey,
  masterSessionKey,
  ntPasswordHash,
  ntResponse,
  utf16,
  withoutDomain,
} from './computations';

const hex = (text: string) => hexDecode(text.replaceAll(' ', '')) as Uint8Array;
const upper = (octets: Uint8Array) => hexEncode(octets).toUpperCase();

/** RFC 2759 section 9.2. */
const user = 'User';
const password = 'clientPass';
const authenticatorChallenge = hex('5B5D7C7D7B3F2F3E3C2C602132262628');
const peerChallenge = hex('21402324255E262A28295F2B3A337C7E');
const passwordHash = hex('44EBBA8D5312B8D611474411F56989AE');
const response = hex('82309ECD8D708B5EA08FAA3981CD83544233114A3D85D6DF');

describe('T-1: RFC 2759 section 9.2', () => {
  test('UTF-16LE password and its hashes', () => {
    expect(upper(utf16(password))).toBe('63006C00690065006E0074005000610073007300');
    expect(upper(ntPasswordHash(password))).toBe(upper(passwordHash));
    expect(upper(md4(passwordHash))).toBe('41C00C584BD2D91C4017A2A12FA59F3F');
  });

  test('challenge, NT-Response, authenticator response', () => {
    expect(upper(challengeHash(peerChallenge, authenticatorChallenge, user))).toBe('D02E4386BCE91226');
    expect(upper(challengeResponse(hex('D02E4386BCE91226'), passwordHash))).toBe(upper(response));
    expect(upper(ntResponse(authenticatorChallenge, peerChallenge, user, passwordHash))).toBe(upper(response));
    expect(
      formatAuthenticatorResponse(
        authenticatorResponse(passwordHash, response, peerChallenge, authenticatorChallenge, user),
      ),
    ).toBe('S=407A5589115FD0D6209F510FE9C04566932CDA56');
  });

  test('section 9.3: DES keys with parity', () => {
    // "MyPw" hashed: FC156AF7EDCD6C0EDDE3337D427F4EAC, first 7 octets FC156AF7EDCD6C.
    expect(upper(ntPasswordHash('MyPw'))).toBe('FC156AF7EDCD6C0EDDE3337D427F4EAC');
    expect(upper(expandDesKey(hex('FC156AF7EDCD6C')))).toBe('FD0B5B5E7F6E34D9');
  });

  test('A-11: the name counts without its domain', () => {
    expect(withoutDomain('CONTOSO\\User')).toBe('User');
    expect(upper(challengeHash(peerChallenge, authenticatorChallenge, 'CONTOSO\\User'))).toBe('D02E4386BCE91226');
  });

  test('A-12: surrogate pairs, and 256 characters at most', () => {
    expect(upper(utf16('😀'))).toBe('3DD800DE');
    expect(ntPasswordHash('x'.repeat(256))).toHaveLength(16);
    expect(() => ntPasswordHash('x'.repeat(257))).toThrow(RangeError);
  });

  test('A-13: S= in either case, exact length, nothing else', () => {
    const expected = hex('407A5589115FD0D6209F510FE9C04566932CDA56');
    const good = 'S=407A5589115FD0D6209F510FE9C04566932CDA56';
    for (const text of [good, good.toLowerCase().replace('s=', 'S='), `${good} M=Welcome`, `M=Hi ${good}`])
      expect(checkAuthenticatorResponse(text, expected), text).toBe(true);
    for (const text of ['', 'S=', good.slice(0, -1), `${good}0`, good.replace('4', '5'), good.replace('S=', 'X=')])
      expect(checkAuthenticatorResponse(text, expected), text).toBe(false);
  });
});

test('T-2: RFC 3079 section 3.5.3 master key and MSK (A-14)', () => {
  expect(upper(masterKey(passwordHash, response))).toBe('FDECE3717A8C838CB388E527AE3CDD31');
  const msk = masterSessionKey(passwordHash, response);
  expect(upper(msk)).toBe(`D5F0E9521E3EA9589645E86051C82226${'8B7CDC149B993A1BA118CB153F56DCCB'}${'00'.repeat(32)}`);
});

describe('change of password (A-19)', () => {
  const oldHash = ntPasswordHash('old');
  const newHash = ntPasswordHash('Neues Paßwort 😀');

  test('the block opens to the hash of the new password, under the old one only', () => {
    const block = encryptNewPassword(
      utf16('Neues Paßwort 😀'),
      oldHash,
      new Uint8Array(512).map((_, i) => i),
    );
    expect(block).toHaveLength(516);
    expect(decryptNewPasswordHash(block, oldHash)).toEqual(newHash);
    expect(decryptNewPasswordHash(block, newHash)).not.toEqual(newHash);
    expect(decryptNewPasswordHash(block.subarray(1), oldHash)).toBeNull();
    expect(Buffer.from(block).includes(Buffer.from(utf16('Neues')))).toBe(false);
  });

  test('a length that is none is refused', () => {
    // The first password has an even length in octets; any other length comes out of a wrong key sooner or later.
    let refused = 0;
    for (let i = 0; i < 64; i++)
      if (decryptNewPasswordHash(new Uint8Array(516).fill(i), utf8Encode('0123456789abcdef')) === null) refused++;
    expect(refused).toBeGreaterThan(60);
  });

  test('the old hash under the new one', () => {
    const encrypted = encryptOldHash(oldHash, newHash);
    expect(encrypted).toHaveLength(16);
    expect(isOldHashUnderNew(encrypted, oldHash, newHash)).toBe(true);
    expect(isOldHashUnderNew(encrypted, newHash, oldHash)).toBe(false);
  });
});
