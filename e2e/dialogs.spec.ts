import { expect, test } from './support/fake-host';

test('a wrong password shows its code and a plain sentence, and is not dialled again by itself', async ({
  page,
  url,
}) => {
  await page.goto(url);
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  const credentials = page.getByRole('dialog', { name: 'Connect Demo' });
  await credentials.getByLabel('Password:').fill('wrong');
  await credentials.getByRole('button', { name: 'Connect', exact: true }).click();
  const error = page.getByRole('dialog', { name: 'Error Connecting to Demo' });
  await expect(error).toContainText('Error 691: The user name or password was not accepted.');
  await expect(error.getByRole('button', { name: 'Redial', exact: true })).toBeVisible();
  await error.getByRole('button', { name: 'Close' }).first().click();
  await expect(error).toBeHidden();
});

test('a link lost for good counts down to the redial that the service will make; Close calls it off', async ({
  page,
  url,
  demo,
}) => {
  await page.goto(url);
  await expect(page.getByRole('dialog', { name: 'View available networks' })).toBeVisible();
  const lost = (redial: { attempt: number; attempts: number; at: string } | null): void => {
    demo.setStatus('Demo', { state: 'Connecting' });
    demo.setStatus('Demo', {
      state: 'Disconnected',
      redial,
      error: {
        code: 829,
        symbol: 'LINK_FAILURE',
        message: 'The link to Demo was lost and did not return within 30 minutes.',
        detail: null,
        ikeNotify: null,
        rule: null,
      },
    });
  };
  const dialog = page.getByRole('dialog', { name: 'Demo', exact: true });
  lost({ attempt: 2, attempts: 3, at: new Date(Date.now() + 60_000).toISOString() });
  await expect(dialog).toContainText('The link to Demo failed. Reconnect pending...');
  await expect(dialog).toContainText('Attempt 2 of 3');
  await expect(dialog.getByRole('button', { name: /^Redial = [56]\d$/ })).toBeVisible();
  await dialog.locator('.dialog-buttons').getByRole('button', { name: 'Close' }).click();
  await expect(dialog).toBeHidden();
  expect(demo.status('Demo').redial).toBeNull();

  // Nothing is due: no countdown.
  lost(null);
  await expect(dialog).toContainText('The link to Demo failed.');
  await expect(dialog).not.toContainText('pending');
  await expect(dialog.getByRole('button', { name: 'Redial', exact: true })).toBeVisible();
});

test('progress that shall not be shown is not; the panel still says what happens', async ({ page, url, demo }) => {
  await page.goto(url);
  const panel = page.getByRole('dialog', { name: 'View available networks' });
  await expect(panel).toBeVisible();
  demo.changeProfile('Demo', (profile) => ({ ...profile, dialing: { ...profile.dialing, showProgress: false } }));
  demo.setStatus('Demo', { state: 'Connecting', phase: 'authenticating' });
  await expect(panel.locator('[data-connection="Demo"]')).toContainText('Connecting...');
  await expect(page.locator('.progress-line')).toBeHidden();
});

test('Dormant keeps Duration counting, shows what is left of the outage, and comes back', async ({ page, url }) => {
  await page.goto(url);
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByLabel('Password:').fill('demo');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /^Network: Demo, No Internet access/ }).click();
  await page.getByRole('button', { name: 'Unplug Wi-Fi' }).click();
  await page.getByRole('button', { name: 'Unplug Ethernet' }).click();
  const panel = page.getByRole('dialog', { name: 'View available networks' });
  await expect(panel.locator('[data-connection="Demo"]')).toContainText('Dormant');
  await panel.getByRole('button', { name: 'Status' }).click();
  const status = page.getByRole('dialog', { name: 'Demo Status' });
  const before = await status.getByTestId('duration').textContent();
  await expect(status.getByTestId('duration')).not.toHaveText(before ?? '');
  await status.getByRole('tab', { name: 'Mobility' }).click();
  await expect(status).toContainText(/The connection is kept for another (29:\d\d|30:00)/);
  await expect(status).toContainText('No network adapter is connected.');
  await expect(status.locator('[data-lost]').first()).toBeAttached();
  await page.getByRole('button', { name: /^Network:/ }).click();
  await page.getByRole('button', { name: 'Plug in Wi-Fi' }).click();
  await expect(status).toContainText('Last switch: Ethernet to Wi-Fi');
});

