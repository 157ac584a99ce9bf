import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { libraryAead, nodeAead } from '../crypto/aead';
import { createEspTransform, EspSuiteError, espKeyLengths } from '../crypto/esp-transform';
import type { EspSuite } from '../ports/data-path';
import { decapsulate, encapsulate, hasEspShape, readEspHeader } from './esp-packet';
import { aeadVectors, cbcVectors, fromHex, toHex } from './esp-vectors';

const none = new Uint8Array(0);

function octets(length: number, first: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (first + index) & 0xff);
}

const suites: readonly EspSuite[] = [
  ...[128, 192, 256].map((keyBits) => ({ cipher: 'aes-gcm-16', keyBits, integrity: null }) as const),
  { cipher: 'chacha20-poly1305', keyBits: 256, integrity: null } as const,
  ...([128, 192, 256] as const).map(
    (keyBits) => ({ cipher: 'aes-cbc', keyBits, integrity: 'hmac-sha2-256-128' }) as const,
  ),
  { cipher: 'aes-cbc', keyBits: 256, integrity: 'hmac-sha1-96' } as const,
  { cipher: 'aes-cbc', keyBits: 128, integrity: 'hmac-sha2-384-192' } as const,
  { cipher: 'aes-cbc', keyBits: 256, integrity: 'hmac-sha2-512-256' } as const,
  { cipher: 'null', keyBits: 0, integrity: 'hmac-sha2-256-128' } as const,
].flatMap((suite) => [false, true].map((esn) => ({ ...suite, esn })));

function transformFor(suite: EspSuite) {
  const { encryption, integrity } = espKeyLengths(suite);
  return createEspTransform(suite, octets(encryption, 1), octets(integrity, 101));
}

describe.each(aeadVectors)('$name', (vector) => {
  const aad = fromHex(vector.aad);
  const esn = aad.length === 12;
  const view = new DataView(aad.buffer);
  const spi = view.getUint32(0);
  const sequence = esn ? view.getBigUint64(4) : BigInt(view.getUint32(4));
  const key = fromHex(vector.key + vector.salt);
  const suite: EspSuite = { cipher: vector.cipher, keyBits: (vector.key.length / 2) * 8, integrity: null, esn };
  const transform = createEspTransform(suite, key, none);
  const plaintext = fromHex(vector.plaintext);
  const padLength = plaintext[plaintext.length - 2]!;
  const payload = plaintext.subarray(0, plaintext.length - 2 - padLength);
  const next = plaintext[plaintext.length - 1]!;
  const packet =
    toHex(aad.subarray(0, 4)) + toHex(aad.subarray(aad.length - 4)) + vector.iv + vector.ciphertext + vector.icv;

  test('E-7 opens to its payload and next header', () => {
    const datagram = fromHex(packet);
    expect(readEspHeader(datagram)).toEqual({ spi, sequenceLow: Number(sequence & 0xffffffffn) });
    expect(hasEspShape(datagram, transform)).toBe(true);
    const opened = decapsulate(datagram, transform, esn ? Number(sequence >> 32n) : null);
    if (typeof opened === 'string') throw new Error(opened);
    expect(toHex(opened.payload)).toBe(toHex(payload));
    expect(opened.nextHeader).toBe(next);
  });

  test('E-3 is what encapsulation makes of the payload, where the packet has the least padding', () => {
    const sealed = encapsulate({ transform, spi, sequence, esn, iv: fromHex(vector.iv), payload, nextHeader: next });
    expect(toHex(sealed)).toBe(packet);
  });
});

describe.each(cbcVectors)('$name', (vector) => {
  const transform = createEspTransform(
    { cipher: 'aes-cbc', keyBits: 128, integrity: 'hmac-sha2-256-128', esn: false },
    fromHex(vector.key),
    octets(32, 7),
  );
  const packet = fromHex(vector.packet);
  // The RFC's packets have no integrity protection: the ICV is computed beside the code under test.
  const icv = createHmac('sha256', octets(32, 7)).update(packet).digest().subarray(0, 16);
  const datagram = Uint8Array.from([...packet, ...icv]);

  test('E-9 encapsulation gives the packet', () => {
    const sealed = encapsulate({
      transform,
      spi: vector.spi,
      sequence: BigInt(vector.sequence),
      esn: false,
      iv: packet.subarray(8, 24),
      payload: fromHex(vector.payload),
      nextHeader: vector.nextHeader,
    });
    expect(toHex(sealed)).toBe(toHex(datagram));
  });

  test('E-9 decapsulation gives the payload', () => {
    const opened = decapsulate(datagram, transform, null);
    if (typeof opened === 'string') throw new Error(opened);
    expect(toHex(opened.payload)).toBe(vector.payload);
    expect(opened.nextHeader).toBe(vector.nextHeader);
  });
});

