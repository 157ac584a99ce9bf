import { fileURLToPath } from 'node:url';
import { compiled } from './compiled';
import { type Lab, listening } from './lab';
import { end } from './run';
import { addresses, type AdapterName } from './topology';

const attempts = fileURLToPath(new URL('./leak-attempts.mjs', import.meta.url));

/**
 * A second address of the gateway that is on none of the client's networks: what is sent there goes where routes say.
 */
export const distant = '192.0.2.10';

/**
 * Where the attempts go: through the tunnel, to the Internet, to both local networks, to a local network that pretends
 * to be the Internet (TunnelCrack).
 */
export const internet = '203.0.113.7';
export const internet6 = '2001:db8::7';
export const pretended = '198.18.7.1';
export const local6 = 'fd50::1';
const targets = [
  distant,
  addresses.gatewayInside,
  addresses.gatewayInside6,
  addresses.server,
  internet,
  pretended,
  addresses.routerWlan,
  addresses.routerLan,
  addresses.gateway,
  internet6,
  local6,
];

/**
 * What docs/security.md lets leave by a physical adapter with the kill switch: the tunnel, what keeps the link, nothing
 * else. The tunnel's own
 * packets go to every address that the gateway has and announces, those of its inside included, to its ports;
 * 0x4c45414b at their beginning is
 * what leak-attempts.mjs sends there.
 */
const own = [addresses.gateway, distant, addresses.gatewayInside].map((address) => `dst host ${address}`).join(' or ');
const tunnelItself = `(udp and (${own}) and (dst port 500 or dst port 4500) and udp[8:4] != 0x4c45414b) or (ip6 and udp and dst host ${addresses.gatewayInside6} and (dst port 500 or dst port 4500) and ip6[48:4] != 0x4c45414b)`;
const keepsTheLink =
  '(arp or (udp and dst port 67) or (ip6 and ip6[6] == 0) or (icmp6 and ((ip6[40] >= 130 and ip6[40] <= 136) or ip6[40] == 143)))';
const permitted = `${tunnelItself} or ${keepsTheLink}`;

/**
 * Watches both physical adapters; the result stops it and gives what left by them and is not `allowed`, a line a
 * packet.
 */
export async function watchLeaks(lab: Lab, allowed = permitted): Promise<() => Promise<readonly string[]>> {
  const captures = await Promise.all(
    (['eth0', 'eth1'] as const).map(async (adapter: AdapterName) => {
      // Short packets: in immediate mode each takes a place of the largest size, and a burst of attempts overflows
      // those few.
      const tcpdump = lab.start('client', 'tcpdump', [
        '-i',
        adapter,
        '-Q',
        'out',
        '-n',
        '-l',
        '-s',
        '256',
        '-B',
        '8192',
        '--immediate-mode',
        `not (${allowed})`,
      ]);
      let text = '';
      let summary = '';
      tcpdump.stdout?.on('data', (data: Buffer) => (text += data.toString()));
      tcpdump.stderr?.on('data', (data: Buffer) => (summary += data.toString()));
      // Its last lines may still be in the pipe when it has ended.
      const read = new Promise((resolve) => tcpdump.once('close', resolve));
      await listening(tcpdump);
      return async () => {
        await end(tcpdump, 'SIGINT');
        await read;
        const dropped = /(\d+) packets? dropped by kernel/.exec(summary)?.[1];
        if (dropped !== '0') throw new Error(`the capture of ${adapter} is not whole: ${summary}`);
        return text
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => `${adapter} ${line.replace(/^\S+ /, '')}`);
      };
    }),
  );
  return async () => (await Promise.all(captures.map((stop) => stop()))).flat();
}

/**
 * TCP, UDP, DNS and ICMP of both families to every target, by sockets that are bound to no adapter and, when `bound`,
 * to each one as well.
 */
export async function tryEverything(lab: Lab, bound = true): Promise<void> {
  await lab.on('client', process.execPath, [attempts, bound ? await compiled('bound-attempts') : '', ...targets]);
}

/** Tries everything and gives what left and is not permitted. Only the kill switch holds what is `bound`. */
export async function leaks(lab: Lab, bound = true): Promise<readonly string[]> {
  const stop = await watchLeaks(lab);
  await tryEverything(lab, bound);
  return stop();
}
