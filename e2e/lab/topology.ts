import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { run } from './run';

/**
 * The seed's virtual laboratory in network namespaces:
 *
 * ```
 * client eth0 10.10.0.2 ---- lan ---- eth0 10.10.0.1 gateway eth1 10.99.0.1 ---- 10.99.0.2 server
 *        eth1 192.168.50.2 - wlan - 192.168.50.1 router 10.10.0.3 - lan
 * ```
 *
 * Every cable ends in the `wires` namespace, so a cable can be pulled without touching either machine.
 */
export const addresses = {
  clientLan: '10.10.0.2',
  clientWlan: '192.168.50.2',
  routerWlan: '192.168.50.1',
  routerLan: '10.10.0.3',
  gateway: '10.10.0.1',
  gatewayInside: '10.99.0.1',
  server: '10.99.0.2',
  inside: '10.99.0.0/24',
  pool: '10.77.0.0/24',
  server6: 'fd99::2',
  gatewayInside6: 'fd99::1',
  inside6: 'fd99::/64',
  pool6: 'fd77::/112',
} as const;

export type Machine = 'client' | 'gateway' | 'router' | 'server' | 'wires';
export type AdapterName = 'eth0' | 'eth1';

/** Names that resolve to the gateway in the client's namespace; what each certificate holds is in pki.ts. */
export const hostNames = [
  'vpn.lab.test',
  'eap.lab.test',
  'rsa.lab.test',
  'ecdsa.lab.test',
  'psk.lab.test',
  'refused.lab.test',
  'expired.lab.test',
  'untrusted.lab.test',
  'misnamed.lab.test',
  'radius.lab.test',
  'eap-tls.lab.test',
  'ocsp.lab.test',
  'crl.lab.test',
];

export interface Topology {
  readonly name: (machine: Machine) => string;
  /** Shell text that removes every trace; safe to run twice. */
  readonly removal: string;
}

const machines: readonly Machine[] = ['client', 'gateway', 'router', 'server', 'wires'];

/** Where the far end of each client adapter's cable is plugged. */
export const farEnd: Readonly<Record<AdapterName, string>> = { eth0: 'lan-client', eth1: 'wlan-client' };

/** How the client reaches the world by each adapter; the direct one is preferred. */
export const defaultRoutes: Readonly<Record<AdapterName, { readonly via: string; readonly metric: number }>> = {
  eth0: { via: addresses.gateway, metric: 100 },
  eth1: { via: addresses.routerWlan, metric: 600 },
};

export const topologyNames = (id: string): Topology => {
  const name = (machine: Machine): string => `avl-${id}-${machine}`;
  const removal = machines
    .map(
      (m) =>
        `for p in $(ip netns pids ${name(m)} 2>/dev/null); do kill -9 $p 2>/dev/null; done; ip netns del ${name(m)} 2>/dev/null; rm -rf /etc/netns/${name(m)}`,
    )
    .join('; ');
  return { name, removal };
};

