import type { Locator, Page } from '@playwright/test';
import { setLanguage } from '../src-text';
import { trayMenu } from '../src-main/electron/tray-menu';
import { sampleStatus } from './support/fake-demo';
import { expect, test } from './support/fake-host';
import { openSurface, surfaceList } from './support/surface-list';

/**
 * The exact labels of Windows 7, as docs/windows7.md gives them in backticks, looked for where they belong and in the
 * order in which it gives them.
 * What deliberately differs is in `differences`, with the reason.
 */
interface Row {
  /** Section of docs/windows7.md, with the row of its table. */
  readonly section: string;
  /** The elements that carry the labels, within the surface. */
  readonly where: string;
  readonly labels: readonly string[];
  /** What of the element is the label; its text when absent. */
  readonly from?: 'title' | 'placeholder' | 'aria-label';
  /** Nothing else may stand between, before or after them. */
  readonly only?: true;
}

interface Surface {
  /** As surface-list.ts names it. */
  readonly surface: string;
  readonly rows: readonly Row[];
}

const buttons = '.dialog-buttons button';

const table: readonly Surface[] = [
  {
    surface: 'View Available Networks',
    rows: [
      { section: '1.1 row 1', where: '.panel-summary h2', labels: ['Currently connected to:'], only: true },
      { section: '1.1 row 4', where: '.panel-refresh', labels: ['Refresh network list'], from: 'title', only: true },
      { section: '1.1 row 5', where: '.panel-section-header', labels: ['Dial-up and VPN'] },
      { section: '1.1 row 10', where: '.panel-row-actions button', labels: ['Connect'], only: true },
    ],
  },
  {
    surface: 'View Available Networks, connected',
    rows: [
      {
        section: '1.1 row 2',
        where: '.summary-network:first-of-type span',
        labels: ['No Internet access', 'Connected through Ethernet'],
        only: true,
      },
      { section: '1.1 row 8', where: '.panel-row-state', labels: ['Connected'], only: true },
      { section: '1.1 row 10', where: '.panel-row-actions button', labels: ['Disconnect'] },
    ],
  },
  {
    surface: 'View Available Networks, wireless networks',
    rows: [
      {
        section: '1.1 row 5',
        where: '.panel-section-header',
        labels: ['Dial-up and VPN', 'Wireless Network Connection', 'Wireless Network Connection 2'],
      },
      { section: '1.1 row 8', where: '.panel-row-state', labels: ['Connected'], only: true },
      {
        section: '1.1 row 12',
        where: '.panel-row-actions label, .panel-row-actions button',
        labels: ['Connect automatically', 'Connect'],
        only: true,
      },
      {
        section: '1.1 row 13',
        where: '[data-network="Corp-WLAN"]',
        labels: [
          'Name: Corp-WLAN\nSignal Strength: Good\nSecurity Type: WPA2-PSK\nRadio Type: 802.11, 2.4 GHz\nSSID: Corp-WLAN',
        ],
        from: 'title',
        only: true,
      },
    ],
  },
  {
    surface: 'menu of a connection',
    rows: [{ section: '1.1 row 14', where: '[role=menuitem]', labels: ['Connect', 'Properties'], only: true }],
  },
  {
    surface: 'menu of the notification area',
    rows: [
      {
        section: '1.2, recommended menu',
        where: ':scope > [role=menuitem]',
        labels: ['View available networks', 'Connect', 'Options'],
      },
    ],
  },
  {
    surface: 'taskbar',
    rows: [
      {
        section: '1.2, tooltip text',
        where: '.tray-button',
        labels: ['Not connected - Connections are available'],
        from: 'title',
        only: true,
      },
    ],
  },
  {
    surface: 'status, general',
    rows: [
      { section: '2', where: '.caption h2', labels: ['Demo Status'], only: true },
      { section: '2', where: '[role=tab]', labels: ['General', 'Details'] },
      { section: '2.1', where: '.rule-group h3', labels: ['Connection', 'Activity'], only: true },
      {
        section: '2.1',
        where: 'dt',
        labels: ['IPv4 Connectivity:', 'IPv6 Connectivity:', 'Media State:', 'Duration:'],
        only: true,
      },
      {
        section: '2.1',
        where: 'dd:not([data-testid])',
        labels: ['No Internet access', 'No network access', 'Connected'],
        only: true,
      },
      { section: '2.1', where: '[role=columnheader]', labels: ['Sent', 'Received'], only: true },
      { section: '2.1', where: '[role=rowheader]', labels: ['Bytes:', 'Compression', 'Errors:'], only: true },
      {
        section: '2.1',
        where: '[role=rowheader]:text-is("Compression") ~ [role=cell]',
        labels: ['0 %', '0 %'],
        only: true,
      },
      {
        section: '2.1',
        where: '.button-row button',
        labels: ['Details...', 'Properties', 'Disconnect', 'Diagnose'],
        only: true,
      },
      { section: '2.1', where: buttons, labels: ['Close'], only: true },
    ],
  },
  {
    surface: 'status, details',
    rows: [
      { section: '2.2', where: 'th', labels: ['Property', 'Value'], only: true },
      {
        section: '2.2',
        where: 'td:first-child',
        labels: [
          'Device Name',
          'Device Type',
          'Authentication',
          'Encryption',
          'Mobike Supported',
          'Client IPv4 address',
          'Server IPv4 address',
          'Network Adapter Used',
          'Origin address',
          'Destination address',
        ],
        only: true,
      },
      {
        section: '2.2',
        where: '[data-detail=device-name], [data-detail=device-type], [data-detail=mobike], [data-detail=server-ipv4]',
        labels: ['WAN Miniport (IKEv2)', 'vpn', 'Yes', '0.0.0.0'],
        only: true,
      },
    ],
  },
  {
    surface: 'properties, general',
    rows: [
      { section: '3', where: '.caption h2', labels: ['Demo Properties'], only: true },
      { section: '3', where: '[role=tab]', labels: ['General', 'Options', 'Security', 'Networking'] },
      { section: '3', where: buttons, labels: ['OK', 'Cancel'], only: true },
    ],
  },
  {
    surface: 'properties, security',
    rows: [
      {
        section: '3.3',
        where: 'label, legend, .to-right button',
        labels: [
          'Type of VPN:',
          'Advanced settings',
          'Data encryption:',
          'Authentication',
          'Use Extensible Authentication Protocol (EAP)',
          'Properties',
          'Use machine certificates',
        ],
      },
      {
        section: '3.3',
        where: 'option',
        labels: [
          'IKEv2',
          'Require encryption (disconnect if server declines)',
          'Secured password (EAP-MSCHAP v2) (encryption enabled)',
          'Smart Card or other certificate (encryption enabled)',
        ],
      },
    ],
  },
  {
    surface: 'properties, options',
    rows: [
      { section: '3.2', where: 'legend', labels: ['Dialing options', 'Redialing options'], only: true },
      {
        section: '3.2',
        where: 'label',
        labels: [
          'Display progress while connecting',
          'Prompt for name and password, certificate, etc.',
          'Include Windows logon domain',
          'Redial attempts:',
          'Time between redial attempts:',
          'Idle time before hanging up:',
          'Redial if line is dropped',
        ],
        only: true,
      },
      { section: '3.2', where: 'select option:checked', labels: ['1 minute', 'never'], only: true },
    ],
  },
  {
    surface: 'properties, networking',
    rows: [{ section: '3.5', where: 'label', labels: ['Use default gateway on remote network'] }],
  },
  {
    surface: 'advanced properties',
    rows: [
      { section: '3.4', where: '.caption h2', labels: ['Advanced Properties'], only: true },
      { section: '3.4', where: '[role=tab]', labels: ['IKEv2'], only: true },
      { section: '3.4', where: 'label', labels: ['Mobility', 'Network outage time:'] },
      {
        section: '3.4, outage items',
        where: 'option',
        labels: ['5 minutes', '10 minutes', '20 minutes', '30 minutes', '1 hour', '2 hours', '4 hours', '8 hours'],
        only: true,
      },
    ],
  },
  {
    surface: 'error',
    rows: [
      { section: '4.6', where: '.caption h2', labels: ['Error Connecting to Demo'], only: true },
      { section: '4.6', where: '.message p', labels: ['Error 13801: The connection could not be made.'] },
      { section: '4.6', where: buttons, labels: ['Redial', 'Diagnose', 'Close'], only: true },
    ],
  },
  {
    surface: 'credentials',
    rows: [
      { section: '5', where: '.caption h2', labels: ['Connect Demo'], only: true },
      { section: '5', where: '.credentials label', labels: ['User name:', 'Password:', 'Domain:'], only: true },
      {
        section: '5',
        where: '.save-for label',
        labels: [
          'Save this user name and password for the following users:',
          'Me only',
          'Anyone who uses this computer',
        ],
        only: true,
      },
      { section: '5', where: buttons, labels: ['Connect', 'Cancel', 'Properties', 'Help'], only: true },
    ],
  },
  {
    surface: 'progress',
    rows: [
      { section: '5', where: '.caption h2', labels: ['Connecting to Demo...'], only: true },
      { section: '5', where: '.progress-line p', labels: ['Registering your computer on the network...'], only: true },
      { section: '5', where: buttons, labels: ['Cancel'], only: true },
    ],
  },
];

