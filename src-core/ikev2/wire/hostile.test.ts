import { describe, expect, test } from 'vitest';
import {
  addNonEspMarker,
  checkHeader,
  classifyEncapsulated,
  decodeDigitalSignature,
  decodeHeader,
  decodeMessage,
  decodePayloads,
  encodeMessage,
  encodePayloads,
  isReflected,
  notify,
  payloadType,
  readConfiguration,
  requestedAuthorities,
  unsupportedCritical,
  wireLimits,
} from '.';
import type { ConfigurationContext, DecodeErrorExpectation } from './testing/expectations';
import { expectRefused, raw } from './testing/expectations';
import * as data from './notify-data';

const chain = (type: number, ...bodies: readonly string[]) => {
  // Every payload of the same type, the last one ends the chain.
  const parts = bodies.map((body, i) => {
    const content = raw(body);
    return `${i === bodies.length - 1 ? '00' : type.toString(16).padStart(2, '0')}00${(content.length + 4).toString(16).padStart(4, '0')}${body}`;
  });
  return raw(parts.join(''));
};

const init = {
  spiInitiator: new Uint8Array(8).fill(1),
  spiResponder: new Uint8Array(8),
  exchangeType: 34,
  initiator: true,
  response: false,
  messageId: 0,
};

describe('datagram and header', () => {
  test('H-1: 0 to 27 octets, a bare marker and a marker with 3 octets are no message', () => {
    for (let length = 0; length < 28; length++) expect(decodeMessage(new Uint8Array(length)).ok).toBe(false);
    expect(classifyEncapsulated(new Uint8Array(4)).type).toBe('invalid');
    expect(classifyEncapsulated(new Uint8Array(7)).type).toBe('invalid');
    expect(classifyEncapsulated(new Uint8Array(0)).type).toBe('invalid');
  });

  test('C-40, H-13, H-62: marker, ESP and keepalive are told apart', () => {
    const message = encodeMessage(init, []);
    expect(classifyEncapsulated(addNonEspMarker(message))).toEqual({ type: 'ike', message });
    expect(classifyEncapsulated(new Uint8Array([0xff]))).toEqual({ type: 'keepalive' });
    expect(classifyEncapsulated(new Uint8Array([0xff, 0xff])).type).toBe('invalid');
    // IKE without a marker looks like ESP.
    expect(classifyEncapsulated(message).type).toBe('esp');
  });

  test.each([27, 29, 0, 0xffffffff])('H-2: header length %d against a datagram of 28', (length) => {
    const message = encodeMessage(init, []);
    new DataView(message.buffer).setUint32(24, length);
    const header = decodeHeader(message);
    expect(header.ok && checkHeader(header.value, message.length)).toBe('length');
  });

  test('H-3, C-2: versions and exchange types', () => {
    const refusal = (change: (message: Uint8Array) => void) => {
      const message = encodeMessage(init, []);
      change(message);
      const header = decodeHeader(message);
      return header.ok ? checkHeader(header.value, message.length) : 'not decoded';
    };
    expect(refusal(() => undefined)).toBeNull();
    for (const version of [0x10, 0x30, 0x00, 0xf0])
      expect(refusal((message) => (message[17] = version))).toBe('major-version');
    // Minor version and reserved flags are ignored.
    expect(refusal((message) => ((message[17] = 0x2f), (message[19] = 0xff)))).toBeNull();
    for (let exchange = 0; exchange < 256; exchange++) {
      const known = [34, 35, 36, 37, 38, 43, 44].includes(exchange);
      const result = refusal((message) => ((message[18] = exchange), message.fill(1, 8, 16)));
      expect(result).toBe(known ? null : 'exchange-type');
    }
  });

  test('H-4, C-4: SPIs and message id', () => {
    const header = {
      ...init,
      exchangeType: 35,
      spiResponder: new Uint8Array(8).fill(2),
      messageId: 1,
      nextPayload: 46,
      majorVersion: 2,
      minorVersion: 0,
      higherVersion: false,
      length: 28,
    };
    expect(checkHeader(header, 28)).toBeNull();
    expect(checkHeader({ ...header, spiResponder: new Uint8Array(8) }, 28)).toBe('responder-spi');
    expect(checkHeader({ ...header, spiInitiator: new Uint8Array(8) }, 28)).toBe('initiator-spi');
    expect(checkHeader({ ...header, exchangeType: 34, messageId: 1 }, 28)).toBe('message-id');
  });

  test('H-5: a reflected message carries our own Initiator flag', () => {
    const header = decodeHeader(encodeMessage(init, []));
    expect(header.ok && [isReflected(header.value, true), isReflected(header.value, false)]).toEqual([true, false]);
  });
});

