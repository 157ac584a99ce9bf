import { isIpAddress } from '../../bytes';
import { say } from '../../ports/import-message';
import type { Draft } from '../draft';
import { DraftBuilder } from './draft-builder';
import { ignored, notUsed, readBefore, readKey, sets, type GivenKey, type KeyTable } from './key-table';
import type { GivenVpnKey, Keyfile, Plugin } from './keyfile-plugin';
import { libreswanPlugin } from './keyfile-libreswan';
import { strongswanPlugin } from './keyfile-strongswan';
import { entriesOf, parseSections, type Section } from './sections';
import type { ImportedFile, TextImporter } from './text-importer';
import { canonicalNetwork, parseFlag, splitList, takeName } from './values';

/**
 * NetworkManager's key files, `*.nmconnection`: GLib's key files (no quotes, "#" comments, "\s \n \t \r \\" escapes),
 * with what a VPN plugin wants in `[vpn]` and `[vpn-secrets]`. Read here: the plugins of strongSwan and libreswan.
 */

const plugins: Readonly<Record<string, Plugin>> = {
  strongswan: strongswanPlugin,
  libreswan: libreswanPlugin,
  openswan: libreswanPlugin,
};

/** What `[ipv4]` and `[ipv6]` say together. */
interface Network {
  neverDefault: boolean;
  onlyTheseServers: boolean;
  readonly routes: string[];
  readonly servers: string[];
  readonly splitDomains: string[];
  readonly searchDomains: string[];
}

interface GivenAddressKey extends GivenKey {
  readonly network: Network;
}

const connectionTable: KeyTable<GivenKey> = {
  id: readBefore(['name']),
  type: readBefore([]),
  uuid: ignored(say('told-apart-by-name')),
  autoconnect: ignored(say('connects-by-hand')),
  'autoconnect-priority': notUsed,
  'autoconnect-retries': notUsed,
  permissions: notUsed,
  'interface-name': notUsed,
  timestamp: notUsed,
  metered: notUsed,
  zone: notUsed,
};

const addressTable: KeyTable<GivenAddressKey> = {
  method: ignored(say('address-from-server')),
  'never-default': sets(['network.useDefaultGateway'], ({ network, key, value }) => {
    network.neverDefault ||= key.startsWith('ipv4') && parseFlag(value) === true;
  }),
  'route<n>': sets(['network.routes'], ({ network, value }) => void network.routes.push(routeOf(value))),
  'routes<n>': sets(['network.routes'], ({ network, value }) => void network.routes.push(routeOf(value))),
  dns: sets(['network.dnsServers'], ({ network, value }) => {
    network.servers.push(...splitList(value, /[;,\s]/).map((server) => server.split('#')[0] ?? ''));
  }),
  'dns-search': sets(['network.splitDns', 'network.searchDomains'], ({ network, value }) => {
    for (const domain of splitList(value, /[;,\s]/))
      if (domain.startsWith('~')) network.splitDomains.push(domain.slice(1));
      else network.searchDomains.push(domain);
  }),
  'ignore-auto-dns': sets(['network.dnsServers'], ({ network, value }) => {
    network.onlyTheseServers ||= parseFlag(value) === true;
  }),
  'ignore-auto-routes': ignored(say('routes-from-server')),
  'addr-gen-mode': notUsed,
  'dns-priority': notUsed,
  'may-fail': notUsed,
  'route-metric': notUsed,
};

/** For the table of all formats. */
export const keyfileTables: Readonly<Record<string, KeyTable<never>>> = {
  connection: connectionTable,
  'vpn (strongswan)': strongswanPlugin.table,
  'vpn-secrets (strongswan)': strongswanPlugin.secretTable,
  'vpn (libreswan)': libreswanPlugin.table,
  'vpn-secrets (libreswan)': libreswanPlugin.secretTable,
  'ipv4, ipv6': addressTable,
};

export const keyfileImporter: TextImporter = {
  format: 'keyfile',
  recognises: (text) => {
    const sections = parseSections(text, '#');
    const connection = entriesOf(sections, 'connection');
    return (
      entriesOf(sections, 'vpn').has('service-type') ||
      (connection.has('type') && (connection.has('id') || connection.has('uuid')))
    );
  },
  read: async (text, file) => [await readKeyfile(parseSections(text, '#').map(unescaped), file)],
};

