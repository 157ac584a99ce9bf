import { readFileSync } from 'node:fs';
import type { KernelAdapter, NativeAddon } from '../../../native';
import type {
  Adapter,
  AdapterAddress,
  AdapterKind,
  Adapters,
  RouteAnswer,
  RouteQuestion,
} from '../../../src-core/ports';
import { OWN_TUNNEL } from './tunnel-names';

const ARPHRD_ETHER = 1;
const IFA_F_TEMPORARY = 0x01;
const IFA_F_OPTIMISTIC = 0x04;
const IFA_F_DADFAILED = 0x08;
const IFA_F_DEPRECATED = 0x20;
const IFA_F_TENTATIVE = 0x40;
const RT_SCOPE_LINK = 253;
const RT_SCOPE_HOST = 254;

/** Virtual links that stand for a wire: inside a namespace or a container they are the Ethernet port. */
const WIRED_KINDS = new Set(['', 'veth', 'macvlan', 'ipvlan', 'vlan', 'bond', 'team', 'dsa', 'netdevsim']);

/** Adapters, addresses and routes by rtnetlink. One monitor thread serves all listeners. */
export class LinuxAdapters implements Adapters {
  private readonly listeners = new Set<() => void>();
  private readonly deviceTypes = new Map<string, string>();
  private stopMonitor: (() => void) | null = null;
  private readonly addon: NativeAddon;

  constructor(addon: NativeAddon) {
    this.addon = addon;
  }

  /** Loopback too: a gateway may listen there. Our own tunnels never. */
  snapshot(): readonly Adapter[] {
    const links = this.addon.readAdapters().filter((link) => !OWN_TUNNEL.test(link.name));
    const kinds = new Map(links.map((link) => [link.name, this.kindOf(link)]));
    const counts = new Map<AdapterKind, number>();
    for (const kind of kinds.values()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return links.map((link) => {
      const kind = kinds.get(link.name) ?? 'other';
      return {
        name: link.name,
        index: link.index,
        kind,
        label: label(kind, link.name, (counts.get(kind) ?? 0) > 1),
        up: link.up,
        carrier: link.carrier,
        mtu: link.mtu,
        addresses: link.addresses.map(addressOf),
      };
    });
  }

  watch(listener: () => void): () => void {
    // One entry a call: the same function may be given twice.
    const entry = (): void => listener();
    this.listeners.add(entry);
    this.stopMonitor ??= this.addon.watchNetwork(() => {
      for (const each of [...this.listeners]) each();
    });
    return () => {
      this.listeners.delete(entry);
      if (this.listeners.size > 0) return;
      this.stopMonitor?.();
      this.stopMonitor = null;
    };
  }

  lookupRoute(question: RouteQuestion): RouteAnswer | null {
    const answer = this.addon.lookupRoute(question.destination, question.adapter ?? null, question.source ?? null);
    if (answer === null || OWN_TUNNEL.test(answer.adapter)) return null;
    return {
      adapter: answer.adapter,
      source: answer.source,
      nextHop: answer.gateway === '' ? null : answer.gateway,
      mtu: answer.mtu === 0 ? null : answer.mtu,
    };
  }

  private kindOf(link: KernelAdapter): AdapterKind {
    if (link.loopback) return 'loopback';
    const type = this.deviceType(link);
    if (type === 'wlan') return 'wifi';
    if (type === 'wwan') return 'mobile';
    if (link.type !== ARPHRD_ETHER) return link.kind === '' ? 'other' : 'virtual';
    return WIRED_KINDS.has(link.kind) ? 'ethernet' : 'virtual';
  }

  /**
   * DEVTYPE of sysfs: the kernel's own word for Wi-Fi and mobile broadband. It never changes while the adapter exists.
   */
  private deviceType(link: KernelAdapter): string {
    const key = `${link.index}/${link.name}`;
    const known = this.deviceTypes.get(key);
    if (known !== undefined) return known;
    let type = '';
    try {
      type = /^DEVTYPE=(.*)$/m.exec(readFileSync(`/sys/class/net/${link.name}/uevent`, 'utf8'))?.[1] ?? '';
    } catch {
      // No sysfs here, or the adapter is already gone.
    }
    if (this.deviceTypes.size > 256) this.deviceTypes.clear();
    this.deviceTypes.set(key, type);
    return type;
  }
}

function label(kind: AdapterKind, name: string, several: boolean): string {
  const words = {
    ethernet: 'Ethernet',
    wifi: 'Wi-Fi',
    mobile: 'Mobile broadband',
    virtual: null,
    loopback: null,
    other: null,
  }[kind];
  if (words === null) return name;
  return several ? `${words} (${name})` : words;
}

function addressOf(address: KernelAdapter['addresses'][number]): AdapterAddress {
  const { flags } = address;
  // An optimistic address may be used as a source while duplicate detection still runs (RFC 4429).
  const tentative = (flags & IFA_F_TENTATIVE) !== 0 && (flags & IFA_F_OPTIMISTIC) === 0;
  return {
    address: address.address,
    prefixLength: address.prefixLength,
    family: address.family,
    scope: address.scope === RT_SCOPE_LINK ? 'link' : address.scope === RT_SCOPE_HOST ? 'host' : 'global',
    // Bit 0 means "secondary" for IPv4 and "temporary" for IPv6.
    temporary: address.family === 6 && (flags & IFA_F_TEMPORARY) !== 0,
    usable: !tentative && (flags & (IFA_F_DADFAILED | IFA_F_DEPRECATED)) === 0,
  };
}