describe('chain', () => {
  test.each([0, 1, 2, 3])('H-15: payload length %d', (length) => {
    expectRefused(decodePayloads(payloadType.V, raw(`0000000${String(length)}00000000`)), 'chain', 'payload length');
  });

  test('H-15: past the end', () => {
    expectRefused(decodePayloads(payloadType.V, raw('00000009ffffffff')), 'chain', 'payload length');
    expectRefused(decodePayloads(payloadType.V, raw('0000ffffffffffff')), 'chain', 'payload length');
  });

  test('H-15: a header without octets, octets without a header', () => {
    expectRefused(decodePayloads(payloadType.V, new Uint8Array(0)), 'chain', 'next payload');
    expectRefused(decodePayloads(payloadType.NONE, new Uint8Array(1)), 'chain', 'payload length');
    expect(decodePayloads(payloadType.NONE, new Uint8Array(0))).toEqual({ ok: true, value: [] });
  });

  test('H-15: 64 payloads pass, 65 do not', () => {
    const of = (count: number) => chain(payloadType.V, ...Array.from({ length: count }, () => ''));
    expect(decodePayloads(payloadType.V, of(wireLimits.payloads)).ok).toBe(true);
    expectRefused(decodePayloads(payloadType.V, of(wireLimits.payloads + 1)), 'chain', 'payloads');
  });

  test('H-16, C-77: unknown payloads keep their critical bit, known ones ignore it', () => {
    const of = (critical: string) => decodePayloads(200, raw(`00${critical}0005aa`));
    const [critical, harmless] = [of('80'), of('7f')];
    expect(critical.ok && unsupportedCritical(critical.value)).toBe(200);
    expect(harmless.ok && unsupportedCritical(harmless.value)).toBeNull();
    const known = decodePayloads(payloadType.V, raw('00800005aa'));
    expect(known.ok && unsupportedCritical(known.value)).toBeNull();
  });

  test('H-11: payload numbers of IKEv1 are unknown payloads', () => {
    for (let type = 1; type < 33; type++) {
      const result = decodePayloads(type, raw('00000008deadbeef'));
      expect(result.ok && result.value[0]?.type).toBe('unknown');
    }
  });

  test('H-16: SK and SKF end the chain; octets behind them are refused', () => {
    expectRefused(decodePayloads(payloadType.SK, raw('2900000800000000' + '00000004')), 'chain', 'payload length');
    expectRefused(
      decodePayloads(payloadType.SKF, raw('2900000c0001000100000000' + '00000004')),
      'chain',
      'payload length',
    );
    // Two SK: the first one's next payload is the type inside, so the second is behind the end.
    expectRefused(
      decodePayloads(payloadType.SK, raw('2e00000800000000' + '0000000800000000')),
      'chain',
      'payload length',
    );
    const clearInFront = decodePayloads(payloadType.V, raw('2e000004' + '2100000800000000'));
    expect(clearInFront.ok && clearInFront.value.map(({ type }) => type)).toEqual(['V', 'SK']);
  });

  test('H-34: fragment numbers', () => {
    for (const numbers of ['00000001', '00010000', '00000000', '00020001', 'ffff0001'])
      expectRefused(decodePayloads(payloadType.SKF, raw(`0000000c${numbers}00000000`)), 'SKF', 'fragment number');
    expectRefused(decodePayloads(payloadType.SKF, raw('2100000c0002000200000000')), 'SKF', 'next payload');
    expectRefused(decodePayloads(payloadType.SKF, raw('210000060001')), 'SKF', 'total fragments');
    const last = decodePayloads(payloadType.SKF, raw('0000000cffffffff00000000'));
    expect(last.ok).toBe(true);
  });
});

