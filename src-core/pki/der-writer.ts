import { derTag } from './der-reader';

/** Builds DER for the certificates that the embedded gateway and the tests issue, and for key containers. */
export function derElement(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const length = contents.reduce((sum, content) => sum + content.length, 0);
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : length < 0x1_0000
          ? [tag, 0x82, length >> 8, length & 0xff]
          : [tag, 0x83, length >> 16, (length >> 8) & 0xff, length & 0xff];
  const element = new Uint8Array(head.length + length);
  element.set(head);
  let offset = head.length;
  for (const content of contents) {
    element.set(content, offset);
    offset += content.length;
  }
  return element;
}

export const derSequence = (...contents: readonly Uint8Array[]): Uint8Array => derElement(derTag.sequence, ...contents);
export const derSet = (...contents: readonly Uint8Array[]): Uint8Array => derElement(derTag.set, ...contents);
export const derOctetString = (content: Uint8Array): Uint8Array => derElement(derTag.octetString, content);
export const derNull = (): Uint8Array => Uint8Array.of(5, 0);
export const derTrue = (): Uint8Array => Uint8Array.of(1, 1, 0xff);

export function derOid(dotted: string): Uint8Array {
  const [first, second, ...rest] = dotted.split('.').map(BigInt) as [bigint, bigint, ...bigint[]];
  const octets: number[] = [];
  for (const arc of [40n * first + second, ...rest]) {
    const group = [Number(arc & 0x7fn)];
    for (let high = arc >> 7n; high > 0n; high >>= 7n) group.unshift(Number(high & 0x7fn) | 0x80);
    octets.push(...group);
  }
  return derElement(derTag.objectIdentifier, Uint8Array.from(octets));
}

/** A non-negative INTEGER from big-endian octets. */
export function derUnsigned(octets: Uint8Array): Uint8Array {
  let start = 0;
  while (start < octets.length - 1 && octets[start] === 0) start += 1;
  const digits = octets.subarray(start);
  return (digits[0] ?? 0) >= 0x80
    ? derElement(derTag.integer, Uint8Array.of(0), digits)
    : derElement(derTag.integer, digits.length === 0 ? Uint8Array.of(0) : digits);
}

export function derSmallInteger(value: number): Uint8Array {
  return derUnsigned(Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff));
}

/** A BIT STRING of whole octets. */
export const derBitString = (octets: Uint8Array): Uint8Array => derElement(derTag.bitString, Uint8Array.of(0), octets);

export function derUtf8(text: string): Uint8Array {
  return derElement(derTag.utf8String, new TextEncoder().encode(text));
}

/** UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280 section 4.1.2.5); whole seconds. */
export function derTime(milliseconds: number): Uint8Array {
  const digits = new Date(milliseconds).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  const utc = digits.startsWith('19') || (digits.startsWith('20') && Number(digits.slice(2, 4)) < 50);
  return utc
    ? derElement(derTag.utcTime, Buffer.from(digits.slice(2), 'latin1'))
    : derElement(derTag.generalizedTime, Buffer.from(digits, 'latin1'));
}
