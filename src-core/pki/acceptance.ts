import { ipToOctets, sanitizeText } from '../bytes';
import type { Identity, PeerVerifier } from '../ikev2/session';
import { VpnError } from '../ports/vpn-error';
import type { Profile } from '../profiles/profile';
import type { Certificate } from './certificate';
import { formatIdentity, parseIdentity } from './identity';
import { certificateAsserts, certificateNamesHost, type MatchOptions } from './identity-matching';
import { PkiError } from './pki-error';
import {
  type AcceptanceEnvironment,
  checkSubjectRules,
  namesOf,
  refusal,
  requireNotRevoked,
  type ServerParty,
  type Trust,
  trustOf,
  validateUnknownServer,
  vouchedServer,
} from './server-certificate';
import { certificateRequestHashes } from './trust-anchors';
import { type FirstUseRules, requireAccepted } from './unknown-server';

export type { AcceptanceEnvironment } from './server-certificate';

/** What the rules of a profile need to know. */
export interface AcceptanceProfile {
  readonly server: Profile['server'];
  readonly remoteIdentity: Profile['remoteIdentity'];
  readonly serverCertificate: Profile['serverCertificate'];
  readonly advanced: Pick<Profile['advanced'], 'legacyWindows'>;
}

export interface GatewayAcceptance {
  readonly verify: PeerVerifier;
  /** For CERTREQ, 20 octets each (C-31). */
  readonly certificateRequests: readonly Uint8Array[];
}

const gateway: ServerParty = {
  certificate: 'The server’s certificate',
  server: 'The server',
  purpose: 'gateway',
  symbolOf: () => 'IKE_AUTH_FAIL',
};

/**
 * The judge of the gateway's certificate for one profile: chain, dates, usages, names and the profile's own rules (P-1
 * to P-11).
 * Its refusals are VpnError 13801 with the exact check in `detail`. Throws the same when the profile's authorities
 * cannot be read.
 */
export function gatewayAcceptance(profile: AcceptanceProfile, environment: AcceptanceEnvironment): GatewayAcceptance {
  const rules = profile.serverCertificate;
  const trust = trustOf(gateway, rules.authorities, environment);
  const firstUse = firstUseRules(profile, trust, environment);
  const judge = firstUse === null ? vouchedServer : validateUnknownServer;
  const verify: PeerVerifier = async (credentials) => {
    const { path, vouchedFor } = judge(
      gateway,
      credentials.certificates,
      trust,
      environment.wallTime(),
      profile.advanced.legacyWindows,
    );
    const leaf = path[0]!;
    checkNames(profile, trust, leaf, credentials.identity);
    checkSubjectRules(gateway, rules, leaf);
    await requireNotRevoked(gateway, path, credentials, rules.revocation, environment);
    if (firstUse !== null && !vouchedFor) requireAccepted(firstUse, 'unknown-issuer', leaf);
    // AUTH is verified with the key of the very object that was validated, and no other (H-55).
    return { publicKeySpki: leaf.spki };
  };
  return { verify, certificateRequests: certificateRequestHashes(trust.anchors()) };
}

/**
 * null: nobody is asked. Who set authorities or names of the certificate has said what is right: everything else is
 * refused. A wrong host name
 * is never left to the person: it can be corrected in the properties, and a dialog would only teach to click it away.
 */
function firstUseRules(
  profile: AcceptanceProfile,
  trust: Trust,
  { accepted }: AcceptanceEnvironment,
): FirstUseRules | null {
  const { subjectAltName, commonName, organization, organizationalUnit, acceptedCertificates } =
    profile.serverCertificate;
  const isRuled = [subjectAltName, commonName, organization, organizationalUnit].some((rule) => rule !== null);
  if (accepted === undefined || trust.isConfigured || isRuled) return null;
  return {
    server: 'gateway',
    symbol: gateway.symbolOf('trust-anchor'),
    expectedName: wantedName(profile),
    accepted: () => [...acceptedCertificates, ...accepted('gateway')],
  };
}

/** P-7: both what the gateway calls itself and what the person wants to reach must be asserted by the certificate. */
function checkNames(profile: AcceptanceProfile, trust: Trust, leaf: Certificate, identity: Identity): void {
  const options: MatchOptions = {
    commonNameFallback: profile.advanced.legacyWindows || profile.serverCertificate.commonName !== null,
  };
  const wanted = wantedName(profile);
  if (!assertsText(leaf, wanted, options)) {
    throw refusal(
      gateway,
      'name',
      'server-name',
      `The server’s certificate is not for ${sanitizeText(wanted)}. Check the server name in the properties.`,
      leaf,
      `name: ${sanitizeText(wanted)} is not among ${namesOf(leaf)}`,
    );
  }
  if (certificateAsserts(leaf, identity, options)) return;
  // P-9: a gateway behind NAT calls itself by its inside address.
  const isAddress = identity.type === 'ipv4' || identity.type === 'ipv6';
  if (isAddress && trust.isConfigured) return;
  throw refusal(
    gateway,
    'name',
    'server-identity',
    'The server calls itself by a name that its certificate does not hold. Tell the administrator.',
    leaf,
    `IDr: ${identity.type} ${sanitizeText(formatIdentity(identity))} is not among ${namesOf(leaf)}`,
  );
}

/** The configured remote identity, else the exact SAN the profile asks for, else the server as it was typed. */
function wantedName(profile: AcceptanceProfile): string {
  const { subjectAltName } = profile.serverCertificate;
  return (
    profile.remoteIdentity ??
    (subjectAltName !== null && !subjectAltName.includes('*') ? subjectAltName : profile.server)
  );
}

function assertsText(leaf: Certificate, text: string, options: MatchOptions): boolean {
  const host = text.trim().replace(/^\[(.*)\]$/, '$1');
  if (ipToOctets(host) !== null) return certificateNamesHost(leaf, host, options);
  try {
    return certificateAsserts(leaf, parseIdentity(text), options);
  } catch (error) {
    if (error instanceof PkiError)
      throw new VpnError(
        'IKE_AUTH_FAIL',
        'The server identity in this connection cannot be read. Correct it in the properties.',
        { detail: `remoteIdentity: ${error.message}`, rule: 'profile', cause: error },
      );
    throw error;
  }
}
