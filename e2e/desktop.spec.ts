import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './support/desktop';

const name = 'Demo gateway';
const connectedTip = `${name}\nNo Internet access\nConnected through Ethernet`;
const idleTip = 'Not connected - Connections are available';

/**
 * The window closes as the key goes down: there may be no page left for it to come up in. What follows checks that it
 * closed.
 */
const closingKey = (page: Page, key: string): Promise<void> => page.keyboard.press(key).catch(() => undefined);

test('the app opens its panel from the tray; every window is sandboxed and frameless', async ({ desktop }) => {
  await desktop.page('#panel');
  const state = await desktop.state();
  expect(state.sandboxed).toBe(true);
  expect(state.permissionGranted).toBe(false);
  expect(state.privileged).toEqual([
    { scheme: 'agile-vpn-app', privileges: { standard: true, secure: true, codeCache: true } },
  ]);
  for (const window of state.windows) {
    expect(window.frame).toBe(false);
    expect(window.webPreferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
    });
  }
  await expect.poll(async () => (await desktop.state()).windows[0]?.visible).toBe(true);
  // A second click on the icon closes it, although the icon has taken the focus, and so hidden it, before.
  await desktop.command({ do: 'tray-click-over-panel' });
  expect((await desktop.state()).windows[0]?.visible).toBe(false);
  await desktop.command({ do: 'tray-click' });
  expect((await desktop.state()).windows[0]?.visible).toBe(true);
  await desktop.command({ do: 'blur-panel' });
  expect((await desktop.state()).windows[0]?.visible).toBe(false);
});

test('connect, watch the status move to Wi-Fi, disconnect and exit, all through windows of their own', async ({
  desktop,
}) => {
  const panel = await desktop.page('#panel');
  await panel.getByRole('button', { name: 'Connect', exact: true }).click();
  await expect.poll(async () => (await desktop.state()).tray?.tooltip).toBe(connectedTip);
  expect((await desktop.state()).tray?.picture).toMatch(/connected\.png$/);
  await desktop.command({ do: 'menu', path: ['Status', name] });
  const status = await desktop.page('#status/Demo%20gateway');
  await status.getByRole('tab', { name: 'Details' }).click();
  await expect(status.locator('[data-detail="adapter"]')).toHaveText('Ethernet');
  await desktop.command({ do: 'tray-click' });
  const again = await desktop.page('#panel');
  await again.getByRole('button', { name: 'Unplug Ethernet' }).click();
  await expect(status.locator('[data-detail="adapter"]')).toHaveText('Wi-Fi');
  await expect
    .poll(async () => (await desktop.state()).tray?.tooltip)
    .toBe(`${name}\nNo Internet access\nConnected through Wi-Fi`);
  await desktop.command({ do: 'menu', path: ['Disconnect', name] });
  await expect.poll(async () => (await desktop.state()).tray?.tooltip).toBe(idleTip);
  expect(await desktop.quit()).toBe(0);
});

test('killing the renderers leaves the tunnel up; the windows come back with the right state', async ({ desktop }) => {
  const panel = await desktop.page('#panel');
  await panel.getByRole('button', { name: 'Connect', exact: true }).click();
  await expect.poll(async () => (await desktop.state()).tray?.tooltip).toBe(connectedTip);
  await desktop.command({ do: 'menu', path: ['Status', name] });
  const status = await desktop.page('#status/Demo%20gateway');
  const since = status.getByTestId('duration');
  await expect(since).toHaveText(/\d\d:\d\d:0[1-9]/);
  const crashed = status.waitForEvent('crash');
  await desktop.command({ do: 'crash', window: '#status/Demo%20gateway' });
  await crashed;
  await expect.poll(() => desktop.diagnostics()).toContain('The process of a page ended');
  expect((await desktop.state()).tray?.tooltip).toBe(connectedTip);
  const again = await desktop.page('#status/Demo%20gateway', status);
  // The same connection: its time counts on from where it was, and its pings answer.
  await expect(again.getByTestId('duration')).toHaveText(/\d\d:\d\d:(0[2-9]|[1-5]\d)/);
  await again.getByRole('tab', { name: 'Mobility' }).click();
  await expect
    .poll(async () => Number(await again.getByTestId('round-trip-summary').getAttribute('data-answered-count')))
    .toBeGreaterThan(3);
  await expect(again.getByTestId('round-trip-summary')).toHaveAttribute('data-lost-count', '0');
  expect(
    (await desktop.state()).windows
      .filter((window) => window.url.endsWith('#status/Demo%20gateway'))
      .map((window) => window.visible),
  ).toEqual([true]);
  await again.getByRole('tab', { name: 'General' }).click();
  await again.getByRole('button', { name: 'Disconnect' }).click();
  await expect.poll(async () => (await desktop.state()).tray?.tooltip).toBe(idleTip);
});

