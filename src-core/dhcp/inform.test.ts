import { describe, expect, it } from 'vitest';
import { hexDecode, hexEncode } from '../bytes';
import { SeededRandom } from '../simulation';
import { decodeAnswer, encodeInform, type InformRequest } from './inform';

const request: InformRequest = {
  transaction: 0x3903f326,
  address: '10.77.0.1',
  hardwareAddress: hexDecode('02aabbccddee')!,
};
const hex = (...parts: string[]): Uint8Array => hexDecode(parts.join('').replace(/\s/g, ''))!;

/** BOOTREPLY for `request`, fixed part and cookie by RFC 2131 section 2, then these options. */
const reply = (options: string, { file = '', sname = '' }: { file?: string; sname?: string } = {}): Uint8Array =>
  hex(
    '02010600 3903f326 00000000 0a4d0001 00000000 0a630001 00000000',
    '02aabbccddee'.padEnd(32, '0'),
    sname.padEnd(128, '0'),
    file.padEnd(256, '0'),
    '63825363',
    options,
  );
const ack = '350105';

/** RFC 3442, "classless route option format": each destination descriptor of its table, with a router. */
const rfc3442 = [
  ['00', '0.0.0.0/0'],
  ['080a', '10.0.0.0/8'],
  ['180a0000', '10.0.0.0/24'],
  ['100a11', '10.17.0.0/16'],
  ['180a1b81', '10.27.129.0/24'],
  ['190ae50080', '10.229.0.128/25'],
  ['200ac67a2f', '10.198.122.47/32'],
] as const;
const router = '0a630001';
const option = (code: string, value: string): string => code + (value.length / 2).toString(16).padStart(2, '0') + value;
const routesOf = (value: string, code = '79'): readonly string[] | undefined =>
  decodeAnswer(reply(`${ack}${option(code, value)}ff`), request)?.routes;

describe('DHCPINFORM (W-22)', () => {
  it('is what Windows sends, octet for octet', () => {
    const sent = encodeInform(request);
    expect(sent.length).toBe(300);
    const head = hexEncode(sent.subarray(0, 34));
    expect(head).toBe('01010600' + '3903f326' + '00000000' + '0a4d0001' + '00000000'.repeat(3) + '02aabbccddee');
    const options =
      '63825363' +
      '350108' +
      '3d0701' +
      '02aabbccddee' +
      '3c08' +
      '4d53465420352e30' +
      '370d' +
      '0103060f1f212b2c2e2f7779f9' +
      'ff';
    expect(hexEncode(sent.subarray(236)).replace(/(00)*$/, '')).toBe(options);
    expect(sent.subarray(34, 236).every((octet) => octet === 0)).toBe(true);
  });

  it('wants an IPv4 address', () => {
    expect(() => encodeInform({ ...request, address: 'fd77::1' })).toThrow(RangeError);
  });
});

