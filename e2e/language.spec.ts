import type { Page } from '@playwright/test';
import type { SecretKind, SecretReason } from '../src-core/ports/secrets';
import { expect, test } from './support/fake-host';
import { sampleStep } from './support/samples';

/** Texts that do not fit their place, in what is visible now. */
async function cutOff(page: Page): Promise<readonly string[]> {
  return page.evaluate(() =>
    [
      ...document.querySelectorAll<HTMLElement>(
        'button:not(.bare), label, legend, dt, th, [role=tab], [role=rowheader], [role=columnheader], .caption h2, .panel-section-header span, .panel-row-state',
      ),
    ]
      .filter(
        (element) =>
          element.checkVisibility() && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0,
      )
      .map((element) => `${element.tagName} ${element.textContent ?? ''}`),
  );
}

test('the language is switched in Network Connections, kept after a reload, and nothing is cut off in it', async ({
  page,
  url,
}) => {
  await page.goto(url);
  await page.getByRole('button', { name: 'Open Network Connections' }).click();
  await page.getByLabel('Language').selectOption('de');
  await expect(page.getByRole('dialog', { name: 'Netzwerkverbindungen' })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  expect(await cutOff(page)).toEqual([]);
  await page.reload();

  const panel = page.getByRole('dialog', { name: 'Verfügbare Netzwerke anzeigen' });
  await expect(panel).toBeVisible();
  expect(await cutOff(page)).toEqual([]);
  await panel.locator('[data-connection="Demo"]').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Eigenschaften' }).click();
  for (const tab of ['Allgemein', 'Optionen', 'Netzwerk', 'Sicherheit']) {
    await page.getByRole('tab', { name: tab }).click();
    expect(await cutOff(page)).toEqual([]);
  }
  await page.getByRole('button', { name: 'Erweiterte Einstellungen' }).click();
  await expect(page.getByLabel('Netzwerkausfallzeit:')).toHaveValue('1800');
  expect(await cutOff(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: /^Netzwerk:/ }).click();
  await panel.getByRole('button', { name: 'Verbinden', exact: true }).click();
  await expect(page.getByLabel('Kennwort:')).toBeVisible();
  expect(await cutOff(page)).toEqual([]);
  await page.getByLabel('Kennwort:').fill('demo');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /^Netzwerk: Demo, Kein Internetzugriff, Verbunden über/ }).click();
  await panel.getByRole('button', { name: 'Status' }).click();
  for (const tab of ['Allgemein', 'Details', 'Mobilität']) {
    await page.getByRole('tab', { name: tab }).click();
    expect(await cutOff(page)).toEqual([]);
  }
});

test('a diagnosis is said in German: findings, advice and the errors inside', async ({ page, url, demo }) => {
  await page.goto(url);
  await page.getByRole('button', { name: 'Open Network Connections' }).click();
  await page.getByLabel('Language').selectOption('de');
  await expect(page.getByRole('dialog', { name: 'Netzwerkverbindungen' })).toBeVisible();
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
  await page.getByRole('button', { name: 'Diagnose' }).click();
  const dialog = page.getByRole('dialog', { name: 'Untersuchung von Demo' });
  await expect(dialog.locator('[data-step=name]')).toContainText('vpn.contoso.test ist 198.51.100.7.');
  await expect(dialog.locator('[data-step=udp-500]')).toContainText(
    'Der Server antwortet auf UDP-Port 500 über Ethernet (203.0.113.5) in 3,1 ms.',
  );
  await expect(dialog.locator('[data-step=udp-4500]')).toContainText(
    'Der Server antwortet auf UDP-Port 4500 nicht über Ethernet (203.0.113.5).',
  );
  await expect(dialog.locator('[data-step=udp-4500] .advice')).toHaveText(/^UDP-Port 4500 trägt den Tunnel/);
  await expect(dialog.locator('[data-step=traffic]')).toContainText(
    'Nicht erreicht: Ein früherer Schritt ist fehlgeschlagen.',
  );
  const error = {
    code: 13801,
    symbol: 'IKE_AUTH_FAIL',
    message: 'The identities could not be verified.',
    detail: 'name: vpn.contoso.test',
    ikeNotify: null,
    rule: 'server-name',
  } as const;
  demo.push({
    type: 'diagnosis',
    diagnosis: {
      connection: 'Demo',
      running: false,
      startedAt: '',
      steps: [sampleStep('certificate', 'failed', { key: 'error-detail', values: {} }, 'do-not-go-on', error)],
    },
  });
  await expect(dialog.locator('[data-step=certificate]')).toContainText(
    'Die Identitäten konnten nicht geprüft werden. Der Name des Servers steht nicht im Zertifikat. (name: vpn.contoso.test)',
  );
  expect(await dialog.textContent()).not.toMatch(/could not|server|Choose/);
});

test('why a secret is asked for again is said in German, and at once in English when that is chosen', async ({
  page,
  url,
  demo,
}) => {
  const refused = (symbol: string, code: number): SecretReason => ({
    type: 'refused',
    error: { code, symbol, message: 'The sentence of the engine.', detail: null, ikeNotify: null, rule: null },
  });
  const cases: readonly (readonly [SecretKind, SecretReason, string])[] = [
    [
      'pin',
      { type: 'pin-incorrect', wrong: 2, most: 3, pinState: 'final-try' },
      'Die PIN wurde nicht angenommen (2 von 3 Versuchen). Nur ein Versuch bleibt, bevor sich die Smartcard sperrt.',
    ],
    ['pin', { type: 'pin-final-try' }, 'Nur ein Versuch bleibt, bevor sich die Smartcard sperrt.'],
    ['passphrase', { type: 'passphrase-incorrect' }, 'Die Passphrase Ihres Zertifikats wurde nicht angenommen.'],
    ['new-password', refused('PASSWD_EXPIRED', 648), 'Ihr Kennwort ist abgelaufen.'],
    ['psk', refused('VPN_BAD_PSK', 811), 'Der vorinstallierte Schlüssel wurde nicht angenommen.'],
    [
      'password',
      refused('AUTHENTICATION_FAILURE', 691),
      'Der Benutzername oder das Kennwort wurde nicht angenommen. Prüfen Sie beides, und versuchen Sie es erneut.',
    ],
  ];
  await page.goto(url);
  await page.getByRole('button', { name: 'Open Network Connections' }).click();
  await page.getByLabel('Language').selectOption('de');
  for (const [kind, reason, sentence] of cases) {
    demo.ask({
      id: 'again',
      type: 'credentials',
      connection: 'Demo',
      kind,
      username: 'alice',
      domain: null,
      reason,
      canSave: true,
      hasSaved: false,
    });
    await expect(page.getByRole('alert')).toHaveText(sentence);
    expect(await cutOff(page)).toEqual([]);
  }
  await page.getByLabel('Sprache').selectOption('en');
  await expect(page.getByRole('alert')).toHaveText('The sentence of the engine.');
});
