import { importSpki, signatureKeyType } from '../crypto/signatures';
import { ecdsaRawToDer } from '../crypto/ecdsa-encoding';
import { concat, hexDecode } from '../bytes';
import { hash } from '../crypto/hash';
import type { SignatureScheme, Signer } from '../ikev2/session';
import { type Certificate, parseCertificate } from '../pki/certificate';
import type { SecretReason } from '../ports/secrets';
import type { TlsSigner } from '../ports/tls';
import { TokenError } from '../ports/tokens';
import type { PinState, Token, Tokens } from '../ports/tokens';
import { VpnError } from '../ports/vpn-error';
import type { TokenReference } from '../profiles/profile';
import type { ClientKey } from './client-key';
import type { Ask } from './questions';

/** How often a person is asked for a PIN; the token counts too, and its count is told. */
const mostPins = 3;

/**
 * A certificate with its key on a token (P-25). The PIN is asked for here, before anything is sent. null: cancelled at
 * the first question.
 */
export async function openTokenKey(
  { pkcs11 }: TokenReference,
  tokens: Tokens | null | undefined,
  ask: Ask,
): Promise<ClientKey | null> {
  if (tokens === null || tokens === undefined)
    throw refused(
      'The native part of Agile VPN, which reads tokens, is not built. Run "npm run setup" in its folder, then try again.',
      'no PKCS#11 here',
    );
  let token: Token | null = null;
  try {
    token = tokens.open(pkcs11.module, pkcs11.token);
    if (token.needsPin && !(await unlock(token, pkcs11.token, ask))) {
      token.close();
      return null;
    }
    return keyOf(token, pkcs11.token, normalizeId(pkcs11.id));
  } catch (error) {
    token?.close();
    throw error instanceof TokenError ? tokenError(error, pkcs11.token) : error;
  }
}

/** False: cancelled before any PIN was tried. A wrong PIN is never tried again by itself. */
async function unlock(token: Token, label: string, ask: Ask): Promise<boolean> {
  for (let wrong = 0; ; wrong++) {
    const { pinState } = token;
    if (pinState === 'locked') throw new TokenError('pin-locked', 'CKF_USER_PIN_LOCKED');
    const answer = wrong < mostPins ? await ask('pin', label, pinReason(wrong, pinState)) : null;
    if (answer === null) {
      if (wrong === 0) return false;
      throw new TokenError('pin-incorrect', `C_Login: ${String(wrong)} wrong ${wrong === 1 ? 'PIN' : 'PINs'}`);
    }
    try {
      token.login(answer.secret);
      return true;
    } catch (error) {
      if (!(error instanceof TokenError) || error.reason !== 'pin-incorrect') throw error;
    }
  }
}

function pinReason(wrong: number, pinState: Exclude<PinState, 'locked'>): SecretReason | null {
  if (wrong > 0) return { type: 'pin-incorrect', wrong, most: mostPins, pinState };
  return pinState === 'final-try' ? { type: 'pin-final-try' } : null;
}

function keyOf(token: Token, label: string, id: string): ClientKey {
  const found = token.certificates();
  const own = found.find((entry) => entry.id === id);
  if (own === undefined) throw new TokenError('not-found', `no certificate of id ${id} among ${String(found.length)}`);
  const leaf = parseCertificate(own.der);
  return {
    leaf,
    certificates: [own.der],
    signer: tokenSigner(token, id, leaf),
    tlsKey: tlsSigner(token, id),
    token: { label, isPresent: () => token.isPresent },
    wipe: () => token.close(),
  };
}

/** "01", "0x01" and "%01" are what tools print. */
function normalizeId(id: string): string {
  const digits = id.trim().toLowerCase().replace(/^0x/, '').replaceAll(/[%:]/g, '');
  if (!/^([0-9a-f]{2})+$/.test(digits))
    throw new TokenError('not-found', 'authentication.certificate.pkcs11.id is not hexadecimal');
  return digits;
}

/** Signs AUTH; hashing and the encoding around the token's bare operations are done here. */
function tokenSigner(token: Token, id: string, leaf: Certificate): Signer {
  const keyType = signatureKeyType(importSpki(leaf.spki));
  if (keyType === null) throw new TokenError('not-found', 'the key of the certificate does not sign');
  return {
    keyType,
    sign: (data, scheme) => Promise.resolve().then(() => signOn(token, id, data, scheme, curveOctets[keyType] ?? 0)),
  };
}

/** Octets of r and of s; a longer hash value is cut to them (FIPS 186-4 section 6.4). */
const curveOctets: Readonly<Record<string, number>> = { 'ecdsa-p256': 32, 'ecdsa-p384': 48, 'ecdsa-p521': 66 };

/** What stands before the hash value in a DigestInfo: RFC 8017 section 9.2, note 1. */
const digestInfoPrefix = {
  sha1: '3021300906052b0e03021a05000414',
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
} as const;

function digestInfo(name: keyof typeof digestInfoPrefix, digest: Uint8Array): Uint8Array {
  return concat(hexDecode(digestInfoPrefix[name]) ?? new Uint8Array(0), digest);
}

function signOn(
  token: Token,
  id: string,
  data: Uint8Array,
  { algorithm, hash: name }: SignatureScheme,
  curve: number,
): Uint8Array {
  try {
    if (name === 'identity') return token.sign(id, 'eddsa', data);
    const digest = hash(name, data);
    switch (algorithm) {
      case 'rsa-pkcs1':
        return token.sign(id, 'rsa-pkcs1', digestInfo(name, digest));
      case 'rsa-pss':
        if (name === 'sha1') throw new TokenError('failed', 'RSA-PSS with SHA-1');
        return token.sign(id, `rsa-pss-${name}`, digest);
      case 'ecdsa':
        return ecdsaRawToDer(token.sign(id, 'ecdsa', digest.subarray(0, curve)));
      default:
        throw new TokenError('failed', `${algorithm} with ${name}`);
    }
  } catch (error) {
    throw error instanceof TokenError ? tokenError(error, null) : error;
  }
}

function tlsSigner(token: Token, id: string): TlsSigner {
  return { bareRsa: token.supports('rsa-raw'), sign: (operation, input) => token.sign(id, operation, input) };
}

function refused(message: string, detail: string): VpnError {
  return new VpnError('IKE_NO_CERT', message, { detail, rule: 'client-key' });
}

function tokenError(error: TokenError, label: string | null): VpnError {
  const message = {
    module: 'The driver of your token cannot be used. Choose it again in the properties, or ask the administrator.',
    absent: 'Your token is not plugged in. Plug it in and try again.',
    'pin-incorrect':
      'The PIN was not accepted. Check it before you try again: the token locks itself after a few wrong ones.',
    'pin-locked': 'Your token has locked itself after too many wrong PINs. Ask the administrator to unlock it.',
    'not-found': 'Your token does not hold the certificate of this connection. Choose it again in the properties.',
    removed: 'Your token was taken out. Plug it in and try again.',
    failed: 'Your token did not sign. Try again, or ask the administrator.',
  }[error.reason];
  return new VpnError('IKE_NO_CERT', message, {
    detail: `${label === null ? 'token' : `token ${label}`}: ${error.message}`,
    rule: 'client-key',
    cause: error,
  });
}
