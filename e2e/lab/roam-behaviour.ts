import { expect } from 'vitest';
import type { Lab } from './lab';
import { roamsEachWay } from './lengths';
import { type Cut, otherAdapter } from './roam';
import type { AdapterName } from './topology';
import { startFileServer, transfer } from './transfer';
import { VpnClient } from './vpn-client';

/** What a roam must not change. */
const lasting = (client: VpnClient): unknown => {
  const s = client.status;
  return {
    addresses: s?.tunnelAddresses,
    initiator: s?.ike?.spiInitiator,
    responder: s?.ike?.spiResponder,
    established: s?.ike?.establishedAt,
    since: s?.connectedSince,
    adapter: s?.tunnelAdapter,
  };
};

/** Octets a second of the download. */
const rate = 1_500_000;

/**
 * Switches to the NAT side and back, a download running meanwhile: the tunnel address, the SPIs of the IKE SA and the
 * start of Duration stay, and the download arrives whole. `npm run bench -- roam` measures how long a switch takes.
 */
export async function roamsBackAndForth(lab: Lab, cut: Cut): Promise<void> {
  await startFileServer(lab);
  const client = VpnClient.by(lab, 'eap-mschapv2');
  await client.connected();
  const before = lasting(client);
  const count = roamsEachWay * 2;
  const download = transfer(lab, 'download', count * rate, rate, 60_000 + count * 5_000);
  let current: AdapterName = 'eth0';
  for (let i = 1; i <= count; i++) {
    const to = otherAdapter(current);
    await lab[cut](current);
    await client.waitFor(`switch ${String(i)} to ${to}`, (s) => s.state === 'Connected' && s.adapter === to);
    await lab.reached();
    await lab.plug(current);
    current = to;
  }
  const moved = await download;
  expect(moved).toMatchObject({ wrongWords: 0, firstWrong: null });
  expect(lasting(client)).toEqual(before);
  const [sa] = await lab.gatewaySas();
  expect(sa?.initiatorSpi).toBe(client.status?.ike?.spiInitiator);
  expect(client.status?.roams).toBeGreaterThanOrEqual(count);
  expect(await client.stop()).toBe(0);
}