describe('the answer to DHCPINFORM', () => {
  it('gives routes, name servers and the domain', () => {
    const answer = decodeAnswer(
      reply(
        `${ack}${option('79', '180a6400' + router)}${option('06', '0a630035' + '0a630036')}${option('0f', hexEncode(new TextEncoder().encode('Corp.Example\0')))}ff`,
      ),
      request,
    );
    expect(answer).toEqual({
      routes: ['10.100.0.0/24'],
      dnsServers: ['10.99.0.53', '10.99.0.54'],
      domains: ['corp.example'],
    });
  });

  it('reads the destination descriptors of RFC 3442', () => {
    for (const [descriptor, route] of rfc3442) expect(routesOf(descriptor + router), route).toEqual([route]);
    expect(routesOf(rfc3442.map(([descriptor]) => descriptor + router).join(''))).toEqual(
      rfc3442.map(([, route]) => route),
    );
    // Bits past the width mean nothing.
    expect(routesOf('19' + '0ae500ff' + router)).toEqual(['10.229.0.128/25']);
  });

  it('takes option 249 where 121 is absent (W-25)', () => {
    expect(routesOf('080a' + router, 'f9')).toEqual(['10.0.0.0/8']);
    expect(
      decodeAnswer(reply(`${ack}${option('f9', '080a' + router)}${option('79', '100a11' + router)}ff`), request)
        ?.routes,
    ).toEqual(['10.17.0.0/16']);
  });

  it('joins options that are split (RFC 3396) and reads those in file and sname (option 52)', () => {
    expect(
      decodeAnswer(reply(`${ack}${option('79', '180a64')}${option('79', '00' + router)}ff`), request)?.routes,
    ).toEqual(['10.100.0.0/24']);
    expect(
      decodeAnswer(
        reply(`${ack}340103${option('79', '180a64')}ff`, {
          file: `${option('79', '00' + router)}ff`,
          sname: `${option('06', '0a630035')}ff`,
        }),
        request,
      ),
    ).toEqual({ routes: ['10.100.0.0/24'], dnsServers: ['10.99.0.53'], domains: [] });
    // Without option 52 these fields hold names.
    expect(decodeAnswer(reply(`${ack}ff`, { sname: `${option('06', '0a630035')}ff` }), request)?.dnsServers).toEqual(
      [],
    );
  });

  it.each([
    ['another transaction', 4],
    ['another client', 28],
    ['no magic cookie', 236],
    ['a request', 0],
    ['another hardware type', 1],
    ['a DHCPOFFER', 242],
  ])('is nobody’s with %s (W-24)', (_, at) => {
    const bytes = reply(`${ack}${option('06', '0a630035')}ff`);
    expect(decodeAnswer(bytes, request)).not.toBeNull();
    bytes[at]! ^= 3;
    expect(decodeAnswer(bytes, request)).toBeNull();
  });

  it.each([
    ['a width above 32', '21' + '0a000000' + '00' + router],
    ['no room for the router', '180a6400' + '0a63'],
    ['no room for the destination', '18' + '0a'],
    ['one good and one cut route', '080a' + router + '18'],
  ])('has no routes with %s', (_, value) => {
    expect(routesOf(value)).toEqual([]);
  });

  it('keeps at most 256 routes', () => {
    const parts = Array.from(
      { length: 300 },
      (_, index) =>
        '180a' + (index >> 8).toString(16).padStart(2, '0') + (index & 255).toString(16).padStart(2, '0') + router,
    ).join('');
    const options = parts
      .match(/.{1,506}/g)!
      .map((part) => option('79', part))
      .join('');
    const long = reply(`${ack}${options}ff`);
    // More than a datagram of ours takes: refused as a whole; what fits is cut at 256.
    expect(decodeAnswer(long, request)).toBeNull();
    const short = Array.from({ length: 200 }, () => '00' + router)
      .join('')
      .match(/.{1,506}/g)!
      .map((part) => option('79', part))
      .join('');
    expect(decodeAnswer(reply(`${ack}${short}ff`), request)?.routes).toEqual(['0.0.0.0/0']);
  });

  it('takes no loopback, multicast or broken name servers and no names of one label', () => {
    expect(
      decodeAnswer(reply(`${ack}${option('06', '7f000001' + 'e00000fb' + '00000000' + '0a630035')}ff`), request)
        ?.dnsServers,
    ).toEqual(['10.99.0.53']);
    expect(decodeAnswer(reply(`${ack}${option('06', '0a6300')}ff`), request)?.dnsServers).toEqual([]);
    for (const name of [
      'corp',
      'a b.example',
      'evil.example\nnameserver 6.6.6.6',
      '-a.example',
      '.',
      '',
      'a..b',
      'é.example',
    ]) {
      expect(
        decodeAnswer(reply(`${ack}${option('0f', hexEncode(new TextEncoder().encode(name)))}ff`), request)?.domains,
        name,
      ).toEqual([]);
    }
  });

  it('of any octets throws nothing', () => {
    const random = new SeededRandom(11);
    const good = reply(`${ack}340103${option('79', '180a6400' + router)}${option('06', '0a630035')}ff`);
    for (let round = 0; round < 3_000; round++) {
      const noise = random.bytes(4);
      const bytes = good.slice(0, noise[0]! < 64 ? 236 + (noise[1]! % (good.length - 235)) : good.length);
      bytes[(noise[1]! * 256 + noise[2]!) % bytes.length] = noise[3]!;
      for (const extra of random.bytes(2)) bytes[240 + (extra % Math.max(1, bytes.length - 240))] = extra;
      decodeAnswer(bytes, request);
    }
    for (const length of [0, 1, 239, 1501, 65_535]) expect(decodeAnswer(new Uint8Array(length), request)).toBeNull();
  });
});
