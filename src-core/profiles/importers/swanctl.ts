import { parseCidr } from '../../bytes';
import { say } from '../../ports/import-message';
import type { Draft } from '../draft';
import { baseName, findBeside, takeAuthorities } from './beside';
import type { FileSecret, LocalRound, RemoteRound, Said } from './charon';
import { secretText } from './charon-secrets';
import { takeSignIn } from './charon-sign-in';
import { decodeText } from './decode-text';
import { DraftBuilder } from './draft-builder';
import { takeIdentity } from './identities';
import { ignored, notUsed, readBefore, readKey, sets, type GivenKey, type KeyTable } from './key-table';
import { strongswanProposals, takeProposals } from './proposals';
import { takeSelectors } from './selectors';
import { ConfView, emptySection, parseConf, type Include } from './swanctl-syntax';
import { mostConnections, type ImportedFile, type TextImporter } from './text-importer';
import { canonicalNetwork, nameOfFile, parseDuration, parseFlag, splitList, takeName, takeNumber } from './values';

/** strongSwan's swanctl.conf: a draft for each child of each connection that has the address of a server. */

const serverOnly = ignored(say('only-server-side'));
const kernelOnly = ignored(say('kernel-only'));

const connectionTable: KeyTable<GivenKey> = {
  version: sets([], ({ draft, key, value }) => {
    if (value === '1') draft.wrong(key, say('only-ikev2'));
  }),
  remote_addrs: readBefore(['server', 'alternativeServers']),
  remote_port: sets(['port'], ({ draft, key, value }) =>
    draft.take(key, 'port', value === '500' ? null : Number(value)),
  ),
  local_addrs: notUsed,
  local_port: notUsed,
  proposals: sets(['proposals.ike'], ({ draft, key, value }) => {
    takeProposals(draft, key, 'ike', strongswanProposals('ike', value));
  }),
  mobike: sets(['mobility.enabled'], ({ draft, key, value }) => {
    draft.take(key, 'mobility.enabled', parseFlag(value) !== false);
  }),
  fragmentation: sets(['advanced.fragmentation'], ({ draft, key, value }) => {
    draft.take(key, 'advanced.fragmentation', parseFlag(value) !== false);
  }),
  dpd_delay: sets(['advanced.dpdSeconds'], ({ draft, key, value }) => {
    const seconds = parseDuration(value);
    if (seconds === null || seconds === 0) draft.ignore(key, say('dpd-usual'));
    else takeNumber(draft, key, 'advanced.dpdSeconds', seconds);
  }),
  rekey_time: seconds('advanced.ikeLifetimeSeconds'),
  reauth_time: seconds('advanced.reauthenticationSeconds'),
  vips: ignored(say('address-always')),
  encap: ignored(say('nat-found')),
  ppk_id: ignored(say('ppk-not-supported')),
  ppk_required: sets(
    [],
    ({ draft, key, value }) => {
      if (parseFlag(value) === true) draft.ignore(key, say('ppk-not-supported'));
    },
    say('ppk-not-supported'),
  ),
  aggressive: ignored(say('only-ikev1')),
  pull: ignored(say('only-ikev1')),
  dpd_timeout: ignored(say('only-ikev1')),
  pools: serverOnly,
  unique: notUsed,
  keyingtries: notUsed,
  send_certreq: notUsed,
  send_cert: notUsed,
  childless: notUsed,
  over_time: notUsed,
  rand_time: notUsed,
  dscp: notUsed,
  if_id_in: kernelOnly,
  if_id_out: kernelOnly,
  mediation: notUsed,
};

function seconds(
  path: 'advanced.ikeLifetimeSeconds' | 'advanced.childLifetimeSeconds' | 'advanced.reauthenticationSeconds',
) {
  return sets<GivenKey>([path], ({ draft, key, value }) => {
    const wanted = parseDuration(value);
    if (wanted === 0 && path === 'advanced.reauthenticationSeconds') draft.take(key, path, null);
    else if (wanted === null || wanted === 0) draft.ignore(key, say('usual-instead'));
    else takeNumber(draft, key, path, wanted);
  });
}

