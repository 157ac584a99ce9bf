import { derElement } from './der-writer';
import { PkiError } from './pki-error';

/** Deeper nesting is refused (H-22). */
const deepest = 32;

/**
 * BER to DER as far as PKCS#12 needs it: indefinite lengths become definite, constructed OCTET STRINGs primitive, long
 * lengths shortest.
 * PKCS#12 may be BER (RFC 7292 section 3.1), and NSS and Java write it so. Throws PkiError `malformed` or `limit`.
 */
export function berToDer(ber: Uint8Array): Uint8Array {
  const { element, end } = readElement(ber, 0, 0);
  if (end !== ber.length) throw new PkiError('malformed', 'BER: octets behind the end');
  return element;
}

function readElement(ber: Uint8Array, start: number, depth: number): { element: Uint8Array; end: number } {
  if (depth > deepest) throw new PkiError('limit', `BER: nested deeper than ${deepest}`);
  const tag = ber[start];
  const first = ber[start + 1];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f)
    throw new PkiError('malformed', 'BER: no element');
  let offset = start + 2;
  let end: number | null;
  if (first === 0x80) {
    if ((tag & 0x20) === 0) throw new PkiError('malformed', 'BER: an indefinite length in a primitive element');
    end = null;
  } else if (first < 0x80) {
    end = offset + first;
  } else {
    const count = first & 0x7f;
    if (count > 4) throw new PkiError('malformed', 'BER: a length of more than 4 octets');
    let length = 0;
    for (let i = 0; i < count; i += 1) length = length * 256 + (ber[offset + i] ?? Number.NaN);
    offset += count;
    end = offset + length;
  }
  if (end !== null && !(end <= ber.length))
    throw new PkiError('malformed', 'BER: an element longer than what is there');
  if ((tag & 0x20) === 0) return { element: derElement(tag, ber.subarray(offset, end!)), end: end! };

  const children: Uint8Array[] = [];
  for (;;) {
    if (end === null) {
      if (ber[offset] === 0 && ber[offset + 1] === 0) {
        end = offset + 2;
        break;
      }
    } else if (offset >= end) {
      break;
    }
    const child = readElement(ber, offset, depth + 1);
    if (end !== null && child.end > end)
      throw new PkiError('malformed', 'BER: an element longer than the one around it');
    children.push(child.element);
    offset = child.end;
  }
  // A constructed OCTET STRING, also under an implicit [0] as EncryptedContent is, is the pieces one after the other.
  if (tag === 0x24 || (tag === 0xa0 && children.length > 0 && children.every((child) => child[0] === 0x04))) {
    const pieces = children.map(contentOf);
    return { element: tag === 0x24 ? derElement(0x04, ...pieces) : derElement(0xa0, derElement(0x04, ...pieces)), end };
  }
  return { element: derElement(tag, ...children), end };
}

function contentOf(der: Uint8Array): Uint8Array {
  if (der[0] !== 0x04) throw new PkiError('malformed', 'BER: a piece of an OCTET STRING that is none');
  const first = der[1]!;
  return der.subarray(first < 0x80 ? 2 : 2 + (first & 0x7f));
}
