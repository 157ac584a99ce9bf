import { utf8Encode, wipe } from '../bytes';
import { EapPeer, mschapCredentials } from '../eap';
import type { MschapCredentials } from '../eap';
import type { Identity } from '../ikev2/session';
import { attributeValues } from '../pki/distinguished-name';
import type { Certificate } from '../pki/certificate';
import type { Trace } from '../ports/trace';
import { VpnError } from '../ports/vpn-error';
import type { AuthenticationMethod, Profile } from '../profiles/profile';
import type { ClientKey } from './client-key';
import { eapMethodFactory } from './eap-methods';
import type { EapMethodOptions, EapSecrets } from './eap-methods';
import type { CredentialsQuestion, LocalCredentials } from './ports';
import type { KeptSessions } from './kept-sessions';
import { NewPassword } from './new-password';
import type { Ask } from './questions';
import { CertificateUndecided, UndecidedKey } from './undecided-certificate';

export interface EapCredentialsOptions extends EapMethodOptions {
  readonly trace: Trace;
}

interface OptionsWithSessions extends EapCredentialsOptions {
  readonly sessions: KeptSessions | null;
}

const withPassword: ReadonlySet<AuthenticationMethod> = new Set(['eap-mschapv2', 'peap-mschapv2', 'eap-ttls']);

/** What signs in by EAP. null: the person cancelled. */
export async function eapCredentials(
  question: CredentialsQuestion,
  given: EapCredentialsOptions,
  ask: Ask,
  ownCertificate: () => Promise<ClientKey | UndecidedKey | null>,
  sessions: KeptSessions | null = null,
): Promise<LocalCredentials | null> {
  const options: OptionsWithSessions = { ...given, sessions };
  return withPassword.has(question.profile.authentication.method)
    ? passwordCredentials(question, options, ask)
    : certificateCredentials(question, options, ownCertificate);
}

async function passwordCredentials(
  question: CredentialsQuestion,
  options: OptionsWithSessions,
  ask: Ask,
): Promise<LocalCredentials | null> {
  const { profile, reason } = question;
  const { username, domain } = profile.authentication;
  // Before anything is asked: what cannot be used at all.
  const expired = expiredPassword(question);
  if (expired === null) return null;
  if (expired !== undefined) {
    const answer = await ask('new-password', expired.username, reason);
    if (answer === null) return null;
    return changingCredentials(
      profile,
      options,
      { username: expired.username, ntHash: expired.ntHash.slice() },
      new NewPassword(answer.secret),
    );
  }
  eapMethodFactory(profile, options);
  const answer = await ask('password', username, reason);
  if (answer === null) return null;
  const name = answer.username ?? username;
  if (name === null || name === '')
    throw new VpnError('AUTHENTICATION_FAILURE', 'A user name is needed. Type one and try again.', {
      detail: 'authentication.username is empty',
    });
  // Only the NT hash of the password is kept as long as the connection lives, but for PAP, which has nothing else to
  // show.
  const mschap = mschapCredentials(name, domain, answer.secret);
  const password =
    profile.authentication.method === 'eap-ttls' && profile.authentication.ttlsInner === 'pap'
      ? utf8Encode(answer.secret)
      : null;
  return local(profile, options, { mschap, password, certificate: null, identity: mschap.username });
}

/**
 * Signs in with the expired password and changes it; from then on with the new one, of which the hash alone is kept.
 */
function changingCredentials(
  profile: Profile,
  options: OptionsWithSessions,
  mschap: MschapCredentials,
  newPassword: NewPassword,
): LocalCredentials {
  const passwordChange: EapMethodOptions['passwordChange'] = {
    askNewPassword: () => Promise.resolve(newPassword.copy()),
    onPasswordChanged: (ntHash) => {
      mschap.ntHash.set(ntHash);
      newPassword.wipe();
    },
  };
  const credentials = local(
    profile,
    { ...options, passwordChange },
    { mschap, password: null, certificate: null, identity: mschap.username },
  );
  return {
    ...credentials,
    changesPassword: true,
    wipe: () => {
      newPassword.wipe();
      credentials.wipe();
    },
  };
}

