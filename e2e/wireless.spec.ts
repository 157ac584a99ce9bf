import { seriousViolations } from './support/axe';
import { cutOff } from './support/cut-off';
import { expect, test } from './support/fake-host';
import { sampleNetwork as network } from './support/samples';

test('wireless networks are shown while somebody manages them; names are text, known ones can be joined', async ({
  page,
  demo,
  url,
}) => {
  await page.goto(url);
  const panel = page.getByRole('dialog', { name: 'View available networks' });
  const section = panel.getByRole('region', { name: 'Wireless Network Connection', exact: true });
  await expect(panel).toBeVisible();
  await expect(section).toHaveCount(0);
  demo.push({
    type: 'wireless',
    networks: [
      network('Corp-WLAN', { state: 'connected' }),
      network('CoffeeShop', { security: 'open', automatically: false }),
      network('Neighbour', { joinable: false, automatically: null }),
      network('evil', { name: 'Evil\u202e<img src=x>' }),
    ],
  });
  await expect(section.locator('[data-network]')).toHaveText([
    'Corp-WLANConnected',
    'CoffeeShop',
    'Neighbour',
    'Evil<img src=x>',
  ]);
  expect(await section.locator('img').count()).toBe(0);
  // One row of the panel is expanded.
  await expect(panel.getByRole('button', { name: 'Connect', exact: true })).toBeVisible();
  await section.locator('[data-network=Corp-WLAN]').click();
  await expect(section.getByRole('button', { name: 'Disconnect from Corp-WLAN' })).toBeEnabled();
  await expect(section.getByRole('checkbox')).toHaveCount(0);
  await expect(panel.locator('[aria-expanded=true][data-connection]')).toHaveCount(0);
  // Without its key it is joined elsewhere, and nothing offers to.
  await section.locator('[data-network=Neighbour]').click();
  await expect(section.getByText('This network wants a key.')).toBeVisible();
  await expect(section.getByRole('button', { name: 'Connect to Neighbour' })).toHaveCount(0);
  await section.locator('[data-network=Neighbour]').dblclick();
  await expect(section.getByRole('checkbox')).toHaveCount(0);
  expect(demo.joined).toEqual([]);
  demo.push({ type: 'wireless', networks: null });
  await expect(section).toHaveCount(0);
});

test('Connect automatically is what the network is joined with; the button, a double click and the keyboard do the same', async ({
  page,
  demo,
  url,
}) => {
  await page.goto(url);
  const panel = page.getByRole('dialog', { name: 'View available networks' });
  const section = panel.getByRole('region', { name: 'Wireless Network Connection', exact: true });
  await expect(panel).toBeVisible();
  demo.push({
    type: 'wireless',
    networks: [network('Corp-WLAN'), network('CoffeeShop', { security: 'open', automatically: false })],
  });
  const automatically = section.getByRole('checkbox', { name: 'Connect automatically' });
  await section.locator('[data-network=Corp-WLAN]').click();
  await expect(automatically).toBeChecked();
  const box = await automatically.boundingBox();
  const button = await section.getByRole('button', { name: 'Connect to Corp-WLAN' }).boundingBox();
  expect(box?.x ?? 999).toBeLessThan(button?.x ?? 0);
  await automatically.uncheck();
  await section.getByRole('button', { name: 'Connect to Corp-WLAN' }).click();
  await expect.poll(() => demo.joined).toEqual([{ id: 'Corp-WLAN', automatically: false }]);

  // A network of strangers is joined by itself only where the person says so.
  await section.locator('[data-network=CoffeeShop]').dblclick();
  await expect.poll(() => demo.joined.at(-1)).toEqual({ id: 'CoffeeShop', automatically: false });
  await expect(section.getByText('What is sent over this network can be seen by others.')).toBeVisible();

  await section.locator('[data-network=CoffeeShop]').focus();
  await page.keyboard.press('ArrowDown');
  await expect(automatically).toBeFocused();
  await page.keyboard.press('Space');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect.poll(() => demo.joined.at(-1)).toEqual({ id: 'CoffeeShop', automatically: true });
  for (const theme of ['light', 'dark']) {
    await page.evaluate((value) => (document.documentElement.dataset['theme'] = value), theme);
    expect(await seriousViolations(page, '.panel'), theme).toEqual([]);
  }
});

test('each adapter has a section of its own; nothing is cut off, also at 200 % zoom, from right to left and in German', async ({
  page,
  demo,
  url,
}) => {
  for (const language of ['en', 'de']) {
    await page.addInitScript((wanted) => window.localStorage.setItem('agile-vpn.language', wanted), language);
    await page.goto(url);
    const panel = page.locator('.panel');
    await expect(panel).toBeVisible();
    demo.push({
      type: 'wireless',
      networks: [
        network('Corp-WLAN', { security: 'open', automatically: false }),
        network('Branch', { adapter: 'wlan1', joinable: false, automatically: null, state: 'connecting' }),
      ],
    });
    const title = language === 'en' ? 'Wireless Network Connection' : 'Drahtlosnetzwerkverbindung';
    await expect(panel.getByRole('region', { name: title, exact: true }).locator('[data-network]')).toHaveCount(1);
    await expect(panel.getByRole('region', { name: `${title} 2`, exact: true }).locator('[data-network]')).toHaveCount(
      1,
    );
    for (const id of ['Corp-WLAN', 'Branch']) {
      await panel.locator(`[data-network=${id}]`).click();
      for (const dir of ['rtl', 'ltr']) {
        await page.evaluate((value) => (document.documentElement.dir = value), dir);
        await expect.poll(() => cutOff(panel), `${id} ${dir}`).toEqual([]);
      }
      await page.setViewportSize({ width: 590, height: 360 });
      await expect.poll(() => cutOff(panel), `${id}, 200 % zoom`).toEqual([]);
      await page.setViewportSize({ width: 1180, height: 720 });
    }
  }
});
