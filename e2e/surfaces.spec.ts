import type { Page } from '@playwright/test';
import { seriousViolations } from './support/axe';
import { expect, test } from './support/fake-host';
import {
  hostileCharacters,
  hostileText,
  sampleCertificate,
  sampleChoices,
  sampleServerPrompt,
  sampleStep,
} from './support/samples';

type Demo = Parameters<Parameters<typeof test>[2]>[0]['demo'];

const properties = async (page: Page, tab: string): Promise<void> => {
  await page.locator('[data-connection="Demo"]').click({ button: 'right' });
  await page.getByRole('menuitem', { name: /^(Properties|Eigenschaften)$/ }).click();
  await page.getByRole('tab', { name: tab }).click();
};
const eap = async (page: Page, method: string): Promise<void> => {
  await properties(page, 'Security');
  await page.getByRole('combobox', { name: 'Use Extensible Authentication Protocol (EAP)' }).selectOption(method);
  await page.getByRole('dialog', { name: 'Demo Properties' }).getByRole('button', { name: 'Properties' }).click();
};

/** Surfaces of sign-in, certificates and diagnosis, how to get there, and what the dialog is called. */
const surfaces: readonly {
  readonly name: string;
  readonly title: string;
  readonly open: (page: Page, demo: Demo) => Promise<unknown>;
}[] = [
  { name: 'server certificate', title: 'Connect Demo', open: async (_page, demo) => demo.ask(sampleServerPrompt()) },
  {
    name: 'changed server certificate',
    title: 'Connect Demo',
    open: async (_page, demo) =>
      demo.ask(
        sampleServerPrompt({ problem: 'changed', acceptedBefore: ['AA:BB:CC'], server: 'authentication-server' }),
      ),
  },
  {
    name: 'client certificates',
    title: 'Connect Demo',
    open: async (_page, demo) =>
      demo.ask({ id: 'client', type: 'client-certificate', connection: 'Demo', choices: sampleChoices }),
  },
  ...(['pin', 'new-password', 'psk', 'passphrase'] as const).map((kind) => ({
    name: kind,
    title: 'Connect Demo',
    open: async (_page: Page, demo: Demo) =>
      demo.ask({
        id: kind,
        type: 'credentials',
        connection: 'Demo',
        kind,
        username: 'alice',
        domain: null,
        reason: { type: 'pin-incorrect', wrong: 1, most: 3, pinState: 'fine' },
        canSave: true,
        hasSaved: false,
      }),
  })),
  { name: 'certificate rules', title: 'Demo Properties', open: (page) => properties(page, 'Certificate') },
  { name: 'PEAP properties', title: 'Protected EAP Properties', open: (page) => eap(page, 'peap-mschapv2') },
  { name: 'EAP-TTLS properties', title: 'EAP-TTLS Properties', open: (page) => eap(page, 'eap-ttls') },
  {
    name: 'smart card properties',
    title: 'Smart Card or other Certificate Properties',
    open: (page) => eap(page, 'eap-tls'),
  },
  {
    name: 'diagnosis',
    title: 'Diagnosis of Demo',
    open: async (page, demo) => {
      demo.setStatus('Demo', { state: 'Connecting' });
      demo.setStatus('Demo', {
        state: 'Disconnected',
        error: {
          code: 809,
          symbol: 'VPN_TIMEOUT',
          message: 'The server did not answer.',
          detail: null,
          ikeNotify: null,
          rule: null,
        },
      });
      await page
        .getByRole('dialog', { name: 'Error Connecting to Demo' })
        .getByRole('button', { name: 'Diagnose' })
        .click();
    },
  },
];

/** The parts of the dialog that keep more text than they show, across; below it may scroll. */
const cutOff = (page: Page, title: string): Promise<readonly string[]> =>
  page
    .getByRole('dialog', { name: title, exact: true })
    .evaluate((dialog) =>
      [...dialog.querySelectorAll<HTMLElement>('button:not(.bare), label, legend, h3, p, .client')]
        .filter(
          (element) =>
            element.checkVisibility() && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0,
        )
        .map((element) => `${element.tagName}.${element.className} ${(element.textContent ?? '').slice(0, 60)}`),
    );

