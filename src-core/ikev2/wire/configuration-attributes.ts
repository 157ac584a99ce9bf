import {
  concat,
  formatCidr,
  ipToOctets,
  octetsToIp,
  parseCidr,
  prefixContainsAddress,
  sameIp,
  sanitizeText,
  specialUse,
  utf8Decode,
  utf8DecodeLossy,
  utf8Encode,
} from '../../bytes';
import type { ConfigurationReply } from '../session';
import { configurationAttribute as attribute, configurationAttributeName, configurationType } from './constants';
import type { ConfigurationAttribute, ConfigurationPayload } from './payloads/configuration';

/** What is kept of each kind, however much the peer sends. */
const caps = { addresses: 8, servers: 16, subnets: 256, domains: 64 } as const;

export interface ConfigurationRequest {
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  /** Inner addresses of an earlier session, asked for again (C-48). */
  readonly previousAddresses: readonly string[];
  /** Ask for a DHCP server address (W-20). */
  readonly dhcp: boolean;
}

const empty = new Uint8Array(0);

/** CFG_REQUEST of the first IKE_AUTH (C-48). */
export function configurationRequest(request: ConfigurationRequest): ConfigurationPayload {
  const attributes: ConfigurationAttribute[] = [];
  const ask = (attributeType: number, value: Uint8Array = empty) => attributes.push({ attributeType, value });
  const previous = request.previousAddresses.map((address) => ipToOctets(address)).filter((octets) => octets !== null);
  if (request.ipv4) {
    ask(
      attribute.INTERNAL_IP4_ADDRESS,
      previous.find((octets) => octets.length === 4),
    );
    ask(attribute.INTERNAL_IP4_DNS);
    ask(attribute.INTERNAL_IP4_SUBNET);
    if (request.dhcp) ask(attribute.INTERNAL_IP4_DHCP);
  }
  if (request.ipv6) {
    const ipv6 = previous.find((octets) => octets.length === 16);
    // The prefix 64 is what strongSwan asks with.
    ask(attribute.INTERNAL_IP6_ADDRESS, ipv6 === undefined ? empty : concat(ipv6, new Uint8Array([64])));
    ask(attribute.INTERNAL_IP6_DNS);
    ask(attribute.INTERNAL_IP6_SUBNET);
  }
  ask(attribute.INTERNAL_DNS_DOMAIN);
  return { type: 'CP', cfgType: configurationType.CFG_REQUEST, attributes };
}

/** CFG_REPLY of a gateway. Throws a RangeError when a text in `reply` is not what it should be. */
export function configurationReply(reply: ConfigurationReply): ConfigurationPayload {
  const attributes: ConfigurationAttribute[] = [];
  const give = (attributeType: number, value: Uint8Array) => attributes.push({ attributeType, value });
  for (const address of reply.ipv4Addresses) give(attribute.INTERNAL_IP4_ADDRESS, octetsOf(address, 4));
  for (const { address, prefixLength } of reply.ipv6Addresses)
    give(attribute.INTERNAL_IP6_ADDRESS, concat(octetsOf(address, 16), new Uint8Array([prefixLength])));
  for (const server of reply.dnsServers)
    give(
      server.includes(':') ? attribute.INTERNAL_IP6_DNS : attribute.INTERNAL_IP4_DNS,
      octetsOf(server, server.includes(':') ? 16 : 4),
    );
  for (const text of reply.subnets) {
    const prefix = parseCidr(text);
    if (prefix === null) throw new RangeError(`not a prefix: ${text}`);
    if (prefix.family === 4)
      give(attribute.INTERNAL_IP4_SUBNET, concat(octetsOf(prefix.address, 4), ipv4Mask(prefix.prefixLength)));
    else
      give(attribute.INTERNAL_IP6_SUBNET, concat(octetsOf(prefix.address, 16), new Uint8Array([prefix.prefixLength])));
  }
  for (const domain of reply.dnsDomains) give(attribute.INTERNAL_DNS_DOMAIN, utf8Encode(domain));
  for (const server of reply.dhcpServers) give(attribute.INTERNAL_IP4_DHCP, octetsOf(server, 4));
  return { type: 'CP', cfgType: configurationType.CFG_REPLY, attributes };
}

/** What a reply is judged against. */
export interface ConfigurationContext {
  /** Outer addresses of the gateway. */
  readonly gatewayAddresses: readonly string[];
  /** Prefixes of the physical networks we are on, CIDR. */
  readonly localPrefixes: readonly string[];
  /** Everything goes through the tunnel: then "." and top-level domains may be its own too (C-52). */
  readonly fullTunnel: boolean;
}

