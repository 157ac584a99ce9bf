import type { ChildProcess } from 'node:child_process';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import { findChromium } from '../../bin/chromium.mjs';
import { figure, useLab } from './fixture';
import { account } from './gateway-config';
import { monotonic } from './monotonic';
import { end, until } from './run';
import { addresses } from './topology';
import { clientEnvironment } from './vpn-client';
import { profiles } from './profiles';

const program = fileURLToPath(new URL('../../bin/agile-vpn', import.meta.url));
const name = 'Lab EAP';

describe('the user interface against a real gateway', () => {
  const lab = useLab();
  let ui: ChildProcess | null = null;
  let browser: Browser | null = null;

  afterEach(async () => {
    await browser?.close();
    if (ui !== null) await end(ui, 'SIGTERM', 10_000);
    browser = null;
    ui = null;
  });

  /** Chromium on the client machine, where the page is: both ends of the browser host are in its namespace. */
  async function openBrowser(): Promise<Page> {
    const wrapper = join(lab().directory, 'chromium.sh');
    writeFileSync(
      wrapper,
      `#!/bin/sh\nexec ip netns exec ${lab().namespace('client')} ${findChromium() ?? 'chromium'} "$@"\n`,
    );
    chmodSync(wrapper, 0o755);
    browser = await chromium.launch({
      executablePath: wrapper,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    });
    return (await browser.newContext()).newPage();
  }

  async function startUi(): Promise<string> {
    ui = lab().start('client', program, ['ui', '--no-open', '--port', '0', '--keep-secrets'], {
      env: clientEnvironment(lab()),
    });
    const started = ui;
    return new Promise((resolve, reject) => {
      createInterface({ input: started.stdout! }).once('line', resolve);
      started.once('exit', (code) => reject(new Error(`agile-vpn ui ended with ${String(code)}`)));
    });
  }

  const shows = (what: string, locator: Locator, timeout = 10_000): Promise<void> =>
    locator
      .first()
      .waitFor({ state: 'visible', timeout })
      .catch(() => Promise.reject(new Error(`not shown: ${what}`)));
  const texts = (what: string, locator: Locator, wanted: string | RegExp, timeout = 10_000): Promise<true> =>
    until(`${what} to be ${String(wanted)}`, timeout, async () => {
      const text =
        (
          await locator
            .first()
            .textContent({ timeout: 1_000 })
            .catch(() => null)
        )?.trim() ?? '';
      return (typeof wanted === 'string' ? text === wanted : wanted.test(text)) ? true : undefined;
    });

  it('typed credentials are saved; the rows of the status move with the cable, Dormant, Waiting to reconnect, 829 after the outage time, and a redial without a question', async () => {
    const file = lab().pki.path('ui.agilevpn.json');
    const dialing = { redialSeconds: 5 };
    const mobility = { enabled: true, returnToPreferred: false, adapterOrder: ['eth0', 'eth1'], outageSeconds: 60 };
    writeFileSync(
      file,
      JSON.stringify({ ...profiles['eap-mschapv2'], authentication: { method: 'eap-mschapv2' }, dialing, mobility }),
    );
    const env = clientEnvironment(lab());
    await lab().on('client', program, ['import', file], { env });
    const url = await startUi();
    const page = await openBrowser();
    const said: string[] = [];
    page.on('pageerror', (error) => said.push(error.message));
    await page.goto(url);

    // Connect with what is typed, and save it.
    const panel = page.getByRole('dialog', { name: 'View available networks' });
    const tray = page.getByRole('button', { name: /^Network:/ });
    await panel.getByRole('button', { name: 'Connect', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: `Connect ${name}` });
    await dialog.getByLabel('User name:').fill(account.username);
    await dialog.getByLabel('Password:').fill(account.password);
    await dialog.getByLabel('Save this user name and password').check();
    const began = monotonic();
    await dialog.getByRole('button', { name: 'Connect', exact: true }).click();
    await shows(
      'connected',
      page.getByRole('button', { name: new RegExp(`Network: ${name}, (No )?Internet access, Connected through`) }),
    );
    figure(`from the click to "Connected" in the tray: ${(monotonic() - began).toFixed(0)} ms`);
    await lab().ping();
    const secrets = join(env['XDG_DATA_HOME'] ?? '', 'agile-vpn/secrets.json');
    expect(readFileSync(secrets, 'utf8')).toContain(account.password);
    expect(statSync(secrets).mode & 0o777).toBe(0o600);

    // The status pane proves the move.
    await tray.click();
    await panel.getByRole('button', { name: 'Status' }).click();
    const status = page.getByRole('dialog', { name: `${name} Status` });
    const duration = status.getByTestId('duration');
    const before = await duration.textContent();
    await status.getByRole('tab', { name: 'Details' }).click();
    const detail = (key: string): Locator => status.locator(`[data-detail="${key}"]`);
    await texts('adapter', detail('adapter'), /eth0/);
    await texts('origin', detail('origin'), addresses.clientLan);
    const [ike] = await lab().gatewaySas();
    const pulled = monotonic();
    await lab().cablePull('eth0');
    await texts('origin', detail('origin'), addresses.clientWlan);
    figure(`from the pulled cable to the new row: ${(monotonic() - pulled).toFixed(0)} ms`);
    await texts('adapter', detail('adapter'), /eth1/);
    await texts('destination', detail('destination'), addresses.gateway);
    expect((await lab().gatewaySas())[0]?.initiatorSpi).toBe(ike?.initiatorSpi);
    await lab().ping();

    // Dormant keeps the clock running; an adapter whose gateway is silent is Waiting to reconnect.
    const dark = monotonic();
    await lab().cablePull('eth1');
    await shows('Dormant', page.getByRole('button', { name: `Network: ${name}, Dormant`, exact: true }));
    await status.getByRole('tab', { name: 'General' }).click();
    await until('Duration to count on', 5_000, async () =>
      (await duration.textContent()) !== before ? true : undefined,
    );
    await lab().on('gateway', 'nft', ['-f', '-'], {
      input:
        'table inet lab_silent { chain input { type filter hook input priority 0; udp dport { 500, 4500 } drop; }; }',
    });
    await lab().plug('eth1');
    await shows(
      'Waiting to reconnect',
      page.getByRole('button', { name: `Network: ${name}, Dormant: Waiting to reconnect`, exact: true }),
    );

    // The outage time is used up: 829, and a redial that nobody has to click and that asks nothing.
    const failure = page.getByRole('dialog', { name: new RegExp(name) }).filter({ hasText: '829' });
    await shows('error 829', failure, 75_000);
    figure(`829 after ${((monotonic() - dark) / 1000).toFixed(1)} s of an outage time of 60 s`);
    await lab().on('gateway', 'nft', ['delete table inet lab_silent']);
    await shows('the countdown', failure.getByRole('button', { name: /^Redial = [1-5]$/ }));
    await shows(
      'connected again',
      page.getByRole('button', { name: new RegExp(`Network: ${name}, (No )?Internet access, Connected through`) }),
      30_000,
    );
    expect(await page.getByLabel('Password:').count()).toBe(0);
    await lab().ping();

    // Killing the tab leaves the tunnel up; a new one has the right state.
    await page.close();
    await lab().ping();
    const again = await browser!.contexts()[0]!.newPage();
    await again.goto(new URL('/', url).href);
    await shows(
      'the same state in a new tab',
      again.getByRole('button', { name: new RegExp(`Network: ${name}, (No )?Internet access, Connected through`) }),
    );
    expect(said).toEqual([]);
  });
});
