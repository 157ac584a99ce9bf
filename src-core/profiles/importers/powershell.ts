import { say } from '../../ports/import-message';
import type { Draft } from '../draft';
import { readEapHostConfig } from '../windows/eap-host-config';
import { takeEapSettings } from '../windows/eap-settings';
import { parseXml } from '../windows/xml';
import { DraftBuilder } from './draft-builder';
import { linesOf } from './ini';
import { ignored, notUsed, readBefore, readKey, sets, type GivenKey, type KeyTable } from './key-table';
import { mostConnections, type ImportedFile, type TextImporter } from './text-importer';
import { canonicalNetwork, parseFlag, takeName, takeNumber } from './values';
import { takeSuite } from './windows-suite';

/**
 * PowerShell scripts with the cmdlets of the VpnClient module. They are read, never run: what a script would compute is
 * missing, and the report says so.
 */

const table: KeyTable<GivenKey> = {
  name: readBefore(['name']),
  connectionname: readBefore(['name']),
  serveraddress: sets(['server'], ({ draft, key, value }) => draft.take(key, 'server', value)),
  tunneltype: sets([], ({ draft, key, value }) => {
    if (!/^(ikev2|automatic)$/i.test(value)) draft.wrong(key, say('tunnel-type', { type: value }));
  }),
  authenticationmethod: readBefore(['authentication.method']),
  eapconfigxmlstream: readBefore([
    'authentication.method',
    'authentication.serverNames',
    'authentication.serverAuthorities',
  ]),
  // A switch of Add-VpnConnection, a Boolean of Set-VpnConnection.
  splittunneling: sets(['network.useDefaultGateway'], ({ draft, key, value }) => {
    draft.take(key, 'network.useDefaultGateway', parseFlag(value) === false);
  }),
  idledisconnectseconds: sets(['dialing.idleSeconds'], ({ draft, key, value }) => {
    if (Number(value) > 0) takeNumber(draft, key, 'dialing.idleSeconds', Number(value));
  }),
  dnssuffix: sets(['network.searchDomains'], ({ draft, key, value }) =>
    draft.take(key, 'network.searchDomains', [value]),
  ),
  authenticationtransformconstants: readBefore(['proposals.esp']),
  ciphertransformconstants: readBefore(['proposals.esp']),
  encryptionmethod: readBefore(['proposals.ike']),
  integritycheckmethod: readBefore(['proposals.ike']),
  dhgroup: readBefore(['proposals.ike']),
  pfsgroup: readBefore(['proposals.esp']),
  destinationprefix: readBefore(['network.routes']),
  l2tppsk: notUsed,
  encryptionlevel: notUsed,
  remembercredential: notUsed,
  alluserconnection: notUsed,
  machinecertificateissuerfilter: notUsed,
  machinecertificateekufilter: notUsed,
  usewinlogoncredential: ignored(say('windows-logon')),
  passthru: notUsed,
  force: notUsed,
  erroraction: notUsed,
};

export const powershellTables: Readonly<Record<string, KeyTable<never>>> = { 'Add-VpnConnection and the like': table };

const cmdlet = /\b(Add-VpnConnectionRoute|Add-VpnConnection|Set-VpnConnectionIPsecConfiguration|Set-VpnConnection)\b/i;

export const powershellImporter: TextImporter = {
  format: 'powershell',
  recognises: (text) => /\bAdd-VpnConnection\b(?!Route|Trigger)/i.test(text),
  read: async (text, file) => {
    const script = readScript(text);
    const names = [...new Set(script.filter(({ verb }) => verb === 'add-vpnconnection').map(nameOf))];
    const drafts: Draft[] = [];
    for (const name of names.slice(0, mostConnections)) drafts.push(await readConnection(name, script, file));
    return drafts;
  },
};

interface Statement {
  readonly verb: string;
  /** By full name in lower case; a switch has the value "". */
  readonly parameters: ReadonlyMap<string, string>;
}

const nameOf = ({ parameters }: Statement): string => parameters.get('name') ?? parameters.get('connectionname') ?? '';

