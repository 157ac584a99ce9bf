import { afterEach, expect, it } from 'vitest';
import { useLab } from './fixture';
import type { Lab } from './lab';
import { lasting } from './lasting';
import { outageSeconds } from './lengths';
import { monotonic } from './monotonic';
import { sleep } from './run';
import { VpnClient } from './vpn-client';

const lab = useLab();

afterEach(async () => {
  await lab().plug('eth0');
  await lab().plug('eth1');
});

/** Both cables out, `seconds` long, then one back. */
async function outage(of: Lab, client: VpnClient, seconds: number): Promise<void> {
  const cut = monotonic();
  await Promise.all([of.cablePull('eth0'), of.cablePull('eth1')]);
  await client.waitFor('Dormant', (s) => s.state === 'Dormant');
  await sleep(seconds * 1000 - (monotonic() - cut));
  await of.plug('eth1');
  await client.waitFor('Connected', (s) => s.state === 'Connected' && s.adapter === 'eth1');
  await of.reached();
  await of.plug('eth0');
}

it(
  'both cables out is Dormant, one back is Connected, after 5 s and after a minute; past the outage time 829 is reported once',
  { timeout: 180_000 + outageSeconds * 1000 },
  async () => {
    const client = VpnClient.by(lab(), 'eap-mschapv2', {
      mobility: { enabled: true, returnToPreferred: false, adapterOrder: ['eth1', 'eth0'], outageSeconds: 1800 },
    });
    await client.connected();
    const before = lasting(client);
    await outage(lab(), client, 5);
    expect(lasting(client)).toEqual(before);

    // Another client on the same adapters, whose outage time is the shortest there is.
    const impatient = VpnClient.by(lab(), 'psk', {
      name: 'Impatient',
      network: { useDefaultGateway: false, routes: ['10.99.0.128/25'] },
      mobility: { enabled: true, returnToPreferred: false, adapterOrder: ['eth1', 'eth0'], outageSeconds: 60 },
    });
    await impatient.connected();
    const began = monotonic();
    await outage(lab(), client, outageSeconds);
    expect(lasting(client)).toEqual(before);
    expect(client.stdout).not.toContain('Disconnected');

    expect((await impatient.exit).code).toBe(4);
    const failures = impatient.changes.filter(({ status }) => status.state === 'Disconnected' && status.error !== null);
    expect(failures.map(({ status }) => status.error?.code)).toEqual([829]);
    expect((failures[0]?.at ?? NaN) - began).toBeGreaterThan(59_000);
    expect(await client.stop()).toBe(0);
  },
);
