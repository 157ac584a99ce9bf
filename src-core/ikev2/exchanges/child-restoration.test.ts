import { describe, expect, it, vi } from 'vitest';
import { uint16Octets, uint32Octets } from '../../bytes';
import { PuppetGateway, puppetAddress, TwoEnds, type TwoEndsOptions } from '../../simulation';
import { parseProposals } from '../proposals/defaults';
import { answerPayload, selectProposal } from '../proposals/negotiation';
import type { ReceivedRequest } from '../sa/ike-sa';
import type { SessionCore } from '../sa/session-core';
import { exchangeType, notifyType, protocolId } from '../wire/constants';
import { findNotify, findPayload } from '../wire/find';
import type { InnerPayload, Payload } from '../wire/payload';
import { deleteChildSas } from '../wire/payloads/delete';
import { childNotify, notify } from '../wire/payloads/notify';
import { transform } from '../wire/payloads/security-association';
import { trafficSelectors } from '../wire/payloads/traffic-selectors';
import { newKeyExchange } from './key-exchange-step';
import { everyIpv4, hostSelector } from './traffic-selectors';

vi.setConfig({ testTimeout: 30_000 });

type Answer = readonly InnerPayload[] | 'silence';

/** What the gateway gave with IKE_AUTH. */
const first = 0x1000;
const inside = hostSelector('10.77.0.1');

/** A gateway whose answers to CREATE_CHILD_SA are given one after another; the last one again and again. */
async function meet(answers: readonly ((request: ReceivedRequest) => Answer)[], options: TwoEndsOptions = {}) {
  const ends = new TwoEnds(options);
  const asked: { readonly at: number; readonly payloads: readonly Payload[] }[] = [];
  const puppet = new PuppetGateway(ends, {
    answer: (request) => {
      const cookie = findNotify(request.payloads, notifyType.COOKIE2);
      if (request.exchange !== exchangeType.CREATE_CHILD_SA)
        return cookie === undefined ? [] : [notify(notifyType.COOKIE2, cookie.data)];
      const answer = answers[Math.min(asked.length, answers.length - 1)];
      asked.push({ at: ends.clock.now(), payloads: request.payloads });
      return answer?.(request) ?? [];
    },
  });
  ends.client.connect(ends.to(ends.ethernet, 500, puppetAddress), []);
  await ends.clock.runUntil(() => ends.event('established') !== undefined, 10_000);
  return { ends, puppet, asked };
}

/** The gateway makes it: SPI `spiOut`, a key exchange of group 31 where one was offered. */
const agrees =
  (ends: () => TwoEnds, spiOut: number, proposal = 'aes256gcm16') =>
  ({ payloads }: ReceivedRequest): Answer => {
    const offer = findPayload(payloads, 'SA');
    const tsi = findPayload(payloads, 'TSi');
    const tsr = findPayload(payloads, 'TSr');
    const ke = findPayload(payloads, 'KE');
    if (offer === undefined || tsi === undefined || tsr === undefined) return [notify(notifyType.INVALID_SYNTAX)];
    const chosen = selectProposal(offer, parseProposals('esp', [proposal]), 4, {
      preferredGroup: ke?.group ?? null,
      groups: 'required',
    });
    if (chosen === null) return [notify(notifyType.NO_PROPOSAL_CHOSEN)];
    const { random } = ends();
    const reply: InnerPayload[] = [
      answerPayload(chosen, protocolId.ESP, uint32Octets(spiOut)),
      { type: 'Nonce', data: random.bytes(32) },
    ];
    if (ke !== undefined)
      reply.push({ type: 'KE', group: ke.group, data: newKeyExchange(ke.group, random).publicValue });
    return [...reply, trafficSelectors('TSi', tsi.selectors), trafficSelectors('TSr', tsr.selectors)];
  };

const refuses = (type: number) => (): Answer => [notify(type)];
/** The late answer to the first CREATE_CHILD_SA. */
function respond(puppet: PuppetGateway, answer: (request: ReceivedRequest) => Answer): void {
  const request = puppet.requests.find(({ exchange }) => exchange === exchangeType.CREATE_CHILD_SA);
  if (request === undefined) throw new Error('there was no request');
  const payloads = answer(request);
  if (payloads !== 'silence') puppet.sa?.respond(request, payloads);
}
const takeAway = (puppet: PuppetGateway, ...spis: number[]): Promise<readonly Payload[] | null> =>
  puppet.ask(exchangeType.INFORMATIONAL, [deleteChildSas(spis)]);

const outbound = (ends: TwoEnds): readonly number[] => ends.clientData.outbound.map(({ sa }) => sa.spi);

