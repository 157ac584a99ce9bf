import { describe, expect, it, vi } from 'vitest';
import { gatewayAddress, type LinkConditions, TwoEnds, type TwoEndsOptions } from '../../simulation';
import type { SizeAnswer, SizeQuestion } from '../session';
import { notifyType } from '../wire/constants';

// Virtual time costs real time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

const exactly = (octets: number): SizeQuestion => ({ atLeast: octets, atMost: octets });

async function connected(conditions: Partial<LinkConditions>, options: TwoEndsOptions = {}): Promise<TwoEnds> {
  const ends = new TwoEnds({ ...options, conditions });
  await ends.connect();
  return ends;
}

/** Asks and runs until it is answered: the answer, the milliseconds and the datagrams that it took. */
async function ask(ends: TwoEnds, question: SizeQuestion) {
  const began = ends.clock.now();
  const sizes: number[] = [];
  const untap = ends.network.tap(({ to, bytes }) => {
    if (to.address === gatewayAddress) sizes.push(bytes.length + 28);
  });
  let answer: SizeAnswer | null = null;
  void ends.client.probeSize(question).then((given) => (answer = given));
  await ends.clock.runUntil(() => answer !== null, 20_000);
  untap();
  if (answer === null) throw new Error('not answered');
  return { answer: answer as SizeAnswer, took: ends.clock.now() - began, sizes };
}