const refusedBodies: readonly (readonly [string, number, string, DecodeErrorExpectation])[] = [
  // SA: 00 00 length | number protocol spiSize transforms …
  ['H-17: SA without proposals', payloadType.SA, '', 'SA/proposal: last substructure'],
  ['H-17: SA with a strange last substructure', payloadType.SA, '0100000801010000', 'SA/proposal: last substructure'],
  ['H-17: SA that promises another proposal', payloadType.SA, '0200000801010000', 'SA/proposal: last substructure'],
  ['H-17: SA with octets behind the last proposal', payloadType.SA, '000000080101000000', 'SA/proposals'],
  ['H-17: SA proposal length 7', payloadType.SA, '00000007010100', 'SA/proposal length'],
  ['H-17: SA proposal length past the end', payloadType.SA, '0000ffff01010000', 'SA/proposal'],
  ['H-17: SPI size 255', payloadType.SA, '000000080101ff00', 'SA/SPI'],
  [
    'H-17: fewer transforms than announced',
    payloadType.SA,
    '0000001001010002' + '0000000801000014',
    'SA/transform: last substructure',
  ],
  [
    'H-17: more transforms than announced',
    payloadType.SA,
    '0000001801010001' + '0300000801000014' + '0000000802000005',
    'SA/transform: last substructure',
  ],
  [
    'H-17: transforms behind the last one',
    payloadType.SA,
    '0000001801010001' + '0000000801000014' + '0000000802000005',
    'SA/transforms',
  ],
  ['H-17: transform length 4', payloadType.SA, '0000001001010001' + '0000000401000014', 'SA/transform length'],
  [
    'H-17: key length as TLV',
    payloadType.SA,
    '0000001601010001' + '0000000e01000014' + '000e00020100',
    'SA/key length',
  ],
  [
    'H-17: key length twice',
    payloadType.SA,
    '0000001801010001' + '0000001001000014' + '800e0100800e0100',
    'SA/key length',
  ],
  [
    'H-17: attribute value past the end',
    payloadType.SA,
    '0000001601010001' + '0000000e01000014' + '0011ffff0100',
    'SA/attribute value',
  ],
  ['H-18: KE without data', payloadType.KE, '00130000', 'KE/key exchange data'],
  ['H-18: KE of 3 octets', payloadType.KE, '001300', 'KE/reserved'],
  ['H-19: nonce of 0 octets', payloadType.Nonce, '', 'Nonce/nonce data'],
  ['H-19: nonce of 15 octets', payloadType.Nonce, '00'.repeat(15), 'Nonce/nonce data'],
  ['H-19: nonce of 257 octets', payloadType.Nonce, '00'.repeat(257), 'Nonce/nonce data'],
  ['H-20: notify SPI size larger than the rest', payloadType.N, '03084001deadbeef', 'N/SPI'],
  ['H-21: ID type 0', payloadType.IDr, '0000000061', 'IDr/ID type'],
  ['H-21: ID type 255', payloadType.IDr, 'ff00000061', 'IDr/ID type'],
  ['H-21: ID_NULL', payloadType.IDr, '0d000000', 'IDr/ID type'],
  ['H-21: empty ID', payloadType.IDr, '02000000', 'IDr/identification data'],
  [
    'H-21: ID with NUL',
    payloadType.IDr,
    `02000000${Buffer.from('a.example\0.b').toString('hex')}`,
    'IDr/identification data',
  ],
  ['H-21: ID that is not UTF-8', payloadType.IDi, '02000000ff', 'IDi/identification data'],
  [
    'H-21: ID over the limit',
    payloadType.IDr,
    `0b000000${'61'.repeat(wireLimits.identityOctets + 1)}`,
    'IDr/identification data',
  ],
  ['H-21: IPv4 ID of 5 octets', payloadType.IDr, '010000000102030405', 'IDr/identification data'],
  ['H-22: empty CERT', payloadType.CERT, '04', 'CERT/certificate data'],
  ['H-22: CERT without encoding', payloadType.CERT, '', 'CERT/encoding'],
  ['H-24: AUTH without data', payloadType.AUTH, '01000000', 'AUTH/authentication data'],
  ['H-25: TS count 0', payloadType.TSr, '00000000', 'TSr/number of traffic selectors'],
  [
    'H-25: TS count 255',
    payloadType.TSr,
    `ff000000${'0700001000000000ffffffffffffffff'.repeat(255)}`,
    'TSr/number of traffic selectors',
  ],
  [
    'H-25: TS count larger than the list',
    payloadType.TSr,
    '02000000' + '070000100000ffff00000000ffffffff',
    'TSr/TS type',
  ],
  [
    'H-25: TS count smaller than the list',
    payloadType.TSr,
    '01000000' + '070000100000ffff00000000ffffffff'.repeat(2),
    'TSr/number of traffic selectors',
  ],
  [
    'H-25: start address behind the end',
    payloadType.TSr,
    '01000000' + '070000100000ffff0a0000020a000001',
    'TSr/address range',
  ],
  [
    'H-25: start port behind the end',
    payloadType.TSr,
    '01000000' + '070000100002000100000000ffffffff',
    'TSr/port range',
  ],
  [
    'H-25: IPv6 type with IPv4 length',
    payloadType.TSi,
    '01000000' + '080000100000ffff00000000ffffffff',
    'TSi/selector length',
  ],
  ['H-25: selector length 3', payloadType.TSi, '01000000' + '07000003', 'TSi/selector length'],
  ['H-26: delete with SPI size 3', payloadType.D, '03030001aabbcc', 'D/SPI size'],
  ['H-26: delete with a count past the end', payloadType.D, '0304ffffdeadbeef', 'D/number of SPIs'],
  ['H-26: delete with SPI size 0 and a count', payloadType.D, '03000001', 'D/SPI size'],
  ['H-26: delete of protocol 0', payloadType.D, '00040001deadbeef', 'D/protocol ID'],
  ['H-26: delete of protocol 255', payloadType.D, 'ff040001deadbeef', 'D/protocol ID'],
  ['H-26: delete of the IKE SA with an SPI', payloadType.D, '010800011122334455667788', 'D/SPI size'],
  ['H-28: CP attribute past the end', payloadType.CP, '020000000001000501020304', 'CP/attribute value'],
  ['H-28: CP with half an attribute', payloadType.CP, '02000000000100', 'CP/attribute length'],
  ['H-48: EAP of 3 octets', payloadType.EAP, '010203', 'EAP/EAP message'],
];

