import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { figure, useLab } from './fixture';
import { gatewayConfiguration } from './gateway-config';
import { type Lab, listening } from './lab';
import { distant, internet, internet6, leaks, local6, pretended } from './leak-capture';
import { end } from './run';
import { addresses, batch, nft } from './topology';
import { clientEnvironment, VpnClient } from './vpn-client';

const program = fileURLToPath(new URL('../../bin/agile-vpn', import.meta.url));

const silence = (lab: Lab): Promise<unknown> =>
  nft(
    lab.namespace('gateway'),
    'add chain inet lab silence { type filter hook input priority 0; }\nadd rule inet lab silence iifname "eth0" udp dport { 500, 4500 } drop',
  );
const speak = (lab: Lab): Promise<unknown> =>
  nft(
    lab.namespace('gateway'),
    'add chain inet lab silence { type filter hook input priority 0; }\nflush chain inet lab silence\ndelete chain inet lab silence',
  );

const everything = (
  killSwitch: boolean,
  allowLan = false,
): {
  readonly network: {
    readonly useDefaultGateway: boolean;
    readonly dnsServers: string;
    readonly ipv6: string;
    readonly killSwitch: boolean;
    readonly allowLan: boolean;
  };
} => ({
  network: { useDefaultGateway: true, dnsServers: 'server', ipv6: 'tunnel-or-block', killSwitch, allowLan },
});

