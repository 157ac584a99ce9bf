import { describe, expect, it, vi } from 'vitest';
import { uint32Octets, utf8Encode } from '../../bytes';
import {
  gatewayAddress,
  PuppetGateway,
  puppetAddress,
  type PuppetScript,
  RecordingDataPath,
  type SimulatedDatagram,
  TwoEnds,
  type TwoEndsOptions,
} from '../../simulation';
import {
  certificateEncoding,
  configurationAttribute,
  configurationType,
  exchangeType,
  notifyType,
  payloadType,
  protocolId,
} from '../wire/constants';
import { findNotify, findPayload } from '../wire/find';
import { addNonEspMarker } from '../wire/non-esp-marker';
import { encodeMessage } from '../wire/message';
import type { InnerPayload } from '../wire/payload';
import { deleteIkeSa } from '../wire/payloads/delete';
import { childNotify, notify, rekeySaNotify } from '../wire/payloads/notify';
import { transform } from '../wire/payloads/security-association';
import { trafficSelectors } from '../wire/payloads/traffic-selectors';
import { everyIpv4, everyIpv6, hostSelector } from '../exchanges/traffic-selectors';

// Virtual time costs real time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

const replace =
  (type: InnerPayload['type'], by: InnerPayload | readonly InnerPayload[] | null) =>
  (payloads: readonly InnerPayload[]): readonly InnerPayload[] =>
    payloads.flatMap((payload) =>
      payload.type === type
        ? by === null
          ? []
          : Array.isArray(by)
            ? (by as readonly InnerPayload[])
            : [by as InnerPayload]
        : [payload],
    );

async function meet(script: PuppetScript = {}, options: TwoEndsOptions = {}) {
  const ends = new TwoEnds(options);
  const puppet = new PuppetGateway(ends, script);
  ends.client.connect(ends.to(ends.ethernet, 500, puppetAddress), []);
  await ends.clock.runUntil(
    () => ends.event('established') !== undefined || ends.event('ended') !== undefined,
    120_000,
  );
  return { ends, puppet };
}

/** `by`: whether the gateway itself is to blame, after it has proved itself. */
async function refusedWith(
  script: PuppetScript,
  code: number,
  options: TwoEndsOptions = {},
  by: 'peer' | 'failure' = 'failure',
): Promise<void> {
  const { ends } = await meet(script, options);
  expect(ends.event('established')).toBeUndefined();
  expect(ends.event('ended')).toMatchObject({ by, error: { code } });
  expect([ends.clientData.inbound.size, ends.clientData.outbound.length]).toEqual([0, 0]);
}

describe('the script itself is a gateway that works', () => {
  it('connects', async () => {
    const { ends } = await meet();
    expect(ends.event('established')?.child.spiOut).toBe(0x1000);
  });
});

