import { CryptoError } from './crypto-error';

/**
 * RC2 in CBC mode, decryption only, RFC 2268. Old exports of Windows and Java encrypt the certificates in a PKCS#12
 * file with RC2-40,
 * and neither OpenSSL 3 nor BoringSSL has it any more (P-20). `effectiveBits` limits the key as section 2 says.
 */
export function rc2CbcDecrypt(
  key: Uint8Array,
  effectiveBits: number,
  iv: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array {
  if (key.length === 0 || key.length > 128 || iv.length !== 8 || ciphertext.length % 8 !== 0)
    throw new CryptoError('bad-length', 'RC2: key, IV or ciphertext has a wrong length');
  const schedule = expandKey(key, effectiveBits);
  const output = new Uint8Array(ciphertext.length);
  let previous = iv;
  for (let offset = 0; offset < ciphertext.length; offset += 8) {
    const block = ciphertext.subarray(offset, offset + 8);
    const plain = decryptBlock(schedule, block);
    for (let i = 0; i < 8; i += 1) output[offset + i] = plain[i]! ^ previous[i]!;
    previous = block;
  }
  schedule.fill(0);
  return output;
}

/** RFC 2268 section 3.2. */
function decryptBlock(schedule: Uint16Array, block: Uint8Array): Uint8Array {
  const view = new DataView(block.buffer, block.byteOffset, 8);
  const r = [view.getUint16(0, true), view.getUint16(2, true), view.getUint16(4, true), view.getUint16(6, true)];
  const rotations = [1, 2, 3, 5];
  for (let round = 15; round >= 0; round -= 1) {
    for (let i = 3; i >= 0; i -= 1) {
      const rotated = (r[i]! >>> rotations[i]!) | (r[i]! << (16 - rotations[i]!));
      const mixed = (r[(i + 3) & 3]! & r[(i + 2) & 3]!) + (~r[(i + 3) & 3]! & r[(i + 1) & 3]!);
      r[i] = (rotated - schedule[4 * round + i]! - mixed) & 0xffff;
    }
    if (round === 5 || round === 11)
      for (let i = 3; i >= 0; i -= 1) r[i] = (r[i]! - schedule[r[(i + 3) & 3]! & 63]!) & 0xffff;
  }
  const output = new DataView(new ArrayBuffer(8));
  r.forEach((word, index) => output.setUint16(2 * index, word, true));
  return new Uint8Array(output.buffer);
}

/** RFC 2268 section 2. */
function expandKey(key: Uint8Array, effectiveBits: number): Uint16Array {
  const l = new Uint8Array(128);
  l.set(key);
  for (let i = key.length; i < 128; i += 1) l[i] = piTable[(l[i - 1]! + l[i - key.length]!) & 0xff]!;
  const effectiveOctets = Math.ceil(effectiveBits / 8);
  const mask = 0xff >> (8 * effectiveOctets - effectiveBits);
  l[128 - effectiveOctets] = piTable[l[128 - effectiveOctets]! & mask]!;
  for (let i = 127 - effectiveOctets; i >= 0; i -= 1) l[i] = piTable[l[i + 1]! ^ l[i + effectiveOctets]!]!;
  const schedule = new Uint16Array(64);
  for (let i = 0; i < 64; i += 1) schedule[i] = l[2 * i]! | (l[2 * i + 1]! << 8);
  l.fill(0);
  return schedule;
}

/** PITABLE of RFC 2268 section 2: digits of pi. */
const piTable = Buffer.from(
  'd978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2' +
    '179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82' +
    '54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626' +
    '6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7' +
    '08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec' +
    'c2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731' +
    '2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9' +
    '0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad',
  'hex',
);
