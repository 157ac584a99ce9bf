import { describe, expect, it } from 'vitest';
import type { SessionCore } from '../sa/session-core';
import { Mailbox, type Sender, TwoEnds } from '../../simulation';

/** What happens at one step of a schedule: the oldest message of one side arrives or is lost. */
type Step = { readonly act: 'deliver' | 'lose'; readonly from: Sender };

interface Scenario {
  readonly name: string;
  readonly start: (ends: TwoEnds) => void;
  /** Messages that may be lost in one schedule. */
  readonly losses: number;
  /** What must be another one afterwards. */
  readonly renews: readonly ('child' | 'ike')[];
  /** The connection may legitimately be over afterwards. */
  readonly mayEnd?: boolean;
  readonly mayLosePackets?: boolean;
}

const client = (ends: TwoEnds): number => ends.client.children[0]?.spiIn ?? 0;
const gateway = (ends: TwoEnds): number => ends.gateway.children[0]?.spiIn ?? 0;
/** The gateway deletes its CHILD SA, which nothing replaces. */
function gatewayDeletesChild(ends: TwoEnds): void {
  const session = ends.gateway as SessionCore;
  for (const child of session.childSas.list) session.deleteChild(child);
}

/** C-68. */
const scenarios: readonly Scenario[] = [
  {
    name: 'CHILD rekey crosses CHILD rekey',
    renews: ['child'],
    losses: 1,
    start: (ends) => {
      ends.client.rekeyChild(client(ends));
      ends.gateway.rekeyChild(gateway(ends));
    },
  },
  {
    name: 'IKE rekey crosses IKE rekey',
    renews: ['ike'],
    losses: 1,
    start: (ends) => {
      ends.client.rekeyIke();
      ends.gateway.rekeyIke();
    },
  },
  {
    name: 'CHILD rekey of the client crosses IKE rekey of the gateway',
    renews: ['child', 'ike'],
    losses: 1,
    start: (ends) => {
      ends.client.rekeyChild(client(ends));
      ends.gateway.rekeyIke();
    },
  },
  {
    name: 'IKE rekey of the client crosses CHILD rekey of the gateway',
    renews: ['child', 'ike'],
    losses: 1,
    start: (ends) => {
      ends.client.rekeyIke();
      ends.gateway.rekeyChild(gateway(ends));
    },
  },
  {
    name: 'UPDATE_SA_ADDRESSES crosses CHILD rekey',
    renews: ['child'],
    losses: 1,
    start: (ends) => {
      ends.client.setPath(ends.ethernet);
      ends.gateway.rekeyChild(gateway(ends));
    },
  },
  {
    name: 'UPDATE_SA_ADDRESSES crosses IKE rekey',
    renews: ['ike'],
    losses: 1,
    start: (ends) => {
      ends.client.setPath(ends.ethernet);
      ends.gateway.rekeyIke();
    },
  },
  {
    name: 'both rekeys of the client cross both of the gateway',
    renews: ['child', 'ike'],
    losses: 0,
    start: (ends) => {
      ends.client.rekeyChild(client(ends));
      ends.client.rekeyIke();
      ends.gateway.rekeyIke();
      ends.gateway.rekeyChild(gateway(ends));
    },
  },
  {
    name: 'IKE rekey crosses IKE DELETE',
    renews: [],
    losses: 0,
    mayEnd: true,
    start: (ends) => {
      ends.client.rekeyIke();
      void ends.gateway.close(3000);
    },
  },
  {
    name: 'CHILD rekey crosses IKE DELETE',
    renews: [],
    losses: 0,
    mayEnd: true,
    start: (ends) => {
      ends.client.rekeyChild(client(ends));
      void ends.gateway.close(3000);
    },
  },
];

/** The CHILD SA is taken away, so packets may be lost until there is another one. */
const deletions: readonly Scenario[] = [
  { name: 'the gateway deletes the CHILD SA', start: gatewayDeletesChild },
  {
    name: 'CHILD rekey of the client crosses DELETE of the same CHILD SA',
    start: (ends: TwoEnds) => {
      ends.client.rekeyChild(client(ends));
      gatewayDeletesChild(ends);
    },
  },
  {
    name: 'DELETE of the CHILD SA crosses IKE rekey of the client',
    start: (ends: TwoEnds) => {
      ends.client.rekeyIke();
      gatewayDeletesChild(ends);
    },
  },
  {
    name: 'DELETE of the CHILD SA and IKE rekey of the gateway',
    start: (ends: TwoEnds) => {
      gatewayDeletesChild(ends);
      ends.gateway.rekeyIke();
    },
  },
  {
    name: 'DELETE of the CHILD SA crosses UPDATE_SA_ADDRESSES',
    start: (ends: TwoEnds) => {
      ends.client.setPath(ends.ethernet);
      gatewayDeletesChild(ends);
    },
  },
].map((scenario) => ({ ...scenario, renews: ['child'], losses: 1, mayLosePackets: true }));