describe('IKE_SA_INIT answers', () => {
  const esp = transform(1, 20, 256);
  const good = [esp, transform(2, 5), transform(4, 31)];
  const sa = (
    proposals: { number?: number; protocol?: number; spi?: Uint8Array; transforms?: typeof good }[],
  ): InnerPayload => ({
    type: 'SA',
    proposals: proposals.map((one) => ({
      number: 1,
      protocol: protocolId.IKE,
      spi: new Uint8Array(0),
      transforms: good,
      ...one,
    })),
  });
  it.each<[string, InnerPayload]>([
    ['two proposals', sa([{}, { number: 2 }])],
    ['an ESP proposal', sa([{ protocol: protocolId.ESP }])],
    ['a key length of 7', sa([{ transforms: [transform(1, 20, 7), ...good.slice(1)] }])],
    ['a type twice', sa([{ transforms: [...good, transform(4, 31)] }])],
    ['a type missing', sa([{ transforms: good.slice(0, 2) }])],
    ['a transform that was not offered', sa([{ transforms: [transform(1, 12, 128), ...good.slice(1)] }])],
    ['an SPI of 8 octets', sa([{ spi: new Uint8Array(8) }])],
  ])('H-17: SA with %s', async (_what, payload) => refusedWith({ init: replace('SA', payload) }, 13816));

  it.each<[string, InnerPayload]>([
    ['another group than the SA', { type: 'KE', group: 19, data: new Uint8Array(64).fill(4) }],
    ['one octet too few', { type: 'KE', group: 31, data: new Uint8Array(31).fill(9) }],
    ['one octet too many', { type: 'KE', group: 31, data: new Uint8Array(33).fill(9) }],
    ['a point of low order', { type: 'KE', group: 31, data: new Uint8Array(32) }],
    ['a private group', { type: 'KE', group: 1025, data: new Uint8Array(32).fill(9) }],
  ])('H-18: KE with %s', async (_what, payload) => refusedWith({ init: replace('KE', payload) }, 13816));

  it('H-18: MODP values 0, 1, p-1', async () => {
    for (const data of [
      new Uint8Array(256),
      Uint8Array.from({ length: 256 }, (_, index) => (index === 255 ? 1 : 0)),
      new Uint8Array(256).fill(0xff),
    ]) {
      await refusedWith({ init: replace('KE', { type: 'KE', group: 14, data }) }, 13816, {
        client: { ikeProposals: ['aes128-sha256-modp2048'] },
      });
    }
  });

  it('H-9: no responder SPI', async () => refusedWith({ spiR: new Uint8Array(8) }, 809));

  it('H-19: our own nonce reflected', async () => {
    const ends = new TwoEnds();
    let nonce: Uint8Array | null = null;
    const puppet = new PuppetGateway(ends, {
      init: (payloads) => replace('Nonce', { type: 'Nonce', data: nonce ?? new Uint8Array(32) })(payloads),
    });
    ends.network.tap(({ bytes, to }) => {
      // The nonce payload of the client has 32 octets and type 40: after SA and KE.
      if (to.address !== puppetAddress || to.port !== 500) return;
      for (let at = 28, type = bytes[16] ?? 0; type !== 0;) {
        const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
        if (type === payloadType.Nonce) nonce = bytes.slice(at + 4, at + length);
        type = bytes[at] ?? 0;
        at += length;
      }
    });
    ends.client.connect(ends.to(ends.ethernet, 500, puppetAddress), []);
    await ends.clock.run(60_000);
    expect(puppet.sa).not.toBeNull();
    expect(ends.event('ended')?.error).toMatchObject({
      code: 13816,
      detail: expect.stringContaining('our own nonce') as string,
    });
  });

  it('C-38: no NAT detection: said clearly', async () => {
    const { ends } = await meet({ init: (payloads) => payloads.filter((payload) => payload.type !== 'N') });
    expect(ends.event('ended')?.error?.detail).toContain('NAT traversal');
  });

  it('H-41: fifty NAT_DETECTION payloads and some of a wrong size', async () => {
    const extra = Array.from({ length: 25 }, (_, index) =>
      notify(notifyType.NAT_DETECTION_SOURCE_IP, new Uint8Array(index % 2 === 0 ? 20 : 7)),
    );
    const { ends } = await meet({ init: (payloads) => [...payloads, ...extra] });
    expect(ends.event('established')).toBeDefined();
  });

  it('C-21: vendor ids and unknown status notifies change nothing', async () => {
    const { ends } = await meet({
      init: (payloads) => [{ type: 'V', data: new Uint8Array(200) }, ...payloads, notify(16434), notify(40_999)],
    });
    expect(ends.event('established')).toBeDefined();
  });
});

