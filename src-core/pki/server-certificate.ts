import { sanitizeText } from '../bytes';
import type { FailedRule, PathRule } from '../ports/failed-rule';
import { VpnError, type VpnErrorSymbol } from '../ports/vpn-error';
import type { Profile } from '../profiles/profile';
import { type Certificate, fingerprint, parseCertificate } from './certificate';
import { formatName } from './distinguished-name';
import { formatGeneralName } from './general-name';
import { subjectAltNameHas, subjectHas } from './identity-matching';
import { extendedKeyUsageOid, nameOfOid } from './object-identifiers';
import { type PathFailure, type PathPurpose, validatePath } from './path-validation';
import { PkiError } from './pki-error';
import { checkRevocation, type RevocationEvidence, type RevocationQuestion, revocationQuestions } from './revocation';
import type { ServerKind } from './unknown-server';
import { type ConfiguredTrust, parseAuthorities, pinnedCertificates, thumbprintedAuthorities } from './trust-anchors';

/**
 * What judging a server's certificate needs from the host; the gateway and the authentication server are judged alike.
 */
export interface AcceptanceEnvironment {
  /** Clock.wallTime. */
  readonly wallTime: () => number;
  /** The computer's trust anchors; asked when the profile names none, or some by their thumbprints. */
  readonly systemAuthorities: () => readonly Certificate[];
  /**
   * Fetches OCSP responses and CRLs for a path that reached a trusted anchor, outside the tunnel (P-16). Asked only
   * when what the server sent
   * along does not settle it. Never rejects: what could not be had is left out. Absent: only what the server sent
   * counts.
   */
  /**
   * Certificates that the person accepted for this profile, by now. Present: a server that nobody vouches for is an
   * UnknownServer, which a person may
   * accept, where the profile leaves room for that. Absent: nobody can be asked.
   */
  readonly accepted?: (server: ServerKind) => readonly string[];
  /** What did not stop the connection and should be known: one sentence. */
  readonly note?: (text: string) => void;
  readonly fetchRevocation?: (questions: readonly RevocationQuestion[]) => Promise<RevocationEvidence>;
}

/** Each kind of refusal has its own error code for an authentication server; for a gateway all are 13801. */
export type RefusalKind =
  PathRule | 'unreadable' | 'missing' | 'revoked' | 'revocation-unknown' | 'name' | 'rule' | 'configuration';

/** Who is judged, in the words and codes that fit. */
export interface ServerParty {
  /** "The server’s certificate". */
  readonly certificate: string;
  /** "The server". */
  readonly server: string;
  readonly purpose: PathPurpose;
  symbolOf(kind: RefusalKind): VpnErrorSymbol;
}

/** P-1: what one message may bring. */
const mostCertificates = 20;
const mostOctets = 64 * 1024;

export interface Trust {
  readonly configured: ConfiguredTrust;
  /** The profile names authorities or pins of its own. */
  readonly isConfigured: boolean;
  readonly anchors: () => readonly Certificate[];
}

/**
 * The authorities of the profile, or the system's when it names none. Throws VpnError: a broken pin never means "trust
 * the system".
 */
export function trustOf(party: ServerParty, authorities: readonly string[], environment: AcceptanceEnvironment): Trust {
  let configured: ConfiguredTrust;
  try {
    configured = parseAuthorities(authorities);
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    throw new VpnError(
      party.symbolOf('configuration'),
      'A certificate authority in this connection cannot be read. Choose it again in the properties.',
      { detail: `serverCertificate.authorities: ${error.message}`, rule: 'profile', cause: error },
    );
  }
  const { certificates, pins, thumbprints } = configured;
  const isConfigured = certificates.length + pins.length + thumbprints.length > 0;
  const named = (): readonly Certificate[] =>
    thumbprints.length === 0 ? [] : thumbprintedAuthorities(environment.systemAuthorities(), thumbprints);
  return {
    configured,
    isConfigured,
    anchors: () => (isConfigured ? [...certificates, ...named()] : environment.systemAuthorities()),
  };
}

/**
 * Reads the certificates, leaf first, and validates the path; gives it leaf first, anchor last. Throws VpnError that
 * names the failed check.
 */
export function validateServer(
  party: ServerParty,
  certificates: readonly Uint8Array[],
  trust: Trust,
  wallTime: number,
  legacy: boolean,
): readonly Certificate[] {
  const bag = readBag(party, certificates);
  const leaf = bag[0]!;
  const result = validatePath(
    leaf,
    bag.slice(1),
    [
      ...trust.anchors(),
      ...pinnedCertificates(bag, trust.configured.pins),
      ...thumbprintedAuthorities(bag, trust.configured.thumbprints),
    ],
    { wallTime, purpose: party.purpose, legacy },
  );
  if (!result.ok) throw pathRefusal(party, result.failure, leaf);
  return result.path;
}