export interface ReadConfiguration extends ConfigurationReply {
  readonly nbnsServers: readonly string[];
  /** Text of the gateway, made fit to show; null when there is none. */
  readonly banner: string | null;
  readonly defaultDomain: string | null;
  readonly applicationVersion: string | null;
  /** What was not taken, and why; for the log. An assigned address among it means INTERNAL_ADDRESS_FAILURE (H-28). */
  readonly ignored: readonly { readonly attribute: string; readonly reason: string }[];
  /** An assigned address was refused. */
  readonly addressRefused: boolean;
}

/**
 * Reads a CFG_REPLY (or the wishes of a CFG_REQUEST: empty values are no error). Never throws; what is wrong is ignored
 * and named (C-49, H-28, H-29).
 */
export function readConfiguration(payload: ConfigurationPayload, context: ConfigurationContext): ReadConfiguration {
  const ipv4Addresses: string[] = [];
  const ipv6Addresses: { address: string; prefixLength: number }[] = [];
  const dnsServers: string[] = [];
  const nbnsServers: string[] = [];
  const dhcpServers: string[] = [];
  const subnets: string[] = [];
  const domains: string[] = [];
  const ignored: { attribute: string; reason: string }[] = [];
  let addressRefused = false;
  let banner: string | null = null;
  let defaultDomain: string | null = null;
  let applicationVersion: string | null = null;

  for (const { attributeType, value } of payload.attributes) {
    const ignore = (reason: string) => {
      if (ignored.length < 32) ignored.push({ attribute: configurationAttributeName(attributeType), reason });
    };
    const add = <T>(list: T[], item: T, cap: number, same: (a: T, b: T) => boolean = Object.is) => {
      if (list.some((other) => same(other, item))) return;
      if (list.length < cap) list.push(item);
      else ignore('too many');
    };
    const addServer = (list: string[], octets: number) => {
      if (value.length !== octets) return void ignore(`has ${String(value.length)} octets`);
      const server = octetsToIp(value);
      const refusal = refuseServer(server, context);
      if (refusal === null) add(list, server, caps.servers);
      else ignore(`${server}: ${refusal}`);
    };
    if (value.length === 0) continue;
    switch (attributeType) {
      case attribute.INTERNAL_IP4_ADDRESS:
      case attribute.INTERNAL_IP6_ADDRESS: {
        const assigned = attributeType === attribute.INTERNAL_IP4_ADDRESS ? assignedIpv4(value) : assignedIpv6(value);
        const refusal = assigned === null ? 'has a wrong length or prefix' : refuseAssigned(assigned.address, context);
        if (assigned !== null && refusal === null) {
          if (attributeType === attribute.INTERNAL_IP4_ADDRESS) add(ipv4Addresses, assigned.address, caps.addresses);
          else add(ipv6Addresses, assigned, caps.addresses, (a, b) => a.address === b.address);
        } else {
          addressRefused = true;
          ignore(assigned === null ? String(refusal) : `${assigned.address}: ${String(refusal)}`);
        }
        break;
      }
      case attribute.INTERNAL_IP4_DNS:
        addServer(dnsServers, 4);
        break;
      case attribute.INTERNAL_IP6_DNS:
        addServer(dnsServers, 16);
        break;
      case attribute.INTERNAL_IP4_NBNS:
        addServer(nbnsServers, 4);
        break;
      case attribute.INTERNAL_IP4_DHCP:
        addServer(dhcpServers, 4);
        break;
      case attribute.INTERNAL_IP4_SUBNET: {
        const prefix = value.length === 8 ? maskedIpv4(value) : null;
        if (prefix === null) ignore('is not an address and a mask');
        else add(subnets, prefix, caps.subnets);
        break;
      }
      case attribute.INTERNAL_IP6_SUBNET: {
        const prefix =
          value.length === 17 ? parseCidr(`${octetsToIp(value.subarray(0, 16))}/${String(value[16])}`) : null;
        if (prefix === null) ignore('is not an address and a prefix length');
        else add(subnets, formatCidr(prefix), caps.subnets);
        break;
      }
      case attribute.UNITY_SPLIT_INCLUDE:
        // Entries of 14 octets: address, mask, 6 octets that are not used.
        if (value.length % 14 !== 0) ignore('is not a list of entries of 14 octets');
        else
          for (let at = 0; at < value.length; at += 14) {
            const prefix = maskedIpv4(value.subarray(at, at + 8));
            if (prefix === null) ignore('has an entry without a mask');
            else add(subnets, prefix, caps.subnets);
          }
        break;
      case attribute.INTERNAL_DNS_DOMAIN: {
        const domain = readDomain(value, context.fullTunnel);
        if (domain === null) ignore('is not a domain that may be split off');
        else add(domains, domain, caps.domains);
        break;
      }
      case attribute.UNITY_DEF_DOMAIN:
        defaultDomain = readDomain(value, false);
        if (defaultDomain === null) ignore('is not a domain');
        break;
      case attribute.UNITY_BANNER:
        banner = sanitizeText(utf8DecodeLossy(value.subarray(0, 4096)), 1024);
        break;
      case attribute.APPLICATION_VERSION:
        applicationVersion = sanitizeText(utf8DecodeLossy(value.subarray(0, 1024)));
        break;
      case attribute.INTERNAL_IP4_NETMASK:
        // Only a hint for the interface, never a route (C-51).
        break;
      default:
        ignore('is not used');
    }
  }
  // RFC 8598 section 3: domains mean nothing without a server to ask.
  if (domains.length > 0 && dnsServers.length === 0)
    ignored.push({
      attribute: configurationAttributeName(attribute.INTERNAL_DNS_DOMAIN),
      reason: 'no DNS server came with it',
    });
  const dnsDomains = dnsServers.length === 0 ? [] : domains;
  return {
    ipv4Addresses,
    ipv6Addresses,
    dnsServers,
    nbnsServers,
    dhcpServers,
    subnets,
    dnsDomains,
    banner,
    defaultDomain,
    applicationVersion,
    ignored,
    addressRefused,
  };
}

