import { formatCidr, octetsToIp, specialUse, utf8Decode } from '../bytes';

/** What a DHCP server behind the tunnel said that a VPN client uses (W-20, W-25, W-26). */
export interface DhcpOptions {
  /** Destinations behind the tunnel, CIDR, IPv4. Their routers are of no use here: the way is the tunnel. */
  readonly routes: readonly string[];
  readonly dnsServers: readonly string[];
  /** The connection's own domain; names of one label and what is no name are left out. */
  readonly domains: readonly string[];
}

const option = {
  pad: 0,
  dnsServers: 6,
  domainName: 15,
  overload: 52,
  classlessRoutes: 121,
  microsoftRoutes: 249,
  end: 255,
} as const;

/** W-25. */
export const mostRoutes = 256;
const mostServers = 8;

type Values = Map<number, Uint8Array>;

/** Options of one field, up to `end`; several of one code are one value (RFC 3396). False: one runs past the field. */
function collect(field: Uint8Array, into: Map<number, Uint8Array[]>): boolean {
  for (let at = 0; at < field.length;) {
    const code = field[at++]!;
    if (code === option.pad) continue;
    if (code === option.end) return true;
    const length = field[at++];
    if (length === undefined || at + length > field.length) return false;
    const parts = into.get(code);
    const part = field.subarray(at, at + length);
    if (parts === undefined) into.set(code, [part]);
    else parts.push(part);
    at += length;
  }
  return true;
}

/** `sname` and `file` hold options where option 52 says so, `file` first (RFC 2131 section 4.1). null: malformed. */
export function readOptions(fields: {
  readonly options: Uint8Array;
  readonly file: Uint8Array;
  readonly sname: Uint8Array;
}): Values | null {
  const parts = new Map<number, Uint8Array[]>();
  if (!collect(fields.options, parts)) return null;
  const overload = parts.get(option.overload)?.[0]?.[0] ?? 0;
  if ((overload & 1) !== 0 && !collect(fields.file, parts)) return null;
  if ((overload & 2) !== 0 && !collect(fields.sname, parts)) return null;
  return new Map(
    [...parts].map(([code, list]) => [
      code,
      list.length === 1 ? list[0]! : Uint8Array.from(list.flatMap((part) => [...part])),
    ]),
  );
}

/** RFC 3442: width, its significant octets, router. A wrong one makes the whole option worthless: null. */
function classlessRoutes(value: Uint8Array): readonly string[] | null {
  const routes: string[] = [];
  for (let at = 0; at < value.length;) {
    const width = value[at++]!;
    const significant = Math.ceil(width / 8);
    if (width > 32 || at + significant + 4 > value.length) return null;
    const address = new Uint8Array(4);
    address.set(value.subarray(at, at + significant));
    // Bits past the width mean nothing.
    if (width % 8 !== 0) address[significant - 1]! &= 0xff00 >> (width % 8);
    routes.push(formatCidr({ address: octetsToIp(address), prefixLength: width, family: 4 }));
    at += significant + 4;
  }
  return [...new Set(routes)].slice(0, mostRoutes);
}

function addresses(value: Uint8Array): readonly string[] {
  if (value.length % 4 !== 0) return [];
  const out: string[] = [];
  for (let at = 0; at < value.length; at += 4) out.push(octetsToIp(value.subarray(at, at + 4)));
  return [...new Set(out)].filter((address) => [null, 'private'].includes(specialUse(address))).slice(0, mostServers);
}

const label = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;

/** Some servers end it with a NUL or a dot. */
function domain(value: Uint8Array): readonly string[] {
  const text = (utf8Decode(value) ?? '').replace(/\0+$/, '').replace(/\.$/, '').toLowerCase();
  const labels = text.split('.');
  return labels.length >= 2 && text.length <= 253 && labels.every((each) => label.test(each)) ? [text] : [];
}

/** W-25: option 249 has the format of 121 and counts where that is absent. */
export function dhcpOptions(values: Values): DhcpOptions {
  const routes = values.get(option.classlessRoutes) ?? values.get(option.microsoftRoutes);
  return {
    routes: routes === undefined ? [] : (classlessRoutes(routes) ?? []),
    dnsServers: addresses(values.get(option.dnsServers) ?? new Uint8Array(0)),
    domains: domain(values.get(option.domainName) ?? new Uint8Array(0)),
  };
}
