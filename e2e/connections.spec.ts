import { readFile } from 'node:fs/promises';
import { expect, test } from './support/product';

test('a connection is set up, changed, exported, imported from the export and removed, with the real profile store', async ({
  page,
  product,
}) => {
  await page.goto(product.url);
  await page.getByRole('button', { name: 'Open Network Connections' }).click();
  const connections = page.getByRole('dialog', { name: 'Network Connections' });
  await connections.getByRole('button', { name: 'New connection...' }).click();
  const wizard = page.getByRole('dialog', { name: 'Connect to a Workplace' });
  await wizard.getByLabel('Internet address:').fill('vpn.contoso.test');
  await wizard.getByLabel('Connection name:').fill('Contoso');
  await wizard.getByLabel('User name:').fill('alice');
  await wizard.getByRole('button', { name: 'Create' }).click();
  const tile = connections.getByRole('button', { name: /^Contoso/ });
  await tile.click();

  // Properties commit on OK, the advanced sheet with them.
  await connections.getByRole('button', { name: 'Properties' }).click();
  const properties = page.getByRole('dialog', { name: 'Contoso Properties' });
  await properties.getByRole('tab', { name: 'Options' }).click();
  await properties.getByRole('button', { name: 'IKE Settings...' }).click();
  const ike = page.getByRole('dialog', { name: 'IKE Settings' });
  await ike.getByLabel(/^Windows Server, unhardened/).check();
  await ike.getByRole('button', { name: 'OK' }).click();
  await properties.getByRole('tab', { name: 'Security' }).click();
  await properties.getByRole('button', { name: 'Advanced settings' }).click();
  const advanced = page.getByRole('dialog', { name: 'Advanced Properties' });
  await advanced.getByLabel('Network outage time:').selectOption({ label: '2 hours' });
  await advanced.getByLabel('Return to the preferred adapter when it is back').uncheck();
  await advanced.getByRole('button', { name: 'OK' }).click();
  await properties.getByRole('button', { name: 'OK' }).click();
  await expect(properties).toBeHidden();

  const download = page.waitForEvent('download');
  await connections.getByRole('button', { name: 'Export' }).click();
  const exporting = page.getByRole('dialog', { name: /^Export/ });
  await expect(exporting).toContainText('Everything about this connection fits into this format.');
  await exporting.getByLabel('Format:').selectOption('rasphone');
  await expect(exporting).toContainText('This format cannot say everything.');
  await expect(exporting.getByRole('row').filter({ hasText: 'mobility.returnToPreferred' })).toBeVisible();
  await exporting.getByLabel('Format:').selectOption('agilevpn');
  await exporting.getByRole('button', { name: 'Save' }).click();
  const exported = JSON.parse(await readFile(await (await download).path(), 'utf8')) as {
    mobility: { adapterOrder: readonly string[] };
    advanced: { legacyWindows: boolean };
  };
  expect(exported.advanced.legacyWindows).toBe(true);
  // The file of an admin names adapters; this machine may have one, or none.
  exported.mobility.adapterOrder = ['dock0', 'wlan9'];

  await connections.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('dialog', { name: 'Remove' }).getByRole('button', { name: 'Remove' }).click();
  await expect(tile).toBeHidden();

  await page.locator('input[type=file]').setInputFiles({
    name: 'contoso.agilevpn.json',
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify(exported)),
  });
  const report = page.getByRole('dialog', { name: /^Import/ });
  await expect(report).toContainText('mobility.outageSeconds');
  await report.getByRole('button', { name: 'Save connection' }).click();
  await tile.click();
  await connections.getByRole('button', { name: 'Properties' }).click();
  await properties.getByRole('tab', { name: 'Security' }).click();
  await properties.getByRole('button', { name: 'Advanced settings' }).click();
  await expect(advanced.getByLabel('Network outage time:')).toHaveValue('7200');
  await expect(advanced.getByLabel('Return to the preferred adapter when it is back')).not.toBeChecked();

  const order = advanced.getByRole('listbox').getByRole('option');
  await expect(order.first()).toContainText('dock0');
  await advanced.getByRole('listbox').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Alt+ArrowUp');
  await expect(order.first()).toContainText('wlan9');
});