describe('IKE_AUTH answers', () => {
  it('H-46: EAP before the gateway proved itself: nothing secret leaves', async () => {
    let conversations = 0;
    const client = {
      local: {
        method: 'eap' as const,
        createConversation: () => {
          conversations++;
          throw new Error('never');
        },
      },
    };
    await refusedWith({ auth: () => [{ type: 'EAP', packet: Uint8Array.of(1, 1, 0, 5, 1) }] }, 13801, { client });
    await refusedWith(
      { auth: (payloads) => [...payloads.slice(0, 1), { type: 'EAP', packet: Uint8Array.of(1, 1, 0, 5, 1) }] },
      13801,
      { client },
    );
    expect(conversations).toBe(0);
  });

  it.each<[string, InnerPayload]>([
    ['the NULL method', { type: 'AUTH', method: 13, data: new Uint8Array(32) }],
    ['a wrong MAC', { type: 'AUTH', method: 2, data: new Uint8Array(32) }],
    ['a MAC of one octet', { type: 'AUTH', method: 2, data: new Uint8Array(1) }],
    ['a signature instead of a MAC', { type: 'AUTH', method: 14, data: new Uint8Array(64) }],
  ])('H-24: AUTH with %s', async (_what, payload) => refusedWith({ auth: replace('AUTH', payload) }, 811));

  it.each<[string, InnerPayload]>([
    ['an AlgorithmIdentifier longer than the data', { type: 'AUTH', method: 14, data: Uint8Array.of(255, 1, 2) }],
    ['an unknown AlgorithmIdentifier', { type: 'AUTH', method: 14, data: Uint8Array.of(2, 0x30, 0, 1) }],
    ['method 1 although SHA-1 is not allowed', { type: 'AUTH', method: 1, data: new Uint8Array(256) }],
    ['the NULL method', { type: 'AUTH', method: 13, data: new Uint8Array(8) }],
    ['a shared key', { type: 'AUTH', method: 2, data: new Uint8Array(32) }],
  ])('H-24: for a certificate, AUTH with %s', async (_what, payload) => {
    const peer = {
      method: 'certificate' as const,
      certificateRequests: [],
      allowSha1Rsa: false,
      verify: () => Promise.resolve({ publicKeySpki: new Uint8Array(10) }),
    };
    await refusedWith({ auth: replace('AUTH', payload) }, 13801, { client: { peer } });
  });

  it('H-22: certificates of unknown encodings are not taken for certificates', async () => {
    const seen: number[] = [];
    const peer = {
      method: 'certificate' as const,
      certificateRequests: [],
      allowSha1Rsa: false,
      verify: ({ certificates }: { certificates: readonly Uint8Array[] }) => {
        seen.push(certificates.length);
        return Promise.resolve({ publicKeySpki: new Uint8Array(10) });
      },
    };
    const certificates = [
      certificateEncoding.HASH_AND_URL_X509,
      certificateEncoding.PGP,
      certificateEncoding.RAW_PUBLIC_KEY,
    ].map((encoding): InnerPayload => ({ type: 'CERT', encoding, data: utf8Encode('http://attacker.example/') }));
    await refusedWith({ auth: (payloads) => [...payloads, ...certificates] }, 13801, { client: { peer } });
    expect(seen).toEqual([0]);
  });

  it.each<[string, readonly InnerPayload[], number]>([
    [
      'TSr wider than the offer',
      [trafficSelectors('TSi', [hostSelector('10.77.0.1')]), trafficSelectors('TSr', [everyIpv4, everyIpv6])],
      842,
    ],
    [
      'TSi that does not cover the address',
      [trafficSelectors('TSi', [hostSelector('10.77.0.9')]), trafficSelectors('TSr', [everyIpv4])],
      842,
    ],
  ])('H-25: %s', async (_what, selectors, code) =>
    refusedWith(
      { auth: (payloads) => [...payloads.filter(({ type }) => type !== 'TSi' && type !== 'TSr'), ...selectors] },
      code,
      {},
      'peer',
    ),
  );

  it.each([
    ['0.0.0.0', [0, 0, 0, 0]],
    ['loopback', [127, 0, 0, 1]],
    ['multicast', [224, 0, 0, 1]],
    ['broadcast', [255, 255, 255, 255]],
    ['the gateway itself', [192, 0, 2, 9]],
    ['our own network', [203, 0, 113, 7]],
  ])('H-28: assigned address: %s', async (_what, octets) => {
    const cp: InnerPayload = {
      type: 'CP',
      cfgType: configurationType.CFG_REPLY,
      attributes: [{ attributeType: configurationAttribute.INTERNAL_IP4_ADDRESS, value: Uint8Array.from(octets) }],
    };
    await refusedWith({ auth: replace('CP', cp) }, 840, { client: { localPrefixes: ['203.0.113.0/24'] } });
  });

  it('H-28: wrong lengths and a thousand duplicates are read over', async () => {
    const attribute = (value: number[]) => ({
      attributeType: configurationAttribute.INTERNAL_IP4_ADDRESS,
      value: Uint8Array.from(value),
    });
    const attributes = [
      attribute([1, 2, 3]),
      attribute([10, 77, 0, 1]),
      ...Array.from({ length: 1000 }, () => attribute([10, 77, 0, 1])),
    ];
    const { ends } = await meet({
      auth: replace('CP', { type: 'CP', cfgType: configurationType.CFG_REPLY, attributes }),
    });
    expect(ends.event('established')?.configuration.ipv4Addresses).toEqual(['10.77.0.1']);
  });

  it('C-33: an unknown error fails, with the error named', async () => {
    const { ends } = await meet({ auth: () => [notify(9000)] });
    expect(ends.event('ended')?.error).toMatchObject({ code: 13816, ikeNotify: 'unknown (9000)' });
  });

  it('W-16: the reason of a Windows server', async () =>
    refusedWith(
      {
        auth: () => [notify(notifyType.MS_NOTIFY_STATUS, uint32Octets(647)), notify(notifyType.AUTHENTICATION_FAILED)],
      },
      647,
    ));

  it('C-77: an unknown critical payload in the response fails the exchange, one that is not critical is skipped', async () => {
    const unknown = (critical: boolean): InnerPayload => ({
      type: 'unknown',
      payloadType: 200,
      critical,
      data: new Uint8Array(4),
    });
    await refusedWith({ auth: (payloads) => [...payloads, unknown(true)] }, 13816);
    const { ends } = await meet({ auth: (payloads) => [unknown(false), ...payloads] });
    expect(ends.event('established')).toBeDefined();
  });

  it('H-32, C-76: an authentic response that cannot be read', async () =>
    refusedWith(
      { auth: () => [{ type: 'unknown', payloadType: payloadType.SA, critical: false, data: Uint8Array.of(1, 2, 3) }] },
      13816,
    ));
});

