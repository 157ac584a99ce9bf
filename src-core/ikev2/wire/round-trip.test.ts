import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeMessage, decodePayloads, encodeMessage, encodePayloads, frameEncryptedMessage, payloadType } from '.';
import { anyPayload, arbitraryPayloads, outgoingHeader } from './testing/arbitraries';

describe.each(Object.entries(arbitraryPayloads))('payload %s', (_name, arbitrary) => {
  test('decodes to what was encoded', () => {
    fc.assert(
      fc.property(arbitrary, (payload) => {
        const { firstType, body } = encodePayloads([payload]);
        expect(decodePayloads(firstType, body)).toEqual({ ok: true, value: [payload] });
      }),
      { numRuns: 200 },
    );
  });

  test('cut at every octet gives a DecodeError', () => {
    fc.assert(
      fc.property(arbitrary, (payload) => {
        const { firstType, body } = encodePayloads([payload]);
        for (let length = 0; length < body.length; length++)
          expect(decodePayloads(firstType, body.subarray(0, length)).ok).toBe(false);
      }),
      { numRuns: 20 },
    );
  });

  test('with its own length cut at every octet gives a value or a DecodeError', () => {
    fc.assert(
      fc.property(arbitrary, (payload) => {
        const { firstType, body } = encodePayloads([payload]);
        for (let length = 4; length <= body.length; length++) {
          const cut = body.slice(0, length);
          new DataView(cut.buffer).setUint16(2, length);
          const result = decodePayloads(firstType, cut);
          if (!result.ok) expect(result.error.field).not.toBe('');
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe('messages', () => {
  test('in the clear: header and chain come back, the length is set', () => {
    fc.assert(
      fc.property(outgoingHeader, fc.array(anyPayload, { maxLength: 8 }), (header, payloads) => {
        const message = encodeMessage(header, payloads);
        const result = decodeMessage(message);
        expect(result.ok).toBe(true);
        if (!result.ok) return;
        expect(result.value.header).toEqual({
          ...header,
          nextPayload: result.value.header.nextPayload,
          majorVersion: 2,
          minorVersion: 0,
          higherVersion: false,
          length: message.length,
        });
        expect(result.value.payloads).toEqual(payloads);
      }),
    );
  });

  test('protected: the frame decodes to SK whose body is where the caller put it', () => {
    fc.assert(
      fc.property(
        outgoingHeader,
        fc.uint8Array({ minLength: 0, maxLength: 200 }),
        fc.constantFrom(0, payloadType.SA, payloadType.N),
        (header, body, firstInner) => {
          const { message, bodyOffset } = frameEncryptedMessage(header, firstInner, body.length);
          expect(bodyOffset).toBe(32);
          message.set(body, bodyOffset);
          const result = decodeMessage(message);
          expect(result.ok && result.value.payloads).toEqual([{ type: 'SK', firstInner, bodyOffset, body }]);
        },
      ),
    );
  });

  test('fragments: number, total and offset; the inner type is in the first only (X-2)', () => {
    const header = {
      spiInitiator: new Uint8Array(8).fill(1),
      spiResponder: new Uint8Array(8).fill(2),
      exchangeType: 35,
      initiator: true,
      response: false,
      messageId: 1,
    };
    for (const number of [1, 2, 3]) {
      const { message, bodyOffset } = frameEncryptedMessage(header, payloadType.IDi, 10, { number, total: 3 });
      expect(bodyOffset).toBe(36);
      const result = decodeMessage(message);
      expect(result.ok && result.value.payloads).toEqual([
        {
          type: 'SKF',
          firstInner: number === 1 ? payloadType.IDi : 0,
          fragmentNumber: number,
          totalFragments: 3,
          bodyOffset,
          body: new Uint8Array(10),
        },
      ]);
    }
  });

  test('the octets of an IKE_SA_INIT request are those of RFC 7296 section 3', () => {
    const header = {
      spiInitiator: new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]),
      spiResponder: new Uint8Array(8),
      exchangeType: 34,
      initiator: true,
      response: false,
      messageId: 0,
    };
    const message = encodeMessage(header, [
      {
        type: 'SA',
        proposals: [
          {
            number: 1,
            protocol: 1,
            spi: new Uint8Array(0),
            transforms: [
              { transformType: 1, id: 20, keyLength: 256, unknownAttributes: [] },
              { transformType: 4, id: 19, keyLength: null, unknownAttributes: [] },
            ],
          },
        ],
      },
      { type: 'KE', group: 19, data: new Uint8Array([0xaa, 0xbb]) },
      { type: 'N', protocol: 0, spi: new Uint8Array(0), notify: 16388, data: new Uint8Array([0xcc]) },
    ]);
    expect(Buffer.from(message).toString('hex')).toBe(
      [
        '0102030405060708',
        '0000000000000000',
        '21',
        '20',
        '22',
        '08',
        '00000000',
        '0000004f',
        '22000020',
        '0000001c',
        '01010002',
        '0300000c',
        '01000014',
        '800e0100',
        '00000008',
        '04000013',
        '2900000a',
        '00130000',
        'aabb',
        '00000009',
        '00004004',
        'cc',
      ].join(''),
    );
  });
});
