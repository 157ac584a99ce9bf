import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { figure, useLab } from './fixture';
import { gatewayConfiguration } from './gateway-config';
import { until } from './run';
import { addresses, batch } from './topology';
import { startFileServer, transfer } from './transfer';
import { VpnClient } from './vpn-client';

/** A path of 1300 octets: as PPPoE inside of a tunnel, or mobile broadband. */
const narrow = 1300;
/** 1300 less IPv4, UDP, SPI and sequence number, IV and ICV of aes128gcm16, padding and trailer. */
const largestWhole = 1238;

describe('the MTU of the path', () => {
  const lab = useLab();
  const profile = {
    network: { useDefaultGateway: false, routes: ['10.99.0.0/24', 'fd99::/64'] },
    mobility: { enabled: true, returnToPreferred: false, adapterOrder: ['eth0', 'eth1'] },
  };
  const tunnelMtu = async (): Promise<number> =>
    Number(/mtu (\d+)/.exec((await lab().on('client', 'ip', ['link', 'show', 'avpn0'])).stdout)?.[1]);
  /** Octets that went through the tunnel adapter, both ways. */
  const carried = async (): Promise<number> => {
    const folder = '/sys/class/net/avpn0/statistics';
    const { stdout } = await lab().on('client', 'cat', [`${folder}/rx_bytes`, `${folder}/tx_bytes`]);
    return stdout
      .trim()
      .split('\n')
      .reduce((sum, line) => sum + Number(line), 0);
  };
  const pmtu = (size: number): ReturnType<ReturnType<typeof lab>['on']> =>
    lab().on('client', 'ping', ['-c', '1', '-W', '1', '-M', 'do', '-s', String(size - 28), addresses.server], {
      mayFail: true,
    });

  beforeAll(async () => {
    // IPv4 alone: with IPv6 an adapter may not be smaller than 1280.
    await lab().gateway.load(gatewayConfiguration(lab().pki).replaceAll('pools = inside4, inside6', 'pools = inside4'));
    await startFileServer(lab());
    await batch(lab().namespace('client'), [`link set eth1 mtu ${String(narrow)}`]);
    await batch(lab().namespace('router'), [`link set wlan mtu ${String(narrow)}`]);
  });
  afterEach(() => lab().plug('eth0'));

  it('is computed again on a move: the tunnel adapter gets it, what is too big is told so inside the tunnel', async () => {
    const client = VpnClient.by(lab(), 'eap-mschapv2', profile);
    await client.connected(30_000);
    expect(await tunnelMtu()).toBe(1400);
    expect((await pmtu(1400)).stdout).toContain(' 1 received');
    await lab().cablePull('eth0');
    await client.waitFor('eth1', (s) => s.state === 'Connected' && s.adapter === 'eth1');
    await until('the smaller MTU', 10_000, async () => ((await tunnelMtu()) === largestWhole ? true : undefined));
    expect((await pmtu(largestWhole)).stdout).toContain(' 1 received');
    const refused = await pmtu(largestWhole + 4);
    expect(`${refused.stdout}${refused.stderr}`).toMatch(/Frag needed and DF set|message too long, mtu/);
    expect((await pmtu(largestWhole)).stdout).toContain(' 1 received');
    // Without DF a larger one arrives in parts; how the answer comes back is the gateway's business.
    const echoes = async (): Promise<number> =>
      Number(/InEchos\s+(\d+)/.exec((await lab().on('server', 'nstat', ['-asz', 'IcmpInEchos'])).stdout)?.[1]);
    const before = await echoes();
    await lab().on('client', 'ping', ['-c', '1', '-W', '1', '-M', 'dont', '-s', '1372', addresses.server], {
      mayFail: true,
    });
    expect(await echoes()).toBe(before + 1);
    figure(
      `inner packets of ${String(largestWhole)} octets on a path of ${String(narrow)}, tunnel adapter ${String(await tunnelMtu())}`,
    );
    expect(await client.stop()).toBe(0);
  });

  it('with IPv6 in the tunnel the adapter keeps 1280, and the data path says what is too big in between (RFC 1191)', async () => {
    await lab().gateway.load(gatewayConfiguration(lab().pki));
    const client = VpnClient.by(lab(), 'eap-mschapv2', profile);
    await client.connected(30_000);
    await lab().cablePull('eth0');
    await client.waitFor('eth1', (s) => s.state === 'Connected' && s.adapter === 'eth1');
    await until('the smallest MTU that IPv6 has', 10_000, async () =>
      (await tunnelMtu()) === 1280 ? true : undefined,
    );
    const refused = await pmtu(largestWhole + 4);
    expect(`${refused.stdout}${refused.stderr}`).toMatch(/Frag needed and DF set|message too long, mtu/);
    expect((await pmtu(largestWhole)).stdout).toContain(' 1 received');
    expect(await client.stop()).toBe(0);
  });

  it.each(['download', 'upload'] as const)(
    'a TCP %s survives the move onto the narrow path, every octet right',
    async (direction) => {
      const client = VpnClient.by(lab(), 'eap-mschapv2', profile);
      await client.connected(30_000);
      const running = transfer(lab(), direction, 12 * 1024 * 1024, 4 * 1024 * 1024, 60_000);
      await until('the transfer to run', 20_000, async () => ((await carried()) > 1_000_000 ? true : undefined));
      await lab().cablePull('eth0');
      await client.waitFor('eth1', (s) => s.state === 'Connected' && s.adapter === 'eth1');
      const result = await running;
      figure(`${direction}: ${String(result.bytes)} octets over the move in ${result.milliseconds.toFixed(0)} ms`);
      expect(result).toMatchObject({ wrongWords: 0, firstWrong: null });
      expect(result.bytes).toBe(12 * 1024 * 1024);
      expect(await client.stop()).toBe(0);
    },
  );

  it('forwarded connections are told the tunnel’s size by their handshake (MSS)', async () => {
    const client = VpnClient.by(lab(), 'eap-mschapv2', profile);
    await client.connected(30_000);
    const { stdout } = await lab().on('client', 'nft', ['list', 'table', 'inet', 'agile_vpn_avpn0']);
    expect(stdout).toContain('tcp option maxseg size set 1360');
    expect(stdout).toContain('tcp option maxseg size set 1340');
    expect(await client.stop()).toBe(0);
  });
});
