import { expect, it } from 'vitest';
import { useLab } from './fixture';
import { addresses } from './topology';
import { VpnClient } from './vpn-client';

const lab = useLab();

it('sleeps while both adapters are away, sends nothing around the tunnel, and goes on when one is back', async () => {
  const client = VpnClient.by(lab(), 'eap-mschapv2');
  const before = await client.connected();

  await lab().linkDown('eth1');
  await lab().cablePull('eth0');
  const dormant = await client.waitFor('Dormant', (s) => s.state === 'Dormant');
  expect(dormant.outageEndsAt).not.toBeNull();
  expect(dormant.tunnelAddresses).toEqual(before.tunnelAddresses);
  // The tunnel's route stays, so what wants to reach the server waits there or is lost, and never leaves in the clear.
  expect((await lab().on('client', 'ip', ['route', 'get', addresses.server])).stdout).toContain(
    before.tunnelAdapter ?? 'no tunnel adapter',
  );

  await lab().plug('eth1');
  const after = await client.waitFor('Connected again', (s) => s.state === 'Connected' && s.adapter === 'eth1');
  expect(after.ike?.spiInitiator).toBe(before.ike?.spiInitiator);
  expect(after.connectedSince).toBe(before.connectedSince);
  expect(after.tunnelAddresses).toEqual(before.tunnelAddresses);
  await lab().reached();
  await lab().plug('eth0');
  expect(await client.stop()).toBe(0);
});
