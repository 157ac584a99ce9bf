import { CryptoError } from './crypto-error';

/** r | s, each half of `raw`, to the DER ECDSA-Sig-Value of RFC 3279 section 2.2.3. */
export function ecdsaRawToDer(raw: Uint8Array): Uint8Array {
  if (raw.length === 0 || raw.length % 2 !== 0 || raw.length > 132)
    throw new CryptoError('bad-length', `an ECDSA signature r | s of ${raw.length} octets`);
  const r = derInteger(raw.subarray(0, raw.length / 2));
  const s = derInteger(raw.subarray(raw.length / 2));
  const length = r.length + s.length;
  const head = length < 128 ? [0x30, length] : [0x30, 0x81, length];
  return Uint8Array.from([...head, ...r, ...s]);
}

/** The DER ECDSA-Sig-Value to r | s of `integerLength` octets each; strict DER. Throws CryptoError `bad-encoding`. */
export function ecdsaDerToRaw(der: Uint8Array, integerLength: number): Uint8Array {
  const bad = (what: string): CryptoError => new CryptoError('bad-encoding', `ECDSA signature: ${what}`);
  let offset = 1;
  if (der[0] !== 0x30) throw bad('not a SEQUENCE');
  let length = der[offset++];
  if (length === 0x81) {
    length = der[offset++];
    if (length !== undefined && length < 128) throw bad('length not minimal');
  } else if (length !== undefined && length > 127) throw bad('length of the SEQUENCE');
  if (length === undefined || offset + length !== der.length) throw bad('length of the SEQUENCE');
  const raw = new Uint8Array(2 * integerLength);
  for (let index = 0; index < 2; index += 1) {
    if (der[offset] !== 0x02) throw bad('not an INTEGER');
    const size = der[offset + 1];
    if (size === undefined || size === 0 || size > 127 || offset + 2 + size > der.length)
      throw bad('length of an INTEGER');
    let integer = der.subarray(offset + 2, offset + 2 + size);
    if (integer[0]! >= 0x80) throw bad('a negative INTEGER');
    if (integer[0] === 0 && size > 1) {
      if (integer[1]! < 0x80) throw bad('INTEGER not minimal');
      integer = integer.subarray(1);
    }
    if (integer.length > integerLength) throw bad('an INTEGER longer than the curve order');
    raw.set(integer, (index + 1) * integerLength - integer.length);
    offset += 2 + size;
  }
  if (offset !== der.length) throw bad('octets behind s');
  return raw;
}

function derInteger(bytes: Uint8Array): number[] {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const digits = [...bytes.subarray(start)];
  if (digits[0]! >= 0x80) digits.unshift(0);
  return [0x02, digits.length, ...digits];
}