const localTable: KeyTable<GivenKey> = {
  auth: readBefore(['authentication.method']),
  id: readBefore(['localIdentity', 'authentication.username']),
  eap_id: readBefore(['authentication.username']),
  aaa_id: readBefore(['authentication.serverNames']),
  certs: readBefore(['authentication.certificate', 'authentication.machineCertificate']),
  round: readBefore([]),
  pubkeys: notUsed,
  xauth_id: ignored(say('only-ikev1')),
};

const remoteTable: KeyTable<GivenKey> = {
  auth: readBefore(['authentication.method', 'authentication.eapOnly']),
  id: sets(['remoteIdentity'], ({ draft, key, value }) => takeIdentity(draft, key, 'remoteIdentity', value)),
  certs: readBefore(['serverCertificate.authorities']),
  cacerts: readBefore(['serverCertificate.authorities']),
  revocation: sets(['serverCertificate.revocation'], ({ draft, key, value }) => {
    const strict = value !== 'relaxed';
    draft.take(
      key,
      'serverCertificate.revocation',
      strict ? 'strict' : 'relaxed',
      strict ? say('revocation-strict') : say('taken'),
    );
  }),
  round: readBefore([]),
  ca_id: notUsed,
  groups: serverOnly,
  cert_policy: notUsed,
  pubkeys: notUsed,
};

const childTable: KeyTable<GivenKey> = {
  remote_ts: sets(['network.useDefaultGateway', 'network.routes'], ({ draft, key, value }) => {
    takeSelectors(draft, key, splitList(value, ','));
  }),
  esp_proposals: sets(['proposals.esp'], ({ draft, key, value }) => {
    takeProposals(draft, key, 'esp', strongswanProposals('esp', value));
  }),
  ah_proposals: sets([], ({ draft, key }) => draft.wrong(key, say('only-esp'))),
  mode: sets([], ({ draft, key, value }) => {
    if (value !== 'tunnel') draft.wrong(key, say('only-tunnel-mode'));
  }),
  rekey_time: seconds('advanced.childLifetimeSeconds'),
  inactivity: sets(['dialing.idleSeconds'], ({ draft, key, value }) => {
    const wanted = parseDuration(value);
    if (wanted === null || wanted === 0) draft.take(key, 'dialing.idleSeconds', null);
    else takeNumber(draft, key, 'dialing.idleSeconds', wanted);
  }),
  updown: sets([], ({ draft, key, value }) => draft.ignore(key, say('script-not-run', { value })), say('not-used')),
  local_ts: notUsed,
  start_action: ignored(say('connects-by-hand')),
  dpd_action: notUsed,
  close_action: notUsed,
  ipcomp: ignored(say('no-compression')),
  life_time: notUsed,
  rand_time: notUsed,
  rekey_bytes: notUsed,
  life_bytes: notUsed,
  rand_bytes: notUsed,
  rekey_packets: notUsed,
  life_packets: notUsed,
  rand_packets: notUsed,
  hostaccess: notUsed,
  policies: kernelOnly,
  policies_fwd_out: kernelOnly,
  reqid: kernelOnly,
  priority: kernelOnly,
  interface: kernelOnly,
  mark_in: kernelOnly,
  mark_out: kernelOnly,
  mark_in_sa: kernelOnly,
  set_mark_in: kernelOnly,
  set_mark_out: kernelOnly,
  if_id_in: kernelOnly,
  if_id_out: kernelOnly,
  hw_offload: kernelOnly,
  copy_df: kernelOnly,
  copy_ecn: kernelOnly,
  copy_dscp: kernelOnly,
  tfc_padding: notUsed,
  replay_window: notUsed,
  sha256_96: notUsed,
  label: kernelOnly,
  label_mode: kernelOnly,
};

