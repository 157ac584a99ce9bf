import { compareIp, formatCidr, ipFamily, rangeToPrefixes } from '../../bytes';
import { say } from '../../ports/import-message';
import type { DraftBuilder } from './draft-builder';
import { canonicalNetwork } from './values';

/**
 * What goes through the tunnel, as strongSwan and libreswan say it: networks or ranges, each perhaps with a protocol
 * and a port ("10.0.0.0/8[tcp/80]"), or "dynamic", which means what the server grants.
 */
export function takeSelectors(draft: DraftBuilder, key: string, selectors: readonly string[]): void {
  const networks = selectors
    .map((selector) => selector.replace(/\[.*\]$/, '').trim())
    .filter((network) => network !== '');
  if (networks.length === 0) return;
  if (selectors.some((selector) => selector.includes('['))) draft.ignore(key, say('selector-ports'));
  if (networks.some((network) => network.endsWith('/0'))) return draft.take(key, 'network.useDefaultGateway', true);
  // "%dynamic" is ipsec.conf's spelling; both mean that the server decides.
  if (networks.some((network) => /^%?dynamic$/i.test(network)))
    return draft.take(key, 'network.useDefaultGateway', true, say('server-decides'));
  draft.imply('network.useDefaultGateway', false, key);
  draft.take(key, 'network.routes', networks.flatMap(networksOf), say('only-routes'));
}

/** "a-b" as prefixes; what is no network stays, to be judged with the profile. */
function networksOf(text: string): readonly string[] {
  const [start = '', end = '', ...more] = text.split('-');
  const family = ipFamily(start);
  return more.length > 0 || family === null || ipFamily(end) !== family || compareIp(start, end) > 0
    ? [canonicalNetwork(text)]
    : rangeToPrefixes({ family, start, end }).map(formatCidr);
}