describe('before the gateway is authenticated', () => {
  it('M-18: traffic goes nowhere, so that of an older session on the same data path stays where it is', async () => {
    const { ends } = await meet({ auth: replace('AUTH', { type: 'AUTH', method: 2, data: new Uint8Array(32) }) });
    expect(ends.event('ended')).toMatchObject({ by: 'failure' });
    expect(ends.clientData.history.filter((call) => call.startsWith('path'))).toEqual([]);
    const good = await meet();
    expect(good.ends.clientData.history.filter((call) => call.startsWith('path'))).toEqual([
      `path ${puppetAddress}:4500`,
    ]);
  });
});

describe('requests of the gateway', () => {
  it('C-76: an authentic request that cannot be read: INVALID_SYNTAX, then the end', async () => {
    const { ends, puppet } = await meet();
    const response = await puppet.ask(exchangeType.INFORMATIONAL, [
      { type: 'unknown', payloadType: payloadType.D, critical: false, data: Uint8Array.of(3, 3, 0, 1) },
    ]);
    expect(findNotify(response ?? [], notifyType.INVALID_SYNTAX)).toBeDefined();
    expect(ends.event('ended')).toMatchObject({ by: 'failure', error: { code: 13816 } });
  });

  it('C-77: an unknown critical payload: UNSUPPORTED_CRITICAL_PAYLOAD with its type, nothing else happens', async () => {
    const { ends, puppet } = await meet();
    const response = await puppet.ask(exchangeType.INFORMATIONAL, [
      { type: 'unknown', payloadType: 201, critical: true, data: new Uint8Array(0) },
      deleteIkeSa,
    ]);
    expect(findNotify(response ?? [], notifyType.UNSUPPORTED_CRITICAL_PAYLOAD)?.data).toEqual(Uint8Array.of(201));
    expect(ends.event('ended')).toBeUndefined();
  });

  it('H-26: unknown SPIs, the same one twice, AH, 16 k SPIs', async () => {
    const { ends, puppet } = await meet();
    const many = Array.from({ length: 16_000 }, (_, index) => index + 5000);
    expect(
      await puppet.ask(exchangeType.INFORMATIONAL, [{ type: 'D', protocol: protocolId.ESP, spis: [1, 1, ...many] }]),
    ).toEqual([]);
    expect(
      await puppet.ask(exchangeType.INFORMATIONAL, [{ type: 'D', protocol: protocolId.AH, spis: [0x1000] }]),
    ).toEqual([]);
    expect(ends.client.children).toHaveLength(1);
    const response = await puppet.ask(exchangeType.INFORMATIONAL, [
      { type: 'D', protocol: protocolId.ESP, spis: [0x1000, 0x1000] },
    ]);
    expect(findPayload(response ?? [], 'D')?.spis).toHaveLength(1);
    expect(ends.client.children).toHaveLength(0);
    expect(ends.event('ended')).toBeUndefined();
  });

  it('H-26: after the DELETE of the IKE SA nothing else in the message acts', async () => {
    const { ends, puppet } = await meet();
    expect(
      await puppet.ask(exchangeType.INFORMATIONAL, [
        deleteIkeSa,
        { type: 'D', protocol: protocolId.ESP, spis: [0x1000] },
        notify(notifyType.ADDITIONAL_IP4_ADDRESS, Uint8Array.of(192, 0, 2, 77)),
      ]),
    ).toEqual([]);
    expect(ends.events.map(({ type }) => type).slice(-2)).toEqual(['established', 'ended']);
  });

  it.each<[string, InnerPayload, number]>([
    ['protocol 0', { ...rekeySaNotify(0x1000), protocol: 0 }, notifyType.INVALID_SYNTAX],
    ['protocol IKE', { ...rekeySaNotify(0x1000), protocol: 1 }, notifyType.INVALID_SYNTAX],
    ['an SPI of 8 octets', { ...rekeySaNotify(0x1000), spi: new Uint8Array(8) }, notifyType.INVALID_SYNTAX],
    ['an unknown SPI', rekeySaNotify(0x7777), notifyType.CHILD_SA_NOT_FOUND],
  ])('H-27: REKEY_SA with %s', async (_what, rekey, expected) => {
    const { ends, puppet } = await meet();
    const sa: InnerPayload = {
      type: 'SA',
      proposals: [
        {
          number: 1,
          protocol: protocolId.ESP,
          spi: uint32Octets(0x2000),
          transforms: [transform(1, 20, 256), transform(5, 0)],
        },
      ],
    };
    const response = await puppet.ask(exchangeType.CREATE_CHILD_SA, [
      rekey,
      sa,
      { type: 'Nonce', data: new Uint8Array(32).fill(3) },
      trafficSelectors('TSi', [everyIpv4]),
      trafficSelectors('TSr', [hostSelector('10.77.0.1')]),
    ]);
    expect(findNotify(response ?? [], expected)).toBeDefined();
    expect(ends.client.children).toHaveLength(1);
  });

  it('H-27: IKE rekey with an SPI of 4 octets, a zero SPI, a bad key', async () => {
    const { ends, puppet } = await meet();
    const ask = (spi: Uint8Array, data: Uint8Array) =>
      puppet.ask(exchangeType.CREATE_CHILD_SA, [
        {
          type: 'SA',
          proposals: [
            {
              number: 1,
              protocol: protocolId.IKE,
              spi,
              transforms: [transform(1, 20, 256), transform(2, 5), transform(4, 31)],
            },
          ],
        },
        { type: 'Nonce', data: new Uint8Array(32).fill(3) },
        { type: 'KE', group: 31, data },
      ]);
    expect(
      findNotify(
        (await ask(new Uint8Array(4).fill(1), new Uint8Array(32).fill(9))) ?? [],
        notifyType.NO_PROPOSAL_CHOSEN,
      ),
    ).toBeDefined();
    expect(
      findNotify((await ask(new Uint8Array(8), new Uint8Array(32).fill(9))) ?? [], notifyType.NO_PROPOSAL_CHOSEN),
    ).toBeDefined();
    expect(
      findNotify((await ask(new Uint8Array(8).fill(1), new Uint8Array(32))) ?? [], notifyType.INVALID_SYNTAX),
    ).toBeDefined();
    expect(ends.event('ended')).toBeUndefined();
    expect(ends.client.ike).toEqual(ends.event('established')?.ike);
  });

  it('H-38: COOKIE2 back wrong, or not at all, closes; error notifies do not', async () => {
    for (const reply of [
      [notify(notifyType.COOKIE2, new Uint8Array(16))],
      [],
      [notify(notifyType.COOKIE2, new Uint8Array(7))],
    ]) {
      const { ends } = await meet({
        answer: ({ payloads }) => (findNotify(payloads, notifyType.UPDATE_SA_ADDRESSES) === undefined ? [] : reply),
      });
      ends.client.setPath(ends.to(ends.wifi, 4500, puppetAddress));
      await ends.clock.run(100);
      expect(ends.event('ended')).toMatchObject({ by: 'failure', error: { code: 13816 } });
    }
    const { ends } = await meet({
      answer: ({ payloads }) =>
        findNotify(payloads, notifyType.UPDATE_SA_ADDRESSES) === undefined
          ? []
          : [notify(notifyType.UNACCEPTABLE_ADDRESSES)],
    });
    ends.client.setPath(ends.to(ends.wifi, 4500, puppetAddress));
    await ends.clock.run(100);
    expect(ends.event('path-refused')).toMatchObject({ notify: 'UNACCEPTABLE_ADDRESSES' });
    expect(ends.event('ended')).toBeUndefined();
  });

  it('M-22: UNEXPECTED_NAT_DETECTED is tried again a few times, then reported', async () => {
    const { ends, puppet } = await meet({ answer: () => [notify(notifyType.UNEXPECTED_NAT_DETECTED)] });
    ends.client.setPath(ends.to(ends.wifi, 4500, puppetAddress));
    await ends.clock.run(1000);
    expect(puppet.requests.length).toBe(4);
    expect(ends.event('path-refused')).toMatchObject({ notify: 'UNEXPECTED_NAT_DETECTED' });
  });

  it('H-39: UPDATE_SA_ADDRESSES of the gateway is answered and has no effect; M-7: COOKIE2 comes back', async () => {
    const { ends, puppet } = await meet();
    const { path } = ends.client;
    const response = await puppet.ask(exchangeType.INFORMATIONAL, [
      notify(notifyType.UPDATE_SA_ADDRESSES),
      notify(notifyType.COOKIE2, new Uint8Array(24).fill(7)),
    ]);
    expect(findNotify(response ?? [], notifyType.COOKIE2)?.data).toEqual(new Uint8Array(24).fill(7));
    expect(ends.client.path).toBe(path);
    expect(ends.event('path-confirmed')).toBeUndefined();
  });

  it('H-40: a list of strange addresses is filtered and capped', async () => {
    const { ends, puppet } = await meet();
    const list = [
      [127, 0, 0, 1],
      [169, 254, 169, 254],
      [224, 0, 0, 1],
      [192, 168, 1, 1],
      ...Array.from({ length: 40 }, (_, index) => [198, 18, 0, index]),
    ].map((octets) => notify(notifyType.ADDITIONAL_IP4_ADDRESS, Uint8Array.from(octets)));
    await puppet.ask(exchangeType.INFORMATIONAL, list);
    const addresses = ends.event('peer-addresses')?.addresses ?? [];
    expect(addresses).toHaveLength(16);
    expect(addresses.every((address) => address.startsWith('198.18.'))).toBe(true);
    await puppet.ask(exchangeType.INFORMATIONAL, [notify(notifyType.NO_ADDITIONAL_ADDRESSES)]);
    expect(ends.event('peer-addresses')?.addresses).toEqual([]);
  });

  it('H-43, H-10: IKE_AUTH, IKE_INTERMEDIATE and IKE_FOLLOWUP_KE have no place on an established IKE SA', async () => {
    const { ends, puppet } = await meet();
    for (const exchange of [exchangeType.IKE_AUTH, exchangeType.IKE_INTERMEDIATE, exchangeType.IKE_FOLLOWUP_KE]) {
      expect(findNotify((await puppet.ask(exchange, [])) ?? [], notifyType.INVALID_SYNTAX)).toBeDefined();
    }
    expect(ends.client.children).toHaveLength(1);
    expect(ends.event('ended')).toBeUndefined();
  });

  it('C-78: unknown notifies of any range in a request are ignored', async () => {
    const { ends, puppet } = await meet();
    expect(
      await puppet.ask(exchangeType.INFORMATIONAL, [notify(300), notify(9999), notify(30_000), childNotify(16444, 1)]),
    ).toEqual([]);
    expect(ends.event('ended')).toBeUndefined();
  });

  it('C-78: an unknown error in a response fails that exchange only', async () => {
    const { ends } = await meet({
      answer: ({ exchange }) => (exchange === exchangeType.CREATE_CHILD_SA ? [notify(9999)] : []),
    });
    ends.client.rekeyChild(ends.client.children[0]?.spiIn ?? 0);
    await ends.clock.run(1000);
    expect(ends.client.children).toHaveLength(1);
    expect(ends.event('ended')).toBeUndefined();
  });

  it('H-35: a peer that never answers a rekey keeps the old CHILD SA working', async () => {
    const { ends } = await meet({
      answer: ({ exchange }) => (exchange === exchangeType.CREATE_CHILD_SA ? 'silence' : []),
    });
    const { spiIn } = ends.client.children[0] ?? { spiIn: 0 };
    ends.client.rekeyChild(spiIn);
    await ends.clock.run(60_000);
    expect(ends.clientData.inbound.has(spiIn)).toBe(true);
    expect(ends.clientData.outbound).toHaveLength(1);
  });

  it('H-17, H-18: unusable answers to rekeys leave everything as it was', async () => {
    const bad: InnerPayload[][] = [
      [],
      [
        {
          type: 'SA',
          proposals: [
            {
              number: 1,
              protocol: protocolId.ESP,
              spi: uint32Octets(0x2000),
              transforms: [transform(1, 12, 128), transform(5, 0)],
            },
          ],
        },
        { type: 'Nonce', data: new Uint8Array(32) },
      ],
      [
        {
          type: 'SA',
          proposals: [
            {
              number: 1,
              protocol: protocolId.IKE,
              spi: new Uint8Array(8).fill(2),
              transforms: [transform(1, 20, 256), transform(2, 5), transform(4, 31)],
            },
          ],
        },
        { type: 'Nonce', data: new Uint8Array(32) },
        { type: 'KE', group: 31, data: new Uint8Array(32) },
      ],
    ];
    for (const reply of bad) {
      const { ends } = await meet({
        answer: ({ exchange }) => (exchange === exchangeType.CREATE_CHILD_SA ? reply : []),
      });
      const { ike } = ends.client;
      const { spiIn } = ends.client.children[0] ?? { spiIn: 0 };
      ends.client.rekeyChild(spiIn);
      await ends.clock.run(100);
      ends.client.rekeyIke();
      await ends.clock.run(100);
      expect(ends.client.ike).toEqual(ike);
      expect(ends.client.children.map((child) => child.spiIn)).toEqual([spiIn]);
      expect(ends.event('ended')).toBeUndefined();
    }
  });
});

