import { say } from '../../ports/import-message';
import type { Draft } from '../draft';
import { baseName, findBeside, takeAuthorities } from './beside';
import type { FileSecret, LocalRound, Said } from './charon';
import { secretText } from './charon-secrets';
import { takeSignIn } from './charon-sign-in';
import { decodeText } from './decode-text';
import { DraftBuilder } from './draft-builder';
import { linesOf } from './ini';
import { connTable, sideTable, type Conn, type GivenConnKey } from './ipsec-keys';
import { parseIpsecConf, parseIpsecSecrets, valuesOf, type IpsecFile, type IpsecSection } from './ipsec-syntax';
import { ignored, readBefore, readKey, type KeyTable } from './key-table';
import { mostConnections, type ImportedFile, type TextImporter } from './text-importer';
import { parseFlag, splitList, takeName } from './values';

/** ipsec.conf of strongSwan and libreswan, with the ipsec.secrets beside it: a draft for each connection. */

const secretTable: KeyTable<never> = {
  EAP: readBefore(['authentication.username', 'password']),
  XAUTH: readBefore(['password']),
  NTLM: readBefore([]),
  PSK: readBefore(['psk']),
  'RSA, ECDSA, PKCS8, BLISS': readBefore(['authentication.privateKey', 'passphrase']),
  P12: readBefore(['authentication.certificate', 'passphrase']),
  PIN: readBefore(['pin']),
  PPK: ignored(say('ppk-not-supported')),
};

export const ipsecConfTables: Readonly<Record<string, KeyTable<never>>> = {
  conn: connTable,
  'conn, left… and right…': sideTable,
  ca: { cacert: readBefore(['serverCertificate.authorities']) },
  'ipsec.secrets': secretTable,
};

export const ipsecConfImporter: TextImporter = {
  format: 'ipsec-conf',
  recognises: (text) => {
    let inConn = false;
    for (const line of linesOf(text)) {
      if (/^(conn|ca)[ \t]+\S/.test(line)) inConn = true;
      else if (
        inConn &&
        /^[ \t]*(left|right|keyexchange|authby|also|auto|ike|esp|cacert|type|ikev2)\w*[ \t]*=/i.test(line)
      )
        return true;
      else if (isSecret(line)) return true;
    }
    return false;
  },
  read: async (text, file) => {
    const conf = parseIpsecConf(text);
    const included = await readIncludes(conf, file);
    const sections = [...conf.sections, ...included.flatMap(({ conf: inner }) => inner?.sections ?? [])];
    const conns = sections.filter(({ type }) => type === 'conn');
    if (conns.length === 0) return [onlySecrets(file, text)];
    const byName = merged(conns);
    const templates = new Set(['%default', ...[...byName.values()].flatMap(({ also }) => also)]);
    const secrets = await readSecrets(file);
    const authorities = sections
      .filter(({ type }) => type === 'ca')
      .flatMap(({ values }) => values.get('cacert') ?? []);
    const drafts: Draft[] = [];
    for (const section of byName.values()) {
      if (drafts.length > mostConnections) break;
      const values = valuesOf(section, byName);
      if (templates.has(section.name) && serverOf(values) === null) continue;
      drafts.push(await readConn(section.name, values, { file, secrets, authorities, included }));
    }
    return drafts;
  },
};

const secretTypes = /^:\s+(PSK|RSA|ECDSA|EAP|XAUTH|NTLM|P12|PKCS8|PIN|BLISS|PPK)\b/;

function isSecret(line: string): boolean {
  const colon = line.startsWith(':') ? 0 : line.indexOf(' :') + 1;
  return (
    (colon > 0 || line.startsWith(':')) &&
    !line.trimStart().startsWith('#') &&
    secretTypes.test(line.slice(colon, colon + 64))
  );
}

/** Sections of one name are one. */
function merged(sections: readonly IpsecSection[]): ReadonlyMap<string, IpsecSection> {
  const byName = new Map<string, IpsecSection>();
  for (const section of sections) {
    const before = byName.get(section.name);
    if (before === undefined) byName.set(section.name, section);
    else {
      for (const [key, value] of section.values) before.values.set(key, value);
      before.also.push(...section.also);
    }
  }
  return byName;
}

function onlySecrets(file: ImportedFile, text: string): Draft {
  const draft = new DraftBuilder('ipsec-conf');
  takeName(draft, '(file)', undefined, file.name);
  draft.wrong('(file)', parseIpsecSecrets(text).secrets.length > 0 ? say('only-secrets') : say('file-empty'));
  return draft.finish();
}

const mostIncludes = 32;

interface Included {
  readonly pattern: string;
  /** null: it is not there. */
  readonly conf: IpsecFile | null;
}

