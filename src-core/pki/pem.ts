import { PkiError } from './pki-error';

export interface PemBlock {
  /** "CERTIFICATE", "PRIVATE KEY", … */
  readonly label: string;
  /** Decoded body. */
  readonly der: Uint8Array;
  /** The block as text, for keys that OpenSSL reads itself (the old encrypted form has headers). */
  readonly text: string;
}

const block = /-----BEGIN ([A-Z0-9 ]{1,64})-----([\s\S]*?)-----END \1-----/g;

/** All PEM blocks of a text (RFC 7468), text between them ignored. Throws PkiError `limit` beyond 4 MiB. */
export function parsePem(text: string): PemBlock[] {
  if (text.length > 4 * 1024 * 1024) throw new PkiError('limit', 'PEM text of more than 4 MiB');
  return [...text.matchAll(block)].map((match) => {
    // RFC 1421 headers ("Proc-Type: …") end with an empty line.
    const body = match[2]!.replace(/^[\s\S]*?:[\s\S]*?\r?\n\r?\n/, '');
    return { label: match[1]!, der: decodeBase64(body, `PEM block ${match[1]!}`), text: match[0] };
  });
}

export function isPem(text: string): boolean {
  return text.includes('-----BEGIN ');
}

/** Strict base64 with white space allowed. Throws PkiError `malformed`. */
export function decodeBase64(text: string, where: string): Uint8Array {
  const compact = text.replaceAll(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(compact) || compact.length % 4 !== 0)
    throw new PkiError('malformed', `${where}: not base64`);
  return new Uint8Array(Buffer.from(compact, 'base64'));
}

export function encodePem(label: string, der: Uint8Array): string {
  return `-----BEGIN ${label}-----\n${
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g)
      ?.join('\n') ?? ''
  }\n-----END ${label}-----\n`;
}
