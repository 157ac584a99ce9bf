import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sampleStatus } from '../../e2e/support/fake-demo';
import { setLanguage } from '../../src-text';
import { pageOrigin } from './channel';
import { isOurSender } from './ipc';
import { hasNewsToShow } from './connect-window';
import { createSecretStore, type Vault } from './secret-store';
import { parseSurfaceUrl, surfaceUrl, type Surface } from './surfaces';
import { trayMenu, trayPicture, type TrayActions } from './tray-menu';

vi.mock('electron', () => ({}));

describe('addresses that a page may open', () => {
  const surfaces: readonly Surface[] = [
    { kind: 'panel' },
    { kind: 'connections' },
    { kind: 'log', name: null },
    { kind: 'log', name: 'Contoso' },
    { kind: 'status', name: '../../etc/passwd?#%' },
    { kind: 'connect', name: 'Büro \u202e' },
  ];
  it.each(surfaces)('%j survives the way through its address', (surface) => {
    expect(parseSurfaceUrl(surfaceUrl(surface))).toEqual(surface);
  });

  it.each([
    'https://evil.example/#panel',
    'file:///etc/passwd#panel',
    'javascript:alert(1)//#panel',
    `${pageOrigin}.evil.example/index.html#panel`,
    `${pageOrigin}/other.html#panel`,
    `${pageOrigin}/index.html?x=1#panel`,
    `${pageOrigin}/index.html#terminal`,
    `${pageOrigin}/index.html#status`,
    `${pageOrigin}/index.html#panel/x`,
    `${pageOrigin}/index.html#status/%E0%A4%A`,
    `${pageOrigin}/index.html#status/${'x'.repeat(257)}`,
    '',
  ])('%s is refused', (address) => {
    expect(parseSurfaceUrl(address)).toBeNull();
  });
});

describe('senders of messages', () => {
  const frame = { url: `${pageOrigin}/index.html#panel` };
  const event = (change: object, senderFrame: object | null = frame) =>
    ({ senderFrame, sender: { id: 1, mainFrame: frame, ...change } }) as unknown as Parameters<typeof isOurSender>[0];
  const known = new Set([1]);

  it('accepts the main frame of a window of ours', () => {
    expect(isOurSender(event({}), known)).toBe(true);
  });
  it('refuses an unknown window, a subframe, a frame that is gone, and another page', () => {
    const foreign = { url: 'https://evil.example/' };
    expect(isOurSender(event({ id: 2 }), known)).toBe(false);
    expect(isOurSender(event({}, { url: frame.url }), known)).toBe(false);
    expect(isOurSender(event({}, null), known)).toBe(false);
    expect(isOurSender(event({ mainFrame: foreign }, foreign), known)).toBe(false);
    const lookalike = { url: `${pageOrigin}.evil/index.html` };
    expect(isOurSender(event({ mainFrame: lookalike }, lookalike), known)).toBe(false);
  });
});

describe('the window of a connection', () => {
  const failed = { code: 809, symbol: 'VPN_TIMEOUT', message: 'x', detail: null, ikeNotify: null, rule: null } as const;
  it.each([
    ['progress begins', 'Disconnected', { state: 'Connecting', error: null }, true, true],
    ['progress that nobody wants to see begins', 'Disconnected', { state: 'Connecting', error: null }, false, false],
    ['progress goes on', 'Connecting', { state: 'Connecting', error: null }, true, false],
    ['it failed', 'Connecting', { state: 'Disconnected', error: failed }, true, true],
    ['it failed unseen', 'Connecting', { state: 'Disconnected', error: failed }, false, true],
    ['its failure is told again', 'Disconnected', { state: 'Disconnected', error: failed }, true, false],
    [
      'it was cancelled',
      'Connecting',
      { state: 'Disconnected', error: { ...failed, symbol: 'CANCELLED' } },
      true,
      false,
    ],
    ['it is Connected', 'Connecting', { state: 'Connected', error: null }, true, false],
  ] as const)('%s', (_what, before, now, showProgress, opens) => {
    expect(hasNewsToShow(before, now, showProgress)).toBe(opens);
  });
});