export interface JudgedServer {
  /** Leaf first, anchor last; the leaf alone where nobody vouches for it. */
  readonly path: readonly Certificate[];
  /**
   * No chain leads to an authority; everything else that a path is judged by holds. The caller must ask for
   * `requireAccepted`.
   */
  readonly vouchedFor: boolean;
}

/** As `validateServer`, for a profile that leaves no room for others. */
export function vouchedServer(...words: Parameters<typeof validateServer>): JudgedServer {
  return { path: validateServer(...words), vouchedFor: true };
}

/**
 * As `validateServer`, but a leaf without a trusted issuer is judged as if it were trusted itself. Throws VpnError for
 * every other failure.
 */
export function validateUnknownServer(
  party: ServerParty,
  certificates: readonly Uint8Array[],
  trust: Trust,
  wallTime: number,
  legacy: boolean,
): JudgedServer {
  try {
    return { path: validateServer(party, certificates, trust, wallTime, legacy), vouchedFor: true };
  } catch (error) {
    if (!(error instanceof VpnError) || error.rule !== 'trust-anchor') throw error;
    const leaf = readBag(party, certificates)[0]!;
    const result = validatePath(leaf, [], [leaf], { wallTime, purpose: party.purpose, legacy });
    if (!result.ok) throw pathRefusal(party, result.failure, leaf);
    return { path: [leaf], vouchedFor: false };
  }
}

