import { hexDecode, isIpAddress } from '../../bytes';
import { say } from '../../ports/import-message';
import { canonicalHost } from '../checks';
import type { Draft } from '../draft';
import { readCustomAuthData } from '../windows/custom-auth-data';
import { noEapSettings, takeEapSettings } from '../windows/eap-settings';
import { readIpsecPolicies, takeIpsecSuite } from '../windows/ipsec-suite';
import { DraftBuilder } from './draft-builder';
import { notUsed, readBefore, readKey, sets, type GivenKey, type KeyTable } from './key-table';
import { parseSections, type Section } from './sections';
import { mostConnections, type TextImporter } from './text-importer';
import { parseFlag, splitList, takeName, takeNumber } from './values';

/**
 * Windows' phone book, `rasphone.pbk` (docs/windows7.md 6.1). Not a plain INI file: keys repeat, and blocks that begin
 * with NETCOMPONENTS=, MEDIA= or DEVICE= follow the entry's own keys.
 */

/** One entry: keys without case; of a key that repeats all values are kept. */
interface Entry {
  readonly name: string;
  /** The entry's own keys as the file spells them, each once. */
  readonly keys: readonly string[];
  readonly own: ReadonlyMap<string, readonly string[]>;
  /** Of the block DEVICE=vpn, else of any other. */
  readonly phoneNumbers: readonly string[];
}

const keysOfPhoneBooks = ['pbversion', 'dialparamsuid', 'type', 'preferreddevice', 'device'];

function isEntry({ entries }: Section): boolean {
  const keys = new Set(entries.map(({ key }) => key.toLowerCase()));
  // A Connection Manager profile has VpnStrategy alone in a section.
  return (
    keys.has('pbversion') ||
    keys.has('dialparamsuid') ||
    (keys.has('vpnstrategy') && keysOfPhoneBooks.some((key) => keys.has(key)))
  );
}

export const rasphoneImporter: TextImporter = {
  format: 'rasphone',
  recognises: (text) => parseSections(text, '').some(isEntry),
  read: async (text) => {
    const sections = parseSections(text, '');
    const drafts: Draft[] = [];
    for (const section of sections.slice(0, mostConnections)) drafts.push(await readEntry(entryOf(section)));
    // Those that are left out are counted and not read.
    const unread = new DraftBuilder('rasphone').finish();
    return [...drafts, ...sections.slice(mostConnections).map(() => unread)];
  },
};

function entryOf({ name, entries }: Section): Entry {
  const own = new Map<string, string[]>();
  const keys: string[] = [];
  const [ofVpn, ofOthers]: [string[], string[]] = [[], []];
  let block = '';
  for (const { key, value } of entries) {
    const word = key.toLowerCase();
    if (word === 'netcomponents' || word === 'media' || word === 'device') {
      // "Device=WAN Miniport (IKEv2)" is a key of the block MEDIA; only "DEVICE=vpn" begins another.
      if (word === 'device' && block.startsWith('media') && key !== 'DEVICE') continue;
      block = `${word}=${value.toLowerCase()}`;
    } else if (block === '') {
      const values = own.get(word);
      if (values === undefined) {
        own.set(word, [value]);
        keys.push(key);
      } else values.push(value);
    } else if (word === 'phonenumber' && value !== '') (block === 'device=vpn' ? ofVpn : ofOthers).push(value);
  }
  const phoneNumbers = ofVpn.length > 0 ? ofVpn : ofOthers.length > 0 ? ofOthers : (own.get('phonenumber') ?? []);
  return { name, keys, own, phoneNumbers: phoneNumbers.filter((number) => number !== '') };
}

/** Numbers of protocols (MS-RRASM 2.2.2.2.11) that are not IKEv2 in any place. */
const otherTunnels: Readonly<Record<string, string>> = {
  '1': 'PPTP',
  '2': 'PPTP',
  '3': 'L2TP',
  '5': 'SSTP',
  '9': 'GRE',
  '12': 'PPTP and SSTP',
  '13': 'L2TP and SSTP',
};
const ikev2Only = '7';

