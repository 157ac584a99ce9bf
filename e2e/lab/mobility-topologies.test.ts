import { describe, expect, it } from 'vitest';
import { useLab } from './fixture';
import { gatewayConfiguration } from './gateway-config';
import { lasting } from './lasting';
import { addresses, batch, farEnd } from './topology';
import { VpnClient } from './vpn-client';

describe('two adapters on one LAN with different addresses', () => {
  const lab = useLab();

  it('moves from one to the other and back, each with its own address', async () => {
    await batch(lab().namespace('wires'), ['link set wlan-client master lan']);
    await batch(lab().namespace('client'), [
      `address del ${addresses.clientWlan}/24 dev eth1`,
      'address add 10.10.0.4/24 dev eth1',
      `route add default via ${addresses.gateway} dev eth1 metric 600`,
    ]);
    const client = VpnClient.by(lab(), 'eap-mschapv2', {
      mobility: { enabled: true, returnToPreferred: false, adapterOrder: ['eth0', 'eth1'] },
    });
    expect((await client.connected()).originAddress).toBe(addresses.clientLan);
    const before = lasting(client);
    for (const [cut, to, origin] of [
      ['eth0', 'eth1', '10.10.0.4'],
      ['eth1', 'eth0', addresses.clientLan],
    ] as const) {
      await lab().cablePull(cut);
      await client.waitFor(`the move to ${to}`, (s) => s.state === 'Connected' && s.originAddress === origin);
      await lab().reached();
      expect(lasting(client)).toEqual(before);
      await batch(lab().namespace('wires'), [`link set ${farEnd[cut]} up`]);
      await client.waitFor(`${cut} to be usable again`, (s) =>
        s.paths.some(({ adapter, state }) => adapter === cut && state === 'standby'),
      );
    }
    expect(await client.stop()).toBe(0);
  });
});

describe('a gateway with IPv4 and IPv6', () => {
  const lab = useLab();

  it('outer IPv4 to IPv6 and back: the tunnel stays', async () => {
    const six = { gateway: 'fd10::1', client: 'fd10::2' };
    await lab().on('gateway', 'sysctl', [
      '-qw',
      'net.ipv6.conf.eth0.disable_ipv6=0',
      'net.ipv6.conf.eth0.accept_dad=0',
    ]);
    await batch(lab().namespace('gateway'), [`address add ${six.gateway}/64 dev eth0 nodad`]);
    await batch(lab().namespace('client'), [`address add ${six.client}/64 dev eth0 nodad`, 'link set eth1 down']);
    await lab().gateway.load(
      gatewayConfiguration(lab().pki).replaceAll(
        `local_addrs = ${addresses.gateway}`,
        `local_addrs = ${addresses.gateway}, ${six.gateway}`,
      ),
    );
    const client = VpnClient.by(lab(), 'eap-mschapv2');
    expect((await client.connected()).destinationAddress).toBe(addresses.gateway);
    const before = lasting(client);
    await lab().ping();

    const moves = [
      ['IPv4 to IPv6', [`address del ${addresses.clientLan}/24 dev eth0`], six.gateway],
      [
        'IPv6 to IPv4',
        [
          `address add ${addresses.clientLan}/24 dev eth0`,
          `route replace default via ${addresses.gateway} dev eth0 metric 100`,
          `address del ${six.client}/64 dev eth0`,
        ],
        addresses.gateway,
      ],
    ] as const;
    for (const [what, lines, destination] of moves) {
      await batch(lab().namespace('client'), lines);
      await client.waitFor(what, (s) => s.state === 'Connected' && s.destinationAddress === destination);
      await lab().reached();
      expect(lasting(client)).toEqual(before);
    }
    expect(await client.stop()).toBe(0);
  });
});
