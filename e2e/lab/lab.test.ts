import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { figure, useLab } from './fixture';
import { Lab } from './lab';
import { longestGap, lost, startPinger } from './pinger';
import { monotonic } from './monotonic';
import { sleep } from './run';
import { difference } from './snapshot';
import { addresses } from './topology';
import { startFileServer, transfer } from './transfer';
import { decodeVici, encodeVici } from './vici';

/** The lab itself, proved with strongSwan's own client before anything is concluded from ours. */
describe('the lab', () => {
  const lab = useLab();

  it('keeps the server behind the gateway out of reach without a tunnel', async () => {
    await expect(lab().ping(1)).rejects.toThrow(/100% packet loss/);
    await lab().on('client', 'ping', ['-c', '1', '-W', '1', addresses.gateway]);
    await lab().on('client', 'ping', ['-c', '1', '-W', '1', '-I', 'eth1', addresses.gateway]);
  });

  it("carries strongSwan's own client by every way to authenticate", async () => {
    const client = await lab().strongswanClient();
    for (const connection of ['rsa', 'ecdsa', 'psk', 'eap']) {
      const began = monotonic();
      await client.vici.command('initiate', { child: 'net', ike: connection, timeout: '5000' });
      figure(`strongSwan's client, ${connection}: connected in ${(monotonic() - began).toFixed(1)} ms`);
      await lab().ping(1);
      const [sa] = await lab().gatewaySas();
      expect(sa?.state).toBe('ESTABLISHED');
      expect(sa?.virtualIps[0]).toMatch(/^10\.77\.0\./);
      if (connection === 'eap') {
        await startFileServer(lab());
        const moved = await transfer(lab(), 'download', 5_000_000);
        expect(moved).toMatchObject({ wrongWords: 0, firstWrong: null });
      }
      await client.vici.command('terminate', { ike: connection, timeout: '5000' });
    }
    await client.stop();
  });

  it('sees a switched-off adapter and a pulled cable as different things, and plugs both back', async () => {
    const before = await lab().snapshot();
    await lab().linkDown('eth0');
    expect(difference(before, await lab().snapshot())).toContain('- default via 10.10.0.1 dev eth0 metric 100');
    await lab().plug('eth0');
    expect(difference(before, await lab().snapshot())).toBe('');
    await lab().cablePull('eth0');
    const pulled = await lab().snapshot();
    expect(pulled).toContain('default via 10.10.0.1 dev eth0 metric 100 linkdown');
    expect(pulled).toContain('10.10.0.2/24');
    await lab().plug('eth0');
    expect(difference(before, await lab().snapshot())).toBe('');
  });

  it('counts answers and losses of a known outage', async () => {
    const pinger = await startPinger(lab(), 'client', addresses.routerWlan, 1);
    await pinger.answered;
    const from = monotonic();
    await lab().cablePull('eth1');
    await sleep(200);
    await lab().plug('eth1');
    const echoes = await pinger.stop();
    expect(longestGap(echoes, from, monotonic())).toBeGreaterThan(150);
    expect(lost(echoes, from)).toBeGreaterThan(100);
    expect(lost(echoes, -Infinity, from - 5)).toBe(0);
  });
});

it('leaves no namespace, process or file behind', async () => {
  const lab = await Lab.up();
  const names = (['client', 'gateway', 'router', 'server', 'wires'] as const).map((m) => lab.namespace(m));
  const pid = lab.gateway.pid;
  await lab.down();
  const left = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  for (const name of names) {
    expect(left).not.toContain(name);
    expect(existsSync(`/etc/netns/${name}`)).toBe(false);
  }
  expect(existsSync(lab.directory)).toBe(false);
  expect(existsSync(`/proc/${String(pid)}`)).toBe(false);
});

it('speaks vici: what is encoded is decoded', () => {
  const message = { a: 'x', list: ['1', '2'], section: { inner: { deep: 'ä' }, empty: [] } };
  expect(decodeVici(encodeVici(message))).toEqual(message);
});
