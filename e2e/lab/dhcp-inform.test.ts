import { describe, expect, it } from 'vitest';
import { figure, useLab } from './fixture';
import { gatewayConfiguration } from './gateway-config';
import { monotonic } from './monotonic';
import { end, sleep, until } from './run';
import { addresses, batch } from './topology';
import { VpnClient } from './vpn-client';

/**
 * Beside the gateway, as administrators of strongSwan set it up for Windows clients: options for those that say "MSFT
 * 5.0", no leases.
 */
const server = [
  '--no-daemon',
  '--conf-file=/dev/null',
  '--port=0',
  '--dhcp-authoritative',
  '--log-dhcp',
  '--interface=ipsec0',
  '--dhcp-leasefile=/dev/null',
  '--dhcp-range=10.77.0.0,static,255.255.255.0',
  '--dhcp-vendorclass=set:windows,MSFT 5.0',
  '--dhcp-option=tag:windows,121,172.20.0.0/16,0.0.0.0,0.0.0.0/0,10.99.0.1',
  `--dhcp-option=tag:windows,6,${addresses.server}`,
  '--dhcp-option=tag:windows,15,corp.lab.test',
];

describe('DHCPINFORM through the tunnel (W-20 to W-27)', () => {
  const lab = useLab();
  const network = { useDefaultGateway: false, dnsServers: 'server', dhcpInform: true };
  const routes = async (): Promise<string> =>
    (await lab().on('client', 'ip', ['route', 'show', 'table', 'all'])).stdout;

  it('routes, name servers and domain of a DHCP server behind the gateway are set, its default route is not, and all go with the tunnel', async () => {
    // The gateway itself says nothing of name servers.
    await lab().gateway.load(
      gatewayConfiguration(lab().pki)
        .replaceAll(`local_ts = ${addresses.inside}, ${addresses.inside6}`, 'local_ts = 0.0.0.0/0')
        .replaceAll(`\n dns = ${addresses.server}`, ''),
    );
    // strongSwan's packets from tunnels come by this adapter; a DHCP server wants an address of the clients' network
    // there.
    await batch(lab().namespace('gateway'), ['address add 10.77.0.254/24 dev ipsec0']);
    const before = await lab().snapshot();
    const dnsmasq = lab().start('gateway', 'dnsmasq', server);
    let said = '';
    for (const stream of [dnsmasq.stdout, dnsmasq.stderr])
      stream?.on('data', (data: Buffer) => (said += data.toString()));
    try {
      await until('dnsmasq', 30_000, () => (said.includes('DHCP') ? true : undefined));
      const client = VpnClient.by(lab(), 'eap-mschapv2', { network }, { log: true });
      await client.connected(30_000);
      const began = monotonic();
      await until(`the route of option 121; dnsmasq: ${said}`, 15_000, async () =>
        (await routes()).includes('172.20.0.0/16 dev avpn0') ? true : undefined,
      ).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${said}\n${client.stdout.slice(-2000)}`);
      });
      figure(`options set ${(monotonic() - began).toFixed(0)} ms after Connected`);
      expect(said).toContain('DHCPINFORM');
      expect((await lab().on('client', 'cat', ['/etc/resolv.conf'])).stdout).toContain(
        `nameserver ${addresses.routerWlan}`,
      );
      expect(await routes()).not.toMatch(/^default dev avpn0/m);
      expect((await lab().on('client', 'ip', ['route', 'get', '172.20.3.4'])).stdout).toContain('avpn0');
      expect(client.stdout).toContain('DHCP options came through the tunnel');
      // Not asked again after a move, and the routes stay.
      const questions = said.split('DHCPINFORM').length;
      await lab().cablePull('eth0');
      await client.waitFor('eth1', (s) => s.state === 'Connected' && s.adapter === 'eth1');
      // Time in which a question would have come.
      await sleep(1_000);
      expect(said.split('DHCPINFORM').length).toBe(questions);
      expect(await routes()).toContain('172.20.0.0/16 dev avpn0');
      expect(await client.stop()).toBe(0);
      await lab().plug('eth0');
      expect(await lab().snapshot()).toBe(before);
    } finally {
      await end(dnsmasq);
    }
  });

  it('options of the physical network are nobody’s business: with routes of option 121 on the Wi-Fi nothing of ours changes (W-27)', async () => {
    const client = VpnClient.by(lab(), 'eap-mschapv2', { network });
    await client.connected(30_000);
    const mine = async (): Promise<string> =>
      (await routes())
        .split('\n')
        .filter((line) => line.includes('avpn'))
        .sort()
        .join('\n');
    const wanted = await mine();
    await lab().on('client', 'ip', ['route', 'add', '172.20.0.0/16', 'via', addresses.routerWlan, 'dev', 'eth1']);
    // Time in which the helper looks at its settings more than once.
    await sleep(1_500);
    expect(await mine()).toBe(wanted);
    await lab().on('client', 'ip', ['route', 'del', '172.20.0.0/16']);
    expect(await client.stop()).toBe(0);
  });
});