interface Outcome {
  /** Steps that were possible where the given schedule ended. */
  readonly choices: readonly Step[];
}

/** Test packets sent both ways at every step must all arrive: a rekey loses nothing. */
class Traffic {
  readonly #ends: TwoEnds;
  sent = 0;
  received = 0;

  constructor(ends: TwoEnds) {
    this.#ends = ends;
    ends.clientData.onReceived = () => this.received++;
    ends.gatewayPath.onReceived = () => this.received++;
  }

  async pulse(): Promise<void> {
    if (this.#ends.clientData.sendTestPacket(Uint8Array.of(1))) this.sent++;
    if (this.#ends.gatewayPath.sendTestPacket(Uint8Array.of(2))) this.sent++;
    await this.#ends.clock.run(5);
  }
}

/** Plays a schedule; then, if it is complete, lets everything pass and checks that both ends agree. */
async function play(scenario: Scenario, seed: number, schedule: readonly Step[], limit: number): Promise<Outcome> {
  const ends = new TwoEnds({ seed });
  await ends.connect();
  const before = { child: client(ends), ike: ends.client.ike?.spiInitiator };
  const traffic = new Traffic(ends);
  const box = new Mailbox(ends);
  scenario.start(ends);
  await ends.clock.run(5);
  for (const step of schedule) {
    if (step.act === 'deliver') await box.deliver(step.from);
    else {
      box.drop(step.from);
      await ends.clock.run(5);
    }
    await traffic.pulse();
  }
  const lost = schedule.filter(({ act }) => act === 'lose').length;
  const choices: Step[] = [];
  if (schedule.length < limit) {
    for (const from of ['client', 'gateway'] as const) {
      if (box.count(from) === 0) continue;
      choices.push({ act: 'deliver', from });
      if (lost < scenario.losses) choices.push({ act: 'lose', from });
    }
  }
  if (choices.length > 0) return { choices };
  await box.release();
  await traffic.pulse();
  await ends.clock.run(200_000);
  const where = `${scenario.name}, seed ${String(seed)}: ${schedule.map(({ act, from }) => `${act} ${from}`).join(', ')}`;
  if (scenario.mayEnd === true && ends.event('ended') !== undefined) {
    expect(ends.clientData.inbound.size + ends.clientData.outbound.length, where).toBe(0);
    return { choices: [] };
  }
  expect(ends.event('ended'), where).toBeUndefined();
  expect(ends.client.children.length, where).toBe(1);
  expect(ends.gateway.children.length, where).toBe(1);
  expect([ends.client.children[0]?.spiIn, ends.client.children[0]?.spiOut], where).toEqual([
    ends.gateway.children[0]?.spiOut,
    ends.gateway.children[0]?.spiIn,
  ]);
  expect([ends.client.ike?.spiInitiator, ends.client.ike?.spiResponder], where).toEqual([
    ends.gateway.ike?.spiInitiator,
    ends.gateway.ike?.spiResponder,
  ]);
  expect(
    [
      ends.clientData.inbound.size,
      ends.clientData.outbound.length,
      ends.gatewayPath.inbound.size,
      ends.gatewayPath.outbound.length,
    ],
    where,
  ).toEqual([1, 1, 1, 1]);
  if (scenario.renews.includes('child')) expect(client(ends), where).not.toBe(before.child);
  if (scenario.renews.includes('ike')) expect(ends.client.ike?.spiInitiator, where).not.toBe(before.ike);
  if (scenario.mayLosePackets === true) traffic.sent = traffic.received = 0;
  await traffic.pulse();
  expect(traffic.sent, `packets, ${where}`).toBeGreaterThanOrEqual(2);
  expect(traffic.received, `packets, ${where}`).toBe(traffic.sent);
  const alive = ends.client.checkLiveness(2000);
  await ends.clock.run(2000);
  expect(await alive, where).toBe(true);
  return { choices: [] };
}

/**
 * Every order in which the messages of a scenario can arrive, up to `limit` steps; beyond that in the order they were
 * sent.
 */
async function exploreAll(scenario: Scenario, seed: number, limit: number): Promise<number> {
  let complete = 0;
  const open: (readonly Step[])[] = [[]];
  for (let schedule = open.pop(); schedule !== undefined; schedule = open.pop()) {
    const { choices } = await play(scenario, seed, schedule, limit);
    if (choices.length === 0) complete++;
    for (const step of choices) open.push([...schedule, step]);
  }
  return complete;
}

describe('C-68, H-37: all orders of colliding exchanges converge to one tunnel without a lost packet', () => {
  for (const scenario of [...scenarios, ...deletions]) {
    it(scenario.name, { timeout: 300_000 }, async () => {
      // Two seeds for either outcome of the nonces.
      let schedules = 0;
      for (const seed of [1, 2, 3]) schedules += await exploreAll(scenario, seed, scenario.losses > 0 ? 5 : 7);
      expect(schedules).toBeGreaterThanOrEqual(6);
    });
  }
});