test('a hostile profile is text in its report and cannot be saved', async ({ page, product }) => {
  await page.goto(product.url);
  await page.getByRole('button', { name: 'Open Network Connections' }).click();
  const hostile = {
    version: 1,
    name: `Contoso\u202egnp\u0000<img src=x onerror=alert(1)>${'A'.repeat(10_000)}`,
    server: '127.0.0.1; rm -rf /',
    authentication: { method: 'eap-mschapv2' },
    __proto__polluted: true,
  };
  await page.locator('input[type=file]').setInputFiles({
    name: '\u202ecod.exe<b>.agilevpn.json',
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify(hostile)),
  });
  const report = page.getByRole('dialog', { name: /^Import/ });
  await expect(report).toBeVisible();
  const text = await report.innerText();
  for (const hidden of ['\u202e', '\u0000']) expect(text).not.toContain(hidden);
  expect(text.length).toBeLessThan(5000);
  expect(await report.locator('img, b').count()).toBe(0);
  await expect(report.getByRole('button', { name: 'Save connection' })).toHaveCount(0);
});

test('a file that is no connection is refused in words', async ({ page, product }) => {
  await page.goto(product.url);
  await page.getByRole('button', { name: 'Open Network Connections' }).click();
  const chooser = page.locator('input[type=file]');
  await chooser.setInputFiles({
    name: 'holiday.jpg',
    mimeType: 'image/jpeg',
    buffer: Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 1, 2, 3]),
  });
  await expect(page.getByRole('dialog').filter({ has: page.getByRole('alert') })).toBeVisible();
  await page.keyboard.press('Escape');
  await chooser.setInputFiles({
    name: 'huge.json',
    mimeType: 'application/json',
    buffer: Buffer.alloc(1024 * 1024 + 1, 0x20),
  });
  await expect(page.getByRole('alert').filter({ hasText: 'The file is larger than 1 MiB.' })).toBeVisible();
});

const sswan = JSON.stringify({
  uuid: '0fd2ccf6-8a1f-4b3d-9a49-7e5d0e4f3b11',
  name: 'From strongSwan',
  type: 'ikev2-eap',
  remote: { addr: 'vpn.contoso.test' },
});
const mobileconfig = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict><key>PayloadType</key><string>Configuration</string><key>PayloadContent</key><array><dict>
<key>PayloadType</key><string>com.apple.vpn.managed</string><key>UserDefinedName</key><string>From Apple</string><key>VPNType</key><string>IKEv2</string>
<key>IKEv2</key><dict><key>RemoteAddress</key><string>vpn.contoso.test</string><key>RemoteIdentifier</key><string>vpn.contoso.test</string>
<key>AuthenticationMethod</key><string>None</string><key>ExtendedAuthEnabled</key><integer>1</integer></dict></dict></array></dict></plist>`;
const phoneBook =
  '[From Windows]\r\nEncoding=1\r\nType=2\r\nVpnStrategy=7\r\nNetworkOutageTime=1800\r\nMEDIA=rastapi\r\nPort=VPN2-0\r\nDevice=WAN Miniport (IKEv2)\r\nDEVICE=vpn\r\nPhoneNumber=vpn.contoso.test\r\n';

for (const [format, name, content] of [
  ['strongSwan profile', 'From strongSwan', sswan],
  ['Apple configuration profile', 'From Apple', mobileconfig],
  ['Windows phone book', 'From Windows', phoneBook],
] as const) {
  test(`a dropped ${format} is recognised by its content, reported, and becomes a connection`, async ({
    page,
    product,
  }) => {
    await page.goto(product.url);
    await page.getByRole('button', { name: 'Open Network Connections' }).click();
    // The name says nothing: the content decides.
    const dropped = await page.evaluateHandle((text) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], 'connection.dat'));
      return transfer;
    }, content);
    await page.locator('.connections').dispatchEvent('drop', { dataTransfer: dropped });
    const report = page.getByRole('dialog', { name: 'Import connection.dat' });
    await expect(report).toContainText(`Recognised as: ${format}`);
    await expect(page.getByRole('button', { name: new RegExp(`^${name}`) })).toHaveCount(0);
    await report.getByRole('button', { name: 'Save connection' }).click();
    await expect(page.getByRole('button', { name: new RegExp(`^${name}`) })).toContainText('vpn.contoso.test');
  });
}
