import { expect, it } from 'vitest';
import { useLab } from './fixture';
import { addresses } from './topology';
import { VpnClient } from './vpn-client';

const lab = useLab();

it('carries IPv4 and IPv6 through one tunnel, each from its own pool', async () => {
  const client = VpnClient.by(lab(), 'eap-mschapv2', {
    network: { useDefaultGateway: false, routes: [addresses.inside, addresses.inside6] },
  });
  const status = await client.connected();
  expect(status.tunnelAddresses.some((a) => a.startsWith('10.77.0.'))).toBe(true);
  expect(status.tunnelAddresses.some((a) => a.startsWith('fd77::'))).toBe(true);
  await lab().ping();
  await lab().on('client', 'ping', ['-6', '-c', '3', '-i', '0.05', '-W', '2', addresses.server6]);
  expect(await client.stop()).toBe(0);
});
