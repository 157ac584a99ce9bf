import { describe, expect, it } from 'vitest';
import { uint32Octets } from '../../bytes';
import { PuppetGateway, puppetAddress, type PuppetScript, TwoEnds } from '../../simulation';
import { everyIpv4, hostSelector } from '../exchanges/traffic-selectors';
import { exchangeType, notifyType, protocolId } from '../wire/constants';
import { findNotify, findPayload } from '../wire/find';
import type { InnerPayload } from '../wire/payload';
import { notify, rekeySaNotify } from '../wire/payloads/notify';
import { transform } from '../wire/payloads/security-association';
import { trafficSelectors } from '../wire/payloads/traffic-selectors';

async function meet(script: PuppetScript = {}) {
  const ends = new TwoEnds();
  const puppet = new PuppetGateway(ends, script);
  ends.client.connect(ends.to(ends.ethernet, 500, puppetAddress), []);
  await ends.clock.runUntil(
    () => ends.event('established') !== undefined || ends.event('ended') !== undefined,
    120_000,
  );
  return { ends, puppet };
}

const espSa = (spi: number): InnerPayload => ({
  type: 'SA',
  proposals: [
    {
      number: 1,
      protocol: protocolId.ESP,
      spi: uint32Octets(spi),
      transforms: [transform(1, 20, 256), transform(5, 0)],
    },
  ],
});
const nonce: InnerPayload = { type: 'Nonce', data: new Uint8Array(32).fill(3) };

/**
 * The data path refuses reserved SPIs (RFC 4303 section 2.1) and one that is installed already; a peer that names such
 * an SPI must not get that far.
 */
describe('SPIs of the peer that no CHILD SA can have', () => {
  it.each([0, 255])('IKE_AUTH with SPI %i: a failure, no tunnel', async (spi) => {
    const { ends } = await meet({
      auth: (payloads) =>
        payloads.map((payload) =>
          payload.type === 'SA'
            ? { ...payload, proposals: payload.proposals.map((one) => ({ ...one, spi: uint32Octets(spi) })) }
            : payload,
        ),
    });
    expect(ends.event('ended')).toMatchObject({ by: 'peer', error: { code: 13868 } });
    expect([ends.clientData.inbound.size, ends.clientData.outbound.length]).toEqual([0, 0]);
  });

  it.each([0, 255, 0x1000])('an answer to our rekey with SPI %i leaves the old CHILD SA as it was', async (spi) => {
    const { ends } = await meet({
      answer: ({ exchange, payloads }) => {
        if (exchange !== exchangeType.CREATE_CHILD_SA) return [];
        const ke = findPayload(payloads, 'KE');
        if (ke !== undefined) return [notify(notifyType.NO_PROPOSAL_CHOSEN)];
        return [
          espSa(spi),
          nonce,
          trafficSelectors('TSi', [hostSelector('10.77.0.1')]),
          trafficSelectors('TSr', [everyIpv4]),
        ];
      },
    });
    const [child] = ends.client.children;
    ends.client.rekeyChild(child?.spiIn ?? 0);
    await ends.clock.run(1000);
    expect(ends.client.children).toEqual([child]);
    expect(ends.clientData.outbound.map(({ sa }) => sa.spi)).toEqual([0x1000]);
    expect(ends.event('ended')).toBeUndefined();
  });

  it.each([0, 255, 0x1000])('a rekey of the gateway with SPI %i is refused', async (spi) => {
    const { ends, puppet } = await meet();
    const response = await puppet.ask(exchangeType.CREATE_CHILD_SA, [
      rekeySaNotify(0x1000),
      espSa(spi),
      nonce,
      trafficSelectors('TSi', [everyIpv4]),
      trafficSelectors('TSr', [hostSelector('10.77.0.1')]),
    ]);
    expect(findNotify(response ?? [], notifyType.NO_PROPOSAL_CHOSEN)).toBeDefined();
    await ends.clock.run(10_000);
    expect(ends.client.children).toHaveLength(1);
    expect(ends.clientData.outbound.map(({ sa }) => sa.spi)).toEqual([0x1000]);
    expect(ends.event('ended')).toBeUndefined();
  });

  it('an answer to our IKE SA rekey with SPI zero is not used', async () => {
    const { ends } = await meet({
      answer: ({ exchange, payloads }) => {
        if (exchange !== exchangeType.CREATE_CHILD_SA) return [];
        const offer = findPayload(payloads, 'SA')?.proposals[0];
        return [
          {
            type: 'SA',
            proposals: [
              {
                number: 1,
                protocol: protocolId.IKE,
                spi: new Uint8Array(8),
                transforms:
                  offer?.transforms.filter(
                    ({ transformType }, index, all) =>
                      all.findIndex((one) => one.transformType === transformType) === index,
                  ) ?? [],
              },
            ],
          },
          nonce,
          // The base point of Curve25519 (RFC 7748): a public value like any other.
          { type: 'KE', group: 31, data: Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? 9 : 0)) },
        ];
      },
    });
    const { ike } = ends.client;
    ends.client.rekeyIke();
    await ends.clock.run(1000);
    expect(ends.client.ike).toEqual(ike);
    expect(ends.event('ended')).toBeUndefined();
  });
});
