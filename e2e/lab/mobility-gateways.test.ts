import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { useLab } from './fixture';
import { gatewayConfiguration } from './gateway-config';
import type { Lab } from './lab';
import { lasting } from './lasting';
import { startPinger } from './pinger';
import { addresses, batch, hostNames, nft } from './topology';
import { VpnClient } from './vpn-client';

const second = '10.10.0.9';

const listenOn = (lab: Lab, list: readonly string[]): Promise<void> =>
  lab.gateway.load(
    gatewayConfiguration(lab.pki).replaceAll(`local_addrs = ${addresses.gateway}`, `local_addrs = ${list.join(', ')}`),
  );

/**
 * What the lab's names lead to, for programs that ask from now on. The file is changed in place: they see it by a bind
 * mount.
 */
function pointNamesAt(lab: Lab, address: string): void {
  writeFileSync(
    `/etc/netns/${lab.namespace('client')}/hosts`,
    `127.0.0.1 localhost\n${address} ${hostNames.join(' ')}\n`,
  );
}

describe('a gateway with two addresses (M-4, M-5, M-8)', () => {
  const lab = useLab();

  it('goes on over the second when the first dies silently, and back when the gateway withdraws the second', async () => {
    await batch(lab().namespace('gateway'), [`address add ${second}/24 dev eth0`]);
    await listenOn(lab(), [addresses.gateway, second]);
    const client = VpnClient.by(lab(), 'eap-mschapv2');
    expect((await client.connected()).destinationAddress).toBe(addresses.gateway);
    expect(client.status?.paths.map((path) => path.destinationAddress)).toContain(second);
    const before = lasting(client);
    const pinger = await startPinger(lab(), 'client', addresses.server, 10);
    await pinger.answered;

    await nft(
      lab().namespace('gateway'),
      `table inet dead {
      chain in { type filter hook input priority -10; ip daddr ${addresses.gateway} udp dport { 500, 4500 } drop; }
      chain out { type filter hook output priority -10; ip saddr ${addresses.gateway} udp sport { 500, 4500 } drop; }
    }`,
    );
    await client.waitFor(
      'the second address',
      (s) => s.state === 'Connected' && s.destinationAddress === second && s.lastRoam?.reason === 'path-silent',
    );
    expect(lasting(client)).toEqual(before);
    await lab().reached();

    await nft(lab().namespace('gateway'), 'delete table inet dead');
    await batch(lab().namespace('gateway'), [`address del ${second}/24 dev eth0`]);
    await client.waitFor(
      'the first address',
      (s) => s.state === 'Connected' && s.destinationAddress === addresses.gateway,
    );
    await pinger.stop();
    expect(lasting(client)).toEqual(before);
    await lab().reached();
    expect(await client.stop()).toBe(0);
  });
});

describe('a gateway whose name leads elsewhere after an outage', () => {
  const lab = useLab();

  /** Both cables out, `meanwhile`, both back. */
  async function whileDormant(client: VpnClient, meanwhile: () => Promise<void>): Promise<void> {
    await Promise.all([lab().cablePull('eth0'), lab().cablePull('eth1')]);
    await client.waitFor('Dormant', (s) => s.state === 'Dormant');
    await meanwhile();
    await Promise.all([lab().plug('eth0'), lab().plug('eth1')]);
  }

  it('keeps the session when the same gateway moved, makes a new one when it forgot us, asks nobody', async () => {
    const moved = '10.10.0.8';
    const client = VpnClient.by(lab(), 'eap-mschapv2', {}, { log: true });
    await client.connected();
    const before = lasting(client);
    await whileDormant(client, async () => {
      await batch(lab().namespace('gateway'), [
        `address del ${addresses.gateway}/24 dev eth0`,
        `address add ${moved}/24 dev eth0`,
      ]);
      await listenOn(lab(), [moved]);
      pointNamesAt(lab(), moved);
    });
    await client.waitFor('the new address', (s) => s.state === 'Connected' && s.destinationAddress === moved);
    expect(lasting(client)).toEqual(before);
    await lab().reached();

    await whileDormant(client, async () => {
      await lab().gateway.stop('SIGKILL');
      await batch(lab().namespace('gateway'), [
        `address del ${moved}/24 dev eth0`,
        `address add ${second}/24 dev eth0`,
      ]);
      await lab().gateway.start();
      await listenOn(lab(), [second]);
      pointNamesAt(lab(), second);
    });
    const after = await client.waitFor(
      'a new session at the new address',
      (s) => s.state === 'Connected' && s.destinationAddress === second,
    );
    expect(after.tunnelAddresses).toEqual((before as { readonly addresses: unknown }).addresses);
    expect(after.connectedSince).toBe((before as { readonly since: unknown }).since);
    await lab().ping();
    expect(await client.stop()).toBe(0);
  });
});
