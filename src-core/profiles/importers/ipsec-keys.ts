import { say } from '../../ports/import-message';
import type { FileResolver } from '../import-report';
import { takeIdentity } from './identities';
import { ignored, notUsed, readBefore, sets, type GivenKey, type KeyTable } from './key-table';
import { libreswanProposals, strongswanProposals, takeProposals } from './proposals';
import { takeSelectors } from './selectors';
import type { bounds } from './values';
import { parseDuration, parseFlag, splitList, takeNumber } from './values';

/** The keys of a connection of ipsec.conf. Those of a side are named as if the server were on the right. */

export interface Conn {
  readonly values: ReadonlyMap<string, string>;
  readonly local: 'left' | 'right';
  readonly remote: 'left' | 'right';
  readonly dialect: 'strongswan' | 'libreswan';
}

export interface GivenConnKey extends GivenKey {
  readonly conn: Conn;
  readonly files: FileResolver;
}

const onlyIkev1 = ignored(say('only-ikev1'));
const serverOnly = ignored(say('only-server-side'));
const kernelOnly = ignored(say('kernel-only'));

function seconds(path: keyof typeof bounds) {
  return sets<GivenConnKey>([path], ({ draft, key, value }) => {
    const wanted = parseDuration(value);
    if (wanted === null || wanted === 0) draft.ignore(key, say('usual-instead'));
    else takeNumber(draft, key, path, wanted);
  });
}

function suites(protocol: 'ike' | 'esp') {
  return sets<GivenConnKey>([`proposals.${protocol}`], ({ draft, key, value, conn }) => {
    takeProposals(
      draft,
      key,
      protocol,
      conn.dialect === 'libreswan' ? libreswanProposals(protocol, value) : strongswanProposals(protocol, value),
    );
  });
}

const ikeVersion = sets<GivenConnKey>([], ({ draft, key, value }) => {
  if (/^(ikev1|no|never|permit)$/i.test(value)) draft.wrong(key, say('only-ikev2'));
});

export const connTable: KeyTable<GivenConnKey> = {
  keyexchange: ikeVersion,
  ikev2: ikeVersion,
  type: sets([], ({ draft, key, value }) => {
    if (value !== 'tunnel') draft.wrong(key, say('only-tunnel-mode'));
  }),
  authby: readBefore(['authentication.method']),
  autheap: readBefore(['authentication.method']),
  eap_identity: readBefore(['authentication.username']),
  aaa_identity: readBefore(['authentication.serverNames']),
  ike: suites('ike'),
  esp: suites('esp'),
  phase2alg: suites('esp'),
  ah: sets([], ({ draft, key }) => draft.wrong(key, say('only-esp'))),
  phase2: sets([], ({ draft, key, value }) => {
    if (value !== 'esp') draft.wrong(key, say('only-esp'));
  }),
  mobike: sets(['mobility.enabled'], ({ draft, key, value }) =>
    draft.take(key, 'mobility.enabled', parseFlag(value) !== false),
  ),
  fragmentation: sets(['advanced.fragmentation'], ({ draft, key, value }) => {
    draft.take(key, 'advanced.fragmentation', parseFlag(value) !== false);
  }),
  dpddelay: seconds('advanced.dpdSeconds'),
  ikelifetime: seconds('advanced.ikeLifetimeSeconds'),
  lifetime: seconds('advanced.childLifetimeSeconds'),
  keylife: seconds('advanced.childLifetimeSeconds'),
  salifetime: seconds('advanced.childLifetimeSeconds'),
  reauth: sets(['advanced.reauthenticationSeconds'], ({ draft, key, value, conn }) => {
    if (parseFlag(value) !== true) return draft.take(key, 'advanced.reauthenticationSeconds', null);
    takeNumber(
      draft,
      key,
      'advanced.reauthenticationSeconds',
      parseDuration(conn.values.get('ikelifetime') ?? '') ?? 10_800,
    );
  }),
  inactivity: seconds('dialing.idleSeconds'),
  mtu: sets(['network.mtu'], ({ draft, key, value }) => {
    const octets = parseDuration(value);
    if (octets === null) draft.ignore(key, say('usual-instead'));
    else takeNumber(draft, key, 'network.mtu', octets);
  }),
  'nat-keepalive': notUsed,
  auto: ignored(say('connects-by-hand')),
  forceencaps: ignored(say('nat-found')),
  encapsulation: ignored(say('nat-found')),
  compress: ignored(say('no-compression')),
  modeconfig: onlyIkev1,
  aggressive: onlyIkev1,
  aggrmode: onlyIkev1,
  xauth: onlyIkev1,
  xauth_identity: onlyIkev1,
  xauthby: onlyIkev1,
  'remote-peer-type': onlyIkev1,
  'cisco-unity': onlyIkev1,
  'cisco-split': onlyIkev1,
  ppk: ignored(say('ppk-not-supported')),
  'ppk-ids': ignored(say('ppk-not-supported')),
  modecfgdns: serverOnly,
  modecfgdomains: serverOnly,
  modecfgbanner: serverOnly,
  modecfgpull: onlyIkev1,
  uniqueids: serverOnly,
  rekey: notUsed,
  rekeymargin: notUsed,
  margintime: notUsed,
  rekeyfuzz: notUsed,
  rekeywindow: notUsed,
  keyingtries: notUsed,
  closeaction: notUsed,
  dpdaction: notUsed,
  dpdtimeout: notUsed,
  installpolicy: kernelOnly,
  mark: kernelOnly,
  mark_in: kernelOnly,
  mark_out: kernelOnly,
  'mark-in': kernelOnly,
  'mark-out': kernelOnly,
  'vti-interface': kernelOnly,
  'vti-routing': kernelOnly,
  'vti-shared': kernelOnly,
  'ipsec-interface': kernelOnly,
  'nic-offload': kernelOnly,
  reqid: kernelOnly,
  priority: kernelOnly,
  replay_window: kernelOnly,
  'replay-window': kernelOnly,
  tfc: notUsed,
  hostaddrfamily: notUsed,
  clientaddrfamily: notUsed,
  narrowing: notUsed,
  pfs: notUsed,
  sendca: notUsed,
  vendor: notUsed,
  metric: notUsed,
  initial_contact: notUsed,
  'initial-contact': notUsed,
  'sha2-truncbug': notUsed,
  sha2_truncbug: notUsed,
  overlapip: notUsed,
  'require-id-on-certificate': ignored(say('name-always-checked')),
  'decap-dscp': kernelOnly,
  nopmtudisc: kernelOnly,
  dscp: notUsed,
};

