import { afterEach, describe, expect, it } from 'vitest';
import { figure, useLab } from './fixture';
import type { Lab } from './lab';
import { outageSeconds, sleepSeconds } from './lengths';
import { lost, startPinger } from './pinger';
import { monotonic } from './monotonic';
import type { Echo } from './pinger';
import { sleep, until } from './run';
import { addresses, nft } from './topology';
import { startFileServer, transfer } from './transfer';
import { VpnClient } from './vpn-client';

/** Milliseconds from `instant` to the first answer that came after it; Infinity: none. */
function firstAnswer(echoes: readonly Echo[], instant: number): number {
  return Math.min(
    Infinity,
    ...echoes.filter((e) => e.received !== null && e.received >= instant).map((e) => (e.received ?? 0) - instant),
  );
}

const identity = (client: VpnClient): unknown => {
  const status = client.status;
  return { initiator: status?.ike?.spiInitiator, addresses: status?.tunnelAddresses, since: status?.connectedSince };
};

/** Both cables out, `seconds` long, then one back. */
async function outage(
  lab: Lab,
  client: VpnClient,
  seconds: number,
): Promise<{ readonly dormant: number; readonly back: number; readonly connected: number }> {
  const cut = monotonic();
  await Promise.all([lab.cablePull('eth0'), lab.cablePull('eth1')]);
  await client.waitFor('Dormant', (s) => s.state === 'Dormant', 5_000);
  const dormant = monotonic() - cut;
  await sleep(seconds * 1000 - dormant);
  const pinger = await startPinger(lab, 'client', addresses.server);
  await sleep(100);
  const plugged = monotonic();
  await lab.plug('eth1');
  await client.waitFor('Connected', (s) => s.state === 'Connected' && s.adapter === 'eth1', 10_000);
  const connected = monotonic() - plugged;
  await sleep(700);
  const back = firstAnswer(await pinger.stop(), plugged);
  await lab.plug('eth0');
  return { dormant, back, connected };
}