/** Files beside it, each once, however often and from wherever it is included. */
async function readIncludes(conf: IpsecFile, file: ImportedFile): Promise<readonly Included[]> {
  const results: Included[] = [];
  const queue = [...conf.includes];
  const seen = new Set([file.name]);
  for (let pattern = queue.shift(); pattern !== undefined && results.length < mostIncludes; pattern = queue.shift()) {
    const name = baseName(pattern);
    if (seen.has(name)) continue;
    seen.add(name);
    const found = await findBeside(pattern, file.files, ['ipsec.d']);
    const inner = found === null ? null : parseIpsecConf(decodeText(found.content));
    if (inner !== null) queue.push(...inner.includes);
    results.push({ pattern, conf: inner });
  }
  return results;
}

async function readSecrets({ files }: ImportedFile): Promise<readonly FileSecret[]> {
  const found: FileSecret[] = [];
  const queue = ['ipsec.secrets'];
  const seen = new Set<string>();
  for (let name = queue.shift(); name !== undefined && seen.size < mostIncludes; name = queue.shift()) {
    if (seen.has(baseName(name))) continue;
    seen.add(baseName(name));
    const beside = await findBeside(name, files, ['ipsec.d']);
    if (beside === null) continue;
    const { secrets, includes } = parseIpsecSecrets(decodeText(beside.content));
    queue.push(...includes);
    for (const secret of secrets) {
      const kind = kindOf(secret.type);
      if (kind === null) continue;
      const withFile = kind === 'private-key' || kind === 'pkcs12' || kind === 'pin';
      const word = secret.words[withFile ? 1 : 0];
      const file = withFile ? (secret.words[0]?.text ?? '') : '';
      found.push({
        key: `${baseName(name)}: ${[...secret.ids, ':', secret.type, ...(file === '' ? [] : [file])].join(' ')}`,
        kind,
        ids: secret.ids,
        file,
        secret: word === undefined || word.text === '%prompt' ? '' : word.quoted ? word.text : secretText(word.text),
      });
    }
  }
  return found;
}

function kindOf(type: string): FileSecret['kind'] | null {
  if (type === 'EAP' || type === 'XAUTH') return 'eap';
  if (type === 'NTLM') return 'ntlm';
  if (type === 'PSK') return 'psk';
  if (['RSA', 'ECDSA', 'PKCS8', 'BLISS'].includes(type)) return 'private-key';
  return type === 'P12' ? 'pkcs12' : type === 'PIN' ? 'pin' : null;
}

type Side = 'left' | 'right';

const isAnywhere = (address: string | undefined): boolean =>
  address === undefined || /^(%(any6?|defaultroute|group|opportunistic.*)|0\.0\.0\.0|::)?$/i.test(address);

/** Which side is the server: the one with an address, unless it is this computer's; null: none has one. */
function serverOf(values: ReadonlyMap<string, string>): Side | null {
  const asksAddress = (side: Side): boolean =>
    /%(config|modeconfig|modecfg)/.test(values.get(`${side}sourceip`) ?? '') ||
    parseFlag(values.get(`${side}modecfgclient`) ?? '') === true ||
    values.has(`${side}username`);
  // Addresses are given to a side that does not ask for one: this is the configuration of the server itself.
  const isOwn = (server: Side, client: Side): boolean =>
    !asksAddress(client) &&
    (values.has(`${client}addresspool`) ||
      values.has(`${client}sourceip`) ||
      parseFlag(values.get(`${server}modecfgserver`) ?? '') === true);
  const isServer = (server: Side, client: Side): boolean =>
    !isAnywhere(values.get(server)) && !asksAddress(server) && !isOwn(server, client);
  return isServer('right', 'left') ? 'right' : isServer('left', 'right') ? 'left' : null;
}

interface Around {
  readonly file: ImportedFile;
  readonly secrets: readonly FileSecret[];
  readonly authorities: readonly string[];
  readonly included: readonly Included[];
}