describe('the peer deletes the only CHILD SA', () => {
  it('DELETE is answered, then a new one is asked for: SA, Ni, TSi, TSr of the lost one', async () => {
    const { ends, puppet, asked } = await meet([agrees(() => ends, 0x2000)]);
    const lost = ends.client.children[0];
    const answer = await takeAway(puppet, first);
    expect(findPayload(answer ?? [], 'D')?.spis).toEqual([lost?.spiIn]);
    expect(asked).toHaveLength(1);
    expect(findNotify(asked[0]?.payloads ?? [], notifyType.REKEY_SA)).toBeUndefined();
    expect(findPayload(asked[0]?.payloads ?? [], 'TSi')?.selectors).toEqual(lost?.localSelectors);
    expect(findPayload(asked[0]?.payloads ?? [], 'TSr')?.selectors).toEqual(lost?.remoteSelectors);
    expect(outbound(ends)).toEqual([0x2000]);
    expect(ends.events.slice(-2)).toMatchObject([{ type: 'child-removed' }, { type: 'child-installed' }]);
    expect(ends.event('reauthenticate')).toBeUndefined();
  });

  it.each([
    ['NO_ADDITIONAL_SAS', notifyType.NO_ADDITIONAL_SAS],
    ['TS_UNACCEPTABLE', notifyType.TS_UNACCEPTABLE],
    ['CHILD_SA_NOT_FOUND', notifyType.CHILD_SA_NOT_FOUND],
    ['INVALID_SYNTAX', notifyType.INVALID_SYNTAX],
    ['an error nobody knows', 9999],
  ])('%s: a new sign-in is asked for at once', async (_name, type) => {
    const { ends, puppet, asked } = await meet([refuses(type)]);
    await takeAway(puppet, first);
    expect(asked).toHaveLength(1);
    expect(ends.event('reauthenticate')).toBeDefined();
    expect(ends.clientData.inbound.size).toBeLessThanOrEqual(1);
    await ends.clock.run(60_000);
    expect(ends.events.filter(({ type: event }) => event === 'reauthenticate')).toHaveLength(1);
    expect(ends.clientData.inbound.size).toBe(0);
  });

  it('TEMPORARY_FAILURE: asked again soon, and not for ever', async () => {
    const { ends, puppet } = await meet([
      refuses(notifyType.TEMPORARY_FAILURE),
      refuses(notifyType.TEMPORARY_FAILURE),
      agrees(() => ends, 0x2000),
    ]);
    await takeAway(puppet, first);
    await ends.clock.run(950);
    expect(outbound(ends)).toEqual([0x2000]);

    const never = await meet([refuses(notifyType.TEMPORARY_FAILURE)]);
    await takeAway(never.puppet, first);
    await never.ends.clock.run(5_000);
    expect(never.ends.event('reauthenticate')).toBeDefined();
    expect(never.asked).toHaveLength(5);
    await never.ends.clock.run(60_000);
    expect(never.asked).toHaveLength(5);
  });

  it('C-60: a peer that insists on a key exchange of its own gets one', async () => {
    const { ends, puppet } = await meet(
      [
        () => [notify(notifyType.INVALID_KE_PAYLOAD, uint16Octets(31))],
        agrees(() => ends, 0x2000, 'aes256gcm16-x25519'),
      ],
      { client: { espProposals: ['aes256gcm16-ecp256-x25519'] } },
    );
    await takeAway(puppet, first);
    expect(ends.client.children[0]?.proposal).toBe('aes256gcm16-x25519');
    expect(ends.event('reauthenticate')).toBeUndefined();
  });

  it('C-60: the same with a client that wanted none; and where that does not help either, a new sign-in', async () => {
    const { ends, puppet } = await meet([agrees(() => ends, 0x2000, 'aes256gcm16-x25519')]);
    await takeAway(puppet, first);
    expect(ends.client.children[0]?.proposal).toBe('aes256gcm16-x25519');
    expect(ends.event('reauthenticate')).toBeUndefined();

    const never = await meet([refuses(notifyType.NO_PROPOSAL_CHOSEN)]);
    await takeAway(never.puppet, first);
    await never.ends.clock.run(60_000);
    expect(never.asked).toHaveLength(2);
    expect(never.ends.events.filter(({ type }) => type === 'reauthenticate')).toHaveLength(1);
  });

  it('a peer that does not answer at first: the request is repeated soon', async () => {
    let silent = true;
    const { ends, puppet } = await meet([agrees(() => ends, 0x2000)]);
    ends.network.filter = ({ from }) => (silent && from.address === '203.0.113.5' ? 'drop' : 'pass');
    await takeAway(puppet, first);
    silent = false;
    await ends.clock.run(800);
    expect(outbound(ends)).toEqual([0x2000]);
  });

  it('a new one that carries less is used until a new sign-in says what may be carried', async () => {
    const less = hostSelector('10.99.0.7');
    const { ends, puppet } = await meet([
      (request) => {
        const answer = agrees(() => ends, 0x2000)(request);
        return answer === 'silence'
          ? answer
          : answer.map((payload) => (payload.type === 'TSr' ? trafficSelectors('TSr', [less]) : payload));
      },
    ]);
    await takeAway(puppet, first);
    expect(ends.client.children).toMatchObject([{ spiOut: 0x2000, remoteSelectors: [less] }]);
    expect(ends.event('reauthenticate')).toBeDefined();
  });

  it('without a path nothing is asked; with the next one it is', async () => {
    const { ends, puppet, asked } = await meet([agrees(() => ends, 0x2000)]);
    ends.client.holdPath();
    await takeAway(puppet, first);
    expect(asked).toHaveLength(0);
    ends.client.setPath(ends.to(ends.wifi, 4500, puppetAddress));
    await ends.clock.run(500);
    expect(outbound(ends)).toEqual([0x2000]);
  });

  it('a session that another one has replaced, or that is closing, asks for nothing', async () => {
    const { ends, puppet, asked } = await meet([agrees(() => ends, 0x2000)]);
    ends.client.retire();
    await takeAway(puppet, first);
    const other = await meet([agrees(() => other.ends, 0x2000)]);
    const closed = other.ends.client.close(1_000);
    await takeAway(other.puppet, first);
    await other.ends.clock.run(1_000);
    await closed;
    expect([...asked, ...other.asked]).toEqual([]);
  });
});