describe('what may leave, by docs/security.md', () => {
  const lab = useLab();

  beforeAll(async () => {
    // Everything goes into the tunnel, and there is IPv6 and a second default route to flee by.
    await batch(lab().namespace('gateway'), [`address add ${distant}/32 dev eth0`]);
    await lab().gateway.load(
      gatewayConfiguration(lab().pki)
        .replaceAll(`local_addrs = ${addresses.gateway}`, `local_addrs = ${addresses.gateway}, ${distant}`)
        .replaceAll(`local_ts = ${addresses.inside}, ${addresses.inside6}`, 'local_ts = 0.0.0.0/0')
        .replaceAll('pools = inside4, inside6', 'pools = inside4'),
    );
    await batch(lab().namespace('router'), [
      `address add ${local6}/64 dev wlan nodad`,
      `address add ${pretended}/24 dev wlan`,
    ]);
    await batch(lab().namespace('client'), [
      'address add fd50::2/64 dev eth1 nodad',
      `route add default via ${local6} dev eth1 metric 600`,
      'address add 198.18.7.2/24 dev eth1',
    ]);
  });
  afterEach(async () => {
    await batch(lab().namespace('client'), [`route replace default via ${local6} dev eth1 metric 600`]);
    await speak(lab());
    await lab().plug('eth0');
    await lab().plug('eth1');
  });

  it('without a tunnel the attempts do leave: the capture sees them', async () => {
    const seen = await leaks(lab());
    for (const target of [distant, internet, pretended, addresses.routerWlan, internet6, local6])
      expect(seen.join('\n')).toContain(target);
    for (const port of ['.500: ', '.4500: ']) expect(seen.join('\n')).toContain(`${distant}${port}`);
    for (const kind of ['ICMP echo request', 'ICMP6', 'UDP', 'Flags [S]']) expect(seen.join('\n')).toContain(kind);
    // The default route is eth0's; only what is bound to it leaves by the other.
    for (const port of ['9999', '80', '53'])
      expect(seen.join('\n')).toMatch(new RegExp(`^eth1 .* > 203\\.0\\.113\\.7\\.${port}: `, 'm'));
    figure(`without a tunnel: ${String(seen.length)} packets seen`);
  });

  it('kill switch: nothing but the tunnel leaves, in every state, until an explicit disconnect', async () => {
    // TunnelVision: routes as DHCP option 121 would bring them.
    await batch(lab().namespace('client'), [
      `route add 203.0.113.0/24 via ${addresses.routerWlan} dev eth1`,
      `route add 0.0.0.0/1 via ${addresses.routerWlan} dev eth1`,
      `route add 2001:db8::/32 via ${local6} dev eth1`,
    ]);
    const client = VpnClient.by(lab(), 'eap-mschapv2', everything(true));
    await client.connected(30_000);
    await lab().on('client', 'ping', [
      '-c',
      '2',
      '-i',
      '0.05',
      '-W',
      '2',
      '-I',
      client.status?.tunnelAdapter ?? '',
      addresses.server,
    ]);
    const found: Record<string, readonly string[]> = {};
    found['Connected'] = await leaks(lab());

    // Something is said through the tunnel, so that the silence is noticed.
    const talk = lab().start('client', 'ping', [
      '-i',
      '0.2',
      '-I',
      client.status?.tunnelAdapter ?? '',
      addresses.server,
    ]);
    await lab().reached('avpn0');
    await silence(lab());
    await client.waitFor('WaitingToReconnect', (s) => s.state === 'WaitingToReconnect');
    await end(talk);
    found['WaitingToReconnect'] = await leaks(lab());

    await lab().cablePull('eth0');
    await batch(lab().namespace('client'), [
      `route del default dev eth1`,
      `route del 0.0.0.0/1 dev eth1`,
      `route del default via ${local6} dev eth1`,
    ]);
    await client.waitFor('Dormant', (s) => s.state === 'Dormant');
    found['Dormant'] = await leaks(lab());

    process.kill(client.pid, 'SIGKILL');
    await client.exit;
    found['host killed'] = await leaks(lab());

    await lab().plug('eth0');
    await lab().plug('eth1');
    await batch(lab().namespace('client'), [`route replace default via ${local6} dev eth1 metric 600`]);
    found['host killed, networks back'] = await leaks(lab());
    const again = VpnClient.by(lab(), 'eap-mschapv2', everything(true));
    await again.waitFor('Connecting', (s) => s.state === 'Connecting' && s.phase === 'connecting', 30_000);
    found['Connecting after that'] = await leaks(lab());
    await speak(lab());
    await again.connected(30_000);
    found['Connected again'] = await leaks(lab());

    for (const [state, packets] of Object.entries(found))
      figure(`kill switch, ${state}: ${String(packets.length)} packets outside of the policy`);
    expect(Object.fromEntries(Object.entries(found).filter(([, packets]) => packets.length > 0))).toEqual({});
    expect(await again.stop()).toBe(0);
    expect((await lab().on('client', 'nft', ['list', 'tables'])).stdout).not.toContain('agile_vpn');
    await batch(lab().namespace('client'), ['route del 203.0.113.0/24 dev eth1', 'route del 2001:db8::/32 dev eth1']);
  });

  it('kill switch: a connection that failed keeps it, every command knows, and its own disconnect lifts it', async () => {
    const client = VpnClient.by(lab(), 'eap-mschapv2', { ...everything(true), mobility: { enabled: false } });
    await client.connected(30_000);
    for (const sa of await lab().gatewaySas())
      await lab().gateway.vici.command('terminate', { 'ike-id': sa.uniqueId, force: 'yes' });
    expect((await client.exit).code).toBe(4);
    expect(client.status).toMatchObject({ state: 'Disconnected', trafficBlocked: true, error: { code: 629 } });
    expect((await lab().on('client', 'ip', ['link'])).stdout).not.toContain('avpn');
    const found = await leaks(lab());
    figure(`kill switch, failed: ${String(found.length)} packets outside of the policy`);
    expect(found).toEqual([]);

    const command = (...args: string[]): ReturnType<Lab['on']> =>
      lab().on('client', program, args, { env: clientEnvironment(lab()), mayFail: true });
    expect((await command('status')).stderr).toContain('Traffic is blocked by the kill switch');
    // Another connection is refused by name, and lifts nothing by failing.
    const other = await command('connect', client.file, '--password-file', client.file);
    expect(other.code).toBe(3);
    expect((await command('disconnect', 'Somebody else')).code).toBe(2);
    expect((await lab().on('client', 'nft', ['list', 'tables'])).stdout).toContain('agile_vpn');
    expect(await command('disconnect', 'Lab EAP')).toMatchObject({ code: 0 });
    expect((await lab().on('client', 'nft', ['list', 'tables'])).stdout).not.toContain('agile_vpn');
    expect((await leaks(lab())).join('\n')).toContain(internet);
  });

  it('kill switch: addresses that the gateway announces are let through, with its ports and nothing else', async () => {
    const client = VpnClient.by(lab(), 'eap-mschapv2', everything(true));
    await client.connected(30_000);
    const sets = (await lab().on('client', 'nft', ['list', 'set', 'inet', 'agile_vpn', 'endpoints4'])).stdout;
    for (const address of [addresses.gateway, distant])
      for (const port of [500, 4500]) expect(sets.replace(/\s+/g, ' ')).toContain(`${address} . ${String(port)}`);
    expect((await leaks(lab())).filter((line) => line.includes(distant))).toEqual([]);
    expect(await client.stop()).toBe(0);
  });

  it.each([false, true])(
    'TunnelCrack ServerIP (kill switch %s): only our own packets to the gateway leave outside, everything else to its address goes through the tunnel',
    async (killSwitch) => {
      const client = VpnClient.by(lab(), 'eap-mschapv2', { ...everything(killSwitch), server: distant });
      const status = await client.connected(30_000);
      expect(status.destinationAddress).toBe(distant);
      expect((await lab().on('client', 'ip', ['route', 'get', distant])).stdout).toContain('avpn0');
      expect((await lab().on('client', 'ip', ['route', 'get', distant, 'mark', '0x6176706e'])).stdout).toContain(
        'eth0',
      );
      // What asks for an adapter by name, routes cannot hold; the kill switch does.
      const strays = (await leaks(lab(), killSwitch)).filter((line) => line.includes(distant));
      figure(
        `ServerIP, ${killSwitch ? 'kill switch' : 'routes alone'}: ${String(strays.length)} packets outside of the policy`,
      );
      expect(strays).toEqual([]);
      // It is in the tunnel that they are.
      const inside = lab().start('client', 'tcpdump', [
        '-i',
        'avpn0',
        '-c',
        '1',
        '-n',
        '--immediate-mode',
        `icmp and dst host ${distant}`,
      ]);
      const seen = new Promise<number | null>((resolve) => inside.once('exit', resolve));
      await listening(inside);
      await lab().on('client', 'ping', ['-c', '3', '-i', '0.2', '-W', '1', distant], { mayFail: true });
      expect(await seen).toBe(0);
      // It moves, and comes back, by the mark.
      await lab().cablePull('eth0');
      await client.waitFor('eth1', (s) => s.state === 'Connected' && s.adapter === 'eth1');
      await lab().on('client', 'ping', ['-c', '2', '-i', '0.05', '-W', '2', '-I', 'avpn0', addresses.server]);
      expect(await client.stop()).toBe(0);
    },
  );

  it('kill switch with LAN access: private addresses only, never public ones that the network calls local, and no names', async () => {
    const client = VpnClient.by(lab(), 'eap-mschapv2', everything(true, true));
    await client.connected(30_000);
    const seen = (await leaks(lab())).join('\n');
    expect(seen).toContain(`> ${addresses.routerWlan}`);
    for (const target of [pretended, internet, internet6]) expect(seen).not.toContain(`> ${target}`);
    expect(seen).not.toMatch(/> \S+\.53: /);
    // The other direction: a computer of the local network reaches this one.
    await lab().on('router', 'ping', ['-c', '1', '-W', '2', addresses.clientWlan]);
    expect(await client.stop()).toBe(0);
    const closed = VpnClient.by(lab(), 'eap-mschapv2', everything(true, false));
    await closed.connected(30_000);
    const reply = await lab().on('router', 'ping', ['-c', '2', '-i', '0.1', '-W', '1', addresses.clientWlan], {
      mayFail: true,
    });
    expect(reply.stdout).toContain(' 0 received');
    expect(await closed.stop()).toBe(0);
  });

  it('routes alone: Internet addresses of both families stay in the tunnel while Connected, Waiting to reconnect and Dormant; routes of DHCP do take their packets out', async () => {
    const client = VpnClient.by(lab(), 'eap-mschapv2', everything(false));
    await client.connected(30_000);
    const strays = (packets: readonly string[]): readonly string[] =>
      packets.filter((line) => line.includes(internet) || line.includes(internet6) || line.includes(addresses.server));
    const found: Record<string, readonly string[]> = {};
    found['Connected'] = strays(await leaks(lab(), false));
    // Something is said through the tunnel, so that the silence is noticed.
    const talk = lab().start('client', 'ping', [
      '-i',
      '0.2',
      '-I',
      client.status?.tunnelAdapter ?? '',
      addresses.server,
    ]);
    await lab().reached('avpn0');
    await silence(lab());
    await client.waitFor('WaitingToReconnect', (s) => s.state === 'WaitingToReconnect');
    await end(talk);
    found['WaitingToReconnect'] = strays(await leaks(lab(), false));
    await lab().cablePull('eth0');
    await batch(lab().namespace('client'), ['route del default dev eth1', `route del default via ${local6} dev eth1`]);
    await client.waitFor('Dormant', (s) => s.state === 'Dormant');
    found['Dormant'] = strays(await leaks(lab(), false));
    for (const [state, packets] of Object.entries(found))
      figure(`routes alone, ${state}: ${String(packets.length)} packets outside of the policy`);
    expect(Object.fromEntries(Object.entries(found).filter(([, packets]) => packets.length > 0))).toEqual({});

    await batch(lab().namespace('client'), [`route add 203.0.113.0/24 via ${addresses.routerWlan} dev eth1`]);
    expect((await leaks(lab(), false)).join('\n')).toContain(internet);
    await batch(lab().namespace('client'), ['route del 203.0.113.0/24 dev eth1']);
    await speak(lab());
    await client.stop();
  });

  it('CVE-2019-14899: packets to the tunnel address that come by another adapter are not answered', async () => {
    const client = VpnClient.by(lab(), 'eap-mschapv2', everything(false));
    const status = await client.connected(30_000);
    const inner = status.tunnelAddresses.find((address) => address.startsWith('10.77.'))?.split('/')[0] ?? '';
    await batch(lab().namespace('router'), [`route add ${inner} via ${addresses.clientLan} dev lan`]);
    const reply = await lab().on('router', 'ping', ['-c', '2', '-i', '0.1', '-W', '1', inner], { mayFail: true });
    expect(reply.stdout).toContain(' 0 received');
    await batch(lab().namespace('router'), [`route replace ${inner} via ${addresses.clientWlan} dev wlan`]);
    expect(
      (await lab().on('router', 'ping', ['-c', '2', '-i', '0.1', '-W', '1', inner], { mayFail: true })).stdout,
    ).toContain(' 0 received');
    // The address answers where it lives.
    await lab().on('client', 'ping', ['-c', '1', '-W', '1', inner]);
    await batch(lab().namespace('router'), [`route del ${inner}`]);
    expect(await client.stop()).toBe(0);
  });
});
