import { isIpAddress, parseCidr, utf8Encode } from '../bytes';
import { ProposalError, parseProposals } from '../ikev2/proposals';
import { PkiError } from '../pki/pki-error';
import { parseAuthorities } from '../pki/trust-anchors';
import type { AuthenticationMethod, Profile } from './profile';

/** Rules that a schema cannot say. Every rule names the path and what is allowed, never the value of a secret. */
export interface ProfileProblem {
  readonly path: string;
  readonly text: string;
}

/** methods whose server shows a certificate and that make a key. */
const provesServer: ReadonlySet<AuthenticationMethod> = new Set(['eap-tls', 'peap-mschapv2', 'peap-tls', 'eap-ttls']);

const forbidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u;

/** What people and file systems can bear as a connection's name. */
export function isProfileName(name: string): boolean {
  return name.length >= 1 && [...name].length <= 64 && !forbidden.test(name) && name.trim() === name;
}

/** Names are the same whatever their case or composition: two of them would look alike in a list. */
export function sameProfileName(a: string, b: string): boolean {
  return foldName(a) === foldName(b);
}

export function foldName(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}

const hostLabel = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;

/** A host name in ASCII (names in other scripts become A-labels) or an IP address; null when it is neither. */
export function canonicalHost(text: string): string | null {
  if (isIpAddress(text)) return text;
  // What a URL would read as something else than a host.
  if (/[\s/?#@:[\]\\%<>^|]/.test(text) || !URL.canParse(`http://${text}/`)) return null;
  const host = new URL(`http://${text}/`).hostname.replace(/\.$/, '');
  // "1.2.3" is read as an address by URL parsers: say no rather than guess.
  if (isIpAddress(host) || host.length === 0 || host.length > 253) return null;
  return host.split('.').every((label) => hostLabel.test(label)) ? host : null;
}

/** All problems of a complete profile whose form the schema has accepted. */
export function profileProblems(profile: Profile): readonly ProfileProblem[] {
  const problems: ProfileProblem[] = [];
  const refuse = (path: string, text: string) => problems.push({ path, text });

  if (!isProfileName(profile.name))
    refuse('name', 'must be 1 to 64 characters without control characters or a blank at either end');
  if (canonicalHost(profile.server) === null) refuse('server', 'must be a host name or an IP address');
  for (const [i, server] of profile.alternativeServers.entries())
    if (canonicalHost(server) === null)
      refuse(`alternativeServers[${String(i)}]`, 'must be a host name or an IP address');
  const texts: readonly (readonly [string, string | null])[] = [
    ['remoteIdentity', profile.remoteIdentity],
    ['localIdentity', profile.localIdentity],
    ['authentication.username', profile.authentication.username],
    ['authentication.domain', profile.authentication.domain],
    ['authentication.anonymousIdentity', profile.authentication.anonymousIdentity],
    ['serverCertificate.subjectAltName', profile.serverCertificate.subjectAltName],
    ['serverCertificate.commonName', profile.serverCertificate.commonName],
    ['serverCertificate.organization', profile.serverCertificate.organization],
    ['serverCertificate.organizationalUnit', profile.serverCertificate.organizationalUnit],
  ];
  for (const [path, text] of texts)
    if (text !== null && forbidden.test(text)) refuse(path, 'must not contain control or format characters');
  const { username, domain, anonymousIdentity, method, eapOnly, machineCertificate, machinePrivateKey, serverNames } =
    profile.authentication;
  if (eapOnly) {
    if (!provesServer.has(method))
      refuse(
        'authentication.eapOnly',
        'must be false with this method: only eap-tls, peap-mschapv2, peap-tls and eap-ttls prove the server',
      );
    if (serverNames.includes('*'))
      refuse('authentication.serverNames', 'must name the authentication server where eapOnly is true');
    if (machineCertificate !== null) refuse('authentication.eapOnly', 'must be false where machineCertificate is set');
  }
  if (machineCertificate !== null && (method === 'psk' || method === 'machine-certificate'))
    refuse('authentication.machineCertificate', 'must be null with this method: it stands beside an EAP method');
  if (machinePrivateKey !== null && machineCertificate === null)
    refuse('authentication.machinePrivateKey', 'must be null without machineCertificate');
  // RADIUS carries the identity in one attribute.
  if (utf8Encode(`${domain ?? ''}\\${username ?? ''}`).length > 253)
    refuse('authentication.username', 'must have, with the domain, at most 253 octets');
  if (utf8Encode(anonymousIdentity ?? '').length > 253)
    refuse('authentication.anonymousIdentity', 'must have at most 253 octets');
  for (const [i, authority] of profile.serverCertificate.authorities.entries()) {
    const problem = authorityProblem(authority);
    if (problem !== null) refuse(`serverCertificate.authorities[${String(i)}]`, problem);
  }
  for (const [i, authority] of profile.authentication.serverAuthorities.entries()) {
    const problem = authorityProblem(authority);
    if (problem !== null) refuse(`authentication.serverAuthorities[${String(i)}]`, problem);
  }
  for (const [i, name] of profile.authentication.serverNames.entries()) {
    if (name !== '*' && canonicalHost(name.replace(/^\*\./, '')) === null)
      refuse(`authentication.serverNames[${String(i)}]`, 'must be a host name, *.domain, or * for any');
  }
  if (profile.advanced.postQuantum === 'require' && !profile.advanced.fragmentation)
    refuse(
      'advanced.postQuantum',
      'must not be require where fragmentation is false: its messages are too large for one datagram',
    );
  const { network, mobility } = profile;
  for (const [i, route] of network.routes.entries())
    if (parseCidr(route) === null) refuse(`network.routes[${String(i)}]`, 'must be a network such as 10.0.0.0/8');
  for (const [i, route] of network.excludedRoutes.entries())
    if ((parseCidr(route)?.prefixLength ?? 0) === 0)
      refuse(`network.excludedRoutes[${String(i)}]`, 'must be a network such as 10.0.0.0/8');
  if (network.dnsServers !== 'server')
    for (const [i, server] of network.dnsServers.entries())
      if (!isIpAddress(server)) refuse(`network.dnsServers[${String(i)}]`, 'must be an IP address');
  for (const key of ['splitDns', 'searchDomains'] as const)
    for (const [i, name] of network[key].entries()) {
      const host = canonicalHost(name.replace(/^\./, ''));
      if (host === null || isIpAddress(host)) refuse(`network.${key}[${String(i)}]`, 'must be a domain name');
    }
  if (new Set(mobility.adapterOrder).size !== mobility.adapterOrder.length)
    refuse('mobility.adapterOrder', 'must name each adapter once');
  for (const protocol of ['ike', 'esp'] as const) {
    for (const [i, keyword] of profile.proposals[protocol].entries()) {
      const problem = proposalProblem(protocol, keyword);
      if (problem !== null) refuse(`proposals.${protocol}[${String(i)}]`, problem);
    }
  }
  return problems;
}

function authorityProblem(authority: string): string | null {
  try {
    parseAuthorities([authority]);
    return null;
  } catch (error) {
    if (error instanceof PkiError) return `must be a certificate: ${error.message.replace(/^authority 1: /, '')}`;
    throw error;
  }
}

function proposalProblem(protocol: 'ike' | 'esp', keyword: string): string | null {
  try {
    parseProposals(protocol, [keyword]);
    return null;
  } catch (error) {
    if (error instanceof ProposalError) return error.message;
    throw error;
  }
}
