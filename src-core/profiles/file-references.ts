import { base64Decode, base64Encode, utf8Decode } from '../bytes';
import { isPin } from '../pki/trust-anchors';
import type { FileResolver } from './import-report';

/** Files that a profile names: found, read and inlined at import, so that a saved profile depends on no other file. */

/** Certificates, PKCS#12 (P-20) and keys are not larger. */
const fileLimit = 1024 * 1024;

export type Inlined =
  | { readonly ok: true; readonly text: string; readonly from: string | null }
  | { readonly ok: false; readonly problem: string };

/** PEM text and base64 of DER stay as they are; anything else is a file name relative to the profile. */
export async function inlineFile(value: string, resolve: FileResolver): Promise<Inlined> {
  if (value.includes('-----BEGIN ') || isDerBase64(value) || isPin(value)) return { ok: true, text: value, from: null };
  if (!isRelativeFileName(value))
    return { ok: false, problem: 'must be PEM, base64, or the name of a file beside the profile' };
  const content = await resolve(value);
  if (content === null)
    return { ok: false, problem: `the file ${JSON.stringify(value)} was not found beside the profile` };
  if (content.length > fileLimit)
    return { ok: false, problem: `the file ${JSON.stringify(value)} is larger than 1 MiB` };
  const text = textOfFile(content);
  return text === null
    ? { ok: false, problem: `the file ${JSON.stringify(value)} is neither PEM nor DER` }
    : { ok: true, text, from: value };
}

/** PEM as it is, DER and PKCS#12 in base64; null when the octets are neither. */
export function textOfFile(content: Uint8Array): string | null {
  const text = utf8Decode(content);
  if (text?.includes('-----BEGIN ') === true) return text.replaceAll('\r\n', '\n');
  if (isDer(content)) return base64Encode(content);
  const compact = text?.replaceAll(/\s+/g, '') ?? '';
  return isDerBase64(compact) ? compact : null;
}

/**
 * No absolute path, no way up, no drive, no control character: an imported profile reaches only what lies beside it.
 */
export function isRelativeFileName(name: string): boolean {
  return (
    name.length <= 255 &&
    !/[\p{Cc}\\:]/u.test(name) &&
    !name.startsWith('/') &&
    !name.split('/').some((part) => part === '..' || part === '')
  );
}

function isDerBase64(text: string): boolean {
  const bytes = text.length >= 8 ? base64Decode(text) : null;
  return bytes !== null && isDer(bytes);
}

/** One SEQUENCE that fills the octets, in DER or in the indefinite form of some PKCS#12 files. */
export function isDer(bytes: Uint8Array): boolean {
  if (bytes.length < 4 || bytes[0] !== 0x30) return false;
  const first = bytes[1] as number;
  if (first === 0x80) return bytes[bytes.length - 1] === 0 && bytes[bytes.length - 2] === 0;
  if (first < 0x80) return bytes.length === 2 + first;
  const count = first & 0x7f;
  if (count > 4 || bytes.length < 2 + count) return false;
  let length = 0;
  for (let i = 0; i < count; i++) length = length * 256 + (bytes[2 + i] as number);
  return bytes.length === 2 + count + length;
}
