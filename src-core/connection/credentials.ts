import { utf8Encode } from '../bytes';
import type { Identity } from '../ikev2/session';
import { gatewayAcceptance } from '../pki/acceptance';
import { ResumptionRefused } from '../eap/tls/resumption';
import { parseIdentity } from '../pki/identity';
import { PkiError } from '../pki/pki-error';
import { parseAuthorities } from '../pki/trust-anchors';
import type { Certificate } from '../pki/certificate';
import { UnknownServer } from '../pki/unknown-server';
import type { Secrets } from '../ports/secrets';
import type { Tokens } from '../ports/tokens';
import { VpnError } from '../ports/vpn-error';
import type { AuthenticationMethod, Profile } from '../profiles/profile';
import { AcceptedServers } from './accepted-servers';
import { withChosenCertificate } from '../profiles/remember';
import { loadClientKey, useOf } from './load-client-key';
import type { CertificateChooser } from './choose-certificate';
import { KeptSessions } from './kept-sessions';
import type { ClientKey } from './client-key';
import { CertificateUndecided, UndecidedKey, UndecidedKeys } from './undecided-certificate';
import { eapCredentials } from './eap-credentials';
import type { EapCredentialsOptions } from './eap-credentials';
import type { CredentialsQuestion, CredentialsSource, LocalCredentials, SessionCredentials } from './ports';
import type { Ask, Questions, Remembered } from './questions';

export interface CredentialsOptions extends Omit<EapCredentialsOptions, 'passwordChange'> {
  readonly secrets: Secrets;
  /** Absent or null: no keys on tokens here. */
  readonly tokens?: Tokens | null;
  /** Absent: nobody decides about certificates; a server that nobody vouches for is refused. */
  readonly questions?: Questions;
  /** PKCS#11 modules of this computer, for profiles that name no certificate. */
  readonly tokenModules?: () => readonly string[];
  /** The profile shall keep a decision. */
  readonly remember?: (what: Remembered) => void;
}

type ChosenCertificate = Extract<Remembered, { type: 'client-certificate' }>;

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
    if (error instanceof PkiError)
      throw new VpnError(
        'IKE_AUTH_FAIL',
        `The identity in ${field} cannot be read. Correct it in the properties of the connection.`,
        { detail: `${field}: ${error.message}`, cause: error },
      );
    throw error;
  }
}

/**
 * Octets of a pre-shared key as people write it: text, or "0x" and hexadecimal, or "0s" and base64 (as strongSwan reads
 * it).
 */
export function presharedKey(text: string): Uint8Array {
  if (/^0x([0-9a-f]{2})+$/i.test(text)) return new Uint8Array(Buffer.from(text.slice(2), 'hex'));
  if (/^0s[A-Za-z0-9+/]+={0,2}$/.test(text)) return new Uint8Array(Buffer.from(text.slice(2), 'base64'));
  return utf8Encode(text);
}

/** Makes the credentials of an attempt from the profile, the secret store and the person. */
export function createCredentialsSource(given: CredentialsOptions): CredentialsSource {
  const { questions } = given;
  // The connection keeps the profile it began with: a choice made since then counts here.
  let chosen: ChosenCertificate | null = null;
  const remember = (what: Remembered): void => {
    if (what.type === 'client-certificate') chosen = what;
    given.remember?.(what);
  };
  // The profile has no place for it: the computer's own certificate is decided once a run.
  let machineChosen: ChosenCertificate | null = null;
  const servers = questions === undefined ? null : new AcceptedServers(questions, remember);
  const sessions = new KeptSessions(() => given.acceptance.wallTime());
  const options: CredentialsOptions =
    servers === null
      ? given
      : { ...given, acceptance: { ...given.acceptance, accepted: (server) => servers.of(server) } };
  const undecided = new UndecidedKeys();
  return async (before) => {
    // What was not decided was not refused.
    const asked: CredentialsQuestion = undecided.learn(before.refused?.error)
      ? { ...before, reason: null, refused: null }
      : before;
    const question: CredentialsQuestion =
      chosen === null
        ? asked
        : { ...asked, profile: withChosenCertificate(asked.profile, chosen.certificate, chosen.fingerprint) };
    const { profile, refused } = question;
    // The same credentials once more: nothing of them was refused, and the judges know of the answer.
    if (refused?.error instanceof UnknownServer)
      return (await servers?.ask(profile.name, refused.error)) === true ? refused.credentials : null;
    // The session is forgotten by now: the next attempt signs in with what is at hand.
    if (refused?.error instanceof ResumptionRefused) return refused.credentials;
    const ask: Ask = (kind, account, why) =>
      options.secrets.request({ connection: profile.name, kind, account, reason: why });
    if (profile.authentication.method === 'psk') return presharedKeyCredentials(question, ask);
    const chooser: CertificateChooser = {
      connection: profile.name,
      questions,
      remember,
      tokenModules: options.tokenModules,
      authorities: () => knownAuthorities(profile, options),
      log: (text) => options.trace.log({ level: 'info', area: 'certificate', text }),
    };
    const certificateOf =
      (from: Profile, by = chooser) =>
      (): Promise<ClientKey | UndecidedKey | null> =>
        undecided.decided(useOf(from), () =>
          loadClientKey(from, options.acceptance.wallTime(), ask, options.tokens, by),
        );
    const { method, machineCertificate: first } = profile.authentication;
    const single =
      method === 'machine-certificate'
        ? await machineCertificate(certificateOf(profile))
        : await eapCredentials(question, options, ask, certificateOf(profile), sessions);
    const local =
      single === null || first === null
        ? single
        : await twoRounds(
            single,
            certificateOf(withMachineCertificate(profile, machineChosen), {
              ...chooser,
              remember: (what) => void (machineChosen = what.type === 'client-certificate' ? what : machineChosen),
            }),
          );
    if (local === null) return null;
    return {
      ...local,
      label: first === null ? labels[method] : `${labels['machine-certificate']} + ${labels[method]}`,
      localIdentity: identityOf(profile.localIdentity, 'localIdentity') ?? local.localIdentity,
      remoteIdentity: identityOf(profile.remoteIdentity, 'remoteIdentity'),
      peer: certificatePeer(profile, options),
    };
  };
}