/** What a secret is for, by how the name of its section begins. */
const secretKinds: readonly (readonly [string, FileSecret['kind']])[] = [
  ['eap', 'eap'],
  ['xauth', 'eap'],
  ['ntlm', 'ntlm'],
  ['ike', 'psk'],
  ['private', 'private-key'],
  ['rsa', 'private-key'],
  ['ecdsa', 'private-key'],
  ['pkcs8', 'private-key'],
  ['pkcs12', 'pkcs12'],
  ['token', 'pin'],
];

const secretTable: KeyTable<GivenKey> = {
  'eap<x>': readBefore(['authentication.username', 'password']),
  'xauth<x>': readBefore(['password']),
  'ntlm<x>': readBefore([]),
  'ike<x>': readBefore(['psk']),
  'private<x>, rsa<x>, ecdsa<x>, pkcs8<x>': readBefore(['authentication.privateKey', 'passphrase']),
  'pkcs12<x>': readBefore(['authentication.certificate', 'passphrase']),
  'token<x>': readBefore(['pin']),
  'ppk<x>': ignored(say('ppk-not-supported')),
};

export const swanctlTables: Readonly<Record<string, KeyTable<never>>> = {
  'connections.<connection>': connectionTable,
  'connections.<connection>.local<x>': localTable,
  'connections.<connection>.remote<x>': remoteTable,
  'connections.<connection>.children.<child>': childTable,
  'connections.<connection>.children.<child> (mode pass)': { remote_ts: readBefore(['network.excludedRoutes']) },
  secrets: secretTable,
  'authorities.<authority>': {
    cacert: readBefore(['serverCertificate.authorities']),
    file: readBefore(['serverCertificate.authorities']),
    crl_uris: notUsed,
    ocsp_uris: notUsed,
    cert_uri_base: notUsed,
  },
};

