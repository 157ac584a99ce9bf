import { isIpAddress, utf8Decode } from '../../bytes';
import type { Draft } from '../draft';
import { DraftBuilder } from './draft-builder';
import { iniLine, linesOf } from './ini';

/**
 * Windows' phone book, `rasphone.pbk` (windows7-ux 6.1). Not a plain INI file: keys repeat, and blocks that begin with
 * NETCOMPONENTS=, MEDIA= or DEVICE= follow the entry's own keys.
 */

interface Line {
  readonly key: string;
  readonly value: string;
  /** "" for the entry's own keys, else "MEDIA=rastapi", "DEVICE=vpn", … */
  readonly block: string;
}

interface Entry {
  readonly name: string;
  readonly lines: readonly Line[];
}

const entryLimit = 64;

const keysOfPhoneBooks: ReadonlySet<string> = new Set(['vpnstrategy', 'pbversion', 'dialparamsuid']);

export function isRasphone(text: string): boolean {
  const lines = linesOf(text).map(iniLine);
  return (
    lines.some((line) => line?.type === 'section') &&
    lines.some((line) => line?.type === 'key' && keysOfPhoneBooks.has(line.key.toLowerCase()))
  );
}

/** UTF-16 with a byte order mark, UTF-8, or what old Windows wrote: CP-1252. */
export function decodeRasphone(content: Uint8Array): string {
  if (content[0] === 0xff && content[1] === 0xfe) return new TextDecoder('utf-16le').decode(content);
  return utf8Decode(content)?.replace(/^\ufeff/, '') ?? new TextDecoder('windows-1252').decode(content);
}

/** One draft an entry. */
export function readRasphone(text: string): readonly Draft[] {
  return entriesOf(text).map(readEntry);
}

function entriesOf(text: string): readonly Entry[] {
  const entries: { name: string; lines: Line[] }[] = [];
  let block = '';
  for (const raw of linesOf(text)) {
    const line = iniLine(raw);
    if (line?.type === 'section') {
      if (entries.length === entryLimit) break;
      entries.push({ name: line.name, lines: [] });
      block = '';
      continue;
    }
    const entry = entries.at(-1);
    if (line === null || entry === undefined) continue;
    const { key, value } = line;
    if (/^(NETCOMPONENTS|MEDIA|DEVICE)$/.test(key)) block = `${key}=${value}`;
    else if (entry.lines.length < 1000) entry.lines.push({ key, value, block });
  }
  return entries;
}

const methodOfEapType: ReadonlyMap<string, string> = new Map([
  ['13', 'eap-tls'],
  ['21', 'eap-ttls'],
  ['25', 'peap-mschapv2'],
  ['26', 'eap-mschapv2'],
]);

const otherTunnels: ReadonlyMap<string, string> = new Map([
  ['1', 'PPTP'],
  ['2', 'PPTP'],
  ['3', 'L2TP'],
  ['4', 'L2TP'],
  ['5', 'SSTP'],
  ['6', 'SSTP'],
]);

/** Bits of AuthRestrictions. */
const authBits = { EAP: 128, MSCHAPV2: 512, MACHINE_CERTIFICATE: 2048, PSK: 4096 } as const;

function readEntry(entry: Entry): Draft {
  const draft = new DraftBuilder('rasphone');
  const own = new Map(entry.lines.filter(({ block }) => block === '').map(({ key, value }) => [key, value]));
  draft.take('[section]', 'name', entry.name);
  // Windows demands it; W-21: servers of this kind tell their routes by DHCP.
  draft.imply('serverCertificate.extendedKeyUsage', 'serverAuth', 'DisableIKENameEkuCheck');
  draft.imply('network.dhcpInform', true, '[section]');

  const server =
    entry.lines.find(({ block, key }) => /^DEVICE=vpn$/i.test(block) && key === 'PhoneNumber')?.value ??
    entry.lines.find(({ key, value }) => key === 'PhoneNumber' && value !== '')?.value;
  if (server === undefined || server === '') draft.wrong('PhoneNumber', 'The server is missing.');
  else draft.take('PhoneNumber', 'server', server);
  readMethod(draft, own);
  for (const [key, value] of own) readKey(draft, key, value, own);
  return draft.finish();
}

