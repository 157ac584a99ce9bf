import { ipToOctets, sanitizeText } from '../bytes';
import type { PeerCredentials, PeerVerifier } from '../ikev2/session';
import { VpnError } from '../ports/vpn-error';
import type { Profile } from '../profiles/profile';
import { type Certificate, fingerprint, parseCertificate } from './certificate';
import { formatName } from './distinguished-name';
import { formatGeneralName } from './general-name';
import { formatIdentity, parseIdentity } from './identity';
import { certificateAsserts, certificateNamesHost, type MatchOptions, subjectAltNameHas, subjectHas } from './identity-matching';
import { extendedKeyUsageOid, nameOfOid } from './object-identifiers';
import { type PathFailure, type PathPurpose, type PathRule, validatePath } from './path-validation';
import { PkiError } from './pki-error';
import { checkRevocation, type RevocationEvidence, type RevocationQuestion, revocationQuestions } from './revocation';
import { certificateRequestHashes, type ConfiguredTrust, parseAuthorities, pinnedCertificates } from './trust-anchors';

/** What the rules of a profile need to know. */
export interface AcceptanceProfile {
  readonly server: Profile['server'];
  readonly remoteIdentity: Profile['remoteIdentity'];
  readonly serverCertificate: Profile['serverCertificate'];
  readonly advanced: Pick<Profile['advanced'], 'legacyWindows'>;
}

export interface AcceptanceEnvironment {
  /** Clock.wallTime. */
  readonly wallTime: () => number;
  /** The computer's trust anchors; asked only when the profile names none. */
  readonly systemAuthorities: () => readonly Certificate[];
  /**
   * Fetches OCSP responses and CRLs for a path that reached a trusted anchor, outside the tunnel (P-16). Asked only when what the gateway sent
   * along does not settle it. Never rejects: what could not be had is left out. Absent: only what the gateway sent counts.
   */
  readonly fetchRevocation?: (questions: readonly RevocationQuestion[]) => Promise<RevocationEvidence>;
}

export interface GatewayAcceptance {
  readonly verify: PeerVerifier;
  /** For CERTREQ, 20 octets each (C-31). */
  readonly certificateRequests: readonly Uint8Array[];
}

/** P-1: what one message may bring. */
const mostCertificates = 20;
const mostOctets = 64 * 1024;

/**
 * The judge of the gateway's certificate for one profile: chain, dates, usages, names and the profile's own rules (P-1 to P-11).
 * Throws VpnError 13801 when the profile's authorities cannot be read, so that a broken pin never means "trust the system".
 */
export function gatewayAcceptance(profile: AcceptanceProfile, environment: AcceptanceEnvironment): GatewayAcceptance {
  const configured = readAuthorities(profile);
  const anchors = (): readonly Certificate[] => (isConfigured(configured) ? configured.certificates : environment.systemAuthorities());
  const verify: PeerVerifier = async (credentials) => {
    const leaf = await judgeGateway(profile, environment, configured, anchors(), credentials);
    return { publicKeySpki: leaf.spki };
  };
  return { verify, certificateRequests: certificateRequestHashes(anchors()) };
}

function isConfigured({ certificates, pins }: ConfiguredTrust): boolean {
  return certificates.length > 0 || pins.length > 0;
}

function readAuthorities(profile: AcceptanceProfile): ConfiguredTrust {
  try {
    return parseAuthorities(profile.serverCertificate.authorities);
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    throw new VpnError('IKE_AUTH_FAIL', 'A certificate authority in this connection cannot be read. Choose it again in the properties.', { detail: `serverCertificate.authorities: ${error.message}`, cause: error });
  }
}

/** Gives the validated leaf; AUTH is verified with its key and no other (H-55). Rejects with VpnError 13801. */
async function judgeGateway(profile: AcceptanceProfile, environment: AcceptanceEnvironment, configured: ConfiguredTrust, anchors: readonly Certificate[], credentials: PeerCredentials): Promise<Certificate> {
  const wallTime = environment.wallTime();
  const bag = readBag(credentials.certificates);
  const leaf = bag[0]!;
  const legacy = profile.advanced.legacyWindows;
  const result = validatePath(leaf, bag.slice(1), [...anchors, ...pinnedCertificates(bag, configured.pins)], {
    wallTime,
    purpose: 'gateway',
    legacy,
  });
  if (!result.ok) throw pathError(result.failure, leaf, 'gateway');
  refuseRevoked(profile, result.path, await evidenceFor(profile, environment, result.path, credentials), wallTime);
  checkNames(profile, configured, leaf, credentials);
  checkRules(profile, leaf);
  return leaf;
}