describe('payloads', () => {
  test.each(refusedBodies)('%s', (_name, type, body, expected) => {
    const [area = '', field = ''] = expected.split('/');
    expectRefused(decodePayloads(type, chain(type, body)), area, field);
  });

  test('H-17: 65 proposals', () => {
    const body = '02000008010100 00'.replace(' ', '').repeat(64) + '0000000801010000';
    expectRefused(decodePayloads(payloadType.SA, chain(payloadType.SA, body)), 'SA', 'proposals');
  });

  test('H-17: key lengths 0, 7 and 65535 and an unknown attribute are for the exchange to judge', () => {
    for (const [hex, keyLength] of [
      ['0000', 0],
      ['0007', 7],
      ['ffff', 65535],
    ] as const) {
      const result = decodePayloads(
        payloadType.SA,
        chain(payloadType.SA, `0000001401010001${'0000000c01000014'}800e${hex}`),
      );
      expect(result.ok && result.value[0]).toMatchObject({ proposals: [{ transforms: [{ keyLength }] }] });
    }
    const unknown = decodePayloads(
      payloadType.SA,
      chain(payloadType.SA, `0000001401010001${'0000000c01000014'}800f0001`),
    );
    expect(unknown.ok && unknown.value[0]).toMatchObject({
      proposals: [{ transforms: [{ keyLength: null, unknownAttributes: [{ attributeType: 0x800f }] }] }],
    });
  });

  test('H-22: 20 certificates pass, 21 do not', () => {
    const of = (count: number) => chain(payloadType.CERT, ...Array.from({ length: count }, () => '0430'));
    expect(decodePayloads(payloadType.CERT, of(20)).ok).toBe(true);
    expectRefused(decodePayloads(payloadType.CERT, of(21)), 'chain', 'certificates');
  });

  test('H-23: a CERTREQ that is no list of hashes is ignored, the message stands', () => {
    for (const body of ['04aabbcc', `04${'00'.repeat(60_000)}`, '0d' + '00'.repeat(20)]) {
      const result = decodePayloads(payloadType.CERTREQ, chain(payloadType.CERTREQ, body));
      expect(result.ok).toBe(true);
      const [payload] = result.ok ? result.value : [];
      expect(payload?.type === 'CERTREQ' && requestedAuthorities(payload)).toBeNull();
    }
    const good = decodePayloads(
      payloadType.CERTREQ,
      chain(payloadType.CERTREQ, `04${'11'.repeat(20)}${'22'.repeat(20)}`),
    );
    const [payload] = good.ok ? good.value : [];
    expect(payload?.type === 'CERTREQ' && requestedAuthorities(payload)).toEqual([
      new Uint8Array(20).fill(0x11),
      new Uint8Array(20).fill(0x22),
    ]);
  });

  test('H-24: method 14 with an AlgorithmIdentifier longer than the data, empty, or without signature', () => {
    for (const body of ['', '00aa', '05aabb', '02aabb']) expect(decodeDigitalSignature(raw(body)).ok).toBe(false);
    expect(decodeDigitalSignature(raw('02aabbcc'))).toEqual({
      ok: true,
      value: { algorithmIdentifier: raw('aabb'), signature: raw('cc') },
    });
  });

  test('H-25: selectors of type 9 and with OPAQUE ports are kept apart', () => {
    const result = decodePayloads(
      payloadType.TSr,
      chain(
        payloadType.TSr,
        '03000000' + '0900000800000000' + '07000010ffff000000000000ffffffff' + '070000100000ffff0a0000000affffff',
      ),
    );
    const [payload] = result.ok ? result.value : [];
    expect(
      payload?.type === 'TSr' && [
        payload.selectors.length,
        payload.unsupported.map(({ selectorType }) => selectorType),
      ],
    ).toEqual([1, [9, 7]]);
  });

  test('H-26: 16 thousand SPIs are read in bounds', () => {
    const count = 16_000;
    const result = decodePayloads(
      payloadType.D,
      chain(payloadType.D, `0304${count.toString(16).padStart(4, '0')}${'deadbeef'.repeat(count)}`),
    );
    const [payload] = result.ok ? result.value : [];
    expect(payload?.type === 'D' && payload.spis.length).toBe(count);
  });
});