async function readEntry(entry: Entry): Promise<Draft> {
  const draft = new DraftBuilder('rasphone');
  const first = (key: string): string => entry.own.get(key)?.[0] ?? '';
  takeName(draft, '[section]', entry.name, 'VPN');
  const strategy = first('vpnstrategy');
  // What cannot be taken at all is said in one line.
  if (entry.own.has('type') && first('type') !== '2') draft.wrong('Type', say('pbk-type'));
  else if (Object.hasOwn(otherTunnels, strategy))
    draft.wrong('VpnStrategy', say('other-protocol', { protocol: otherTunnels[strategy] as string }));
  else await readIkev2(draft, entry, first);
  return draft.finish();
}

interface GivenEntryKey extends GivenKey {
  readonly entry: Entry;
  readonly first: (key: string) => string;
}

async function readIkev2(draft: DraftBuilder, entry: Entry, first: (key: string) => string): Promise<void> {
  // Windows demands it, and servers of this kind tell their routes by DHCP (W-21).
  draft.imply('serverCertificate.extendedKeyUsage', 'serverAuth', 'DisableIKENameEkuCheck');
  draft.imply('network.dhcpInform', true, '[section]');
  readServers(draft, entry);
  readMethod(draft, entry, first);
  readNames(draft, first);
  for (const key of entry.keys)
    await readKey(table, key, { draft, key, value: first(key.toLowerCase()), entry, first });
}

function readServers(draft: DraftBuilder, { phoneNumbers, own }: Entry): void {
  const [server, ...alternates] = phoneNumbers;
  if (server === undefined) return draft.wrong('PhoneNumber', say('server-missing'));
  draft.take('PhoneNumber', 'server', server);
  const listed = [...alternates, ...(own.get('serverlistservername') ?? [])];
  const others = [...new Set(listed)].filter((name) => name !== server && canonicalHost(name) !== null);
  if (others.length > 0) draft.take('ServerListServerName', 'alternativeServers', others.slice(0, 16));
}

/** Bits of AuthRestrictions (MS-RRASM 2.2.2.2.58). */
const authBits = { EAP: 128, MACHINE_CERTIFICATE: 2048, PSK: 4096 } as const;

function readMethod(draft: DraftBuilder, { own }: Entry, first: (key: string) => string): void {
  const restrictions = Number(first('authrestrictions'));
  const set = (method: string) =>
    draft.take('AuthRestrictions', 'authentication.method', method, say('taken-as', { value: method }));
  if (restrictions & authBits.MACHINE_CERTIFICATE) return set('machine-certificate');
  if (restrictions & authBits.PSK) return set('psk');
  const type = Number(first('customauthkey'));
  if (!Number.isInteger(type) || type <= 0 || type > 255) return set('eap-mschapv2');
  const blob = hexDecode((own.get('customauthdata') ?? []).join('').replaceAll(/\s+/g, ''));
  const settings = blob === null ? null : readCustomAuthData(blob);
  const fits = settings?.type === type;
  takeEapSettings(draft, fits ? settings : { ...noEapSettings, type }, 'CustomAuthKey', 'CustomAuthData');
  if (!fits && own.has('customauthdata')) draft.ignore('CustomAuthData', say('eap-blob-unreadable'));
}

/** Name servers and domains of both families together. */
function readNames(draft: DraftBuilder, first: (key: string) => string): void {
  const fixed = (assign: string, keys: readonly string[]): readonly string[] =>
    first(assign) === '2' ? keys.map(first).filter(isServer) : [];
  const servers = [
    ...fixed('ipnameassign', ['ipdnsaddress', 'ipdns2address']),
    ...fixed('ipv6nameassign', ['ipv6dnsaddress', 'ipv6dns2address']),
  ];
  if (servers.length > 0) draft.take('IpDnsAddress', 'network.dnsServers', servers, say('dns-instead'));
  const [four, six] = [parseFlag(first('ipprioritizeremote')), parseFlag(first('ipv6prioritizeremote'))];
  if (four === false && parseFlag(first('disableclassbaseddefaultroute')) === true)
    draft.ignore('DisableClassBasedDefaultRoute', say('class-route-added'));
  if (four !== null && six !== null && four !== six) draft.ignore('Ipv6PrioritizeRemote', say('one-for-both-families'));
}

const isServer = (address: string): boolean => isIpAddress(address) && !['0.0.0.0', '::'].includes(address);

/** -1 stands there as Windows writes numbers without a sign: never. */
const isNever = (value: string): boolean => ['', '0', '-1', '4294967295'].includes(value);