/**
 * What Windows 7 has and we have otherwise, or not at all, and why. On the surface that is named, Windows' label must
 * not be found and ours must:
 * a row that is no longer true fails. Without a surface it is about what no page shows.
 */
const differences: readonly {
  readonly section: string;
  readonly surface: string | null;
  readonly windows: string | null;
  readonly ours: string | null;
  readonly reason: string;
}[] = [
  {
    section: '1.1 row 15',
    surface: 'View Available Networks',
    windows: 'Open Network and Sharing Center',
    ours: 'Open Network Connections',
    reason: 'It opens our page of that name; there is no such centre here.',
  },
  {
    section: '1.1 row 2',
    surface: 'View Available Networks, connected',
    windows: null,
    ours: 'Connected through Ethernet',
    reason: 'A third line says which adapter carries the connection: that is what this program is about.',
  },
  {
    section: '1.1 row 5',
    surface: 'View Available Networks',
    windows: null,
    ours: 'Network adapters',
    reason: 'Ours: a tunnel runs on them, so they are shown with their addresses.',
  },
  {
    section: '1.1 row 13',
    surface: null,
    windows: 'Radio Type: 802.11n',
    ours: 'Radio Type: 802.11, 2.4 GHz',
    reason: 'NetworkManager tells the frequency of an access point and not which generation of 802.11 it speaks.',
  },
  {
    section: '1.1 row 12',
    surface: null,
    windows: 'Connect',
    ours: null,
    reason:
      'A network whose key NetworkManager does not have is joined in the settings of the desktop, which know how to ask for it.',
  },
  {
    section: '1.2, tooltip text',
    surface: null,
    windows: 'Corp-WLAN',
    ours: null,
    reason: 'The icon is that of the VPN; the desktop has one of its own for its other networks.',
  },
  {
    section: '1.2, Windows 7 menu items',
    surface: 'menu of the notification area',
    windows: 'Troubleshoot problems',
    ours: null,
    reason: 'Diagnose is of a connection, and is where its status and its errors are.',
  },
  {
    section: '1.2, recommended menu',
    surface: 'menu of the notification area',
    windows: 'Display icon in notification area',
    ours: null,
    reason: 'The app lives in its icon: without it there would be no way back to its windows or to Exit.',
  },
  {
    section: '1.2, recommended menu',
    surface: 'menu of the notification area',
    windows: 'Exit',
    ours: 'IKEv2 log',
    reason:
      'A page in a browser cannot end the service: Exit is of the desktop app. The log is ours, and so is Start at login of the desktop app.',
  },
  {
    section: '1.2, recommended menu',
    surface: null,
    windows: '(default item in bold)',
    ours: null,
    reason: 'In the browser only: Electron draws no default item. It is the first.',
  },
  {
    section: '1.2, left double-click',
    surface: null,
    windows: '(default command)',
    ours: null,
    reason: 'In the browser only: Electron tells of no double click on Linux.',
  },
  {
    section: '2',
    surface: 'status, general',
    windows: null,
    ours: 'Mobility',
    reason: 'A third tab that Windows never had.',
  },
  {
    section: '2.1',
    surface: 'status, details',
    windows: 'Network Connection Details',
    ours: 'Details',
    reason: 'Details... brings the Details tab to the front, which has all of it; no second list says the same.',
  },
  {
    section: '2.2',
    surface: 'status, details',
    windows: 'EAP',
    ours: 'EAP-MSCHAPv2',
    reason: 'Which method it was is worth knowing.',
  },
  {
    section: '2.2',
    surface: 'status, details',
    windows: 'NAP State',
    ours: null,
    reason: 'Network Access Protection is gone from servers as well.',
  },
  {
    section: '3',
    surface: 'properties, general',
    windows: 'Sharing',
    ours: 'Certificate',
    reason: '3.5: not applicable to us, omitted. A tab of ours says by which certificates the server is known.',
  },
  {
    section: '3.2',
    surface: 'properties, options',
    windows: 'PPP Settings...',
    ours: 'IKE Settings...',
    reason: 'There is no PPP in an IKEv2 connection; what there is to set of IKE stands in its place.',
  },
  {
    section: '3.3',
    surface: 'properties, security',
    windows: 'Point to Point Tunneling Protocol (PPTP)',
    ours: null,
    reason: 'We speak IKEv2 alone, as 3.3 proposes; so with L2TP, SSTP and Automatic.',
  },
  {
    section: '3.3',
    surface: 'properties, security',
    windows: 'No encryption allowed (server will disconnect if it requires encryption)',
    ours: null,
    reason: 'There is never none, and never optional.',
  },
  {
    section: '3.3',
    surface: 'properties, security',
    windows: 'Maximum strength encryption (disconnect if server declines)',
    ours: null,
    reason: 'Which ciphers are proposed is said in the profile, cipher by cipher.',
  },
  {
    section: '3.3',
    surface: 'properties, security',
    windows: 'Microsoft: Secured password (EAP-MSCHAP v2) (encryption enabled)',
    ours: 'Secured password (EAP-MSCHAP v2) (encryption enabled)',
    reason: 'It is not Microsoft\u2019s.',
  },
  {
    section: '3.3',
    surface: 'properties, security',
    windows: 'Microsoft: Protected EAP (PEAP) (encryption enabled)',
    ours: 'Protected EAP (PEAP) with secured password (encryption enabled)',
    reason: 'The same, and PEAP is there once with each of its inner methods.',
  },
  {
    section: '3.4',
    surface: 'advanced properties',
    windows: 'L2TP',
    ours: null,
    reason: 'The tab of a type that we do not speak; a preshared key is a choice of Security.',
  },
  {
    section: '3.5',
    surface: 'properties, networking',
    windows: 'This connection uses the following items:',
    ours: null,
    reason: 'Linux binds no protocols to a connection.',
  },
  {
    section: '3.5',
    surface: 'properties, networking',
    windows: 'Disable class based route addition',
    ours: null,
    reason: 'Routes are those of the server or of the profile, never of a class.',
  },
  {
    section: '3.5',
    surface: 'properties, networking',
    windows: 'Automatic metric',
    ours: null,
    reason: 'Policy routing decides, not a metric.',
  },
  {
    section: '4.6',
    surface: 'error',
    windows: 'Redial = 60',
    ours: 'Redial',
    reason: 'It counts down only for what may heal by itself: repeating a wrong password would lock the account.',
  },
];