export const sideTable: KeyTable<GivenConnKey> = {
  right: sets(['server', 'alternativeServers'], ({ draft, key, value }) => {
    const [server = '', ...others] = splitList(value, ',').map((address) => address.replace(/^%/, ''));
    draft.take(key, 'server', server);
    if (others.length > 0)
      draft.take(key, 'alternativeServers', others.slice(0, 16), say('other-servers', { value: others.join(', ') }));
  }),
  rightikeport: sets(['port'], ({ draft, key, value }) =>
    draft.take(key, 'port', value === '500' ? null : Number(value)),
  ),
  rightid: sets(['remoteIdentity'], ({ draft, key, value }) => takeIdentity(draft, key, 'remoteIdentity', value)),
  rightsubnet: sets(['network.useDefaultGateway', 'network.routes'], subnets),
  rightsubnets: sets(['network.useDefaultGateway', 'network.routes'], subnets),
  rightauth: readBefore(['authentication.method', 'authentication.eapOnly']),
  rightcert: readBefore(['serverCertificate.authorities']),
  rightca: ignored(say('issuer-by-name')),
  leftauth: readBefore(['authentication.method']),
  leftauth2: readBefore(['authentication.method']),
  leftid: readBefore(['localIdentity', 'authentication.username']),
  leftid2: readBefore(['authentication.username']),
  leftcert: readBefore(['authentication.certificate', 'authentication.machineCertificate']),
  leftcert2: readBefore(['authentication.certificate']),
  leftusername: readBefore(['authentication.username']),
  left: notUsed,
  leftikeport: notUsed,
  leftsourceip: ignored(say('address-always')),
  leftmodecfgclient: ignored(say('address-always')),
  leftsubnet: notUsed,
  leftsubnets: notUsed,
  leftdns: notUsed,
  leftupdown: sets([], ({ draft, key, value }) => draft.ignore(key, say('script-not-run', { value })), say('not-used')),
  rightupdown: sets(
    [],
    ({ draft, key, value }) => draft.ignore(key, say('script-not-run', { value })),
    say('not-used'),
  ),
  leftfirewall: notUsed,
  lefthostaccess: notUsed,
  leftsendcert: notUsed,
  rightsendcert: notUsed,
  leftca: notUsed,
  leftca2: notUsed,
  leftckaid: ignored(say('nss-certificate')),
  leftrsasigkey: notUsed,
  rightrsasigkey: notUsed,
  leftsigkey: notUsed,
  rightsigkey: notUsed,
  leftnexthop: notUsed,
  rightnexthop: notUsed,
  leftprotoport: ignored(say('selector-ports')),
  rightprotoport: ignored(say('selector-ports')),
  leftxauthclient: onlyIkev1,
  leftxauthusername: onlyIkev1,
  rightxauthserver: onlyIkev1,
  rightmodecfgserver: serverOnly,
  rightsourceip: serverOnly,
  rightaddresspool: serverOnly,
  leftaddresspool: serverOnly,
  rightdns: serverOnly,
  rightgroups: serverOnly,
  leftgroups: serverOnly,
  rightallowany: notUsed,
  leftallowany: notUsed,
  rightcert2: notUsed,
  rightauth2: notUsed,
  rightid2: notUsed,
  rightca2: notUsed,
  leftcertpolicy: serverOnly,
  rightcertpolicy: serverOnly,
};

/** Separated by commas, or by blanks in braces: "{10.0.0.0/8 192.0.2.0/24}". */
function subnets({ draft, key, value }: GivenConnKey): void {
  takeSelectors(draft, key, splitList(value.replaceAll(/[{}]/g, ' '), /[\s,]+/));
}