/** What the gateway sent along, and what was fetched when that does not settle it. */
async function evidenceFor(profile: AcceptanceProfile, environment: AcceptanceEnvironment, path: readonly Certificate[], credentials: RevocationEvidence): Promise<RevocationEvidence> {
  const questions = profile.serverCertificate.revocation === 'off' ? [] : revocationQuestions(path, credentials, environment.wallTime());
  if (questions.length === 0 || environment.fetchRevocation === undefined) return credentials;
  const fetched = await environment.fetchRevocation(questions);
  return { ocspResponses: [...credentials.ocspResponses, ...fetched.ocspResponses], crls: [...credentials.crls, ...fetched.crls] };
}

function refuseRevoked(profile: AcceptanceProfile, path: readonly Certificate[], evidence: RevocationEvidence, wallTime: number): void {
  const failure = checkRevocation(path, evidence, { mode: profile.serverCertificate.revocation, wallTime });
  if (failure === null) return;
  const message = failure.revoked
    ? 'The server’s certificate was revoked. Do not connect; tell the administrator.'
    : 'Whether the server’s certificate was revoked could not be found out. Try again later, or relax the check in the properties.';
  throw refuse(message, failure.certificate, failure.detail);
}

/** The first certificate is the end entity's, the rest a bag in which unreadable ones are left out (C-30). */
function readBag(certificates: readonly Uint8Array[]): Certificate[] {
  const [first, ...rest] = certificates;
  if (first === undefined) throw new VpnError('IKE_AUTH_FAIL', 'The server sent no certificate. Check that this connection is set to the sign-in method the server uses.', { detail: 'no CERT payload in the IKE_AUTH response' });
  const octets = certificates.reduce((sum, certificate) => sum + certificate.length, 0);
  if (certificates.length > mostCertificates || octets > mostOctets) {
    throw new VpnError('IKE_AUTH_FAIL', 'The server sent more certificates than are read. Tell the administrator.', { detail: `${certificates.length} certificates of ${octets} octets; at most ${mostCertificates} and ${mostOctets}` });
  }
  let leaf: Certificate;
  try {
    leaf = parseCertificate(first);
  } catch (error) {
    throw new VpnError('IKE_AUTH_FAIL', 'The server’s certificate cannot be read. Tell the administrator.', { detail: error instanceof Error ? error.message : 'unreadable', cause: error });
  }
  return [
    leaf,
    ...rest.flatMap((der) => {
      try {
        return [parseCertificate(der)];
      } catch {
        return [];
      }
    }),
  ];
}

/** P-7: both what the gateway calls itself and what the person wants to reach must be asserted by the certificate. */
function checkNames(profile: AcceptanceProfile, configured: ConfiguredTrust, leaf: Certificate, { identity }: PeerCredentials): void {
  const options: MatchOptions = { commonNameFallback: profile.advanced.legacyWindows || profile.serverCertificate.commonName !== null };
  const wanted = wantedName(profile);
  if (!assertsText(leaf, wanted, options)) {
    throw refuse(`The server’s certificate is not for ${sanitizeText(wanted)}. Check the server name in the properties.`, leaf, `name: ${sanitizeText(wanted)} is not among ${namesOf(leaf)}`);
  }
  if (certificateAsserts(leaf, identity, options)) return;
  // P-9: a gateway behind NAT calls itself by its inside address.
  const isAddress = identity.type === 'ipv4' || identity.type === 'ipv6';
  if (isAddress && isConfigured(configured)) return;
  throw refuse('The server calls itself by a name that its certificate does not hold. Tell the administrator.', leaf, `IDr: ${identity.type} ${sanitizeText(formatIdentity(identity))} is not among ${namesOf(leaf)}`);
}

/** The configured remote identity, else the exact SAN the profile asks for, else the server as it was typed. */
function wantedName(profile: AcceptanceProfile): string {
  const { subjectAltName } = profile.serverCertificate;
  return profile.remoteIdentity ?? (subjectAltName !== null && !subjectAltName.includes('*') ? subjectAltName : profile.server);
}

function assertsText(leaf: Certificate, text: string, options: MatchOptions): boolean {
  const host = text.trim().replace(/^\[(.*)\]$/, '$1');
  if (ipToOctets(host) !== null) return certificateNamesHost(leaf, host, options);
  try {
    return certificateAsserts(leaf, parseIdentity(text), options);
  } catch (error) {
    if (error instanceof PkiError) throw new VpnError('IKE_AUTH_FAIL', 'The server identity in this connection cannot be read. Correct it in the properties.', { detail: `remoteIdentity: ${error.message}`, cause: error });
    throw error;
  }
}

