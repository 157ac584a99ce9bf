import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DecodeError } from '../../bytes';
import { decodeMessage, describeMessage, encodeMessage, findPayload, readConfiguration } from '.';
import * as data from './notify-data';
import type { Payload } from './payload';
import { anyPayload, outgoingHeader } from './testing/arbitraries';

/** Reads everything there is to read of a payload, as the engine would. */
function readAll(payloads: readonly Payload[]): void {
  for (const payload of payloads) {
    if (payload.type === 'N')
      for (const read of [
        data.cookieOf,
        data.cookie2Of,
        data.wantedGroupOf,
        data.natDetectionHashOf,
        data.signatureHashesOf,
        data.additionalAddressOf,
        data.authLifetimeOf,
        data.windowSizeOf,
        data.microsoftStatusOf,
        data.childSpiOf,
        data.redirectOf,
      ])
        read(payload);
  }
  const configuration = findPayload(payloads, 'CP');
  if (configuration !== undefined)
    readConfiguration(configuration, {
      gatewayAddresses: ['192.0.2.1'],
      localPrefixes: ['10.0.0.0/8'],
      fullTunnel: false,
    });
  const described = describeMessage({
    direction: 'received',
    exchangeType: 35,
    messageId: 1,
    response: true,
    from: '192.0.2.1:4500',
    to: '192.0.2.2:4500',
    payloads,
  });
  for (const { fields } of described.payloads) {
    expect(fields.length).toBeLessThanOrEqual(32);
    for (const { value } of fields) expect(value).toMatch(/^[^\p{Cc}\p{Cf}]{0,200}$/u);
  }
}

function total(message: Uint8Array): 'value' | 'error' {
  const result = decodeMessage(message);
  if (result.ok) readAll(result.value.payloads);
  else expect(result.error).toBeInstanceOf(DecodeError);
  return result.ok ? 'value' : 'error';
}

const mutation = fc.record({
  kind: fc.constantFrom('set', 'flip', 'insert', 'remove', 'repeat', 'length'),
  at: fc.nat(),
  value: fc.nat(255),
});

function mutate(message: Uint8Array, { kind, at, value }: { kind: string; at: number; value: number }): Uint8Array {
  const bytes = [...message];
  const position = bytes.length === 0 ? 0 : at % bytes.length;
  if (kind === 'set') bytes[position] = value;
  else if (kind === 'flip') bytes[position] = (bytes[position] ?? 0) ^ (1 << (value & 7));
  else if (kind === 'insert') bytes.splice(position, 0, value);
  else if (kind === 'remove') bytes.splice(position, 1 + (value & 15));
  else if (kind === 'repeat') bytes.splice(position, 0, ...bytes.slice(position, position + value));
  else bytes.splice(position, 2, value >> 7, value);
  return new Uint8Array(bytes);
}

test('10 000 mutated messages: a value or a DecodeError, and a describable value', () => {
  const seen = { value: 0, error: 0 };
  fc.assert(
    fc.property(
      outgoingHeader,
      fc.array(anyPayload, { maxLength: 5 }),
      fc.array(mutation, { minLength: 1, maxLength: 6 }),
      (header, payloads, mutations) => {
        seen[total(mutations.reduce(mutate, encodeMessage(header, payloads)))]++;
      },
    ),
    { numRuns: 10_000, seed: 7296 },
  );
  // Both ends are really exercised.
  expect(seen.value).toBeGreaterThan(1000);
  expect(seen.error).toBeGreaterThan(1000);
}, 60_000);

test('5 000 messages of noise behind a valid header', () => {
  fc.assert(
    fc.property(
      outgoingHeader,
      fc.integer({ min: 33, max: 53 }),
      fc.uint8Array({ maxLength: 300 }),
      (header, firstType, noise) => {
        const message = new Uint8Array([...encodeMessage(header, []), ...noise]);
        message[16] = firstType;
        total(message);
      },
    ),
    { numRuns: 5_000, seed: 4555 },
  );
}, 60_000);

test('H-14: the largest datagrams cost milliseconds, noise or well-formed', () => {
  const header = {
    spiInitiator: new Uint8Array(8).fill(1),
    spiResponder: new Uint8Array(8),
    exchangeType: 34,
    initiator: true,
    response: false,
    messageId: 0,
  };
  const noise = [0, 1, 4, 0x29, 0x2c, 0x2f, 0xff].flatMap((filling) =>
    Array.from({ length: 21 }, (_, i) => {
      const large = new Uint8Array(65507).fill(filling);
      large.set(encodeMessage(header, []));
      large[16] = 33 + i;
      return large;
    }),
  );
  const transforms = Array.from({ length: 120 }, (_, id) => ({
    transformType: 1,
    id,
    keyLength: null,
    unknownAttributes: [],
  }));
  const wellFormed = [
    encodeMessage(header, [{ type: 'D', protocol: 3, spis: Array.from({ length: 16_000 }, (_, i) => i) }]),
    encodeMessage(header, [
      {
        type: 'CP',
        cfgType: 2,
        attributes: Array.from({ length: 16_000 }, () => ({ attributeType: 1, value: new Uint8Array(0) })),
      },
    ]),
    encodeMessage(header, [
      {
        type: 'SA',
        proposals: Array.from({ length: 64 }, (_, i) => ({
          number: i + 1,
          protocol: 1,
          spi: new Uint8Array(0),
          transforms,
        })),
      },
    ]),
    encodeMessage(header, [
      { type: 'N', protocol: 0, spi: new Uint8Array(0), notify: 16431, data: new Uint8Array(65_000) },
    ]),
  ];
  for (const message of wellFormed) expect(total(message)).toBe('value');
  for (const message of [...noise, ...wellFormed]) {
    const before = process.cpuUsage();
    total(message);
    // Processor time of the whole process in microseconds; measured 5 ms at most, garbage collection and a slow machine
    // allowed for.
    expect(process.cpuUsage(before).user).toBeLessThan(100_000);
  }
});