/** Digits, perhaps with blanks; null: not a number. */
function numberOf(value: string): number | null {
  return /^-?[0-9]{1,15}$/.test(value.trim()) ? Number(value) : null;
}

const number = (path: Parameters<typeof takeNumber>[2], never?: (value: string) => boolean) =>
  sets([path], ({ draft, key, value }: GivenEntryKey) => {
    if (never?.(value) === true) return draft.take(key, path, null, say('taken-never'));
    const wanted = numberOf(value);
    if (wanted === null) return draft.ignore(key, say('usual-instead'));
    takeNumber(draft, key, path, wanted);
  });

const flag = (path: string, inverted = false) =>
  sets([path], ({ draft, key, value }: GivenEntryKey) => {
    const on = parseFlag(value);
    if (on === null) draft.ignore(key, say('usual-instead'));
    else draft.take(key, path, on !== inverted);
  });

const text = (path: string) =>
  sets([path], ({ draft, key, value }: GivenEntryKey) => {
    if (value !== '') draft.take(key, path, value);
  });

/** Said where the key is switched on; otherwise it changes nothing. */
const loses = (message: Parameters<DraftBuilder['ignore']>[1]) =>
  sets([], ({ draft, key, value }: GivenEntryKey) =>
    draft.ignore(key, value === '' || parseFlag(value) === false ? say('not-used') : message),
  );

/** The profile's limits have gaps: the shortest that is possible and not shorter than what was asked for. */
function outageSeconds(wanted: number): number {
  return [60, 120, 300].find((least) => wanted <= least) ?? Math.min(wanted, 28_800);
}

