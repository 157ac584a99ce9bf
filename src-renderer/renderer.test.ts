import { beforeEach, describe, expect, it, vi } from 'vitest';
import { sampleProfile, sampleStatus } from '../e2e/support/fake-demo';
import { createFakeApi } from '../src-main/api/fake';
import { encryptionText, detailRows } from './status/DetailsTab';
import { viewRoundTrips } from './status/round-trips';
import { actions, attach, reduce, useApp } from './store';
import { contentOfHash, hashOf, type Surface } from './surfaces';
import { safeText, t } from '../src-text';
import { formatCountdown, formatDuration, formatSpan } from '../src-text/time';
import { trayState } from './views';

vi.stubGlobal('window', { location: { hash: '', host: '' } });

describe('text from elsewhere', () => {
  it.each([
    ['plain', 'Contoso', 'Contoso'],
    ['control characters', 'a\u0000b\u001b[31mc\r\nd', 'a\ufffdb\ufffd[31mc\ufffd\ufffdd'],
    ['bidirectional override and isolates', 'user\u202egnp.exe\u2066\u2069', 'usergnp.exe'],
    ['bidirectional marks', '\u200fa\u061cb', 'ab'],
    ['line separators', 'a\u2028b', 'a\ufffdb'],
    ['invisible joiners and tags', 'pay\u200bpal\u00ad\udb40\udc41', 'paypal'],
    ['other scripts stay', 'Zürich 日本 שלום', 'Zürich 日本 שלום'],
  ])('%s', (_, given, shown) => {
    expect(safeText(given)).toBe(shown);
  });
  it('is cut, whole characters only', () => {
    expect(safeText('x'.repeat(10_000), 20)).toBe(`${'x'.repeat(19)}\u2026`);
    expect(safeText('😀'.repeat(30), 5)).toBe('😀😀😀😀\u2026');
  });
  it('is made safe wherever it is filled into a text', () => {
    expect(t('connect.title', { name: 'evil\u202e\u0007' })).toBe('Connect evil\ufffd');
  });
});

