import type { Element } from '@xmldom/xmldom';
import { isIpAddress } from '../../bytes';
import { say } from '../../ports/import-message';
import type { Draft } from '../draft';
import { readEapHostConfig } from '../windows/eap-host-config';
import { takeEapSettings } from '../windows/eap-settings';
import { childrenOf, elementsOf, firstOf, parseXml, textOf } from '../windows/xml';
import { DraftBuilder } from './draft-builder';
import { ignored, notUsed, readBefore, readKey, sets, type GivenKey, type KeyTable } from './key-table';
import type { ImportedFile, TextImporter } from './text-importer';
import { canonicalNetwork, parseFlag, splitList, takeName } from './values';
import { takeSuite } from './windows-suite';

/**
 * ProfileXML of the VPNv2 configuration service provider: by itself, escaped or as CDATA in SyncML, or in a PowerShell
 * script. Elements and enumerations are read without case.
 */

interface GivenElement extends GivenKey {
  readonly element: Element;
  readonly profile: Element;
}

const isTrue = (value: string): boolean => parseFlag(value) === true;

const profileTable: KeyTable<GivenElement> = {
  profilename: readBefore(['name']),
  nativeprofile: readBefore([]),
  route: readBefore(['network.routes', 'network.excludedRoutes']),
  domainnameinformation: readBefore(['network.splitDns', 'network.dnsServers']),
  dnssuffix: sets(['network.searchDomains'], ({ draft, key, value }) => {
    const domains = splitList(value, ',');
    if (domains.length > 0) draft.take(key, 'network.searchDomains', domains);
  }),
  networkoutagetime: sets(['mobility.outageSeconds'], ({ draft, key, value }) => {
    const wanted = Number(value) === 0 ? 1800 : Number(value);
    const taken = [60, 120].includes(wanted) ? wanted : Math.min(Math.max(wanted, 300), 28_800);
    draft.take(
      key,
      'mobility.outageSeconds',
      taken,
      taken === Number(value) ? say('taken') : say('taken-nearest', { value: String(taken) }),
    );
  }),
  disableikev2fragmentation: sets(['advanced.fragmentation'], ({ draft, key, value }) =>
    draft.take(key, 'advanced.fragmentation', !isTrue(value)),
  ),
  lockdown: sets(['network.useDefaultGateway', 'network.killSwitch', 'network.allowLan'], ({ draft, key, value }) => {
    if (!isTrue(value)) return;
    draft.take(key, 'network.killSwitch', true);
    draft.imply('network.useDefaultGateway', true, key);
    draft.imply('network.allowLan', false, key);
  }),
  remembercredentials: notUsed,
  alwayson: ignored(say('connects-by-hand')),
  alwaysonactive: ignored(say('connects-by-hand')),
  trustednetworkdetection: ignored(say('connects-by-hand')),
  devicetunnel: notUsed,
  apptrigger: ignored(say('connects-by-hand')),
  trafficfilter: notUsed,
  proxy: notUsed,
  registerdns: notUsed,
  devicecompliance: notUsed,
  edpmodeid: notUsed,
  bypassforlocal: notUsed,
  dataencryption: notUsed,
  privatenetwork: notUsed,
  userascredentials: notUsed,
  disableadvancedoptionseditbutton: notUsed,
  disabledisconnectbutton: notUsed,
  ipv4interfacemetric: notUsed,
  ipv6interfacemetric: notUsed,
};

const nativeTable: KeyTable<GivenElement> = {
  servers: sets(['server', 'alternativeServers'], ({ draft, key, value }) => {
    // "address;friendly name,address;friendly name"
    const [server, ...others] = splitList(value, ',').map((entry) => entry.split(';')[0]?.trim() ?? '');
    if (server === undefined) return;
    draft.take(key, 'server', server);
    if (others.length > 0)
      draft.take(key, 'alternativeServers', others.slice(0, 16), say('other-servers', { value: others.join(', ') }));
  }),
  nativeprotocoltype: sets([], ({ draft, key, value, profile }) => {
    const isList = value.toLowerCase() === 'protocollist';
    const listed = isList
      ? elementsOf(profile, 'NativeProtocol').map((element) => textOf(firstOf(element, 'Type')) || textOf(element))
      : [value];
    if (!listed.some((name) => /^(ikev2|automatic)$/i.test(name)))
      draft.wrong(key, say('tunnel-type', { type: listed.join(', ') }));
  }),
  protocollist: notUsed,
  routingpolicytype: sets(['network.useDefaultGateway'], ({ draft, key, value }) => {
    draft.take(key, 'network.useDefaultGateway', value.toLowerCase() !== 'splittunnel');
  }),
  authentication: readBefore([
    'authentication.method',
    'authentication.serverNames',
    'authentication.serverAuthorities',
    'authentication.ttlsInner',
    'authentication.fastReconnect',
    'authentication.requireCryptobinding',
    'authentication.anonymousIdentity',
  ]),
  cryptographysuite: sets(['proposals.ike', 'proposals.esp'], ({ draft, key, element }) => {
    const of = (name: string): string => textOf(firstOf(element, name));
    takeSuite(draft, key, {
      integrity: of('IntegrityCheckMethod'),
      encryption: of('EncryptionMethod'),
      dhGroup: of('DHGroup'),
      cipher: of('CipherTransformConstants'),
      authentication: of('AuthenticationTransformConstants'),
      pfsGroup: of('PfsGroup'),
    });
  }),
  disableclassbaseddefaultroute: notUsed,
  plumbikev2tsasroutes: notUsed,
  l2tppsk: notUsed,
};