describe('the tray', () => {
  const actions: TrayActions = {
    panel: vi.fn(),
    connect: vi.fn(),
    disconnect: vi.fn(),
    status: vi.fn(),
    options: vi.fn(),
    startAtLogin: vi.fn(),
    log: vi.fn(),
    exit: vi.fn(),
  };
  const labels = (items: ReturnType<typeof trayMenu>): unknown[] => items.map((item) => item.label ?? item.type);

  it('leaves out what does not apply', () => {
    expect(labels(trayMenu([], [], actions))).toEqual([
      'View available networks',
      'separator',
      'IKEv2 log',
      'separator',
      'Options',
      'Exit',
    ]);
    const menu = trayMenu([sampleStatus('A'), sampleStatus('B', { state: 'Dormant' })], [], actions);
    expect(labels(menu)).toEqual([
      'View available networks',
      'Connect',
      'Disconnect',
      'separator',
      'Status',
      'IKEv2 log',
      'separator',
      'Options',
      'Exit',
    ]);
  });

  it('offers the last used connection first', () => {
    const menu = trayMenu([sampleStatus('A'), sampleStatus('B'), sampleStatus('C')], ['C'], actions);
    const connect = menu.find((item) => item.label === 'Connect')?.submenu as { label: string; click: () => void }[];
    expect(connect.map((item) => item.label)).toEqual(['C', 'A', 'B']);
    connect[0]?.click();
    expect(actions.connect).toHaveBeenCalledWith('C');
  });

  it('speaks the language of the desktop', () => {
    setLanguage('de-DE');
    expect(labels(trayMenu([sampleStatus('A'), sampleStatus('B', { state: 'Dormant' })], [], actions))).toEqual([
      'Verfügbare Netzwerke anzeigen',
      'Verbinden',
      'Trennen',
      'separator',
      'Status',
      'IKEv2-Protokoll',
      'separator',
      'Optionen',
      'Beenden',
    ]);
    setLanguage('en');
  });

  it('has its check-mark option before Options and Exit (windows7-ux 1.2)', () => {
    const menu = trayMenu([sampleStatus('B', { state: 'Connected' })], [], actions, true);
    expect(labels(menu)).toEqual([
      'View available networks',
      'Disconnect',
      'separator',
      'Status',
      'IKEv2 log',
      'Start at login',
      'separator',
      'Options',
      'Exit',
    ]);
    expect(menu[5]).toMatchObject({ type: 'checkbox', checked: true });
  });

  it('shows names as text', () => {
    const menu = trayMenu([sampleStatus('Evil\u202e\u0007\nName & Co')], [], actions);
    expect((menu[1]?.submenu as { label: string }[])[0]?.label).toBe('EvilName && Co');
  });

  it.each([
    ['idle', 'Disconnected'],
    ['busy', 'Connecting'],
    ['dormant', 'WaitingToReconnect'],
    ['connected', 'Connected'],
  ] as const)('is %s for %s', (picture, state) => {
    expect(trayPicture([sampleStatus('A', { state })])).toBe(picture);
  });
});

const noProblem = (problem: string): void => expect.unreachable(problem);

describe('saved secrets', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'agile-vpn-secrets-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));
  const vault = (backend: string): Vault => ({
    isEncryptionAvailable: () => true,
    getSelectedStorageBackend: () => backend,
    encryptString: (text) => Buffer.from([...Buffer.from(text)].map((octet) => octet ^ 0x5a)),
    decryptString: (data) => Buffer.from([...data].map((octet) => octet ^ 0x5a)).toString(),
  });

  it('come back in the next run and are not readable in the file', () => {
    createSecretStore(directory, vault('gnome_libsecret'), noProblem).set('Contoso', 'password', {
      username: 'alice',
      secret: 'hunter2',
    });
    const file = join(directory, 'secrets.bin');
    expect(readFileSync(file, 'latin1')).not.toContain('hunter2');
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(createSecretStore(directory, vault('gnome_libsecret'), noProblem).get('Contoso', 'password')).toEqual({
      username: 'alice',
      secret: 'hunter2',
    });
  });

  it.each(['basic_text', 'unknown'])('are not stored with the backend %s', (backend) => {
    const store = createSecretStore(directory, vault(backend), noProblem);
    store.set('Contoso', 'password', { username: 'alice', secret: 'hunter2' });
    expect(store.storage).toBe('session-only');
    expect(createSecretStore(directory, vault(backend), noProblem).get('Contoso', 'password')).toBeNull();
  });

  it('that cannot be decrypted are asked for again', () => {
    createSecretStore(directory, vault('kwallet6'), noProblem).set('Contoso', 'password', {
      username: null,
      secret: 'x',
    });
    const content = readFileSync(join(directory, 'secrets.bin'));
    const broken = {
      ...vault('kwallet6'),
      decryptString: () => {
        throw new Error('another key');
      },
    };
    const problems: string[] = [];
    const store = createSecretStore(directory, broken, (problem) => problems.push(problem));
    expect(store.get('Contoso', 'password')).toBeNull();
    // Should the old key come back: nothing was written over.
    store.set('Contoso', 'password', { username: null, secret: 'y' });
    expect(readFileSync(join(directory, 'secrets.bin.damaged'))).toEqual(content);
    expect(problems).toEqual([expect.stringContaining('secrets.bin is damaged')]);
  });
});
