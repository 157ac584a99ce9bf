import type { Adapter, Adapters } from '../ports/adapters';

/** Public addresses of documentation (RFC 5737, RFC 3849): only the kernel's routes are asked, no packet goes there. */
const anywhere = ['198.51.100.1', '2001:db8::1'] as const;

export interface InternetPath {
  readonly adapter: string;
  /** The origin address the kernel would take. */
  readonly source: string;
}

/** How a packet to anywhere would leave by this adapter, IPv4 first; null: the adapter has no way out. */
export function internetPath(adapters: Pick<Adapters, 'lookupRoute'>, adapter: Adapter): InternetPath | null {
  if (!adapter.up || !adapter.carrier || adapter.kind === 'loopback') return null;
  for (const destination of anywhere) {
    const route = adapters.lookupRoute({ destination, adapter: adapter.name });
    if (
      route?.adapter === adapter.name &&
      adapter.addresses.some(({ address, usable }) => usable && address === route.source)
    )
      return { adapter: adapter.name, source: route.source };
  }
  return null;
}

export function internetPaths(adapters: Pick<Adapters, 'lookupRoute' | 'snapshot'>): readonly InternetPath[] {
  return adapters.snapshot().flatMap((adapter) => internetPath(adapters, adapter) ?? []);
}