async function readConn(name: string, values: ReadonlyMap<string, string>, around: Around): Promise<Draft> {
  const draft = new DraftBuilder('ipsec-conf');
  const { file, included } = around;
  takeName(draft, `conn ${name}`, name, file.name);
  for (const { pattern, conf } of included) {
    if (conf === null) draft.ignore(`include ${pattern}`, say('include-not-read'));
    else draft.understood(`include ${pattern}`, say('include-read'));
  }
  const remote = serverOf(values);
  if (['passthrough', 'pass', 'drop', 'reject'].includes(values.get('type') ?? ''))
    draft.wrong('type', say('bypass-not-taken'));
  else if (remote === null) draft.wrong('right', say('no-server-address'));
  else {
    const conn: Conn = { values, local: remote === 'right' ? 'left' : 'right', remote, dialect: dialectOf(values) };
    await readSignIn(draft, conn, around);
    for (const [key, value] of values) {
      const given: GivenConnKey = { draft, key, value, conn, files: file.files };
      const side = key.startsWith(conn.remote) ? conn.remote : key.startsWith(conn.local) ? conn.local : null;
      if (side === null) await readKey(connTable, key, given);
      else await readKey(sideTable, `${side === conn.remote ? 'right' : 'left'}${key.slice(side.length)}`, given);
    }
    if (conn.dialect === 'libreswan' && !values.has('mobike')) draft.ignore('mobike', say('mobility-anyway'));
  }
  return draft.finish();
}

/** libreswan has words of its own; strongSwan is what is left. */
function dialectOf(values: ReadonlyMap<string, string>): Conn['dialect'] {
  const words = [
    'ikev2',
    'phase2alg',
    'salifetime',
    'narrowing',
    'ipsec-interface',
    'hostaddrfamily',
    'authby',
    'leftmodecfgclient',
    'rightmodecfgclient',
    'leftrsasigkey',
    'rightrsasigkey',
    'pfs',
    'sha2-truncbug',
  ];
  const suites = `${values.get('ike') ?? ''} ${values.get('esp') ?? ''}`;
  const isStrongswan = ['leftauth', 'rightauth', 'eap_identity', 'reauth', 'lifetime'].some((key) => values.has(key));
  return /[;+]|_gcm|aes_|_poly/.test(suites) || (!isStrongswan && words.some((word) => values.has(word)))
    ? 'libreswan'
    : 'strongswan';
}

async function readSignIn(draft: DraftBuilder, conn: Conn, { file, secrets, authorities }: Around): Promise<void> {
  const { values, local, remote, dialect } = conn;
  const said = (...keys: readonly string[]): Said => {
    const key = keys.find((name) => (values.get(name) ?? '') !== '') ?? keys[0] ?? '';
    return { key, value: values.get(key) ?? '' };
  };
  const authby = said('authby');
  const auth = (side: Side, round = ''): Said => {
    const own = said(`${side}auth${round}`);
    if (own.value === 'eaponly') return { key: own.key, value: `eap-${values.get('autheap') ?? 'tls'}` };
    return own.value !== '' || round !== ''
      ? own
      : authby.value === ''
        ? own
        : { key: 'authby', value: sharedWord(authby.value) };
  };
  const certificate = said(`${local}cert`);
  const nickname =
    dialect === 'libreswan' &&
    certificate.value !== '' &&
    (await findBeside(certificate.value, file.files, ['ipsec.d', 'certs'])) === null;
  if (nickname) draft.missing(certificate.key, say('export-from-nss', { name: certificate.value }));
  const second = auth(local, '2');
  const round = (of: Said, number: string): LocalRound => ({
    auth: of,
    id: said(`${local}id${number}`, `${local}id`),
    eapId: said('eap_identity', `${local}username`),
    aaaId: said('aaa_identity'),
    certificates: nickname ? { key: certificate.key, value: '' } : said(`${local}cert${number}`),
    token: certificate.value.startsWith('%smartcard') ? certificate.key : null,
  });
  await takeSignIn({
    draft,
    server: values.get(remote) ?? '',
    local: [round(auth(local), ''), ...(second.value === '' ? [] : [round(second, '2')])],
    remote: [{ auth: auth(remote), id: said(`${remote}id`) }],
    secrets,
    files: file.files,
    folders: {
      certificates: ['ipsec.d/certs', 'certs'],
      keys: ['ipsec.d/private', 'private'],
      pkcs12: ['ipsec.d/private', 'private'],
    },
  });
  if (auth(remote).value === 'psk' || auth(remote).value === 'secret') return;
  const named = said(`${remote}cert`);
  const isFile =
    named.value !== '' && (dialect === 'strongswan' || (await findBeside(named.value, file.files)) !== null);
  const paths = isFile ? [named.value] : authorities;
  if (paths.length > 0)
    await takeAuthorities(draft, isFile ? named.key : 'ca', paths, file.files, [
      'ipsec.d/cacerts',
      'cacerts',
      'ipsec.d/certs',
      'certs',
    ]);
  else draft.missing(`${remote}ca`, say('authorities-of-folder'));
}

/** libreswan lists what it takes: "rsasig,ecdsa", "secret". */
function sharedWord(authby: string): string {
  const words = splitList(authby.toLowerCase(), /[,|]/);
  return words.length > 0 && words.every((word) => word === 'secret' || word === 'psk') ? 'psk' : 'pubkey';
}