describe('asking whether a size passes (RFC 8899 section 4.1)', () => {
  it('one datagram of exactly that size, answered in one round trip', async () => {
    const ends = await connected({ latency: 20, mtu: 1460, fragments: true });
    const { answer, took, sizes } = await ask(ends, exactly(1460));
    expect(answer).toEqual({ outcome: 'fits', octets: 1460 });
    expect(sizes).toEqual([1460]);
    expect(took).toBeLessThan(60);
  });

  it.each([
    ['fragments pass', { fragments: true, icmp: false }],
    ['fragments are dropped', { fragments: false, icmp: false }],
    ['ICMP passes', { fragments: false, icmp: true }],
  ])('what does not pass whole is told after three tries, and the window is free again: %s', async (_name, link) => {
    const ends = await connected({ latency: 20, mtu: 1400, ...link });
    const { answer, took, sizes } = await ask(ends, exactly(1404));
    expect(answer).toEqual({ outcome: 'too-big', octets: 1404 });
    // None of the whole ones arrived, however the path treats what may be divided.
    expect(sizes.length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(576);
    expect(took).toBeLessThan(1_000);
    const alive = ends.client.checkLiveness(1_000);
    await ends.clock.run(200);
    expect(await alive).toBe(true);
    expect(await ends.exchangePackets()).toEqual({ up: 1, down: 1 });
    expect(ends.events.filter(({ type }) => type === 'path-silent')).toEqual([]);
  });

  it('a lost datagram is no size: the next try passes', async () => {
    const ends = await connected({ latency: 20 });
    let dropped = 0;
    ends.network.filter = ({ bytes }) => (bytes.length > 1_000 && dropped++ < 2 ? 'drop' : 'pass');
    expect((await ask(ends, exactly(1464))).answer).toEqual({ outcome: 'fits', octets: 1464 });
  });

  it('a bad path is no size: where pieces are lost as well, nothing is known', async () => {
    const ends = await connected({ latency: 20 });
    const began = ends.clock.now();
    ends.network.filter = () => (ends.clock.now() - began < 800 ? 'drop' : 'pass');
    expect((await ask(ends, exactly(1464))).answer.outcome).toBe('unknown');
  });

  it('a larger packet than the adapter takes is refused at once', async () => {
    const ends = await connected({ latency: 20 });
    const { answer, took } = await ask(ends, exactly(1501));
    expect(answer).toEqual({ outcome: 'too-big', octets: 1501 });
    expect(took).toBeLessThan(60);
  });

  it('a block cipher takes the next size that it can make, and none above the limit', async () => {
    const ends = await connected(
      { latency: 5 },
      { client: { ikeProposals: ['aes128-sha256-modp2048'] }, gateway: { ikeProposals: ['aes128-sha256-modp2048'] } },
    );
    const [up, down] = [
      (await ask(ends, { atLeast: 1464, atMost: 1500 })).answer,
      (await ask(ends, exactly(1464))).answer,
    ];
    expect([up.outcome, down.outcome]).toEqual(['fits', 'fits']);
    expect(up.octets).toBeGreaterThanOrEqual(1464);
    expect(down.octets).toBeLessThanOrEqual(1464);
    expect(up.octets - down.octets).toBe(16);
  });

  it('the padding is a notify that says nothing, and the answer has nothing of it', async () => {
    const ends = await connected({ latency: 5 });
    ends.logs.length = 0;
    await ask(ends, exactly(1400));
    const [sent, answered] = ends.logs.flatMap(({ exchange }) => (exchange === undefined ? [] : [exchange]));
    expect(sent?.payloads.flatMap(({ fields }) => fields.map(({ value }) => value)).join(' ')).toContain(
      'PATH_MTU_PADDING',
    );
    expect(notifyType.PATH_MTU_PADDING).toBeGreaterThanOrEqual(40_960);
    expect(answered?.payloads).toEqual([]);
  });

  it('without IKE fragmentation nothing is asked: what does not pass could never be answered', async () => {
    const ends = await connected({ latency: 5 }, { gateway: { fragmentation: false } });
    const { answer, sizes } = await ask(ends, exactly(1400));
    expect([answer.outcome, sizes]).toEqual(['unsupported', []]);
  });

  it('a socket that cannot send whole packets is no proof', async () => {
    const ends = await connected({ latency: 5 });
    const { socket } = ends.client.path!;
    socket.sendWhole = () => 'EOPNOTSUPP';
    expect((await ask(ends, exactly(1400))).answer.outcome).toBe('unsupported');
  });

  it('gives way: a move, a liveness check and a goodbye do not wait for it', async () => {
    for (const interruption of [
      (ends: TwoEnds) => ends.client.setPath(ends.wifi),
      (ends: TwoEnds) => void ends.client.checkLiveness(500),
      (ends: TwoEnds) => void ends.client.close(500),
    ]) {
      const ends = await connected({ latency: 20, mtu: 1400 });
      let answer: SizeAnswer | null = null;
      void ends.client.probeSize(exactly(1464)).then((given) => (answer = given));
      await ends.clock.run(5);
      interruption(ends);
      await ends.clock.run(150);
      expect(answer).toMatchObject({ outcome: 'unknown' });
    }
  });

  it('a DELETE gets through while a size is asked about', async () => {
    const ends = await connected({ latency: 20, mtu: 1400 });
    void ends.client.probeSize(exactly(1464));
    await ends.clock.run(5);
    const closed = ends.client.close(1_000);
    await ends.clock.run(1_000);
    expect(await closed).toBe(true);
    expect(ends.responder.sessions).toEqual([]);
  });

  it('waits for the window, and is answered when the session ends', async () => {
    const ends = await connected({ latency: 20 });
    ends.client.rekeyIke();
    const { answer } = await ask(ends, exactly(1464));
    expect(answer.outcome).toBe('fits');
    const asked = ends.client.probeSize(exactly(1464));
    ends.client.abandon();
    expect((await asked).outcome).toBe('unknown');
    expect((await ends.client.probeSize(exactly(1464))).outcome).toBe('unknown');
  });
});

describe('a request that comes again in another form (RFC 7383 section 2.5.2)', () => {
  it('is answered although the answer to the whole one was lost', async () => {
    const ends = await connected({ latency: 20 });
    ends.network.filter = ({ from }) => (from.address === gatewayAddress ? 'drop' : 'pass');
    let answer: SizeAnswer | null = null;
    void ends.client.probeSize(exactly(1464)).then((given) => (answer = given));
    // The whole one has arrived each time.
    await ends.clock.run(420);
    ends.network.filter = () => 'pass';
    await ends.clock.runUntil(() => answer !== null, 20_000);
    expect(answer).not.toBeNull();
    expect(await ends.exchangePackets()).toEqual({ up: 1, down: 1 });
  });
});
