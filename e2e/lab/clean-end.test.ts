import { describe, expect, it } from 'vitest';
import { useLab } from './fixture';
import { until } from './run';
import { difference } from './snapshot';
import { VpnClient } from './vpn-client';
import { profiles } from './profiles';
import type { ProfileText } from './profiles';

const fullTunnel = { useDefaultGateway: true, dnsServers: 'server', ipv6: 'tunnel-or-block' };
const tunnelOnly: readonly [string, ProfileText] = [
  'the tunnel alone',
  { network: profiles['eap-mschapv2']['network'] ?? {} },
];
const withoutKillSwitch: readonly [string, ProfileText] = [
  'default gateway, DNS and IPv6 block',
  { network: fullTunnel },
];
const withKillSwitch: readonly [string, ProfileText] = [
  'default gateway, DNS, IPv6 block and kill switch',
  { network: { ...fullTunnel, killSwitch: true } },
];

describe('after the end', () => {
  const lab = useLab();

  it.each([tunnelOnly, withoutKillSwitch, withKillSwitch])(
    'SIGTERM with %s: the gateway has no SA left and every setting is as before',
    async (_, changes) => {
      const before = await lab().snapshot();
      const client = VpnClient.by(lab(), 'eap-mschapv2', changes);
      await client.connected();
      await lab().ping(1);
      expect(difference(before, await lab().snapshot())).not.toBe('');
      expect(await client.stop('SIGTERM')).toBe(0);
      expect(await lab().gatewaySas()).toEqual([]);
      expect(difference(before, await lab().snapshot())).toBe('');
    },
  );

  // The kill switch is not in here: it is there to hold when its client dies.
  it.each([tunnelOnly, withoutKillSwitch])('SIGKILL with %s: every setting is as before soon', async (_, changes) => {
    const before = await lab().snapshot();
    const client = VpnClient.by(lab(), 'eap-mschapv2', changes);
    await client.connected();
    await lab().ping(1);
    process.kill(client.pid, 'SIGKILL');
    let left = '';
    await until(
      'settings as before',
      20_000,
      async () => {
        left = difference(before, await lab().snapshot());
        return left === '' ? true : undefined;
      },
      10,
    ).catch(() => undefined);
    expect(left).toBe('');
    // The gateway was told nothing: it still has the SA, and is cleaned for the next test.
    for (const sa of await lab().gatewaySas())
      await lab().gateway.vici.command('terminate', { 'ike-id': sa.uniqueId, force: 'yes' });
  });
});