function octetsOf(address: string, length: number): Uint8Array {
  const octets = ipToOctets(address);
  if (octets?.length !== length) throw new RangeError(`not an address of ${String(length)} octets: ${address}`);
  return octets;
}

function assignedIpv4(value: Uint8Array): { address: string; prefixLength: number } | null {
  return value.length === 4 ? { address: octetsToIp(value), prefixLength: 32 } : null;
}

function assignedIpv6(value: Uint8Array): { address: string; prefixLength: number } | null {
  if (value.length !== 16 && value.length !== 17) return null;
  const prefixLength = value[16] ?? 128;
  return prefixLength === 0 || prefixLength > 128 ? null : { address: octetsToIp(value.subarray(0, 16)), prefixLength };
}

const neverAssigned = new Set(['unspecified', 'loopback', 'linkLocal', 'multicast', 'broadcast']);

function refuseAssigned(address: string, context: ConfigurationContext): string | null {
  const use = specialUse(address);
  if (use !== null && neverAssigned.has(use)) return `is ${use}`;
  if (context.gatewayAddresses.some((gateway) => sameIp(gateway, address))) return "is the gateway's outer address";
  const lan = context.localPrefixes.find((text) => {
    const prefix = parseCidr(text);
    return prefix !== null && prefixContainsAddress(prefix, address);
  });
  return lan === undefined ? null : `is in our own network ${lan}`;
}

function refuseServer(address: string, context: ConfigurationContext): string | null {
  const use = specialUse(address);
  if (use !== null && neverAssigned.has(use)) return `is ${use}`;
  return context.gatewayAddresses.some((gateway) => sameIp(gateway, address)) ? "is the gateway's outer address" : null;
}

function ipv4Mask(prefixLength: number): Uint8Array {
  const mask = new Uint8Array(4);
  for (let bit = 0; bit < prefixLength; bit++) mask[bit >> 3] = (mask[bit >> 3] as number) | (0x80 >> (bit & 7));
  return mask;
}

function maskedIpv4(value: Uint8Array): string | null {
  const bits = [...value.subarray(4, 8)].map((octet) => octet.toString(2).padStart(8, '0')).join('');
  if (!/^1*0*$/.test(bits)) return null;
  const prefix = parseCidr(`${octetsToIp(value.subarray(0, 4))}/${String(bits.lastIndexOf('1') + 1)}`);
  return prefix === null ? null : formatCidr(prefix);
}

const label = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;

/**
 * RFC 8598 section 3.1: presentation format, A-labels, no NUL. Lower case without the last dot; null when it is none.
 */
function readDomain(value: Uint8Array, topLevel: boolean): string | null {
  const text = utf8Decode(value)?.toLowerCase();
  if (text === undefined || value.length > 254) return null;
  if (text === '.') return topLevel ? '.' : null;
  const domain = text.endsWith('.') ? text.slice(0, -1) : text;
  const labels = domain.split('.');
  if (domain.length > 253 || !labels.every((one) => label.test(one))) return null;
  if (labels.length === 1 && !topLevel) return null;
  return labels.some((one) => one.startsWith('xn--')) && !isIdna(domain) ? null : domain;
}

/** Whether the A-labels can be read back; the platform's IDNA decides. */
function isIdna(domain: string): boolean {
  return URL.canParse(`http://${domain}/`) && new URL(`http://${domain}/`).hostname === domain;
}
