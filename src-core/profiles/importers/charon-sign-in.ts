import { say } from '../../ports/import-message';
import type { LocalRound, Said, SignIn } from './charon';
import { takeClientCertificate } from './charon-certificates';
import { sameId, sayUnused, takeSecret } from './charon-secrets';
import type { DraftBuilder } from './draft-builder';
import { identityText, takeIdentity } from './identities';

type Way = 'certificate' | 'psk' | 'xauth' | { readonly eap: string };

const eapMethods: Readonly<Record<string, string>> = {
  mschapv2: 'eap-mschapv2',
  tls: 'eap-tls',
  peap: 'peap-mschapv2',
  ttls: 'eap-ttls',
};
/** The server says which method it wants. */
const anyEap: ReadonlySet<string> = new Set(['', 'dynamic', 'radius', 'identity']);
const withTls: ReadonlySet<string> = new Set(['eap-tls', 'peap-mschapv2', 'peap-tls', 'eap-ttls']);

function wayOf(auth: string): Way {
  const word = auth.trim().toLowerCase();
  const eap = /^eap(?:-([a-z0-9-]+))?/.exec(word.split(':')[0] ?? '');
  if (eap !== null) return { eap: eap[1] ?? '' };
  if (word === 'psk' || word === 'secret') return 'psk';
  return word.startsWith('xauth') ? 'xauth' : 'certificate';
}

export async function takeSignIn(given: Omit<SignIn, 'used'>): Promise<void> {
  const signIn: SignIn = { ...given, used: new Set() };
  const { draft, local, remote } = signIn;
  const [first, second, ...more] = local;
  if (first === undefined) return;
  const [way, other] = [wayOf(first.auth.value), second === undefined ? null : wayOf(second.auth.value)];
  const eapRound = other === null ? first : (second as LocalRound);
  const eap = other ?? way;
  if (way === 'xauth' || other === 'xauth') return draft.wrong(first.auth.key, say('only-ikev2'));
  if (more.length > 0 || (other !== null && (way !== 'certificate' || typeof other === 'string')))
    return draft.wrong(first.auth.key, say('rounds-not-supported'));

  const shared = remote.some(({ auth }) => wayOf(auth.value) === 'psk');
  const own = way === 'psk';
  if (remote.length > 0 && shared !== own)
    return draft.wrong(remote[0]?.auth.key ?? first.auth.key, say('psk-on-one-side'));

  takeIdentity(draft, first.id.key, 'localIdentity', first.id.value);
  if (typeof eap === 'string') {
    const method = eap === 'psk' ? 'psk' : 'machine-certificate';
    draft.take(first.auth.key, 'authentication.method', method, say('taken-as', { value: method }));
    if (method === 'psk') takeSharedKey(signIn, first);
    else await takeClientCertificate(signIn, first, 'certificate', 'privateKey');
    return sayUnused(signIn);
  }

  const method = anyEap.has(eap.eap) ? 'eap-mschapv2' : eapMethods[eap.eap];
  if (method === undefined) return draft.wrong(eapRound.auth.key, say('eap-not-supported', { method: eap.eap }));
  draft.take(
    eapRound.auth.key,
    'authentication.method',
    method,
    anyEap.has(eap.eap) ? say('eap-as-mschapv2') : say('taken-as', { value: method }),
  );
  if (other !== null) await takeClientCertificate(signIn, first, 'machineCertificate', 'machinePrivateKey');
  if (method === 'eap-tls') await takeClientCertificate(signIn, eapRound, 'certificate', 'privateKey');
  else takeUser(signIn, eapRound);
  takeAuthenticationServer(draft, eapRound.aaaId);
  const onlyEap = remote.length > 0 && remote.every(({ auth }) => typeof wayOf(auth.value) === 'object');
  const remoteAuth = remote[0]?.auth.key ?? '';
  if (onlyEap && withTls.has(method)) draft.take(remoteAuth, 'authentication.eapOnly', true);
  else if (onlyEap) draft.ignore(remoteAuth, say('eap-only-unsafe'));
  sayUnused(signIn);
}

/** The user name, and the password that belongs to it. */
function takeUser(signIn: SignIn, round: LocalRound): void {
  const { draft, secrets, used } = signIn;
  const passwords = secrets.filter(({ kind }) => kind === 'eap' || kind === 'ntlm');
  const said = round.eapId.value !== '' ? round.eapId : round.id;
  const name = identityText(said.value);
  const only = passwords.length === 1 && passwords[0]?.ids.length === 1 ? (passwords[0].ids[0] ?? '') : '';
  const user = name ?? identityText(only);
  if (user !== null)
    draft.take(
      name === null ? (passwords[0]?.key ?? said.key) : said.key,
      'authentication.username',
      user,
      name === null || name === said.value ? say('taken') : say('taken-as', { value: user }),
    );
  const secret =
    passwords.find(({ ids }) => user !== null && ids.some((id) => sameId(id, user))) ??
    passwords.find(({ ids }) => ids.length === 0);
  if (secret === undefined) return;
  if (secret.kind === 'ntlm') {
    used.add(secret);
    draft.missing(secret.key, say('secret-is-hash'));
  } else takeSecret(signIn, secret, 'password');
}

/** The one that names most of the two sides; one that names others is not it. */
function takeSharedKey(signIn: SignIn, round: LocalRound): void {
  const { server, remote, secrets } = signIn;
  const sides = [round.id.value, server, ...remote.map(({ id }) => id.value)].filter((id) => id !== '');
  const scored = secrets
    .filter(({ kind }) => kind === 'psk')
    .map((secret) => ({
      secret,
      score: secret.ids.filter((id) => sides.some((side) => sameId(side, id))).length,
      open: secret.ids.every((id) => id.startsWith('%any')),
    }))
    .filter(({ score, open }) => score > 0 || open)
    .sort((a, b) => b.score - a.score);
  if (scored[0] !== undefined) takeSecret(signIn, scored[0].secret, 'psk');
}

/** "CN=aaa.example, O=…" is the certificate's subject: its CN is the name. */
function takeAuthenticationServer(draft: DraftBuilder, { key, value }: Said): void {
  const identity = identityText(value);
  if (identity === null) {
    if (value !== '') draft.ignore(key, say('server-check-kept'));
    return;
  }
  const name = /(?:^|[,/]\s*)CN\s*=\s*([^,/]+)/i.exec(identity)?.[1]?.trim() ?? identity;
  if (/^[A-Za-z0-9.*-]+$/.test(name))
    draft.take(key, 'authentication.serverNames', [name.toLowerCase()], say('taken-as', { value: name }));
  else draft.ignore(key, say('server-name-pattern', { value: name }));
}