test('text of a hostile gateway stays text', async ({ page, url, demo }) => {
  await page.goto(url);
  await expect(page.getByRole('dialog', { name: 'View available networks' })).toBeVisible();
  demo.push({
    type: 'prompt',
    prompt: {
      id: 'evil',
      type: 'credentials',
      connection: 'Demo',
      kind: 'password',
      username: 'x',
      domain: null,
      reason: {
        type: 'refused',
        error: {
          code: 691,
          symbol: 'AUTHENTICATION_FAILURE',
          message: `<img src=x onerror="document.title='owned'">\u202edrowssap\u0007${'A'.repeat(10_000)}`,
          detail: null,
          ikeNotify: null,
          rule: null,
        },
      },
      canSave: false,
      hasSaved: false,
    },
  });
  const hint = page.getByRole('alert');
  await expect(hint).toContainText('<img src=x onerror=');
  const text = (await hint.textContent()) ?? '';
  expect(text.length).toBeLessThanOrEqual(600);
  for (const hidden of ['\u202e', '\u0007']) expect(text).not.toContain(hidden);
  expect(await page.title()).not.toBe('owned');
});

test('everything from Connect to Status by keyboard alone', async ({ page, url }) => {
  await page.goto(url);
  const panel = page.getByRole('dialog', { name: 'View available networks' });
  await expect(panel).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(panel.getByRole('button', { name: 'Connect', exact: true })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('Password:')).toBeFocused();
  await page.keyboard.type('demo');
  await page.keyboard.press('Enter');
  const tray = page.getByRole('button', { name: /^Network: Demo, No Internet access/ });
  await tray.focus();
  await page.keyboard.press('Enter');
  await panel.getByRole('button', { name: 'Status' }).focus();
  await page.keyboard.press('Enter');
  const status = page.getByRole('dialog', { name: 'Demo Status' });
  await expect(status.getByRole('tab', { name: 'General' })).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect(status.getByRole('tab', { name: 'Details' })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Escape');
  await expect(status).toBeHidden();
});

test('the page comes back with the right state after a reload', async ({ page, url }) => {
  await page.goto(url);
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await expect(page.getByLabel('Password:')).toBeVisible();
  await page.reload();
  await page.getByLabel('Password:').fill('demo');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: /^Network: Demo, No Internet access/ })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('button', { name: /^Network: Demo, No Internet access/ })).toBeVisible();
});

/** Each secret by its own name: the line that saves it, and words of the help. null: it is never saved. */
const questions = {
  password: ['Save this user name and password for the following users:', 'Type the user name and password'],
  'new-password': ['Save the new password for the following users:', 'Your password has expired'],
  psk: ['Save this pre-shared key for the following users:', 'Type the pre-shared key'],
  passphrase: ['Save this passphrase for the following users:', 'Type the passphrase'],
  pin: [null, 'Type the PIN of your smart card or token.'],
} as const;

for (const [kind, [save, help]] of Object.entries(questions)) {
  test(`the question for a ${kind} speaks of that, and offers to save only what is ever saved`, async ({
    page,
    url,
    demo,
  }) => {
    await page.goto(url);
    await expect(page.getByRole('dialog', { name: 'View available networks' })).toBeVisible();
    const question = {
      id: 'q',
      type: 'credentials',
      connection: 'Demo',
      kind: kind as keyof typeof questions,
      username: 'alice',
      domain: null,
      reason: null,
      hasSaved: false,
    } as const;
    demo.ask({ ...question, canSave: true });
    const dialog = page.getByRole('dialog', { name: 'Connect Demo' });
    await dialog.getByRole('button', { name: 'Help' }).click();
    await expect(dialog).toContainText(help);
    const box = dialog.getByRole('checkbox');
    await expect(box).toHaveCount(save === null ? 0 : 1);
    if (save !== null) await expect(dialog.getByLabel(save, { exact: true })).toBeEnabled();
    const words = (await dialog.textContent()) ?? '';
    expect(words.includes('user name')).toBe(kind === 'password');
    for (const label of await dialog.locator('input[type=password]').all()) await label.fill('secret');
    if (save !== null) await box.check();
    await page.keyboard.press('Enter');
    await expect(dialog).toHaveCount(0);
    expect(demo.answers).toEqual([
      { type: 'credentials', username: kind === 'password' ? 'alice' : null, secret: 'secret', save: save !== null },
    ]);
    demo.ask({ ...question, id: 'unsafe', canSave: false });
    await expect(dialog.getByText('This computer has no safe place')).toHaveCount(save === null ? 0 : 1);
    if (save !== null) await expect(box).toBeDisabled();
  });
}

test('the details of an error are told apart from its sentence: they are English whatever the language', async ({
  page,
  url,
  demo,
}) => {
  await page.addInitScript(() => window.localStorage.setItem('agile-vpn.language', 'de'));
  await page.goto(url);
  await expect(page.locator('.panel')).toBeVisible();
  demo.setStatus('Demo', { state: 'Connecting' });
  demo.setStatus('Demo', {
    state: 'Disconnected',
    error: {
      code: 13801,
      symbol: 'IKE_AUTH_FAIL',
      message: 'x',
      detail: 'names in the certificate: other.contoso.test',
      ikeNotify: null,
      rule: 'server-name',
    },
  });
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('Technische Einzelheiten (englisch): names in the certificate: other.contoso.test');
  await expect(alert.locator('[lang=en]')).toHaveText('names in the certificate: other.contoso.test');
});
