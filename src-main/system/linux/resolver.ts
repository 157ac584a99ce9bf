import { lookup } from 'node:dns/promises';
import { existsSync } from 'node:fs';
import { canonicalIp, ipFamily } from '../../../src-core/bytes';
import type { Adapters, Datagrams, Random, Resolver } from '../../../src-core/ports';
import { queryAddresses } from './dns-query';
import { hostsAddresses } from './resolv-conf';
import { resolveOnLink } from './resolved-varlink';

/** getaddrinfo in the system's order: hosts file, mDNS and all. */
export class SystemResolver implements Resolver {
  async resolve(host: string): Promise<readonly string[]> {
    const address = canonicalIp(host);
    if (address !== null) return [address];
    const answers = await lookup(host, { all: true, order: 'verbatim' });
    return [...new Set(answers.map((answer) => answer.address))];
  }
}

export interface PhysicalResolverPorts {
  readonly adapters: Adapters;
  readonly datagrams: Datagrams;
  readonly random: Random;
  /** Are the settings of a tunnel of ours in force, so that the system's own resolver asks through it? */
  readonly tunnelUp: () => boolean;
  /** The physical network's name servers, where systemd-resolved does not keep them. */
  readonly nameServers: () => readonly string[];
  /** Where systemd-resolved's varlink interface would be. */
  readonly resolvedSocket: string;
}

/**
 * Names through the physical network. Without a tunnel that is the system's resolver. With one, the system's resolver
 * asks the tunnel's servers: then the
 * physical ones are asked, each by its adapter: systemd-resolved's own list of the link where it is in charge, else the
 * servers of the former resolv.conf. When
 * none answers (no network; a kill switch lets no question out), the last known addresses stand, without a tunnel as
 * well; without any, the system's resolver has the last word.
 */
export class PhysicalResolver implements Resolver {
  private readonly ports: PhysicalResolverPorts;
  private readonly system = new SystemResolver();
  private readonly known = new Map<string, readonly string[]>();
  private readonly remembered = new Map<string, () => Promise<readonly string[]>>();

  constructor(ports: PhysicalResolverPorts) {
    this.ports = ports;
  }

  async resolve(host: string): Promise<readonly string[]> {
    const address = canonicalIp(host);
    if (address !== null) return [address];
    const found = this.ports.tunnelUp() ? await this.pastTunnel(host) : await this.bySystem(host);
    if (found.length > 0) this.known.set(host, found);
    return found;
  }

  /** Through one adapter's network only, whatever a tunnel says. Rejects when it has no answer. */
  async resolveBy(host: string, adapter: string): Promise<readonly string[]> {
    const address = canonicalIp(host);
    const local = address !== null ? [address] : hostsAddresses(host);
    if (local.length > 0) return local;
    return Promise.any(
      existsSync(this.ports.resolvedSocket) ? this.resolvedAttempts(host, adapter) : this.serverAttempts(host, adapter),
    );
  }

  /** Who knows addresses that stand for the name where it cannot be resolved; asked only then. */
  remember(host: string, addresses: () => Promise<readonly string[]>): void {
    this.remembered.set(host, addresses);
  }

  private async pastTunnel(host: string): Promise<readonly string[]> {
    const local = hostsAddresses(host);
    if (local.length > 0) return local;
    const attempts = existsSync(this.ports.resolvedSocket) ? this.resolvedAttempts(host) : this.serverAttempts(host);
    const found = await Promise.any(attempts).catch(() => [] as const);
    if (found.length > 0) return found;
    const before = this.known.get(host);
    if (before !== undefined) return before;
    return this.system.resolve(host);
  }

  private async bySystem(host: string): Promise<readonly string[]> {
    try {
      return await this.system.resolve(host);
    } catch (error) {
      const before = this.known.get(host) ?? (await this.remembered.get(host)?.()) ?? [];
      if (before.length === 0) throw error;
      return before;
    }
  }

  private resolvedAttempts(host: string, only: string | null = null): readonly Promise<readonly string[]>[] {
    return this.usableAdapters(only).map(({ index }) =>
      resolveOnLink(host, index, this.ports.resolvedSocket).then(notEmpty),
    );
  }

  private serverAttempts(host: string, only: string | null = null): readonly Promise<readonly string[]>[] {
    return this.usableAdapters(only).flatMap(({ name: adapter, addresses }) =>
      this.ports.nameServers().flatMap((server) => {
        const route = this.ports.adapters.lookupRoute({ destination: server, adapter });
        if (
          route === null ||
          !addresses.some(({ address, family }) => address === route.source && family === ipFamily(server))
        )
          return [];
        return [
          queryAddresses(this.ports.datagrams, this.ports.random, {
            name: host,
            server,
            adapter,
            localAddress: route.source,
          }).then(notEmpty),
        ];
      }),
    );
  }

  private usableAdapters(only: string | null): ReturnType<Adapters['snapshot']> {
    return this.ports.adapters
      .snapshot()
      .filter(
        ({ name, up, carrier, kind }) => up && carrier && kind !== 'loopback' && (only === null || name === only),
      );
  }
}

/** The first answer with addresses in it wins over an earlier empty one. */
function notEmpty(addresses: readonly string[]): readonly string[] {
  if (addresses.length === 0) throw Object.assign(new Error('no addresses'), { code: 'ENODATA' });
  return addresses;
}
