import { PkiError } from './pki-error';

/** Identifier octets of the types that occur in certificates (X.690 section 8.1.2). */
export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Identifier octet of [number], constructed or primitive. */
export function contextTag(number: number, constructed: boolean): number {
  return 0x80 | (constructed ? 0x20 : 0) | number;
}

export interface DerElement {
  /** The identifier octet. Tags above 30 do not occur in certificates and are refused. */
  readonly tag: number;
  /** Identifier, length and content as they came. */
  readonly raw: Uint8Array;
  readonly content: Uint8Array;
}

/**
 * Reads elements one after the other, one level deep; nothing here recurses, so the depth of what is read is the depth
 * of the caller's
 * code (H-22). DER only: definite lengths in their shortest form. Throws PkiError `malformed`, whose message begins
 * with `where`.
 */
export class DerReader {
  readonly #bytes: Uint8Array;
  readonly #where: string;
  #offset = 0;

  constructor(bytes: Uint8Array, where: string) {
    this.#bytes = bytes;
    this.#where = where;
  }

  get done(): boolean {
    return this.#offset === this.#bytes.length;
  }

  /** The next element's identifier octet, null at the end. */
  peek(): number | null {
    return this.#bytes[this.#offset] ?? null;
  }

  next(): DerElement {
    const start = this.#offset;
    const tag = this.#octet();
    if ((tag & 0x1f) === 0x1f) throw this.#malformed('a tag above 30');
    let length = this.#octet();
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count === 0) throw this.#malformed('an indefinite length');
      if (count > 4) throw this.#malformed('a length of more than 4 octets');
      length = 0;
      for (let i = 0; i < count; i += 1) length = length * 256 + this.#octet();
      if (length < 0x80 || length < 2 ** (8 * (count - 1)))
        throw this.#malformed('a length that is not in its shortest form');
    }
    if (length > this.#bytes.length - this.#offset) throw this.#malformed('an element longer than what is there');
    const content = this.#bytes.subarray(this.#offset, this.#offset + length);
    this.#offset += length;
    return { tag, raw: this.#bytes.subarray(start, this.#offset), content };
  }

  /** The next element, which must have this tag. */
  expect(tag: number, field: string): DerElement {
    if (this.peek() !== tag) throw this.#malformed(`${field} is missing or has another type`);
    return this.next();
  }

  /** The next element when it has this tag, else null. */
  optional(tag: number): DerElement | null {
    return this.peek() === tag ? this.next() : null;
  }

  /** A reader over the content of the next element. */
  enter(tag: number, field: string): DerReader {
    return new DerReader(this.expect(tag, field).content, `${this.#where}, ${field}`);
  }

  /** Throws unless everything was read. */
  end(): void {
    if (!this.done) throw this.#malformed('octets behind the end');
  }

  #octet(): number {
    const octet = this.#bytes[this.#offset];
    if (octet === undefined) throw this.#malformed('it ends in the middle of an element');
    this.#offset += 1;
    return octet;
  }

  #malformed(what: string): PkiError {
    return new PkiError('malformed', `${this.#where}: ${what}`);
  }
}

/** The elements of a constructed element, in order. */
export function derChildren(content: Uint8Array, where: string, most: number): DerElement[] {
  const reader = new DerReader(content, where);
  const children: DerElement[] = [];
  while (!reader.done) {
    if (children.length === most) throw new PkiError('limit', `${where}: more than ${most} elements`);
    children.push(reader.next());
  }
  return children;
}

/** Dotted form. */
export function decodeOid(content: Uint8Array, where: string): string {
  const arcs: bigint[] = [];
  let arc = 0n;
  let started = false;
  if (content.length === 0 || content.length > 64 || content.at(-1)! >= 0x80)
    throw new PkiError('malformed', `${where}: not an OBJECT IDENTIFIER`);
  for (const octet of content) {
    if (!started && octet === 0x80) throw new PkiError('malformed', `${where}: an OBJECT IDENTIFIER with padding`);
    started = true;
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    if (octet < 0x80) {
      if (arcs.length === 0) {
        const first = arc < 40n ? 0n : arc < 80n ? 1n : 2n;
        arcs.push(first, arc - 40n * first);
      } else arcs.push(arc);
      arc = 0n;
      started = false;
    }
  }
  return arcs.join('.');
}