describe('other DELETEs', () => {
  it('of an SPI that is not known: an empty answer, a line in the log, nothing lost', async () => {
    const { ends, puppet, asked } = await meet([agrees(() => ends, 0x2000)]);
    const answer = await takeAway(puppet, 0xabcdef, ends.client.children[0]?.spiIn ?? 0);
    expect(answer).toEqual([]);
    expect(ends.logs.map(({ text }) => text).join('\n')).toContain('deleted abcdef');
    expect(asked).toEqual([]);
    expect(outbound(ends)).toEqual([first]);
  });

  it('of the SPI that an answer names that is still under way: what it made is not used', async () => {
    const { ends, puppet, asked } = await meet([() => 'silence']);
    ends.client.rekeyChild(ends.client.children[0]?.spiIn ?? 0);
    await ends.clock.run(5);
    expect(asked).toHaveLength(1);
    await takeAway(puppet, 0x2000);
    respond(
      puppet,
      agrees(() => ends, 0x2000),
    );
    await ends.clock.run(50);
    expect(outbound(ends)).toEqual([first]);
    expect(ends.client.children).toHaveLength(1);
  });

  it('during our own rekey, which is then answered CHILD_SA_NOT_FOUND: a new one is made', async () => {
    const { ends, puppet, asked } = await meet([() => 'silence', agrees(() => ends, 0x2000)]);
    ends.client.rekeyChild(ends.client.children[0]?.spiIn ?? 0);
    await ends.clock.run(5);
    await takeAway(puppet, first);
    respond(puppet, () => [childNotify(notifyType.CHILD_SA_NOT_FOUND, first)]);
    await ends.clock.run(50);
    expect(asked).toHaveLength(2);
    expect(outbound(ends)).toEqual([0x2000]);
  });

  it('during our own rekey, which then succeeds: that one is enough', async () => {
    const { ends, puppet, asked } = await meet([() => 'silence', agrees(() => ends, 0x3000)]);
    ends.client.rekeyChild(ends.client.children[0]?.spiIn ?? 0);
    await ends.clock.run(5);
    await takeAway(puppet, first);
    respond(
      puppet,
      agrees(() => ends, 0x2000),
    );
    await ends.clock.run(50);
    expect(asked).toHaveLength(1);
    expect(outbound(ends)).toEqual([0x2000]);
  });

  it('crossing our own DELETE of a replaced one: nothing is made', async () => {
    const { ends, puppet, asked } = await meet([agrees(() => ends, 0x2000)]);
    ends.client.rekeyChild(ends.client.children[0]?.spiIn ?? 0);
    await ends.clock.runUntil(() => (ends.client as SessionCore).childSas.byOutbound(first)?.state === 'deleting', 100);
    await takeAway(puppet, first);
    expect(asked).toHaveLength(1);
    expect(outbound(ends)).toEqual([0x2000]);
  });
});

