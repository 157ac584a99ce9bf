import { utf8Encode } from '../bytes';
import { EapPeer, MschapPeer, mschapCredentials } from '../eap';
import type { Identity } from '../ikev2/session';
import { gatewayAcceptance, type AcceptanceEnvironment } from '../pki/acceptance';
import { clientCertificateProblem, clientCredentialsError, loadClientCredentials, type ClientCredentials } from '../pki/client-credentials';
import { parseIdentity } from '../pki/identity';
import { PkiError } from '../pki/pki-error';
import type { Random } from '../ports/random';
import type { SecretAnswer, SecretKind, Secrets } from '../ports/secrets';
import type { Trace } from '../ports/trace';
import { VpnError } from '../ports/vpn-error';
import type { AuthenticationMethod, Profile } from '../profiles/profile';
import type { CredentialsSource, SessionCredentials } from './ports';

export interface CredentialsOptions {
  readonly random: Random;
  readonly secrets: Secrets;
  readonly trace: Trace;
  readonly acceptance: AcceptanceEnvironment;
}

/** RFC names for the status object until the method itself was agreed. */
const labels: Readonly<Record<AuthenticationMethod, string>> = {
  'eap-mschapv2': 'EAP-MSCHAPv2',
  'eap-tls': 'EAP-TLS',
  'peap-mschapv2': 'PEAP-MSCHAPv2',
  'peap-tls': 'PEAP-TLS',
  'eap-ttls': 'EAP-TTLS',
  'machine-certificate': 'Machine certificate',
  psk: 'Pre-shared key',
};

function identityOf(text: string | null, field: string): Identity | null {
  if (text === null || text === '') return null;
  try {
    return parseIdentity(text);
  } catch (error) {
    if (error instanceof PkiError) throw new VpnError('IKE_AUTH_FAIL', `The identity in ${field} cannot be read. Correct it in the properties of the connection.`, { detail: `${field}: ${error.message}`, cause: error });
    throw error;
  }
}

/** Octets of a pre-shared key as people write it: text, or "0x" and hexadecimal, or "0s" and base64 (as strongSwan reads it). */
export function presharedKey(text: string): Uint8Array {
  if (/^0x([0-9a-f]{2})+$/i.test(text)) return new Uint8Array(Buffer.from(text.slice(2), 'hex'));
  if (/^0s[A-Za-z0-9+/]+={0,2}$/.test(text)) return new Uint8Array(Buffer.from(text.slice(2), 'base64'));
  return utf8Encode(text);
}

/** Makes the credentials of an attempt from the profile, the secret store and the person. */
export function createCredentialsSource(options: CredentialsOptions): CredentialsSource {
  return async ({ profile, reason }) => {
    const ask = (kind: SecretKind, account: string | null, why: string | null): Promise<SecretAnswer | null> => options.secrets.request({ connection: profile.name, kind, account, reason: why });
    switch (profile.authentication.method) {
      case 'psk':
        return presharedKeyCredentials(profile, reason, ask);
      case 'machine-certificate':
        return certificateCredentials(profile, options, ask);
      case 'eap-mschapv2':
        return mschapv2Credentials(profile, reason, options, ask);
      default:
        throw new VpnError('SERVER_POLICY', `Signing in with ${labels[profile.authentication.method]} is not available in this version. Choose another method in the properties of the connection.`, { detail: `authentication.method: ${profile.authentication.method}` });
    }
  };
}

type Ask = (kind: SecretKind, account: string | null, reason: string | null) => Promise<SecretAnswer | null>;

async function presharedKeyCredentials(profile: Profile, reason: string | null, ask: Ask): Promise<SessionCredentials | null> {
  const { username } = profile.authentication;
  const answer = await ask('psk', username, reason);
  if (answer === null) return null;
  const secret = presharedKey(answer.secret);
  const remoteIdentity = identityOf(profile.remoteIdentity, 'remoteIdentity');
  return {
    label: labels.psk,
    localIdentity: identityOf(profile.localIdentity ?? username, 'localIdentity'),
    remoteIdentity,
    local: { method: 'psk', secret },
    peer: { method: 'psk', secret, identity: remoteIdentity },
    wipe: () => void secret.fill(0),
  };
}