/**
 * The server said that the password has expired. The gateway waits some 30 s for an answer, a person may
 * need longer: so the new
 * password is asked for between two attempts, and the second one has it at hand. undefined: nothing of that kind. null:
 * the server does not let it be changed.
 */
function expiredPassword({ refused }: CredentialsQuestion): MschapCredentials | null | undefined {
  const before = refused?.credentials.mschap ?? null;
  switch (refused?.error.symbol) {
    case 'PASSWD_EXPIRED':
      return refused.credentials.changesPassword === true ? null : (before ?? undefined);
    case 'CHANGING_PASSWORD':
      return before ?? undefined;
    default:
      return undefined;
  }
}

async function certificateCredentials(
  { profile, refused }: CredentialsQuestion,
  options: OptionsWithSessions,
  ownCertificate: () => Promise<ClientKey | UndecidedKey | null>,
): Promise<LocalCredentials | null> {
  // The same certificate again would be the same answer.
  if (refused !== null) return null;
  eapMethodFactory(profile, options);
  const own = await ownCertificate();
  if (own === null) return null;
  if (own instanceof UndecidedKey) {
    const undecided = (names: readonly Uint8Array[]): VpnError =>
      new CertificateUndecided('eap', { by: 'name', names });
    const credentials = local(
      profile,
      { ...options, undecided },
      {
        mschap: null,
        password: null,
        certificate: null,
        identity: profile.authentication.username ?? sharedIdentity(own.certificates),
      },
    );
    return { ...credentials, undecided: 'eap' };
  }
  const identity = profile.authentication.username ?? certificateIdentity(own.leaf);
  return local(
    profile,
    options,
    { mschap: null, password: null, certificate: { certificates: own.certificates, privateKey: own.tlsKey }, identity },
    own,
  );
}

/**
 * What a server finds the account by: e-mail, else host name, else CN, as Windows does with certificates of users
 * (P-21).
 */
function certificateIdentity({ subjectAltNames, subject }: Certificate): string {
  const name =
    (['email', 'dns'] as const).flatMap((type) =>
      subjectAltNames.flatMap((entry) => (entry.type === type ? [entry.value] : [])),
    )[0] ?? attributeValues(subject, 'CN')[0];
  return name ?? 'anonymous';
}

/** Of nobody, in the realm that all of them are of (RFC 7542 section 2.4, RFC 9190 section 2.1.7). */
function sharedIdentity(certificates: readonly Certificate[]): string {
  const realms = new Set(
    certificates.map((certificate) => /@[^@]+$/.exec(certificateIdentity(certificate))?.[0] ?? ''),
  );
  const [realm = ''] = realms;
  return realms.size === 1 ? `anonymous${realm}` : 'anonymous';
}

function local(
  profile: Profile,
  options: OptionsWithSessions,
  secrets: EapSecrets,
  own: ClientKey | null = null,
): LocalCredentials {
  const method = eapMethodFactory(
    profile,
    options.sessions === null ? options : { ...options, resumption: options.sessions.of(secrets.identity) },
  );
  // only methods that hide the inner identity have an outer one.
  const outer =
    profile.authentication.method === 'eap-mschapv2'
      ? secrets.identity
      : (profile.authentication.anonymousIdentity ?? secrets.identity);
  return {
    localIdentity: { type: outer.includes('@') ? 'rfc822' : 'fqdn', value: utf8Encode(outer) } satisfies Identity,
    local: {
      method: 'eap',
      eapOnly: profile.authentication.eapOnly,
      createConversation: (mode) =>
        new EapPeer({
          identity: outer,
          methods: [method(secrets)],
          eapOnly: mode?.eapOnly ?? false,
          onNotification: (text) => options.trace.log({ level: 'info', area: 'eap', text: `The server says: ${text}` }),
        }),
    },
    mschap: secrets.mschap,
    ...(own?.token === undefined ? {} : { token: own.token }),
    wipe: () => {
      if (secrets.mschap !== null) wipe(secrets.mschap.ntHash);
      if (secrets.password !== null) wipe(secrets.password);
      own?.wipe();
    },
  };
}
