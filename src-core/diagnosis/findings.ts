import { sanitizeText } from '../bytes';
import type { PathCandidate } from '../mobility/path-candidates';
import { parseCertificate } from '../pki/certificate';
import { summarizeCertificate } from '../pki/certificate-summary';
import type { DiagnosisAdvice, DiagnosisFinding, DiagnosisPhrase } from '../ports/diagnosis';
import { VpnError } from '../ports/vpn-error';
import type { PortAnswer } from './port-probe';
import { failed, passed, warning, type DiagnosisStepName, type StepEnd } from './steps';

/** What each step finds and what is to be done about it: keys and values, whose sentences are in src-text. */

const way = ({ label, source }: PathCandidate): { readonly label: string; readonly address: string } => ({
  label: sanitizeText(label),
  address: source,
});

export function namePassed(server: string, addresses: readonly string[]): StepEnd {
  if (addresses.length === 1 && addresses[0] === server) return passed({ key: 'name-is-address', values: { server } });
  return passed({ key: 'name-found', values: { server: sanitizeText(server), addresses: addresses.slice(0, 8) } });
}

export function nameFailed(server: string, error: VpnError): StepEnd {
  return failed({ key: 'name-not-found', values: { server: sanitizeText(server) } }, 'check-name', error);
}

export function noWay(reasons: readonly DiagnosisPhrase[], error: VpnError): StepEnd {
  return failed(
    { key: 'no-way', values: { reasons: reasons.length === 0 ? [{ key: 'no-adapter-at-all', values: {} }] : reasons } },
    'join-network',
    error,
  );
}

/** Why each of these paths is no way to the server. */
export function unusablePhrases(candidates: readonly PathCandidate[]): readonly DiagnosisPhrase[] {
  return candidates.map(({ label, reason }) => ({
    key: 'adapter-why',
    values: { label: sanitizeText(label), why: { key: reason ?? 'ready', values: {} } },
  }));
}

const portBlocked = (port: number): VpnError =>
  new VpnError('VPN_TIMEOUT', `UDP port ${port} of the server did not answer.`, {
    detail: `no answer to IKE_SA_INIT on UDP port ${port}`,
  });

/** What the probes of one port say. `other`: the other port answered. */
export function portFinding(port: number, answers: readonly PortAnswer[], other: boolean): StepEnd {
  const ways = answers.flatMap(({ candidate, milliseconds }): readonly DiagnosisPhrase[] =>
    milliseconds === null ? [] : [{ key: 'way-answered', values: { ...way(candidate), milliseconds } }],
  );
  const silent = answers
    .filter(({ milliseconds }) => milliseconds === null)
    .map(({ candidate, code }): DiagnosisPhrase =>
      code === null
        ? { key: 'way', values: way(candidate) }
        : { key: 'way-failed', values: { ...way(candidate), code } },
    );
  if (ways.length > 0) {
    if (silent.length === 0) return passed({ key: 'port-answers', values: { port, ways } });
    return warning({ key: 'port-answers-partly', values: { port, ways, silent } }, 'blocked-by-one-network');
  }
  const finding: DiagnosisFinding = { key: 'port-silent', values: { port, silent } };
  if (port === 500 && other) return warning(finding, 'port-500-not-needed');
  return failed(finding, other ? 'let-4500-through' : 'try-another-network', portBlocked(port));
}

export interface Traffic {
  readonly messages: number;
  readonly parts: number;
  readonly largestDatagram: number;
}

export interface AuthTraffic {
  readonly sent: Traffic;
  readonly received: Traffic;
}

/** IP fragments: does IKE_SA_INIT of this many octets come through? Larger than any Ethernet frame. */
export const fragmentedInitLength = 1800;

function sizes({ parts: count, largestDatagram: octets }: Traffic): DiagnosisPhrase {
  return count > 0 ? { key: 'in-parts', values: { count, octets } } : { key: 'whole', values: { octets } };
}

export function fragmentFinding({ sent, received }: AuthTraffic, ipFragments: boolean): StepEnd {
  const values = { sent: sizes(sent), received: sizes(received) };
  if (ipFragments) return passed({ key: 'large-pass', values });
  return sent.parts + received.parts > 0
    ? passed({ key: 'large-pass-dropped-parts', values })
    : warning({ key: 'large-pass-dropped', values }, 'longer-certificate');
}

export function fragmentsLost(error: VpnError, { sent }: AuthTraffic, ipFragments: boolean): StepEnd {
  const values = { sent: sizes(sent) };
  return ipFragments
    ? failed({ key: 'large-lost', values }, 'ask-for-ike-auth', error)
    : failed({ key: 'large-lost-dropped', values }, 'fragmentation', error);
}

/** What the server showed; null: a bare key. */
export function certificatePassed(der: Uint8Array | undefined): StepEnd {
  if (der === undefined) return passed({ key: 'server-proved-key', values: {} });
  const { subject, names, notAfter, issuer } = summarizeCertificate(parseCertificate(der));
  return passed({
    key: 'server-proved',
    values: { names: names.length > 0 ? names : [subject], issuer, until: notAfter.slice(0, 10) },
  });
}

/** The error of the certificate's judge: the exact check belongs to the sentence. */
export function certificateFailed(error: VpnError): StepEnd {
  return failed(
    { key: error.detail === null ? 'error' : 'error-detail', values: {} },
    adviceFor('certificate', error),
    error,
  );
}

export function unreadableSettings(cause: Error): StepEnd {
  const error = new VpnError(
    'IKE_POLICY_MATCH',
    'The encryption settings of this connection cannot be read. Correct them in the advanced properties.',
    { detail: cause.message, cause },
  );
  return failed({ key: 'settings-unreadable', values: {} }, adviceFor('proposals', error), error);
}

/** What to do about an error of the sign-in and what follows it. */
export function attemptFailed(step: DiagnosisStepName, error: VpnError): StepEnd {
  return failed({ key: 'error', values: {} }, adviceFor(step, error), error);
}

function adviceFor(step: DiagnosisStepName, { symbol }: VpnError): DiagnosisAdvice {
  switch (step) {
    case 'proposals':
      return 'compare-settings';
    case 'certificate':
      return 'do-not-go-on';
    case 'authentication':
      return symbol === 'CANCELLED' ? 'answer-password' : 'check-credentials';
    case 'addresses':
      return 'ask-for-addresses';
    default:
      return 'send-log';
  }
}

export function trafficSilent(targets: readonly string[], alive: boolean): StepEnd {
  if (targets.length === 0)
    return alive
      ? passed({ key: 'traffic-nobody', values: {} })
      : warning({ key: 'traffic-server-silent', values: {} }, 'start-again');
  return warning({ key: alive ? 'traffic-silent' : 'traffic-all-silent', values: { targets } }, 'hosts-may-ignore');
}