describe('outages', () => {
  const lab = useLab();
  afterEach(async () => {
    await lab().plug('eth0');
    await lab().plug('eth1');
  });

  it(
    'both cables out is Dormant within 1 s, one back is Connected within 500 ms, after 5 s and after a minute; past the outage time 829 is reported once',
    { timeout: 120_000 + outageSeconds * 1000 },
    async () => {
      const client = VpnClient.by(lab(), 'eap-mschapv2', {
        mobility: { enabled: true, returnToPreferred: false, adapterOrder: ['eth1', 'eth0'], outageSeconds: 1800 },
      });
      await client.connected();
      const before = identity(client);
      const short = await outage(lab(), client, 5);
      figure(
        `5 s of outage: Dormant after ${short.dormant.toFixed(0)} ms; first ping ${short.back.toFixed(0)} ms after the link came back, Connected after ${short.connected.toFixed(0)} ms`,
      );
      expect(identity(client)).toEqual(before);

      // Another client on the same adapters, whose outage time is the shortest there is.
      const impatient = VpnClient.by(lab(), 'psk', {
        name: 'Impatient',
        network: { useDefaultGateway: false, routes: ['10.99.0.128/25'] },
        mobility: { enabled: true, returnToPreferred: false, adapterOrder: ['eth1', 'eth0'], outageSeconds: 60 },
      });
      await impatient.connected();
      const began = monotonic();
      const long = await outage(lab(), client, outageSeconds);
      figure(
        `${String(outageSeconds)} s of outage: Dormant after ${long.dormant.toFixed(0)} ms; first ping ${long.back.toFixed(0)} ms after the link came back, Connected after ${long.connected.toFixed(0)} ms`,
      );
      expect(identity(client)).toEqual(before);
      expect(client.stdout).not.toContain('Disconnected');

      expect((await impatient.exit).code).toBe(4);
      const failures = impatient.changes.filter(
        ({ status }) => status.state === 'Disconnected' && status.error !== null,
      );
      expect(failures.map(({ status }) => status.error?.code)).toEqual([829]);
      figure(
        `outage time of 60 s: failed with 829 ${(((failures[0]?.at ?? NaN) - began) / 1000).toFixed(2)} s after the cut, told once, exit code 4`,
      );
      expect((failures[0]?.at ?? NaN) - began).toBeGreaterThan(59_000);

      for (const one of [short, long]) {
        expect(one.dormant).toBeLessThan(1_000);
        expect(one.back).toBeLessThan(500);
      }
      expect(await client.stop()).toBe(0);
    },
  );

  it('the planned return to the preferred adapter loses nothing of 10,000 pings and of a transfer', async () => {
    await startFileServer(lab());
    const client = VpnClient.by(lab(), 'eap-mschapv2', {
      mobility: { enabled: true, returnToPreferred: true, adapterOrder: ['eth0', 'eth1'] },
    });
    await client.connected();
    await lab().cablePull('eth0');
    await client.waitFor('eth1', (s) => s.state === 'Connected' && s.adapter === 'eth1');
    await sleep(300);
    const pinger = await startPinger(lab(), 'client', addresses.server);
    const download = transfer(lab(), 'download', 11_000_000, 1_000_000);
    await sleep(500);
    await lab().plug('eth0');
    const began = monotonic();
    await client.waitFor(
      'the return',
      (s) => s.adapter === 'eth0' && s.lastRoam?.reason === 'preferred-adapter',
      15_000,
    );
    const moveAt = monotonic();
    const returned = moveAt - began;
    await sleep(11_000 - returned);
    const echoes = await pinger.stop();
    const moved = await download;
    // The move itself may lose nothing; what a busy machine drops at other times is told apart.
    const byMove = lost(echoes, moveAt - 1_000, moveAt + 1_000);
    figure(
      `returned ${(returned / 1000).toFixed(1)} s after the adapter was back: ${String(lost(echoes))} of ${String(echoes.length)} pings lost, ${String(byMove)} of them within a second of the move; transfer ${moved.received === moved.sent ? 'right' : 'WRONG'}`,
    );
    expect(byMove).toBe(0);
    expect(moved.received).toBe(moved.sent);
    expect(echoes.length).toBeGreaterThan(8_000);
    expect(await client.stop()).toBe(0);
  });

  it('the NAT router restarts: traffic is back within 3 s', async () => {
    const client = VpnClient.by(lab(), 'eap-mschapv2', {
      mobility: { enabled: true, returnToPreferred: false, adapterOrder: ['eth1', 'eth0'] },
    });
    await client.waitFor('Connected by eth1', (s) => s.state === 'Connected' && s.adapter === 'eth1');
    const before = identity(client);
    const [first] = await lab().gatewaySas();
    const pinger = await startPinger(lab(), 'client', addresses.server, 10);
    await sleep(500);
    const restarted = monotonic();
    await nft(
      lab().namespace('router'),
      'flush chain ip lab out\nadd rule ip lab out oifname "lan" udp dport { 500, 4500 } masquerade to :20000-29999\nadd rule ip lab out oifname "lan" masquerade',
    );
    await lab().on('router', 'conntrack', ['-F'], { mayFail: true });
    const flushed = monotonic();
    await sleep(5_000);
    const gap = firstAnswer(await pinger.stop(), flushed + 20);
    const [second] = await lab().gatewaySas();
    figure(
      `NAT restarted (port ${String(first?.remotePort)} became ${String(second?.remotePort)}): first answer after ${gap.toFixed(0)} ms, the restart itself took ${(flushed - restarted).toFixed(0)} ms`,
    );
    await nft(lab().namespace('router'), 'flush chain ip lab out\nadd rule ip lab out oifname "lan" masquerade');
    expect(second?.remotePort).not.toBe(first?.remotePort);
    expect(gap).toBeLessThan(3_000);
    expect(identity(client)).toEqual(before);
    expect(await client.stop()).toBe(0);
  });

  it('the gateway process is killed and comes back 4 s later: Connected within 3 s of its return, with the same address', async () => {
    const client = VpnClient.by(lab(), 'eap-mschapv2');
    const before = await client.connected();
    const pinger = await startPinger(lab(), 'client', addresses.server, 10);
    await sleep(1_000);
    await lab().gateway.stop('SIGKILL');
    await sleep(4_000);
    await lab().gateway.start();
    const returned = monotonic();
    await until('a new session', 10_000, () =>
      client.status?.state === 'Connected' && client.status.ike?.spiInitiator !== before.ike?.spiInitiator
        ? true
        : undefined,
    );
    const connected = monotonic() - returned;
    await sleep(500);
    const back = firstAnswer(await pinger.stop(), returned);
    figure(
      `gateway away for 4 s: Connected ${connected.toFixed(0)} ms and first ping ${back.toFixed(0)} ms after its return`,
    );
    expect(client.status?.tunnelAddresses).toEqual(before.tunnelAddresses);
    expect(client.status?.connectedSince).toBe(before.connectedSince);
    expect(Math.max(connected, back)).toBeLessThan(3_000);
    expect(await client.stop()).toBe(0);
  });

  it(
    'SIGSTOP and SIGCONT of the host: goes on with the same session',
    { timeout: 60_000 + sleepSeconds * 1000 },
    async () => {
      const client = VpnClient.by(lab(), 'eap-mschapv2');
      await client.connected();
      const before = identity(client);
      await lab().ping();
      process.kill(client.pid, 'SIGSTOP');
      await sleep(sleepSeconds * 1000);
      const pinger = await startPinger(lab(), 'client', addresses.server, 10);
      await sleep(100);
      const woken = monotonic();
      process.kill(client.pid, 'SIGCONT');
      await sleep(2_000);
      const back = firstAnswer(await pinger.stop(), woken);
      figure(`stopped for ${String(sleepSeconds)} s: first ping ${back.toFixed(0)} ms after SIGCONT`);
      expect(back).toBeLessThan(3_000);
      expect(client.status?.state).toBe('Connected');
      expect(identity(client)).toEqual(before);
      expect(await client.stop()).toBe(0);
    },
  );
});
