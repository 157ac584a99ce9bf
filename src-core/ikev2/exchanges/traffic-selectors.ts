import { intersectRanges, rangeContains, rangeContainsAddress } from '../../bytes';
import type { TrafficSelector } from '../../ports/data-path';
import type { TrafficSelectorsPayload } from '../wire/payloads/traffic-selectors';

const anyPort = { protocol: 0, startPort: 0, endPort: 65535 } as const;

/** C-54: everything of a family. */
export const everyIpv4: TrafficSelector = {
  family: 4,
  ...anyPort,
  startAddress: '0.0.0.0',
  endAddress: '255.255.255.255',
};
export const everyIpv6: TrafficSelector = {
  family: 6,
  ...anyPort,
  startAddress: '::',
  endAddress: 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
};

export function hostSelector(address: string): TrafficSelector {
  return { family: address.includes(':') ? 6 : 4, ...anyPort, startAddress: address, endAddress: address };
}

function range(selector: TrafficSelector): { family: 4 | 6; start: string; end: string } {
  return { family: selector.family, start: selector.startAddress, end: selector.endAddress };
}

function contains(outer: TrafficSelector, inner: TrafficSelector): boolean {
  return (
    (outer.protocol === 0 || outer.protocol === inner.protocol) &&
    outer.startPort <= inner.startPort &&
    inner.endPort <= outer.endPort &&
    rangeContains(range(outer), range(inner))
  );
}

/** C-55: every selector of an answer lies within one that was offered. */
export function isWithin(answer: readonly TrafficSelector[], offer: readonly TrafficSelector[]): boolean {
  return answer.every((inner) => offer.some((outer) => contains(outer, inner)));
}

export function coversAddress(selectors: readonly TrafficSelector[], address: string): boolean {
  return selectors.some((selector) => rangeContainsAddress(range(selector), address));
}

/**
 * The responder's narrowing (RFC 7296 section 2.9): all that both sides want, without what another part already covers.
 */
export function narrow(
  offered: readonly TrafficSelector[],
  own: readonly TrafficSelector[],
): readonly TrafficSelector[] {
  const parts: TrafficSelector[] = [];
  for (const theirs of offered) {
    for (const mine of own) {
      const common = intersect(theirs, mine);
      if (common !== null && !parts.some((part) => contains(part, common))) parts.push(common);
    }
  }
  return parts.slice(0, 64);
}

function intersect(a: TrafficSelector, b: TrafficSelector): TrafficSelector | null {
  if (a.protocol !== 0 && b.protocol !== 0 && a.protocol !== b.protocol) return null;
  const startPort = Math.max(a.startPort, b.startPort);
  const endPort = Math.min(a.endPort, b.endPort);
  const common = intersectRanges(range(a), range(b));
  if (startPort > endPort || common === null) return null;
  return {
    family: common.family,
    protocol: a.protocol === 0 ? b.protocol : a.protocol,
    startPort,
    endPort,
    startAddress: common.start,
    endAddress: common.end,
  };
}

/** The answer's selectors when it is acceptable, else a sentence (C-55, H-25). */
export function acceptSelectors(
  payload: TrafficSelectorsPayload,
  offer: readonly TrafficSelector[],
): readonly TrafficSelector[] | string {
  if (payload.unsupported.length > 0) return `${payload.type} has selectors that were not offered`;
  if (payload.selectors.length === 0) return `${payload.type} is empty`;
  return isWithin(payload.selectors, offer) ? payload.selectors : `${payload.type} is wider than what was offered`;
}