export const swanctlImporter: TextImporter = {
  format: 'swanctl',
  // A YAML file may have "connections:" too, but no brace on that line.
  recognises: (text) =>
    /^[ \t]*(connections|secrets|authorities|pools)[ \t]*(\{|\r?\n[ \t]*\{|:[^\n{]*\{)/m.test(text) ||
    /^[ \t]*include[ \t]+\S*\.conf/m.test(text),
  read: async (text, file) => {
    const root = emptySection();
    const parsed = parseConf(text, root);
    if (!parsed.ok) return [unreadable(file, parsed.line)];
    const includes = await readIncludes(parsed.includes, file);
    const view = ConfView.of(root);
    const connections = view.section('connections');
    const names = connections.sectionNames;
    if (names.length === 0 && parsed.includes.length > 0) return [onlyIncludes(file, parsed.includes)];
    const drafts: Draft[] = [];
    const secrets = secretsOf(view.section('secrets'));
    for (const name of names) {
      if (drafts.length > mostConnections) break;
      drafts.push(...(await readConnection({ root: view, secrets, file, includes }, name)));
    }
    return drafts;
  },
};

function unreadable(file: ImportedFile, line: number): Draft {
  const draft = new DraftBuilder('swanctl');
  draft.take('(file)', 'name', nameOfFile(file.name));
  draft.wrong('(file)', say('conf-unreadable', { line: String(line) }));
  return draft.finish();
}

function onlyIncludes(file: ImportedFile, includes: readonly Include[]): Draft {
  const draft = new DraftBuilder('swanctl');
  draft.take('(file)', 'name', nameOfFile(file.name));
  draft.wrong('include', say('only-includes', { files: includes.map(({ pattern }) => pattern).join(', ') }));
  return draft.finish();
}

const mostIncludes = 32;

interface ReadInclude {
  readonly pattern: string;
  readonly read: boolean;
}

/** Files beside it, each once, however often and from wherever it is included. */
async function readIncludes(includes: readonly Include[], file: ImportedFile): Promise<readonly ReadInclude[]> {
  const results: ReadInclude[] = [];
  const queue = [...includes];
  const seen = new Set([file.name]);
  for (let next = queue.shift(); next !== undefined && results.length < mostIncludes; next = queue.shift()) {
    const name = baseName(next.pattern);
    const isRead = seen.has(name);
    const found = isRead ? null : await findBeside(next.pattern, file.files, ['conf.d']);
    seen.add(name);
    const parsed = found === null ? null : parseConf(decodeText(found.content), next.into);
    if (parsed?.ok === true) queue.push(...parsed.includes);
    if (!isRead) results.push({ pattern: next.pattern, read: parsed?.ok === true });
  }
  return results;
}

interface WholeFile {
  readonly root: ConfView;
  readonly secrets: readonly FileSecret[];
  readonly file: ImportedFile;
  readonly includes: readonly ReadInclude[];
}

async function readConnection(whole: WholeFile, name: string): Promise<readonly Draft[]> {
  const { root, file, includes } = whole;
  const connection = root.section('connections').section(name);
  const children = connection.section('children');
  const mode = (child: string): string => children.section(child).value('mode') ?? 'tunnel';
  const bypasses = children.sectionNames.filter((child) => ['pass', 'drop'].includes(mode(child)));
  const tunnels = children.sectionNames.filter((child) => !bypasses.includes(child));
  const drafts: Draft[] = [];
  for (const child of tunnels.length === 0 ? [null] : tunnels) {
    const draft = new DraftBuilder('swanctl');
    takeName(
      draft,
      `connections.${name}`,
      child === null || tunnels.length === 1 ? name : `${name}/${child}`,
      file.name,
    );
    for (const { pattern, read } of includes) {
      if (read) draft.understood(`include ${pattern}`, say('include-read'));
      else draft.ignore(`include ${pattern}`, say('include-not-read'));
    }
    if (await readServer(draft, `connections.${name}`, connection)) {
      await readSides(draft, whole, `connections.${name}`, connection);
      await readAll(draft, connectionTable, `connections.${name}`, connection);
      takeBypasses(
        draft,
        bypasses.map((bypass) => ({
          key: `connections.${name}.children.${bypass}`,
          mode: mode(bypass),
          networks: splitList(children.section(bypass).value('remote_ts') ?? '', ','),
        })),
      );
      if (child !== null)
        await readAll(draft, childTable, `connections.${name}.children.${child}`, children.section(child));
    }
    drafts.push(draft.finish());
  }
  return drafts;
}

interface Bypass {
  readonly key: string;
  readonly mode: string;
  readonly networks: readonly string[];
}

/** Children that are policies only: networks that go past the tunnel, or are dropped. */
function takeBypasses(draft: DraftBuilder, bypasses: readonly Bypass[]): void {
  const taken = bypasses.filter(
    ({ mode, networks }) => mode === 'pass' && networks.every(isNetwork) && networks.length > 0,
  );
  if (taken[0] !== undefined)
    draft.take(
      taken[0].key,
      'network.excludedRoutes',
      taken.flatMap(({ networks }) => networks.map(canonicalNetwork)),
      say('past-the-tunnel'),
    );
  for (const bypass of bypasses) if (!taken.includes(bypass)) draft.ignore(bypass.key, say('bypass-not-taken'));
}

const isNetwork = (text: string): boolean => (parseCidr(text)?.prefixLength ?? 0) > 0;

async function readAll(draft: DraftBuilder, table: KeyTable<GivenKey>, path: string, section: ConfView): Promise<void> {
  for (const key of section.keys)
    await readKey(table, key, { draft, key: `${path}.${key}`, value: section.value(key) ?? '' });
}

/** False: this is not a client's connection. */
async function readServer(draft: DraftBuilder, path: string, connection: ConfView): Promise<boolean> {
  const key = `${path}.remote_addrs`;
  const addresses = splitList(connection.value('remote_addrs') ?? '', ',');
  const [server, ...others] = addresses.filter((address) => !/^%|\/|^[0-9a-f.:]+-[0-9a-f.:]+$/i.test(address));
  if (server === undefined) {
    draft.wrong(key, say('no-server-address'));
    return false;
  }
  draft.take(key, 'server', server);
  if (others.length > 0)
    draft.take(key, 'alternativeServers', others.slice(0, 16), say('other-servers', { value: others.join(', ') }));
  return true;
}

async function readSides(
  draft: DraftBuilder,
  { root, secrets, file }: WholeFile,
  path: string,
  connection: ConfView,
): Promise<void> {
  const rounds = (side: string): readonly (readonly [string, ConfView])[] =>
    connection.sectionNames
      .filter((section) => section.startsWith(side))
      .map((section) => [`${path}.${section}`, connection.section(section)] as const)
      .sort(([, a], [, b]) => Number(a.value('round') ?? 0) - Number(b.value('round') ?? 0));
  const said = (of: string, section: ConfView, key: string): Said => ({
    key: `${of}.${key}`,
    value: section.value(key) ?? '',
  });
  const local = rounds('local').map(([of, section]): LocalRound => ({
    auth: said(of, section, 'auth'),
    id: said(of, section, 'id'),
    eapId: said(of, section, 'eap_id'),
    aaaId: said(of, section, 'aaa_id'),
    certificates: said(of, section, 'certs'),
    token: section.sectionNames.some((inner) => inner.startsWith('cert')) ? `${of}.cert` : null,
  }));
  const remote = rounds('remote').map(([of, section]): RemoteRound => ({
    auth: said(of, section, 'auth'),
    id: said(of, section, 'id'),
  }));
  if (local.length === 0) {
    const absent: Said = { key: `${path}.local`, value: '' };
    local.push({ auth: absent, id: absent, eapId: absent, aaaId: absent, certificates: absent, token: null });
  }
  await takeSignIn({
    draft,
    server: connection.value('remote_addrs') ?? '',
    local,
    remote,
    secrets,
    files: file.files,
    folders: { certificates: ['x509'], keys: ['private', 'rsa', 'ecdsa', 'pkcs8'], pkcs12: ['pkcs12'] },
  });
  for (const [of, section] of rounds('local')) await readAll(draft, localTable, of, section);
  for (const [of, section] of rounds('remote')) await readAll(draft, remoteTable, of, section);
  if (!remote.some(({ auth }) => auth.value === 'psk')) await readTrust(draft, root, rounds('remote'), file);
}

/** Authorities of the remote side, else those of the section `authorities`. */
async function readTrust(
  draft: DraftBuilder,
  root: ConfView,
  remote: readonly (readonly [string, ConfView])[],
  { files }: ImportedFile,
): Promise<void> {
  const named = remote.flatMap(([of, section]) =>
    ['cacerts', 'certs'].map((key) => ({ key: `${of}.${key}`, names: splitList(section.value(key) ?? '', ',') })),
  );
  const authorities = root.section('authorities');
  const general = authorities.sectionNames.flatMap((name) =>
    ['cacert', 'file'].map((key) => ({
      key: `authorities.${name}.${key}`,
      names: splitList(authorities.section(name).value(key) ?? '', ','),
    })),
  );
  const used = named.some(({ names }) => names.length > 0) ? named : general;
  const first = used.find(({ names }) => names.length > 0);
  if (first === undefined) return draft.missing(`${remote[0]?.[0] ?? 'remote'}.cacerts`, say('authorities-of-folder'));
  await takeAuthorities(
    draft,
    first.key,
    used.flatMap(({ names }) => names),
    files,
    ['x509ca', 'x509'],
  );
}

function secretsOf(secrets: ConfView): readonly FileSecret[] {
  return secrets.sectionNames.flatMap((name): FileSecret[] => {
    const kind = secretKinds.find(([prefix]) => name.toLowerCase().startsWith(prefix))?.[1];
    const section = secrets.section(name);
    if (kind === undefined) return [];
    return [
      {
        key: `secrets.${name}`,
        kind,
        ids: section.keys.filter((key) => key.startsWith('id')).map((key) => section.value(key) ?? ''),
        file: section.value('file') ?? section.value('handle') ?? '',
        secret: secretText(section.value(kind === 'pin' ? 'pin' : 'secret') ?? ''),
      },
    ];
  });
}
