import { utf8Encode } from '../bytes';
import { EapPeer, MschapPeer, mschapCredentials } from '../eap';
import type { Identity, Signer } from '../ikev2/session';
import { gatewayAcceptance, type AcceptanceEnvironment } from '../pki/acceptance';
import { parseIdentity } from '../pki/identity';
import { PkiError } from '../pki/pki-error';
import type { Random } from '../ports/random';
import type { SecretAnswer, SecretKind, Secrets } from '../ports/secrets';
import type { Trace } from '../ports/trace';
import { VpnError } from '../ports/vpn-error';
import type { AuthenticationMethod, Profile } from '../profiles/profile';
import type { CredentialsSource, SessionCredentials } from './ports';

/** The certificate this computer shows, and what signs for it. */
export interface ClientCertificate {
  readonly signer: Signer;
  /** DER, end-entity first, without the root. */
  readonly certificates: readonly Uint8Array[];
  /** The name it is shown by where the profile states no identity. */
  readonly identity: Identity;
}

export interface CredentialsOptions {
  readonly random: Random;
  readonly secrets: Secrets;
  readonly trace: Trace;
  readonly acceptance: AcceptanceEnvironment;
  /** `askPassphrase` is called only for a protected key. Rejects with VpnError 13806 or 798 when nothing fits. */
  readonly loadClientCertificate: (profile: Profile, askPassphrase: (kind: SecretKind, reason: string | null) => Promise<string | null>) => Promise<ClientCertificate | null>;
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

async function certificateCredentials(profile: Profile, options: CredentialsOptions, ask: Ask): Promise<SessionCredentials | null> {
  let cancelled = false;
  const own = await options.loadClientCertificate(profile, async (kind, reason) => {
    const answer = await ask(kind, null, reason);
    cancelled = answer === null;
    return answer?.secret ?? null;
  });
  if (own === null) {
    if (cancelled) return null;
    throw new VpnError('IKE_NO_CERT', 'No machine certificate fits this connection. Choose one in its properties.', { detail: 'authentication.certificate' });
  }
  return {
    label: labels['machine-certificate'],
    localIdentity: identityOf(profile.localIdentity, 'localIdentity') ?? own.identity,
    remoteIdentity: identityOf(profile.remoteIdentity, 'remoteIdentity'),
    local: { method: 'signature', signer: own.signer, certificates: own.certificates },
    peer: certificatePeer(profile, options),
    wipe: () => undefined,
  };
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
