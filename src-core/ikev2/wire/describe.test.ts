import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hexEncode, utf8Encode } from '../../bytes';
import { describePayload, describeMessage, notify, rekeySaNotify, transform } from '.';
import type { Payload } from '.';

const fieldsOf = (payload: Payload) => describePayload(payload).fields.map(({ name, value }) => `${name}: ${value}`);

describe('the readable log', () => {
  test('proposals in RFC names', () => {
    const payload: Payload = {
      type: 'SA',
      proposals: [
        {
          number: 1,
          protocol: 3,
          spi: new Uint8Array([0xc0, 1, 2, 3]),
          transforms: [transform(1, 20, 256), transform(5, 0), transform(6, 36)],
        },
      ],
    };
    expect(fieldsOf(payload)).toEqual([
      'proposal 1: ESP SPI c0010203: ENCR AES_GCM_16-256, ESN NO_ESN, ADDKE1 ML_KEM_768',
    ]);
  });

  test('selectors, identities, notifies', () => {
    expect(
      fieldsOf({
        type: 'TSr',
        selectors: [
          {
            family: 4,
            protocol: 17,
            startPort: 53,
            endPort: 53,
            startAddress: '10.0.0.0',
            endAddress: '10.255.255.255',
          },
        ],
        unsupported: [],
      }),
    ).toEqual(['selector: 10.0.0.0/8 protocol 17 ports 53-53']);
    expect(fieldsOf({ type: 'IDr', idType: 2, reserved: new Uint8Array(3), data: utf8Encode('gw.example') })).toEqual([
      'type: ID_FQDN',
      'identity: gw.example',
    ]);
    expect(fieldsOf(rekeySaNotify(0xdeadbeef))).toEqual(['notify: REKEY_SA', 'protocol: ESP', 'SPI: deadbeef']);
    expect(fieldsOf(notify(12345, new Uint8Array([0, 0, 2, 0xb3])))).toEqual([
      'notify: MS_NOTIFY_STATUS',
      'status: 691',
    ]);
    expect(fieldsOf(notify(17, new Uint8Array([0, 14])))).toEqual([
      'notify: INVALID_KE_PAYLOAD',
      'wanted method: MODP_2048',
    ]);
    expect(fieldsOf(notify(999))).toEqual(['notify: unknown (999)']);
  });

  test('the exchange is named and numbered', () => {
    expect(
      describeMessage({
        direction: 'sent',
        exchangeType: 43,
        messageId: 1,
        response: false,
        from: 'a',
        to: 'b',
        payloads: [],
      }),
    ).toEqual({
      direction: 'sent',
      name: 'IKE_INTERMEDIATE',
      messageId: 1,
      response: false,
      from: 'a',
      to: 'b',
      payloads: [],
    });
  });

  test('A-9: authentication, EAP, key exchange and nonce octets never show', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 64 }), (secret) => {
        const payloads: Payload[] = [
          { type: 'AUTH', method: 2, data: secret },
          { type: 'EAP', packet: new Uint8Array([2, 7, 0, secret.length + 5, 26, ...secret]) },
          { type: 'KE', group: 19, data: secret },
          { type: 'Nonce', data: secret },
          { type: 'SK', firstInner: 0, bodyOffset: 32, body: secret },
          { type: 'CERT', encoding: 4, data: secret },
        ];
        const text = JSON.stringify(payloads.map(describePayload));
        expect(text).not.toContain(hexEncode(secret));
        expect(text).not.toContain(hexEncode(secret.subarray(0, 8)));
        expect(text).not.toContain(Buffer.from(secret).toString('base64'));
      }),
    );
  });
});