/** The labels that are there and visible, in the order of the page. */
async function labelsOf(scope: Locator, { where, from }: Row): Promise<readonly string[]> {
  const found = scope.locator(where);
  const all = await found.evaluateAll(
    (elements, attribute) =>
      elements
        .filter((element) => element.tagName === 'OPTION' || element.checkVisibility())
        .map((element) => (attribute === null ? (element.textContent ?? '').trim() : element.getAttribute(attribute))),
    from ?? null,
  );
  return all.filter((label): label is string => label !== null);
}

async function expectRows(scope: Locator, rows: readonly Row[]): Promise<void> {
  for (const row of rows) {
    const read = async (): Promise<readonly string[]> =>
      row.only === true
        ? labelsOf(scope, row)
        : (await labelsOf(scope, row)).filter((label) => row.labels.includes(label));
    await expect.poll(read, `${row.section}: ${row.where}`).toEqual(row.labels);
  }
}

for (const { surface, rows } of table) {
  test(`${surface}: ${[...new Set(rows.map(({ section }) => section))].join(', ')}`, async ({ page, url, demo }) => {
    const found = surfaceList.find(({ name }) => name === surface);
    if (found === undefined) throw new Error(`There is no surface "${surface}".`);
    await openSurface(page, url, demo, 'en', found);
    const scope = page.locator(found.selector).last();
    await expectRows(scope, rows);
    const all = await scope.locator('button, label, legend, option, h2, h3, th, td, dt, dd, span, p').allTextContents();
    const texts = all.map((text) => text.trim());
    for (const { windows, ours, section, reason } of differences.filter((each) => each.surface === surface)) {
      if (windows !== null) expect(texts, `${section}: ${reason}`).not.toContain(windows);
      if (ours !== null) expect(texts, `${section}: ${reason}`).toContain(ours);
    }
  });
}