describe('datagrams of strangers', () => {
  async function connected() {
    const ends = new TwoEnds();
    const recorded: SimulatedDatagram[] = [];
    ends.network.tap((datagram) => recorded.push({ ...datagram, bytes: datagram.bytes.slice() }));
    await ends.connect();
    void ends.client.checkLiveness(1000);
    await ends.clock.run(10);
    void ends.gateway.checkLiveness(1000);
    await ends.clock.run(10);
    return { ends, recorded };
  }

  it('H-33: everything replayed, also after an IKE rekey: nothing changes, at most the cached answer comes', async () => {
    const { ends, recorded } = await connected();
    ends.client.rekeyIke();
    await ends.clock.run(50);
    const before = {
      ike: ends.client.ike,
      events: ends.events.length,
      children: ends.client.children.length,
      gateway: ends.gatewayEvents.length,
    };
    for (const datagram of recorded) {
      ends.network.inject(datagram);
      await ends.clock.run(5);
    }
    expect({
      ike: ends.client.ike,
      events: ends.events.length,
      children: ends.client.children.length,
      gateway: ends.gatewayEvents.length,
    }).toEqual(before);
    expect(await ends.exchangePackets()).toEqual({ up: 1, down: 1 });
  });

  it('H-5: our own requests reflected', async () => {
    const { ends, recorded } = await connected();
    const heard = ends.client.lastHeardAt;
    for (const { bytes, to, from } of recorded)
      if (to.address === gatewayAddress) ends.network.inject({ bytes, from: to, to: from });
    await ends.clock.run(50);
    expect(ends.client.lastHeardAt).toBe(heard);
    expect(ends.event('ended')).toBeUndefined();
  });

  it('H-31: every octet of a protected message changed once: no effect at all', async () => {
    const { ends, recorded } = await connected();
    const message = recorded.findLast(
      ({ from, bytes }) => from.address === gatewayAddress && from.port === 4500 && bytes.length > 60,
    );
    if (message === undefined) throw new Error('nothing recorded');
    const heard = ends.client.lastHeardAt;
    for (let index = 0; index < message.bytes.length; index++) {
      const bytes = message.bytes.slice();
      bytes[index] = (bytes[index] ?? 0) ^ 0x01;
      ends.network.inject({ ...message, bytes });
    }
    for (let length = 0; length < message.bytes.length; length++)
      ends.network.inject({ ...message, bytes: message.bytes.slice(0, length) });
    await ends.clock.run(100);
    expect(ends.client.lastHeardAt).toBe(heard);
    expect(await ends.exchangePackets()).toEqual({ up: 1, down: 1 });
  });

  it('H-1..H-4, H-13: noise with our SPIs and without', async () => {
    const { ends } = await connected();
    const events = ends.events.length;
    const { ike } = ends.client;
    const noise = ends.random.fork();
    for (let round = 0; round < 2000; round++) {
      const bytes = noise.bytes(noise.integer(0, 200));
      if (noise.chance(0.5) && bytes.length > 40 && ike !== null) {
        bytes.set([0, 0, 0, 0]);
        bytes.set(Buffer.from(ike.spiInitiator + ike.spiResponder, 'hex'), 4);
        if (noise.chance(0.5)) {
          bytes[4 + 17] = 0x20;
          bytes[4 + 18] = noise.integer(33, 44);
          new DataView(bytes.buffer).setUint32(4 + 24, bytes.length - 4);
        }
      }
      ends.network.inject({
        from: { address: gatewayAddress, port: noise.pick([500, 4500]) },
        to: ends.ethernet.socket.local,
        bytes,
      });
    }
    await ends.clock.run(100);
    expect(ends.events.filter(({ type }) => type !== 'peer-forgot-hint').length).toBe(events);
    expect(await ends.exchangePackets()).toEqual({ up: 1, down: 1 });
  });

  it('H-10: IKE_SA_INIT on an established IKE SA, either way', async () => {
    const { ends } = await connected();
    const { ike } = ends.client;
    if (ike === null) throw new Error('not connected');
    const header = {
      spiInitiator: new Uint8Array(Buffer.from(ike.spiInitiator, 'hex')),
      spiResponder: new Uint8Array(Buffer.from(ike.spiResponder, 'hex')),
      exchangeType: exchangeType.IKE_SA_INIT,
      messageId: 0,
    };
    for (const response of [true, false]) {
      ends.network.inject({
        from: { address: gatewayAddress, port: 4500 },
        to: ends.ethernet.socket.local,
        bytes: addNonEspMarker(
          encodeMessage({ ...header, initiator: false, response }, [notify(notifyType.NO_PROPOSAL_CHOSEN)]),
        ),
      });
    }
    await ends.clock.run(50);
    expect(ends.client.ike).toEqual(ike);
    expect(ends.event('ended')).toBeUndefined();
  });

  it('H-7: protected requests before IKE_AUTH is done are dropped, and cost nothing', async () => {
    const ends = new TwoEnds();
    const puppet = new PuppetGateway(ends, { answer: () => [] });
    // The puppet asks as soon as it has keys, before it answers IKE_AUTH.
    const original = puppet.handleRequest.bind(puppet);
    let asked = 0;
    puppet.handleRequest = (sa, request) => {
      if (asked++ === 0) sa.sendOnce(exchangeType.INFORMATIONAL, [deleteIkeSa]);
      original(sa, request);
    };
    ends.client.connect(ends.to(ends.ethernet, 500, puppetAddress), []);
    await ends.clock.run(1000);
    expect(ends.event('established')).toBeDefined();
    expect(ends.event('ended')).toBeUndefined();
  });

  it('H-14: ten thousand first messages a second leave the gateway with bounded state', async () => {
    const ends = new TwoEnds({ gateway: { cookieThreshold: 10 } });
    let init: Uint8Array | null = null;
    ends.network.tap(({ to, bytes }) => {
      if (to.port === 500) init ??= bytes.slice();
    });
    await ends.connect();
    const template = init as Uint8Array | null;
    if (template === null) throw new Error('no first message seen');
    for (let round = 0; round < 1000; round++) {
      const bytes = template.slice();
      bytes.set(ends.random.bytes(8), 0);
      ends.network.inject({
        from: { address: '203.0.113.99', port: 1000 + round },
        to: { address: gatewayAddress, port: 500 },
        bytes,
      });
    }
    await ends.clock.run(10);
    expect(ends.responder.halfOpen).toBe(10);
    expect(await ends.exchangePackets()).toEqual({ up: 1, down: 1 });
  });
});

describe('the recorder these tests rely on', () => {
  it('refuses keys that differ', () => {
    const ends = new TwoEnds();
    const path = new RecordingDataPath(ends.clock);
    const sa = {
      spi: 1,
      suite: { cipher: 'aes-gcm-16', keyBits: 128, integrity: null, esn: false },
      integrityKey: new Uint8Array(0),
      localSelectors: [],
      remoteSelectors: [],
    } as const;
    path.installInbound({ ...sa, encryptionKey: Uint8Array.of(1) });
    path.receive(Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 1, 9, 9), { address: '192.0.2.1', port: 4500 });
    expect(path.lost).toBe(1);
  });
});