const table: KeyTable<GivenEntryKey> = {
  type: readBefore([]),
  vpnstrategy: sets([], ({ draft, key, value }) =>
    value === ikev2Only ? draft.understood(key, say('taken')) : draft.ignore(key, say('ikev2-of-several')),
  ),
  authrestrictions: readBefore(['authentication.method']),
  customauthkey: readBefore(['authentication.method']),
  customauthdata: readBefore([
    'authentication.serverNames',
    'authentication.serverAuthorities',
    'authentication.fastReconnect',
    'authentication.requireCryptobinding',
    'authentication.anonymousIdentity',
  ]),
  serverlistservername: readBefore(['alternativeServers']),
  numservers: notUsed,
  disablemobility: flag('mobility.enabled', true),
  networkoutagetime: sets(['mobility.outageSeconds'], ({ draft, key, value }) => {
    const wanted = numberOf(value);
    if (wanted === null || wanted < 0) return draft.ignore(key, say('usual-instead'));
    const taken = wanted === 0 ? 1800 : outageSeconds(wanted);
    draft.take(
      key,
      'mobility.outageSeconds',
      taken,
      taken === wanted
        ? say('taken')
        : wanted === 0
          ? say('taken-standard', { value: '1800' })
          : say('taken-nearest', { value: String(taken) }),
    );
  }),
  disableikenameekucheck: sets(['serverCertificate.extendedKeyUsage'], ({ draft, key, value }) => {
    if (parseFlag(value) !== true) return draft.understood(key, say('taken'));
    draft.imply('serverCertificate.extendedKeyUsage', null, key);
    draft.ignore(key, say('name-always-checked-usage-not'));
  }),
  idi: text('localIdentity'),
  idr: text('remoteIdentity'),
  disable_ikev2_fragmentation: flag('advanced.fragmentation', true),
  ipprioritizeremote: flag('network.useDefaultGateway'),
  ipv6prioritizeremote: readBefore([]),
  disableclassbaseddefaultroute: readBefore([]),
  ipnameassign: readBefore(['network.dnsServers']),
  ipdnsaddress: readBefore(['network.dnsServers']),
  ipdns2address: readBefore(['network.dnsServers']),
  ipv6nameassign: readBefore(['network.dnsServers']),
  ipv6dnsaddress: readBefore(['network.dnsServers']),
  ipv6dns2address: readBefore(['network.dnsServers']),
  ipdnssuffix: sets(['network.searchDomains'], ({ draft, key, value }) => {
    const domains = splitList(value, /[,;\s]/).slice(0, 32);
    if (domains.length > 0) draft.take(key, 'network.searchDomains', domains);
  }),
  showdialingprogress: flag('dialing.showProgress'),
  previewuserpw: flag('dialing.promptForCredentials'),
  previewdomain: flag('dialing.includeDomain'),
  redialattempts: number('dialing.redialAttempts'),
  redialseconds: number('dialing.redialSeconds'),
  redialonlinkfailure: flag('dialing.redialOnLinkFailure'),
  idledisconnectseconds: number('dialing.idleSeconds', isNever),
  numcustompolicy: readBefore(['proposals.ike', 'proposals.esp']),
  customipsecpolicies: sets(['proposals.ike', 'proposals.esp'], ({ draft, key, value, first }) => {
    if (value === '' || first('numcustompolicy') === '0') return;
    const octets = hexDecode(value.replaceAll(/\s+/g, ''));
    const suite = octets === null ? null : readIpsecPolicies(octets);
    if (suite === null) draft.ignore(key, say('policies-unreadable'));
    else takeIpsecSuite(draft, key, suite);
  }),
  autologon: loses(say('windows-logon')),
  alwaysoncapable: loses(say('no-automatic-connection')),
  devicetunnel: loses(say('no-automatic-connection')),
  numroutes: loses(say('routes-unreadable')),
  numnrptrules: loses(say('name-rules-unreadable')),
  numdnssearchsuffixes: loses(say('search-domains-unreadable')),
  numtrustednetworks: loses(say('no-automatic-connection')),
  numperapptrafficfilters: loses(say('no-filters')),
  prerequisiteentry: sets([], ({ draft, key, value }) =>
    draft.ignore(key, value === '' ? say('not-used') : say('prerequisite', { name: value })),
  ),
  presharedkey: sets([], ({ draft, key, value }) =>
    draft.ignore(key, value === '' ? say('not-used') : say('psk-not-readable')),
  ),
  ...Object.fromEntries(
    [
      ['encoding', 'pbversion', 'useflags', 'guid', 'dialparamsuid', 'userascredentials', 'cachecredentials'],
      ['lowdatetime', 'highdatetime', 'excludedprotocols', 'lcpextensions', 'dataencryption', 'swcompression'],
      ['negotiatemultilinkalways', 'skipdoubledialdialog', 'dialmode', 'overridepref', 'callbackmode'],
      ['customdialdll', 'customdialfunc', 'customrasdialdll', 'forcesecurecompartment', 'authenticateserver'],
      ['sharemsfileprint', 'bindmsnetclient', 'sharedphonenumbers', 'globaldevicesettings', 'prerequisitepbk'],
      ['preferredport', 'preferreddevice', 'preferredbps', 'preferredhwflow', 'preferredprotocol'],
      ['preferredcompression', 'preferredspeaker', 'preferredmdmprotocol', 'previewphonenumber'],
      ['showmonitoricon', 'showmonitoriconintaskbar', 'ipinterfacemetric', 'ipheadercompression', 'ipaddress'],
      ['ipwinsaddress', 'ipwins2address', 'ipassign', 'ipdnsflags', 'ipnbtflags', 'tcpwindowsize', 'ipsecflags'],
      ['ipv6assign', 'ipv6address', 'ipv6prefixlength', 'ipv6interfacemetric', 'ipv6prefix', 'ipv6interfaceid'],
      ['iditype', 'idrtype', 'imsconfig', 'provisiontype', 'numeku', 'usemachinerootcert', 'plumbikev2tsasroutes'],
      ['routeversion', 'privatenetwork', 'powershellcreatedprofile', 'proxyflags', 'proxysettingsmodified'],
      ['provisioningauthority', 'authtypeotp', 'grekeydefined', 'managementapp', 'securitydescriptor'],
      ['numappids', 'numclassicappids', 'autotiggercapable', 'autotriggercapable', 'serverlistfriendlyname'],
      ['apninfoproviderid', 'apninfousername', 'apninfopassword', 'apninfoaccesspoint', 'apninfoauthentication'],
      ['apninfocompression', 'applyipsecpolicy', 'terminalbeforedial', 'secureworkstation'],
    ].flatMap((keys) => keys.map((key) => [key, notUsed] as const)),
  ),
};

/** For the table of all formats. */
export const rasphoneTables: Readonly<Record<string, KeyTable<never>>> = { 'an entry': table };