test('what deliberately differs is of a surface that is looked at, or of none', () => {
  const surfaces = new Set(table.map(({ surface }) => surface));
  expect(differences.filter(({ surface }) => surface !== null && !surfaces.has(surface))).toEqual([]);
});

const open = async (page: Page, url: string): Promise<void> => {
  setLanguage('en');
  await page.goto(url);
  await page.locator('.panel').waitFor();
};

test('words that come and go: connectivity, progress, rows of the panel and the tooltip (1.1 rows 2, 3, 9; 1.2; 2.1; 5)', async ({
  page,
  url,
  demo,
}) => {
  await open(page, url);
  const progress = page.locator('.progress-line p');
  const row = page.locator('.panel-row-state');
  const tip = (): Promise<string | null> => page.locator('.tray-button').getAttribute('title');
  demo.setStatus('Demo', { state: 'Connecting', phase: 'connecting' });
  await expect(progress).toHaveText("Connecting to 127.0.0.1 using 'WAN Miniport (IKEv2)'...");
  await expect(row).toHaveText('Connecting...');
  demo.setStatus('Demo', { phase: 'authenticating' });
  await expect(progress).toHaveText('Verifying user name and password...');
  demo.setStatus('Demo', { phase: 'registering' });
  await expect(progress).toHaveText('Registering your computer on the network...');
  demo.setStatus('Demo', {
    state: 'Connected',
    phase: null,
    connectedSince: new Date().toISOString(),
    adapter: 'eth0',
    adapterLabel: 'Ethernet',
    tunnelAddresses: ['10.77.0.1/32', 'fd00::1/128'],
  });
  await expect.poll(tip).toBe('Demo\nNo Internet access\nConnected through Ethernet');
  await expect(row).toHaveText('Connected');
  expect(await row.evaluate((element) => Number(getComputedStyle(element).fontWeight))).toBeGreaterThanOrEqual(700);

  await page.locator('.panel').getByRole('button', { name: 'Status', exact: true }).click();
  const status = page.getByRole('dialog', { name: 'Demo Status' });
  const connectivity = status.locator('dd:not([data-testid])');
  await expect(connectivity).toHaveText(['No Internet access', 'No Internet access', 'Connected']);
  const everything = (
    profiles: Awaited<ReturnType<typeof demo.service.getSnapshot>>['profiles'],
    useDefaultGateway: boolean,
  ) => profiles.map((profile) => ({ ...profile, network: { ...profile.network, useDefaultGateway } }));
  const snapshot = await demo.service.getSnapshot(null);
  demo.push({ type: 'profiles', profiles: everything(snapshot.profiles, true), statuses: snapshot.statuses });
  await expect(connectivity).toHaveText(['Internet', 'Internet', 'Connected']);
  await expect.poll(tip).toBe('Demo\nInternet access\nConnected through Ethernet');
  demo.setStatus('Demo', { state: 'Dormant' });
  await expect(connectivity).toHaveText(['No network access', 'No network access', 'Dormant']);
  demo.setStatus('Demo', { state: 'Disconnecting' });
  await expect(connectivity).toHaveText(['Not connected', 'Not connected', 'Disconnecting...']);

  await page.locator('.tray-button').click();
  await expect(row).toHaveText('Disconnecting...');
  demo.setStatus('Demo', { state: 'Disconnected' });
  demo.push({ type: 'adapters', adapters: [] });
  await expect(page.locator('.panel-summary h2')).toHaveText('Not connected');
  await expect(page.locator('.panel-summary p')).toHaveText('No connections are available');
  await expect.poll(tip).toBe('Not connected - No connections are available');
  demo.push({
    type: 'wireless',
    networks: [
      {
        id: 'a',
        adapter: 'wlan0',
        name: 'CoffeeShop',
        signal: 50,
        security: 'open',
        frequency: 5180,
        state: 'available',
        joinable: true,
        automatically: false,
      },
    ],
  });
  await expect(page.locator('.panel-summary p')).toHaveText('Connections are available');
});

