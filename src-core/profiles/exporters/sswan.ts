import { hexEncode, utf8Encode } from '../../bytes';
import { hash } from '../../crypto/hash';
import type { AuthenticationMethod, Profile } from '../profile';
import { authorityDer, isPkcs12, toBase64 } from './certificates';

/**
 * The profile of strongSwan's Android client (windows7-ux 6.4). It has one authority, one proposal of a kind, and no
 * word on mobility.
 */

const types: Partial<Record<AuthenticationMethod, string>> = {
  'eap-mschapv2': 'ikev2-eap',
  'machine-certificate': 'ikev2-cert',
  'eap-tls': 'ikev2-eap-tls',
};

/** RFC 9562 section 5.8, made of name and server: the same connection replaces itself on the telephone. */
export function stableUuid(...parts: readonly string[]): string {
  const octets = hash('sha256', utf8Encode(parts.join('\n'))).slice(0, 16);
  octets[6] = (octets[6]! & 0x0f) | 0x80;
  octets[8] = (octets[8]! & 0x3f) | 0x80;
  const text = hexEncode(octets);
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join('-');
}

/** null: this way to sign in cannot be said. */
export function writeSswan(profile: Profile): Uint8Array | null {
  const { authentication, serverCertificate, network, proposals, advanced } = profile;
  const type = types[authentication.method];
  if (type === undefined) return null;
  const authority = serverCertificate.authorities.map(authorityDer).find((der) => der !== null) ?? null;
  const { revocation } = serverCertificate;
  const file = {
    uuid: stableUuid('sswan', profile.name, profile.server),
    name: profile.name,
    type,
    remote: {
      addr: profile.server,
      ...(profile.port === null ? {} : { port: profile.port }),
      ...(profile.remoteIdentity === null ? {} : { id: profile.remoteIdentity }),
      ...(authority === null ? {} : { cert: toBase64(authority) }),
      revocation: revocation === 'off' ? { crl: false, ocsp: false } : { strict: revocation === 'strict' },
    },
    local: {
      ...(authentication.username === null ? {} : { eap_id: authentication.username }),
      ...(profile.localIdentity === null ? {} : { id: profile.localIdentity }),
      ...(isPkcs12(authentication.certificate) ? { p12: authentication.certificate } : {}),
    },
    ...(proposals.ike[0] === undefined ? {} : { 'ike-proposal': proposals.ike[0] }),
    ...(proposals.esp[0] === undefined ? {} : { 'esp-proposal': proposals.esp[0] }),
    'split-tunneling': {
      ...(network.useDefaultGateway ? {} : { subnets: network.routes }),
      'block-ipv6': network.ipv6 === 'tunnel-or-block',
    },
    ...(network.dnsServers === 'server' ? {} : { 'dns-servers': network.dnsServers }),
    ...(network.mtu === 'auto' ? {} : { mtu: network.mtu }),
    'nat-keepalive': advanced.natKeepaliveSeconds,
  };
  return utf8Encode(`${JSON.stringify(file, null, 2)}\n`);
}