describe('time', () => {
  it.each([
    [172_000, '00:02:52'],
    [86_399_999, '23:59:59'],
    [86_400_000 + 172_000, '1 day 00:02:52'],
    [3 * 86_400_000, '3 days 00:00:00'],
    [-5, '00:00:00'],
  ])('%d ms of Duration is %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
  it.each([
    [1_781_000, '29:41'],
    [28_800_000, '8:00:00'],
    [400, '0:01'],
    [-1, '0:00'],
  ])('%d ms left is %s', (milliseconds, text) => {
    expect(formatCountdown(milliseconds)).toBe(text);
  });
  it.each([
    [300, '5 minutes'],
    [60, '1 minute'],
    [3600, '1 hour'],
    [28_800, '8 hours'],
  ])('%d s is %s', (seconds, text) => {
    expect(formatSpan(seconds)).toBe(text);
  });
});

describe('the Details tab', () => {
  const status = sampleStatus('Contoso', {
    state: 'Connected',
    adapter: 'eth0',
    adapterLabel: 'Ethernet',
    originAddress: '10.10.0.2',
    destinationAddress: '10.10.0.1',
    mobikeSupported: true,
    tunnelAddresses: ['10.77.0.1/32', 'fd00::1/128'],
    authentication: 'EAP-MSCHAPv2',
  });
  it("has Windows' order, the rows that move last", () => {
    expect(detailRows(status).map((row) => row.name)).toEqual([
      'Device Name',
      'Device Type',
      'Authentication',
      'Encryption',
      'Mobike Supported',
      'Client IPv4 address',
      'Server IPv4 address',
      'Client IPv6 address',
      'Server IPv6 address',
      'Network Adapter Used',
      'Origin address',
      'Destination address',
    ]);
    expect(detailRows(status).filter((row) => row.moves)).toMatchObject([
      { value: 'Ethernet' },
      { value: '10.10.0.2' },
      { value: '10.10.0.1' },
    ]);
  });
  it('leaves out IPv6 when no IPv6 address was assigned', () => {
    expect(detailRows({ ...status, tunnelAddresses: ['10.77.0.1/32'] }).map((row) => row.key)).not.toContain(
      'client-ipv6',
    );
  });
  it.each([
    ['aes256', 'IPsec: AES 256'],
    ['aes128gcm16', 'IPsec: AES-GCM 128'],
    ['chacha20poly1305', 'IPsec: ChaCha20-Poly1305'],
    ['null-sha256', 'IPsec: NULL'],
  ])('%s reads %s', (proposal, text) => {
    expect(encryptionText(proposal)).toBe(text);
  });
});

describe('the round-trip chart', () => {
  const sample = (at: number, milliseconds: number | null, adapter: string | null) => ({ at, milliseconds, adapter });
  it('shows the time span asked for, counts lost pings and finds the switch', () => {
    const view = viewRoundTrips(
      [sample(0, 9, 'eth0'), sample(1000, 1, 'eth0'), sample(1100, null, 'eth0'), sample(1200, 3, 'wlan0')],
      1500,
      600,
    );
    expect(view).toMatchObject({
      answered: 2,
      lost: 1,
      last: 3,
      longest: 3,
      adapters: ['eth0', 'wlan0'],
      switches: [{ at: 1200, from: 'eth0', to: 'wlan0' }],
      ceiling: 5,
    });
  });
  it('does not take an unknown adapter for a switch', () => {
    expect(
      viewRoundTrips([sample(1, 1, 'eth0'), sample(2, null, null), sample(3, 1, 'eth0')], 10, 100).switches,
    ).toEqual([]);
  });
  it('lets a rare spike leave the axis, but not the numbers', () => {
    const usual = Array.from({ length: 40 }, (_, index) => sample(index, 1, 'eth0'));
    expect(viewRoundTrips([...usual, sample(41, 28, 'eth0')], 50, 100)).toMatchObject({ ceiling: 3, longest: 28 });
  });
  it('has an axis without samples', () => {
    expect(viewRoundTrips([], 0, 100)).toMatchObject({ answered: 0, lost: 0, last: null, ceiling: 1.5 });
  });
});

describe('surfaces of desktop windows', () => {
  const surfaces: readonly Surface[] = [
    { kind: 'connections' },
    { kind: 'log', name: null },
    { kind: 'log', name: 'a' },
    { kind: 'status', name: 'a/b#c%' },
  ];
  it.each(surfaces)('%j survives the way through its address', (surface) => {
    expect(contentOfHash(hashOf(surface))).toEqual(surface);
  });
  it('is the whole desktop without one', () => {
    expect(contentOfHash('')).toBeNull();
    expect(contentOfHash('#token')).toBeNull();
  });
});

describe('the store follows the service', () => {
  beforeEach(() => useApp.setState(useApp.getInitialState(), true));
  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

  it('boots from one snapshot, then applies deltas', async () => {
    const fake = createFakeApi({ version: '1', profiles: [sampleProfile('A')], statuses: [sampleStatus('A')] });
    attach(fake.client);
    await settled();
    fake.push({ type: 'status', status: sampleStatus('A', { state: 'Connecting' }) });
    await settled();
    expect(useApp.getState().statuses['A']?.state).toBe('Connecting');
    expect(fake.calls.map((call) => call.name)).toEqual(['getSnapshot']);
  });

  it('ignores a client that was replaced after the host came back', async () => {
    const [old, fresh] = [createFakeApi({ version: 'old' }), createFakeApi({ version: 'fresh' })];
    attach(old.client);
    attach(fresh.client);
    await settled();
    old.push({ type: 'status', status: sampleStatus('Ghost') });
    await settled();
    expect(useApp.getState()).toMatchObject({ version: 'fresh', statuses: {} });
  });

  it('shows a refusal', async () => {
    const fake = createFakeApi();
    attach(fake.client);
    await settled();
    actions.connect('A');
    await settled();
    expect(useApp.getState().failure).toMatchObject({ code: 'refused' });
  });

  it('closes windows of a profile that was removed', () => {
    useApp.setState({ windows: [{ kind: 'status', name: 'A' }, { kind: 'connections' }, { kind: 'log', name: null }] });
    expect(reduce(useApp.getState(), { type: 'profiles', profiles: [], statuses: [] }).windows).toEqual([
      { kind: 'connections' },
      { kind: 'log', name: null },
    ]);
  });

  it('asks once: a prompt that comes again replaces itself', () => {
    const prompt = {
      id: '1',
      type: 'credentials',
      connection: 'A',
      kind: 'password',
      username: null,
      domain: null,
      reason: null,
      canSave: true,
      hasSaved: false,
    } as const;
    useApp.setState(reduce(useApp.getState(), { type: 'prompt', prompt }));
    useApp.setState(
      reduce(useApp.getState(), { type: 'prompt', prompt: { ...prompt, reason: { type: 'passphrase-incorrect' } } }),
    );
    expect(useApp.getState().prompts).toMatchObject([{ id: '1', reason: { type: 'passphrase-incorrect' } }]);
  });
});

describe('the tray icon', () => {
  const adapter = {
    name: 'eth0',
    label: 'Ethernet',
    kind: 'ethernet',
    connected: true,
    addresses: [],
    signal: null,
    network: null,
  };
  it('shows the most urgent state', () => {
    const connected = sampleStatus('A', { state: 'Connected', adapterLabel: 'Ethernet' });
    expect(trayState([connected, sampleStatus('B', { state: 'Dormant' })], [adapter])).toBe('dormant');
    expect(trayState([connected], [adapter])).toBe('connected');
    expect(trayState([], [adapter])).toBe('idle');
    expect(trayState([], [])).toBe('offline');
  });
});
