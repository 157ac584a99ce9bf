import { PkiError } from './pki-error';

export interface PemBlock {
  /** "CERTIFICATE", "PRIVATE KEY", … */
  readonly label: string;
  /** Decoded body. */
  readonly der: Uint8Array;
  /** The block as text, for keys that OpenSSL reads itself (the old encrypted form has headers). */
  readonly text: string;
}

const [begin, end, dashes] = ['-----BEGIN ', '-----END ', '-----'];

/**
 * All PEM blocks of a text (RFC 7468), text between them ignored, also a beginning whose next end has another label.
 * Takes time in proportion to the text. Throws PkiError `limit` beyond 4 MiB.
 */
export function parsePem(text: string): PemBlock[] {
  if (text.length > 4 * 1024 * 1024) throw new PkiError('limit', 'PEM text of more than 4 MiB');
  const blocks: PemBlock[] = [];
  let ending = text.indexOf(end);
  for (let at = text.indexOf(begin); at >= 0 && ending >= 0; at = text.indexOf(begin, at)) {
    const start = at;
    at += begin.length;
    const label = labelAt(text, at);
    if (label === null) continue;
    at += label.length + dashes.length;
    if (ending < at) ending = text.indexOf(end, at);
    if (ending < 0) break;
    if (!text.startsWith(`${label}${dashes}`, ending + end.length)) continue;
    const body = withoutHeaders(text.slice(at, ending));
    at = ending + end.length + label.length + dashes.length;
    blocks.push({ label, der: decodeBase64(body, `PEM block ${label}`), text: text.slice(start, at) });
  }
  return blocks;
}

const mostLabel = 64;

function labelAt(text: string, at: number): string | null {
  const head = text.slice(at, at + mostLabel + dashes.length);
  const length = head.indexOf(dashes);
  const label = head.slice(0, Math.max(length, 0));
  return /^[A-Z0-9 ]+$/.test(label) ? label : null;
}

/** RFC 1421 headers ("Proc-Type: …") end with an empty line. */
function withoutHeaders(body: string): string {
  const colon = body.indexOf(':');
  if (colon < 0) return body;
  const empty = /\r?\n\r?\n/g;
  empty.lastIndex = colon;
  return empty.exec(body) === null ? body : body.slice(empty.lastIndex);
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
