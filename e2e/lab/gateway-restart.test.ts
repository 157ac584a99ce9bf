import { expect, it } from 'vitest';
import { useLab } from './fixture';
import { addresses } from './topology';
import { VpnClient } from './vpn-client';

const lab = useLab();

it.each([
  ['crashed', false],
  ['said goodbye', true],
] as const)('a gateway that %s and came back: Connected again by itself, with the same address', async (_, clean) => {
  const client = VpnClient.by(lab(), 'eap-mschapv2');
  const before = await client.connected();
  const ping = lab().start('client', 'ping', ['-q', '-i', '0.2', addresses.server]);
  try {
    await lab().restartGateway(clean);
    const after = await client.waitFor(
      'a new IKE SA',
      (s) => s.state === 'Connected' && s.ike?.spiInitiator !== before.ike?.spiInitiator,
    );
    expect(after).toMatchObject({
      tunnelAddresses: before.tunnelAddresses,
      connectedSince: before.connectedSince,
      tunnelAdapter: before.tunnelAdapter,
    });
    await lab().on('client', 'ping', ['-c', '3', '-i', '0.2', '-W', '2', addresses.server]);
    expect(await client.stop()).toBe(0);
  } finally {
    ping.kill('SIGTERM');
  }
});