/** How often a passphrase is asked for. */
const mostPassphrases = 3;

async function certificateCredentials(profile: Profile, options: CredentialsOptions, ask: Ask): Promise<SessionCredentials | null> {
  const own = await loadOwnCertificate(profile, ask);
  if (own === null) return null;
  const problem = clientCertificateProblem(own.leaf, options.acceptance.wallTime());
  if (problem !== null) throw problem;
  return {
    label: labels['machine-certificate'],
    localIdentity: identityOf(profile.localIdentity, 'localIdentity') ?? { type: 'der-dn', value: own.leaf.subject.der },
    remoteIdentity: identityOf(profile.remoteIdentity, 'remoteIdentity'),
    local: { method: 'signature', signer: own.signer, certificates: own.certificates },
    peer: certificatePeer(profile, options),
    wipe: () => undefined,
  };
}

/** null: the person cancelled. */
async function loadOwnCertificate(profile: Profile, ask: Ask): Promise<ClientCredentials | null> {
  const { certificate, privateKey } = profile.authentication;
  if (certificate === null) throw new VpnError('IKE_NO_CERT', 'No machine certificate fits this connection. Choose one in its properties.', { detail: 'authentication.certificate is not set' });
  if (typeof certificate !== 'string') throw new VpnError('IKE_NO_CERT', 'Certificates on tokens are not available in this version. Choose a certificate file in the properties of the connection.', { detail: 'authentication.certificate.pkcs11' });
  let passphrase: string | null = null;
  for (let attempt = 0; ; attempt++) {
    try {
      return loadClientCredentials({ certificate, privateKey, passphrase });
    } catch (error) {
      if (!(error instanceof PkiError)) throw error;
      if (error.reason !== 'passphrase' || attempt >= mostPassphrases) throw clientCredentialsError(error);
      const answer = await ask('passphrase', null, passphrase === null ? null : 'The passphrase of your certificate was not accepted.');
      if (answer === null) return null;
      passphrase = answer.secret;
    }
  }
}

async function mschapv2Credentials(profile: Profile, reason: string | null, options: CredentialsOptions, ask: Ask): Promise<SessionCredentials | null> {
  const { username, domain } = profile.authentication;
  const answer = await ask('password', username, reason);
  if (answer === null) return null;
  const name = answer.username ?? username;
  if (name === null || name === '') throw new VpnError('AUTHENTICATION_FAILURE', 'A user name is needed. Type one and try again.', { detail: 'authentication.username is empty' });
  // Only the NT hash of the password is kept, as long as the connection lives.
  const credentials = mschapCredentials(name, domain, answer.secret);
  return {
    label: labels['eap-mschapv2'],
    localIdentity: identityOf(profile.localIdentity, 'localIdentity') ?? { type: name.includes('@') ? 'rfc822' : 'fqdn', value: utf8Encode(credentials.username) },
    remoteIdentity: identityOf(profile.remoteIdentity, 'remoteIdentity'),
    local: {
      method: 'eap',
      createConversation: () =>
        new EapPeer({
          identity: credentials.username,
          methods: [new MschapPeer({ random: options.random, credentials: { username: credentials.username, ntHash: credentials.ntHash.slice() } })],
          onNotification: (text) => options.trace.log({ level: 'info', area: 'eap', text: `The server says: ${text}` }),
        }),
    },
    peer: certificatePeer(profile, options),
    wipe: () => void credentials.ntHash.fill(0),
  };
}

/** The gateway proves itself by a certificate that fits the rules of the profile. */
function certificatePeer(profile: Profile, options: CredentialsOptions): SessionCredentials['peer'] {
  const { verify, certificateRequests } = gatewayAcceptance(profile, options.acceptance);
  return { method: 'certificate', verify, certificateRequests, allowSha1Rsa: profile.advanced.legacyWindows };
}