describe('notify data', () => {
  const of = (type: number, hex: string) => notify(type, raw(hex));
  test('H-20: COOKIE of 0 and 65 octets, INVALID_KE_PAYLOAD of 0, 1 and 3', () => {
    expect([data.cookieOf(of(16390, '')), data.cookieOf(of(16390, '00'.repeat(65)))]).toEqual([null, null]);
    expect(data.cookieOf(of(16390, '00'.repeat(64)))?.length).toBe(64);
    expect(['', '0e', '00000e'].map((hex) => data.wantedGroupOf(of(17, hex)))).toEqual([null, null, null]);
    expect(data.wantedGroupOf(data.invalidKeNotify(31))).toBe(31);
  });

  test('H-38: COOKIE2 of 7 and 65 octets', () => {
    expect([7, 8, 64, 65].map((length) => data.cookie2Of(of(16401, '00'.repeat(length)))?.length ?? null)).toEqual([
      null,
      8,
      64,
      null,
    ]);
  });

  test('H-27: an SPI that is not of 4 octets is no CHILD SA', () => {
    expect(
      [0, 3, 4, 8].map((length) =>
        data.childSpiOf({
          type: 'N',
          protocol: 3,
          spi: new Uint8Array(length).fill(1),
          notify: 16393,
          data: new Uint8Array(0),
        }),
      ),
    ).toEqual([null, null, 0x01010101, null]);
  });

  test('H-40, H-41 and the like: wrong sizes are as good as absent', () => {
    expect([4, 5, 16].map((length) => data.additionalAddressOf(of(16397, '0a'.repeat(length))))).toEqual([
      '10.10.10.10',
      null,
      null,
    ]);
    expect([4, 16].map((length) => data.additionalAddressOf(of(16398, '00'.repeat(length))))).toEqual([null, '::']);
    expect(
      [19, 20, 21].map((length) => data.natDetectionHashOf(of(16388, '00'.repeat(length)))?.length ?? null),
    ).toEqual([null, 20, null]);
    expect(['', '00', '0002000300020063', '000200'].map((hex) => data.signatureHashesOf(of(16431, hex)))).toEqual([
      null,
      null,
      [2, 3],
      null,
    ]);
    expect(data.signatureHashesOf(data.signatureHashesNotify([2, 3, 4, 5]))).toEqual([2, 3, 4, 5]);
    expect([data.authLifetimeOf(of(16403, '00000e10')), data.authLifetimeOf(of(16403, '0e10'))]).toEqual([3600, null]);
    expect([data.windowSizeOf(of(16385, '00000000')), data.windowSizeOf(of(16385, '00000004'))]).toEqual([null, 4]);
    expect(data.additionalAddressOf(data.additionalAddressNotify('2001:db8::1'))).toBe('2001:db8::1');
  });

  test('H-42: REDIRECT with NUL, wrong lengths and unknown types', () => {
    const fqdn = Buffer.from('a.example').toString('hex');
    expect(data.redirectOf(of(16407, `0309${fqdn}aabb`))).toEqual({
      kind: 'fqdn',
      gateway: 'a.example',
      nonce: raw('aabb'),
    });
    expect(data.redirectOf(of(16407, '010401020304'))).toEqual({
      kind: 'ipv4',
      gateway: '1.2.3.4',
      nonce: new Uint8Array(0),
    });
    for (const bad of [
      '',
      '03',
      '0300',
      '03ff61',
      '0105010203040506',
      '0901aa',
      `030a${fqdn}00`,
      '0304' + Buffer.from('a b.').toString('hex'),
    ])
      expect(data.redirectOf(of(16407, bad))).toBeNull();
  });
});

