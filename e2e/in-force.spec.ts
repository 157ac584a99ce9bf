import { expect, test } from './support/fake-host';

const tunnel = { concern: 'tunnel', inForce: true, detail: 'avpn0' };

test('settings that are not in force are said in the panel and, one by one, in the status; repaired ones are said no more', async ({
  page,
  demo,
  url,
}) => {
  await page.goto(url);
  const panel = page.getByRole('dialog', { name: 'View available networks' });
  demo.setStatus('Demo', { state: 'Connected', settings: [tunnel, { concern: 'dns', inForce: true, detail: 'file' }] });
  await expect(panel.getByRole('button', { name: 'Demo Connected' })).toBeVisible();
  await expect(panel.getByText('in force')).toHaveCount(0);
  demo.setStatus('Demo', {
    settings: [
      { ...tunnel, inForce: false, detail: 'the privileged helper ended' },
      { concern: 'dns', inForce: false, detail: 'evil\u202e<b>dns</b>' },
      { concern: 'later', inForce: false, detail: 'unknown here' },
    ],
  });
  await expect(panel.getByText('Not all settings of Demo are in force.')).toBeVisible();
  await panel.getByRole('button', { name: 'Show' }).click();
  const status = page.getByRole('dialog', { name: 'Demo Status' });
  await expect(status.getByRole('listitem')).toHaveText([
    'Tunnel adapter: the privileged helper ended',
    'Name servers: evil<b>dns</b>',
    'later: unknown here',
  ]);
  demo.setStatus('Demo', { settings: [tunnel] });
  await expect(status.getByRole('listitem')).toHaveCount(0);
  await expect(status.getByText('does not do all')).toHaveCount(0);
});

test('a kill switch that was left is said, and ends by a click', async ({ page, demo, url }) => {
  await page.goto(url);
  const panel = page.getByRole('dialog', { name: 'View available networks' });
  demo.setStatus('Demo', { trafficBlocked: true });
  await expect(panel.getByText('Traffic is blocked by the kill switch of Demo.')).toBeVisible();
  await panel.getByRole('button', { name: 'Unblock' }).click();
  await expect(panel.getByText('Traffic is blocked')).toHaveCount(0);
});