/** P-10: all rules that are set must hold. */
function checkRules({ serverCertificate: rules }: AcceptanceProfile, leaf: Certificate): void {
  const demand = (holds: boolean, field: string, wanted: string, found: string): void => {
    if (!holds) throw refuse(`The server’s certificate does not fit the rule “${field}” of this connection. Check the rule, or tell the administrator.`, leaf, `${field}: wanted ${sanitizeText(wanted)}, found ${found}`);
  };
  if (rules.subjectAltName !== null) demand(subjectAltNameHas(leaf, rules.subjectAltName), 'subjectAltName', rules.subjectAltName, namesOf(leaf));
  if (rules.commonName !== null) demand(subjectHas(leaf, 'CN', rules.commonName), 'commonName', rules.commonName, sanitizeText(formatName(leaf.subject)));
  if (rules.organization !== null) demand(subjectHas(leaf, 'O', rules.organization), 'organization', rules.organization, sanitizeText(formatName(leaf.subject)));
  if (rules.organizationalUnit !== null) demand(subjectHas(leaf, 'OU', rules.organizationalUnit), 'organizationalUnit', rules.organizationalUnit, sanitizeText(formatName(leaf.subject)));
  if (rules.extendedKeyUsage !== null) {
    const wanted: string = (extendedKeyUsageOid as Readonly<Record<string, string>>)[rules.extendedKeyUsage] ?? rules.extendedKeyUsage;
    demand(leaf.extendedKeyUsage?.includes(wanted) === true, 'extendedKeyUsage', rules.extendedKeyUsage, leaf.extendedKeyUsage?.map(nameOfOid).join(', ') ?? 'none');
  }
}

function namesOf(leaf: Certificate): string {
  const names = leaf.subjectAltNames.slice(0, 8).map((name) => sanitizeText(formatGeneralName(name)));
  return [...names, sanitizeText(formatName(leaf.subject))].join(', ');
}

function refuse(message: string, certificate: Certificate, detail: string): VpnError {
  return new VpnError('IKE_AUTH_FAIL', message, { detail: `${detail} [certificate ${sanitizeText(formatName(certificate.subject))}, SHA-256 ${fingerprint(certificate)}]` });
}

type Subject = { readonly whose: string; readonly purpose: PathPurpose };

/** One sentence that says what to do, for each rule. */
const sentences: Readonly<Record<PathRule, (subject: Subject) => string>> = {
  'trust-anchor': ({ whose }) => `${whose} was not issued by an authority that this connection trusts. Ask the administrator for the authority’s certificate and add it in the properties.`,
  'not-yet-valid': ({ whose }) => `${whose} is not valid yet. Check the date and time of this computer.`,
  expired: ({ whose }) => `${whose} has expired. Ask the administrator to renew it, and check the date and time of this computer.`,
  signature: ({ whose }) => `${whose} does not carry a valid signature. Do not connect; tell the administrator.`,
  algorithm: ({ whose }) => `${whose} is signed with an algorithm that is no longer safe. Ask the administrator to renew it.`,
  key: ({ whose }) => `${whose} uses a key that is too weak or not known. Ask the administrator to renew it.`,
  'basic-constraints': ({ whose }) => `${whose} was issued by something that is not a certification authority. Do not connect; tell the administrator.`,
  'path-length': ({ whose }) => `${whose} was issued by an authority that must not issue. Tell the administrator.`,
  'key-usage': ({ whose }) => `${whose}, or that of an authority above it, is not meant for this use. Tell the administrator.`,
  'extended-key-usage': ({ whose, purpose }) => `${whose} is not meant for ${purpose === 'client' ? 'signing in' : 'a server'}. Ask the administrator for one with the right extended key usage.`,
  'name-constraints': ({ whose }) => `${whose} is for a name that its authority must not certify. Do not connect; tell the administrator.`,
  'critical-extension': ({ whose }) => `${whose} demands something that this program does not know. Tell the administrator.`,
  depth: ({ whose }) => `The chain of ${whose} is too long. Tell the administrator.`,
};

/** 13801 with the exact check in `detail`. */
function pathError({ rule, certificate, detail }: PathFailure, leaf: Certificate, purpose: PathPurpose): VpnError {
  const whose = Buffer.compare(certificate.der, leaf.der) === 0 ? 'The server’s certificate' : 'An authority’s certificate in the server’s chain';
  return refuse(sentences[rule]({ whose, purpose }), certificate, `${rule}: ${sanitizeText(detail, 512)}`);
}
