import type { Page } from '@playwright/test';
import type { StatusObject } from '../../src-core/connection/status';
import type { OfferedImport } from '../../src-main/api/contract';
import type { SecretKind, SecretReason } from '../../src-core/ports/secrets';
import { setLanguage, t, type TextKey } from '../../src-text';
import type { createFakeDemo } from './fake-demo';
import { sampleChoices, sampleNetworks, sampleServerPrompt, sampleToken } from './samples';

type Demo = ReturnType<typeof createFakeDemo>;

/**
 * One surface and how to get there from the first page, in the language that `setLanguage` of this process was given.
 */
export interface SurfaceCase {
  readonly name: string;
  /** Where it is. */
  readonly selector: string;
  readonly open: (page: Page, demo: Demo) => Promise<void>;
}

const dialog = (page: Page, key: TextKey): ReturnType<Page['getByRole']> =>
  page.getByRole('dialog', { name: t(key, { name: 'Demo' }), exact: true });
/** The window that is in front, by what it is: the part of its id before the colon. */
const top = (window: string): string => `.window:not(.inactive)[data-window="${window}"]`;

async function connectDemo(page: Page, password = 'demo'): Promise<void> {
  await page
    .locator('.panel')
    .getByRole('button', { name: t('button.connect'), exact: true })
    .click();
  await page.getByLabel(t('connect.password')).fill(password);
  await page.keyboard.press('Enter');
}

async function openStatus(page: Page, tab: TextKey): Promise<void> {
  await connectDemo(page);
  await page.locator('.progress-line').waitFor({ state: 'detached' });
  await page.locator('.taskbar [data-panel-toggle]').click();
  await page
    .locator('.panel')
    .getByRole('button', { name: t('panel.status') })
    .click();
  await dialog(page, 'status.title')
    .getByRole('tab', { name: t(tab) })
    .click();
}

async function openProperties(page: Page, tab: TextKey): Promise<void> {
  await page.locator('[data-connection="Demo"]').click({ button: 'right' });
  await page.getByRole('menuitem', { name: t('button.properties') }).click();
  await page.getByRole('tab', { name: t(tab), exact: true }).click();
}

async function openEap(page: Page, method: string): Promise<void> {
  await openProperties(page, 'properties.tab.security');
  await page.getByRole('combobox', { name: t('properties.use-eap') }).selectOption(method);
  await dialog(page, 'properties.title')
    .getByRole('button', { name: t('button.properties') })
    .click();
}

async function openConnections(page: Page, button: TextKey | null = null): Promise<void> {
  await page
    .locator('.panel')
    .getByRole('button', { name: t('panel.footer') })
    .click();
  await page.locator('.tile').first().click();
  if (button !== null)
    await page
      .getByRole('toolbar')
      .getByRole('button', { name: t(button), exact: true })
      .click();
}

const fail =
  (symbol: string, code: number, redial: StatusObject['redial'] = null) =>
  (demo: Demo): void => {
    demo.setStatus('Demo', { state: 'Connecting' });
    demo.setStatus('Demo', {
      state: 'Disconnected',
      redial,
      error: {
        code,
        symbol,
        message: 'The connection could not be made.',
        detail: 'trust-anchor: no trusted authority issued it; it says it was issued by CN=Stranger Root, O=Contoso',
        ikeNotify: 'AUTHENTICATION_FAILED',
        rule: null,
      },
    });
  };

const refused: SecretReason = {
  type: 'refused',
  error: {
    code: 691,
    symbol: 'AUTHENTICATION_FAILURE',
    message: 'The user name or password was not accepted. Check them and try again.',
    detail: null,
    ikeNotify: null,
    rule: 'credentials',
  },
};

const reasons: Readonly<Record<SecretKind, SecretReason | null>> = {
  password: refused,
  'new-password': refused,
  psk: null,
  pin: { type: 'pin-incorrect', wrong: 2, most: 3, pinState: 'final-try' },
  passphrase: { type: 'passphrase-incorrect' },
};

const credentials =
  (kind: SecretKind, canSave = true) =>
  (demo: Demo): void =>
    demo.ask({
      id: kind,
      type: 'credentials',
      connection: 'Demo',
      kind,
      username: 'alice',
      domain: kind === 'password' ? 'CONTOSO' : null,
      reason: reasons[kind],
      canSave,
      hasSaved: false,
    });

const notInForce = {
  settings: [
    { concern: 'tunnel', inForce: true, detail: 'avpn0' },
    {
      concern: 'dns',
      inForce: false,
      detail: 'split DNS needs systemd-resolved; all names go to the tunnel\u2019s servers',
    },
  ],
};

