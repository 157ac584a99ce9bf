import { sanitizeText } from '../bytes';
import { VpnError, type VpnErrorSymbol } from '../ports/vpn-error';
import type { Profile } from '../profiles/profile';
import type { Certificate } from './certificate';
import { attributeValues } from './distinguished-name';
import { normalizeHost } from './identity';
import { certificateNamesHost, hostMatches } from './identity-matching';
import {
  type AcceptanceEnvironment,
  checkSubjectRules,
  namesOf,
  refusal,
  type RefusalKind,
  requireNotRevoked,
  type ServerParty,
  type SubjectRules,
  type Trust,
  trustOf,
  validateUnknownServer,
  vouchedServer,
} from './server-certificate';
import { type FirstUseRules, requireAccepted } from './unknown-server';

/**
 * What the profile demands of the authentication server behind the gateway, which has a certificate of its own.
 */
export interface AuthenticationServerRules extends Partial<SubjectRules> {
  /** As in `serverCertificate.authorities`; empty: the system's. */
  readonly authorities: readonly string[];
  /**
   * One of these must be in the certificate, as a host name of its SAN or its CN; a pattern "*.contoso.test" stands for
   * one label. null: any name, which needs authorities of its own.
   */
  readonly serverNames: readonly string[] | null;
  readonly revocation: Profile['serverCertificate']['revocation'];
  /**
   * Nobody said which authentication server is meant: one of another name, or that nobody vouches for, may be accepted
   * by the person, and these were.
   * SHA-256, hexadecimal with colons. null: what does not fit is refused.
   */
  readonly acceptedCertificates?: readonly string[] | null;
  /** Keys of 1024 bits are accepted. */
  readonly legacy: boolean;
}

/**
 * Rejects with a VpnError; resolves when the certificates (DER, end-entity first) may be trusted. `ocspResponses` are
 * stapled ones.
 */
export type AuthenticationServerJudge = (
  certificates: readonly Uint8Array[],
  ocspResponses?: readonly Uint8Array[],
) => Promise<void>;

/** docs/windows7.md 4.5: 801 for what does not fit the connection, 857 to 859 and 864 for the certificate itself. */
const symbols: Readonly<Partial<Record<RefusalKind, VpnErrorSymbol>>> = {
  expired: 'SERVER_CERT_EXPIRED',
  revoked: 'SERVER_CERT_REVOKED',
  'trust-anchor': 'SERVER_ROOT_CERT_NOT_FOUND',
  name: 'VALIDATING_SERVER_CERT',
  rule: 'VALIDATING_SERVER_CERT',
  configuration: 'VALIDATING_SERVER_CERT',
  missing: 'VALIDATING_SERVER_CERT',
  'revocation-unknown': 'VALIDATING_SERVER_CERT',
};

const authenticationServer: ServerParty = {
  certificate: 'The authentication server’s certificate',
  server: 'The authentication server',
  purpose: 'server',
  symbolOf: (kind) => symbols[kind] ?? 'SERVER_CERT_INVALID',
};

/**
 * The judge of the authentication server inside EAP-TLS, PEAP and EAP-TTLS. It demands serverAuth. Throws
 * VpnError 801 when the authorities
 * cannot be read, and when neither names nor authorities are given: then any server with any public certificate would
 * do.
 */
export function authenticationServerAcceptance(
  rules: AuthenticationServerRules,
  environment: AcceptanceEnvironment,
): AuthenticationServerJudge {
  const trust = trustOf(authenticationServer, rules.authorities, environment);
  if (rules.serverNames === null && !trust.isConfigured) {
    throw new VpnError(
      'VALIDATING_SERVER_CERT',
      'This connection does not say which authentication server to trust. Name the server or its certificate authority in the properties.',
      { detail: 'neither server names nor authorities are set', rule: 'profile' },
    );
  }
  const subjectRules: SubjectRules = {
    subjectAltName: rules.subjectAltName ?? null,
    commonName: rules.commonName ?? null,
    organization: rules.organization ?? null,
    organizationalUnit: rules.organizationalUnit ?? null,
    extendedKeyUsage: rules.extendedKeyUsage ?? null,
  };
  const firstUse = firstUseRules(rules, trust, environment);
  const judge = firstUse === null ? vouchedServer : validateUnknownServer;
  return async (certificates, ocspResponses = []) => {
    const { path, vouchedFor } = judge(authenticationServer, certificates, trust, environment.wallTime(), rules.legacy);
    const leaf = path[0]!;
    const { serverNames } = rules;
    const isNamed =
      serverNames === null ||
      serverNames.some(
        (name) => certificateNamesHost(leaf, name, { commonNameFallback: true }) || isUnderPattern(leaf, name),
      );
    if (!isNamed && firstUse === null) {
      throw refusal(
        authenticationServer,
        'name',
        'server-name',
        'The authentication server is not one that this connection allows. Check its names in the properties.',
        leaf,
        `name: none of ${serverNames
          .slice(0, 8)
          .map((name) => sanitizeText(name))
          .join(', ')} is among ${namesOf(leaf)}`,
      );
    }
    checkSubjectRules(authenticationServer, subjectRules, leaf);
    await requireNotRevoked(authenticationServer, path, { ocspResponses, crls: [] }, rules.revocation, environment);
    if (firstUse !== null && !(vouchedFor && isNamed))
      requireAccepted(firstUse, vouchedFor ? 'unexpected-name' : 'unknown-issuer', leaf);
  };
}

function firstUseRules(
  { acceptedCertificates, serverNames }: AuthenticationServerRules,
  trust: Trust,
  { accepted }: AcceptanceEnvironment,
): FirstUseRules | null {
  if (
    accepted === undefined ||
    acceptedCertificates === undefined ||
    acceptedCertificates === null ||
    trust.isConfigured
  )
    return null;
  return {
    server: 'authentication-server',
    symbol: authenticationServer.symbolOf('trust-anchor'),
    expectedName: serverNames?.[0] ?? '',
    accepted: () => [...acceptedCertificates, ...accepted('authentication-server')],
  };
}

/** A pattern of the person, not of the certificate: "*.contoso.test" allows every server directly below. */
function isUnderPattern(leaf: Certificate, pattern: string): boolean {
  if (!pattern.startsWith('*.')) return false;
  const dnsNames = leaf.subjectAltNames.flatMap((name) => (name.type === 'dns' ? [name.value] : []));
  const names = dnsNames.length > 0 ? dnsNames : attributeValues(leaf.subject, 'CN');
  return names.some((name) => hostMatches(pattern, normalizeHost(name)));
}