export async function buildTopology(topology: Topology): Promise<void> {
  const { name } = topology;
  for (const machine of machines) {
    mkdirSync(`/etc/netns/${name(machine)}`, { recursive: true });
    writeFileSync(
      `/etc/netns/${name(machine)}/hosts`,
      `127.0.0.1 localhost\n${addresses.gateway} ${hostNames.join(' ')}\n`,
    );
    writeFileSync(
      `/etc/netns/${name(machine)}/resolv.conf`,
      machine === 'client' ? `# set by the lab\nnameserver ${addresses.routerWlan}\n` : '',
    );
  }
  await batch(null, [...machines.map((m) => `netns add ${name(m)}`)]);

  // The kernel reports a lost carrier at once, unless any link of the machine changed within the last second: then up
  // to one
  // second late (net/core/link_watch.c). That limit is not for devices whose index differs from their peer's. The lab's
  // cables are pulled in quick succession, so give each end its own index: every pull is reported like a single one.
  let index = 100;
  const cable = (end: string, machine: Machine, port: string): string =>
    `link add ${end} index ${String(index++)} netns ${name(machine)} type veth peer name ${port} netns ${name('wires')}`;
  await batch(null, [
    cable('eth0', 'client', farEnd.eth0),
    cable('eth1', 'client', farEnd.eth1),
    cable('wlan', 'router', 'wlan-router'),
    cable('lan', 'router', 'lan-router'),
    cable('eth0', 'gateway', 'lan-gateway'),
    `link add eth1 netns ${name('gateway')} type veth peer name eth0 netns ${name('server')}`,
  ]);
  await batch(name('wires'), [
    'link set lo up',
    'link add lan type bridge forward_delay 0',
    'link add wlan type bridge forward_delay 0',
    ...['lan-client', 'lan-router', 'lan-gateway'].flatMap((p) => [`link set ${p} master lan`, `link set ${p} up`]),
    ...['wlan-client', 'wlan-router'].flatMap((p) => [`link set ${p} master wlan`, `link set ${p} up`]),
    'link set lan up',
    'link set wlan up',
  ]);
  // Bridges need no addresses. Elsewhere duplicate address detection would change addresses a second or two after each
  // change: charon would announce that in the middle of a test, and no two snapshots would be equal.
  await inNamespace(name('wires'), 'sysctl', [
    '-qw',
    'net.ipv6.conf.all.disable_ipv6=1',
    'net.ipv6.conf.default.disable_ipv6=1',
  ]);
  await inNamespace(name('client'), 'sysctl', [
    '-qw',
    'net.ipv6.conf.eth0.accept_dad=0',
    'net.ipv6.conf.eth1.accept_dad=0',
  ]);
  await inNamespace(name('gateway'), 'sysctl', [
    '-qw',
    'net.ipv6.conf.eth0.disable_ipv6=1',
    'net.ipv6.conf.eth1.accept_dad=0',
  ]);
  await batch(name('client'), [
    'link set lo up',
    `address add ${addresses.clientLan}/24 dev eth0`,
    `address add ${addresses.clientWlan}/24 dev eth1`,
    'link set eth0 up',
    'link set eth1 up',
    ...(['eth0', 'eth1'] as const).map(
      (a) => `route add default via ${defaultRoutes[a].via} dev ${a} metric ${String(defaultRoutes[a].metric)}`,
    ),
  ]);
  await batch(name('router'), [
    'link set lo up',
    `address add ${addresses.routerLan}/24 dev lan`,
    `address add ${addresses.routerWlan}/24 dev wlan`,
    'link set lan up',
    'link set wlan up',
    `route add default via ${addresses.gateway}`,
  ]);
  await batch(name('gateway'), [
    'link set lo up',
    `address add ${addresses.gateway}/24 dev eth0`,
    `address add ${addresses.gatewayInside}/24 dev eth1`,
    `address add ${addresses.gatewayInside6}/64 dev eth1 nodad`,
    'link set eth0 up',
    'link set eth1 up',
  ]);
  await batch(name('server'), [
    'link set lo up',
    `address add ${addresses.server}/24 dev eth0`,
    `address add ${addresses.server6}/64 dev eth0 nodad`,
    'link set eth0 up',
    `route add default via ${addresses.gatewayInside}`,
    `route add default via ${addresses.gatewayInside6}`,
  ]);
  for (const machine of ['router', 'gateway'] as const) {
    await inNamespace(name(machine), 'sysctl', ['-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1']);
  }
  // The router is a NAT device, and a black hole for IKE at its own address: the unreachable server of the failure
  // tests.
  await nft(
    name('router'),
    `table ip lab {
       chain out { type nat hook postrouting priority srcnat; oifname "lan" masquerade; }
       chain in { type filter hook input priority filter; udp dport { 500, 4500 } drop; }
     }`,
  );
  // The server behind the gateway is reachable through the tunnel only.
  await nft(
    name('gateway'),
    `table inet lab {
       chain forward { type filter hook forward priority filter; policy accept; iifname "eth0" oifname "eth1" drop; }
     }`,
  );
}

/** Many `ip` commands in one process. */
export async function batch(namespace: string | null, lines: readonly string[]): Promise<void> {
  await run('ip', [...(namespace === null ? [] : ['-n', namespace]), '-batch', '-'], {
    input: `${lines.join('\n')}\n`,
  });
}

export const nft = (namespace: string, rules: string): Promise<unknown> =>
  run('ip', ['netns', 'exec', namespace, 'nft', '-f', '-'], { input: rules });

export const inNamespace = (
  namespace: string,
  command: string,
  args: readonly string[],
  options: Parameters<typeof run>[2] = {},
): ReturnType<typeof run> => run('ip', ['netns', 'exec', namespace, command, ...args], options);

/** The NAT router restarts: it knows no mapping any more, and the next ones have other ports. */
export async function forgetNatMappings(router: string): Promise<void> {
  await nft(
    router,
    'flush chain ip lab out\nadd rule ip lab out oifname "lan" udp dport { 500, 4500 } masquerade to :20000-29999\nadd rule ip lab out oifname "lan" masquerade',
  );
  await inNamespace(router, 'conntrack', ['-F'], { mayFail: true });
}

/** Removes what labs left behind whose process is gone: their id starts with its process id. */
export async function removeAbandoned(): Promise<void> {
  const { stdout } = await run('ip', ['netns', 'list'], { mayFail: true });
  const ids = new Set([...stdout.matchAll(/^avl-(\d+)-(\w+)-/gm)].map((m) => `${m[1] ?? ''}-${m[2] ?? ''}`));
  for (const id of ids) {
    const pid = id.split('-')[0] ?? '';
    const alive = await readFile(`/proc/${pid}/stat`, 'utf8').then(
      () => true,
      () => false,
    );
    if (alive) continue;
    await run('sh', ['-c', topologyNames(id).removal], { mayFail: true });
    rmSync(`${tmpdir()}/agile-vpn-lab-${id}`, { recursive: true, force: true });
  }
}
