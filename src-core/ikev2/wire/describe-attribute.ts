import { octetsToIp, utf8DecodeLossy } from '../../bytes';
import { configurationAttribute as attribute } from './constants';

const texts: ReadonlySet<number> = new Set([
  attribute.APPLICATION_VERSION,
  attribute.INTERNAL_DNS_DOMAIN,
  attribute.UNITY_BANNER,
  attribute.UNITY_DEF_DOMAIN,
  attribute.UNITY_SPLITDNS_NAME,
]);
const addressesOnly: ReadonlySet<number> = new Set([
  attribute.INTERNAL_IP4_ADDRESS,
  attribute.INTERNAL_IP4_NETMASK,
  attribute.INTERNAL_IP4_DNS,
  attribute.INTERNAL_IP4_NBNS,
  attribute.INTERNAL_IP4_DHCP,
  attribute.INTERNAL_IP6_DNS,
  attribute.INTERNAL_IP6_DHCP,
  attribute.INTERNAL_IP4_SERVER,
  attribute.INTERNAL_IP6_SERVER,
]);
const addressAndPrefix: ReadonlySet<number> = new Set([attribute.INTERNAL_IP6_ADDRESS, attribute.INTERNAL_IP6_SUBNET]);

/** The value of a configuration attribute for the log; not yet sanitised. */
export function attributeText(attributeType: number, value: Uint8Array): string {
  if (texts.has(attributeType)) return utf8DecodeLossy(value.subarray(0, 256));
  if (addressesOnly.has(attributeType) && (value.length === 4 || value.length === 16)) return octetsToIp(value);
  if (addressAndPrefix.has(attributeType) && value.length === 17)
    return `${octetsToIp(value.subarray(0, 16))}/${String(value[16])}`;
  if (attributeType === attribute.INTERNAL_IP4_SUBNET && value.length === 8)
    return `${octetsToIp(value.subarray(0, 4))}/${octetsToIp(value.subarray(4))}`;
  return `${String(value.length)} octets`;
}
