import { build } from 'plist';
import { base64Decode, utf8Encode } from '../../bytes';
import type { Profile } from '../profile';
import { authorityDer, isPkcs12 } from './certificates';
import { stableUuid } from './sswan';

/** Apple's configuration profile (windows7-ux 6.5). Secrets are not in it: the device asks. */

type Dictionary = Readonly<Record<string, unknown>>;

const ciphers: Readonly<Record<string, string>> = {
  aes128: 'AES-128',
  aes256: 'AES-256',
  aes128gcm16: 'AES-128-GCM',
  aes256gcm16: 'AES-256-GCM',
  chacha20poly1305: 'ChaCha20Poly1305',
};
const hashes: Readonly<Record<string, string>> = {
  sha1: 'SHA1-96',
  sha256: 'SHA2-256',
  sha384: 'SHA2-384',
  sha512: 'SHA2-512',
};
const groups: Readonly<Record<string, number>> = {
  modp1024: 2,
  modp2048: 14,
  modp3072: 15,
  modp4096: 16,
  ecp256: 19,
  ecp384: 20,
  ecp521: 21,
  x25519: 31,
  curve25519: 31,
};

/** null: not one cipher, one hash and one group that Apple has. */
function parameters(keyword: string | undefined): Dictionary | null {
  const result: Record<string, unknown> = {};
  for (const token of (keyword ?? '').split('-')) {
    const [key, value] =
      ciphers[token] !== undefined
        ? ['EncryptionAlgorithm', ciphers[token]]
        : hashes[token.replace(/^prf/, '')] !== undefined
          ? ['IntegrityAlgorithm', hashes[token.replace(/^prf/, '')]]
          : ['DiffieHellmanGroup', groups[token]];
    if (value === undefined || key in result) return null;
    result[key] = value;
  }
  return result['EncryptionAlgorithm'] === undefined ? null : result;
}

function deadPeerDetection(seconds: number): string {
  if (seconds <= 60) return 'High';
  if (seconds <= 600) return 'Medium';
  return seconds <= 1800 ? 'Low' : 'None';
}

/** null: this way to sign in cannot be said. */
export function writeMobileconfig(profile: Profile): Uint8Array | null {
  const { authentication, serverCertificate, network, proposals, advanced, mobility, dialing } = profile;
  const method = ((): Dictionary | null => {
    switch (authentication.method) {
      case 'eap-mschapv2':
      case 'eap-tls':
        // Apple takes None for EAP-only authentication (RFC 5998): the server shows no certificate of its own.
        return { AuthenticationMethod: authentication.eapOnly ? 'None' : 'Certificate', ExtendedAuthEnabled: 1 };
      case 'machine-certificate':
        return { AuthenticationMethod: 'Certificate', ExtendedAuthEnabled: 0 };
      case 'psk':
        return { AuthenticationMethod: 'SharedSecret', ExtendedAuthEnabled: 0 };
      default:
        return null;
    }
  })();
  if (method === null) return null;
  const id = (part: string): string => stableUuid('mobileconfig', profile.name, profile.server, part).toUpperCase();
  const payload = (type: string, part: string, display: string): Dictionary => ({
    PayloadType: type,
    PayloadVersion: 1,
    PayloadIdentifier: `org.agile-vpn.${id(part)}`,
    PayloadUUID: id(part),
    PayloadDisplayName: display,
  });
  const needsCertificate = authentication.method === 'eap-tls' || authentication.method === 'machine-certificate';
  const identity =
    needsCertificate && isPkcs12(authentication.certificate)
      ? base64Decode(authentication.certificate.replaceAll(/\s+/g, ''))
      : null;
  const authorities = serverCertificate.authorities.map(authorityDer).filter((der) => der !== null);
  const ike = parameters(proposals.ike[0]);
  const esp = parameters(proposals.esp[0]);
  const file: Dictionary = {
    ...payload('Configuration', 'file', profile.name),
    PayloadContent: [
      {
        ...payload('com.apple.vpn.managed', 'vpn', profile.name),
        UserDefinedName: profile.name,
        VPNType: 'IKEv2',
        IKEv2: {
          RemoteAddress: profile.server,
          RemoteIdentifier: profile.remoteIdentity ?? profile.server,
          LocalIdentifier: profile.localIdentity ?? '',
          ...method,
          ...(authentication.username === null ? {} : { AuthName: authentication.username }),
          ...(needsCertificate ? { PayloadCertificateUUID: id('identity') } : {}),
          ...(serverCertificate.commonName === null
            ? {}
            : { ServerCertificateCommonName: serverCertificate.commonName }),
          DisableMOBIKE: mobility.enabled ? 0 : 1,
          DeadPeerDetectionRate: deadPeerDetection(advanced.dpdSeconds),
          NATKeepAliveInterval: advanced.natKeepaliveSeconds,
          EnableCertificateRevocationCheck: serverCertificate.revocation === 'off' ? 0 : 1,
          ...(dialing.idleSeconds === null ? {} : { DisconnectOnIdle: 1, DisconnectOnIdleTimer: dialing.idleSeconds }),
          EnablePFS: esp?.['DiffieHellmanGroup'] === undefined ? 0 : 1,
          ...(network.mtu === 'auto' ? {} : { MTU: network.mtu }),
          ...(network.useDefaultGateway && network.killSwitch
            ? { IncludeAllNetworks: 1, ExcludeLocalNetworks: network.allowLan ? 1 : 0 }
            : {}),
          ...(network.useDefaultGateway ? {} : { UseConfigurationAttributeInternalIPSubnet: 1 }),
          ...(ike === null ? {} : { IKESecurityAssociationParameters: ike }),
          ...(esp === null ? {} : { ChildSecurityAssociationParameters: esp }),
        },
        ...(network.dnsServers === 'server'
          ? {}
          : {
              DNS: {
                ServerAddresses: network.dnsServers,
                ...(network.splitDns.length === 0 ? {} : { SupplementalMatchDomains: network.splitDns }),
              },
            }),
      },
      ...authorities.map((der, index) => ({
        ...payload('com.apple.security.root', `authority ${index}`, 'VPN authority'),
        PayloadContent: Buffer.from(der),
      })),
      ...(identity === null
        ? []
        : [
            {
              ...payload('com.apple.security.pkcs12', 'identity', 'VPN certificate'),
              PayloadContent: Buffer.from(identity),
            },
          ]),
    ],
  };
  return utf8Encode(`${build(file as never)}\n`);
}