test('the menu of a connection that is up has Disconnect, Status and Properties (1.1 row 14)', async ({
  page,
  url,
  demo,
}) => {
  await open(page, url);
  demo.setStatus('Demo', { state: 'Connected' });
  await page.locator('[data-connection="Demo"]').click({ button: 'right' });
  await expect(page.getByRole('menuitem')).toHaveText(['Disconnect', 'Status', 'Properties']);
});

test('a saved password is grey text in brackets (5)', async ({ page, url, demo }) => {
  await open(page, url);
  demo.ask({
    id: 'saved',
    type: 'credentials',
    connection: 'Demo',
    kind: 'password',
    username: 'alice',
    domain: null,
    reason: null,
    canSave: true,
    hasSaved: true,
  });
  await expect(page.getByLabel('Password:')).toHaveAttribute('placeholder', /^\[.+\]$/);
});

test('a redial that is due is counted down on its button (4.6)', async ({ page, url, demo }) => {
  await open(page, url);
  demo.setStatus('Demo', { state: 'Connecting' });
  demo.setStatus('Demo', {
    state: 'Disconnected',
    redial: { attempt: 1, attempts: 3, at: new Date(Date.now() + 60_000).toISOString() },
    error: {
      code: 809,
      symbol: 'VPN_TIMEOUT',
      message: 'The server did not answer.',
      detail: null,
      ikeNotify: null,
      rule: null,
    },
  });
  const dialog = page.getByRole('dialog', { name: 'Error Connecting to Demo' });
  await expect(dialog.locator(buttons)).toHaveText([/^Redial = \d+$/, 'Diagnose', 'Close']);
});