async function presharedKeyCredentials(
  { profile, reason }: CredentialsQuestion,
  ask: Ask,
): Promise<SessionCredentials | null> {
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

async function machineCertificate(
  ownCertificate: () => Promise<ClientKey | UndecidedKey | null>,
): Promise<LocalCredentials | null> {
  const own = await ownCertificate();
  if (own === null) return null;
  // IKE_SA_INIT carries no identity.
  if (own instanceof UndecidedKey)
    return {
      localIdentity: null,
      local: { method: 'undecided', end: (hashes) => new CertificateUndecided('ike', { by: 'key', hashes }) },
      undecided: 'ike',
      wipe: () => undefined,
    };
  return {
    localIdentity: { type: 'der-dn', value: own.leaf.subject.der },
    local: { method: 'signature', signer: own.signer, certificates: own.certificates },
    ...(own.token === undefined ? {} : { token: own.token }),
    wipe: own.wipe,
  };
}

/** The certificate that proves the computer, in the place of the person's. */
function withMachineCertificate(profile: Profile, chosen: ChosenCertificate | null): Profile {
  const { machineCertificate, machinePrivateKey: privateKey } = profile.authentication;
  return {
    ...profile,
    authentication: {
      ...profile.authentication,
      method: 'machine-certificate',
      certificate: chosen?.certificate ?? machineCertificate,
      privateKey,
      chosenCertificate: chosen?.fingerprint ?? null,
    },
  };
}

/**
 * first the computer by its certificate, then the person by EAP. null: the person cancelled. Rejects when the
 * certificate cannot be used.
 */
async function twoRounds(
  person: LocalCredentials,
  ownCertificate: () => Promise<ClientKey | UndecidedKey | null>,
): Promise<LocalCredentials | null> {
  if (person.local.method !== 'eap' || person.localIdentity === null) throw new TypeError('a second sign-in is by EAP');
  try {
    const machine = await machineCertificate(ownCertificate);
    if (machine?.undecided !== undefined) {
      person.wipe();
      return machine;
    }
    if (machine !== null) {
      const wipeBoth = (): void => {
        person.wipe();
        machine.wipe();
      };
      return {
        ...person,
        localIdentity: machine.localIdentity,
        local: machine.local,
        ...(machine.token === undefined ? {} : { token: machine.token }),
        secondRound: { localIdentity: person.localIdentity, local: person.local },
        wipe: wipeBoth,
      };
    }
  } catch (error) {
    person.wipe();
    throw error;
  }
  person.wipe();
  return null;
}

/**
 * What may lead from the person's certificate to what a server asks for; an entry that cannot be read is told where
 * servers are judged.
 */
function knownAuthorities(
  { serverCertificate, authentication }: Profile,
  { acceptance }: CredentialsOptions,
): readonly Certificate[] {
  const configured = [...serverCertificate.authorities, ...authentication.serverAuthorities].flatMap((entry) => {
    try {
      return parseAuthorities([entry]).certificates;
    } catch (error) {
      if (error instanceof PkiError) return [];
      throw error;
    }
  });
  return [...configured, ...acceptance.systemAuthorities()];
}

/** The gateway proves itself by a certificate that fits the rules of the profile. */
function certificatePeer(profile: Profile, options: CredentialsOptions): SessionCredentials['peer'] {
  const { verify, certificateRequests } = gatewayAcceptance(profile, options.acceptance);
  return {
    method: 'certificate',
    verify,
    certificateRequests,
    allowSha1Rsa: profile.advanced.legacyWindows,
    requestOcsp: profile.serverCertificate.revocation !== 'off',
  };
}
