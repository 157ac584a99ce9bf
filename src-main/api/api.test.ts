import { describe, expect, it, vi } from 'vitest';
import { createClient } from './client';
import type { ApiPush } from './contract';
import { createFakeApi } from './fake';
import { serve } from './serve';
import { ApiError } from './service';
import { createTransportPair } from './transport';
import { parseRequestMessage, validateRequest } from './validate';

describe('requests are validated where they arrive', () => {
  const refused: readonly [string, unknown, string][] = [
    ['launchMissiles', null, 'name'],
    ['__proto__', null, 'name'],
    ['connect', null, 'args'],
    ['connect', {}, 'name'],
    ['connect', { name: '' }, 'name'],
    ['connect', { name: 7 }, 'name'],
    ['connect', { name: 'x'.repeat(257) }, 'name'],
    ['connect', { name: 'Contoso', force: true }, 'force'],
    ['getSnapshot', {}, 'args'],
    ['setDemoAdapter', { name: 'eth0', plugged: 'yes' }, 'plugged'],
    ['answerPrompt', { id: '1', answer: { type: 'sudo' } }, 'answer.type'],
    ['answerPrompt', { id: '1', answer: { type: 'credentials', username: null, secret: 'x' } }, 'answer.save'],
    ['answerPrompt', { id: '1', answer: { type: 'choose', index: -1 } }, 'answer.index'],
    ['saveProfile', { profile: { name: 'Contoso' }, previousName: null }, 'profile.server'],
    ['inspectImport', { fileName: 'a', contentBase64: '<script>' }, 'contentBase64'],
    ['inspectImport', { fileName: 'a', contentBase64: 'A'.repeat(1_500_000) }, 'contentBase64'],
  ];
  it.each(refused)('%s %j names %s', (name, args, field) => {
    const result = validateRequest(name, args);
    expect(result.ok ? null : result.failure).toMatchObject({ code: 'invalid-argument', field });
  });

  it('accepts what the contract says', () => {
    expect(validateRequest('connect', { name: 'Contoso' }).ok).toBe(true);
    expect(validateRequest('getSnapshot', null).ok).toBe(true);
    expect(
      validateRequest('answerPrompt', {
        id: '1',
        answer: { type: 'credentials', username: 'alice', secret: 's', save: false },
      }).ok,
    ).toBe(true);
  });

  it('never repeats a refused value, which may be a secret', () => {
    const result = validateRequest('answerPrompt', {
      id: '1',
      answer: { type: 'credentials', username: 'alice', secret: 'hunter2'.repeat(1000), save: false },
    });
    expect(JSON.stringify(result)).not.toContain('hunter2');
    expect(result.ok).toBe(false);
  });

  it.each([
    null,
    'request',
    7,
    {},
    { type: 'request' },
    { type: 'request', id: 1.5, name: 'connect' },
    { type: 'request', id: -1, name: 'connect' },
    { type: 'push', id: 1, name: 'connect' },
  ])('ignores what is no request: %j', (message) => {
    expect(parseRequestMessage(message)).toBeNull();
  });
});

describe('client and service over one transport', () => {
  it('answers a request', async () => {
    const fake = createFakeApi({ version: '1.2.3' });
    const result = await fake.client.request('getSnapshot', null);
    expect(result.ok && result.value.version).toBe('1.2.3');
  });

  it('does not call the service with an argument that was refused', async () => {
    const fake = createFakeApi();
    const result = await fake.client.request('connect', { name: '' });
    expect(result).toMatchObject({ ok: false, failure: { field: 'name' } });
    expect(fake.calls).toEqual([]);
  });

  it('carries a refusal with its code and field', async () => {
    const fake = createFakeApi();
    fake.handle('connect', () => {
      throw new ApiError('not-found', 'failure.connected-already', 'name', { name: 'x' });
    });
    expect(await fake.client.request('connect', { name: 'x' })).toEqual({
      ok: false,
      failure: {
        code: 'not-found',
        message: 'x is connected or connecting already.',
        field: 'name',
        text: { key: 'failure.connected-already', values: { name: 'x' } },
      },
    });
  });

  it('hides the text of an unexpected error from the page and gives it to the host', async () => {
    const fake = createFakeApi();
    const pair = createTransportPair();
    const onError = vi.fn();
    fake.handle('connect', () => {
      throw new Error('password=hunter2');
    });
    serve(fake.service, pair.service, { onError });
    const result = await createClient(pair.client).request('connect', { name: 'x' });
    expect(JSON.stringify(result)).not.toContain('hunter2');
    expect(onError).toHaveBeenCalledOnce();
  });

  it('pushes to every interface, and holds the chart back from a hidden one', async () => {
    const fake = createFakeApi();
    const seen: ApiPush['type'][] = [];
    fake.client.onPush((push) => seen.push(push.type));
    const sample: ApiPush = {
      type: 'round-trip',
      connection: 'Demo',
      sample: { at: 1, milliseconds: 1, adapter: 'eth0' },
    };
    fake.push(sample);
    await fake.client.request('setVisible', { visible: false });
    fake.push(sample);
    fake.push({ type: 'prompt-closed', id: '1' });
    await fake.client.request('setVisible', { visible: true });
    fake.push(sample);
    await fake.client.request('getSnapshot', null);
    expect(seen).toEqual(['round-trip', 'prompt-closed', 'round-trip']);
  });

  it('tells the service that it is visible while one of two interfaces is', async () => {
    const fake = createFakeApi();
    const told: boolean[] = [];
    fake.handle('setVisible', ({ visible }) => {
      told.push(visible);
      return null;
    });
    const pair = createTransportPair();
    serve(fake.service, pair.service);
    const second = createClient(pair.client);
    await fake.client.request('setVisible', { visible: false });
    await second.request('setVisible', { visible: false });
    pair.close();
    expect(told).toEqual([true, true, false, false]);
  });

  it('fails what is pending when the transport closes', async () => {
    const fake = createFakeApi();
    const pair = createTransportPair();
    fake.handle('connect', () => new Promise(() => undefined));
    serve(fake.service, pair.service);
    const client = createClient(pair.client);
    const pending = client.request('connect', { name: 'x' });
    pair.close();
    expect(await pending).toMatchObject({ ok: false, failure: { code: 'internal' } });
    expect(await client.request('getSnapshot', null)).toMatchObject({ ok: false });
  });
});