for (const { name, title, open } of surfaces) {
  test(`${name}: axe finds nothing serious, light or dark; the Tab key reaches every control; Escape closes; nothing is cut off, also at 200 % zoom and from right to left`, async ({
    page,
    url,
    demo,
  }) => {
    await page.goto(url);
    await expect(page.getByRole('dialog', { name: 'View available networks' })).toBeVisible();
    await open(page, demo);
    const dialog = page.getByRole('dialog', { name: title, exact: true });
    await expect(dialog).toBeVisible();
    for (const theme of ['light', 'dark']) {
      await page.evaluate((value) => (document.documentElement.dataset['theme'] = value), theme);
      expect(await seriousViolations(page, '.window'), theme).toEqual([]);
    }
    await page.evaluate(() => (document.documentElement.dataset['theme'] = 'light'));

    // Each control that can be used gets the focus by Tab alone, and the focus is inside from the start.
    await expect(dialog.locator(':focus')).toHaveCount(1);
    const controls = await dialog
      .locator(
        'button:not(:disabled):not([tabindex="-1"]), input:not(:disabled):not([tabindex="-1"]):not([type=radio]), select:not(:disabled)',
      )
      .count();
    await page.evaluate(() =>
      document.querySelectorAll('[data-reached]').forEach((element) => element.removeAttribute('data-reached')),
    );
    for (let step = 0; step < 80; step++) {
      await page.keyboard.press('Tab');
      await page.evaluate(() => document.activeElement?.setAttribute('data-reached', ''));
    }
    expect(
      await dialog.locator('button[data-reached], input[data-reached]:not([type=radio]), select[data-reached]').count(),
    ).toBe(controls);

    expect(await cutOff(page, title)).toEqual([]);
    await page.evaluate(() => (document.documentElement.dir = 'rtl'));
    expect(await cutOff(page, title), 'right to left').toEqual([]);
    await page.evaluate(() => (document.documentElement.dir = 'ltr'));
    await page.setViewportSize({ width: 590, height: 360 });
    const box = await dialog.boundingBox();
    expect(box?.width ?? 999).toBeLessThanOrEqual(590);
    expect(box?.height ?? 999).toBeLessThanOrEqual(360);

    await dialog.locator('button').last().focus();
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
  });
}

const hostile = sampleCertificate({
  subject: hostileText,
  issuer: hostileText,
  issuerName: hostileText,
  commonName: hostileText,
  organization: hostileText,
  organizationalUnit: hostileText,
  names: [hostileText],
  serial: hostileText,
  extendedKeyUsage: [hostileText],
  publicKey: hostileText,
  signature: hostileText,
  fingerprintSha256: hostileText,
  notBefore: hostileText,
  notAfter: hostileText,
});

test("hostile certificates cannot spoof the question about a server, nor the choice among one's own", async ({
  page,
  url,
  demo,
}) => {
  await page.goto(url);
  await expect(page.getByRole('dialog', { name: 'View available networks' })).toBeVisible();
  const dialog = page.getByRole('dialog', { name: 'Connect Demo' });
  const prompts = [
    sampleServerPrompt({
      certificate: hostile,
      reason: hostileText,
      expectedName: hostileText,
      problem: 'changed',
      acceptedBefore: [hostileText],
    }),
    {
      id: 'client',
      type: 'client-certificate' as const,
      connection: 'Demo',
      choices: [
        { ...hostile, source: { type: 'token' as const, module: hostileText, token: hostileText, id: hostileText } },
      ],
    },
  ];
  for (const prompt of prompts) {
    demo.push({ type: 'prompt', prompt });
    await expect(dialog).toContainText('<img src=x onerror=');
    const text = (await dialog.textContent()) ?? '';
    for (const character of hostileCharacters) expect(text.includes(character), JSON.stringify(character)).toBe(false);
    expect(text.length).toBeLessThan(6_000);
    // The buttons stay where they are, and not connecting is what Enter does.
    await expect(dialog.locator('.dialog-buttons button').last()).toBeInViewport();
    if (prompt.type === 'server-certificate')
      await expect(dialog.getByRole('button', { name: 'Do not connect' })).toBeFocused();
    demo.push({ type: 'prompt-closed', id: prompt.id });
    await expect(dialog).toBeHidden();
  }
  expect(await page.title()).not.toBe('owned');
});

test('a hostile server cannot spoof the diagnosis', async ({ page, url, demo }) => {
  await page.goto(url);
  await surfaces.find(({ name }) => name === 'diagnosis')?.open(page, demo);
  const dialog = page.getByRole('dialog', { name: 'Diagnosis of Demo' });
  await expect(dialog).toContainText('UDP port 4500');
  const expectHarmless = async (): Promise<void> => {
    await expect(dialog).toContainText('<img src=x onerror=');
    const text = (await dialog.textContent()) ?? '';
    for (const character of hostileCharacters) expect(text.includes(character)).toBe(false);
    expect(text.length).toBeLessThan(2_000);
  };
  demo.push({
    type: 'diagnosis',
    diagnosis: {
      connection: 'Demo',
      running: false,
      startedAt: '',
      steps: [
        {
          step: 'name',
          outcome: 'failed',
          text: hostileText,
          advice: hostileText,
          finding: null,
          adviceKey: null,
          error: null,
          milliseconds: 1,
        },
      ],
    },
  });
  await expectHarmless();
  const error = {
    code: 13801,
    symbol: 'IKE_AUTH_FAIL',
    message: hostileText,
    detail: hostileText,
    ikeNotify: null,
    rule: null,
  };
  const findings = [
    sampleStep('name', 'passed', { key: 'name-found', values: { server: hostileText, addresses: [hostileText] } }),
    sampleStep('certificate', 'failed', { key: 'error-detail', values: {} }, 'do-not-go-on', error),
  ];
  for (const step of findings) {
    demo.push({ type: 'diagnosis', diagnosis: { connection: 'Demo', running: false, startedAt: '', steps: [step] } });
    await expect(dialog.locator(`[data-step=${step.step}]`)).toBeVisible();
    await expectHarmless();
  }
});