/** DER: 0xff is true, 0x00 false, nothing else. */
export function decodeBoolean(content: Uint8Array, where: string): boolean {
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff))
    throw new PkiError('malformed', `${where}: not a BOOLEAN`);
  return content[0] === 0xff;
}

/** Octets of an INTEGER, checked to be in shortest form, two's complement. */
export function decodeIntegerOctets(content: Uint8Array, where: string): Uint8Array {
  const redundant =
    content.length > 1 && ((content[0] === 0 && content[1]! < 0x80) || (content[0] === 0xff && content[1]! >= 0x80));
  if (content.length === 0 || redundant) throw new PkiError('malformed', `${where}: not an INTEGER`);
  return content;
}

/** A small INTEGER, 0..2^31-1. */
export function decodeSmallInteger(content: Uint8Array, where: string): number {
  decodeIntegerOctets(content, where);
  if (content.length > 4 || content[0]! >= 0x80) throw new PkiError('malformed', `${where}: a number out of range`);
  return content.reduce((value, octet) => value * 256 + octet, 0);
}

/** Octets of a BIT STRING whose number of bits is a multiple of 8. */
export function decodeBitStringOctets(content: Uint8Array, where: string): Uint8Array {
  if (content[0] !== 0) throw new PkiError('malformed', `${where}: a BIT STRING with unused bits`);
  return content.subarray(1);
}

/** Bits of a named bit list, most significant first. */
export function decodeNamedBits(content: Uint8Array, where: string): boolean[] {
  const unused = content[0];
  if (unused === undefined || unused > 7 || (content.length === 1 && unused !== 0) || content.length > 5)
    throw new PkiError('malformed', `${where}: not a bit list`);
  const bits: boolean[] = [];
  for (const octet of content.subarray(1)) for (let bit = 7; bit >= 0; bit -= 1) bits.push(((octet >> bit) & 1) === 1);
  return bits.slice(0, bits.length - unused);
}

/** UTCTime or GeneralizedTime as RFC 5280 section 4.1.2.5 allows them, in milliseconds since the Unix epoch. */
export function decodeTime(element: DerElement, where: string): number {
  const text = Buffer.from(element.content).toString('latin1');
  const form =
    element.tag === derTag.utcTime
      ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/
      : element.tag === derTag.generalizedTime
        ? /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/
        : null;
  const match = form?.exec(text);
  if (!match) throw new PkiError('malformed', `${where}: not a time`);
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const fullYear = element.tag === derTag.utcTime ? (year >= 50 ? 1900 + year : 2000 + year) : year;
  const date = new Date(0);
  date.setUTCFullYear(fullYear, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const roundTrip = [
    date.getUTCFullYear(),
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
  ];
  if (roundTrip.join() !== [fullYear, month, day, hour, minute, second].join())
    throw new PkiError('malformed', `${where}: no such time`);
  return date.getTime();
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf16 = new TextDecoder('utf-16be', { fatal: true, ignoreBOM: true });

/**
 * The text of any ASN.1 string type that occurs in names. A NUL, or octets that are not of the type, is an error (P-10,
 * P-11).
 */
export function decodeString(element: DerElement, where: string): string {
  const { tag, content } = element;
  let text: string;
  try {
    switch (tag) {
      case derTag.utf8String:
        text = utf8.decode(content);
        break;
      case derTag.bmpString:
        text = utf16.decode(content);
        break;
      case derTag.universalString:
        text = decodeUtf32(content);
        break;
      // T61String is read as Latin-1, as everybody does.
      case derTag.teletexString:
        text = Buffer.from(content).toString('latin1');
        break;
      case derTag.printableString:
      case derTag.numericString:
      case derTag.ia5String:
      case derTag.visibleString:
        if (content.some((octet) => octet >= 0x80)) throw new RangeError('not ASCII');
        text = Buffer.from(content).toString('latin1');
        break;
      default:
        throw new RangeError('not a string type');
    }
  } catch (error) {
    throw new PkiError('malformed', `${where}: not a string`, error);
  }
  if (text.includes('\0')) throw new PkiError('malformed', `${where}: a string with NUL`);
  return text;
}

function decodeUtf32(content: Uint8Array): string {
  if (content.length % 4 !== 0) throw new RangeError('not UTF-32');
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  let text = '';
  for (let offset = 0; offset < content.length; offset += 4) text += String.fromCodePoint(view.getUint32(offset));
  return text;
}
