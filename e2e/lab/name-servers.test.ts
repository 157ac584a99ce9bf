import { afterEach, describe, expect, it } from 'vitest';
import type { SettingsReport, TunnelSettings } from '../../src-core/ports';
import { Namespace } from '../../src-main/system/linux/testing/namespace';
import { debianPackage } from './debian-package';
import { figure } from './fixture';
import { until } from './run';

const settings: TunnelSettings = {
  tunnelName: 'avpn0',
  owner: '00112233445566778899aabbccddeeff',
  mtu: 1400,
  addresses: ['10.77.0.1/32'],
  routes: ['0.0.0.0/0'],
  excluded: [],
  ipv6: 'leave',
  dns: { servers: ['10.99.0.53', 'fd99::53'], searchDomains: ['corp.test'], splitDomains: [] },
  killSwitch: null,
};
const split: TunnelSettings = {
  ...settings,
  routes: ['10.99.0.0/16'],
  dns: { servers: ['10.99.0.53'], searchDomains: [], splitDomains: ['corp.test', 'lab.test'] },
};

/** Every 10 ms, for as long as starting a daemon may take. */
const waitFor = (condition: string): string =>
  `i=0; until ${condition} >/dev/null 2>&1; do i=$((i+1)); [ $i -lt 1000 ] || exit 1; sleep 0.01; done;`;

const overUsr = (folder: string): string => `mount -t overlay overlay -o lowerdir=${folder}/usr:/usr /usr;`;

async function resolvedMachine(): Promise<Namespace> {
  const folder = await debianPackage('systemd-resolved');
  return Namespace.machine(`${overUsr(folder)}
    echo "systemd-resolve:x:997:997::/:/usr/sbin/nologin" >> /etc/passwd; echo "systemd-resolve:x:997:" >> /etc/group
    echo 0123456789abcdef0123456789abcdef > /etc/machine-id
    mkdir -p /run/dbus /run/systemd/resolve /etc/systemd; chown 997:997 /run/systemd/resolve
    printf "[Resolve]\\nDNS=192.0.2.53\\nMulticastDNS=no\\nLLMNR=no\\n" > /etc/systemd/resolved.conf
    dbus-daemon --system --nofork --nopidfile >/dev/null 2>&1 &
    ${waitFor('[ -S /run/dbus/system_bus_socket ]')}
    /usr/lib/systemd/systemd-resolved >/dev/null 2>&1 &
    ${waitFor('resolvectl status')}
    ln -s ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf;`);
}

/** `kind`: the two programs of that name. */
async function resolvconfMachine(kind: 'openresolv' | 'resolvconf'): Promise<Namespace> {
  const folder = await debianPackage(kind);
  const own =
    kind === 'openresolv'
      ? `mkdir -p /run/resolvconf;`
      : 'mkdir -p /run/resolvconf/interface; touch /run/resolvconf/enable-updates; ln -s ../run/resolvconf/resolv.conf /etc/resolv.conf;';
  return Namespace.machine(
    `${overUsr(folder)} cp -a ${folder}/etc/. /etc; ${own} printf "nameserver 192.0.2.53\\nsearch lan.test\\n" | resolvconf -a eth0.dhcp; grep -q 192.0.2.53 /etc/resolv.conf;`,
  );
}

const dns = (report: SettingsReport): { readonly inForce: boolean; readonly detail: string } | undefined =>
  report.concerns.find(({ concern }) => concern === 'dns');

describe('name servers by the real program', () => {
  let net: Namespace | null = null;
  afterEach(async () => {
    await net?.close();
    net = null;
  });
  const open = async (wanted: TunnelSettings): Promise<SettingsReport> => {
    await net!.do('openTunnel', { name: wanted.tunnelName, mtu: wanted.mtu });
    return net!.do<SettingsReport>('apply', wanted);
  };
  /** Somebody changes it; resolves when it is as before. */
  const repaired = async (command: string, state: () => Promise<string>): Promise<void> => {
    const wanted = await state();
    await net!.run('sh', '-c', command);
    await until(`the repair after ${command}`, 20_000, async () => ((await state()) === wanted ? true : undefined));
  };

  it('systemd-resolved: servers, domains and default route of the link; split DNS; repaired; its own again afterwards', async () => {
    net = await resolvedMachine();
    const machine = net;
    /** The words after "Link 2 (avpn0):", those that resolved orders by itself in one order. */
    const property = async (what: string): Promise<string> =>
      (await machine.run('resolvectl', what, 'avpn0')).trim().replace(/^Link \d+ \(avpn0\):\s*/, '');
    const link = async (): Promise<string> =>
      `${await property('dns')} | ${(await property('domain')).split(' ').sort().join(' ')} | ${await property('default-route')}`;
    const file = (): Promise<string> =>
      machine.run('sh', '-c', 'ls -l --time-style=+ /etc/resolv.conf; cat /etc/resolv.conf');
    const before = await file();
    expect(dns(await open(settings))).toEqual({ concern: 'dns', inForce: true, detail: 'systemd-resolved' });
    expect(await link()).toBe('10.99.0.53 fd99::53 | corp.test ~. | yes');
    await repaired('resolvectl dns avpn0 192.0.2.66', link);
    await repaired('resolvectl revert avpn0', link);
    expect(dns(await net.do<SettingsReport>('apply', split))).toMatchObject({
      inForce: true,
      detail: 'systemd-resolved',
    });
    expect(await link()).toBe('10.99.0.53 | ~corp.test ~lab.test | no');
    // The helper dies alone: its successor finds and keeps them.
    await net.do('reports');
    await net.do('killHelper', { signal: 'SIGKILL', successors: 0 });
    await until('the next helper', 5_000, async () =>
      (await machine.do<SettingsReport[]>('reports')).some((report) => report.concerns.every(({ inForce }) => inForce))
        ? true
        : undefined,
    );
    await repaired('resolvectl revert avpn0', link);
    await net.do('withdraw');
    expect(await net.run('resolvectl', 'dns')).not.toContain('10.99.0.53');
    expect(await file()).toBe(before);
  });

  it.each(['openresolv', 'resolvconf'] as const)(
    'resolvconf of the package %s: the tunnel\u2019s servers lead; split DNS is said to be not in force; repaired; the others\u2019 again afterwards',
    async (kind) => {
      net = await resolvconfMachine(kind);
      const machine = net;
      const file = (): Promise<string> => machine.run('cat', '/etc/resolv.conf');
      const before = await file();
      expect(before).toContain('nameserver 192.0.2.53');
      const first = dns(await open(settings));
      expect(first).toMatchObject({ inForce: true });
      expect(first!.detail).toMatch(/^resolvconf/);
      const text = await file();
      figure(
        `${kind}: ${first!.detail}: ${text
          .split('\n')
          .filter((line) => /^(nameserver|search)/.test(line))
          .join('; ')}`,
      );
      expect(
        text
          .split('\n')
          .filter((line) => line.startsWith('nameserver'))
          .slice(0, 2),
      ).toEqual(['nameserver 10.99.0.53', 'nameserver fd99::53']);
      expect(text).toMatch(/^search corp\.test/m);
      await repaired('echo "nameserver 192.0.2.66" > /etc/resolv.conf', file);
      await repaired('resolvconf -d tun.avpn0', file);
      expect(dns(await net.do<SettingsReport>('apply', split))).toMatchObject({ inForce: false });
      await net.do('withdraw');
      expect(await file()).toBe(before);
    },
  );
});
