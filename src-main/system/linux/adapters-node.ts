import { networkInterfaces } from 'node:os';
import { ipFamily } from '../../../src-core/bytes';
import type { Adapter, Adapters, RouteAnswer, RouteQuestion } from '../../../src-core/ports';
import { OWN_TUNNEL } from './tunnel-names';

const POLL_INTERVAL = 2000;

/**
 * Adapters by Node alone, for machines without the addon: enough for the demo on loopback. Node knows neither carrier
 * nor routes:
 * what it lists counts as having a carrier, and a route look-up answers for loopback only.
 */
export class NodeAdapters implements Adapters {
  snapshot(): readonly Adapter[] {
    return Object.entries(networkInterfaces()).flatMap(([name, addresses], position) => {
      const outside = (addresses ?? []).filter((address) => !address.internal);
      if (outside.length === 0 || OWN_TUNNEL.test(name)) return [];
      return [
        {
          name,
          index: position + 1,
          kind: 'other' as const,
          label: name,
          up: true,
          carrier: true,
          mtu: 1500,
          addresses: outside.map((address) => ({
            address: address.address,
            prefixLength: Number(address.cidr?.split('/')[1] ?? 0),
            family: address.family === 'IPv4' ? (4 as const) : (6 as const),
            scope: address.address.startsWith('fe80:') ? ('link' as const) : ('global' as const),
            temporary: false,
            usable: true,
          })),
        },
      ];
    });
  }

  watch(listener: () => void): () => void {
    let before = JSON.stringify(this.snapshot());
    const timer = setInterval(() => {
      const now = JSON.stringify(this.snapshot());
      if (now === before) return;
      before = now;
      listener();
    }, POLL_INTERVAL);
    timer.unref();
    return () => clearInterval(timer);
  }

  lookupRoute(question: RouteQuestion): RouteAnswer | null {
    const family = ipFamily(question.destination);
    if (family === 4 && question.destination.startsWith('127.'))
      return { adapter: 'lo', source: question.source ?? '127.0.0.1', nextHop: null, mtu: null };
    if (family === 6 && question.destination === '::1')
      return { adapter: 'lo', source: '::1', nextHop: null, mtu: null };
    return null;
  }
}
