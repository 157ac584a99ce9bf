import { expect, it } from 'vitest';
import { useLab } from './fixture';
import { lasting } from './lasting';
import { sleepSeconds } from './lengths';
import { sleep } from './run';
import { forgetNatMappings } from './topology';
import { VpnClient } from './vpn-client';

const lab = useLab();

it('the NAT router restarts: traffic goes on by its new mapping', async () => {
  const client = VpnClient.by(lab(), 'eap-mschapv2', {
    mobility: { enabled: true, returnToPreferred: false, adapterOrder: ['eth1', 'eth0'] },
  });
  await client.waitFor('Connected by eth1', (s) => s.state === 'Connected' && s.adapter === 'eth1');
  await lab().reached();
  const before = lasting(client);
  const [first] = await lab().gatewaySas();
  await forgetNatMappings(lab().namespace('router'));
  await lab().reached();
  const [second] = await lab().gatewaySas();
  expect(second?.remotePort).not.toBe(first?.remotePort);
  expect(lasting(client)).toEqual(before);
  expect(await client.stop()).toBe(0);
});

it('the gateway process is killed and comes back seconds later: Connected again, with the same address', async () => {
  const client = VpnClient.by(lab(), 'eap-mschapv2');
  const before = await client.connected();
  // Something is said through the tunnel, so that the silence is noticed.
  const talk = lab().start('client', 'ping', ['-q', '-i', '0.2', '10.99.0.2']);
  try {
    await lab().gateway.stop('SIGKILL');
    await client.waitFor('WaitingToReconnect', (s) => s.state === 'WaitingToReconnect');
    await lab().gateway.start();
    const after = await client.waitFor(
      'a new session',
      (s) => s.state === 'Connected' && s.ike?.spiInitiator !== before.ike?.spiInitiator,
    );
    await lab().reached();
    expect(after.tunnelAddresses).toEqual(before.tunnelAddresses);
    expect(after.connectedSince).toBe(before.connectedSince);
    expect(await client.stop()).toBe(0);
  } finally {
    talk.kill();
  }
});

it(
  'SIGSTOP and SIGCONT of the host: goes on with the same session',
  { timeout: 60_000 + sleepSeconds * 1000 },
  async () => {
    const client = VpnClient.by(lab(), 'eap-mschapv2');
    await client.connected();
    const before = lasting(client);
    await lab().ping();
    process.kill(client.pid, 'SIGSTOP');
    await sleep(sleepSeconds * 1000);
    process.kill(client.pid, 'SIGCONT');
    await lab().reached();
    expect(client.status?.state).toBe('Connected');
    expect(lasting(client)).toEqual(before);
    expect(await client.stop()).toBe(0);
  },
);
