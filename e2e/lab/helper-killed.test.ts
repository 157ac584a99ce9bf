import { readFileSync, readdirSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { figure, useLab } from './fixture';
import { account, gatewayConfiguration } from './gateway-config';
import { internet, internet6, tryEverything, watchLeaks } from './leak-capture';
import { lost, startPinger } from './pinger';
import { monotonic } from './monotonic';
import { until } from './run';
import { difference } from './snapshot';
import { addresses, batch } from './topology';
import { VpnClient } from './vpn-client';
import { helperProgram } from '../../src-main/system/linux/helper-client';

/** The privileged helper that a host started: its one child of that name. undefined: there is none. */
function helperOf(host: number): number | undefined {
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const [, name, parent] = /^\d+ \((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${entry}/stat`, 'utf8')) ?? [];
      if (Number(parent) === host && name?.startsWith('agile-vpn-helpe') === true) return Number(entry);
    } catch {
      // It ended meanwhile.
    }
  }
  return undefined;
}

const network = (
  killSwitch: boolean,
): {
  readonly network: {
    readonly useDefaultGateway: boolean;
    readonly dnsServers: string;
    readonly ipv6: string;
    readonly killSwitch: boolean;
    readonly allowLan: boolean;
  };
} => ({
  network: { useDefaultGateway: true, dnsServers: 'server', ipv6: 'tunnel-or-block', killSwitch, allowLan: false },
});

describe('the privileged helper is killed alone', () => {
  const lab = useLab();

  beforeAll(async () => {
    await lab().gateway.load(
      gatewayConfiguration(lab().pki)
        .replaceAll(`local_ts = ${addresses.inside}, ${addresses.inside6}`, 'local_ts = 0.0.0.0/0')
        .replaceAll('pools = inside4, inside6', 'pools = inside4'),
    );
    await batch(lab().namespace('client'), [
      'address add fd50::2/64 dev eth1 nodad',
      'route add default via fd50::1 dev eth1 metric 600',
    ]);
  });
  afterEach(async () => {
    for (const table of ['agile_vpn', 'agile_vpn_avpn0'])
      await lab().on('client', 'nft', ['delete', 'table', 'inet', table], { mayFail: true });
  });

  it.each([true, false])(
    'with kill switch %s: stated, replaced, nothing lost of the tunnel, nothing leaves beside it',
    async (killSwitch) => {
      const before = await lab().snapshot();
      const client = VpnClient.by(lab(), 'eap-mschapv2', network(killSwitch));
      const connected = await client.connected();
      await lab().ping(1);
      const wanted = await lab().snapshot();
      const pinger = await startPinger(lab(), 'client', addresses.server, 5);
      const watch = await watchLeaks(
        lab(),
        killSwitch ? undefined : `not host ${internet} and not host ${internet6} and not host ${addresses.server}`,
      );
      const first = helperOf(client.pid);
      expect(first).toBeDefined();
      // Programs go on trying to get out around the moment, bound to adapters as well where the kill switch holds those
      // too.
      const trying = killSwitch
        ? tryEverything(lab())
        : lab().on('client', 'ping', ['-c', '100', '-i', '0.02', '-W', '1', internet], { mayFail: true });
      await pinger.answered;
      const killed = monotonic();
      process.kill(first!, 'SIGKILL');
      await client.waitFor('"not in force"', (s) =>
        (s.settings ?? []).some(
          ({ concern, inForce, detail }) => concern === 'tunnel' && !inForce && detail.includes('helper ended'),
        ),
      );
      const again = await client.waitFor(
        'in force again',
        (s) => (s.settings ?? []).length === 6 && (s.settings ?? []).every(({ inForce }) => inForce),
      );
      const replaced = monotonic();
      const second = helperOf(client.pid);
      expect(second).toBeDefined();
      expect(second).not.toBe(first);
      await trying;
      const packets = await watch();
      const echoes = await pinger.stop();
      figure(
        `kill switch ${String(killSwitch)}: ${String(packets.length)} packets outside of the policy, ${String(lost(echoes))} of ${String(echoes.length)} pings lost`,
      );
      expect(packets).toEqual([]);
      // Around the moment; what a busy machine drops at other times is not the helper's.
      expect(lost(echoes, killed - 100, replaced + 500)).toBe(0);
      // The new one watches: what somebody else removes is back.
      await lab().on('client', 'sh', ['-c', 'ip rule del priority 7001; ip address flush dev avpn0']);
      await until('the repair', 10_000, async () =>
        difference(wanted, await lab().snapshot()) === '' ? true : undefined,
      );
      for (const key of ['tunnelAdapter', 'tunnelAddresses', 'connectedSince', 'originAddress', 'roams'] as const)
        expect(again[key]).toEqual(connected[key]);
      expect(again.ike).toEqual(connected.ike);
      expect(client.changes.map(({ status }) => status.state).filter((state, i, all) => state !== all[i - 1])).toEqual([
        'Connecting',
        'Connected',
      ]);
      expect(await client.stop()).toBe(0);
      expect(difference(before, await lab().snapshot())).toBe('');
    },
  );

  it('and none can take its place: the connection ends for that reason, and its kill switch stays until a person lifts it', async () => {
    const client = VpnClient.by(lab(), 'eap-mschapv2', network(true));
    await client.connected();
    await lab().ping(1);
    // In this host's mounts alone the program is another one.
    await lab().on('client', 'nsenter', [
      '-t',
      String(client.pid),
      '-m',
      'mount',
      '--bind',
      '/bin/false',
      helperProgram() ?? '',
    ]);
    process.kill(helperOf(client.pid)!, 'SIGKILL');
    expect((await client.exit).code).toBe(4);
    expect(client.status).toMatchObject({
      state: 'Disconnected',
      trafficBlocked: true,
      error: { code: 827, message: 'The privileged helper ended, and none could take its place. Connect again.' },
    });
    expect(await lab().gatewaySas()).toEqual([]);
    expect((await lab().on('client', 'ip', ['link'])).stdout).not.toContain('avpn');
    const watch = await watchLeaks(lab());
    await tryEverything(lab());
    const packets = await watch();
    figure(`no helper: ${String(packets.length)} packets outside of the policy`);
    expect(packets).toEqual([]);
    // The next connection takes it over, and its end lifts it.
    const next = VpnClient.by(lab(), 'eap-mschapv2', network(true), { password: account.password });
    await next.connected();
    expect(await next.stop()).toBe(0);
    expect((await lab().on('client', 'nft', ['list', 'tables'])).stdout).not.toContain('agile_vpn');
  });
});
