/** IPv4 and IPv6 addresses, prefixes and ranges: text, octets, comparison. No names, no zones, no ports. */

export type IpFamily = 4 | 6;

/** Inclusive; both ends of one family; start <= end. */
export interface IpRange {
  readonly family: IpFamily;
  readonly start: string;
  readonly end: string;
}

export interface IpPrefix {
  readonly family: IpFamily;
  /** Network address in canonical text: host bits are zero. */
  readonly address: string;
  readonly prefixLength: number;
}

/**
 * Octets of an address in text form: 4 or 16; null when it is not one. IPv4: four decimal numbers without leading
 * zeros.
 */
export function ipToOctets(text: string): Uint8Array | null {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

export function ipFamily(text: string): IpFamily | null {
  const octets = ipToOctets(text);
  return octets === null ? null : octets.length === 4 ? 4 : 6;
}

export function isIpAddress(text: string): boolean {
  return ipToOctets(text) !== null;
}

/** Text of 4 or 16 octets; IPv6 as RFC 5952 section 4 says. Throws a RangeError on any other length. */
export function octetsToIp(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.');
  if (octets.length !== 16) throw new RangeError('an address has 4 or 16 octets');
  return formatIpv6(octets);
}

/** The canonical text of the same address, or null. */
export function canonicalIp(text: string): string | null {
  const octets = ipToOctets(text);
  return octets === null ? null : octetsToIp(octets);
}

/** Same address, whatever way it is written. */
export function sameIp(a: string, b: string): boolean {
  const left = ipToOctets(a);
  const right = ipToOctets(b);
  return (
    left !== null && right !== null && left.length === right.length && left.every((octet, i) => octet === right[i])
  );
}

/** The address as a number. Throws a RangeError when `text` is not an address. */
export function ipToNumber(text: string): bigint {
  const octets = ipToOctets(text);
  if (octets === null) throw new RangeError(`not an IP address: ${text}`);
  return octetsToNumber(octets);
}

export function numberToIp(value: bigint, family: IpFamily): string {
  const octets = new Uint8Array(family === 4 ? 4 : 16);
  let rest = value;
  for (let i = octets.length - 1; i >= 0; i--) {
    octets[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  if (rest !== 0n) throw new RangeError('number outside of the family');
  return octetsToIp(octets);
}

/** By family, then by number: a total order for addresses. Throws a RangeError on what is none. */
export function compareIp(a: string, b: string): -1 | 0 | 1 {
  const left = ipToNumber(a);
  const right = ipToNumber(b);
  const families = (ipFamily(a) ?? 0) - (ipFamily(b) ?? 0);
  if (families !== 0) return families < 0 ? -1 : 1;
  return left === right ? 0 : left < right ? -1 : 1;
}

/** "10.0.0.0/8", or an address alone as a host prefix. Host bits are cleared. null when it is neither. */
export function parseCidr(text: string): IpPrefix | null {
  const [address = '', length, ...more] = text.split('/');
  const octets = ipToOctets(address);
  if (octets === null || more.length > 0) return null;
  const bits = octets.length * 8;
  if (length !== undefined && !/^(0|[1-9][0-9]{0,2})$/.test(length)) return null;
  const prefixLength = length === undefined ? bits : Number(length);
  if (prefixLength > bits) return null;
  const family = octets.length === 4 ? 4 : 6;
  const host = BigInt(bits - prefixLength);
  return { family, address: numberToIp((octetsToNumber(octets) >> host) << host, family), prefixLength };
}

export function formatCidr(prefix: IpPrefix): string {
  return `${prefix.address}/${String(prefix.prefixLength)}`;
}

/** First to last address of a prefix. */
export function prefixToRange(prefix: IpPrefix): IpRange {
  const host = BigInt((prefix.family === 4 ? 32 : 128) - prefix.prefixLength);
  const start = (ipToNumber(prefix.address) >> host) << host;
  return {
    family: prefix.family,
    start: numberToIp(start, prefix.family),
    end: numberToIp(start + (1n << host) - 1n, prefix.family),
  };
}

/** The fewest prefixes that cover exactly the range, in order; at most 62 for IPv4 and 254 for IPv6. */
export function rangeToPrefixes(range: IpRange): readonly IpPrefix[] {
  const bits = range.family === 4 ? 32 : 128;
  const prefixes: IpPrefix[] = [];
  const end = ipToNumber(range.end);
  let next = ipToNumber(range.start);
  while (next <= end) {
    let host = 0;
    while (host < bits) {
      const size = 1n << BigInt(host + 1);
      if (next % size !== 0n || next + size - 1n > end) break;
      host++;
    }
    prefixes.push({ family: range.family, address: numberToIp(next, range.family), prefixLength: bits - host });
    next += 1n << BigInt(host);
  }
  return prefixes;
}

/** The prefix a range is, as CIDR text, or "start-end" when it is none; for people. */
export function formatRange(range: IpRange): string {
  const prefixes = rangeToPrefixes(range);
  const [only] = prefixes;
  return prefixes.length === 1 && only !== undefined ? formatCidr(only) : `${range.start}-${range.end}`;
}

export function rangeContains(outer: IpRange, inner: IpRange): boolean {
  return (
    outer.family === inner.family && compareIp(outer.start, inner.start) <= 0 && compareIp(inner.end, outer.end) <= 0
  );
}

/** False for anything that is not an address. */
export function rangeContainsAddress(range: IpRange, address: string): boolean {
  return (
    ipFamily(address) === range.family && compareIp(range.start, address) <= 0 && compareIp(address, range.end) <= 0
  );
}

/** False for anything that is not an address. */
export function prefixContainsAddress(prefix: IpPrefix, address: string): boolean {
  return rangeContainsAddress(prefixToRange(prefix), address);
}

/** What both have in common, or null. */
export function intersectRanges(a: IpRange, b: IpRange): IpRange | null {
  if (a.family !== b.family) return null;
  const start = compareIp(a.start, b.start) >= 0 ? a.start : b.start;
  const end = compareIp(a.end, b.end) <= 0 ? a.end : b.end;
  return compareIp(start, end) <= 0 ? { family: a.family, start, end } : null;
}

const specialPrefixes = {
  unspecified: ['0.0.0.0/32', '::/128'],
  loopback: ['127.0.0.0/8', '::1/128'],
  linkLocal: ['169.254.0.0/16', 'fe80::/10'],
  multicast: ['224.0.0.0/4', 'ff00::/8'],
  broadcast: ['255.255.255.255/32'],
  /** RFC 1918 and RFC 4193. */
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
} as const;

export type SpecialUse = keyof typeof specialPrefixes;

const specialRanges = Object.entries(specialPrefixes).map(([use, prefixes]) => ({
  use: use as SpecialUse,
  prefixes: prefixes.map((text) => parseCidr(text)).filter((prefix) => prefix !== null),
}));

/**
 * Which special use an address has, null for an ordinary one. IPv4-mapped IPv6 addresses are judged as the IPv4 address
 * inside.
 */
export function specialUse(address: string): SpecialUse | null {
  const octets = ipToOctets(address);
  if (octets === null) return null;
  const mapped =
    octets.length === 16 &&
    octets.subarray(0, 10).every((octet) => octet === 0) &&
    octets[10] === 0xff &&
    octets[11] === 0xff;
  const judged = mapped ? octetsToIp(octets.subarray(12)) : address;
  return (
    specialRanges.find(({ prefixes }) => prefixes.some((prefix) => prefixContainsAddress(prefix, judged)))?.use ?? null
  );
}

function octetsToNumber(octets: Uint8Array): bigint {
  let value = 0n;
  for (const octet of octets) value = (value << 8n) | BigInt(octet);
  return value;
}

function parseIpv4(text: string): Uint8Array | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  const octets = new Uint8Array(4);
  for (const [i, part] of parts.entries()) {
    // No leading zeros: some systems read them as octal.
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return null;
    octets[i] = Number(part);
  }
  return octets;
}

function parseIpv6(text: string): Uint8Array | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '', true) : new Uint8Array(0);
  if (head === null || tail === null) return null;
  const missing = 16 - head.length - tail.length;
  // "::" stands for at least one group, RFC 4291 section 2.2.
  if (halves.length === 2 ? missing < 2 : missing !== 0) return null;
  const octets = new Uint8Array(16);
  octets.set(head, 0);
  octets.set(tail, 16 - tail.length);
  return octets;
}

function parseGroups(text: string, mayEndInIpv4: boolean): Uint8Array | null {
  if (text === '') return new Uint8Array(0);
  const groups = text.split(':');
  const octets: number[] = [];
  for (const [i, group] of groups.entries()) {
    if (mayEndInIpv4 && i === groups.length - 1 && group.includes('.')) {
      const ipv4 = parseIpv4(group);
      if (ipv4 === null) return null;
      octets.push(...ipv4);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      octets.push(value >> 8, value & 0xff);
    } else {
      return null;
    }
    if (octets.length > 16) return null;
  }
  return new Uint8Array(octets);
}

function formatIpv6(octets: Uint8Array): string {
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((octets[i] as number) << 8) | (octets[i + 1] as number));
  // RFC 5952 section 4.2: the longest run of zero groups, the first of equals, never a single one.
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  // RFC 5952 section 5: IPv4-mapped addresses end in dotted decimal.
  if (best.start === 0 && best.length === 5 && groups[5] === 0xffff) return `::ffff:${octets.subarray(12).join('.')}`;
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  if (best.start < 0) return text(groups);
  return `${text(groups.slice(0, best.start))}::${text(groups.slice(best.start + best.length))}`;
}
