import { readFileSync } from 'node:fs';
import { isIpAddress } from '../../../src-core/bytes';

const PATH = '/etc/resolv.conf';
const OURS = '# agile-vpn: ';
const KEPT = '#|';
const LINK = '#-> ';
/** glibc's MAXNS. */
const MAX_SERVERS = 3;

/** `nameserver` lines of a resolv.conf (resolv.conf(5)), without zones. */
export function nameServers(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1]?.replace(/%.*$/, ''))
    .filter((server) => server !== undefined && isIpAddress(server))
    .slice(0, MAX_SERVERS) as string[];
}

/**
 * What stands in our resolv.conf about the one before (native/helper/dns.cc): its text, and its target when it was a
 * link. null: the text is not ours.
 */
export function formerResolvConf(text: string): { readonly text: string; readonly link: string | null } | null {
  if (!text.startsWith(OURS)) return null;
  const lines = text.split('\n').slice(1);
  return {
    text: lines.flatMap((line) => (line.startsWith(KEPT) ? [`${line.slice(KEPT.length)}\n`] : [])).join(''),
    link: lines.find((line) => line.startsWith(LINK))?.slice(LINK.length) ?? null,
  };
}

const readText = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** The name servers of the physical network: those of resolv.conf, past what our own helper wrote there. */
export function physicalNameServers(read: (path: string) => string = readText): readonly string[] {
  const present = read(PATH);
  const former = formerResolvConf(present);
  if (former === null) return nameServers(present);
  // A link's target is still kept up to date by its owner (NetworkManager, connman).
  const target = former.link === null ? '' : read(former.link.startsWith('/') ? former.link : `/etc/${former.link}`);
  return nameServers(target === '' ? former.text : target);
}

/** Addresses of a name in hosts(5), in the file's order. */
export function hostsAddresses(host: string, read: (path: string) => string = readText): readonly string[] {
  const wanted = host.toLowerCase().replace(/\.$/, '');
  return read('/etc/hosts')
    .split('\n')
    .flatMap((line) => {
      const [address, ...names] = line.replace(/#.*$/, '').trim().split(/\s+/);
      return address !== undefined && isIpAddress(address) && names.some((name) => name.toLowerCase() === wanted)
        ? [address]
        : [];
    });
}