function readMethod(draft: DraftBuilder, own: ReadonlyMap<string, string>): void {
  const restrictions = Number(own.get('AuthRestrictions') ?? '0');
  const eapType = own.get('CustomAuthKey') ?? '0';
  if (restrictions & authBits.MACHINE_CERTIFICATE)
    return draft.take(
      'AuthRestrictions',
      'authentication.method',
      'machine-certificate',
      'Taken as machine-certificate.',
    );
  if (restrictions & authBits.PSK)
    return draft.take('AuthRestrictions', 'authentication.method', 'psk', 'Taken as psk.');
  const method = methodOfEapType.get(eapType);
  if (method !== undefined)
    return draft.take(
      'CustomAuthKey',
      'authentication.method',
      method,
      method === 'peap-mschapv2'
        ? 'Taken as PEAP with MSCHAPv2 inside; the file does not say it in a form that can be read.'
        : `Taken as ${method}.`,
    );
  if (restrictions & authBits.EAP && !['0', '-1'].includes(eapType))
    return draft.wrong('CustomAuthKey', 'This EAP method is not supported; 13, 21, 25 and 26 are.');
  draft.take('AuthRestrictions', 'authentication.method', 'eap-mschapv2', 'Taken as eap-mschapv2.');
}

/** 0, or -1 as Windows writes numbers without a sign: the link is never idle for too long. */
const isNever = (value: string): boolean => ['', '0', '-1', '4294967295'].includes(value);

/**
 * The nearest that is possible here: a number out of bounds is no reason to refuse a connection. What is no number is.
 */
function takeNumber(
  draft: DraftBuilder,
  key: string,
  path: string,
  value: string,
  [least, most]: readonly [number, number],
): void {
  const wanted = Number(value);
  const taken = Math.min(Math.max(wanted, least), most);
  draft.take(
    key,
    path,
    taken,
    taken === wanted ? 'Taken.' : `Taken as ${String(taken)}, the nearest that is possible.`,
  );
}

function readKey(draft: DraftBuilder, key: string, value: string, own: ReadonlyMap<string, string>): void {
  const flag = value === '1';
  switch (key) {
    case 'Type':
      if (value !== '2') draft.wrong(key, 'Only VPN entries (2) can be taken.');
      return;
    case 'VpnStrategy': {
      const other = otherTunnels.get(value);
      if (other !== undefined) draft.wrong(key, `This entry uses ${other}, which this client does not speak.`);
      return;
    }
    case 'AuthRestrictions':
    case 'CustomAuthKey':
      return;
    case 'DisableMobility':
      return draft.take(key, 'mobility.enabled', !flag);
    case 'NetworkOutageTime':
      return draft.take(
        key,
        'mobility.outageSeconds',
        value === '0' ? 1800 : Number(value),
        value === '0' ? 'Taken as 1800 seconds, the standard.' : 'Taken.',
      );
    case 'DisableIKENameEkuCheck':
      if (!flag) return;
      draft.imply('serverCertificate.extendedKeyUsage', null, key);
      return draft.ignore(key, 'The name of the server is always checked here; only the key usage is not demanded.');
    case 'IDI':
    case 'IDR':
      if (value !== '') draft.take(key, key === 'IDI' ? 'localIdentity' : 'remoteIdentity', value);
      return;
    case 'Disable_IKEv2_Fragmentation':
      return draft.take(key, 'advanced.fragmentation', !flag);
    case 'IpPrioritizeRemote':
      return draft.take(key, 'network.useDefaultGateway', flag);
    case 'IpNameAssign':
      if (value === '2') {
        const servers = ['IpDnsAddress', 'IpDns2Address']
          .map((name) => own.get(name) ?? '')
          .filter((address) => isIpAddress(address) && address !== '0.0.0.0');
        if (servers.length > 0) draft.take('IpDnsAddress', 'network.dnsServers', servers);
      }
      return;
    case 'IpDnsAddress':
    case 'IpDns2Address':
      return;
    case 'ShowDialingProgress':
      return draft.take(key, 'dialing.showProgress', flag);
    case 'PreviewUserPw':
      return draft.take(key, 'dialing.promptForCredentials', flag);
    case 'PreviewDomain':
      return draft.take(key, 'dialing.includeDomain', flag);
    case 'RedialAttempts':
      return takeNumber(draft, key, 'dialing.redialAttempts', value, [0, 999]);
    case 'RedialSeconds':
      return takeNumber(draft, key, 'dialing.redialSeconds', value, [1, 3600]);
    case 'RedialOnLinkFailure':
      return draft.take(key, 'dialing.redialOnLinkFailure', flag);
    case 'IdleDisconnectSeconds':
      return isNever(value)
        ? draft.take(key, 'dialing.idleSeconds', null, 'Taken: never.')
        : takeNumber(draft, key, 'dialing.idleSeconds', value, [60, 86_400]);
    case 'CustomAuthData':
      return draft.ignore(
        key,
        'Rules for the server’s certificate cannot be read from it; set them in the properties.',
      );
    case 'CustomIPSecPolicies':
    case 'NumCustomPolicy':
      if (value !== '' && value !== '0')
        draft.ignore(key, 'Set the encryption in the properties, if the usual one does not fit the server.');
      return;
    default:
      return draft.ignore(key, 'Not used here.');
  }
}
