import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StatusObject } from '../../src-core/connection/status';
import type { ApiPush } from '../api/contract';
import { createService, type RunningService } from './create-service';
import { demoName } from './demo';
import { SessionSecretStore } from './secret-store';

/** Waits for a push; real time, because the demo runs on real sockets. */
function nextPush<T extends ApiPush>(
  service: RunningService['service'],
  wanted: (push: ApiPush) => push is T,
  limit = 5000,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no such push in time')), limit);
    const stop = service.onPush((push) => {
      if (!wanted(push)) return;
      clearTimeout(timer);
      stop();
      resolve(push);
    });
  });
}

const statusPush =
  (wanted: (status: StatusObject) => boolean) =>
  (push: ApiPush): push is Extract<ApiPush, { type: 'status' }> =>
    push.type === 'status' && wanted(push.status);

describe('the demo on loopback', () => {
  let home: string;
  let host: RunningService;

  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'agile-vpn-demo-'));
    host = await createService({
      host: 'browser',
      createSecretStore: () => new SessionSecretStore(),
      demo: 'auto',
      env: { HOME: home, XDG_RUNTIME_DIR: home },
    });
  });

  afterEach(async () => {
    await host.close();
    rmSync(home, { recursive: true, force: true });
  });

  it('connects with one click, moves to Wi-Fi when Ethernet is unplugged, loses no ping, and comes back', async () => {
    const { service } = host;
    const samples: (number | null)[] = [];
    service.onPush((push) => {
      if (push.type === 'round-trip') samples.push(push.sample.milliseconds);
    });
    const connected = nextPush(
      service,
      statusPush(({ state }) => state === 'Connected'),
    );
    service.connect({ name: demoName });
    const first = (await connected).status;
    expect(first).toMatchObject({
      connection: demoName,
      adapterLabel: 'Ethernet',
      originAddress: '127.0.0.2',
      destinationAddress: '127.0.0.1',
      tunnelAddresses: ['10.77.0.1/32'],
      authentication: 'EAP-MSCHAPv2',
      mobikeSupported: true,
    });
    await nextPush(service, (push): push is Extract<ApiPush, { type: 'round-trip' }> => push.type === 'round-trip');

    const moved = nextPush(
      service,
      statusPush(({ roams }) => roams === 1),
    );
    service.setDemoAdapter({ name: 'demo-eth', plugged: false });
    const second = (await moved).status;
    expect(second).toMatchObject({
      state: 'Connected',
      adapterLabel: 'Wi-Fi',
      originAddress: '127.0.0.3',
      connectedSince: first.connectedSince,
      ike: first.ike,
      lastRoam: { reason: 'carrier-lost' },
    });
    expect(second.lastRoam!.milliseconds).toBeLessThan(200);

    const dormant = nextPush(
      service,
      statusPush(({ state }) => state === 'Dormant'),
    );
    service.setDemoAdapter({ name: 'demo-wlan', plugged: false });
    expect((await dormant).status).toMatchObject({
      adapter: null,
      waitingFor: 'no-adapter',
      tunnelAddresses: ['10.77.0.1/32'],
    });
    const back = nextPush(
      service,
      statusPush(({ state }) => state === 'Connected'),
    );
    service.setDemoAdapter({ name: 'demo-eth', plugged: true });
    expect((await back).status).toMatchObject({ adapterLabel: 'Ethernet', connectedSince: first.connectedSince });
    await nextPush(service, (push): push is Extract<ApiPush, { type: 'round-trip' }> => push.type === 'round-trip');
    expect(samples.length).toBeGreaterThan(1);
    expect(samples).not.toContain(null);

    await service.disconnect({ name: demoName });
    expect(service.getSnapshot().statuses[0]).toMatchObject({ state: 'Disconnected', error: null });
  }, 20_000);

  it('asks for the password when the saved one was forgotten, says why it asks again, and can be cancelled', async () => {
    const { service } = host;
    service.forgetSecrets({ name: demoName });
    const isPrompt = (push: ApiPush): push is Extract<ApiPush, { type: 'prompt' }> => push.type === 'prompt';
    const asked = nextPush(service, isPrompt);
    service.connect({ name: demoName });
    const { prompt } = await asked;
    expect(prompt).toMatchObject({ type: 'credentials', connection: demoName, username: 'demo', reason: null });
    const askedAgain = nextPush(service, isPrompt);
    service.answerPrompt({
      id: prompt.id,
      answer: { type: 'credentials', username: 'demo', secret: 'wrong horse', save: false },
    });
    const second = (await askedAgain).prompt;
    expect(second).toMatchObject({ reason: { type: 'refused', error: { symbol: 'AUTHENTICATION_FAILURE' } } });
    const ended = nextPush(
      service,
      statusPush(({ state }) => state === 'Disconnected'),
    );
    service.answerPrompt({ id: second.id, answer: { type: 'cancel' } });
    expect((await ended).status.error).toMatchObject({ code: 691 });
    expect(JSON.stringify(service.getSnapshot())).not.toContain('wrong horse');
  }, 20_000);

  it('is diagnosed step by step: pushes tell each, a second one has to wait, a snapshot keeps the result, nothing is connected by it', async () => {
    const { service } = host;
    const seen: string[] = [];
    service.onPush((push) => {
      if (push.type === 'diagnosis')
        for (const { step, outcome } of push.diagnosis.steps)
          if (outcome === 'passed' && !seen.includes(step)) seen.push(step);
    });
    const running = service.diagnose({ name: demoName });
    await expect(service.diagnose({ name: demoName })).rejects.toMatchObject({
      failure: { code: 'busy', field: 'name' },
    });
    const diagnosis = await running;
    expect(diagnosis).toMatchObject({ connection: demoName, running: false });
    // The demo's gateway has one port, which is not 500.
    expect(seen).toEqual([
      'name',
      'udp-4500',
      'proposals',
      'fragments',
      'certificate',
      'authentication',
      'addresses',
      'traffic',
    ]);
    expect(service.getSnapshot().diagnoses).toEqual([diagnosis]);
    expect(service.getSnapshot().statuses[0]).toMatchObject({ state: 'Disconnected', error: null });

    const connected = nextPush(
      service,
      statusPush(({ state }) => state === 'Connected'),
    );
    service.connect({ name: demoName });
    await connected;
    const live = await service.diagnose({ name: demoName });
    expect(live.steps.find(({ step }) => step === 'authentication')?.text).toContain('EAP-MSCHAPv2');
    expect(live.steps.some(({ outcome }) => outcome === 'failed')).toBe(false);
  }, 20_000);
});
