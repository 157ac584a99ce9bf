import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { figure, useLab } from './fixture';
import { gatewayConfiguration } from './gateway-config';
import type { Lab } from './lab';
import { longestGap, startPinger } from './pinger';
import { monotonic } from './monotonic';
import { sleep, until } from './run';
import { addresses, batch, hostNames, nft } from './topology';
import { VpnClient } from './vpn-client';

const second = '10.10.0.9';

/** One IKE SA, one tunnel, one Connected. */
const lasting = (client: VpnClient): unknown => ({
  initiator: client.status?.ike?.spiInitiator,
  addresses: client.status?.tunnelAddresses,
  since: client.status?.connectedSince,
});

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
    const pinger = await startPinger(lab(), 'client', addresses.server);
    await sleep(500);

    const died = monotonic();
    await nft(
      lab().namespace('gateway'),
      `table inet dead {
      chain in { type filter hook input priority -10; ip daddr ${addresses.gateway} udp dport { 500, 4500 } drop; }
      chain out { type filter hook output priority -10; ip saddr ${addresses.gateway} udp sport { 500, 4500 } drop; }
    }`,
    );
    await client.waitFor(
      'the second address',
      (s) => s.state === 'Connected' && s.destinationAddress === second,
      10_000,
    );
    const moved = monotonic() - died;
    await sleep(1_000);
    const gap = longestGap(await pinger.stop(), died, died + moved + 1_000);
    figure(
      `the gateway's first address died: on the second ${moved.toFixed(0)} ms later, longest gap of traffic ${gap.toFixed(0)} ms`,
    );
    expect(lasting(client)).toEqual(before);
    expect(client.status?.lastRoam?.reason).toBe('path-silent');
    await lab().ping();

    await nft(lab().namespace('gateway'), 'delete table inet dead');
    const traffic = await startPinger(lab(), 'client', addresses.server, 10);
    const withdrawn = monotonic();
    await batch(lab().namespace('gateway'), [`address del ${second}/24 dev eth0`]);
    await client.waitFor(
      'the first address',
      (s) => s.state === 'Connected' && s.destinationAddress === addresses.gateway,
      10_000,
    );
    await traffic.stop();
    figure(`the gateway lost its second address: back on the first ${(monotonic() - withdrawn).toFixed(0)} ms later`);
    expect(lasting(client)).toEqual(before);
    await lab().ping();
    expect(await client.stop()).toBe(0);
  });
});

describe('a gateway whose name leads elsewhere after an outage', () => {
  const lab = useLab();

  /** Both cables out, `meanwhile`, both back. */
  async function whileDormant(client: VpnClient, meanwhile: () => Promise<void>): Promise<number> {
    await Promise.all([lab().cablePull('eth0'), lab().cablePull('eth1')]);
    await client.waitFor('Dormant', (s) => s.state === 'Dormant', 5_000);
    await meanwhile();
    const plugged = monotonic();
    await Promise.all([lab().plug('eth0'), lab().plug('eth1')]);
    return plugged;
  }

  it('keeps the session when the same gateway moved, makes a new one when it forgot us, asks nobody', async () => {
    const moved = '10.10.0.8';
    const client = VpnClient.by(lab(), 'eap-mschapv2', {}, { log: true });
    await client.connected();
    const before = lasting(client);
    const plugged = await whileDormant(client, async () => {
      await batch(lab().namespace('gateway'), [
        `address del ${addresses.gateway}/24 dev eth0`,
        `address add ${moved}/24 dev eth0`,
      ]);
      await listenOn(lab(), [moved]);
      pointNamesAt(lab(), moved);
    });
    await client.waitFor('the new address', (s) => s.state === 'Connected' && s.destinationAddress === moved, 15_000);
    figure(
      `the gateway moved while Dormant: Connected at its new address ${(monotonic() - plugged).toFixed(0)} ms after the link came back`,
    );
    expect(lasting(client)).toEqual(before);
    const passing = await until('traffic at the new address', 30_000, async () =>
      (await lab()
        .ping(1)
        .then(
          () => true,
          () => false,
        ))
        ? monotonic()
        : undefined,
    );
    figure(`traffic at the new address ${(passing - plugged).toFixed(0)} ms after the link came back`);

    const again = await whileDormant(client, async () => {
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
      20_000,
    );
    figure(
      `another gateway behind the name: Connected ${(monotonic() - again).toFixed(0)} ms after the link came back`,
    );
    expect(after.tunnelAddresses).toEqual((before as { readonly addresses: unknown }).addresses);
    expect(after.connectedSince).toBe((before as { readonly since: unknown }).since);
    await lab().ping();
    expect(await client.stop()).toBe(0);
  });
});
