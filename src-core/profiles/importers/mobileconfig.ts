import { DOMParser, onErrorStopParsing } from '@xmldom/xmldom';
import { parse, parseBinary } from 'plist';
import { base64Encode, utf8Decode } from '../../bytes';
import type { Draft } from '../draft';
import { isJsonObject } from '../schema';
import type { JsonObject } from '../schema';
import { DraftBuilder } from './draft-builder';

/**
 * Apple's configuration profile, `.mobileconfig` (windows7-ux 6.5): a property list, in XML or binary, perhaps inside
 * of a CMS signature.
 */

const xmlStart = '<?xml';
const xmlEnd = '</plist>';

/** The property list in the file: itself, or what a signature wraps; null when there is none. */
export function mobileconfigPlist(
  content: Uint8Array,
): { readonly text: string | Uint8Array; readonly signed: boolean } | null {
  const latin = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('latin1');
  if (latin.startsWith('bplist0')) return { text: content, signed: false };
  const end = latin.lastIndexOf(xmlEnd);
  const start = Math.max(latin.indexOf(xmlStart), -1);
  if (end < 0 || start < 0 || !latin.includes('com.apple.vpn.managed')) return null;
  const text = utf8Decode(content.subarray(start, end + xmlEnd.length));
  return text === null ? null : { text, signed: content[0] === 0x30 };
}

/** One draft a VPN payload; null when the list cannot be read. */
export function readMobileconfig(plist: {
  readonly text: string | Uint8Array;
  readonly signed: boolean;
}): readonly Draft[] | null {
  const file = parsePlist(plist.text);
  if (file === null) return null;
  const payloads = (Array.isArray(file['PayloadContent']) ? file['PayloadContent'] : [file])
    .filter(isJsonObject)
    .slice(0, 100);
  return payloads
    .filter((payload) => payload['PayloadType'] === 'com.apple.vpn.managed')
    .map((payload) => readVpn(payload, payloads, file, plist.signed));
}