export const profileXmlTables: Readonly<Record<string, KeyTable<never>>> = {
  VPNProfile: profileTable,
  'VPNProfile/NativeProfile': nativeTable,
};

export const profileXmlImporter: TextImporter = {
  format: 'profile-xml',
  recognises: (text) => /(<|&lt;)VPNProfile[\s>&/]/.test(text),
  read: async (text, file) => {
    const drafts: Draft[] = [];
    for (const xml of profilesIn(text)) drafts.push(await readProfile(xml, text, file));
    return drafts;
  },
};

const mostProfiles = 64;

function profilesIn(text: string): readonly string[] {
  const plain = text.includes('<VPNProfile') ? text : unescapeXml(text);
  const found: string[] = [];
  for (
    let at = plain.indexOf('<VPNProfile');
    at >= 0 && found.length < mostProfiles;
    at = plain.indexOf('<VPNProfile', at)
  ) {
    const end = plain.indexOf('</VPNProfile>', at);
    const stop = end < 0 ? plain.length : end + '</VPNProfile>'.length;
    found.push(plain.slice(at, stop));
    at = stop;
  }
  return found;
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
const unescapeXml = (text: string): string =>
  text.replace(/&(lt|gt|quot|apos|amp);/g, (_whole, name: string) => entities[name] ?? '');

/** `./Vendor/MSFT/VPNv2/NAME/ProfileXML` of SyncML; undefined: there is none. */
function locatedName(text: string): string | undefined {
  const name = /VPNv2\/([^/<]{1,256})\/ProfileXML/.exec(text)?.[1];
  try {
    return name === undefined ? undefined : decodeURIComponent(name);
  } catch {
    return name;
  }
}

async function readProfile(xml: string, text: string, file: ImportedFile): Promise<Draft> {
  const draft = new DraftBuilder('profile-xml');
  const profile = parseXml(xml);
  const name = profile === null ? undefined : textOf(firstOf(profile, 'ProfileName'));
  takeName(draft, 'ProfileName', name === undefined || name === '' ? locatedName(text) : name, file.name);
  if (profile === null) {
    draft.wrong('(file)', say('xml-unreadable'));
    return draft.finish();
  }
  // Windows demands it, and servers of this kind tell their routes by DHCP (W-21).
  draft.imply('serverCertificate.extendedKeyUsage', 'serverAuth', 'VPNProfile');
  draft.imply('network.dhcpInform', true, 'VPNProfile');
  for (const element of childrenOf(profile)) {
    const key = element.localName ?? '';
    if (key === 'NativeProfile')
      for (const inner of childrenOf(element))
        await readKey(nativeTable, inner.localName ?? '', {
          draft,
          key: `NativeProfile/${inner.localName ?? ''}`,
          value: textOf(inner),
          element: inner,
          profile,
        });
    else await readKey(profileTable, key, { draft, key, value: textOf(element), element, profile });
  }
  readAuthentication(draft, profile);
  readRoutes(draft, profile);
  readNames(draft, profile);
  return draft.finish();
}

function readAuthentication(draft: DraftBuilder, profile: Element): void {
  const authentication = firstOf(profile, 'Authentication');
  const eap = firstOf(profile, 'EapHostConfig');
  const settings = eap === null ? null : readEapHostConfig(eap);
  const method = (name: string): string =>
    authentication === null ? '' : textOf(firstOf(authentication, name)).toLowerCase();
  if (settings !== null && method('UserMethod') !== '')
    takeEapSettings(draft, settings, 'EapMethod/Type', 'EapHostConfig');
  else if (method('MachineMethod') === 'certificate')
    draft.take(
      'Authentication/MachineMethod',
      'authentication.method',
      'machine-certificate',
      say('taken-as', { value: 'machine-certificate' }),
    );
  else if (settings !== null) takeEapSettings(draft, settings, 'EapMethod/Type', 'EapHostConfig');
  else if (method('UserMethod') === 'mschapv2' || method('UserMethod') === 'eap')
    draft.take('Authentication/UserMethod', 'authentication.method', 'eap-mschapv2', say('eap-as-mschapv2'));
}

function readRoutes(draft: DraftBuilder, profile: Element): void {
  const routes = elementsOf(profile, 'Route').map((route) => ({
    network: `${textOf(firstOf(route, 'Address'))}/${textOf(firstOf(route, 'PrefixSize'))}`,
    isExcluded: isTrue(textOf(firstOf(route, 'ExclusionRoute'))),
  }));
  const of = (isExcluded: boolean): readonly string[] =>
    routes.filter((route) => route.isExcluded === isExcluded).map(({ network }) => canonicalNetwork(network));
  if (of(false).length > 0) draft.take('Route', 'network.routes', of(false));
  if (of(true).length > 0)
    draft.take('Route/ExclusionRoute', 'network.excludedRoutes', of(true), say('past-the-tunnel'));
}

function readNames(draft: DraftBuilder, profile: Element): void {
  const rules = elementsOf(profile, 'DomainNameInformation');
  const domains = rules
    .map((rule) => textOf(firstOf(rule, 'DomainName')).replace(/^\./, ''))
    .filter((domain) => domain !== '');
  const servers = rules.flatMap((rule) => splitList(textOf(firstOf(rule, 'DnsServers')), ',')).filter(isIpAddress);
  // "." stands for all names.
  const everything = rules.some((rule) => textOf(firstOf(rule, 'DomainName')) === '.');
  if (!everything && domains.length > 0)
    draft.take('DomainNameInformation/DomainName', 'network.splitDns', [...new Set(domains)], say('split-dns'));
  if (servers.length > 0)
    draft.take('DomainNameInformation/DnsServers', 'network.dnsServers', [...new Set(servers)], say('dns-instead'));
}