test('Details... brings the Details tab to the front and gives it the focus (2.1)', async ({ page, url, demo }) => {
  await open(page, url);
  demo.setStatus('Demo', { state: 'Connected', tunnelAddresses: ['10.77.0.1/32'] });
  await page.locator('.panel').getByRole('button', { name: 'Status', exact: true }).click();
  await page.getByRole('button', { name: 'Details...' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('tab', { name: 'Details' })).toBeFocused();
  await expect(page.getByRole('tab', { name: 'Details' })).toHaveAttribute('aria-selected', 'true');
  await expect(page.getByRole('columnheader', { name: 'Property' })).toBeVisible();
});

test('the tray\u2019s menu: submenus by keyboard and pointer; what does not apply is left out (1.2)', async ({
  page,
  url,
  demo,
}) => {
  await open(page, url);
  const menu = page.getByRole('menu', { name: 'Notification area' });
  const items = menu.locator(':scope > [role=menuitem]');
  const icon = page.locator('.tray-button');
  await icon.click({ button: 'right' });
  await expect(items).toHaveText(['View available networks', 'Connect', 'IKEv2 log', 'Options']);
  // On one line each, although there is little room beside the pointer.
  for (const item of await items.all())
    expect(await item.evaluate((element) => element.scrollHeight <= element.clientHeight)).toBe(true);
  expect(
    await items.first().evaluate((element) => Number(getComputedStyle(element).fontWeight)),
  ).toBeGreaterThanOrEqual(700);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  const submenu = page.getByRole('menu', { name: 'Connect', exact: true });
  await expect(submenu.getByRole('menuitem')).toHaveText(['Demo']);
  await expect(submenu.getByRole('menuitem')).toBeFocused();
  const box = await submenu.boundingBox();
  expect((box?.x ?? 0) + (box?.width ?? 9999)).toBeLessThanOrEqual(1180);
  await page.keyboard.press('ArrowLeft');
  await expect(submenu).toHaveCount(0);
  await expect(items.nth(1)).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await expect(menu).toHaveCount(0);
  await expect(page.getByLabel('Password:')).toBeVisible();
  await page.keyboard.press('Escape');

  demo.setStatus('Demo', { state: 'Connected' });
  await icon.click({ button: 'right' });
  await expect(items).toHaveText(['View available networks', 'Disconnect', 'Status', 'IKEv2 log', 'Options']);
  await items.nth(2).hover();
  await page.getByRole('menu', { name: 'Status' }).getByRole('menuitem', { name: 'Demo' }).click();
  await expect(page.getByRole('dialog', { name: 'Demo Status' })).toBeVisible();

  // The menu of the desktop app, which the system draws.
  setLanguage('en');
  const nothing = (): undefined => undefined;
  const actions = {
    panel: nothing,
    connect: nothing,
    disconnect: nothing,
    status: nothing,
    options: nothing,
    startAtLogin: nothing,
    log: nothing,
    exit: nothing,
  };
  const template = trayMenu([sampleStatus('A'), sampleStatus('B', { state: 'Connected' })], [], actions, true);
  expect(template.map((item) => item.label ?? item.type)).toEqual([
    'View available networks',
    'Connect',
    'Disconnect',
    'separator',
    'Status',
    'IKEv2 log',
    'Start at login',
    'separator',
    'Options',
    'Exit',
  ]);
  expect(template.filter((item) => item.enabled === false)).toEqual([]);
});

test('the icon: one click opens the panel, a second closes it, a double click opens it (1.2)', async ({
  page,
  url,
}) => {
  await open(page, url);
  const icon = page.locator('.tray-button');
  const panel = page.locator('.panel');
  await icon.click();
  await expect(panel).toHaveCount(0);
  await icon.dblclick();
  await expect(panel).toBeVisible();
  await icon.click();
  await expect(panel).toHaveCount(0);
  // On mouse up, not before.
  const box = await icon.boundingBox();
  await page.mouse.move((box?.x ?? 0) + 5, (box?.y ?? 0) + 5);
  await page.mouse.down();
  await expect(panel).toHaveCount(0);
  await page.mouse.up();
  await expect(panel).toBeVisible();
});