test('the page of a question is killed: the question is asked again and its answer connects', async ({ desktop }) => {
  const panel = await desktop.page('#panel');
  await panel.evaluate(async () => {
    await (
      window as unknown as { agileVpn: { request(name: string, args: unknown): Promise<unknown> } }
    ).agileVpn.request('forgetSecrets', { name: 'Demo gateway' });
  });
  await panel.getByRole('button', { name: 'Connect', exact: true }).click();
  const dialog = await desktop.page('#connect/Demo%20gateway');
  await dialog.getByLabel('Password:').fill('half ty');
  await desktop.command({ do: 'crash', window: '#connect/Demo%20gateway' });
  await expect.poll(() => desktop.diagnostics()).toContain('The process of a page ended');
  const again = await desktop.page('#connect/Demo%20gateway', dialog);
  await expect(again.getByLabel('Password:')).toHaveValue('');
  await again.getByLabel('Password:').fill('demo');
  await closingKey(again, 'Enter');
  await expect.poll(async () => (await desktop.state()).tray?.tooltip).toBe(connectedTip);
});

test('the credentials window opens by itself and closes when it was answered', async ({ desktop }) => {
  const panel = await desktop.page('#panel');
  await panel.evaluate(async () => {
    await (
      window as unknown as { agileVpn: { request(name: string, args: unknown): Promise<unknown> } }
    ).agileVpn.request('forgetSecrets', { name: 'Demo gateway' });
  });
  await panel.getByRole('button', { name: 'Connect', exact: true }).click();
  const dialog = await desktop.page('#connect/Demo%20gateway');
  await dialog.getByLabel('Password:').fill('demo');
  await closingKey(dialog, 'Enter');
  await expect.poll(async () => (await desktop.state()).tray?.tooltip).toBe(connectedTip);
  await expect
    .poll(async () =>
      (await desktop.state()).windows.map((window) => window.url).filter((url) => url.includes('#connect')),
    )
    .toEqual([]);
});