async function readKeyfile(sections: readonly Section[], file: ImportedFile): Promise<Draft> {
  const draft = new DraftBuilder('keyfile');
  const connection = entriesOf(sections, 'connection');
  const vpn = entriesOf(sections, 'vpn');
  takeName(draft, 'connection.id', connection.get('id')?.value, file.name);

  const type = connection.get('type')?.value ?? 'vpn';
  const service = vpn.get('service-type')?.value ?? '';
  const plugin = plugins[service.split('.').at(-1)?.toLowerCase() ?? ''];
  if (type !== 'vpn') draft.wrong('connection.type', say('nm-type', { type }));
  else if (plugin === undefined) draft.wrong('vpn.service-type', say('nm-plugin', { plugin: service }));
  else {
    const secrets = entriesOf(sections, 'vpn-secrets');
    const keyfile: Keyfile = { draft, vpn, secrets, files: file.files };
    await plugin.readMethod(keyfile);
    const given = (section: string, key: string, value: string): GivenVpnKey => ({
      draft,
      key: `${section}.${key}`,
      value,
      keyfile,
    });
    for (const { key, value } of vpn.values()) await readKey(plugin.table, key, given('vpn', key, value));
    for (const { key, value } of secrets.values())
      await readKey(plugin.secretTable, key, given('vpn-secrets', key, value));
    for (const { key, value } of connection.values())
      await readKey(connectionTable, key, { draft, key: `connection.${key}`, value });
    await readNetwork(draft, sections);
  }
  return draft.finish();
}

async function readNetwork(draft: DraftBuilder, sections: readonly Section[]): Promise<void> {
  const network: Network = {
    neverDefault: false,
    onlyTheseServers: false,
    routes: [],
    servers: [],
    splitDomains: [],
    searchDomains: [],
  };
  for (const family of ['ipv4', 'ipv6'])
    for (const { key, value } of entriesOf(sections, family).values()) {
      // "auto" is the ordinary case, and the flags are said with what they belong to.
      if (key !== 'method') await readKey(addressTable, key, { draft, key: `${family}.${key}`, value, network });
      else if (family === 'ipv6' && (value === 'disabled' || value === 'ignore'))
        draft.ignore('ipv6.method', say('ipv6-kept'));
      else if (value !== 'auto') draft.ignore(`${family}.${key}`, say('address-from-server'));
    }
  if (network.neverDefault) {
    draft.take('ipv4.never-default', 'network.useDefaultGateway', false, say('only-routes'));
    if (network.routes.length > 0) draft.take('ipv4.route', 'network.routes', network.routes.map(canonicalNetwork));
  } else if (network.routes.length > 0) draft.ignore('ipv4.route', say('everything-anyway'));
  const servers = network.servers.filter(isIpAddress);
  if (servers.length > 0)
    draft.take('ipv4.dns', 'network.dnsServers', servers, network.onlyTheseServers ? say('taken') : say('dns-instead'));
  const domains = network.splitDomains.filter((domain) => domain !== '.' && domain !== '');
  if (domains.length > 0) draft.take('ipv4.dns-search', 'network.splitDns', domains, say('split-dns'));
  if (network.searchDomains.length > 0) draft.take('ipv4.dns-search', 'network.searchDomains', network.searchDomains);
}

/** "net/length[,gateway[,metric]]", and the older "net;length;gateway;metric;". */
function routeOf(value: string): string {
  const [network = '', second = ''] = splitList(value, /[,;]/);
  return !network.includes('/') && /^[0-9]{1,3}$/.test(second) ? `${network}/${second}` : network;
}

const escapes: Readonly<Record<string, string>> = { s: ' ', n: '\n', t: '\t', r: '\r' };

/** GLib's escapes; a backslash before anything else stays as it is. */
function unescaped(section: Section): Section {
  return {
    name: section.name,
    entries: section.entries.map(({ key, value }) => ({
      key,
      value: value.replace(/\\([sntr\\;])/g, (_whole, escaped: string) => escapes[escaped] ?? escaped),
    })),
  };
}
