import { compare, ipToOctets, octetsToIp } from '../../../bytes';
import type { Reader, Writer } from '../../../bytes';
import type { TrafficSelector } from '../../../ports/data-path';
import { trafficSelectorType } from '../constants';
import { wireLimits } from '../limits';

/** RFC 7296 section 3.13. */
export interface TrafficSelectorsPayload {
  readonly type: 'TSi' | 'TSr';
  readonly selectors: readonly TrafficSelector[];
  /** Selectors we cannot use: other types, OPAQUE ports. Not empty in an answer: it is wider than what we offered. */
  readonly unsupported: readonly { readonly selectorType: number; readonly body: Uint8Array }[];
}

/**
 * H-25, C-55: counts, lengths and orders are refused here; whether an answer is within the offer is the exchange's
 * matter.
 */
export function decodeTrafficSelectors(reader: Reader, type: 'TSi' | 'TSr'): TrafficSelectorsPayload {
  const count = reader.uint8('number of traffic selectors');
  reader.skip(3, 'reserved');
  if (count === 0 || count > wireLimits.trafficSelectors)
    reader.fail('number of traffic selectors', `is ${String(count)}, not 1 to ${String(wireLimits.trafficSelectors)}`);
  const selectors: TrafficSelector[] = [];
  const unsupported: { selectorType: number; body: Uint8Array }[] = [];
  for (let i = 0; i < count; i++) {
    const selectorType = reader.uint8('TS type');
    const protocol = reader.uint8('IP protocol ID');
    const length = reader.uint16('selector length');
    if (length < 4) reader.fail('selector length', 'is at least 4');
    const body = reader.bytes(length - 4, 'selector');
    const family =
      selectorType === trafficSelectorType.TS_IPV4_ADDR_RANGE
        ? 4
        : selectorType === trafficSelectorType.TS_IPV6_ADDR_RANGE
          ? 6
          : null;
    const octets = family === 4 ? 4 : 16;
    if (family === null) {
      unsupported.push({ selectorType, body });
      continue;
    }
    if (body.length !== 4 + 2 * octets) reader.fail('selector length', 'contradicts the TS type');
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    const startPort = view.getUint16(0);
    const endPort = view.getUint16(2);
    const start = body.subarray(4, 4 + octets);
    const end = body.subarray(4 + octets);
    if (compare(start, end) > 0) reader.fail('address range', 'ends before it starts');
    // RFC 7296 section 3.13.1: OPAQUE ports are 65535 to 0.
    if (startPort === 65535 && endPort === 0) {
      unsupported.push({ selectorType, body });
      continue;
    }
    if (startPort > endPort) reader.fail('port range', 'ends before it starts');
    selectors.push({
      family,
      protocol,
      startPort,
      endPort,
      startAddress: octetsToIp(start),
      endAddress: octetsToIp(end),
    });
  }
  reader.expectEnd('number of traffic selectors');
  return { type, selectors, unsupported };
}

export function encodeTrafficSelectors(writer: Writer, payload: TrafficSelectorsPayload): void {
  if (payload.unsupported.length > 0) throw new RangeError('unsupported selectors are only received');
  writer.uint8(payload.selectors.length).zeros(3);
  for (const selector of payload.selectors) {
    const start = ipToOctets(selector.startAddress);
    const end = ipToOctets(selector.endAddress);
    const octets = selector.family === 4 ? 4 : 16;
    if (start?.length !== octets || end?.length !== octets)
      throw new RangeError('addresses of a selector are of its family');
    writer
      .uint8(selector.family === 4 ? trafficSelectorType.TS_IPV4_ADDR_RANGE : trafficSelectorType.TS_IPV6_ADDR_RANGE)
      .uint8(selector.protocol)
      .uint16(8 + 2 * octets)
      .uint16(selector.startPort)
      .uint16(selector.endPort)
      .bytes(start)
      .bytes(end);
  }
}

export function trafficSelectors(type: 'TSi' | 'TSr', selectors: readonly TrafficSelector[]): TrafficSelectorsPayload {
  return { type, selectors, unsupported: [] };
}
