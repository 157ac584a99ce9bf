import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { useLab } from './fixture';
import { gatewayConfiguration } from './gateway-config';
import type { Lab } from './lab';
import { until } from './run';
import { difference, takeSnapshot } from './snapshot';
import { addresses } from './topology';
import { VpnClient } from './vpn-client';

/** What somebody else does to the settings; `sh -c` on the client machine. */
const changes: readonly (readonly [string, string])[] = [
  [
    'its rules are removed, as systemd-networkd removes foreign ones',
    'ip rule | sed -n "s/^\\(7[0-9]*\\):.*/\\1/p" | while read p; do ip rule del priority $p; done; ip -6 rule | sed -n "s/^\\(7[0-9]*\\):.*/\\1/p" | while read p; do ip -6 rule del priority $p; done',
  ],
  [
    'its routes are removed',
    'for t in $(ip route show table all | sed -n "s/.* table \\([0-9][0-9]*\\) .*/\\1/p" | sort -u); do ip route flush table $t; done',
  ],
  [
    'its rules and routes are removed at once',
    'for t in $(ip route show table all | sed -n "s/.* table \\([0-9][0-9]*\\) .*/\\1/p" | sort -u); do ip route flush table $t; done; ip rule | sed -n "s/^\\(7[0-9]*\\):.*/\\1/p" | while read p; do ip rule del priority $p; done',
  ],
  ['its addresses are removed', 'ip address flush dev avpn0'],
  ['the tunnel adapter is set down', 'ip link set avpn0 down'],
  ['the tunnel adapter gets another MTU', 'ip link set avpn0 mtu 1300'],
  ['resolv.conf is overwritten', 'echo "nameserver 192.168.50.66" > /etc/resolv.conf'],
  ['the firewall is flushed', 'nft flush ruleset'],
];

/** resolv.conf keeps what was there as comments. */
const withoutComments = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !/^[-+] #/.test(line))
    .join('\n');

/** The same in one process, to look often. */
const glance = async (of: Lab): Promise<string> =>
  (
    await of.on(
      'client',
      'sh',
      [
        '-c',
        'ip rule; ip -6 rule; ip route show table all; ip -6 route show table all; ip -o link show avpn0; ip -o address show avpn0; grep -v "^#" /etc/resolv.conf; nft -s list ruleset',
      ],
      { mayFail: true },
    )
  ).stdout.replace(/ (expires|valid_lft|preferred_lft) \S+/g, '');

describe('drift', () => {
  const lab = useLab();
  const settings = (of: Lab): Promise<string> => takeSnapshot(of.namespace('client'));

  it('what others change is put right', async () => {
    await lab().gateway.load(
      gatewayConfiguration(lab().pki).replaceAll(
        `local_ts = ${addresses.inside}, ${addresses.inside6}`,
        'local_ts = 0.0.0.0/0',
      ),
    );
    const before = await settings(lab());
    const client = VpnClient.by(lab(), 'eap-mschapv2', {
      network: { useDefaultGateway: true, dnsServers: 'server', ipv6: 'tunnel-or-block', killSwitch: true },
    });
    await client.connected();
    await lab().ping(1);
    const wanted = await settings(lab());
    const wantedAtAGlance = await glance(lab());
    const script = lab().pki.path('drift.sh');
    for (const [what, command] of changes) {
      writeFileSync(script, command);
      await lab().on('client', 'sh', [script], { mayFail: true });
      await until(what, 20_000, async () => ((await glance(lab())) === wantedAtAGlance ? true : undefined), 5);
      expect(withoutComments(difference(wanted, await settings(lab()))), what).toBe('');
      await lab().ping(1);
    }
    expect(await client.stop()).toBe(0);
    // What was written into resolv.conf meanwhile is what comes back.
    expect(difference(before, await settings(lab()))).toBe(
      `- # set by the lab\n- nameserver ${addresses.routerWlan}\n+ nameserver 192.168.50.66`,
    );
  });
});