test('the default of the question about a server is not to connect; the answer is what was chosen', async ({
  page,
  url,
  demo,
}) => {
  await page.goto(url);
  await expect(page.getByRole('dialog', { name: 'View available networks' })).toBeVisible();
  demo.setStatus('Demo', { state: 'Connecting', phase: 'authenticating' });
  demo.ask(sampleServerPrompt());
  const dialog = page.getByRole('dialog', { name: 'Connect Demo' });
  await expect(dialog.getByRole('button', { name: 'Do not connect' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  expect(demo.answers.at(-1)).toEqual({ type: 'cancel' });
  demo.ask({ id: 'client', type: 'client-certificate', connection: 'Demo', choices: sampleChoices });
  await expect(dialog.getByRole('listbox')).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(dialog).toContainText('On the smart card Contoso badge');
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  expect(demo.answers.at(-1)).toEqual({ type: 'choose', index: 1 });
});

test('PEAP and certificate rules become part of the profile with OK, and only then', async ({ page, url, demo }) => {
  await page.goto(url);
  await expect(page.getByRole('dialog', { name: 'View available networks' })).toBeVisible();
  await eap(page, 'peap-mschapv2');
  const peap = page.getByRole('dialog', { name: 'Protected EAP Properties' });
  await expect(peap.getByLabel('Validate server certificate')).toBeChecked();
  await expect(peap.getByLabel('Validate server certificate')).toBeDisabled();
  await peap.getByRole('checkbox', { name: 'Connect to these servers:' }).check();
  await peap.getByRole('textbox', { name: 'Connect to these servers:' }).fill('radius.contoso.test; *.contoso.test');
  await peap.getByLabel('Disconnect if server does not present cryptobinding TLV').check();
  await peap.getByLabel('Enable Identity Privacy').check();
  await peap.getByLabel('Select Authentication Method:').selectOption('peap-tls');
  await peap.getByRole('button', { name: 'OK' }).click();
  const sheet = page.getByRole('dialog', { name: 'Demo Properties' });
  await sheet.getByRole('tab', { name: 'Certificate' }).click();
  await sheet.getByLabel('Common name (CN):').fill('vpn.contoso.test');
  await sheet.getByLabel('Revocation:').selectOption('strict');
  await sheet.locator('input[type=file]').setInputFiles({
    name: 'ca.pem',
    mimeType: 'application/x-pem-file',
    buffer: Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'),
  });
  await expect(sheet.getByRole('option', { name: 'vpn.contoso.test' })).toBeVisible();
  expect(demo.saved).toEqual([]);
  await sheet.getByRole('button', { name: 'OK' }).click();
  await expect(sheet).toBeHidden();
  expect(demo.saved).toMatchObject([
    {
      authentication: {
        method: 'peap-tls',
        serverNames: ['radius.contoso.test', '*.contoso.test'],
        requireCryptobinding: true,
        anonymousIdentity: 'anonymous',
      },
      serverCertificate: {
        commonName: 'vpn.contoso.test',
        revocation: 'strict',
        authorities: ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
      },
    },
  ]);
});

test('the appearance follows the desktop and the choice, and is kept', async ({ page, url }) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto(url);
  const root = page.locator('html');
  await expect(root).toHaveAttribute('data-theme', 'dark');
  expect(await seriousViolations(page, '.panel')).toEqual([]);
  await page.emulateMedia({ colorScheme: 'light' });
  await expect(root).toHaveAttribute('data-theme', 'light');
  await page.getByRole('button', { name: 'Open Network Connections' }).click();
  await page.getByLabel('Appearance').selectOption('dark');
  await expect(root).toHaveAttribute('data-theme', 'dark');
  expect(await seriousViolations(page, '.window')).toEqual([]);
  await page.reload();
  await expect(root).toHaveAttribute('data-theme', 'dark');
});

test('reduced motion: nothing moves', async ({ page, url }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto(url);
  await expect(page.getByRole('dialog', { name: 'View available networks' })).toBeVisible();
  expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
});

test('from right to left the panel stands at the left, with its text at the right', async ({ page, url }) => {
  await page.goto(url);
  await page.evaluate(() => (document.documentElement.dir = 'rtl'));
  const panel = page.locator('.panel');
  expect((await panel.boundingBox())?.x).toBeLessThan(20);
  const row = await panel.locator('.panel-row-line').boundingBox();
  const name = await panel.locator('.panel-row-name bdi').boundingBox();
  const icon = await panel.locator('.panel-row-line .icon').boundingBox();
  expect(icon?.x ?? 999).toBeLessThan(name?.x ?? 0);
  expect((row?.x ?? 0) + (row?.width ?? 0) - ((name?.x ?? 0) + (name?.width ?? 0))).toBeLessThan(20);
  expect(await seriousViolations(page, '.panel')).toEqual([]);
});
