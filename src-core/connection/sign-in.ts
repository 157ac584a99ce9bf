import { ResumptionRefused } from '../eap/tls/resumption';
import { UnknownServer } from '../pki/unknown-server';
import { refusedFor } from '../ports/secrets';
import { VpnError } from '../ports/vpn-error';
import type { Attempt } from './attempt';
import type { ConnectionContext } from './connection-context';
import { failures } from './failures';
import type { Negotiated } from './negotiation';
import type { SessionCredentials } from './ports';
import { resolveGateway } from './resolve-gateway';
import { CertificateUndecided, unlessUndecided } from './undecided-certificate';

/** A wrong password is asked for again so often before the attempt ends (docs/windows7.md 5, the paused state). */
const mostQuestions = 3;
/**
 * Further attempts with the same credentials: for a gateway, an authentication server and one inside of PEAP that are
 * unknown or replaced, an earlier session that is refused, and certificates to choose from.
 */
const mostRepetitions = 6;

/** Failures that other credentials may cure. */
const askAgain: ReadonlySet<string> = new Set([
  'AUTHENTICATION_FAILURE',
  'VPN_BAD_PSK',
  'PASSWD_EXPIRED',
  'CHANGING_PASSWORD',
]);

/**
 * Whether another attempt may cure it: with other credentials, with a server that the person accepts, or without an
 * earlier session.
 */
export function isAskedAgain(error: VpnError): boolean {
  return askAgain.has(error.symbol) || isNoRefusalOfSecrets(error);
}

/** The same credentials may do. */
function isNoRefusalOfSecrets(error: VpnError): boolean {
  return error instanceof UnknownServer || error instanceof ResumptionRefused || error instanceof CertificateUndecided;
}

/**
 * The first IKE SA of an attempt: name, credentials, negotiation, and then `register`; once more with other credentials
 * where they were refused. Rejects with the VpnError that ends the attempt.
 */
export async function signIn(
  context: ConnectionContext,
  attempt: Attempt,
  negotiate: (credentials: SessionCredentials) => Promise<Negotiated>,
  register: () => Promise<void>,
): Promise<void> {
  const { ports, profile, facts } = context;
  // The name and the secrets do not wait for each other; the tunnel adapter is made while the server thinks about the
  // first message.
  const resolving = resolveGateway(context);
  resolving.catch((error: unknown) => attempt.abort(error instanceof VpnError ? error : failures.unexpected(error)));

  let refusal: VpnError | null = null;
  let repetitions = 0;
  for (let question = 0; question < mostQuestions + repetitions; question++) {
    const credentials = await ports.credentials({
      profile,
      reason: refusal === null ? null : refusedFor(refusal),
      refused:
        refusal === null || attempt.credentials === null ? null : { error: refusal, credentials: attempt.credentials },
    });
    if (credentials === null)
      throw refusal === null || refusal instanceof CertificateUndecided ? failures.cancelled() : refusal;
    if (attempt.ended) return credentials.wipe();
    if (credentials !== attempt.credentials) attempt.credentials?.wipe();
    attempt.credentials = credentials;
    facts.authentication ??= credentials.label;
    facts.gatewayAddresses = await resolving;
    try {
      const outcome = await negotiate(credentials);
      if (outcome.type === 'refused') throw outcome.error;
      return await register();
    } catch (thrown) {
      const error = thrown instanceof VpnError ? unlessUndecided(thrown, credentials.undecided) : thrown;
      if (attempt.ended || !(error instanceof VpnError) || !isAskedAgain(error)) throw error;
      if (!(error instanceof CertificateUndecided)) context.log('warning', error.message);
      refusal = error;
      if (isNoRefusalOfSecrets(error) && repetitions < mostRepetitions) repetitions++;
    }
  }
  throw refusal ?? failures.cancelled();
}