function parsePlist(text: string | Uint8Array): JsonObject | null {
  // A property list needs no entities of its own; they are how a small file becomes a large one.
  if (typeof text === 'string' && /<!ENTITY/i.test(text)) return null;
  try {
    // The plist library would print what is wrong with a stranger's file: look for it first, silently.
    if (typeof text === 'string') new DOMParser({ onError: onErrorStopParsing }).parseFromString(text, 'text/xml');
    const value: unknown = typeof text === 'string' ? parse(text) : parseBinary(text);
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

function readVpn(payload: JsonObject, payloads: readonly JsonObject[], file: JsonObject, signed: boolean): Draft {
  const draft = new DraftBuilder('mobileconfig');
  if (signed) draft.ignore('(signature)', 'The signature of the file was not checked.');
  const name = payload['UserDefinedName'] ?? payload['PayloadDisplayName'] ?? file['PayloadDisplayName'];
  draft.take('UserDefinedName', 'name', name);
  if (payload['VPNType'] !== 'IKEv2') draft.wrong('VPNType', 'Only IKEv2 can be taken.');
  const ike = isJsonObject(payload['IKEv2']) ? payload['IKEv2'] : {};
  readRouting(draft, ike);
  readCertificates(draft, ike, payloads);
  readMethod(draft, ike);
  for (const [key, value] of Object.entries(ike).slice(0, 200)) readKey(draft, key, value, ike);
  const dns = payload['DNS'];
  if (isJsonObject(dns)) readDns(draft, dns);
  return draft.finish();
}

/** Apple sends into the tunnel whatever the CHILD SAs carry, or only the subnets that the server announces. */
function readRouting(draft: DraftBuilder, ike: JsonObject): void {
  const [everything, announced] = ['IncludeAllNetworks', 'UseConfigurationAttributeInternalIPSubnet'] as const;
  if (isOn(ike[everything])) {
    draft.take(
      everything,
      'network.useDefaultGateway',
      true,
      'Taken: everything goes through the tunnel, and nothing without it.',
    );
    draft.imply('network.killSwitch', true, everything);
    draft.imply('network.allowLan', isOn(ike['ExcludeLocalNetworks'] ?? 1), 'ExcludeLocalNetworks');
    if (isOn(ike[announced])) draft.ignore(announced, `${everything} sends everything through the tunnel.`);
  } else if (isOn(ike[announced]))
    draft.take(
      announced,
      'network.useDefaultGateway',
      false,
      'Taken: only the subnets that the server announces go through the tunnel.',
    );
  else draft.imply('network.useDefaultGateway', true, everything);
}

const authorityTypes: ReadonlySet<unknown> = new Set([
  'com.apple.security.root',
  'com.apple.security.pem',
  'com.apple.security.pkcs1',
]);

function readCertificates(draft: DraftBuilder, ike: JsonObject, payloads: readonly JsonObject[]): void {
  const authorities = payloads
    .filter((payload) => authorityTypes.has(payload['PayloadType']))
    .map((payload) => certificateText(payload['PayloadContent']));
  if (authorities.length > 0)
    draft.take(
      'com.apple.security.root',
      'serverCertificate.authorities',
      authorities,
      `Taken: ${String(authorities.length)}.`,
    );
  const wanted = ike['PayloadCertificateUUID'];
  if (wanted === undefined) return;
  const identity = payloads.find(
    (payload) => payload['PayloadUUID'] === wanted && payload['PayloadType'] === 'com.apple.security.pkcs12',
  );
  if (identity === undefined)
    return draft.missing('PayloadCertificateUUID', 'The certificate is not in the file; choose it in the properties.');
  draft.take('PayloadCertificateUUID', 'authentication.certificate', certificateText(identity['PayloadContent']));
  if (identity['Password'] !== undefined)
    draft.secret('com.apple.security.pkcs12.Password', 'passphrase', identity['Password']);
}

/** Data is DER, or PEM text in a data element. */
function certificateText(content: unknown): unknown {
  if (!(content instanceof Uint8Array)) return content ?? '';
  const text = utf8Decode(content);
  return text?.includes('-----BEGIN ') === true ? text : base64Encode(content);
}

function readMethod(draft: DraftBuilder, ike: JsonObject): void {
  const [method, eap, hasCertificate] = [
    ike['AuthenticationMethod'],
    isOn(ike['ExtendedAuthEnabled']),
    ike['PayloadCertificateUUID'] !== undefined,
  ];
  const set = (value: string, text = `Taken as ${value}.`) => {
    draft.take('AuthenticationMethod', 'authentication.method', value, text);
  };
  if (eap && method === 'SharedSecret')
    draft.wrong(
      'AuthenticationMethod',
      'A server that proves itself with a shared secret and asks for EAP is not supported.',
    );
  else if (eap) {
    // None is EAP-only authentication (RFC 5998): a bare password would then be all that proves the server.
    if (hasCertificate) set('eap-tls');
    else if (method === 'None') set('eap-mschapv2', 'Taken as eap-mschapv2; the server must show a certificate too.');
    else set('eap-mschapv2');
    if (method === 'None' && hasCertificate) draft.imply('authentication.eapOnly', true, 'AuthenticationMethod');
  } else if (method === 'SharedSecret') set('psk');
  else if (method === 'Certificate') set('machine-certificate');
  else draft.wrong('AuthenticationMethod', 'Must be Certificate or SharedSecret, or ExtendedAuthEnabled must be 1.');
}

const isOn = (value: unknown): boolean => value === 1 || value === true;
const asNumber = (value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value);
/** Empty texts are common and mean nothing. */
const isEmpty = (value: unknown): boolean => value === '';

const dpdSeconds: ReadonlyMap<unknown, number> = new Map<unknown, number>([
  ['None', 3600],
  ['Low', 1800],
  ['Medium', 600],
  ['High', 60],
]);

function readKey(draft: DraftBuilder, key: string, value: unknown, ike: JsonObject): void {
  switch (key) {
    case 'RemoteAddress':
      return draft.take(key, 'server', value);
    case 'RemoteIdentifier':
      if (!isEmpty(value)) draft.take(key, 'remoteIdentity', value);
      return;
    case 'LocalIdentifier':
      if (!isEmpty(value)) draft.take(key, 'localIdentity', value);
      return;
    case 'AuthName':
      if (!isEmpty(value)) draft.take(key, 'authentication.username', value);
      return;
    case 'AuthPassword':
      if (!isEmpty(value)) draft.secret(key, 'password', value);
      return;
    case 'SharedSecret':
      return draft.secret(key, 'psk', value);
    case 'ServerCertificateCommonName':
      if (!isEmpty(value)) draft.take(key, 'serverCertificate.commonName', value);
      return;
    case 'ServerCertificateIssuerCommonName':
      return draft.ignore(key, 'The issuer is checked by its certificate, not by its name.');
    case 'DisableMOBIKE':
      return draft.take(key, 'mobility.enabled', !isOn(value));
    case 'DeadPeerDetectionRate':
      return draft.take(key, 'advanced.dpdSeconds', dpdSeconds.get(value) ?? value);
    case 'NATKeepAliveInterval':
      return draft.take(key, 'advanced.natKeepaliveSeconds', asNumber(value));
    case 'MTU':
      return draft.take(key, 'network.mtu', asNumber(value));
    case 'DisconnectOnIdle':
      // Apple's values: 0 never, 1 after the time of DisconnectOnIdleTimer.
      if (isOn(value))
        draft.take('DisconnectOnIdleTimer', 'dialing.idleSeconds', asNumber(ike['DisconnectOnIdleTimer'] ?? 120));
      return;
    case 'EnableCertificateRevocationCheck':
      if (isOn(value)) draft.take(key, 'serverCertificate.revocation', 'relaxed');
      return;
    case 'IKESecurityAssociationParameters':
    case 'ChildSecurityAssociationParameters': {
      const child = key === 'ChildSecurityAssociationParameters';
      const proposal = isJsonObject(value) ? proposalOf(value, child, isOn(ike['EnablePFS'])) : null;
      if (proposal === null) return draft.ignore(key, 'These algorithms are not offered here; the usual ones are.');
      return draft.take(key, child ? 'proposals.esp' : 'proposals.ike', [proposal], `Taken as ${proposal}.`);
    }
    case 'AuthenticationMethod':
    case 'ExtendedAuthEnabled':
    case 'PayloadCertificateUUID':
    case 'IncludeAllNetworks':
    case 'ExcludeLocalNetworks':
    case 'UseConfigurationAttributeInternalIPSubnet':
    case 'EnablePFS':
    case 'DisconnectOnIdleTimer':
      return;
    default:
      return draft.ignore(key, 'Not used here.');
  }
}

const ciphers: ReadonlyMap<unknown, string> = new Map([
  ['AES-128', 'aes128'],
  ['AES-256', 'aes256'],
  ['AES-128-GCM', 'aes128gcm16'],
  ['AES-256-GCM', 'aes256gcm16'],
  ['ChaCha20Poly1305', 'chacha20poly1305'],
]);
const hashes: ReadonlyMap<unknown, string> = new Map([
  ['SHA1-96', 'sha1'],
  ['SHA2-256', 'sha256'],
  ['SHA2-384', 'sha384'],
  ['SHA2-512', 'sha512'],
]);
const groups: ReadonlyMap<unknown, string> = new Map([
  [2, 'modp1024'],
  [14, 'modp2048'],
  [15, 'modp3072'],
  [16, 'modp4096'],
  [19, 'ecp256'],
  [20, 'ecp384'],
  [21, 'ecp521'],
  [31, 'x25519'],
]);

function proposalOf(parameters: JsonObject, child: boolean, pfs: boolean): string | null {
  const cipher = ciphers.get(parameters['EncryptionAlgorithm'] ?? 'AES-256');
  const hash = hashes.get(parameters['IntegrityAlgorithm'] ?? 'SHA2-256');
  const group = groups.get(asNumber(parameters['DiffieHellmanGroup'] ?? 14));
  if (cipher === undefined || hash === undefined || group === undefined) return null;
  const aead = cipher.includes('gcm') || cipher.includes('poly1305');
  const integrity = aead ? (child ? [] : [`prf${hash}`]) : [hash];
  return [cipher, ...integrity, ...(child && !pfs ? [] : [group])].join('-');
}

function readDns(draft: DraftBuilder, dns: JsonObject): void {
  for (const [key, value] of Object.entries(dns).slice(0, 50)) {
    if (key === 'ServerAddresses') draft.take(`DNS.${key}`, 'network.dnsServers', value);
    else if (key === 'SupplementalMatchDomains')
      draft.take(
        `DNS.${key}`,
        'network.splitDns',
        Array.isArray(value) ? value.filter((domain) => domain !== '') : value,
      );
    else draft.ignore(`DNS.${key}`, 'Not used here.');
  }
}
