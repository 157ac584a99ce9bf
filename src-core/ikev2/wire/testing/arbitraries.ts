import fc from 'fast-check';
import { numberToIp } from '../../../bytes';
import type { TrafficSelector } from '../../../ports/data-path';
import { idType, notifyType, payloadType, protocolId } from '../constants';
import type { InnerPayload } from '../payload';

/** Random payloads of every type, for round trips and fuzzing. */

const byte = fc.integer({ min: 0, max: 255 });
const word = fc.integer({ min: 0, max: 65535 });
const octets = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });

const transform = fc.record({
  transformType: byte,
  id: word,
  keyLength: fc.option(word),
  unknownAttributes: fc.array(
    fc.oneof(
      fc.record({ attributeType: fc.integer({ min: 15, max: 0x7fff }), value: octets(0, 9) }),
      fc.record({ attributeType: fc.integer({ min: 0x800f, max: 0xffff }), value: octets(2, 2) }),
    ),
    { maxLength: 2 },
  ),
});
const proposal = fc.record({
  number: byte,
  protocol: byte,
  spi: octets(0, 8),
  transforms: fc.array(transform, { maxLength: 6 }),
});

const identification = fc.record({
  type: fc.constantFrom('IDi' as const, 'IDr' as const),
  reserved: octets(3, 3),
  content: fc.oneof(
    fc.record({ idType: fc.constant(idType.ID_IPV4_ADDR), data: octets(4, 4) }),
    fc.record({ idType: fc.constant(idType.ID_IPV6_ADDR), data: octets(16, 16) }),
    fc.record({
      idType: fc.constantFrom(idType.ID_FQDN, idType.ID_RFC822_ADDR),
      data: fc.stringMatching(/^[a-z0-9.@ü-]{1,30}$/).map((text) => new TextEncoder().encode(text)),
    }),
    fc.record({
      idType: fc.constantFrom(idType.ID_DER_ASN1_DN, idType.ID_KEY_ID, idType.ID_DER_ASN1_GN),
      data: octets(1, 40),
    }),
  ),
});

const selector: fc.Arbitrary<TrafficSelector> = fc
  .record({
    family: fc.constantFrom(4 as const, 6 as const),
    protocol: byte,
    ports: fc.tuple(word, word),
    ends: fc.tuple(fc.bigInt(0n, 2n ** 32n - 1n), fc.bigInt(0n, 2n ** 32n - 1n)),
  })
  .map(({ family, protocol, ports, ends }) => {
    const shift = family === 4 ? 0n : 64n;
    const [low, high] = ends[0] <= ends[1] ? ends : [ends[1], ends[0]];
    return {
      family,
      protocol,
      startPort: Math.min(...ports),
      endPort: Math.max(...ports),
      startAddress: numberToIp(low << shift, family),
      endAddress: numberToIp(high << shift, family),
    };
  });

const knownTypes: ReadonlySet<number> = new Set(Object.values(payloadType));

export const arbitraryPayloads: Readonly<Record<InnerPayload['type'], fc.Arbitrary<InnerPayload>>> = {
  SA: fc.record({ type: fc.constant('SA' as const), proposals: fc.array(proposal, { minLength: 1, maxLength: 4 }) }),
  KE: fc.record({ type: fc.constant('KE' as const), group: word, data: octets(1, 80) }),
  IDi: identification.map(({ reserved, content }) => ({ type: 'IDi' as const, reserved, ...content })),
  IDr: identification.map(({ reserved, content }) => ({ type: 'IDr' as const, reserved, ...content })),
  CERT: fc.record({ type: fc.constant('CERT' as const), encoding: byte, data: octets(1, 60) }),
  CERTREQ: fc.record({ type: fc.constant('CERTREQ' as const), encoding: byte, data: octets(0, 60) }),
  AUTH: fc.record({ type: fc.constant('AUTH' as const), method: byte, data: octets(1, 60) }),
  Nonce: fc.record({ type: fc.constant('Nonce' as const), data: octets(16, 256) }),
  N: fc.record({
    type: fc.constant('N' as const),
    protocol: byte,
    spi: octets(0, 8),
    notify: fc.oneof(word, fc.constantFrom(...Object.values(notifyType))),
    data: octets(0, 40),
  }),
  D: fc.oneof(
    fc.constant({ type: 'D' as const, protocol: protocolId.IKE, spis: [] }),
    fc.record({
      type: fc.constant('D' as const),
      protocol: fc.constantFrom(protocolId.ESP, protocolId.AH),
      spis: fc.array(fc.integer({ min: 0, max: 0xffffffff }), { maxLength: 5 }),
    }),
  ),
  V: fc.record({ type: fc.constant('V' as const), data: octets(0, 40) }),
  TSi: fc.record({
    type: fc.constant('TSi' as const),
    selectors: fc.array(selector, { minLength: 1, maxLength: 4 }),
    unsupported: fc.constant([]),
  }),
  TSr: fc.record({
    type: fc.constant('TSr' as const),
    selectors: fc.array(selector, { minLength: 1, maxLength: 4 }),
    unsupported: fc.constant([]),
  }),
  CP: fc.record({
    type: fc.constant('CP' as const),
    cfgType: byte,
    attributes: fc.array(fc.record({ attributeType: fc.integer({ min: 0, max: 0x7fff }), value: octets(0, 20) }), {
      maxLength: 6,
    }),
  }),
  EAP: fc.record({ type: fc.constant('EAP' as const), packet: octets(4, 60) }),
  unknown: fc.record({
    type: fc.constant('unknown' as const),
    payloadType: byte.filter((type) => !knownTypes.has(type)),
    critical: fc.boolean(),
    data: octets(0, 30),
  }),
};

export const anyPayload: fc.Arbitrary<InnerPayload> = fc.oneof(...Object.values(arbitraryPayloads));

export const outgoingHeader = fc.record({
  spiInitiator: octets(8, 8),
  spiResponder: octets(8, 8),
  exchangeType: byte,
  initiator: fc.boolean(),
  response: fc.boolean(),
  messageId: fc.integer({ min: 0, max: 0xffffffff }),
});