describe('CHILD SAs that the peer makes unasked (H-36)', () => {
  const offer = (spi: number, tsr: readonly Parameters<typeof trafficSelectors>[1][number][] = [inside]) => [
    {
      type: 'SA',
      proposals: [
        {
          number: 1,
          protocol: protocolId.ESP,
          spi: uint32Octets(spi),
          transforms: [transform(1, 20, 256), transform(5, 0)],
        },
      ],
    } as const,
    { type: 'Nonce', data: new Uint8Array(32).fill(3) } as const,
    trafficSelectors('TSi', [everyIpv4]),
    trafficSelectors('TSr', tsr),
  ];
  const make = (puppet: PuppetGateway, spi: number, tsr?: Parameters<typeof offer>[1]) =>
    puppet.ask(exchangeType.CREATE_CHILD_SA, offer(spi, tsr));

  it('in the place of a lost one: it is taken and used at once; ours is not needed any more', async () => {
    const { ends, puppet, asked } = await meet([() => 'silence', agrees(() => ends, 0x4000)]);
    await takeAway(puppet, first);
    expect(asked).toHaveLength(1);
    expect(findPayload((await make(puppet, 0x2000)) ?? [], 'SA')).toBeDefined();
    expect(outbound(ends)).toEqual([0x2000]);
    // The answer to our own request comes late: what it made is deleted again.
    const answer = agrees(() => ends, 0x3000)(puppet.requests.find(({ exchange }) => exchange === 36)!);
    puppet.sa?.respond(
      puppet.requests.find(({ exchange }) => exchange === 36)!,
      answer === 'silence' ? [] : answer,
    );
    await ends.clock.run(50);
    expect(outbound(ends)).toEqual([0x2000]);
    expect(ends.client.children).toHaveLength(1);
    expect(puppet.requests.at(-1)?.payloads).toMatchObject([{ type: 'D' }]);
    expect(ends.event('reauthenticate')).toBeUndefined();
  });

  it('beside one that works: it hears at once and sends once the peer has deleted the other one, or after a while', async () => {
    const { ends, puppet, asked } = await meet([]);
    await make(puppet, 0x2000);
    expect(ends.client.children).toHaveLength(2);
    expect(outbound(ends)).toEqual([first]);
    await takeAway(puppet, first);
    expect(outbound(ends)).toEqual([0x2000]);
    await make(puppet, 0x3000);
    expect(outbound(ends)).toEqual([0x2000]);
    await ends.clock.run(3_100);
    expect(outbound(ends)).toEqual([0x2000, 0x3000]);
    // One of several, and the other one carries the same.
    await takeAway(puppet, 0x3000);
    expect(outbound(ends)).toEqual([0x2000]);
    expect(asked).toEqual([]);
  });

  it('a narrower one remains: what it does not carry is asked for', async () => {
    const { ends, puppet, asked } = await meet([agrees(() => ends, 0x4000)]);
    const narrow = offer(0x2000).map((payload) =>
      payload.type === 'TSi' ? trafficSelectors('TSi', [hostSelector('10.99.0.7')]) : payload,
    );
    await puppet.ask(exchangeType.CREATE_CHILD_SA, narrow);
    expect(ends.client.children[1]?.remoteSelectors).toEqual([hostSelector('10.99.0.7')]);
    await takeAway(puppet, first);
    expect(asked).toHaveLength(1);
    expect(outbound(ends)).toContain(0x4000);
  });

  it('only within what the connection carries, only so many, only with what is offered', async () => {
    const { ends, puppet } = await meet([]);
    const answer = await make(puppet, 0x2000, [hostSelector('192.0.2.77')]);
    expect(findNotify(answer ?? [], notifyType.TS_UNACCEPTABLE)).toBeDefined();
    const weak = offer(0x2000).map((payload) =>
      payload.type === 'SA'
        ? {
            ...payload,
            proposals: payload.proposals.map((one) => ({ ...one, transforms: [transform(1, 11), transform(3, 2)] })),
          }
        : payload,
    );
    expect(
      findNotify((await puppet.ask(exchangeType.CREATE_CHILD_SA, weak)) ?? [], notifyType.NO_PROPOSAL_CHOSEN),
    ).toBeDefined();
    // Wider than the connection: narrowed.
    await make(puppet, 0x2000, [everyIpv4]);
    expect(ends.client.children[1]?.localSelectors).toEqual([inside]);
    for (let spi = 0x2001; spi < 0x2007; spi++) await make(puppet, spi);
    expect(ends.client.children).toHaveLength(8);
    expect(findNotify((await make(puppet, 0x2009)) ?? [], notifyType.NO_ADDITIONAL_SAS)).toBeDefined();
    expect(ends.client.children).toHaveLength(8);
  });
});
