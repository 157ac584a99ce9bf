import { expect, it } from 'vitest';
import { figure, useLab } from './fixture';
import { monotonic } from './monotonic';
import { lost, startPinger } from './pinger';
import { addresses } from './topology';
import { startFileServer, transfer } from './transfer';
import { VpnClient } from './vpn-client';

const lab = useLab();

it('the planned return to the preferred adapter loses nothing of 1000 pings a second and of a transfer', async () => {
  await startFileServer(lab());
  const client = VpnClient.by(lab(), 'eap-mschapv2', {
    mobility: { enabled: true, returnToPreferred: true, adapterOrder: ['eth0', 'eth1'] },
  });
  await client.connected();
  await lab().cablePull('eth0');
  await client.waitFor('eth1', (s) => s.state === 'Connected' && s.adapter === 'eth1');
  const pinger = await startPinger(lab(), 'client', addresses.server, 1);
  await pinger.answered;
  const download = transfer(lab(), 'download', 11_000_000, 1_000_000);
  await lab().plug('eth0');
  await client.waitFor('the return', (s) => s.adapter === 'eth0' && s.lastRoam?.reason === 'preferred-adapter');
  const moveAt = monotonic();
  const moved = await download;
  const echoes = await pinger.stop();
  // The move itself may lose nothing; what a busy machine drops at other times is told apart.
  const byMove = lost(echoes, moveAt - 1_000, moveAt + 1_000);
  figure(
    `${String(lost(echoes))} of ${String(echoes.length)} pings lost, ${String(byMove)} of them within a second of the move`,
  );
  expect(byMove).toBe(0);
  expect(moved).toMatchObject({ wrongWords: 0, firstWrong: null });
  expect(await client.stop()).toBe(0);
});
