import { compareIp, formatCidr, ipFamily, parseCidr, rangeToPrefixes } from '../../bytes';
import type { Draft } from '../draft';
import { parseJson } from '../parse';
import { isJsonObject } from '../schema';
import type { JsonObject } from '../schema';
import { DraftBuilder } from './draft-builder';

/** The profile of strongSwan's Android client, `.sswan` (windows7-ux 6.4). */

export function isSswan(text: string): boolean {
  const value = parseJson(text);
  return (
    isJsonObject(value) &&
    typeof value['type'] === 'string' &&
    value['type'].startsWith('ikev2-') &&
    isJsonObject(value['remote'])
  );
}

const methods: ReadonlyMap<unknown, string> = new Map([
  ['ikev2-eap', 'eap-mschapv2'],
  ['ikev2-cert', 'machine-certificate'],
  ['ikev2-eap-tls', 'eap-tls'],
]);

const android = 'Only Android has this.';

export function readSswan(text: string): Draft {
  const draft = new DraftBuilder('sswan');
  const value = parseJson(text);
  const file: JsonObject = isJsonObject(value) ? value : {};
  const section = (key: string): JsonObject => (isJsonObject(file[key]) ? file[key] : {});
  const [remote, local, split] = [section('remote'), section('local'), section('split-tunneling')];

  for (const [key, content] of Object.entries(file).slice(0, 100)) {
    switch (key) {
      case 'name':
        draft.take(key, 'name', content);
        break;
      case 'type': {
        const method = methods.get(content);
        if (method === undefined)
          draft.wrong(key, 'This way to sign in is not supported; ikev2-eap, ikev2-cert and ikev2-eap-tls are.');
        else draft.take(key, 'authentication.method', method, `Taken as ${method}.`);
        break;
      }
      case 'ike-proposal':
      case 'esp-proposal':
        draft.take(
          key,
          key === 'ike-proposal' ? 'proposals.ike' : 'proposals.esp',
          typeof content === 'string' ? [content] : content,
        );
        break;
      case 'dns-servers':
        draft.take(
          key,
          'network.dnsServers',
          typeof content === 'string' ? content.split(/[\s,]+/).filter((part) => part !== '') : content,
        );
        break;
      case 'mtu':
        draft.take(key, 'network.mtu', content);
        break;
      case 'nat-keepalive':
        draft.take(key, 'advanced.natKeepaliveSeconds', content);
        break;
      case 'uuid':
        draft.ignore(key, 'Connections are told apart by their names.');
        break;
      case 'ipv6-transport':
        draft.ignore(key, 'IPv6 is always used where there is a path.');
        break;
      case 'apps':
      case 'excluded-apps':
      case 'proxy':
        draft.ignore(key, android);
        break;
      case 'remote':
        readRemote(draft, remote);
        break;
      case 'local':
        readLocal(draft, local, file['type']);
        break;
      case 'split-tunneling':
        readSplitTunneling(draft, split);
        break;
      default:
        draft.ignore(key, 'This key is not known.');
    }
  }
  return draft.finish();
}

function readRemote(draft: DraftBuilder, remote: JsonObject): void {
  for (const [key, content] of Object.entries(remote).slice(0, 100)) {
    const path = `remote.${key}`;
    if (key === 'addr') draft.take(path, 'server', content);
    else if (key === 'port') draft.take(path, 'port', content === 500 ? null : content);
    else if (key === 'id') draft.take(path, 'remoteIdentity', content);
    else if (key === 'cert')
      draft.take(
        path,
        'serverCertificate.authorities',
        typeof content === 'string' ? [content.replaceAll(/\s+/g, '')] : content,
      );
    else if (key === 'certreq') draft.ignore(path, 'The authorities are always asked for.');
    else if (key === 'revocation' && isJsonObject(content))
      draft.take(path, 'serverCertificate.revocation', revocation(content));
    else draft.ignore(path, 'This key is not known.');
  }
}

function revocation(content: JsonObject): string {
  if (content['strict'] === true) return 'strict';
  return content['crl'] === false && content['ocsp'] === false ? 'off' : 'relaxed';
}

function readLocal(draft: DraftBuilder, local: JsonObject, type: unknown): void {
  for (const [key, content] of Object.entries(local).slice(0, 100)) {
    const path = `local.${key}`;
    if (key === 'eap_id') draft.take(path, 'authentication.username', content);
    else if (key === 'id') draft.take(path, 'localIdentity', content);
    else if (key === 'shared_secret') draft.secret(path, 'password', content);
    else if (key === 'p12')
      draft.take(
        path,
        'authentication.certificate',
        typeof content === 'string' ? content.replaceAll(/\s+/g, '') : content,
      );
    else if (key === 'rsa-pss') draft.ignore(path, 'The signature scheme is agreed with the server.');
    else draft.ignore(path, type === 'ikev2-eap' ? 'Not used with this way to sign in.' : 'This key is not known.');
  }
}

function readSplitTunneling(draft: DraftBuilder, split: JsonObject): void {
  for (const [key, content] of Object.entries(split).slice(0, 100)) {
    const path = `split-tunneling.${key}`;
    if (key === 'subnets') {
      const subnets = listOf(content);
      if (subnets === null) draft.wrong(path, 'Must be a list of networks or ranges.');
      else if (subnets.length > 0) {
        draft.imply('network.useDefaultGateway', false, path);
        draft.take(path, 'network.routes', subnets.flatMap(subnetPrefixes));
      }
    } else if (key === 'excluded')
      draft.ignore(path, 'Networks cannot be left out; name those that go through the tunnel instead.');
    else if (key === 'block-ipv6')
      draft.take(path, 'network.ipv6', content === false ? 'tunnel-or-leave' : 'tunnel-or-block');
    else
      draft.ignore(
        path,
        key === 'block-ipv4' ? 'IPv4 that has no way through the tunnel is left alone.' : 'This key is not known.',
      );
  }
}

/** A list, or a text with blanks between. */
function listOf(content: unknown): readonly string[] | null {
  const list: unknown = typeof content === 'string' ? content.split(/[\s,]+/).filter((part) => part !== '') : content;
  return Array.isArray(list) && list.every((entry) => typeof entry === 'string') ? list : null;
}

/** "a-b" as prefixes; anything else as it stands, to be judged with the other routes. */
function subnetPrefixes(text: string): readonly string[] {
  const [start = '', end = '', ...more] = text.split('-');
  const family = ipFamily(start);
  if (more.length > 0 || family === null || ipFamily(end) !== family || compareIp(start, end) > 0) {
    const prefix = parseCidr(text);
    return [prefix === null ? text : formatCidr(prefix)];
  }
  return rangeToPrefixes({ family, start, end }).map(formatCidr);
}