describe('configuration', () => {
  const context: ConfigurationContext = {
    gatewayAddresses: ['203.0.113.1', '2001:db8:1::1'],
    localPrefixes: ['192.168.1.0/24'],
    fullTunnel: false,
  };
  const read = (attributes: readonly (readonly [number, string])[], changed: Partial<ConfigurationContext> = {}) =>
    readConfiguration(
      {
        type: 'CP',
        cfgType: 2,
        attributes: attributes.map(([attributeType, hex]) => ({ attributeType, value: raw(hex) })),
      },
      { ...context, ...changed },
    );
  const text = (value: string) => Buffer.from(value).toString('hex');

  test.each([
    ['0.0.0.0', '00000000'],
    ['127/8', '7f000001'],
    ['224/4', 'e0000001'],
    ['255.255.255.255', 'ffffffff'],
    ['169.254/16', 'a9fe0001'],
    ['our LAN', 'c0a80105'],
    ['the gateway', 'cb007101'],
    ['3 octets', '0a0000'],
    ['5 octets', '0a00000101'],
  ])('H-28: INTERNAL_IP4_ADDRESS %s is refused', (_name, hex) => {
    expect(read([[1, hex]])).toMatchObject({
      ipv4Addresses: [],
      addressRefused: true,
      ignored: [{ attribute: 'INTERNAL_IP4_ADDRESS' }],
    });
  });

  test.each([
    ['::1', `${'00'.repeat(15)}0140`],
    ['fe80::1', `fe80${'00'.repeat(13)}0140`],
    ['multicast', `ff02${'00'.repeat(13)}0140`],
    ['prefix 0', `20010db8${'00'.repeat(11)}0100`],
    ['prefix 200', `20010db8${'00'.repeat(11)}01c8`],
    ['4 octets', '0a000001'],
  ])('H-28: INTERNAL_IP6_ADDRESS %s is refused', (_name, hex) => {
    expect(read([[8, hex]])).toMatchObject({ ipv6Addresses: [], addressRefused: true });
  });

  test('H-28, C-49: a thousand duplicates are one; 16 octets of IPv6 are tolerated', () => {
    expect(read(Array.from({ length: 1000 }, () => [1, '0a4d0001'] as const)).ipv4Addresses).toEqual(['10.77.0.1']);
    expect(read([[8, `20010db8${'00'.repeat(11)}01`]]).ipv6Addresses).toEqual([
      { address: '2001:db8::1', prefixLength: 128 },
    ]);
    const many = read(
      Array.from({ length: 100 }, (_, i) => [1, `0a4d00${(i + 1).toString(16).padStart(2, '0')}`] as const),
    );
    expect(many.ipv4Addresses).toHaveLength(8);
  });

  test('H-29: DNS servers that are ours, local or the gateway itself are ignored', () => {
    const result = read([
      [3, 'cb007101'],
      [3, '7f000035'],
      [3, 'a9fea9fe'],
      [3, '0a630035'],
      [10, `${'00'.repeat(15)}01`],
      [3, '0a63'],
      [10, `20010db8${'00'.repeat(11)}35`],
    ]);
    expect(result.dnsServers).toEqual(['10.99.0.53', '2001:db8::35']);
    expect(result.ignored).toHaveLength(5);
    expect(result.addressRefused).toBe(false);
  });

  test.each([
    '.',
    'com',
    'xn--.example',
    'xn--0.example',
    `${'a'.repeat(64)}.example`,
    `${'a.'.repeat(130)}example`,
    'a..example',
    'a\0b.example',
    '-a.example',
    'a_.exa mple',
    'ü.example',
    '',
  ])('H-29: split domain %j is ignored', (domain) => {
    expect(
      read([
        [3, '0a630035'],
        [25, text(domain)],
      ]).dnsDomains,
    ).toEqual([]);
  });

  test('C-52: domains count only with a server; the root only with a full tunnel', () => {
    expect(read([[25, text('Corp.Example.')]])).toMatchObject({
      dnsDomains: [],
      ignored: [{ attribute: 'INTERNAL_DNS_DOMAIN' }],
    });
    expect(
      read([
        [3, '0a630035'],
        [25, text('Corp.Example.')],
        [25, text('xn--mller-kva.example')],
      ]).dnsDomains,
    ).toEqual(['corp.example', 'xn--mller-kva.example']);
    expect(
      read(
        [
          [3, '0a630035'],
          [25, text('.')],
          [25, text('com')],
        ],
        { fullTunnel: true },
      ).dnsDomains,
    ).toEqual(['.', 'com']);
  });

  test('subnets, banner and what is not used', () => {
    const result = read([
      [13, '0a630000ffffff00'],
      [13, '0a630000ff00ff00'],
      [13, '0a63'],
      [15, `20010db8${'00'.repeat(12)}20`],
      [15, `20010db8${'00'.repeat(12)}c8`],
      [28676, '0a0a0000ffff0000000000000000'],
      [28676, '0a'],
      [28672, text('Hi\u0007\u202ethere')],
      [26, 'aa'],
      [9999, '00'],
      [7, text('gw 1')],
    ]);
    expect(result.subnets).toEqual(['10.99.0.0/24', '2001:db8::/32', '10.10.0.0/16']);
    expect(result.banner).toBe('Hi there');
    expect(result.applicationVersion).toBe('gw 1');
    expect(result.ignored.map(({ attribute }) => attribute)).toEqual([
      'INTERNAL_IP4_SUBNET',
      'INTERNAL_IP4_SUBNET',
      'INTERNAL_IP6_SUBNET',
      'UNITY_SPLIT_INCLUDE',
      'INTERNAL_DNSSEC_TA',
      'unknown (9999)',
    ]);
  });

  test('empty values ask or mean none', () => {
    expect(
      read([
        [1, ''],
        [3, ''],
        [25, ''],
      ]),
    ).toMatchObject({ ipv4Addresses: [], addressRefused: false, ignored: [] });
  });
});

test('encodePayloads never sets the critical bit on payloads of RFC 7296 (C-77)', () => {
  const { body } = encodePayloads([notify(16396)]);
  expect(body[1]).toBe(0);
});