describe.each(suites)('$cipher $keyBits $integrity esn=$esn', (suite) => {
  const transform = transformFor(suite);
  const make = (payload: Uint8Array, sequence = 0x2_0000_0001n) =>
    encapsulate({
      transform,
      spi: 0xabcdef01,
      sequence,
      esn: suite.esn,
      iv: octets(transform.ivLength, 50),
      payload,
      nextHeader: 4,
    });
  const high = suite.esn ? 2 : null;

  test('any payload comes back, aligned, with padding 1, 2, 3', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (payload) => {
        const datagram = make(payload);
        expect(hasEspShape(datagram, transform)).toBe(true);
        expect((datagram.length - 8 - transform.ivLength - transform.icvLength) % transform.alignment).toBe(0);
        const opened = decapsulate(datagram, transform, high);
        expect(opened).toEqual({ nextHeader: 4, payload });
      }),
      { numRuns: 60 },
    );
  });

  test('E-4 one changed bit anywhere is refused', () => {
    const datagram = make(octets(37, 3));
    for (let index = 0; index < datagram.length; index += 1) {
      const forged = Uint8Array.from(datagram);
      forged[index]! ^= 1 << (index % 8);
      expect(decapsulate(forged, transform, high)).toBe('auth');
    }
  });

  test('H-12 a packet shorter than header, IV, trailer and ICV, or not aligned, has no shape', () => {
    const datagram = make(octets(37, 3));
    const least = 8 + transform.ivLength + transform.icvLength + transform.alignment;
    for (let length = 0; length < datagram.length; length += 1) {
      const shape = length >= least && (length - least) % transform.alignment === 0;
      expect(hasEspShape(datagram.subarray(0, length), transform)).toBe(shape);
    }
  });

  if (suite.esn) {
    test('E-6 the high half of the sequence number is authenticated though it is not sent', () => {
      const datagram = make(octets(20, 0));
      expect(decapsulate(datagram, transform, 1)).toBe('auth');
      expect(decapsulate(datagram, transform, 3)).toBe('auth');
      expect(toHex(datagram.subarray(4, 8))).toBe('00000001');
    });
  }

  test('H-63 authentic packets with other padding, or a pad length beyond the payload, are refused', () => {
    const sealRaw = (plaintext: Uint8Array): Uint8Array => {
      const start = 8 + transform.ivLength;
      const packet = new Uint8Array(start + plaintext.length + transform.icvLength);
      packet.set(fromHex('abcdef0100000001'));
      packet.set(plaintext, start);
      transform.seal(packet, high);
      return packet;
    };
    const good = new Uint8Array(32);
    good.set([1, 2, 3, 3, 4], 27);
    expect(decapsulate(sealRaw(good), transform, high)).toEqual({ nextHeader: 4, payload: new Uint8Array(27) });
    for (const tail of [
      [0, 0, 0, 3, 4],
      [3, 2, 1, 3, 4],
      [1, 2, 4, 3, 4],
      [1, 2, 3, 31, 4],
      [1, 2, 3, 255, 4],
    ]) {
      const bad = new Uint8Array(32);
      bad.set(tail, 27);
      expect(decapsulate(sealRaw(bad), transform, high)).toBe('padding');
    }
    // Padding that is the whole payload: nothing is left, and nothing is read before the packet.
    const whole = Uint8Array.from([...octets(30, 1), 30, 59]);
    expect(decapsulate(sealRaw(whole), transform, high)).toEqual({ nextHeader: 59, payload: none });
  });
});

test('E-8 the two ChaCha20-Poly1305 back ends give the same packet', () => {
  const vector = aeadVectors.find(({ cipher }) => cipher === 'chacha20-poly1305')!;
  for (const backEnd of [nodeAead, libraryAead]) {
    const sealed = backEnd('chacha20-poly1305').seal(
      fromHex(vector.key),
      fromHex(vector.salt + vector.iv),
      fromHex(vector.aad),
      fromHex(vector.plaintext),
    );
    expect(toHex(sealed)).toBe(vector.ciphertext + vector.icv);
  }
});

describe('keys that do not fit their suite', () => {
  const suite = { cipher: 'aes-gcm-16', keyBits: 128, integrity: null, esn: false } as const;
  test.each([
    ['encryptionKey', suite, 16, 0],
    ['integrityKey', suite, 20, 1],
    ['suite.keyBits', { ...suite, keyBits: 64 }, 12, 0],
    ['suite.integrity', { ...suite, integrity: 'hmac-sha1-96' } as const, 20, 20],
    ['suite.integrity', { cipher: 'aes-cbc', keyBits: 128, integrity: null, esn: false } as const, 16, 0],
    ['integrityKey', { cipher: 'null', keyBits: 0, integrity: 'hmac-sha2-256-128', esn: false } as const, 0, 20],
  ])('name the field %s', (field, wrong, encryption, integrity) => {
    const attempt = () => createEspTransform(wrong, octets(encryption, 0), octets(integrity, 0));
    expect(attempt).toThrow(EspSuiteError);
    expect(attempt).toThrow(expect.objectContaining({ field }));
  });
});

test('wiped keys no longer open anything', () => {
  for (const suite of suites) {
    const sealer = transformFor(suite);
    const transform = transformFor(suite);
    const datagram = encapsulate({
      transform: sealer,
      spi: 300,
      sequence: 1n,
      esn: suite.esn,
      iv: octets(sealer.ivLength, 0),
      payload: octets(20, 0),
      nextHeader: 4,
    });
    expect(decapsulate(datagram, transform, suite.esn ? 0 : null)).not.toBe('auth');
    transform.wipe();
    expect(decapsulate(datagram, transform, suite.esn ? 0 : null)).toBe('auth');
  }
});