test('a page of ours cannot go anywhere, open anything else or reach Electron', async ({ desktop }) => {
  const panel = await desktop.page('#panel');
  const reachable = await panel.evaluate(async () => {
    const fetched = await fetch('https://evil.example/').then(
      () => 'fetched',
      () => 'refused',
    );
    window.open('https://evil.example/#panel');
    window.open('file:///etc/passwd');
    window.open('index.html#terminal');
    return {
      fetched,
      bridge: Object.keys((window as unknown as { agileVpn: object }).agileVpn).sort(),
      require: typeof (globalThis as { require?: unknown }).require,
    };
  });
  expect(reachable).toEqual({ fetched: 'refused', bridge: ['onPush', 'request'], require: 'undefined' });
  await panel.evaluate(() => {
    window.location.href = 'https://evil.example/elsewhere';
  });
  await expect.poll(async () => (await desktop.state()).prevented).toEqual(['https://evil.example/elsewhere']);
  // The page's policy lets nothing get as far as a request.
  expect((await desktop.state()).refused).toEqual([]);
  expect(panel.url()).toMatch(/#panel$/);
  expect((await desktop.state()).windows).toHaveLength(1);
});

test('a message from a foreign sender is refused, and so is a wrong argument from our own page', async ({
  desktop,
}) => {
  const panel = await desktop.page('#panel');
  await desktop.command({ do: 'forge', message: { type: 'request', id: 1, name: 'connect', args: { name } } });
  await expect.poll(() => desktop.diagnostics()).toContain('A message from a foreign sender was refused.');
  expect((await desktop.state()).tray?.tooltip).toBe(idleTip);
  const answer = await panel.evaluate(() =>
    (window as unknown as { agileVpn: { request(name: string, args: unknown): Promise<unknown> } }).agileVpn.request(
      'connect',
      { name: 'x', path: '/etc/passwd' },
    ),
  );
  expect(answer).toMatchObject({ ok: false, failure: { code: 'invalid-argument', field: 'path' } });
});

test('a second start shows the panel of the first', async ({ desktop }) => {
  const panel = await desktop.page('#panel');
  await expect(panel.getByRole('dialog', { name: 'View available networks' })).toBeFocused();
  await closingKey(panel, 'Escape');
  await expect.poll(async () => (await desktop.state()).windows.length).toBe(0);
  await desktop.command({ do: 'second-instance' });
  await desktop.page('#panel');
  expect((await desktop.state()).windows).toHaveLength(1);
});

const offered = {
  version: 1,
  name: 'From a link',
  server: 'vpn.contoso.test',
  authentication: { method: 'eap-mschapv2', username: 'alice' },
};
const link = (text: string): string => `agilevpn:import?profile=${Buffer.from(text).toString('base64url')}`;
const names = (page: Page): Promise<readonly string[]> =>
  page.evaluate(async () => {
    const answer = (
      await (
        window as unknown as {
          agileVpn: { request(name: string, args: unknown): Promise<{ value: { profiles: { name: string }[] } }> };
        }
      ).agileVpn.request('getSnapshot', null)
    ).value;
    return answer.profiles.map((profile) => profile.name);
  });

test('a link opens the import page; nothing is saved before the click, and Cancel leaves nothing', async ({
  desktop,
}) => {
  await desktop.page('#panel');
  await desktop.command({ do: 'second-instance', argv: [link(JSON.stringify(offered))] });
  const page = await desktop.page('#connections');
  const dialog = page.getByRole('dialog', { name: /agilevpn link/ });
  await expect(dialog.getByText('Nothing is saved before you click Save connection.')).toBeVisible();
  expect(await names(page)).toEqual([name]);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toHaveCount(0);
  expect(await names(page)).toEqual([name]);

  await desktop.command({ do: 'second-instance', argv: [link(JSON.stringify(offered))] });
  await dialog.getByRole('button', { name: 'Save connection' }).click();
  await expect(dialog).toHaveCount(0);
  expect(await names(page)).toEqual(['From a link', name]);
  expect((await desktop.state()).tray?.tooltip).toBe(idleTip);
});

test('a hostile link does nothing: it cannot connect, fetch, name a file or spoof the dialog', async ({ desktop }) => {
  const panel = await desktop.page('#panel');
  for (const url of [
    `agilevpn:connect?name=${encodeURIComponent(name)}`,
    'agilevpn:import?url=https://evil.example/x.json',
    'agilevpn:import?profile=..%2f..%2fetc%2fpasswd',
    'https://evil.example/',
    `${link('{}')}&connect=1`,
  ]) {
    await desktop.command({ do: 'second-instance', argv: [url] });
    await desktop.command({ do: 'open-url', url });
  }
  await expect.poll(() => desktop.diagnostics().match(/A link was refused/g)?.length).toBe(10);
  expect((await desktop.state()).windows.map((window) => window.url.replace(/.*#/, ''))).toEqual(['panel']);
  expect((await desktop.state()).tray?.tooltip).toBe(idleTip);
  expect(await names(panel)).toEqual([name]);

  const evil = {
    ...offered,
    name: `Contoso\u202e\u0007${'x'.repeat(10_000)}`,
    server: '<img src=x onerror=alert(1)>',
    '<script>alert(1)</script>': 1,
  };
  await desktop.command({ do: 'second-instance', argv: [link(JSON.stringify(evil))] });
  const page = await desktop.page('#connections');
  const dialog = page.getByRole('dialog', { name: /agilevpn link/ });
  await expect(dialog.getByRole('alert')).toBeVisible();
  expect(await dialog.locator('script, img[src="x"]').count()).toBe(0);
  const text = await dialog.innerText();
  expect(text).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
  expect(text).not.toContain('\u0007');
  expect(text.length).toBeLessThan(5_000);
});

test('start at login is a check box of the tray and a file of the desktop', async ({ desktop, directory }) => {
  await desktop.page('#panel');
  const file = join(directory, 'config/autostart/agile-vpn.desktop');
  await desktop.command({ do: 'menu', path: ['Start at login'] });
  await expect.poll(() => existsSync(file)).toBe(true);
  expect(readFileSync(file, 'utf8')).toContain('"--background"');
  await desktop.command({ do: 'menu', path: ['Start at login'] });
  await expect.poll(() => existsSync(file)).toBe(false);
});
