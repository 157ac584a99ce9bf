import { beforeEach, describe, expect, it } from 'vitest';
import { sampleStatus } from '../../e2e/support/fake-demo';
import { VirtualClock } from '../../src-core/simulation';
import type { StatusObject } from '../../src-core/connection/status';
import { Balloons, type Balloon } from './balloons';

const failure = {
  code: 829,
  symbol: 'LINK_FAILURE',
  message: 'The link to Contoso failed.',
  detail: null,
  ikeNotify: null,
} as StatusObject['error'];

describe('balloons', () => {
  let clock: VirtualClock;
  let shown: Balloon[];
  let balloons: Balloons;
  const status = (change: Partial<StatusObject>): void =>
    balloons.push({ type: 'status', status: sampleStatus('Contoso', change) });

  beforeEach(() => {
    clock = new VirtualClock();
    shown = [];
    balloons = new Balloons(clock, (balloon) => void shown.push(balloon));
  });

  it('a link that really failed is told once, after it had time to heal', async () => {
    status({ state: 'Connected' });
    status({ state: 'Dormant' });
    status({ state: 'Disconnected', error: failure });
    await clock.run(4_900);
    expect(shown).toEqual([]);
    await clock.run(200);
    status({ state: 'Disconnected', error: failure });
    await clock.run(60_000);
    expect(shown).toEqual([
      { title: 'The link to Contoso failed', body: 'The link to Contoso failed.', connection: 'Contoso' },
    ]);
  });

  it('one that heals says nothing, nor do Dormant, a disconnect, a first attempt that failed and a cancelled one', async () => {
    status({ state: 'Connected' });
    status({ state: 'Disconnected', error: failure });
    await clock.run(3_000);
    status({ state: 'Connecting' });
    status({ state: 'Connected' });
    status({ state: 'Dormant', waitingFor: 'no-adapter' });
    status({ state: 'WaitingToReconnect', waitingFor: 'no-answer' });
    status({ state: 'Disconnecting' });
    status({ state: 'Disconnected', error: null });
    status({ state: 'Connecting' });
    status({ state: 'Disconnected', error: { ...failure!, symbol: 'VPN_TIMEOUT' } });
    status({ state: 'Connected' });
    status({ state: 'Disconnected', error: { ...failure!, symbol: 'CANCELLED' } });
    await clock.run(60_000);
    expect(shown).toEqual([]);
  });

  it('a question that stays unanswered is told; one that is answered is not', async () => {
    const prompt = {
      id: 'p1',
      type: 'credentials',
      connection: 'Contoso',
      kind: 'password',
      username: null,
      domain: null,
      reason: null,
      canSave: true,
      hasSaved: false,
    } as const;
    balloons.push({ type: 'prompt', prompt });
    balloons.push({ type: 'prompt', prompt: { ...prompt, id: 'p2' } });
    balloons.push({ type: 'prompt-closed', id: 'p1' });
    await clock.run(20_000);
    expect(shown).toEqual([
      {
        title: 'Contoso needs you',
        body: 'A question waits for an answer. Click here to see it.',
        connection: 'Contoso',
      },
    ]);
  });

  it('a network that wants a sign-in is told once', async () => {
    for (let round = 0; round < 5; round++) {
      status({ state: 'Dormant', waitingFor: 'captive-portal' });
      await clock.run(4_000);
    }
    expect(shown.map(({ title }) => title)).toEqual(['Contoso is waiting']);
  });

  it('names of strangers are short text', async () => {
    const name = `Evil\u202e${'x'.repeat(10_000)}\n`;
    balloons.push({ type: 'status', status: sampleStatus(name, { state: 'Connected' }) });
    balloons.push({
      type: 'status',
      status: sampleStatus(name, { state: 'Disconnected', error: { ...failure!, message: 'y'.repeat(10_000) } }),
    });
    await clock.run(10_000);
    expect(shown[0]!.title.length).toBeLessThanOrEqual(48);
    expect(shown[0]!.body.length).toBeLessThanOrEqual(200);
    expect(shown[0]!.title).not.toMatch(/[\u202e\n]/);
  });

  it('closing leaves no timer', () => {
    status({ state: 'Connected' });
    status({ state: 'Disconnected', error: failure });
    balloons.close();
    expect(clock.pendingTimers()).toEqual([]);
  });
});