/** The first certificate is the end entity's, the rest a bag in which unreadable ones are left out (C-30). */
function readBag(party: ServerParty, certificates: readonly Uint8Array[]): Certificate[] {
  const [first, ...rest] = certificates;
  if (first === undefined)
    throw new VpnError(
      party.symbolOf('missing'),
      `${party.server} sent no certificate. Check that this connection is set to the sign-in method the server uses.`,
      { detail: 'no certificate was sent', rule: 'certificate-missing' },
    );
  const octets = certificates.reduce((sum, certificate) => sum + certificate.length, 0);
  if (certificates.length > mostCertificates || octets > mostOctets) {
    throw new VpnError(
      party.symbolOf('unreadable'),
      `${party.server} sent more certificates than are read. Tell the administrator.`,
      {
        detail: `${certificates.length} certificates of ${octets} octets; at most ${mostCertificates} and ${mostOctets}`,
        rule: 'certificate-unreadable',
      },
    );
  }
  let leaf: Certificate;
  try {
    leaf = parseCertificate(first);
  } catch (error) {
    throw new VpnError(party.symbolOf('unreadable'), `${party.certificate} cannot be read. Tell the administrator.`, {
      detail: error instanceof Error ? error.message : 'unreadable',
      rule: 'certificate-unreadable',
      cause: error,
    });
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

export type SubjectRules = Pick<
  Profile['serverCertificate'],
  'subjectAltName' | 'commonName' | 'organization' | 'organizationalUnit' | 'extendedKeyUsage'
>;

const ruleNames: Readonly<Record<keyof SubjectRules, FailedRule>> = {
  subjectAltName: 'subject-alt-name',
  commonName: 'common-name',
  organization: 'organization',
  organizationalUnit: 'organizational-unit',
  extendedKeyUsage: 'demanded-key-usage',
};

/** P-10: all rules that are set must hold. */
export function checkSubjectRules(party: ServerParty, rules: SubjectRules, leaf: Certificate): void {
  const demand = (holds: boolean, field: keyof SubjectRules, wanted: string, found: string): void => {
    if (!holds)
      throw refusal(
        party,
        'rule',
        ruleNames[field],
        `${party.certificate} does not fit the rule “${field}” of this connection. Check the rule, or tell the administrator.`,
        leaf,
        `${field}: wanted ${sanitizeText(wanted)}, found ${found}`,
      );
  };
  const subject = sanitizeText(formatName(leaf.subject));
  if (rules.subjectAltName !== null)
    demand(subjectAltNameHas(leaf, rules.subjectAltName), 'subjectAltName', rules.subjectAltName, namesOf(leaf));
  if (rules.commonName !== null)
    demand(subjectHas(leaf, 'CN', rules.commonName), 'commonName', rules.commonName, subject);
  if (rules.organization !== null)
    demand(subjectHas(leaf, 'O', rules.organization), 'organization', rules.organization, subject);
  if (rules.organizationalUnit !== null)
    demand(subjectHas(leaf, 'OU', rules.organizationalUnit), 'organizationalUnit', rules.organizationalUnit, subject);
  if (rules.extendedKeyUsage !== null) {
    const wanted: string =
      (extendedKeyUsageOid as Readonly<Record<string, string>>)[rules.extendedKeyUsage] ?? rules.extendedKeyUsage;
    demand(
      leaf.extendedKeyUsage?.includes(wanted) === true,
      'extendedKeyUsage',
      rules.extendedKeyUsage,
      leaf.extendedKeyUsage?.map(nameOfOid).join(', ') ?? 'none',
    );
  }
}

/**
 * P-14 to P-16, last of all checks: what the server sent along, and what is fetched when that does not settle it.
 * Rejects with VpnError.
 */
export async function requireNotRevoked(
  party: ServerParty,
  path: readonly Certificate[],
  sent: RevocationEvidence,
  mode: Profile['serverCertificate']['revocation'],
  environment: AcceptanceEnvironment,
): Promise<void> {
  if (mode === 'off') return;
  const wallTime = environment.wallTime();
  const questions = revocationQuestions(path, sent, wallTime);
  const fetched =
    questions.length > 0 && environment.fetchRevocation !== undefined
      ? await environment.fetchRevocation(questions)
      : { ocspResponses: [], crls: [] };
  const evidence = {
    ocspResponses: [...sent.ocspResponses, ...fetched.ocspResponses],
    crls: [...sent.crls, ...fetched.crls],
  };
  const failure = checkRevocation(path, evidence, { mode, wallTime });
  if (failure === null) {
    // Somebody could be asked and did not settle it: the connection is made, and the log says so.
    const unsettled =
      questions.length > 0 && mode === 'relaxed' ? checkRevocation(path, evidence, { mode: 'strict', wallTime }) : null;
    if (unsettled !== null)
      environment.note?.(
        `It is not known whether ${party.certificate.replace(/^T/, 't')} or one of its issuers was revoked, and this connection is made nevertheless. ${unsettled.detail}.`,
      );
    return;
  }
  const message = failure.revoked
    ? `${party.certificate} was revoked. Do not connect; tell the administrator.`
    : `It could not be found out whether the certificate was revoked. Try again later, or relax the check in the properties.`;
  const kind = failure.revoked ? 'revoked' : 'revocation-unknown';
  throw refusal(party, kind, kind, message, failure.certificate, failure.detail);
}

/** Names of a certificate for a detail. */
export function namesOf(leaf: Certificate): string {
  const names = leaf.subjectAltNames.slice(0, 8).map((name) => sanitizeText(formatGeneralName(name)));
  return [...names, sanitizeText(formatName(leaf.subject))].join(', ');
}

/** The detail ends with the certificate's name and fingerprint. */
export function refusal(
  party: ServerParty,
  kind: RefusalKind,
  rule: FailedRule,
  message: string,
  certificate: Certificate,
  detail: string,
): VpnError {
  return new VpnError(party.symbolOf(kind), message, {
    detail: `${detail} [certificate ${sanitizeText(formatName(certificate.subject))}, SHA-256 ${fingerprint(certificate)}]`,
    rule,
  });
}

/** One sentence that says what to do, for each rule. */
const sentences: Readonly<Record<PathRule, string>> = {
  'trust-anchor':
    'was not issued by an authority that this connection trusts. Ask the administrator for the authority’s certificate and add it in the properties.',
  'not-yet-valid': 'is not valid yet. Check the date and time of this computer.',
  expired: 'has expired. Ask the administrator to renew it, and check the date and time of this computer.',
  signature: 'does not carry a valid signature. Do not connect; tell the administrator.',
  algorithm: 'is signed with an algorithm that is no longer safe. Ask the administrator to renew it.',
  key: 'uses a key that is too weak or not known. Ask the administrator to renew it.',
  'basic-constraints':
    'issued another one, but is not that of a certification authority. Do not connect; tell the administrator.',
  'path-length': 'was issued below an authority that allows no further ones. Tell the administrator.',
  'key-usage': 'is not meant for this use. Tell the administrator.',
  'extended-key-usage': 'is not meant for a server. Ask the administrator for one with the right extended key usage.',
  'name-constraints': 'is for a name that its authority must not certify. Do not connect; tell the administrator.',
  'critical-extension': 'demands something that this program does not know. Tell the administrator.',
  depth: 'has a chain that is too long. Tell the administrator.',
};

function pathRefusal(party: ServerParty, { rule, certificate, detail }: PathFailure, leaf: Certificate): VpnError {
  const whose =
    Buffer.compare(certificate.der, leaf.der) === 0
      ? party.certificate
      : 'An authority’s certificate in the server’s chain';
  return refusal(
    party,
    rule,
    rule,
    `${whose} ${sentences[rule]}`,
    certificate,
    `${rule}: ${sanitizeText(detail, 512)}`,
  );
}