type Variables = Map<string, string | ReadonlyMap<string, string>>;

function readScript(text: string): readonly Statement[] {
  const variables: Variables = new Map();
  const statements: Statement[] = [];
  for (const line of logicalLines(text)) {
    const assigned = /^\s*\$([A-Za-z_]\w*)\s*=\s*([\s\S]*)$/.exec(line);
    if (assigned !== null) assign(variables, assigned[1] ?? '', (assigned[2] ?? '').trim());
    const found = cmdlet.exec(line);
    if (found === null || line.trimStart().startsWith('#')) continue;
    statements.push({
      verb: found[0].toLowerCase(),
      parameters: parametersOf(line.slice(found.index + found[0].length), variables),
    });
  }
  return statements;
}

/** Lines joined where a backtick, a here-string or an open hash table goes on. */
function logicalLines(text: string): readonly string[] {
  const lines: string[] = [];
  let parts: string[] = [];
  let end: string | null = null;
  for (const line of linesOf(text)) {
    parts.push(end === null && line.trimEnd().endsWith('`') ? line.trimEnd().slice(0, -1) : line);
    if (end !== null) {
      if (!line.trimStart().startsWith(end)) continue;
      end = null;
    } else if (/@["']\s*$/.test(line.slice(-80))) end = line.trimEnd().endsWith('"') ? '"@' : "'@";
    else if (/=\s*@\{\s*$/.test(line.slice(-80))) end = '}';
    else if (line.trimEnd().endsWith('`')) continue;
    if (end !== null) continue;
    lines.push(parts.join('\n'));
    parts = [];
  }
  if (parts.length > 0) lines.push(parts.join('\n'));
  return lines;
}

function assign(variables: Variables, name: string, text: string): void {
  const key = name.toLowerCase();
  if (text.startsWith('@{')) {
    const entries = text
      .slice(2)
      .split(/[\n;]/)
      .flatMap((entry): [string, string][] => {
        const equals = entry.indexOf('=');
        const value = equals < 1 ? null : literal(entry.slice(equals + 1).replace(/\}\s*$/, ''), variables);
        return value === null ? [] : [[entry.slice(0, equals).trim().replaceAll(/["']/g, '').toLowerCase(), value]];
      });
    variables.set(key, new Map(entries));
    return;
  }
  const value = literal(text, variables);
  if (value !== null) variables.set(key, value);
}

/** A quoted text, a here-string, a number, $true or a variable that holds one of these; null: it would be computed. */
function literal(text: string, variables: Variables): string | null {
  const word = text.trim();
  const here = /^@(["'])\r?\n([\s\S]*?)\r?\n\1@$/.exec(word);
  if (here !== null) return here[2] ?? '';
  const first = word.charAt(0);
  if ((first === "'" || first === '"') && word.length >= 2 && word.endsWith(first)) {
    const inner = word.slice(1, -1).replaceAll(first + first, first);
    return first === '"' && /\$/.test(inner) ? null : inner;
  }
  const variable = /^\$([A-Za-z_]\w*)(?:\.(?:InnerXml|OuterXml))?$/i.exec(word)?.[1]?.toLowerCase();
  if (variable === 'true' || variable === 'false') return variable;
  if (variable !== undefined) {
    const value = variables.get(variable);
    return typeof value === 'string' ? value : null;
  }
  return /^[\w.:/*-]+$/.test(word) ? word : null;
}

/** What a script computes; never a text that a file can hold. */
const computed = '\0';

function parametersOf(text: string, variables: Variables): ReadonlyMap<string, string> {
  const words = wordsOf(text);
  const parameters = new Map<string, string>();
  let open: string | null = null;
  for (const word of words) {
    if (word === ';' || word === '|' || word.startsWith('#')) break;
    const splat = /^@(\w+)$/.exec(word)?.[1]?.toLowerCase();
    const held = splat === undefined ? undefined : variables.get(splat);
    if (held !== undefined && typeof held !== 'string')
      for (const [key, value] of held) parameters.set(fullName(key), value);
    else if (/^-[A-Za-z]/.test(word)) {
      open = fullName(word.slice(1).replace(/:$/, '').toLowerCase());
      parameters.set(open, '');
    } else if (open !== null && (parameters.get(open) ?? '') === '')
      parameters.set(open, literal(word, variables) ?? computed);
  }
  return parameters;
}

/** Here-strings are looked for only as far as one ends: each search for an end then finds one. */
function wordsOf(text: string): readonly string[] {
  const end = Math.max(text.lastIndexOf('\n"@'), text.lastIndexOf("\n'@"));
  const split = end < 0 ? 0 : end + 3;
  const head =
    text.slice(0, split).match(/@["']\n[\s\S]*?\n["']@|"[^"]*"|'[^']*'|@\w+|-[A-Za-z]\w*:?|[^\s"';|]+|[;|]/g) ?? [];
  const tail = text.slice(split).match(/"[^"]*"|'[^']*'|@\w+|-[A-Za-z]\w*:?|[^\s"';|]+|[;|]/g) ?? [];
  return [...head, ...tail];
}

/** Parameter names may be shortened as far as they are unique. */
function fullName(name: string): string {
  if (Object.hasOwn(table, name)) return name;
  const fitting = Object.keys(table).filter((candidate) => candidate.startsWith(name));
  return fitting.length === 1 ? (fitting[0] as string) : name;
}

async function readConnection(name: string, script: readonly Statement[], file: ImportedFile): Promise<Draft> {
  const draft = new DraftBuilder('powershell');
  takeName(draft, '-Name', name === computed ? undefined : name, file.name);
  draft.imply('serverCertificate.extendedKeyUsage', 'serverAuth', 'Add-VpnConnection');
  draft.imply('network.dhcpInform', true, 'Add-VpnConnection');
  const own = script.filter((statement) => nameOf(statement) === name);
  const all = new Map(own.flatMap(({ parameters }) => [...parameters]));
  for (const [key, value] of all) {
    if (value === computed) draft.missing(`-${key}`, say('script-computes'));
    else await readKey(table, key, { draft, key: `-${key}`, value });
  }
  readMethod(draft, all);
  const suite = (key: string): string => all.get(key) ?? '';
  if (own.some(({ verb }) => verb === 'set-vpnconnectionipsecconfiguration'))
    takeSuite(draft, 'Set-VpnConnectionIPsecConfiguration', {
      integrity: suite('integritycheckmethod'),
      encryption: suite('encryptionmethod'),
      dhGroup: suite('dhgroup'),
      cipher: suite('ciphertransformconstants'),
      authentication: suite('authenticationtransformconstants'),
      pfsGroup: suite('pfsgroup'),
    });
  const routes = own
    .flatMap(({ verb, parameters }) =>
      verb === 'add-vpnconnectionroute' ? [parameters.get('destinationprefix') ?? ''] : [],
    )
    .filter((route) => route !== '' && route !== computed);
  if (routes.length > 0) draft.take('-destinationprefix', 'network.routes', routes.map(canonicalNetwork));
  return draft.finish();
}

function readMethod(draft: DraftBuilder, all: ReadonlyMap<string, string>): void {
  const method = (all.get('authenticationmethod') ?? 'mschapv2').toLowerCase();
  const stream = all.get('eapconfigxmlstream') ?? '';
  const key = '-authenticationmethod';
  if (method === 'machinecertificate')
    return draft.take(
      key,
      'authentication.method',
      'machine-certificate',
      say('taken-as', { value: 'machine-certificate' }),
    );
  if (method !== 'eap' && method !== 'mschapv2')
    return draft.wrong(key, say('eap-not-supported', { method: method === computed ? '?' : method }));
  const root = stream === '' || stream === computed ? null : parseXml(stream);
  const settings = root === null ? null : readEapHostConfig(root);
  if (settings !== null) takeEapSettings(draft, settings, '-eapconfigxmlstream', '-eapconfigxmlstream');
  else draft.take(key, 'authentication.method', 'eap-mschapv2', say('eap-as-mschapv2'));
}
