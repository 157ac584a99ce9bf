import { utf8Encode } from '../../bytes';
import type { AuthenticationMethod, Profile } from '../profile';

/** An entry of Windows' phone book (windows7-ux 6.1). It holds neither certificates nor routes nor proposals. */

const eapTypes: Partial<Record<AuthenticationMethod, number>> = {
  'eap-tls': 13,
  'eap-ttls': 21,
  'peap-mschapv2': 25,
  'eap-mschapv2': 26,
};
const authRestrictions = { eap: 128, machineCertificate: 2048, psk: 4096 } as const;
const ikev2Only = 7;

/** Brackets and line ends would end the section's name. */
const plain = (text: string): string => text.replaceAll(/[[\]\p{Cc}]/gu, '_');

/** null: this way to sign in cannot be said. */
export function writeRasphone(profile: Profile): Uint8Array | null {
  const { authentication, network, advanced, mobility, dialing } = profile;
  const eapType = eapTypes[authentication.method];
  const restrictions =
    eapType !== undefined
      ? authRestrictions.eap
      : authentication.method === 'machine-certificate'
        ? authRestrictions.machineCertificate
        : authentication.method === 'psk'
          ? authRestrictions.psk
          : null;
  if (restrictions === null) return null;
  const dns =
    network.dnsServers === 'server' ? [] : network.dnsServers.filter((address) => !address.includes(':')).slice(0, 2);
  const flag = (value: boolean): string => (value ? '1' : '0');
  const own: readonly (readonly [string, string | number])[] = [
    ['Encoding', 1],
    ['PBVersion', 6],
    ['Type', 2],
    ['VpnStrategy', ikev2Only],
    ['AuthRestrictions', restrictions],
    ['CustomAuthKey', eapType ?? 0],
    ['ShowDialingProgress', flag(dialing.showProgress)],
    ['PreviewUserPw', flag(dialing.promptForCredentials)],
    ['PreviewDomain', flag(dialing.includeDomain)],
    ['RedialAttempts', dialing.redialAttempts],
    ['RedialSeconds', dialing.redialSeconds],
    ['RedialOnLinkFailure', flag(dialing.redialOnLinkFailure)],
    ['IdleDisconnectSeconds', dialing.idleSeconds ?? 0],
    ['DisableMobility', flag(!mobility.enabled)],
    ['NetworkOutageTime', mobility.outageSeconds],
    // 1 would have Windows accept the certificate of any computer (MS-RRASM 2.2.2.2.35); our own check is never off.
    ['DisableIKENameEkuCheck', 0],
    ['Disable_IKEv2_Fragmentation', flag(!advanced.fragmentation)],
    ['IpPrioritizeRemote', flag(network.useDefaultGateway)],
    ['Ipv6PrioritizeRemote', flag(network.useDefaultGateway)],
    ['IpNameAssign', dns.length > 0 ? 2 : 1],
    ['IpDnsAddress', dns[0] ?? '0.0.0.0'],
    ['IpDns2Address', dns[1] ?? '0.0.0.0'],
    ...(profile.localIdentity === null ? [] : [['IDI', plain(profile.localIdentity)] as const]),
    ...(profile.remoteIdentity === null ? [] : [['IDR', plain(profile.remoteIdentity)] as const]),
    ['PreferredPort', 'VPN2-0'],
    ['PreferredDevice', 'WAN Miniport (IKEv2)'],
  ];
  const lines = [
    `[${plain(profile.name)}]`,
    ...own.map(([key, value]) => `${key}=${value}`),
    '',
    'NETCOMPONENTS=',
    'ms_msclient=1',
    'ms_server=1',
    '',
    'MEDIA=rastapi',
    'Port=VPN2-0',
    'Device=WAN Miniport (IKEv2)',
    '',
    'DEVICE=vpn',
    `PhoneNumber=${plain(profile.server)}`,
    'AreaCode=',
    'CountryCode=0',
    'CountryID=0',
    'UseDialingRules=0',
    'Comment=',
    'FriendlyName=',
    'LastSelectedPhone=0',
    'PromoteAlternates=0',
    'TryNextAlternateOnFail=1',
    '',
  ];
  return utf8Encode(lines.join('\r\n'));
}