const offeredImport: OfferedImport = {
  fileName: 'contoso.agilevpn.json',
  report: {
    token: 'offered',
    format: 'agilevpn',
    profileName: 'Demo',
    replaces: true,
    acceptable: true,
    lines: [
      { key: 'server', outcome: 'understood', text: 'vpn.contoso.test' },
      { key: 'password', outcome: 'missing', text: 'It is asked for when you connect.' },
    ],
  },
};

/** Every surface of the program. */
export const surfaceList: readonly SurfaceCase[] = [
  { name: 'View Available Networks', selector: '.panel', open: async () => undefined },
  {
    name: 'View Available Networks, connected',
    selector: '.panel',
    open: async (page) => {
      await connectDemo(page);
      await page.locator('.progress-line').waitFor({ state: 'detached' });
      await page.locator('.taskbar [data-panel-toggle]').click();
    },
  },
  {
    name: 'View Available Networks, traffic blocked',
    selector: '.panel',
    open: async (_page, demo) => demo.setStatus('Demo', { trafficBlocked: true }),
  },
  {
    name: 'View Available Networks, settings not in force',
    selector: '.panel',
    open: async (_page, demo) => demo.setStatus('Demo', { state: 'Connected', ...notInForce }),
  },
  {
    name: 'View Available Networks, wireless networks',
    selector: '.panel',
    open: async (page, demo) => {
      demo.push({ type: 'wireless', networks: sampleNetworks });
      await page.locator('[data-network="CoffeeShop"]').click();
    },
  },
  {
    name: 'menu of the notification area',
    selector: '.menu',
    open: async (page) => page.locator('.tray-button').click({ button: 'right' }),
  },
  {
    name: 'menu of a connection',
    selector: '.menu',
    open: async (page) => page.locator('[data-connection="Demo"]').click({ button: 'right' }),
  },
  { name: 'taskbar', selector: '.taskbar', open: async () => undefined },
  {
    name: 'credentials',
    selector: top('credentials'),
    open: async (page, demo) => {
      credentials('password', false)(demo);
      await page.getByRole('button', { name: t('button.help') }).click();
    },
  },
  ...(['pin', 'new-password', 'psk', 'passphrase'] as const).map((kind) => ({
    name: kind,
    selector: top('credentials'),
    open: async (page: Page, demo: Demo) => {
      credentials(kind)(demo);
      await page.getByRole('button', { name: t('button.help') }).click();
    },
  })),
  {
    name: 'progress',
    selector: top('progress'),
    open: async (_page, demo) => demo.setStatus('Demo', { state: 'Connecting', phase: 'registering' }),
  },
  {
    name: 'server certificate',
    selector: top('server-certificate'),
    open: async (_page, demo) => demo.ask(sampleServerPrompt()),
  },
  {
    name: 'changed server certificate',
    selector: top('server-certificate'),
    open: async (_page, demo) =>
      demo.ask(
        sampleServerPrompt({ problem: 'changed', acceptedBefore: ['AA:BB:CC'], server: 'authentication-server' }),
      ),
  },
  {
    name: 'client certificates',
    selector: top('client-certificate'),
    open: async (_page, demo) =>
      demo.ask({ id: 'client', type: 'client-certificate', connection: 'Demo', choices: sampleChoices }),
  },
  {
    name: 'client certificates, one on a smart card chosen',
    selector: top('client-certificate'),
    open: async (page, demo) => {
      demo.ask({
        id: 'client',
        type: 'client-certificate',
        connection: 'Demo',
        choices: sampleChoices,
        noneWanted: true,
      });
      await page.getByRole('listbox').press('End');
    },
  },
  {
    name: 'a request that is refused',
    selector: top('failure'),
    open: async (page) => {
      await openConnections(page);
      await page.setInputFiles('input[type=file]', {
        name: 'large.sswan',
        mimeType: 'application/json',
        buffer: Buffer.alloc(1024 * 1024 + 1, 32),
      });
    },
  },
  { name: 'error', selector: top('error'), open: async (_page, demo) => fail('IKE_AUTH_FAIL', 13801)(demo) },
  {
    name: 'error with countdown',
    selector: top('error'),
    open: async (_page, demo) =>
      fail('LINK_FAILURE', 829, { attempt: 1, attempts: 3, at: new Date(Date.now() + 60_000).toISOString() })(demo),
  },
  {
    name: 'diagnosis',
    selector: top('diagnosis'),
    open: async (page, demo) => {
      fail('VPN_TIMEOUT', 809)(demo);
      await page.getByRole('button', { name: t('button.diagnose') }).click();
    },
  },
  {
    name: 'log',
    selector: top('log'),
    open: async (page) => {
      await connectDemo(page);
      await page
        .locator('.desktop-icons')
        .getByRole('button', { name: t('desktop.open-log') })
        .click();
      await page.locator('.log-row').first().click();
    },
  },
  { name: 'connections', selector: top('connections'), open: (page) => openConnections(page) },
  {
    name: 'new connection',
    selector: top('new-connection'),
    open: async (page) => {
      await openConnections(page, 'connections.new');
      await page.getByLabel(t('new.method')).selectOption('eap-tls');
    },
  },
  {
    name: 'import',
    selector: top('import'),
    open: async (page) => {
      await openConnections(page);
      await page.setInputFiles('input[type=file]', {
        name: 'contoso.sswan',
        mimeType: 'application/json',
        buffer: Buffer.from('{}'),
      });
      await page.locator('.import-lines').waitFor();
    },
  },
  {
    name: 'import that a link or an opened file offers',
    selector: top('import'),
    open: async (page, demo) => {
      await openConnections(page);
      demo.push({ type: 'offered-imports', offered: [offeredImport] });
      await page.locator('.import-lines').waitFor();
    },
  },
  {
    name: 'export',
    selector: top('export'),
    open: async (page) => {
      await openConnections(page, 'connections.export');
      await page.getByLabel(t('export.format')).selectOption('rasphone');
      await page.locator('.import-lines').waitFor();
    },
  },
  { name: 'remove', selector: top('remove'), open: (page) => openConnections(page, 'button.remove') },
  ...(['general', 'options', 'security', 'certificate', 'networking'] as const).map((tab) => ({
    name: `properties, ${tab}`,
    selector: top('properties'),
    open: (page: Page) => openProperties(page, `properties.tab.${tab}`),
  })),
  {
    name: 'IKE settings',
    selector: top('ike'),
    open: async (page) => {
      await openProperties(page, 'properties.tab.options');
      await page.getByRole('button', { name: t('properties.ike-settings') }).click();
    },
  },
  {
    name: 'advanced properties',
    selector: top('advanced'),
    open: async (page) => {
      await openProperties(page, 'properties.tab.security');
      await page.getByRole('button', { name: t('properties.advanced') }).click();
    },
  },
  { name: 'PEAP properties', selector: top('eap'), open: (page) => openEap(page, 'peap-mschapv2') },
  { name: 'EAP-TTLS properties', selector: top('eap'), open: (page) => openEap(page, 'eap-ttls') },
  { name: 'smart card properties', selector: top('smart-card'), open: (page) => openEap(page, 'eap-tls') },
  {
    name: 'smart card properties, a card chosen',
    selector: top('smart-card'),
    open: async (page, demo) => {
      demo.tokens.push(sampleToken);
      await openEap(page, 'eap-tls');
      await page.getByRole('combobox', { name: t('eap.smart-card') }).selectOption({ index: 1 });
    },
  },
  {
    name: 'view certificate',
    selector: top('certificate'),
    open: async (page) => {
      await openProperties(page, 'properties.tab.certificate');
      await page.setInputFiles('.authorities input[type=file]', {
        name: 'ca.pem',
        mimeType: 'application/x-pem-file',
        buffer: Buffer.from('-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n'),
      });
      await page.getByRole('button', { name: t('certificate.view') }).click();
    },
  },
  ...(['general', 'details', 'mobility'] as const).map((tab) => ({
    name: `status, ${tab}`,
    selector: top('status'),
    open: (page: Page) => openStatus(page, `status.tab.${tab}`),
  })),
  {
    name: 'status, settings not in force',
    selector: top('status'),
    open: async (page, demo) => {
      await openStatus(page, 'status.tab.general');
      demo.setStatus('Demo', notInForce);
      await page.locator('.not-in-force').waitFor();
    },
  },
  {
    name: 'status, Mobility, Dormant',
    selector: top('status'),
    open: async (page, demo) => {
      await openStatus(page, 'status.tab.mobility');
      demo.setStatus('Demo', {
        state: 'WaitingToReconnect',
        waitingFor: 'captive-portal',
        outageEndsAt: new Date(Date.now() + 1_000_000).toISOString(),
      });
    },
  },
];

/** Opens the first page in a language, and the surface in it. */
export async function openSurface(
  page: Page,
  url: string,
  demo: Demo,
  language: string,
  surface: SurfaceCase,
): Promise<void> {
  setLanguage(language);
  await page.addInitScript((wanted) => window.localStorage.setItem('agile-vpn.language', wanted), language);
  await page.goto(url);
  await page.locator('.panel').waitFor();
  await surface.open(page, demo);
  await page.locator(surface.selector).first().waitFor();
}
